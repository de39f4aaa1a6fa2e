//! Groups the entries of a history into items.

use std::time::Duration;

use multi_session::{HistoryEntry, HistoryKind};

use super::item::Item;

/// How many items there are on a page.
const ON_A_PAGE: usize = 50;
/// How far apart two entries of a run may be.
const GAP: Duration = Duration::from_secs(60 * 60);
/// Kinds whose repetitions are shown as one item.
const REPEATED: [HistoryKind; 4] = [
    HistoryKind::PasswordRefused,
    HistoryKind::Reauthenticated,
    HistoryKind::Switched,
    HistoryKind::Exported,
];

impl Item {
    fn of(entry: HistoryEntry) -> Self {
        Self { count: 1, since: entry.at, entry }
    }

    /// Whether an older entry joins this item's run, or forms one with it.
    fn goes_on_to(&self, older: &HistoryEntry) -> bool {
        let one = &self.entry;
        let by = |entry: &HistoryEntry| entry.by.as_ref().map(|by| by.id.clone());
        REPEATED.contains(&one.kind)
            && (one.kind, one.refusal, &one.signed_in_with)
                == (older.kind, older.refusal, &older.signed_in_with)
            && (&one.session_id, by(one)) == (&older.session_id, by(older))
            && (&one.user_agent, &one.ip_address) == (&older.user_agent, &older.ip_address)
            // Attempts from unknown addresses may be by different people.
            && !one.ip_address.is_empty()
            && self.since.since(older.at) < GAP
    }
}

/// A page of items, built from entries in the order from the latest.
#[derive(Debug, Default)]
pub(super) struct Timeline {
    pub(super) items: Vec<Item>,
    /// The last entry that was taken.
    pub(super) last: Option<i64>,
}

impl Timeline {
    /// Adds the next older entry and returns whether it was added. A full page takes only entries that join
    /// its last item.
    pub(super) fn take(&mut self, entry: HistoryEntry) -> bool {
        let id = entry.id;
        if let Some(item) = self.new_device_of(&entry) {
            item.entry.signed_in_with = entry.signed_in_with;
        } else if let Some(run) = self.items.last_mut().filter(|run| run.goes_on_to(&entry)) {
            run.count += 1;
            run.since = entry.at;
        } else if self.items.len() < ON_A_PAGE {
            self.items.push(Item::of(entry));
        } else {
            return false;
        }
        self.last = Some(id);
        true
    }

    /// The item of the new device to which this sign-in belongs.
    fn new_device_of(&mut self, entry: &HistoryEntry) -> Option<&mut Item> {
        let session = entry.session_id.as_ref().filter(|_| entry.kind == HistoryKind::SignedIn)?;
        let is_its = |item: &&mut Item| {
            item.entry.kind == HistoryKind::NewDevice && item.entry.session_id.as_ref() == Some(session)
        };
        self.items.iter_mut().rev().find(is_its)
    }
}

#[cfg(test)]
mod tests {
    use multi_session::{Refusal, SessionId, SignInMethod, Timestamp};

    use super::*;

    const MINUTE: i64 = 60_000;

    /// An entry of a minute, whose number is the minute.
    fn entry(minute: i64, kind: HistoryKind) -> HistoryEntry {
        let mut entry = HistoryEntry::new(minute, Timestamp::from_unix_ms(minute * MINUTE), kind);
        "203.0.113.7".clone_into(&mut entry.ip_address);
        entry
    }

    fn of_session(mut entry: HistoryEntry, id: &str) -> HistoryEntry {
        entry.session_id = SessionId::new(id).ok();
        entry
    }

    fn counts(entries: impl IntoIterator<Item = HistoryEntry>) -> Vec<(usize, i64)> {
        let mut timeline = Timeline::default();
        for entry in entries {
            assert!(timeline.take(entry));
        }
        timeline.items.iter().map(|item| (item.count, item.since.unix_ms() / MINUTE)).collect()
    }

    #[test]
    fn wrong_passwords_in_a_row_are_one_item() {
        let refused = |minute| entry(minute, HistoryKind::PasswordRefused);
        assert_eq!(counts((1..=70).rev().map(refused)), [(70, 1)]);
        let mut elsewhere = refused(3);
        "198.51.100.9".clone_into(&mut elsewhere.ip_address);
        assert_eq!(counts([refused(4), elsewhere, refused(2)]), [(1, 4), (1, 3), (1, 2)]);
        let mut locked = refused(3);
        locked.refusal = Some(Refusal::Locked);
        assert_eq!(counts([refused(4), locked]), [(1, 4), (1, 3)]);
        assert_eq!(counts([refused(100), refused(40)]), [(1, 100), (1, 40)], "an hour apart");
        let renamed = |minute| entry(minute, HistoryKind::Renamed);
        assert_eq!(counts([renamed(2), renamed(1)]), [(1, 2), (1, 1)], "each has another name");
    }

    #[test]
    fn sign_in_from_a_new_device_is_one_item() {
        let mut signed_in = of_session(entry(1, HistoryKind::SignedIn), "phone");
        signed_in.signed_in_with = Some(SignInMethod::PASSWORD);
        let new = of_session(entry(2, HistoryKind::NewDevice), "phone");
        let other = of_session(entry(1, HistoryKind::SignedIn), "laptop");
        let mut timeline = Timeline::default();
        for entry in [new, other, signed_in] {
            assert!(timeline.take(entry));
        }
        let kinds: Vec<_> = timeline.items.iter().map(|item| item.entry.kind).collect();
        assert_eq!(kinds, [HistoryKind::NewDevice, HistoryKind::SignedIn]);
        assert_eq!(timeline.items[0].entry.signed_in_with, Some(SignInMethod::PASSWORD));
    }

    #[test]
    fn full_page_takes_only_entries_of_its_last_item() {
        let mut timeline = Timeline::default();
        for minute in (101..150).rev() {
            assert!(timeline.take(entry(minute, HistoryKind::Renamed)));
        }
        for minute in (1..=100).rev() {
            assert!(timeline.take(entry(minute, HistoryKind::PasswordRefused)));
        }
        assert_eq!((timeline.items.len(), timeline.items[49].count), (50, 100));
        assert!(!timeline.take(entry(0, HistoryKind::Renamed)));
        assert_eq!(timeline.last, Some(1));
    }
}
