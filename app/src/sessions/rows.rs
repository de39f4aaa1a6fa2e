//! Rows of the list, each with its place in the page.

use std::hash::Hash;

use multi_session::DeviceSession;

/// What `<For>` knows a row by: it is made anew where what it shows has changed.
pub(crate) fn key(row: &DeviceSession) -> impl Eq + Hash + use<> {
    (row.id.clone(), row.is_current, row.device.label.clone(), row.user_agent.clone(), row.user.name.clone())
}
