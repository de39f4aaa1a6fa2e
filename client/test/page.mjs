// The parts of a browser page that node lacks: better-auth fetches for hooks only if there is a window.

import { setMaxListeners } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';

import { onMount } from 'nanostores';

globalThis.window = new EventTarget();
globalThis.document = Object.assign(new EventTarget(), { visibilityState: 'visible' });
// The pages of all tests listen to this one window.
setMaxListeners(0, window, document);

/** The person returns to the tab. */
export const comeBack = () => {
  document.visibilityState = 'visible';
  document.dispatchEvent(new Event('visibilitychange'));
};
/** The person leaves for another tab. */
export const leave = () => {
  document.visibilityState = 'hidden';
  document.dispatchEvent(new Event('visibilitychange'));
};
/** The network is available again. */
export const comeOnline = () => window.dispatchEvent(new Event('online'));

/** Somebody signs out in another tab of this browser, which sends an event through localStorage. */
export const signOutElsewhere = () => {
  const newValue = JSON.stringify({ event: 'session', data: { trigger: 'signout' } });
  window.dispatchEvent(Object.assign(new Event('storage'), { key: 'better-auth.message', newValue }));
};

/** Waits until the signals of the actions so far are set. better-auth sets them 10 ms after an answer, and timers run in order. */
export const signalled = () => pause(10);

/** Waits until all triggered requests are answered. */
export async function settled(client) {
  await signalled();
  await Promise.all([client.useSession, client.useListDeviceSessions].map(rests));
}

/** Resolves when an atom with subscribers is not fetching. */
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

/** Opens a page with the session and the list, and waits until both are loaded. */
export async function open(client) {
  const atoms = [client.useSession, client.useListDeviceSessions];
  const left = atoms.map((atom) => new Promise((resolve) => onMount(atom, () => resolve)));
  const unsubscribe = atoms.map((atom) => atom.listen(() => {}));
  await settled(client);
  return {
    /** The requests for its first display. */
    atFirst: client.sent.splice(0),
    rows: () => client.useListDeviceSessions.value.data,
    name: () => client.useSession.value.data?.user.name ?? null,
    /** Leaves the page. Resolves when the atoms are unmounted, which takes nanostores a second. */
    close: () => {
      for (const it of unsubscribe) it();
      return Promise.all(left);
    },
  };
}
