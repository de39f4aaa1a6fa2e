//! How long sessions live and how many there may be.

use std::time::Duration;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// The limits of sessions, checked when they are built.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use multi_session::Options;
///
/// let options = Options::builder()
///     .maximum_sessions(3)
///     .session_timeout(Duration::from_secs(3600))
///     .revoke_oldest_on_max(false)
///     .build()?;
/// assert_eq!(options.maximum_sessions(), 3);
/// # Ok::<(), multi_session::InvalidOptions>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    maximum_sessions: u32,
    session_timeout: Duration,
    revoke_oldest_on_max: bool,
    update_age: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            maximum_sessions: Self::MAXIMUM_SESSIONS,
            session_timeout: Self::SESSION_TIMEOUT,
            revoke_oldest_on_max: true,
            update_age: Self::UPDATE_AGE,
        }
    }
}

impl Options {
    /// The default number of sessions: of a user on all browsers, and of accounts in one browser.
    pub const MAXIMUM_SESSIONS: u32 = 5;
    /// The default time without activity after which a session ends: 30 days.
    pub const SESSION_TIMEOUT: Duration = Duration::from_secs(30 * 24 * 60 * 60);
    /// The default time between two extensions of a session: a day.
    pub const UPDATE_AGE: Duration = DAY;
    /// How long a sign-in lives that asked not to be remembered, if the session timeout is not shorter: a day.
    pub const UNREMEMBERED_TIMEOUT: Duration = DAY;

    /// Starts from the defaults.
    pub fn builder() -> OptionsBuilder {
        OptionsBuilder { options: Self::default() }
    }

    /// How many live sessions a user may have, and how many accounts a browser may hold.
    pub const fn maximum_sessions(&self) -> u32 {
        self.maximum_sessions
    }

    /// The time without activity after which a session ends.
    pub const fn session_timeout(&self) -> Duration {
        self.session_timeout
    }

    /// Whether the oldest session gives way at the maximum, rather than the new one being refused.
    pub const fn revoke_oldest_on_max(&self) -> bool {
        self.revoke_oldest_on_max
    }

    /// The time after which activity extends a session again: the configured one, but never more
    /// than a thirtieth of the timeout, so that a short timeout slides too.
    pub fn update_age(&self) -> Duration {
        self.update_age.min(self.session_timeout / 30)
    }

    /// How long a new session lives.
    pub fn lifetime(&self, remember: bool) -> Duration {
        if remember { self.session_timeout } else { self.session_timeout.min(Self::UNREMEMBERED_TIMEOUT) }
    }
}

/// Builds [`Options`].
#[derive(Clone, Debug)]
#[must_use]
pub struct OptionsBuilder {
    options: Options,
}

impl OptionsBuilder {
    /// Sets how many live sessions a user may have, and how many accounts a browser may hold (default 5).
    ///
    /// # Examples
    ///
    /// ```
    /// # use multi_session::Options;
    /// assert!(Options::builder().maximum_sessions(0).build().is_err());
    /// ```
    pub fn maximum_sessions(mut self, count: u32) -> Self {
        self.options.maximum_sessions = count;
        self
    }

    /// Sets the time without activity after which a session ends (default 30 days).
    ///
    /// # Examples
    ///
    /// ```
    /// # use {multi_session::Options, std::time::Duration};
    /// let options = Options::builder().session_timeout(Duration::from_secs(900)).build()?;
    /// assert_eq!(options.session_timeout().as_secs(), 900);
    /// # Ok::<(), multi_session::InvalidOptions>(())
    /// ```
    pub fn session_timeout(mut self, timeout: Duration) -> Self {
        self.options.session_timeout = timeout;
        self
    }

    /// Sets whether the oldest session gives way at the maximum (default), rather than the new one being refused.
    ///
    /// # Examples
    ///
    /// ```
    /// # use multi_session::Options;
    /// assert!(Options::builder().build()?.revoke_oldest_on_max());
    /// # Ok::<(), multi_session::InvalidOptions>(())
    /// ```
    pub fn revoke_oldest_on_max(mut self, revoke: bool) -> Self {
        self.options.revoke_oldest_on_max = revoke;
        self
    }

    /// Sets the time after which activity extends a session again (default a day).
    ///
    /// # Examples
    ///
    /// ```
    /// # use {multi_session::Options, std::time::Duration};
    /// let options = Options::builder().update_age(Duration::from_secs(60)).build()?;
    /// assert_eq!(options.update_age().as_secs(), 60);
    /// # Ok::<(), multi_session::InvalidOptions>(())
    /// ```
    pub fn update_age(mut self, age: Duration) -> Self {
        self.options.update_age = age;
        self
    }

    /// Checks the limits and gives them.
    ///
    /// # Errors
    ///
    /// [`InvalidOptions`] when a value is zero or outside what a browser and a store can keep.
    pub fn build(self) -> Result<Options, InvalidOptions> {
        let Options { maximum_sessions, session_timeout, update_age, .. } = self.options;
        if !(1..=100).contains(&maximum_sessions) {
            return Err(InvalidOptions::MaximumSessions(maximum_sessions));
        }
        if !(Duration::from_secs(1)..=400 * DAY).contains(&session_timeout) {
            return Err(InvalidOptions::SessionTimeout(session_timeout));
        }
        if update_age.is_zero() {
            return Err(InvalidOptions::UpdateAge);
        }
        Ok(self.options)
    }
}

/// Why limits are refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidOptions {
    /// The number of sessions is zero or more than a request's cookies can carry.
    #[error("maximum sessions must be 1 to 100, and {0} is not")]
    MaximumSessions(u32),
    /// The timeout is shorter than a second or longer than a browser keeps a cookie (RFC 6265bis: 400 days).
    #[error("session timeout must be 1 second to 400 days, and {0:?} is not")]
    SessionTimeout(Duration),
    /// The time between extensions is zero, which would write on every request.
    #[error("update age must be more than zero")]
    UpdateAge,
}
