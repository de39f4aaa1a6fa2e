//! The list of a person's sessions: what it says, and what can be done with it.

mod actions;
mod announce;
mod bulk;
mod device_row;
mod expiring;
mod live;
mod loaded;
mod manager;
mod new_device;
#[cfg(feature = "ssr")]
mod not_me;
mod other_account;
mod page;
mod read;
#[cfg(feature = "ssr")]
mod rename;
#[cfg(feature = "ssr")]
mod report;
mod rows;
mod step_up;
pub mod use_list_device_sessions;
pub(crate) mod words;

pub use actions::{
    LIST, ListDeviceSessions, Rename, Revoke, RevokeAll, RevokeOthers, STAY, SetActive, UndoRevoke,
    list_device_sessions, rename, revoke, revoke_all, revoke_others, set_active, undo_revoke,
};
pub use manager::SessionsManager;
pub use page::SessionsPage;
#[cfg(feature = "ssr")]
pub use rename::RenamePage;
pub use use_list_device_sessions::{UseListDeviceSessionsReturn, use_list_device_sessions};

#[cfg(feature = "ssr")]
pub use {
    not_me::{NOT_ME, NotMePage},
    report::{REPORT_BY_MAIL, Report, ReportByMail, report, report_by_mail},
};

#[cfg(feature = "ssr")]
pub(crate) use actions::{REVOKE, REVOKE_ALL, REVOKE_OTHERS};
pub(crate) use announce::announce_outcomes;
pub(crate) use expiring::Expiring;
pub(crate) use loaded::Loaded;
#[cfg(feature = "ssr")]
pub(crate) use report::REPORT;
pub(crate) use rows::rows;
pub(crate) use use_list_device_sessions::provide_list_device_sessions;
