//! A buffer of session activity (when, from where) between two writes to the store.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::{SessionId, Timestamp, Touch};

/// How many addresses and browsers of one session are buffered. Beyond that the oldest are dropped.
const MAXIMUM_PER_SESSION: usize = 8;
/// How long activity is buffered, so that a busy session is written once a minute.
const WRITE_AFTER: Duration = Duration::from_secs(45);

/// A buffer in front of the activity columns: a request costs a map entry instead of a write.
#[derive(Debug, Default)]
pub(crate) struct Activity(Mutex<Buffer>);

type Buffer = HashMap<SessionId, Pending>;

/// The activity of a session since the last write.
#[derive(Debug)]
struct Pending {
    /// When it was first used since the last write.
    since: Timestamp,
    /// One entry, plus one for each change of address or browser.
    touches: Vec<Touch>,
}

impl Pending {
    fn is_due(&self, now: Timestamp) -> bool {
        // If the clock was set back, `now - since` alone would stay zero for a long time.
        let waited = now.since(self.since).max(self.since.since(now));
        waited >= WRITE_AFTER || self.touches.iter().any(Touch::is_news)
    }
}

impl Activity {
    /// Notes that a session made a request.
    pub(crate) fn touch(&self, touch: Touch) {
        add(&mut self.lock(), touch);
    }

    /// Returns the latest buffered activity of a session, with the latest value of each field.
    pub(crate) fn latest(&self, id: &SessionId) -> Option<Touch> {
        self.lock().get(id)?.touches.iter().cloned().reduce(merged)
    }

    /// Removes everything from the buffer, in the order in which it must be written.
    pub(crate) fn take(&self) -> Vec<Touch> {
        std::mem::take(&mut *self.lock()).into_values().flat_map(|waiting| waiting.touches).collect()
    }

    /// Removes what is due: changes of address or browser at once, plain activity after [`WRITE_AFTER`].
    pub(crate) fn take_due(&self, now: Timestamp) -> Vec<Touch> {
        let due = self.lock().extract_if(|_, waiting| waiting.is_due(now)).collect::<Vec<_>>();
        due.into_iter().flat_map(|(_, waiting)| waiting.touches).collect()
    }

    /// Puts back a batch that could not be written.
    pub(crate) fn put_back(&self, batch: Vec<Touch>) {
        let mut buffer = self.lock();
        // Touches that were recorded meanwhile are later than the batch.
        let later = std::mem::take(&mut *buffer);
        for touch in batch.into_iter().chain(later.into_values().flat_map(|waiting| waiting.touches)) {
            add(&mut buffer, touch);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Buffer> {
        // A panic cannot leave the map inconsistent.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn add(buffer: &mut Buffer, touch: Touch) {
    let new = || Pending { since: touch.at, touches: Vec::with_capacity(1) };
    let touches = &mut buffer.entry(touch.session.clone()).or_insert_with(new).touches;
    // Each address is written, even if the session returned to the stored one before the write.
    let is_kept_apart =
        touches.len() < MAXIMUM_PER_SESSION && touches.last().is_some_and(|last| would_hide(&touch, last));
    match touches.pop() {
        Some(last) if is_kept_apart => touches.extend([last, touch]),
        Some(last) => touches.push(merged(last, touch)),
        None => touches.push(touch),
    }
}

/// Whether merging the two would lose a value of the earlier one.
fn would_hide(later: &Touch, earlier: &Touch) -> bool {
    let differs = |later: &Option<String>, earlier: &Option<String>| {
        later.is_some() && earlier.is_some() && later != earlier
    };
    differs(&later.ip_address, &earlier.ip_address)
        || differs(&later.other_user_agent, &earlier.other_user_agent)
}

fn merged(earlier: Touch, later: Touch) -> Touch {
    Touch {
        at: earlier.at.max(later.at),
        ip_address: later.ip_address.or(earlier.ip_address),
        user_agent: later.user_agent.or(earlier.user_agent),
        other_user_agent: later.other_user_agent.or(earlier.other_user_agent),
        session: earlier.session,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Timestamp;

    #[test]
    fn every_address_is_written_even_if_the_session_returns_before_the_write() {
        let id = SessionId::new("s1").expect("an id");
        let at = |second: i64, address: Option<&str>| Touch {
            ip_address: address.map(str::to_owned),
            ..Touch::new(id.clone(), Timestamp::from_unix_ms(second * 1_000))
        };
        let activity = Activity::default();
        for touch in [at(1, Some("198.51.100.9")), at(2, None), at(3, Some("203.0.113.7"))] {
            activity.touch(touch);
        }
        let latest = activity.latest(&id).expect("it waits");
        assert_eq!(latest, at(3, Some("203.0.113.7")));
        let taken = activity.take();
        assert_eq!(taken, [at(2, Some("198.51.100.9")), at(3, Some("203.0.113.7"))]);
        activity.touch(at(4, Some("192.0.2.1")));
        activity.put_back(taken);
        assert_eq!(activity.take().len(), 3);
        assert!(activity.take().is_empty());
    }

    #[test]
    fn busy_session_is_written_once_a_minute_and_a_new_address_at_once() {
        let at = |second: i64| Timestamp::from_unix_ms(second * 1_000);
        let touch = |name: &str, second| Touch::new(SessionId::new(name).expect("an id"), at(second));
        let activity = Activity::default();
        for second in 0..40 {
            activity.touch(touch("busy", second));
        }
        activity.touch(touch("later", 30));
        let moved = Touch { ip_address: Some("192.0.2.1".to_owned()), ..touch("moved", 40) };
        activity.touch(moved.clone());
        assert_eq!(activity.take_due(at(40)), [moved]);
        assert_eq!(activity.take_due(at(44)), []);
        assert_eq!(activity.take_due(at(45)), [touch("busy", 39)]);
        // The same if the clock was set back.
        assert_eq!(activity.take_due(at(-60)), [touch("later", 30)]);
    }

    #[test]
    fn buffer_of_one_session_is_bounded() {
        let activity = Activity::default();
        for number in 0..1_000 {
            let id = SessionId::new("s1").expect("an id");
            let ip_address = Some(format!("192.0.2.{}", number % 250));
            activity.touch(Touch { ip_address, ..Touch::new(id, Timestamp::from_unix_ms(number)) });
        }
        let taken = activity.take();
        assert_eq!(taken.len(), MAXIMUM_PER_SESSION);
        assert_eq!(taken[MAXIMUM_PER_SESSION - 1].ip_address.as_deref(), Some("192.0.2.249"));
    }
}
