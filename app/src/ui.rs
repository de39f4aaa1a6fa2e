//! Small components without knowledge of sessions.

pub mod dialog;
pub mod field;
pub mod icon;
mod menu;
pub mod submit;
pub mod time_ago;

pub use dialog::Dialog;
pub use field::{EmailField, Field, PasswordField};
pub use icon::{Icon, IconName};
pub(crate) use menu::{close_like_a_menu, close_menu};
pub use submit::Submit;
pub use time_ago::{ExactTime, TimeAgo};
pub(crate) use time_ago::{day, in_local_time, time_of_day};
