//! When sessions were last active, and from where, kept in memory between two writes.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::{SessionId, Timestamp, Touch};

/// How many places and browsers of one session wait for a write; of more the latest are written.
const WAITING: usize = 8;
/// How long a session's activity waits for more of it, so that a busy session is written once a minute.
const WAITS: Duration = Duration::from_secs(45);

/// A buffer in front of the columns about activity: a request costs a map entry, not a write.
#[derive(Debug, Default)]
pub(crate) struct Activity(Mutex<Buffer>);

type Buffer = HashMap<SessionId, Waiting>;

/// What a session did since the last write.
#[derive(Debug)]
struct Waiting {
    /// When it was first used since.
    since: Timestamp,
    /// One, and one more each time that it was used from elsewhere.
    touches: Vec<Touch>,
}

impl Waiting {
    fn is_due(&self, now: Timestamp) -> bool {
        // Where the clock was set back, it would wait for long.
        let waited = now.since(self.since).max(self.since.since(now));
        waited >= WAITS || self.touches.iter().any(Touch::is_news)
    }
}

impl Activity {
    /// Notes that a session made a request.
    pub(crate) fn touch(&self, touch: Touch) {
        add(&mut self.lock(), touch);
    }

    /// What waits to be written of a session: the latest of each.
    pub(crate) fn latest(&self, id: &SessionId) -> Option<Touch> {
        self.lock().get(id)?.touches.iter().cloned().reduce(merged)
    }

    /// Takes everything out, to be written in this order.
    pub(crate) fn take(&self) -> Vec<Touch> {
        std::mem::take(&mut *self.lock()).into_values().flat_map(|waiting| waiting.touches).collect()
    }

    /// Takes out what says more than a later moment, or has waited for long.
    pub(crate) fn take_due(&self, now: Timestamp) -> Vec<Touch> {
        let due = self.lock().extract_if(|_, waiting| waiting.is_due(now)).collect::<Vec<_>>();
        due.into_iter().flat_map(|(_, waiting)| waiting.touches).collect()
    }

    /// Puts back what could not be written.
    pub(crate) fn put_back(&self, batch: Vec<Touch>) {
        let mut buffer = self.lock();
        // What has been noted meanwhile is later.
        let later = std::mem::take(&mut *buffer);
        for touch in batch.into_iter().chain(later.into_values().flat_map(|waiting| waiting.touches)) {
            add(&mut buffer, touch);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Buffer> {
        // A map of times is right whatever the panicking thread was doing.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn add(buffer: &mut Buffer, touch: Touch) {
    let new = || Waiting { since: touch.at, touches: Vec::with_capacity(1) };
    let touches = &mut buffer.entry(touch.session.clone()).or_insert_with(new).touches;
    // Each place is written, though the session was back where it was before the write.
    let is_kept_apart =
        touches.len() < WAITING && touches.last().is_some_and(|last| would_hide(&touch, last));
    match touches.pop() {
        Some(last) if is_kept_apart => touches.extend([last, touch]),
        Some(last) => touches.push(merged(last, touch)),
        None => touches.push(touch),
    }
}

/// Whether the later one says something else about what the earlier one says.
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
    fn each_place_is_written_also_where_the_session_came_back_before_the_write() {
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
    fn busy_session_is_written_once_a_minute_and_news_of_it_at_once() {
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
        // Also where the clock was set back.
        assert_eq!(activity.take_due(at(-60)), [touch("later", 30)]);
    }

    #[test]
    fn what_waits_of_one_session_is_bounded() {
        let activity = Activity::default();
        for number in 0..1_000 {
            let id = SessionId::new("s1").expect("an id");
            let ip_address = Some(format!("192.0.2.{}", number % 250));
            activity.touch(Touch { ip_address, ..Touch::new(id, Timestamp::from_unix_ms(number)) });
        }
        let taken = activity.take();
        assert_eq!(taken.len(), WAITING);
        assert_eq!(taken[WAITING - 1].ip_address.as_deref(), Some("192.0.2.249"));
    }
}
