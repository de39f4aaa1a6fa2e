//! Runs code after a change.

use leptos::prelude::*;

/// Runs after each change of the signals that `read` reads, but not initially. Browser only.
///
/// `read` must really read them: a memo that is only tracked is never computed and signals no change.
pub(crate) fn on_change(read: impl Fn() + 'static, mut run: impl FnMut() + 'static) {
    Effect::watch(read, move |(), _, _| run(), false);
}
