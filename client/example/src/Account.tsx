import type { User } from "better-auth/types";

import { authClient } from "./auth-client.js";
import { HeldAccounts } from "./HeldAccounts.js";
import { SessionsManager } from "./SessionsManager.js";
import { SignIn } from "./SignIn.js";
import { useAct } from "./use-act.js";

/** The page of a signed-in person. */
export function Account({ user }: { user: User }) {
  const { act, isRunning, failure } = useAct();
  return (
    <>
      <header>
        <p>
          <strong>{user.name}</strong> {user.email}
        </p>
        <button aria-disabled={isRunning} onClick={() => act(() => authClient.signOut({ scope: "account" }))}>
          Sign out
        </button>
      </header>
      <main>
        {failure && <p role="alert">{failure}</p>}
        <h1>Your sessions</h1>
        <SessionsManager />
        <HeldAccounts verb={["Switch", "to"]} />
        <details key={user.id}>
          <summary>Add another account</summary>
          <SignIn />
        </details>
      </main>
    </>
  );
}
