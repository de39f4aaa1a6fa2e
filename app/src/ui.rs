//! Leaf components without domain words.

pub mod dialog;
pub mod field;
pub mod icon;
pub mod submit;
pub mod time_ago;

pub use dialog::Dialog;
pub use field::{EmailField, Field, PasswordField};
pub use icon::{Icon, IconName};
pub use submit::Submit;
pub use time_ago::TimeAgo;
pub(crate) use time_ago::{day, time_of_day};
