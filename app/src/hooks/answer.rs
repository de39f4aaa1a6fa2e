//! What a page does once a server function has answered.

use leptos::{prelude::*, server_fn::ServerFn};

use crate::AppError;

/// Runs after each answer to an action. Browser only.
pub(crate) fn on_answer<S>(
    action: ServerAction<S>,
    mut answered: impl FnMut(Result<S::Output, AppError>) + 'static,
) where
    S: ServerFn<Error = AppError> + Send + Sync + Clone + 'static,
    S::Output: Send + Sync + Clone + 'static,
{
    let (version, value) = (action.version(), action.value());
    let answered = Box::new(move || {
        if let Some(result) = value.get_untracked() {
            answered(result);
        }
    });
    watch(version.into(), answered);
}

/// One effect for all kinds of answers: Leptos makes code for each type of effect.
fn watch(version: Signal<usize>, mut changed: Box<dyn FnMut()>) {
    Effect::watch(move || version.get(), move |_, _, _| changed(), false);
}
