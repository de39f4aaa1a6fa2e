//! An item of the history page.

use multi_session::{HistoryEntry, Timestamp};
use serde::{Deserialize, Serialize};

/// One entry, or several that are shown as one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Item {
    /// The latest entry. For a new device it also has the sign-in method.
    pub(super) entry: HistoryEntry,
    /// How many entries the run has.
    pub(super) count: usize,
    /// When the run began.
    pub(super) since: Timestamp,
}
