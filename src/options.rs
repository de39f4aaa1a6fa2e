//! Limits of sessions: how long they live, and how many a user may have.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::Timestamp;

const HOUR: Duration = Duration::from_secs(60 * 60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// The longest time for which a browser keeps a cookie (RFC 6265bis, 5.5).
const LONGEST: Duration = Duration::from_secs(400 * 24 * 60 * 60);

/// A level of NIST SP 800-63B-4 (2.1.3, 2.2.3, 2.3.3): how long a session may last, and be idle.
///
/// | level | absolute | idle | fresh |
/// |---|---|---|---|
/// | AAL1 | 30 days | 30 days | a day |
/// | AAL2 | 24 hours | 1 hour | 1 hour |
/// | AAL3 | 12 hours | 15 minutes | 15 minutes |
///
/// The standard has no idle timeout for AAL1, so the overall one is the limit. It has no fresh age either: at AAL2 and
/// AAL3 it equals the idle timeout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Preset {
    /// Authenticator assurance level 1.
    NistAal1,
    /// Authenticator assurance level 2.
    NistAal2,
    /// Authenticator assurance level 3.
    NistAal3,
}

impl Preset {
    /// Every preset there is.
    pub const ALL: &'static [Self] = &[Self::NistAal1, Self::NistAal2, Self::NistAal3];

    /// The stable name, as in `nist-aal2`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NistAal1 => "nist-aal1",
            Self::NistAal2 => "nist-aal2",
            Self::NistAal3 => "nist-aal3",
        }
    }

    /// The time after its sign-in at which a session ends whatever its activity.
    pub const fn absolute_timeout(self) -> Duration {
        match self {
            Self::NistAal1 => Duration::from_secs(30 * 24 * 60 * 60),
            Self::NistAal2 => DAY,
            Self::NistAal3 => Duration::from_secs(12 * 60 * 60),
        }
    }

    /// The time without activity after which a session ends.
    pub const fn session_timeout(self) -> Duration {
        match self {
            Self::NistAal1 => self.absolute_timeout(),
            Self::NistAal2 => HOUR,
            Self::NistAal3 => Duration::from_secs(15 * 60),
        }
    }

    /// How old the last proof may be to end other sessions.
    pub const fn fresh_age(self) -> Duration {
        match self {
            Self::NistAal1 => Options::FRESH_AGE,
            Self::NistAal2 | Self::NistAal3 => self.session_timeout(),
        }
    }
}

/// How long a browser keeps a sign-in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Keep {
    /// Until a timeout, also after the browser is closed.
    Remembered,
    /// Until the browser is closed, at most for [`Options::UNREMEMBERED_TIMEOUT`].
    #[default]
    Window,
    /// The same, and at most [`Options::SHARED_TIMEOUT`] without activity.
    SharedComputer,
}

impl Keep {
    /// Combines the choices of a person. On a shared computer nothing is remembered.
    pub const fn of(remember: bool, shared_computer: bool) -> Self {
        match (remember, shared_computer) {
            (_, true) => Self::SharedComputer,
            (true, false) => Self::Remembered,
            (false, false) => Self::Window,
        }
    }
}

