import type { AuthEndpoint } from "better-auth/api";

import type { MULTI_SESSION_ERROR_CODES } from "./error-codes.js";
import type { DeviceSession, EndedDeviceSession, HistoryPage, SessionAndUser, User } from "./types.js";

/** Which session is meant: by its id, as a row has it, or by its token, as Better Auth does. */
export type TargetSession =
  | { sessionId: string; sessionToken?: never }
  | { sessionToken: string; sessionId?: never };

/** What a sign-out ends: every account of this browser, which is the default, or only the active one. */
export type SignOutScope = { scope?: "account" | "browser" | undefined };

/** What a person types to prove once more who they are. */
export type Reauthentication = { password: string };

/** Which device gets which name: at most 100 characters, or none for what its user agent says. */
export type NewName = { sessionId: string; name: string };

/** Which part of a history is asked for. */
export type HistoryQuery = {
  /** Only what happened to this session. */
  sessionId?: string | undefined;
  /** Only these kinds, separated by commas. */
  kinds?: string | undefined;
  /** The `next` of the page before. */
  before?: number | undefined;
  /** 1 to 100; 50 unless told. */
  limit?: number | undefined;
};

/** The sign-in that was not the person's, live or ended while it is kept. */
export type ReportedSession = { sessionId: string };

/** What was done about a reported sign-in. */
export interface Reported extends StatusTrue {
  /** How many sessions ended. */
  ended: number;
  /** Whether the password signs nobody in until another one is set by the link that is mailed. */
  passwordLocked: boolean;
}

/** The new device that the person knows. */
export type RecognizedSession = { sessionId: string };

/** At the limit of devices: the `ticket` of the refused sign-in, and the device of its `devices` that is signed out. */
export type ChosenDevice = { ticket: string; sessionId: string };

/**
 * What a refused sign-in has beside `code` and `message` where the code is `MAXIMUM_SESSIONS_REACHED`: `signInInstead`
 * takes the ticket once and for five minutes.
 */
export interface AtLimit {
  ticket: string;
  /** The person's devices, those first that were not used for the longest time. */
  devices: DeviceSession[];
}

/** Who was signed in. */
export interface SignedIn {
  /** Always false: nobody is sent on. */
  redirect: boolean;
  /** The new session's token. */
  token: string;
  user: User;
}

/** The session that this one has revoked a moment ago. */
export type RevokedSession = { sessionId: string };

/** The answer of an act that has nothing else to tell. */
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
 * The server as Better Auth's type inference wants to know it; nothing of it exists at run time.
 *
 * `signOut` takes the place of Better Auth's own, since this server's knows a scope.
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
