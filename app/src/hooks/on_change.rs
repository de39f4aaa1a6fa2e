//! What happens after a change.

use leptos::prelude::*;

/// Runs after each change of what `read` reads, but not at once. Browser only.
///
/// It must read: a memo that is only tracked is never computed, and tells of no change.
pub(crate) fn on_change(read: impl Fn() + 'static, mut run: impl FnMut() + 'static) {
    Effect::watch(read, move |(), _, _| run(), false);
}
