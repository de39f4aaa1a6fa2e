//! Runs code after the answer of a server function.

use leptos::{prelude::*, server_fn::ServerFn};

use crate::{AppError, hooks::on_change};

/// Runs after each answer to an action. Browser only.
pub(crate) fn on_answer<S>(
    action: ServerAction<S>,
    mut answered: impl FnMut(Result<S::Output, AppError>) + 'static,
) where
    S: ServerFn<Error = AppError> + Send + Sync + Clone + 'static,
    S::Output: Send + Sync + Clone + 'static,
{
    let (version, value) = (action.version(), action.value());
    on_change(
        move || version.with(|_| ()),
        move || {
            if let Some(result) = value.get_untracked() {
                answered(result);
            }
        },
    );
}
