//! The entries of the list: devices, groups of sessions of one browser, and devices that were just signed
//! out.

use multi_session::{DeviceSession, SessionId};

/// A device that was signed out here. This can be undone for a moment.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct SignedOut {
    /// The device as it was.
    pub(super) row: DeviceSession,
    /// How many entries were before it.
    pub(super) place: usize,
}

/// One entry of the list.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Entry {
    /// A device.
    Device(DeviceSession),
    /// At least two sessions of one browser at one place, in the order of the list.
    Group(Vec<DeviceSession>),
    /// A device that was just signed out here.
    SignedOut(DeviceSession),
}

/// The key of an entry. An entry is rendered again when its content changes, but a group is not when one of
/// its sessions comes or goes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Key {
    Device(RowKey),
    Group(Browser),
    SignedOut(SessionId),
}

/// The values whose change renders a row again.
pub(crate) type RowKey = (SessionId, bool, bool, String, String, String);

/// The common properties of sessions of one browser, which look the same otherwise.
pub(super) type Browser = (String, String);

/// The key of a row for `<For>`.
pub(crate) fn row_key(row: &DeviceSession) -> RowKey {
    let (label, agent, user) = (&row.device.label, &row.user_agent, &row.user.name);
    (row.id.clone(), row.is_current, row.new_device, label.clone(), agent.clone(), user.clone())
}

impl Entry {
    /// Its key in the list.
    pub(super) fn key(&self) -> Key {
        match self {
            Self::Device(row) => Key::Device(row_key(row)),
            Self::Group(rows) => Key::Group(rows.first().map(browser).unwrap_or_default()),
            Self::SignedOut(row) => Key::SignedOut(row.id.clone()),
        }
    }
}

/// The browser of a session, as far as it is known.
pub(super) fn browser(row: &DeviceSession) -> Browser {
    (row.user_agent.clone(), row.ip_address.clone())
}

/// How many entries are before the row `id`, before grouping.
pub(super) fn place_of(id: &SessionId, rows: &[DeviceSession], signed_out: &[SignedOut]) -> usize {
    let entries = with_signed_out(rows, signed_out);
    entries.iter().position(|entry| matches!(entry, Entry::Device(row) if row.id == *id)).unwrap_or(0)
}

/// The list of `rows`, with those in `signed_out` at their old places unless they are back.
pub(super) fn entries(rows: &[DeviceSession], signed_out: &[SignedOut]) -> Vec<Entry> {
    let mut grouped: Vec<Entry> = Vec::new();
    for entry in with_signed_out(rows, signed_out) {
        let Entry::Device(row) = entry else {
            grouped.push(entry);
            continue;
        };
        let same = grouped.iter_mut().find(|other| match other {
            Entry::Device(other) => is_groupable(other) && browser(other) == browser(&row),
            Entry::Group(others) => others.first().is_some_and(|other| browser(other) == browser(&row)),
            Entry::SignedOut(_) => false,
        });
        match same.filter(|_| is_groupable(&row)) {
            Some(Entry::Group(others)) => others.push(row),
            Some(other) => {
                if let Entry::Device(first) = other.clone() {
                    *other = Entry::Group(vec![first, row]);
                }
            }
            None => grouped.push(Entry::Device(row)),
        }
    }
    grouped
}

fn with_signed_out(rows: &[DeviceSession], signed_out: &[SignedOut]) -> Vec<Entry> {
    let mut entries: Vec<Entry> = rows.iter().cloned().map(Entry::Device).collect();
    let mut signed_out: Vec<&SignedOut> =
        signed_out.iter().filter(|gone| !rows.iter().any(|row| row.id == gone.row.id)).collect();
    signed_out.sort_by_key(|gone| gone.place);
    for gone in signed_out {
        entries.insert(gone.place.min(entries.len()), Entry::SignedOut(gone.row.clone()));
    }
    entries
}

/// The current device, named devices and new ones are not grouped, so that the person finds them.
fn is_groupable(row: &DeviceSession) -> bool {
    !row.is_current && row.name.is_none() && !row.new_device && !row.user_agent.is_empty()
}

#[cfg(test)]
mod tests {
    use multi_session::{Handle, Session, Timestamp, User, UserId};

    use super::*;

    fn row(id: &str, agent: &str) -> DeviceSession {
        let now = Timestamp::from_unix_ms(0);
        let user = UserId::new("ada").expect("an id");
        let handle = Handle::parse(&"a".repeat(Handle::LEN)).expect("a handle");
        let id = SessionId::new(id).expect("an id");
        let session = Session::new(id, handle, user.clone(), now, now);
        let mut row = DeviceSession::new(session, User::new(user, "Ada", "ada@example.org", now));
        row.user_agent = agent.to_owned();
        row
    }

    fn told(entries: &[Entry]) -> Vec<String> {
        let ids =
            |rows: &[DeviceSession]| rows.iter().map(|row| row.id.to_string()).collect::<Vec<_>>().join("+");
        let one = |entry: &Entry| match entry {
            Entry::Device(row) => row.id.to_string(),
            Entry::Group(rows) => ids(rows),
            Entry::SignedOut(row) => format!("-{}", row.id),
        };
        entries.iter().map(one).collect()
    }

    #[test]
    fn sessions_of_one_browser_are_grouped_at_the_first_one() {
        let mut current = row("s1", "curl/8");
        current.is_current = true;
        let mut elsewhere = row("s5", "curl/8");
        elsewhere.ip_address = "198.51.100.9".to_owned();
        let mut named = row("s6", "curl/8");
        named.name = Some("Backups".to_owned());
        let mut new = row("s7", "curl/8");
        new.new_device = true;
        let rows =
            [current, row("s2", "curl/8"), row("s3", "Firefox"), row("s4", "curl/8"), elsewhere, named, new];
        assert_eq!(told(&entries(&rows, &[])), ["s1", "s2+s4", "s3", "s5", "s6", "s7"]);
        let without = [rows[1].clone(), rows[3].clone()];
        assert_eq!(entries(&rows, &[])[1].key(), entries(&without, &[])[0].key(), "it is the same group");
    }

    #[test]
    fn signed_out_devices_keep_their_place_until_they_are_back() {
        let rows = ["s1", "s2", "s3", "s4"].map(|id| row(id, id));
        let mut left = rows.to_vec();
        let mut signed_out = Vec::new();
        for id in ["s2", "s3"] {
            let id = SessionId::new(id).expect("an id");
            let place = place_of(&id, &left, &signed_out);
            let gone = left.iter().position(|row| row.id == id).expect("the row");
            signed_out.push(SignedOut { row: left.remove(gone), place });
        }
        assert_eq!(told(&entries(&left, &signed_out)), ["s1", "-s2", "-s3", "s4"]);
        assert_eq!(told(&entries(&left[..1], &signed_out)), ["s1", "-s2", "-s3"]);
        assert_eq!(told(&entries(&rows, &signed_out)), ["s1", "s2", "s3", "s4"]);
    }
}
