//! The settings that the layer and the API share.

use std::sync::Arc;

use http::{HeaderMap, Uri};

use super::origin::LastWarning;
use super::{ClientAddress, CookieNames, SessionLayer, TrustedOrigins};
use crate::Sessions;

/// The path of the event stream below the path of the API.
const EVENTS: &str = "/multi-session/events";

/// Connects [`Sessions`] to Axum. It creates the [layer](SessionHttp::layer), and with the feature `api` the REST API.
/// Cheap to clone.
///
/// # Examples
///
/// ```no_run
/// # use multi_session::{Sessions, http::{SessionHttp, SignedIn}};
/// # fn router(sessions: Sessions) -> Result<axum::Router, Box<dyn std::error::Error>> {
/// let http = SessionHttp::new(&sessions, "https://app.example.org")?;
/// let hello = async |SignedIn(held): SignedIn| format!("Hello, {}!", held.user.name);
/// # Ok(
/// axum::Router::new().route("/hello", axum::routing::get(hello)).layer(http.layer())
/// # )
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct SessionHttp(Arc<Settings>);

#[derive(Clone, Debug)]
struct Settings {
    sessions: Sessions,
    base_url: String,
    names: CookieNames,
    origins: TrustedOrigins,
    addresses: ClientAddress,
    api_path: String,
    clears_site_data: bool,
    is_unattended: fn(&Uri) -> bool,
    is_proven: fn(&Uri) -> bool,
    sign_in_path: Option<String>,
    last_warning: Arc<LastWarning>,
}

/// Why a setting of [`SessionHttp`] is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidSetting {
    /// An origin is not a scheme, a host and maybe a port.
    #[error("{0:?} is not an origin such as https://app.example.org")]
    Origin(String),
    /// The cookie prefix is not 1 to 64 letters, digits, hyphens, dots or underscores, or it has a meaning for
    /// browsers.
    #[error(
        "{0:?} is not a valid cookie prefix: use letters, digits, - . _, and leave out __Host-, which the server adds"
    )]
    CookiePrefix(String),
    /// The path of the API is not made of segments such as `/api/auth`.
    #[error("{0:?} is not a path such as /api/auth")]
    ApiPath(String),
}

impl SessionHttp {
    /// The path of the API if no other is set.
    pub const API_PATH: &str = "/api/auth";

    /// Creates it from the sessions and the public origin, as browsers see it. With https the cookies are
    /// `Secure`.
    ///
    /// # Errors
    ///
    /// [`InvalidSetting::Origin`].
    pub fn new(sessions: &Sessions, origin: &str) -> Result<Self, InvalidSetting> {
        let origins = TrustedOrigins::new(origin, [])?;
        Ok(Self(Arc::new(Settings {
            sessions: sessions.clone(),
            base_url: origin.trim_end_matches('/').to_owned(),
            names: CookieNames::new("multi-session", origins.is_https())?,
            origins,
            addresses: ClientAddress::default(),
            api_path: Self::API_PATH.to_owned(),
            clears_site_data: false,
            is_unattended: |_| false,
            is_proven: |_| false,
            sign_in_path: None,
            last_warning: Arc::default(),
        })))
    }