impl fmt::Display for Preset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

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
    absolute_timeout: Duration,
    fresh_age: Duration,
    revoke_oldest_on_max: bool,
    update_age: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            maximum_sessions: Self::MAXIMUM_SESSIONS,
            session_timeout: Self::SESSION_TIMEOUT,
            absolute_timeout: Self::ABSOLUTE_TIMEOUT,
            fresh_age: Self::FRESH_AGE,
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
    /// The default time after its sign-in at which a session ends whatever its activity: 90 days.
    pub const ABSOLUTE_TIMEOUT: Duration = Duration::from_secs(90 * 24 * 60 * 60);
    /// How old the last proof may be by default to end other sessions: a day, as in Better Auth.
    pub const FRESH_AGE: Duration = DAY;
    /// The largest expected difference between the clocks of nodes.
    const CLOCKS_DIFFER: Duration = Duration::from_secs(60);
    /// The default time between two extensions of a session: a day.
    pub const UPDATE_AGE: Duration = DAY;
    /// The longest lifetime of a session that is not remembered, whatever its activity: a day.
    pub const UNREMEMBERED_TIMEOUT: Duration = DAY;
    /// The time without activity after which a session on a shared computer ends, if the session timeout is not shorter:
    /// 30 minutes.
    pub const SHARED_TIMEOUT: Duration = Duration::from_secs(30 * 60);

    /// Starts from the defaults.
    pub fn builder() -> OptionsBuilder {
        OptionsBuilder::default()
    }

    /// How many live sessions a user may have, and how many accounts a browser may hold.
    pub const fn maximum_sessions(&self) -> u32 {
        self.maximum_sessions
    }

    /// The time without activity after which a session ends.
    pub const fn session_timeout(&self) -> Duration {
        self.session_timeout
    }

    /// The time after its sign-in, or after the last re-authentication, at which a session ends whatever its activity.
    pub const fn absolute_timeout(&self) -> Duration {
        self.absolute_timeout
    }

    /// How old the last proof may be to end other sessions.
    pub const fn fresh_age(&self) -> Duration {
        self.fresh_age
    }

    /// Whether the oldest session is evicted at the maximum. Otherwise the new one is refused.
    pub const fn revoke_oldest_on_max(&self) -> bool {
        self.revoke_oldest_on_max
    }

    /// The time after which activity extends a session again: the configured one, but at most a thirtieth of
    /// the session timeout, so that sessions with a short timeout are extended too.
    pub fn update_age(&self) -> Duration {
        self.update_age_for(self.session_timeout)
    }

    /// When a session ends that is active at `now`: at the idle timeout counted from `now`, or at the
    /// absolute timeout counted from `authenticated_at`, the time of the last proof, whichever is first (ASVS
    /// 5.0, 7.3.1 and 7.3.2).
    ///
    /// A new proof restarts both timeouts, activity only the idle one (NIST SP 800-63B-4, 5.2).
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use multi_session::{Keep, Options, Timestamp};
    ///
    /// let (minute, day) = (Duration::from_secs(60), Duration::from_secs(24 * 60 * 60));
    /// let (options, signed_in) = (Options::default(), Timestamp::from_unix_ms(0));
    /// let ends = |now, keep| options.expires_at(signed_in, now, keep);
    /// assert_eq!(ends(signed_in, Keep::Remembered), signed_in.plus(30 * day));
    /// assert_eq!(ends(signed_in.plus(80 * day), Keep::Remembered), signed_in.plus(90 * day));
    /// assert_eq!(ends(signed_in, Keep::Window), signed_in.plus(day));
    /// assert_eq!(ends(signed_in, Keep::SharedComputer), signed_in.plus(30 * minute));
    /// ```
    pub fn expires_at(&self, authenticated_at: Timestamp, now: Timestamp, keep: Keep) -> Timestamp {
        now.plus(self.idle(keep)).min(self.latest_end(authenticated_at, keep))
    }

    /// When a session ends whatever its activity, unless the person proves again who they are. Cookies live until then,
    /// so an extension need not send them again.
    pub fn latest_end(&self, authenticated_at: Timestamp, keep: Keep) -> Timestamp {
        authenticated_at.plus(self.overall(keep))
    }

    /// The new expiry of an active session that now expires at `from`. `None` if nothing is to be written,
    /// because it was extended less than the update age ago.
    ///
    /// If the timeouts were shortened since, the session is shortened to the present ones.
    #[cfg(feature = "engine")]
    pub(crate) fn extension(
        &self,
        from: Timestamp,
        authenticated_at: Timestamp,
        now: Timestamp,
        keep: Keep,
    ) -> Option<Timestamp> {
        let to = self.expires_at(authenticated_at, now, keep);
        let idle = self.idle(keep);
        let update_age = self.update_age_for(idle);
        let is_due = from.minus(idle).plus(update_age) <= now;
        // The clocks of nodes differ a little. That alone is no reason to write.
        let is_too_long =
            from > self.latest_end(authenticated_at, keep) || from > now.plus(idle).plus(update_age);
        (to != from && (is_due || is_too_long)).then_some(to)
    }

    /// Whether a session with a proof from `authenticated_at` is fresh.
    pub fn is_fresh(&self, authenticated_at: Timestamp, now: Timestamp) -> bool {
        // A proof from the future was made before the clock was set back, so its age is unknown.
        authenticated_at.since(now) <= Self::CLOCKS_DIFFER && now.since(authenticated_at) <= self.fresh_age
    }

    /// How long a session may be idle.
    fn idle(&self, keep: Keep) -> Duration {
        match keep {
            Keep::Remembered | Keep::Window => self.session_timeout,
            Keep::SharedComputer => self.session_timeout.min(Self::SHARED_TIMEOUT),
        }
    }

    /// How long a session lives at most.
    fn overall(&self, keep: Keep) -> Duration {
        match keep {
            Keep::Remembered => self.absolute_timeout,
            Keep::Window | Keep::SharedComputer => self.absolute_timeout.min(Self::UNREMEMBERED_TIMEOUT),
        }
    }

    fn update_age_for(&self, idle: Duration) -> Duration {
        self.update_age.min(idle / 30)
    }
}

