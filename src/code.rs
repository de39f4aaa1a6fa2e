//! The stable names of what can go wrong.

use std::borrow::Cow;
use std::fmt;

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $text:literal, $message:literal, $sentence:literal;)*) => {
        /// A stable error code. Clients match on it.
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

            /// The message in the API. It is Better Auth's own, if Better Auth has the code.
            pub const fn message(self) -> &'static str {
                match self { $(Self::$name => $message,)* }
            }

            /// The sentence for the person at the page; see [`Code::sentence_with`].
            pub const fn sentence(self) -> &'static str {
                match self { $(Self::$name => $sentence,)* }
            }
        }
    };
}

codes! {
    /// The email is unknown or the password is wrong. The answer does not say which.
    InvalidEmailOrPassword = "INVALID_EMAIL_OR_PASSWORD", "Invalid email or password",
        "Wrong email or password.";
    /// The text is not an email address.
    InvalidEmail = "INVALID_EMAIL", "Invalid email",
        "Enter a valid email address.";
    /// The account has no password.
    CredentialAccountNotFound = "CREDENTIAL_ACCOUNT_NOT_FOUND", "Credential account not found",
        "This account has no password.";
    /// The current password that was typed is wrong.
    InvalidPassword = "INVALID_PASSWORD", "Invalid password",
        "That's not your current password.";
    /// The name is too long.
    InvalidName = "INVALID_NAME", "Invalid name",
        "A name can have at most 100 characters.";
    /// The password has fewer than 8 characters.
    PasswordTooShort = "PASSWORD_TOO_SHORT", "Password too short",
        "A password needs at least 8 characters.";
    /// The password has more than 128 characters.
    PasswordTooLong = "PASSWORD_TOO_LONG", "Password too long",
        "A password can have at most 128 characters.";
    /// The email has an account already.
    UserAlreadyExists = "USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL",
        "User already exists. Use another email.",
        "An account with this email already exists. Sign in instead.";
    /// The user has as many sessions as allowed, and none is evicted.
    MaximumSessionsReached = "MAXIMUM_SESSIONS_REACHED", "Maximum number of sessions reached",
        "You've reached the limit of devices. Sign out of one to continue.";
    /// The ticket to choose a device was used, has expired or does not exist, or a credential has changed since.
    InvalidTicket = "INVALID_TICKET", "Invalid or expired ticket",
        "This sign-in took too long. Sign in again.";
    /// The browser holds as many accounts as allowed, and none is evicted.
    MaximumAccountsReached = "MAXIMUM_ACCOUNTS_REACHED", "Maximum number of accounts in this browser reached",
        "This browser has reached its limit of accounts. Sign out of one to continue.";
    /// The session is unknown, has ended, or belongs to another browser or user.
    InvalidSessionToken = "INVALID_SESSION_TOKEN", "Invalid session token",
        "That device was already signed out.";
    /// It is too late to undo the revocation, or something else has happened since.
    UndoExpired = "UNDO_EXPIRED", "The revocation can no longer be undone",
        "Too late to undo. You can sign in on that device again.";
    /// The active session did not begin before the one to confirm, or is on a new device itself.
    DeviceNotRecognized = "DEVICE_NOT_RECOGNIZED", "The active session cannot confirm this device",
        "You can only confirm this from another device that you've used before.";
    /// Nobody is signed in.
    Unauthorized = "UNAUTHORIZED", "Unauthorized",
        "You're signed out. Sign in again to continue.";
    /// The session is not fresh: the last proof is too old for this request.
    SessionNotFresh = "SESSION_NOT_FRESH", "Session is not fresh",
        "Confirm it's you to continue.";
    /// The mailed link was used, has expired or does not exist.
    InvalidToken = "INVALID_TOKEN", "Invalid token",
        "This link has expired or was already used. Request a new one.";
    /// No mail server is configured, so passwords cannot be reset by mail.
    ResetPasswordDisabled = "RESET_PASSWORD_DISABLED", "Reset password isn't enabled",
        "This service sends no email, so it can't send you a link.";
    /// The password is right but locked, because a sign-in was reported. A new one must be set with the mailed link.
    PasswordResetRequired = "PASSWORD_RESET_REQUIRED", "Password reset required",
        "This password is locked because a sign-in was reported. Choose a new one with the link in your email, or request another link.";
    /// The password is right, but an operator has disabled the account.
    UserDisabled = "USER_DISABLED", "User is disabled",
        "This account is disabled. Contact an administrator.";
    /// The password is right, but the account was imported with two-factor authentication, so the password is not enough.
    TwoFactorRequired = "TWO_FACTOR_REQUIRED", "Two-factor authentication required",
        "This account needs two-factor authentication, which isn't available here. Contact an administrator.";
    /// An operator named an unknown user.
    UserNotFound = "USER_NOT_FOUND", "User not found",
        "No such user.";
    /// The address to which a mailed link should lead belongs to another site.
    InvalidRedirectUrl = "INVALID_REDIRECT_URL", "Invalid redirectURL",
        "That address leads to another site, so it was blocked.";
    /// The request has no field of that name and type.
    ValidationError = "VALIDATION_ERROR", "Validation failed",
        "Please fill in every field.";
    /// The body does not match its content type.
    BadRequest = "BAD_REQUEST", "Invalid JSON in request body",
        "We couldn't read that request. Please try again.";
    /// A POST to an endpoint that accepts it only with a setting that this server does not have.
    MethodNotAllowed = "METHOD_NOT_ALLOWED_DEFER_SESSION_REQUIRED",
        "POST method requires deferSessionRefresh to be enabled in session config",
        "We couldn't read that request. Please try again.";
    /// The content type of the body is not accepted.
    UnsupportedMediaType = "UNSUPPORTED_MEDIA_TYPE", "Content-Type is not allowed",
        "We couldn't read that request. Please try again.";
    /// The body is larger than allowed.
    PayloadTooLarge = "PAYLOAD_TOO_LARGE", "Request body is larger than 64 KiB",
        "That text is too long.";
    /// The request comes from a page of another site.
    InvalidOrigin = "INVALID_ORIGIN", "Invalid origin",
        "That request came from another site, so it was blocked.";
    /// A form of another site would sign this browser in.
    CrossSiteLogin = "CROSS_SITE_NAVIGATION_LOGIN_BLOCKED",
        "Cross-site navigation login blocked. This request appears to be a CSRF attack.",
        "That sign-in came from another site, so it was blocked.";
    /// The address to go to afterwards belongs to another site.
    InvalidCallbackUrl = "INVALID_CALLBACK_URL", "Invalid callbackURL",
        "That address leads to another site, so it was blocked.";
    /// The request does not say which page it comes from.
    MissingOrNullOrigin = "MISSING_OR_NULL_ORIGIN", "Missing or null Origin",
        "Your browser didn't say which page sent this request, so the request was blocked.";
    /// The browser does not accept cookies from this site, so it cannot stay signed in.
    CookiesBlocked = "COOKIES_BLOCKED", "The browser does not accept cookies from this site",
        "Your browser blocks cookies for this site, so you can't stay signed in. Allow them, then try again.";
    /// A GET that changes something and was not sent by a script of this site.
    CrossSiteGet = "CROSS_SITE_GET_BLOCKED",
        "This GET changes state and is allowed only for scripts of the same origin. Use POST.",
        "That link was blocked.";
    /// Too many requests in a short time.
    TooManyRequests = "TOO_MANY_REQUESTS", "Too many requests. Please try again later.",
        "Too many attempts. Try again in a moment.";
    /// Too many passwords are waiting to be checked.
    ServerBusy = "SERVER_BUSY", "The server is busy. Please try again.",
        "The server is busy. Try again in a moment.";
    /// The store does not answer.
    ServiceUnavailable = "SERVICE_UNAVAILABLE", "The service is unavailable. Please try again.",
        "We can't load your data right now. Please try again.";
    /// An internal error.
    Internal = "INTERNAL_SERVER_ERROR", "Internal server error",
        "Something went wrong on our side. Please try again.";
}