    /// Sets the other origins whose pages may send requests; by default there are none.
    ///
    /// # Errors
    ///
    /// [`InvalidSetting::Origin`].
    pub fn with_trusted_origins<'a>(
        self,
        others: impl IntoIterator<Item = &'a str>,
    ) -> Result<Self, InvalidSetting> {
        let origins = TrustedOrigins::new(&self.0.base_url, others)?;
        Ok(self.with(|settings| settings.origins = origins))
    }

    /// Sets how the address of a browser is determined. By default it is the peer of the connection.
    #[must_use]
    pub fn with_client_address(self, addresses: ClientAddress) -> Self {
        self.with(|settings| settings.addresses = addresses)
    }

    /// Sets the prefix of the cookie names, by default `multi-session`.
    ///
    /// # Errors
    ///
    /// [`InvalidSetting::CookiePrefix`].
    pub fn with_cookie_prefix(self, prefix: &str) -> Result<Self, InvalidSetting> {
        let names = CookieNames::new(prefix, self.0.origins.is_https())?;
        Ok(self.with(|settings| settings.names = names))
    }

    /// Sets the path of the API, by default [`SessionHttp::API_PATH`]. Nothing else can be mounted under it.
    ///
    /// # Errors
    ///
    /// [`InvalidSetting::ApiPath`] unless it is one or more segments of letters, digits, `-`, `.`, `_` and `~`, each
    /// behind a slash.
    pub fn with_api_path(self, path: &str) -> Result<Self, InvalidSetting> {
        let is_segment = |segment: &str| {
            let is_plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~".contains(&b);
            !matches!(segment, "" | "." | "..") && segment.bytes().all(is_plain)
        };
        if !path.strip_prefix('/').is_some_and(|segments| segments.split('/').all(is_segment)) {
            return Err(InvalidSetting::ApiPath(path.to_owned()));
        }
        Ok(self.with(|settings| settings.api_path = path.to_owned()))
    }

    /// Sets whether a browser is told to delete its storage (`Clear-Site-Data: "storage"`) when its request ends its
    /// last session. By default it is not, because the storage belongs to the whole origin.
    #[must_use]
    pub fn with_clear_site_data(self, clears: bool) -> Self {
        self.with(|settings| settings.clears_site_data = clears)
    }

    /// Sets which requests pages make by themselves, in addition to the stream of the API. They do not count as
    /// activity, extend no session and set no cookie.
    #[must_use]
    pub fn with_unattended(self, is_unattended: fn(&Uri) -> bool) -> Self {
        self.with(|settings| settings.is_unattended = is_unattended)
    }

    /// Sets which requests are proven by a secret in their body, such as the form behind a mailed link. They are
    /// accepted with `Origin: null`. Their handlers must not trust cookies.
    #[must_use]
    pub fn with_proven(self, is_proven: fn(&Uri) -> bool) -> Self {
        self.with(|settings| settings.is_proven = is_proven)
    }

    /// Sets the path to which [`SignedIn`](super::SignedIn) redirects page requests of people who are not signed in. By
    /// default it answers 401.
    #[must_use]
    pub fn with_sign_in_path(self, path: impl Into<String>) -> Self {
        self.with(|settings| settings.sign_in_path = Some(path.into()))
    }

    fn with(mut self, set: impl FnOnce(&mut Settings)) -> Self {
        set(Arc::make_mut(&mut self.0));
        self
    }

    /// The layer for pages and handlers; the API has its own.
    pub fn layer(&self) -> SessionLayer {
        SessionLayer::new(self.clone())
    }

    /// The sessions.
    pub fn sessions(&self) -> &Sessions {
        &self.0.sessions
    }

    /// The public origin, without a slash at its end.
    pub fn base_url(&self) -> &str {
        &self.0.base_url
    }

    /// The origins whose pages may send requests.
    pub fn origins(&self) -> &TrustedOrigins {
        &self.0.origins
    }

    /// How the address of a browser is determined.
    pub fn client_address(&self) -> &ClientAddress {
        &self.0.addresses
    }

    /// The path of the API, without a slash at its end.
    pub fn api_path(&self) -> &str {
        &self.0.api_path
    }

    /// The names of the cookies.
    pub fn names(&self) -> &CookieNames {
        &self.0.names
    }

    pub(super) fn clears_site_data(&self) -> bool {
        self.0.clears_site_data
    }

    pub(super) fn is_unattended(&self, uri: &Uri) -> bool {
        uri.path().strip_prefix(self.api_path()) == Some(EVENTS) || (self.0.is_unattended)(uri)
    }

    pub(super) fn is_proven(&self, uri: &Uri) -> bool {
        (self.0.is_proven)(uri)
    }

    pub(super) fn sign_in_path(&self) -> Option<&str> {
        self.0.sign_in_path.as_deref()
    }

    /// Warns the operator of a refused page that may be the server's own at another address.
    pub(super) fn warn_of_origin(&self, headers: &HeaderMap) {
        self.0.last_warning.warn(self.0.sessions.now(), &self.0.base_url, headers);
    }

    pub(super) fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}
