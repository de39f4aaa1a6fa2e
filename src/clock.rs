//! Where the time comes from.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::Timestamp;

/// Tells the time; the engine asks nobody else.
pub trait Clock: Send + Sync {
    /// Gives the present moment.
    fn now(&self) -> Timestamp;
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the machine's clock")]
    fn now(&self) -> Timestamp {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp::default().plus(since_epoch)
    }
}

/// A clock that stands still until a test moves it.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use multi_session::{Clock, ManualClock, Timestamp};
///
/// let clock = ManualClock::new(Timestamp::from_unix_ms(1_000));
/// clock.advance(Duration::from_secs(2));
/// assert_eq!(clock.now().unix_ms(), 3_000);
/// ```
#[cfg(feature = "test-support")]
#[derive(Debug)]
pub struct ManualClock(std::sync::atomic::AtomicI64);

#[cfg(feature = "test-support")]
impl ManualClock {
    /// Starts at `now`.
    pub fn new(now: Timestamp) -> Self {
        Self(now.unix_ms().into())
    }

    /// Moves the clock forward.
    pub fn advance(&self, by: std::time::Duration) {
        let step = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
        self.0.fetch_add(step, std::sync::atomic::Ordering::SeqCst);
    }
}

#[cfg(feature = "test-support")]
impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix_ms(self.0.load(std::sync::atomic::Ordering::SeqCst))
    }
}
