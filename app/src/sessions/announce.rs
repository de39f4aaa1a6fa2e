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
    let said = |text: String| (text, String::new());
    announce(
        sessions.revoke,
        Box::new(move |id, _| {
            let rows = rows();
            let undo = if words::is_undoable(id, &rows) { id.to_owned() } else { String::new() };
            (words::revoked(id, &rows), undo)
        }),
    );
    announce(sessions.undo_revoke, Box::new(move |_, _| said(words::UNDONE.to_owned())));
    announce(sessions.set_active, Box::new(move |id, _| said(words::switched(id, &rows()))));
    announce(sessions.revoke_others, Box::new(move |_, ended| said(words::revoked_others(ended))));
    // Its success leads to another page.
    announce(sessions.revoke_all, Box::new(move |_, _| said(String::new())));
}

/// The sentence of a success, by the session that the act was about and the answer's body, and the session whose
/// revocation can be undone; empty where nothing can.
type Words = Box<dyn Fn(&str, &str) -> (String, String)>;

fn announce(act: Act, words: Words) {
    let notices = use_notices();
    effect(move || match act.outcome().get() {
        Some(Outcome { session_id, result: Ok(body) }) => {
            let (text, undo) = words(&session_id, &body);
            notices.revoked(text, undo);
        }
        Some(Outcome { result: Err(error), .. }) => notices.failed(&error),
        None => {}
    });
}
