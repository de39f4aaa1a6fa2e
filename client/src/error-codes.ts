/** The refusals that come with several sessions, by their code; `error.code` is one of the keys. */
export const MULTI_SESSION_ERROR_CODES = {
  /** The named session is not this browser's or not this user's, or has ended, or never was. */
  INVALID_SESSION_TOKEN: { code: "INVALID_SESSION_TOKEN", message: "Invalid session token" },
  /** The person signed in too long ago to end other sessions: `reauthenticate` first. */
  SESSION_NOT_FRESH: { code: "SESSION_NOT_FRESH", message: "Session is not fresh" },
  /** More than ten seconds have gone by since the revocation, or something else has happened. */
  UNDO_EXPIRED: { code: "UNDO_EXPIRED", message: "The revocation cannot be undone any more" },
  /** The active session did not begin before the one that is to be recognized, or is of a new device itself. */
  DEVICE_NOT_RECOGNIZED: { code: "DEVICE_NOT_RECOGNIZED", message: "The device in use is not recognized itself" },
  /** The user has as many sessions as allowed, and none gives way: `signInInstead` signs out the one that they choose. */
  MAXIMUM_SESSIONS_REACHED: { code: "MAXIMUM_SESSIONS_REACHED", message: "Maximum number of sessions reached" },
  /** The ticket to choose a device was used, is too old or never was, or the password has changed: sign in again. */
  INVALID_TICKET: { code: "INVALID_TICKET", message: "Invalid or expired ticket" },
  /** The browser holds as many accounts as allowed, and none gives way. */
  MAXIMUM_ACCOUNTS_REACHED: {
    code: "MAXIMUM_ACCOUNTS_REACHED",
    message: "Maximum number of accounts in this browser reached",
  },
  /** The password is right, but a sign-in with it was reported: another one is to be set by the mailed link. */
  PASSWORD_RESET_REQUIRED: { code: "PASSWORD_RESET_REQUIRED", message: "Password reset required" },
  /** The password is right, but an operator has disabled the account. */
  USER_DISABLED: { code: "USER_DISABLED", message: "User is disabled" },
  /** The password is right, but the account was imported with two-factor authentication, so the password is not enough. */
  TWO_FACTOR_REQUIRED: { code: "TWO_FACTOR_REQUIRED", message: "Two-factor authentication required" },
} as const;
