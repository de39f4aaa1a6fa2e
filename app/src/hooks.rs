//! Hooks that know nothing about sessions.

pub mod use_hydrated;
pub mod use_now;

pub use use_hydrated::{Hydrated, use_hydrated};
pub use use_now::use_now;

pub(crate) use focus::{focus_element, is_focused, is_focused_within_content, keep_focus};
pub(crate) use leave::{forget_query, go, hide_while_away, is_leaving, leave_by_forms, reload, replace};
pub(crate) use on_answer::on_answer;
pub(crate) use on_change::on_change;
pub(crate) use use_now::{provide_now, use_present};

mod focus;
mod leave;
mod on_answer;
mod on_change;
