//! Tells the outcome of each act.

use leptos::prelude::*;
use multi_session::SessionId;

use crate::{
    AppError,
    hooks::effect,
    notice::use_notices,
    sessions::{UseListDeviceSessionsReturn, words},
};

/// Turns each act's outcome into a notice.
pub(crate) fn announce_outcomes(sessions: UseListDeviceSessionsReturn) {
    // The list is fetched again after an act, so at this moment its row is still there and has the name.
    let row = move |id: &SessionId| {
        sessions.rows.with_untracked(|rows| rows.iter().find(|row| row.id == *id).cloned())
    };
    announce(sessions.revoke.value(), move |id| {
        words::revoked(row(id).as_ref(), sessions.rows.get_untracked().as_slice())
    });
    announce(sessions.set_active.value(), move |id| words::switched(row(id).as_ref()));
    announce(sessions.revoke_others.value(), |ended| words::revoked_others(ended.0));
    announce(sessions.revoke_all.value(), |ended| words::revoked_all(ended.0));
}

fn announce<T, S>(outcome: S, words: impl Fn(&T) -> String + 'static)
where
    T: Clone + 'static,
    S: Get<Value = Option<Result<T, AppError>>> + 'static,
{
    let notices = use_notices();
    effect(move || match outcome.get() {
        Some(Ok(value)) => notices.succeeded(words(&value)),
        Some(Err(error)) => notices.failed(&error),
        None => {}
    });
}
