//! Leaf components without domain words.

pub mod dialog;
pub mod erase;
pub mod field;
pub mod icon;
pub mod show_if;
pub mod submit;
pub mod time_ago;

pub use dialog::Dialog;
pub use erase::Erase;
pub use field::{EmailField, Field, PasswordField};
pub use icon::{Icon, IconName};
pub use show_if::ShowIf;
pub use submit::Submit;
pub use time_ago::TimeAgo;
pub(crate) use time_ago::{day, time_of_day};
