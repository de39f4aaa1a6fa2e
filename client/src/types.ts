/** A session as its owner may see it, in Better Auth's shape. */
export interface Session {
  /** The session's id. */
  id: string;
  /** Identifies it as `sessionToken`. It does not authenticate anybody. */
  token: string;
  userId: string;
  /** When it ends unless activity extends it. */
  expiresAt: Date;
  /** When the person signed in. */
  createdAt: Date;
  /** When it was last extended. */
  updatedAt: Date;
  /** The address that signed in; empty when unknown. */
  ipAddress: string;
  /** The user agent at sign-in; empty when unknown. */
  userAgent: string;
}

/** A user as its owner may see it, in Better Auth's shape. */
export interface User {
  id: string;
  name: string;
  email: string;
  emailVerified: boolean;
  image: string | null;
  createdAt: Date;
  updatedAt: Date;
}

/** A session and its user. */
export interface SessionAndUser {
  session: Session;
  user: User;
}

/** The kind of a device. */
export type DeviceKind = "desktop" | "phone" | "tablet" | "tv" | "console" | "headset" | "program" | "unknown";

/** A user agent in plain words. */
export interface Device {
  /** The browser with its major version, such as `Firefox 145`; empty when unknown. */
  browser: string;
  /** The operating system, such as `macOS`; empty when unknown. */
  os: string;
  kind: DeviceKind;
  /** The name of the device, such as `Firefox on macOS` or `Safari on iPhone`; `Unknown device` when nothing is known. */
  label: string;
}

/** An entry of the account history. */
export interface HistoryEntry {
  /** The id of the entry. Later entries have greater ids. */
  id: number;
  at: Date;
  kind:
    | "signed_in"
    | "new_device"
    | "password_refused"
    | "reauthenticated"
    | "address_changed"
    | "browser_changed"
    | "switched"
    | "renamed"
    | "recognized"
    | "ended"
    | "revoke_undone"
    | "password_changed"
    | "exported"
    | "reported"
    | "disabled"
    | "enabled";
  /** The session that it is about. */
  sessionId: string | null;
  /** The device in plain words, with its name at the time. */
  device: string;
  /** The user agent of that device; empty when unknown. */
  userAgent: string;
  /** The address of that device at the time; empty when unknown. */
  ipAddress: string;
  /** Where that address is, as in `Berlin, Germany`; null if the server does not know. */
  place: string | null;
  /** The session that made the change, with its device, address and place. */
  by: { id: string; label: string; userAgent: string; ipAddress: string; place: string | null } | null;
  /** Why the session ended. */
  reason: string | null;
  /** Why a right password was refused; null if it was wrong. */
  refusal: "locked" | "disabled" | "two_factor" | "limit_reached" | null;
  /** How the person signed in or confirmed who they are, such as `password`; null if unknown. */
  signedInWith: string | null;
  /** The device's new name. */
  name: string | null;
  previousIpAddress: string | null;
}

/** A page of a history, latest first. */
export interface HistoryPage {
  entries: HistoryEntry[];
  /** The `before` of the next page; null if this is the last one. */
  next: number | null;
}

/** A row of the list: a session, its device, and whether this browser holds it. */
export interface DeviceSession extends SessionAndUser {
  /** The session's id. Pass it as `sessionId` to `setActive` and `revoke`. */
  id: string;
  /** The browser's user agent, with its updates since the sign-in; empty when unknown. */
  userAgent: string;
  /** The address that the session was last used from; empty when unknown. */
  ipAddress: string;
  /** Where that address is, as in `Berlin, Germany`; null if the server does not know. */
  place: string | null;
  /** Where it began: the address, its place and the user agent of the sign-in. */
  signedInFrom: { ipAddress: string; place: string | null; userAgent: string };
  /** When the session last made a request, accurate to the minute. */
  lastActiveAt: Date;
  /** Whether it is the active session of this browser. */
  isCurrent: boolean;
  /** Whether this browser holds it, so that it can be made active. */
  isHeld: boolean;
  device: Device;
  /** The name that the person gave the device, which is then also `device.label`; null if none. */
  name: string | null;
  /**
   * Whether the sign-in was on a shared computer (`sharedComputer: true`). The session ends when the browser closes, and
   * after at most 30 minutes without activity.
   */
  sharedComputer: boolean;
  /** Whether the account was never used in this browser before, and nobody has called `recognize` since. */
  newDevice: boolean;
  /** How the person signed in, such as `password` or `oidc:google`; null if unknown. */
  signedInWith: string | null;
  /** When the person signed in. */
  createdAt: Date;
  /** When it ends unless activity extends it. */
  expiresAt: Date;
}

/** How a session ended. */
export interface Ending {
  /** The session. */
  id: string;
  /** Why it ended, as in `revoked`. */
  reason: string;
  at: Date;
  /** The device that ended it; null if it expired or an operator ended it. */
  by: { id: string; label: string } | null;
}

/** A session that has ended, and the device that it was on. */
export interface EndedDeviceSession {
  /** The session's id. */
  id: string;
  device: Device;
  /** The name that the person gave the device, which is then also `device.label`; null if none. */
  name: string | null;
  /** The address that the session was last used from; empty when unknown. */
  ipAddress: string;
  /** Where that address is, as in `Berlin, Germany`; null if the server does not know. */
  place: string | null;
  /** When the session last made a request, accurate to the minute. */
  lastActiveAt: Date;
  /** When the person signed in. */
  createdAt: Date;
  ending: Ending;
}
