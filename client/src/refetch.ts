import {
  type AuthQueryAtom,
  type BetterAuthClientOptions,
  type BetterFetchPlugin,
  createSessionRefreshManager,
} from "better-auth/client";
import { onMount, onNotify, type WritableAtom } from "nanostores";

import { isAct } from "./paths.js";
import type { DeviceSession } from "./types.js";

/**
 * Refetches a list whenever Better Auth refetches the session: after an action that changes it, when the window gets
 * the focus, when the browser is online again, after a sign-out in another tab, and as `sessionOptions` configure.
 *
 * A list without subscribers is not fetched.
 */
export function refetchWithSession(
  list: AuthQueryAtom<unknown>,
  $sessionSignal: WritableAtom<boolean>,
  options: BetterAuthClientOptions | undefined,
): void {
  onMount(list, () => {
    // A message from another tab reaches every manager as often as there are managers, and the session has one too.
    let hasJustRefetched = false;
    const refetch = async () => {
      if (hasJustRefetched) return;
      hasJustRefetched = true;
      setTimeout(() => (hasJustRefetched = false), 0);
      await list.get().refetch();
    };
    const manager = createSessionRefreshManager({
      fetchSession: refetch,
      shouldPollSession: () => list.get().data !== null,
      sessionSignal: $sessionSignal,
      options,
    });
    manager.init();
    return manager.cleanup;
  });
}

/**
 * Refetches after a call was answered by 401: the session has ended elsewhere, so the page is out of date.
 *
 * Better Auth's own listeners run only after successes.
 */
export function refetchAfterRefusal(refetch: () => void): BetterFetchPlugin {
  return {
    id: "multi-session-refusal",
    name: "Refetch after a refused act",
    hooks: {
      onError({ request, error }) {
        const [url = ""] = String(request.url).split("?");
        const path = url.slice(url.lastIndexOf("/multi-session/"));
        const isSilent = "disableSignal" in request && request.disableSignal;
        if (error.status === 401 && isAct(path) && !isSilent) refetch();
      },
    },
  };
}

/** How long a change waits in milliseconds: for others, and for the refetch of the call of this page that made it. */
const TOGETHER = 100;

/**
 * Refetches when another device changes something. While a visible page uses the list, it follows the server's stream
 * for the current session.
 *
 * `touched` is left out: it reports activity, and the fetch would be the next one, without end.
 */
export function refetchAfterEvents(list: AuthQueryAtom<DeviceSession[]>, address: () => string, refetch: () => void): void {
  onMount(list, () => {
    if (typeof document === "undefined" || typeof EventSource === "undefined") return;
    let stream: EventSource | undefined;
    let followed: string | undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const changed = () => {
      clearTimeout(timer);
      timer = setTimeout(refetch, TOGETHER);
    };
    const follow = () => {
      const { data, isRefetching } = list.get();
      const isVisible = document.visibilityState === "visible";
      const current = isVisible ? data?.find((row) => row.isCurrent)?.id : undefined;
      // A fetch that begins after a change shows it.
      if (isRefetching || !current) clearTimeout(timer);
      if (current === followed) return;
      followed = current;
      stream?.close();
      stream = current ? new EventSource(address()) : undefined;
      stream?.addEventListener("session", (event) => {
        if (JSON.parse(event.data).type !== "touched") changed();
      });
      // The whole list, at the beginning and when events may have been missed.
      stream?.addEventListener("snapshot", (event) => {
        if (ids(JSON.parse(event.data)) !== ids(list.get().data ?? [])) changed();
      });
    };
    const stopListening = onNotify(list, follow);
    document.addEventListener("visibilitychange", follow);
    return () => {
      stopListening();
      document.removeEventListener("visibilitychange", follow);
      clearTimeout(timer);
      stream?.close();
    };
  });
}

const ids = (rows: DeviceSession[]) => rows.map((row) => row.id).sort().join();