/// Builds [`Options`].
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct OptionsBuilder {
    /// The values that no preset limits.
    options: Options,
    preset: Option<Preset>,
    session_timeout: Option<Duration>,
    absolute_timeout: Option<Duration>,
    fresh_age: Option<Duration>,
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
        self.session_timeout = Some(timeout);
        self
    }

    /// Sets the time after its sign-in at which a session ends whatever its activity (default 90 days).
    ///
    /// # Examples
    ///
    /// ```
    /// # use {multi_session::Options, std::time::Duration};
    /// let options = Options::builder().absolute_timeout(Duration::from_secs(3600)).build()?;
    /// assert_eq!(options.absolute_timeout().as_secs(), 3600);
    /// # Ok::<(), multi_session::InvalidOptions>(())
    /// ```
    pub fn absolute_timeout(mut self, timeout: Duration) -> Self {
        self.absolute_timeout = Some(timeout);
        self
    }

    /// Sets how old the last proof may be to end other sessions (default a day).
    ///
    /// # Examples
    ///
    /// ```
    /// # use {multi_session::Options, std::time::Duration};
    /// let options = Options::builder().fresh_age(Duration::from_secs(300)).build()?;
    /// assert_eq!(options.fresh_age().as_secs(), 300);
    /// # Ok::<(), multi_session::InvalidOptions>(())
    /// ```
    pub fn fresh_age(mut self, age: Duration) -> Self {
        self.fresh_age = Some(age);
        self
    }

    /// Takes the timeouts of a standard's level. Timeouts that are set as well must not be looser.
    ///
    /// # Examples
    ///
    /// ```
    /// # use {multi_session::{Options, Preset}, std::time::Duration};
    /// let minutes = |count: u64| Duration::from_secs(count * 60);
    /// let aal2 = || Options::builder().preset(Preset::NistAal2);
    /// assert_eq!(aal2().build()?.session_timeout(), minutes(60));
    /// assert_eq!(aal2().session_timeout(minutes(10)).build()?.session_timeout(), minutes(10));
    /// assert!(aal2().session_timeout(minutes(61)).build().is_err());
    /// # Ok::<(), multi_session::InvalidOptions>(())
    /// ```
    pub fn preset(mut self, preset: Preset) -> Self {
        self.preset = Some(preset);
        self
    }

    /// Sets whether the oldest session is evicted at the maximum (default). Otherwise the new one is refused.
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

    /// Checks the limits and builds the options.
    ///
    /// # Errors
    ///
    /// [`InvalidOptions`] when a value is zero, too large, or looser than the preset.
    pub fn build(self) -> Result<Options, InvalidOptions> {
        let Options { maximum_sessions, update_age, .. } = self.options;
        if !(1..=100).contains(&maximum_sessions) {
            return Err(InvalidOptions::MaximumSessions(maximum_sessions));
        }
        if update_age.is_zero() {
            return Err(InvalidOptions::UpdateAge);
        }
        Ok(Options {
            session_timeout: self.timeout(
                "session timeout",
                self.session_timeout,
                Preset::session_timeout,
                Options::SESSION_TIMEOUT,
            )?,
            absolute_timeout: self.timeout(
                "absolute timeout",
                self.absolute_timeout,
                Preset::absolute_timeout,
                Options::ABSOLUTE_TIMEOUT,
            )?,
            fresh_age: self.timeout("fresh age", self.fresh_age, Preset::fresh_age, Options::FRESH_AGE)?,
            ..self.options
        })
    }

    /// The configured value if it is not looser than the preset, otherwise the preset's, otherwise the
    /// default.
    fn timeout(
        &self,
        name: &'static str,
        set: Option<Duration>,
        of_preset: impl Fn(Preset) -> Duration,
        default: Duration,
    ) -> Result<Duration, InvalidOptions> {
        let Some(value) = set else { return Ok(self.preset.map_or(default, of_preset)) };
        if !(Duration::from_secs(1)..=LONGEST).contains(&value) {
            return Err(InvalidOptions::Timeout { name, value });
        }
        match self.preset.map(|preset| (preset, of_preset(preset))) {
            Some((preset, limit)) if value > limit => {
                Err(InvalidOptions::LooserThanPreset { name, value, preset, limit })
            }
            _ => Ok(value),
        }
    }
}

