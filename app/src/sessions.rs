//! The list of a person's sessions, and its actions.

mod actions;
mod announce;
mod bulk;
mod device_group;
mod device_row;
mod entries;
mod expiring;
mod live;
mod loaded;
mod manager;
mod new_device;
mod not_me;
mod other_account;
mod page;
mod recently_signed_out;
mod rename;
mod report;
mod signed_out;
mod step_up;
pub mod use_list_device_sessions;
pub(crate) mod words;

pub use actions::{
    LIST, ListDeviceSessions, Recognize, Rename, Revoke, RevokeAll, RevokeOthers, STAY, SetActive,
    UndoRevoke, list_device_sessions, recognize, rename, revoke, revoke_all, revoke_others, set_active,
    undo_revoke,
};
pub use manager::SessionsManager;
pub use not_me::NotMePage;
pub use page::SessionsPage;
#[cfg(feature = "ssr")]
pub(crate) use recently_signed_out::LIST_ENDED;
pub use rename::RenamePage;
pub use report::{REPORT_BY_MAIL, Report, ReportByMail, report, report_by_mail};
pub use use_list_device_sessions::{UseListDeviceSessionsReturn, use_list_device_sessions};

pub(crate) use announce::announce_outcomes;
pub(crate) use device_row::device_icon;
pub(crate) use entries::row_key;
pub(crate) use expiring::Expiring;
pub(crate) use live::follow_live;
pub(crate) use loaded::Loaded;
#[cfg(feature = "ssr")]
pub(crate) use not_me::{NOT_ME_AGAIN, NOT_ME_RESET};
pub(crate) use use_list_device_sessions::provide_list_device_sessions;
