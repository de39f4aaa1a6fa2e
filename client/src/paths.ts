/** The list. */
export const LIST = "/multi-session/list-device-sessions";
/** The stream of changes. */
export const EVENTS = "/multi-session/events";
/** Makes a held session the active one. */
export const SET_ACTIVE = "/multi-session/set-active";
/** Ends one session. */
export const REVOKE = "/multi-session/revoke";
/** Undoes a revocation, for ten seconds. */
export const UNDO_REVOKE = "/multi-session/undo-revoke";
/** Ends every session except the current one. */
export const REVOKE_OTHERS = "/multi-session/revoke-others";
/** Ends every session, including the current one. */
export const REVOKE_ALL = "/multi-session/revoke-all";

/** Names a device. */
export const RENAME = "/multi-session/rename";

/** Confirms a new device as the person's own. */
export const RECOGNIZE = "/multi-session/recognize";

/** Reports a session as somebody else's. */
export const REPORT = "/multi-session/report";

/** Confirms the password again. */
export const REAUTHENTICATE = "/multi-session/reauthenticate";

/** Signs in at the limit of devices, and signs out the one that the person chose. */
export const SIGN_IN_INSTEAD = "/multi-session/sign-in-instead";

/** Whether the active session, or its token, may be different afterwards. */
export const changesActive = (path: string): boolean =>
  path === SET_ACTIVE ||
  path === REVOKE ||
  path === REVOKE_ALL ||
  path === REPORT ||
  path === REAUTHENTICATE ||
  path === SIGN_IN_INSTEAD;

/** Whether only the list may be different afterwards, and the active session stays. */
export const changesList = (path: string): boolean =>
  path === REVOKE_OTHERS || path === RENAME || path === RECOGNIZE || path === UNDO_REVOKE;

/** Whether the path is that of an action on the list. */
export const isAct = (path: string): boolean => changesList(path) || changesActive(path);
