import { type AuthQueryAtom, parseJSON } from "better-auth/client";
import { onMount, onNotify } from "nanostores";

import type { Device, DeviceSession, Ending } from "./types.js";

/** How long to wait in milliseconds before a refused stream is opened again: at first, and at most. */
const FIRST_WAIT = 1_000;
const LAST_WAIT = 30_000;

/** One change, as the stream sends it. */
type Change =
  | { type: "created"; row: DeviceSession }
  | ({ type: "ended" } & Ending)
  | { type: "switched"; from: string; to: string }
  | { type: "renamed"; id: string; name: string | null; label: string }
  | { type: "recognized"; id: string }
  | { type: "moved"; id: string; ipAddress: string; place: string | null; userAgent: string; device: Device }
  | { type: "touched"; id: string; lastActiveAt: Date };

/**
 * Keeps a list up to date with the server's stream, while a visible page uses it. Changes are applied without a fetch,
 * because a fetch is activity: a page that nobody uses would keep its session alive.
 *
 * `sessionChanged` is called when the page's own session has ended or is another one.
 */
export function followStream(
  list: AuthQueryAtom<DeviceSession[]>,
  address: () => string,
  sessionChanged: () => void,
): void {
  onMount(list, () => {
    if (typeof document === "undefined" || typeof EventSource === "undefined") return;
    let stream: EventSource | undefined;
    let followed: string | undefined;
    let wait = FIRST_WAIT;
    let timer: ReturnType<typeof setTimeout> | undefined;
    /** What the stream has sent during a fetch, whose answer may be older. */
    const during: ((rows: DeviceSession[]) => DeviceSession[])[] = [];

    const show = (data: DeviceSession[]) => list.set({ ...list.get(), data });
    const change = (apply: (rows: DeviceSession[]) => DeviceSession[]) => {
      const { data, isRefetching } = list.get();
      if (isRefetching) during.push(apply);
      if (data) show(apply(data));
    };
    const follow = () => {
      const { data, isRefetching } = list.get();
      if (!isRefetching && during.length > 0) {
        const missed = during.splice(0);
        if (data) return show(missed.reduce((rows, apply) => apply(rows), data));
      }
      const isVisible = document.visibilityState === "visible";
      const current = isVisible ? data?.find((row) => row.isCurrent)?.id : undefined;
      if (current === followed) return;
      followed = current;
      clearTimeout(timer);
      stream?.close();
      stream = current ? opened() : undefined;
    };
    const opened = () => {
      const stream = new EventSource(address());
      // At the beginning, and when events may have been missed.
      stream.addEventListener("snapshot", (event) => {
        wait = FIRST_WAIT;
        const rows = parseJSON<DeviceSession[]>(event.data);
        change(() => rows);
      });
      stream.addEventListener("session", (event) => {
        const one = parseJSON<Change>(event.data);
        if (one.type === "switched" || (one.type === "ended" && one.id === followed)) return sessionChanged();
        change((rows) => applied(rows, one));
      });
      // Browsers reconnect after a lost connection, but not after an answer such as 502 or 401.
      stream.addEventListener("error", () => {
        if (stream.readyState !== EventSource.CLOSED) return;
        // Only at first, because the fetch is activity.
        if (wait === FIRST_WAIT) sessionChanged();
        timer = setTimeout(() => {
          followed = undefined;
          follow();
        }, wait);
        wait = Math.min(2 * wait, LAST_WAIT);
      });
      return stream;
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

/** The rows after a change, as `SessionEvent::apply` of the server. Applying it twice changes nothing. */
function applied(rows: DeviceSession[], change: Change): DeviceSession[] {
  switch (change.type) {
    case "created": {
      const { row } = change;
      if (rows.some(({ id }) => id === row.id)) return rows;
      // The others keep their order, so that no row moves while somebody clicks.
      const after = rows.findIndex((other) => !other.isCurrent && other.lastActiveAt < row.lastActiveAt);
      const place = after < 0 ? rows.length : after;
      return [...rows.slice(0, place), row, ...rows.slice(place)];
    }
    case "ended":
      return rows.filter(({ id }) => id !== change.id);
    case "renamed":
      return updated(rows, change.id, ({ device }) => ({
        name: change.name,
        device: { ...device, label: change.label },
      }));
    case "recognized":
      return updated(rows, change.id, () => ({ newDevice: false }));
    case "moved": {
      const { id, ipAddress, place, userAgent, device } = change;
      return updated(rows, id, () => ({ ipAddress, place, userAgent, device }));
    }
    case "touched": {
      const { id, lastActiveAt } = change;
      return updated(rows, id, (row) => (row.lastActiveAt < lastActiveAt ? { lastActiveAt } : {}));
    }
    // Newer servers may send more.
    default:
      return rows;
  }
}

const updated = (rows: DeviceSession[], id: string, update: (row: DeviceSession) => Partial<DeviceSession>) =>
  rows.map((row) => (row.id === id ? { ...row, ...update(row) } : row));
