//! What happened to an account. The server alone makes its page: it is links and a list, which cost the browser's half
//! nothing.

mod asked;
mod page;
mod words;

pub(crate) use asked::{CSV, EXPORT, JSON, export_page};
pub use asked::{HISTORY, HistoryAsked};
pub use page::HistoryShown;