/// Why options are refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidOptions {
    /// The number of sessions is zero or more than a request's cookies can carry.
    #[error("maximum sessions must be 1 to 100, but is {0}")]
    MaximumSessions(u32),
    /// A timeout is shorter than a second or longer than a browser keeps a cookie (RFC 6265bis: 400 days).
    #[error("{name} must be 1 second to 400 days, but is {value:?}")]
    Timeout {
        /// Which one.
        name: &'static str,
        /// What was set.
        value: Duration,
    },
    /// A timeout is longer than the chosen preset allows.
    #[error(
        "{name} of {value:?} is looser than {preset} allows ({limit:?}): shorten it, or remove it or the preset"
    )]
    LooserThanPreset {
        /// Which one.
        name: &'static str,
        /// What was set.
        value: Duration,
        /// The preset.
        preset: Preset,
        /// The longest that it allows.
        limit: Duration,
    },
    /// The time between extensions is zero, which would write on every request.
    #[error("update age must be more than zero")]
    UpdateAge,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// ASVS 5.0, 7.1.1: the documented timeouts equal the constants.
    #[test]
    fn asvs_7_1_1_documents_have_the_timeouts_in_force() {
        let document = include_str!("../docs/configuration.md");
        let days = |duration: Duration| {
            assert_eq!(duration.subsec_nanos(), 0);
            assert_eq!(duration.as_secs() % DAY.as_secs(), 0, "{duration:?} is not in days");
            format!("{}d", duration.as_secs() / DAY.as_secs())
        };
        let options = Options::default();
        for (name, value) in [
            ("MULTI_SESSION_MAXIMUM_SESSIONS", options.maximum_sessions().to_string()),
            ("MULTI_SESSION_SESSION_TIMEOUT", days(options.session_timeout())),
            ("MULTI_SESSION_ABSOLUTE_TIMEOUT", days(options.absolute_timeout())),
            ("MULTI_SESSION_FRESH_AGE", days(options.fresh_age())),
            ("MULTI_SESSION_REVOKE_OLDEST_ON_MAX", options.revoke_oldest_on_max().to_string()),
        ] {
            let row = format!("| `{name}` | `{value}` |");
            assert!(document.contains(&row), "docs/configuration.md has no {row}");
        }
        let minutes = Options::SHARED_TIMEOUT.as_secs() / 60;
        assert!(document.contains(&format!("on a shared computer after {minutes} minutes")));
        let short = |duration: Duration| match duration.as_secs() / 60 {
            minutes if minutes % (48 * 60) == 0 => format!("{} d", minutes / (24 * 60)),
            minutes if minutes % 60 == 0 => format!("{} h", minutes / 60),
            minutes => format!("{minutes} min"),
        };
        for &preset in Preset::ALL {
            let [absolute, idle, fresh] =
                [preset.absolute_timeout(), preset.session_timeout(), preset.fresh_age()].map(short);
            let row = format!("| `{preset}` | {absolute} | {idle} | {fresh} |");
            assert!(document.contains(&row), "docs/configuration.md has no {row}");
        }
    }

    #[test]
    fn presets_equal_the_limits_of_the_standard() {
        for (preset, absolute, idle) in [
            (Preset::NistAal1, 30 * DAY, 30 * DAY),
            (Preset::NistAal2, 24 * HOUR, HOUR),
            (Preset::NistAal3, 12 * HOUR, HOUR / 4),
        ] {
            let options = Options::builder().preset(preset).build().expect("a preset is valid");
            assert_eq!((options.absolute_timeout(), options.session_timeout()), (absolute, idle), "{preset}");
        }
    }

    /// A setting that a preset limits.
    struct Setting {
        name: &'static str,
        set: fn(OptionsBuilder, Duration) -> OptionsBuilder,
        get: fn(&Options) -> Duration,
        of_preset: fn(Preset) -> Duration,
    }

    #[test]
    fn stricter_value_than_the_preset_wins_and_looser_one_is_refused() {
        let second = Duration::from_secs(1);
        let settings = [
            Setting {
                name: "session timeout",
                set: OptionsBuilder::session_timeout,
                get: Options::session_timeout,
                of_preset: Preset::session_timeout,
            },
            Setting {
                name: "absolute timeout",
                set: OptionsBuilder::absolute_timeout,
                get: Options::absolute_timeout,
                of_preset: Preset::absolute_timeout,
            },
            Setting {
                name: "fresh age",
                set: OptionsBuilder::fresh_age,
                get: Options::fresh_age,
                of_preset: Preset::fresh_age,
            },
        ];
        for &preset in Preset::ALL {
            for Setting { name, set, get, of_preset } in &settings {
                let limit = of_preset(preset);
                let build = |value| set(Options::builder().preset(preset), value).build();
                for value in [limit, limit - second] {
                    assert_eq!(get(&build(value).expect("it is strict")), value, "{preset} {name}");
                }
                let error = build(limit + second).expect_err("it is looser");
                let value = limit + second;
                assert_eq!(error, InvalidOptions::LooserThanPreset { name, value, preset, limit });
                assert!(error.to_string().contains(preset.as_str()), "{error}");
                assert!(error.to_string().contains("looser"), "{error}");
            }
        }
    }

    #[cfg(feature = "engine")]
    #[test]
    fn session_from_longer_timeouts_is_shortened_to_the_present_ones() {
        let options = Options::builder().preset(Preset::NistAal2).build().expect("a preset is valid");
        let signed_in = Timestamp::from_unix_ms(1_795_000_000_000);
        let now = signed_in.plus(10 * DAY);
        let before = now.plus(30 * DAY);
        let to = options.extension(before, signed_in, now, Keep::Remembered).expect("a write");
        assert_eq!(to, signed_in.plus(DAY), "it is over");
        let to = options.extension(before, now, now, Keep::Remembered).expect("a write");
        assert_eq!(to, now.plus(HOUR));
        assert_eq!(options.extension(to, now, now, Keep::Remembered), None, "once");
    }

    #[cfg(feature = "engine")]
    #[test]
    fn last_extension_reaches_the_absolute_timeout_and_none_follows() {
        let options = Options::default();
        let signed_in = Timestamp::from_unix_ms(1_795_000_000_000);
        let limit = signed_in.plus(90 * DAY);
        let from = signed_in.plus(89 * DAY);
        let now = signed_in.plus(61 * DAY);
        assert_eq!(options.extension(from, signed_in, now, Keep::Remembered), Some(limit));
        assert_eq!(options.extension(limit, signed_in, signed_in.plus(89 * DAY), Keep::Remembered), None);
    }
}
