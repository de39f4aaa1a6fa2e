//! Maps errors to HTTP statuses and bodies.

use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderValue, StatusCode};
use serde::{Serialize, Serializer};

use crate::{Code, DeviceSession, Error, SignInMethod, StoreError};

/// An error as clients see it: `{"message": …, "code": …}`, in Better Auth's shape.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    code: Code,
    message: Option<String>,
    retry_after: Option<u64>,
    bare: bool,
    proofs: Vec<SignInMethod>,
    at_limit: Option<Box<AtLimit>>,
}

/// The ticket and the devices to choose from at the limit.
#[derive(Clone, Debug, PartialEq, Eq)]
struct AtLimit {
    ticket: String,
    devices: Vec<DeviceSession>,
}

impl Problem {
    /// Replaces the code's own message with a more exact one.
    pub fn with_message(code: Code, message: String) -> Self {
        Self { message: Some(message), ..Self::from(code) }
    }

    /// Leaves the code out of the body, as Better Auth does in some cases.
    pub fn bare(mut self) -> Self {
        self.bare = true;
        self
    }

    /// Sets how many seconds to wait before the next attempt.
    pub fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// How many seconds to wait before the next attempt, if known.
    pub fn seconds_to_wait(&self) -> Option<u64> {
        self.retry_after
    }

    /// The status of a code.
    pub const fn status(code: Code) -> StatusCode {
        match code {
            Code::InvalidEmailOrPassword
            | Code::InvalidSessionToken
            | Code::InvalidTicket
            | Code::Unauthorized => StatusCode::UNAUTHORIZED,
            Code::InvalidEmail
            | Code::InvalidName
            | Code::InvalidPassword
            | Code::CredentialAccountNotFound
            | Code::PasswordTooShort
            | Code::PasswordTooLong
            | Code::InvalidToken
            | Code::ResetPasswordDisabled
            | Code::ValidationError
            | Code::CookiesBlocked
            | Code::BadRequest => StatusCode::BAD_REQUEST,
            Code::UserAlreadyExists => StatusCode::UNPROCESSABLE_ENTITY,
            Code::UserNotFound => StatusCode::NOT_FOUND,
            Code::MaximumSessionsReached
            | Code::MaximumAccountsReached
            | Code::SessionNotFresh
            | Code::UndoExpired
            | Code::DeviceNotRecognized
            | Code::PasswordResetRequired
            | Code::UserDisabled
            | Code::TwoFactorRequired
            | Code::InvalidCallbackUrl
            | Code::InvalidRedirectUrl
            | Code::InvalidOrigin
            | Code::MissingOrNullOrigin
            | Code::CrossSiteLogin
            | Code::CrossSiteGet => StatusCode::FORBIDDEN,
            Code::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Code::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Code::PayloadTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Code::TooManyRequests => StatusCode::TOO_MANY_REQUESTS,
            Code::ServerBusy | Code::ServiceUnavailable => StatusCode::SERVICE_UNAVAILABLE,
            Code::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

impl From<Code> for Problem {
    fn from(code: Code) -> Self {
        let bare = code == Code::TooManyRequests;
        Self { code, message: None, retry_after: None, bare, proofs: Vec::new(), at_limit: None }
    }
}

impl From<Error> for Problem {
    /// Logs internal failures with their cause. Refusals are not logged.
    fn from(error: Error) -> Self {
        let problem = Self::from(error.code());
        match &error {
            Error::Refused(_) | Error::ProofOutdated => problem,
            Error::SessionNotFresh { proofs } => Self { proofs: proofs.clone(), ..problem },
            Error::LimitReached { ticket, choice } => {
                let at_limit = AtLimit { ticket: ticket.to_text(), devices: choice.devices.clone() };
                Self { at_limit: Some(Box::new(at_limit)), ..problem }
            }
            Error::Busy { retry_after } => problem.retry_after(retry_after.as_secs()),
            // Rounded up, so that a retry after this time is admitted.
            Error::Throttled { retry_after } => {
                problem.retry_after(retry_after.as_millis().div_ceil(1_000) as u64)
            }
            Error::Store(StoreError::Unavailable(cause)) => {
                tracing::error!(%cause, "the store is unavailable");
                problem.retry_after(1)
            }
            Error::Store(StoreError::Corrupt(cause)) => {
                tracing::error!(%cause, "the store returned something unexpected");
                problem
            }
            Error::Password(cause) => {
                tracing::error!(%cause, "password hashing failed");
                problem
            }
            Error::Alongside(cause) => {
                tracing::error!(%cause, "the application's work in a transaction failed");
                problem
            }
        }
    }
}

/// An error. Match on the code.
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = Problem))]
struct Body<'a> {
    /// What went wrong, for developers.
    message: &'a str,
    /// The stable error code. It is absent if Better Auth has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Code, required = false))]
    code: Option<&'static str>,
    /// With `SESSION_NOT_FRESH`: the accepted ways to confirm who the person is, if known.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<String>, required = false))]
    proofs: &'a [SignInMethod],
    /// With `MAXIMUM_SESSIONS_REACHED`: the ticket for `sign-in-instead`. It works once, for five minutes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = String, required = false))]
    ticket: Option<&'a str>,
    /// With `MAXIMUM_SESSIONS_REACHED`: the person's devices, of which one may be signed out, least recently used
    /// first.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<DeviceSession>, required = false))]
    devices: Option<&'a [DeviceSession]>,
}

#[cfg(feature = "openapi")]
impl utoipa::PartialSchema for Problem {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
        Body::schema()
    }
}

#[cfg(feature = "openapi")]
impl utoipa::ToSchema for Problem {
    fn schemas(schemas: &mut Vec<(String, utoipa::openapi::RefOr<utoipa::openapi::Schema>)>) {
        Body::schemas(schemas);
    }
}

impl Serialize for Problem {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let body = Body {
            message: self.message.as_deref().unwrap_or(self.code.message()),
            code: (!self.bare).then_some(self.code.as_str()),
            proofs: &self.proofs,
            ticket: self.at_limit.as_ref().map(|at_limit| &*at_limit.ticket),
            devices: self.at_limit.as_ref().map(|at_limit| &*at_limit.devices),
        };
        body.serialize(serializer)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = serde_json::to_string(&self).unwrap_or_default();
        let mut response = (Self::status(self.code), body).into_response();
        // For outer layers that answer with a page instead.
        response.extensions_mut().insert(self.code);
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let Some(seconds) = self.retry_after {
            headers.insert(RETRY_AFTER, seconds.into());
            headers.insert("x-retry-after", seconds.into());
        }
        response
    }
}
