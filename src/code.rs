//! The stable names of what can go wrong.

use std::fmt;

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $text:literal, $message:literal, $sentence:literal;)*) => {
        /// The stable name of a refusal; clients match on it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Code {
            $($(#[$doc])* $name,)*
        }

        impl Code {
            /// Every code there is.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The name on the wire, as in `INVALID_SESSION_TOKEN`.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            /// The message on the wire, word for word Better Auth's where it has the code.
            pub const fn message(self) -> &'static str {
                match self { $(Self::$name => $message,)* }
            }

            /// The sentence for the person at the page.
            pub const fn sentence(self) -> &'static str {
                match self { $(Self::$name => $sentence,)* }
            }
        }
    };
}

codes! {
    /// The e-mail is unknown or the password is wrong: nobody is told which.
    InvalidEmailOrPassword = "INVALID_EMAIL_OR_PASSWORD", "Invalid email or password",
        "That e-mail and password do not match an account.";
    /// The text is not an e-mail address.
    InvalidEmail = "INVALID_EMAIL", "Invalid email",
        "That does not look like an e-mail address.";
    /// The account has no password: it signs in otherwise.
    CredentialAccountNotFound = "CREDENTIAL_ACCOUNT_NOT_FOUND", "Credential account not found",
        "This account has no password.";
    /// The current password that was typed is wrong.
    InvalidPassword = "INVALID_PASSWORD", "Invalid password",
        "That is not your current password.";
    /// The name is too long.
    InvalidName = "INVALID_NAME", "Invalid name",
        "A name can have at most 100 characters.";
    /// The password has fewer than 8 characters.
    PasswordTooShort = "PASSWORD_TOO_SHORT", "Password too short",
        "A password needs at least 8 characters.";
    /// The password has more than 128 characters.
    PasswordTooLong = "PASSWORD_TOO_LONG", "Password too long",
        "A password can have at most 128 characters.";
    /// The e-mail has an account already.
    UserAlreadyExists = "USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL",
        "User already exists. Use another email.",
        "There is an account with that e-mail already. Sign in, or use another one.";
    /// The user has as many sessions as allowed, and none gives way.
    MaximumSessionsReached = "MAXIMUM_SESSIONS_REACHED", "Maximum number of sessions reached",
        "You are signed in on as many devices as allowed. Sign out on one of them first.";
    /// The browser holds as many accounts as allowed, and none gives way.
    MaximumAccountsReached = "MAXIMUM_ACCOUNTS_REACHED", "Maximum number of accounts in this browser reached",
        "This browser is signed in to as many accounts as allowed. Sign out of one of them first.";
    /// The session is not this browser's or not this user's, or has ended, or never was.
    InvalidSessionToken = "INVALID_SESSION_TOKEN", "Invalid session token",
        "That session has already ended.";
    /// It is too late to take a revocation back, or something else has happened since.
    UndoExpired = "UNDO_EXPIRED", "The revocation cannot be undone any more",
        "It is too late to undo that. The device can sign in again.";
    /// Nobody is signed in.
    Unauthorized = "UNAUTHORIZED", "Unauthorized",
        "You are signed out. Please sign in again.";
    /// The person proved too long ago who they are to do that.
    SessionNotFresh = "SESSION_NOT_FRESH", "Session is not fresh",
        "Please confirm that it's you.";
    /// The mailed link was used, is too old or never was.
    InvalidToken = "INVALID_TOKEN", "Invalid token",
        "That link has been used or is too old. Please ask for a new one.";
    /// Nobody sends mails, so passwords cannot be reset by them.
    ResetPasswordDisabled = "RESET_PASSWORD_DISABLED", "Reset password isn't enabled",
        "This server sends no mail, so it cannot send you a link.";
    /// The password is right, but a sign-in with it was reported: another one is to be set by the mailed link.
    PasswordResetRequired = "PASSWORD_RESET_REQUIRED", "Password reset required",
        "A sign-in to this account was reported, so this password is locked. Choose a new one with the link in your mail, or ask for another link.";
    /// The password is right, but an operator has disabled the account.
    UserDisabled = "USER_DISABLED", "User is disabled",
        "This account is disabled. Ask whoever runs this service.";
    /// The password is right, but the account was imported with two-factor authentication, so the password is not enough.
    TwoFactorRequired = "TWO_FACTOR_REQUIRED", "Two-factor authentication required",
        "This account is protected by two-factor authentication, which this service cannot check. Ask whoever runs this service.";
    /// An operator named a user who is not there.
    UserNotFound = "USER_NOT_FOUND", "User not found",
        "There is no such user.";
    /// The address that a mailed link is to lead to is another site's.
    InvalidRedirectUrl = "INVALID_REDIRECT_URL", "Invalid redirectURL",
        "That address leads to another site and was refused.";
    /// The request has no field of that name and type.
    ValidationError = "VALIDATION_ERROR", "Validation failed",
        "Something in that form was missing.";
    /// The body is not what its type says.
    BadRequest = "BAD_REQUEST", "Invalid JSON in request body",
        "That request could not be read.";
    /// POST to an endpoint that takes it only with a setting that is not offered.
    MethodNotAllowed = "METHOD_NOT_ALLOWED_DEFER_SESSION_REQUIRED",
        "POST method requires deferSessionRefresh to be enabled in session config",
        "That request could not be read.";
    /// The body has a type that is not taken.
    UnsupportedMediaType = "UNSUPPORTED_MEDIA_TYPE", "Content-Type is not allowed",
        "That request could not be read.";
    /// The body is larger than allowed.
    PayloadTooLarge = "PAYLOAD_TOO_LARGE", "Request body is larger than 64 KiB",
        "That was too much text.";
    /// The request comes from a page of another site.
    InvalidOrigin = "INVALID_ORIGIN", "Invalid origin",
        "That request came from another site and was refused.";
    /// A form of another site would sign this browser in.
    CrossSiteLogin = "CROSS_SITE_NAVIGATION_LOGIN_BLOCKED",
        "Cross-site navigation login blocked. This request appears to be a CSRF attack.",
        "That sign-in came from another site and was refused.";
    /// The address to go to afterwards is another site's.
    InvalidCallbackUrl = "INVALID_CALLBACK_URL", "Invalid callbackURL",
        "That address leads to another site and was refused.";
    /// The request does not say which page it comes from.
    MissingOrNullOrigin = "MISSING_OR_NULL_ORIGIN", "Missing or null Origin",
        "Your browser did not say which page that came from, so it was refused.";
    /// The browser keeps no cookies for this site, so a sign-in at a page would not last.
    CookiesBlocked = "COOKIES_BLOCKED", "The browser keeps no cookies for this site",
        "Your browser keeps no cookies for this site, so you cannot stay signed in. Allow cookies for it, then try again.";
    /// A state change by GET that no script of this site sent.
    CrossSiteGet = "CROSS_SITE_GET_BLOCKED",
        "This GET changes state and is answered only to a script of the same origin; use POST",
        "That link was refused.";
    /// Too many requests in a short time.
    TooManyRequests = "TOO_MANY_REQUESTS", "Too many requests. Please try again later.",
        "Too many tries. Please wait a little and try again.";
    /// Too many passwords wait to be checked.
    ServerBusy = "SERVER_BUSY", "The server is busy. Please try again.",
        "The server is busy. Please try again in a moment.";
    /// The store does not answer.
    ServiceUnavailable = "SERVICE_UNAVAILABLE", "The service is unavailable. Please try again.",
        "The server cannot reach its data right now. Nobody is signed out by that; please try again.";
    /// A fault of ours.
    Internal = "INTERNAL_SERVER_ERROR", "Internal server error",
        "Something went wrong on our side. Please try again.";
}

impl std::error::Error for Code {}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
