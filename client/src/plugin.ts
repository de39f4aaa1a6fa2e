import {
  type AuthQueryAtom,
  type BetterAuthClientOptions,
  type BetterAuthClientPlugin,
  type BetterFetch,
  type ClientStore,
  useAuthQuery,
} from "better-auth/client";
import { atom, type WritableAtom } from "nanostores";

import type { MultiSessionServerPlugin } from "./endpoints.js";
import { MULTI_SESSION_ERROR_CODES } from "./error-codes.js";
import { followStream } from "./live.js";
import { changesActive, changesList, EVENTS, LIST, REVOKE_ALL, REVOKE_OTHERS } from "./paths.js";
import { refetchAfterRefusal, refetchWithSession } from "./refetch.js";
import type { DeviceSession } from "./types.js";

/** The plugin that {@link multiSessionClient} returns for `createAuthClient`. */
export interface MultiSessionClientPlugin extends BetterAuthClientPlugin {
  id: "multi-session";
  $InferServerPlugin: MultiSessionServerPlugin;
  getAtoms: ($fetch: BetterFetch) => {
    /** Set it to refetch only the list. */
    $deviceSessionsSignal: WritableAtom<boolean>;
    /** Becomes the hook `useListDeviceSessions`. */
    listDeviceSessions: AuthQueryAtom<DeviceSession[]>;
  };
  getActions: ($fetch: BetterFetch, $store: ClientStore, options: BetterAuthClientOptions | undefined) => {};
  $ERROR_CODES: typeof MULTI_SESSION_ERROR_CODES;
}

/**
 * The client plugin for a multi-session server. It replaces Better Auth's own plugin of that name.
 *
 * `authClient.multiSession` lists the sessions of the active user on every device and those of the other accounts of
 * this browser, switches between held ones, and revokes one, the others or all. The hook `useListDeviceSessions`
 * returns that list. It is fetched when it is used, refetched when it changes here, and follows changes on other devices.
 *
 * @example
 * ```ts
 * const authClient = createAuthClient({ plugins: [multiSessionClient()] });
 * const { data: sessions } = authClient.useListDeviceSessions();
 * await authClient.multiSession.revokeOthers();
 * ```
 */
export function multiSessionClient(): MultiSessionClientPlugin {
  let refused = () => {};
  // The list's address with the base, which the options need not name.
  let listAddress = LIST;
  return {
    id: "multi-session",
    // Only for the compiler.
    $InferServerPlugin: {} as MultiSessionServerPlugin,
    $ERROR_CODES: MULTI_SESSION_ERROR_CODES,
    // Better Auth sends a GET for calls without arguments, but these change something.
    pathMethods: { [REVOKE_OTHERS]: "POST", [REVOKE_ALL]: "POST" },
    getAtoms($fetch) {
      const $deviceSessionsSignal = atom(false);
      const listDeviceSessions = useAuthQuery<DeviceSession[]>($deviceSessionsSignal, LIST, $fetch, {
        method: "GET",
        onRequest: ({ url }) => void (listAddress = String(url)),
      });
      return { $deviceSessionsSignal, listDeviceSessions };
    },
    // One signal for each path: the list also follows the session's signal, and both would fetch it twice.
    atomListeners: [
      { matcher: changesActive, signal: "$sessionSignal" },
      { matcher: changesList, signal: "$deviceSessionsSignal" },
    ],
    getActions(_$fetch, $store, options) {
      const { listDeviceSessions, $sessionSignal } = $store.atoms;
      refused = () => $store.notify("$sessionSignal");
      if (listDeviceSessions && $sessionSignal) {
        refetchWithSession(listDeviceSessions, $sessionSignal, options);
        followStream(listDeviceSessions, () => listAddress.replace(LIST, EVENTS), refused);
      }
      return {};
    },
    fetchPlugins: [refetchAfterRefusal(() => refused())],
  };
}
