import {
  type AuthQueryAtom,
  type BetterAuthClientOptions,
  type BetterFetchPlugin,
  createSessionRefreshManager,
} from "better-auth/client";
import { onMount, type WritableAtom } from "nanostores";

import { isAct } from "./paths.js";

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
