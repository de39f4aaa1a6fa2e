//! Effects of one type, since Leptos makes code for each type of effect.

use leptos::prelude::*;

/// Runs at once and then after each change of what it read. Browser only.
pub(crate) fn effect(run: impl FnMut() + 'static) {
    let mut run: Box<dyn FnMut()> = Box::new(run);
    Effect::new(move |_: Option<()>| run());
}

/// Runs after each change of what `read` reads, but not at once. Browser only.
///
/// It must read: a memo that is only tracked is never computed, and tells of no change.
pub(crate) fn on_change(read: impl Fn() + 'static, run: impl FnMut() + 'static) {
    let read: Box<dyn Fn()> = Box::new(read);
    let mut run: Box<dyn FnMut()> = Box::new(run);
    Effect::watch(read, move |(), _, _| run(), false);
}
