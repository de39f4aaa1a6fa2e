import { authClient } from "./auth-client.js";
import { useAct } from "./use-act.js";

/** The held accounts that are not active, each with a button to activate it. */
export function HeldAccounts({ verb }: { verb: ["Switch", "to"] | ["Continue", "as"] }) {
  const { data: sessions } = authClient.useListDeviceSessions();
  const { act, isRunning, failure } = useAct();
  const held = sessions?.filter((session) => session.isHeld && !session.isCurrent) ?? [];
  if (held.length === 0) return null;

  return (
    <section aria-labelledby="accounts">
      <h2 id="accounts">Accounts in this browser</h2>
      {failure && <p role="alert">{failure}</p>}
      <ul aria-labelledby="accounts">
        {held.map(({ id, user }) => (
          <li key={id}>
            <div>
              <h3>{user.name}</h3>
              <p>{user.email}</p>
            </div>
            <button
              aria-label={`${verb.join(" ")} ${user.name}`}
              aria-disabled={isRunning}
              onClick={() => act(() => authClient.multiSession.setActive({ sessionId: id }))}
            >
              {verb[0]}
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
