//! Detects that the machine's clock was set back.

use std::sync::atomic::{AtomicI64, Ordering};

use crate::{Clock, Timestamp};

/// How far the clock may fall behind before it counts as set back. Time services slow it down a little.
const TOLERANCE_MS: i64 = 1_000;

/// Detects that the clock was set back, so that past times come again.
#[derive(Debug)]
pub(super) struct ClockJumps {
    /// The largest difference so far between the clock and the steady time.
    ahead: AtomicI64,
}

impl ClockJumps {
    pub(super) fn new(clock: &dyn Clock) -> Self {
        Self { ahead: ahead(clock).1.into() }
    }

    /// Returns the current time.
    pub(super) fn now(&self, clock: &dyn Clock) -> Timestamp {
        let (now, ahead) = ahead(clock);
        self.ahead.fetch_max(ahead, Ordering::SeqCst);
        now
    }

    /// Whether the clock was set back since [`ClockJumps::settle`].
    pub(super) fn went_back(&self, clock: &dyn Clock) -> bool {
        ahead(clock).1 < self.ahead.load(Ordering::SeqCst) - TOLERANCE_MS
    }

    /// Accepts the clock as it is now.
    pub(super) fn settle(&self, clock: &dyn Clock) {
        self.ahead.store(ahead(clock).1, Ordering::SeqCst);
    }
}

fn ahead(clock: &dyn Clock) -> (Timestamp, i64) {
    let (now, steady) = (clock.now(), clock.steady());
    (now, now.minus(steady).unix_ms())
}
