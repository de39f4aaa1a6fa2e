/** A session as its owner may see it, in Better Auth's shape. */
export interface Session {
  /** Names the session. */
  id: string;
  /** Names it for `sessionToken`; alone it opens nothing. */
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
  /** The browser's own words at sign-in; empty when unknown. */
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

/** The form of a device. */
export type DeviceKind = "desktop" | "phone" | "tablet" | "tv" | "console" | "headset" | "program" | "unknown";

/** A user agent in a person's words. */
export interface Device {
  /** The browser with its major version, as in `Firefox 145`; empty when it is not known. */
  browser: string;
  /** The operating system, as in `macOS`; empty when it is not known. */
  os: string;
  kind: DeviceKind;
  /** What people call it, as in `Firefox on macOS` or `Safari on iPhone`; `Unknown device` when nothing is known. */
  label: string;
}

/** One thing that happened to an account. */
export interface HistoryEntry {
  /** Names it: a later one has a greater number. */
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
  /** The session that it happened to. */
  sessionId: string | null;
  /** The device in a person's words, as it was called at the time. */
  device: string;
  /** The user agent of that device; empty when unknown. */
  userAgent: string;
  /** The address of that device at the time; empty when unknown. */
  ipAddress: string;
  /** Where that address is, as in `Berlin, Germany`; null where the server does not know. */
  place: string | null;
  /** The session that did it, with its own device, address and place. */
  by: { id: string; label: string; userAgent: string; ipAddress: string; place: string | null } | null;
  /** Why the session ended. */
  reason: string | null;
  /** Why a right password was refused; null where it was wrong. */
  refusal: "locked" | "disabled" | "two_factor" | "limit_reached" | null;
  /** How the person signed in or proved once more who they are, as in `password`; null where that is not known. */
  signedInWith: string | null;
  /** The device's new name. */
  name: string | null;
  previousIpAddress: string | null;
}

/** A part of a history, the latest first. */
export interface HistoryPage {
  entries: HistoryEntry[];
  /** What to ask for as `before` to get the next part; null where this is the last. */
  next: number | null;
}

/** A row of the list: a session, the device it is on, and how it stands to the browser that asks. */
export interface DeviceSession extends SessionAndUser {
  /** Names the session; what `setActive` and `revoke` take as `sessionId`. */
  id: string;
  /** The browser's user agent, with its updates since the sign-in; empty when unknown. */
  userAgent: string;
  /** The address that the session was last used from; empty when unknown. */
  ipAddress: string;
  /** Where that address is, as in `Berlin, Germany`; null where the server does not know. */
  place: string | null;
  /** Where it began: the address, its place and the user agent of the sign-in. */
  signedInFrom: { ipAddress: string; place: string | null; userAgent: string };
  /** When the session last made a request, right to the minute. */
  lastActiveAt: Date;
  /** Whether it is the active session of this browser. */
  isCurrent: boolean;
  /** Whether this browser holds it, so that it can be made active. */
  isHeld: boolean;
  device: Device;
  /** What the person calls the device, which then is `device.label` too; null if nothing. */
  name: string | null;
  /**
   * Whether the person said at sign-in, by `sharedComputer: true`, that others use the computer too: it is out when the
   * browser closes, and after 30 minutes without activity at most.
   */
  sharedComputer: boolean;
  /** Whether the account had never been signed in to from this browser before, and nobody has said `recognize` since. */
  newDevice: boolean;
  /** How the person signed in, as in `password` or `oidc:google`; null where that is not known. */
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
  /** The device that ended it; null when its time was over or an operator did. */
  by: { id: string; label: string } | null;
}

/** A session that has ended, and the device that it was on. */
export interface EndedDeviceSession {
  /** Names the session. */
  id: string;
  device: Device;
  /** What the person called the device, which then is `device.label` too; null if nothing. */
  name: string | null;
  /** The address that the session was last used from; empty when unknown. */
  ipAddress: string;
  /** Where that address is, as in `Berlin, Germany`; null where the server does not know. */
  place: string | null;
  /** When the session last made a request, right to the minute. */
  lastActiveAt: Date;
  /** When the person signed in. */
  createdAt: Date;
  ending: Ending;
}
