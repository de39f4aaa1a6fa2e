import type { AuthEndpoint } from "better-auth/api";

import type { MULTI_SESSION_ERROR_CODES } from "./error-codes.js";
import type { DeviceSession, EndedDeviceSession, HistoryPage, SessionAndUser, User } from "./types.js";

/** The session, by its id, as in a row, or by its token, as in Better Auth. */
export type TargetSession =
  | { sessionId: string; sessionToken?: never }
  | { sessionToken: string; sessionId?: never };

/** What a sign-out ends: every account of this browser (the default) or only the active one. */
export type SignOutScope = { scope?: "account" | "browser" | undefined };

/** The password to confirm. */
export type Reauthentication = { password: string };

/** The device and its name: at most 100 characters, or empty to remove the name. */
export type NewName = { sessionId: string; name: string };

/** A page of a history. */
export type HistoryQuery = {
  /** Only entries about this session. */
  sessionId?: string | undefined;
  /** Only these kinds, separated by commas. */
  kinds?: string | undefined;
  /** The `next` of the previous page. */
  before?: number | undefined;
  /** 1 to 100, by default 50. */
  limit?: number | undefined;
};

/** The sign-in that was not the person's: live, or ended and still stored. */
export type ReportedSession = { sessionId: string };

/** The result of a report. */
export interface Reported extends StatusTrue {
  /** How many sessions ended. */
  ended: number;
  /** Whether the password is locked until a new one is set with the mailed link. */
  passwordLocked: boolean;
}

/** The new device to confirm. */
export type RecognizedSession = { sessionId: string };

/** At the limit of devices: the `ticket` of the refused sign-in, and the one of its `devices` to sign out. */
export type ChosenDevice = { ticket: string; sessionId: string };

/**
 * What a sign-in that was refused with `MAXIMUM_SESSIONS_REACHED` has in addition to `code` and `message`. The ticket
 * is for `signInInstead`. It works once, for five minutes.
 */
export interface AtLimit {
  ticket: string;
  /** The person's devices, least recently used first. */
  devices: DeviceSession[];
}

/** The result of a sign-in. */
export interface SignedIn {
  /** Always false: there is no redirect. */
  redirect: boolean;
  /** The new session's token. */
  token: string;
  user: User;
}

/** The session that this one revoked a moment ago. */
export type RevokedSession = { sessionId: string };

/** The answer of a call that returns nothing else. */
export interface StatusTrue {
  status: true;
}

type Get<Path extends string, Answer> = AuthEndpoint<Path, { method: "GET" }, Answer>;
type GetWith<Path extends string, Query extends Record<string, unknown>, Answer> = AuthEndpoint<
  Path,
  { method: "GET"; metadata: { $Infer: { query: Query } } },
  Answer
>;
type Post<Path extends string, Body, Answer> = AuthEndpoint<
  Path,
  { method: "POST"; metadata: { $Infer: { body: Body } } },
  Answer
>;

/**
 * The server for Better Auth's type inference. It does not exist at run time.
 *
 * `signOut` replaces Better Auth's own, because this server's has a scope.
 */
export interface MultiSessionServerPlugin {
  id: "multi-session";
  endpoints: {
    listDeviceSessions: Get<"/multi-session/list-device-sessions", DeviceSession[]>;
    listEndedDeviceSessions: Get<"/multi-session/list-ended-device-sessions", EndedDeviceSession[]>;
    history: GetWith<"/multi-session/history", HistoryQuery, HistoryPage>;
    setActiveSession: Post<"/multi-session/set-active", TargetSession, SessionAndUser>;
    reauthenticateSession: Post<"/multi-session/reauthenticate", Reauthentication, SessionAndUser>;
    renameDeviceSession: Post<"/multi-session/rename", NewName, StatusTrue>;
    recognizeDeviceSession: Post<"/multi-session/recognize", RecognizedSession, StatusTrue>;
    reportDeviceSession: Post<"/multi-session/report", ReportedSession, Reported>;
    revokeDeviceSession: Post<"/multi-session/revoke", TargetSession, StatusTrue>;
    undoRevokeDeviceSession: Post<"/multi-session/undo-revoke", RevokedSession, StatusTrue>;
    revokeOtherDeviceSessions: Post<"/multi-session/revoke-others", undefined, StatusTrue>;
    revokeAllDeviceSessions: Post<"/multi-session/revoke-all", undefined, StatusTrue>;
    signInInstead: Post<"/multi-session/sign-in-instead", ChosenDevice, SignedIn>;
    signOut: Post<"/sign-out", SignOutScope | undefined, { success: boolean }>;
  };
  $ERROR_CODES: typeof MULTI_SESSION_ERROR_CODES;
}
