//! Where the time comes from.

use std::sync::OnceLock;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::Timestamp;

/// Tells the time. The crate has no other source of time.
pub trait Clock: Send + Sync {
    /// Gives the present moment. It goes back when somebody sets the machine's clock back.
    fn now(&self) -> Timestamp;

    /// Gives the time since some moment in this process. It only goes forward, whatever is done to the machine's clock.
    /// Use it for durations.
    fn steady(&self) -> Duration;
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

    fn steady(&self) -> Duration {
        static START: OnceLock<Instant> = OnceLock::new();
        START.get_or_init(Instant::now).elapsed()
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
pub struct ManualClock {
    now: std::sync::atomic::AtomicI64,
    steady: std::sync::atomic::AtomicU64,
}

#[cfg(feature = "test-support")]
impl ManualClock {
    /// Starts at `now`.
    pub fn new(now: Timestamp) -> Self {
        Self { now: now.unix_ms().into(), steady: 0.into() }
    }

    /// Moves the time forward.
    pub fn advance(&self, by: Duration) {
        let step = u64::try_from(by.as_millis()).unwrap_or(u64::MAX);
        self.steady.fetch_add(step, std::sync::atomic::Ordering::SeqCst);
        self.now.fetch_add(step.cast_signed(), std::sync::atomic::Ordering::SeqCst);
    }

    /// Sets the clock back. The steady time stays.
    pub fn set_back(&self, by: Duration) {
        let step = u64::try_from(by.as_millis()).unwrap_or(u64::MAX);
        self.now.fetch_sub(step.cast_signed(), std::sync::atomic::Ordering::SeqCst);
    }
}

#[cfg(feature = "test-support")]
impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix_ms(self.now.load(std::sync::atomic::Ordering::SeqCst))
    }

    fn steady(&self) -> Duration {
        Duration::from_millis(self.steady.load(std::sync::atomic::Ordering::SeqCst))
    }
}
