//! Effects that share one type, since Leptos makes code for each type of effect.

use leptos::prelude::*;

/// Runs at once and then after each change of what it read. Browser only.
pub(crate) fn effect(run: impl FnMut() + 'static) {
    let mut run: Box<dyn FnMut()> = Box::new(run);
    Effect::new(move |_: Option<()>| run());
}

/// Runs after each change of a count, but not at once. Browser only.
pub(crate) fn on_change(count: impl Fn() -> usize + 'static, mut run: impl FnMut() + 'static) {
    let mut previous = None;
    effect(move || {
        let count = count();
        if previous.replace(count).is_some_and(|previous| previous != count) {
            untrack(&mut run);
        }
    });
}
