//! What a person reads as one thing that happened.

use multi_session::{HistoryEntry, Timestamp};
use serde::{Deserialize, Serialize};

/// One entry, or several that are read as one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Item {
    /// The latest entry. A new device's also says how the person signed in.
    pub(super) entry: HistoryEntry,
    /// How many entries of a run there are.
    pub(super) count: usize,
    /// When the run began.
    pub(super) since: Timestamp,
}
