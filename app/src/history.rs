//! The account history.

mod asked;
mod item;
mod page;
#[cfg(feature = "ssr")]
mod timeline;
mod words;

pub(crate) use asked::{CSV, EXPORT, refused_path};
#[cfg(feature = "ssr")]
pub(crate) use asked::{JSON, export_page};
pub(crate) use page::HistoryPage;
