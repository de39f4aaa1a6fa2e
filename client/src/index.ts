export { MULTI_SESSION_ERROR_CODES } from "./error-codes.js";
export { multiSessionClient, type MultiSessionClientPlugin } from "./plugin.js";
export type { MultiSessionServerPlugin, Reported, ReportedSession, SignOutScope, StatusTrue, TargetSession } from "./endpoints.js";
export type { Device, DeviceKind, DeviceSession, Session, SessionAndUser, User } from "./types.js";
