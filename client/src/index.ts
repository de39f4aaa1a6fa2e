export { MULTI_SESSION_ERROR_CODES } from "./error-codes.js";
export { multiSessionClient, type MultiSessionClientPlugin } from "./plugin.js";
export type {
  HistoryQuery,
  MultiSessionServerPlugin,
  Reported,
  ReportedSession,
  SignOutScope,
  StatusTrue,
  TargetSession,
} from "./endpoints.js";
export type {
  Device,
  DeviceKind,
  DeviceSession,
  HistoryEntry,
  HistoryPage,
  Session,
  SessionAndUser,
  User,
} from "./types.js";
