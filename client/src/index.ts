export { MULTI_SESSION_ERROR_CODES } from "./error-codes.js";
export { multiSessionClient, type MultiSessionClientPlugin } from "./plugin.js";
export type {
  AtLimit,
  ChosenDevice,
  HistoryQuery,
  MultiSessionServerPlugin,
  Reported,
  RecognizedSession,
  ReportedSession,
  SignedIn,
  SignOutScope,
  StatusTrue,
  TargetSession,
} from "./endpoints.js";
export type {
  Device,
  DeviceKind,
  DeviceSession,
  EndedDeviceSession,
  Ending,
  HistoryEntry,
  HistoryPage,
  Session,
  SessionAndUser,
  User,
} from "./types.js";
