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
mod not_me;
mod other_account;
mod page;
mod rename;
mod report;
mod row_key;
mod step_up;
pub mod use_list_device_sessions;
pub(crate) mod words;

pub use actions::{
    LIST, ListDeviceSessions, Rename, Revoke, RevokeAll, RevokeOthers, STAY, SetActive, UndoRevoke,
    list_device_sessions, rename, revoke, revoke_all, revoke_others, set_active, undo_revoke,
};
pub use manager::SessionsManager;
pub use not_me::NotMePage;
pub use page::SessionsPage;
pub use rename::RenamePage;
pub use report::{REPORT_BY_MAIL, Report, ReportByMail, report, report_by_mail};
pub use use_list_device_sessions::{UseListDeviceSessionsReturn, use_list_device_sessions};

pub(crate) use announce::announce_outcomes;
pub(crate) use expiring::Expiring;
pub(crate) use live::follow_live;
pub(crate) use loaded::Loaded;
#[cfg(feature = "ssr")]
pub(crate) use not_me::NOT_ME_RESET;
pub(crate) use row_key::row_key;
pub(crate) use use_list_device_sessions::provide_list_device_sessions;
