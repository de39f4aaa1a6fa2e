// What a page has and node has not: better-auth fetches for hooks only where there is a window.

import { setMaxListeners } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';

import { onMount } from 'nanostores';

globalThis.window = new EventTarget();
globalThis.document = Object.assign(new EventTarget(), { visibilityState: 'visible' });
// The pages of all tests listen to this one window.
setMaxListeners(0, window, document);

/** The person comes back to the tab. */
export const comeBack = () => document.dispatchEvent(new Event('visibilitychange'));
/** The network is there again. */
export const comeOnline = () => window.dispatchEvent(new Event('online'));

/** In another tab of this browser somebody signs out; localStorage tells it. */
export const signOutElsewhere = () => {
  const newValue = JSON.stringify({ event: 'session', data: { trigger: 'signout' } });
  window.dispatchEvent(Object.assign(new Event('storage'), { key: 'better-auth.message', newValue }));
};

/** The signals of the acts so far are set: better-auth sets them 10 ms after an answer, and timers keep their order. */
export const signalled = () => pause(10);

/** Everything that was set off has been answered. */
export async function settled(client) {
  await signalled();
  await Promise.all([client.useSession, client.useListDeviceSessions].map(rests));
}

/** Resolves when an atom that has subscribers is fetching nothing. */
function rests(atom) {
  return new Promise((resolve) => {
    const unsubscribe = atom.listen(look);
    look(atom.value);
    function look({ isPending, isRefetching }) {
      if (isPending || isRefetching) return;
      unsubscribe();
      resolve();
    }
  });
}

/** A page that shows the session and the list, once both are there. */
export async function open(client) {
  const atoms = [client.useSession, client.useListDeviceSessions];
  const left = atoms.map((atom) => new Promise((resolve) => onMount(atom, () => resolve)));
  const unsubscribe = atoms.map((atom) => atom.listen(() => {}));
  await settled(client);
  return {
    /** What was sent to show it. */
    atFirst: client.sent.splice(0),
    rows: () => client.useListDeviceSessions.value.data,
    name: () => client.useSession.value.data?.user.name ?? null,
    /** Leaves the page; resolves when the atoms have let go, which takes nanostores a second. */
    close: () => {
      for (const it of unsubscribe) it();
      return Promise.all(left);
    },
  };
}