impl Code {
    /// The sentence with its number, if known: how many seconds to wait, or how many devices or accounts are allowed.
    ///
    /// # Examples
    ///
    /// ```
    /// use multi_session::Code;
    ///
    /// let told = Code::TooManyRequests.sentence_with(Some(8));
    /// assert_eq!(told, "Too many attempts. Try again in 8 seconds.");
    /// assert_eq!(Code::TooManyRequests.sentence_with(None), Code::TooManyRequests.sentence());
    /// ```
    pub fn sentence_with(self, number: Option<u64>) -> Cow<'static, str> {
        let Some(number) = number else { return self.sentence().into() };
        let some = |number: u64, what: &str| format!("{number} {what}{}", if number == 1 { "" } else { "s" });
        let sentence = match self {
            Self::TooManyRequests => {
                let time = match number {
                    ..120 => some(number, "second"),
                    _ => some(number.div_ceil(60), "minute"),
                };
                format!("Too many attempts. Try again in {time}.")
            }
            Self::MaximumSessionsReached => {
                let limit = some(number, "device");
                format!("You've reached the limit of {limit}. Sign out of one to continue.")
            }
            Self::MaximumAccountsReached => {
                let limit = some(number, "account");
                format!("This browser has reached its limit of {limit}. Sign out of one to continue.")
            }
            _ => return self.sentence().into(),
        };
        sentence.into()
    }
}

impl std::error::Error for Code {}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentence_includes_the_number_if_it_is_known() {
        for (code, number, told) in [
            (Code::TooManyRequests, 1, "Too many attempts. Try again in 1 second."),
            (Code::TooManyRequests, 119, "Too many attempts. Try again in 119 seconds."),
            (Code::TooManyRequests, 840, "Too many attempts. Try again in 14 minutes."),
            (
                Code::MaximumSessionsReached,
                5,
                "You've reached the limit of 5 devices. Sign out of one to continue.",
            ),
            (
                Code::MaximumAccountsReached,
                1,
                "This browser has reached its limit of 1 account. Sign out of one to continue.",
            ),
            (Code::InvalidEmail, 3, "Enter a valid email address."),
        ] {
            assert_eq!(code.sentence_with(Some(number)), told);
        }
    }
}
