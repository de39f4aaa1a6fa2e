//! A machine's clock that is set back.

use std::sync::atomic::{AtomicI64, Ordering};

use crate::{Clock, Timestamp};

/// How much the clock may lose without a step: time services also slow it down a little.
const TOLERANCE_MS: i64 = 1_000;

/// Notices that the clock was set back: moments that had passed would then come again.
#[derive(Debug)]
pub(super) struct ClockJumps {
    /// How far the clock has been ahead of the time that only goes forward, at most.
    ahead: AtomicI64,
}

impl ClockJumps {
    pub(super) fn new(clock: &dyn Clock) -> Self {
        Self { ahead: ahead(clock).1.into() }
    }

    /// Gives the present moment.
    pub(super) fn now(&self, clock: &dyn Clock) -> Timestamp {
        let (now, ahead) = ahead(clock);
        self.ahead.fetch_max(ahead, Ordering::SeqCst);
        now
    }

    /// Whether the clock was set back since [`ClockJumps::settle`].
    pub(super) fn went_back(&self, clock: &dyn Clock) -> bool {
        ahead(clock).1 < self.ahead.load(Ordering::SeqCst) - TOLERANCE_MS
    }

    /// Goes on with the clock as it is now.
    pub(super) fn settle(&self, clock: &dyn Clock) {
        self.ahead.store(ahead(clock).1, Ordering::SeqCst);
    }
}

fn ahead(clock: &dyn Clock) -> (Timestamp, i64) {
    let (now, steady) = (clock.now(), clock.steady());
    (now, now.minus(steady).unix_ms())
}
