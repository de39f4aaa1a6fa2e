import { useState } from "react";

import { Account } from "./Account.js";
import { authClient } from "./auth-client.js";
import { HeldAccounts } from "./HeldAccounts.js";
import { SignIn } from "./SignIn.js";

export function App() {
  const { data, error, isPending } = authClient.useSession();
  // While signed out, the session is pending again at every refetch. The input of the form must stay.
  const [isKnown, setIsKnown] = useState(false);
  if (!isPending && !isKnown) setIsKnown(true);

  if (!isKnown) return <p className="loading">Loading…</p>;
  if (data) return <Account user={data.user} />;
  return (
    <main className="narrow">
      <h1>Sign in</h1>
      {error && <p role="alert">The server does not answer. Please try again.</p>}
      <SignIn />
      <HeldAccounts verb={["Continue", "as"]} />
    </main>
  );
}
