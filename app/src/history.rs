//! What happened to an account.

mod asked;
mod page;
mod words;

pub(crate) use asked::{CSV, EXPORT};
#[cfg(feature = "ssr")]
pub(crate) use asked::{JSON, export_page};
pub(crate) use page::HistoryPage;
