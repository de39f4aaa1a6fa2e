//! Effects of one type, since Leptos makes code for each type of effect.

use leptos::prelude::*;

/// Runs at once and then after each change of what it read. Browser only.
pub(crate) fn effect(run: impl FnMut() + 'static) {
    let mut run: Box<dyn FnMut()> = Box::new(run);
    Effect::new(move |_: Option<()>| run());
}

/// Runs after each change of what `track` reads, but not at once. Browser only.
pub(crate) fn on_change(track: impl Fn() + 'static, run: impl FnMut() + 'static) {
    let track: Box<dyn Fn()> = Box::new(track);
    let mut run: Box<dyn FnMut()> = Box::new(run);
    Effect::watch(track, move |(), _, _| run(), false);
}
