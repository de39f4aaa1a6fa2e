//! What a list knows its rows by.

use std::hash::Hash;

use multi_session::DeviceSession;

/// The key of a row for `<For>`: a row is made anew where what it shows has changed.
pub(crate) fn row_key(row: &DeviceSession) -> impl Eq + Hash + use<> {
    (row.id.clone(), row.is_current, row.device.label.clone(), row.user_agent.clone(), row.user.name.clone())
}
