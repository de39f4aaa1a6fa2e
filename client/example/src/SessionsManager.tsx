import type { DeviceSession } from "multi-session-client";
import { useRef } from "react";

import { authClient } from "./auth-client.js";
import { useAct } from "./use-act.js";

const { multiSession } = authClient;
const toTheMinute = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

/** Every session of the account on every device, with buttons to end them. */
export function SessionsManager() {
  const { data: sessions, error, isPending, refetch } = authClient.useListDeviceSessions();
  const { act, isRunning, failure, success } = useAct();
  const heading = useRef<HTMLHeadingElement>(null);

  if (isPending) return <p className="loading">Loading…</p>;
  const current = sessions?.find((session) => session.isCurrent);
  const devices = sessions?.filter((session) => session.user.id === current?.user.id) ?? [];

  async function revoke({ id, device }: DeviceSession) {
    const isRevoked = await act(() => multiSession.revoke({ sessionId: id }), `${device.label} is signed out.`);
    // The button disappears with its row, so move the focus to the heading.
    if (isRevoked) heading.current?.focus();
  }
  async function revokeOthers() {
    if (await act(() => multiSession.revokeOthers(), "Your other sessions are signed out.")) heading.current?.focus();
  }

  return (
    <section aria-labelledby="devices">
      <h2 id="devices" ref={heading} tabIndex={-1}>
        Devices
      </h2>
      <p role="status">{success}</p>
      {failure && <p role="alert">{failure}</p>}
      {error && (
        <p role="alert">
          The list could not be loaded. <button onClick={() => refetch()}>Try again</button>
        </p>
      )}
      <ul aria-labelledby="devices">
        {devices.map((session) => (
          <li key={session.id}>
            <div>
              <h3>
                {session.device.label} {session.isCurrent && <span className="current">(current)</span>}
              </h3>
              <p className="agent" title={session.userAgent}>
                {session.userAgent || "No user agent"}
              </p>
              <p>
                {session.ipAddress || "Unknown address"} · last active{" "}
                <time dateTime={session.lastActiveAt.toISOString()}>{toTheMinute.format(session.lastActiveAt)}</time>
              </p>
            </div>
            <button
              aria-label={`Revoke ${session.device.label}`}
              aria-disabled={isRunning}
              onClick={() => revoke(session)}
            >
              Revoke
            </button>
          </li>
        ))}
      </ul>
      <p className="acts">
        {devices.length > 1 && (
          <button aria-disabled={isRunning} onClick={revokeOthers}>
            Sign out other sessions
          </button>
        )}
        <button className="danger" aria-disabled={isRunning} onClick={() => act(() => multiSession.revokeAll())}>
          Sign out everywhere
        </button>
      </p>
    </section>
  );
}
