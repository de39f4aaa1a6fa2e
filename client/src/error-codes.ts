/** The errors of this plugin by their code; `error.code` is one of the keys. */
export const MULTI_SESSION_ERROR_CODES = {
  /** The session is unknown, has ended, or belongs to another browser or user. */
  INVALID_SESSION_TOKEN: { code: "INVALID_SESSION_TOKEN", message: "Invalid session token" },
  /** The sign-in is too old to end other sessions: call `reauthenticate` first. */
  SESSION_NOT_FRESH: { code: "SESSION_NOT_FRESH", message: "Session is not fresh" },
  /** The revocation is more than ten seconds old, or something else has happened since. */
  UNDO_EXPIRED: { code: "UNDO_EXPIRED", message: "The revocation can no longer be undone" },
  /** The active session did not begin before the one to confirm, or is on a new device itself. */
  DEVICE_NOT_RECOGNIZED: { code: "DEVICE_NOT_RECOGNIZED", message: "The active session cannot confirm this device" },
  /** The user has as many sessions as allowed: `signInInstead` signs out the one that they choose. */
  MAXIMUM_SESSIONS_REACHED: { code: "MAXIMUM_SESSIONS_REACHED", message: "Maximum number of sessions reached" },
  /** The ticket was used, has expired or does not exist, or the password has changed: sign in again. */
  INVALID_TICKET: { code: "INVALID_TICKET", message: "Invalid or expired ticket" },
  /** The browser holds as many accounts as allowed. */
  MAXIMUM_ACCOUNTS_REACHED: {
    code: "MAXIMUM_ACCOUNTS_REACHED",
    message: "Maximum number of accounts in this browser reached",
  },
  /** The password is right but locked because a sign-in was reported: set a new one with the mailed link. */
  PASSWORD_RESET_REQUIRED: { code: "PASSWORD_RESET_REQUIRED", message: "Password reset required" },
  /** The password is right, but an operator has disabled the account. */
  USER_DISABLED: { code: "USER_DISABLED", message: "User is disabled" },
  /** The password is right, but the account was imported with two-factor authentication. */
  TWO_FACTOR_REQUIRED: { code: "TWO_FACTOR_REQUIRED", message: "Two-factor authentication required" },
} as const;
