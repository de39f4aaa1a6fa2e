//! Tells the outcome of each act.

use leptos::prelude::*;

use crate::{
    act::{Act, Outcome},
    hooks::effect,
    notice::use_notices,
    sessions::{UseListDeviceSessionsReturn, words},
};

/// Turns each act's outcome into a notice.
pub(crate) fn announce_outcomes(sessions: UseListDeviceSessionsReturn) {
    // The list is fetched again after an act, so at this moment its row is still there and has the name.
    let rows = move || sessions.rows.get_untracked();
    let notices = use_notices();
    effect(move || match sessions.revoke.outcome().get() {
        Some(Outcome { session_id, result: Ok(_) }) => {
            let rows = rows();
            let text = words::revoked(&session_id, &rows);
            if words::is_undoable(&session_id, &rows) {
                notices.revoked(text, session_id);
            } else {
                notices.succeeded(text);
            }
        }
        Some(Outcome { result: Err(error), .. }) => notices.failed(&error),
        None => {}
    });
    announce(sessions.undo_revoke, Box::new(|_, _| words::UNDONE.to_owned()));
    announce(sessions.set_active, Box::new(move |id, _| words::switched(id, &rows())));
    announce(sessions.revoke_others, Box::new(|_, ended| words::revoked_others(ended)));
    // Its success leads to another page.
    announce(sessions.revoke_all, Box::new(|_, _| String::new()));
}

/// The sentence of a success, by the session that the act was about and the answer's body.
type Words = Box<dyn Fn(&str, &str) -> String>;

fn announce(act: Act, words: Words) {
    let notices = use_notices();
    effect(move || match act.outcome().get() {
        Some(Outcome { session_id, result: Ok(body) }) => notices.succeeded(words(&session_id, &body)),
        Some(Outcome { result: Err(error), .. }) => notices.failed(&error),
        None => {}
    });
}
