//! Tells the outcome of each act on the list, and brings the list up to date with it.

use leptos::prelude::*;
use multi_session::{Code, EndedReason, Ending, SessionEvent, SignInMethod};

use crate::{
    AppError,
    hooks::{go, keep_focus, on_answer, use_now},
    notice::{Notices, use_notices},
    sessions::{UseListDeviceSessionsReturn, words},
    step::Step,
};

/// Turns each act's outcome into a notice, or leads to where it is told.
pub(crate) fn announce_outcomes(sessions: UseListDeviceSessionsReturn) {
    let (notices, now) = (use_notices(), use_now());
    let options = sessions.options;
    let path = leptos_router::hooks::use_location().pathname;

    on_answer(sessions.revoke, move |result| {
        let waiting = sessions.revoking.get_untracked();
        match result {
            Ok(id) if sessions.last_current().as_ref() == Some(&id) => go(&options.start("revoked")),
            Ok(id) => {
                // Its row is still there and has the name.
                let rows = sessions.rows.get_untracked();
                notices
                    .revoked(words::revoked(&id, &rows), words::is_undoable(&id, &rows).then(|| id.clone()));
                sessions.revoking.update(|ids| ids.retain(|other| *other != id));
                let at = now.get_untracked();
                sessions.hear(SessionEvent::Ended(Ending::new(id, EndedReason::Revoked, at)));
                // What had the focus has gone with the row.
                request_animation_frame(keep_focus);
            }
            Err(error) => {
                sessions.revoking.set(Vec::new());
                refused(sessions, notices, &error, waiting.into_iter().map(Step::Revoke).collect());
            }
        }
    });
    on_answer(sessions.undo_revoke, move |result| match result {
        Ok(()) => notices.succeeded(words::UNDONE.to_owned()),
        Err(error) => notices.failed(&error),
    });
    on_answer(sessions.set_active, move |result| match result {
        Ok(_) if path.with_untracked(|path| path == options.sign_in_path()) => go(&options.start("switched")),
        Ok(id) => notices.succeeded(words::switched(&id, &sessions.rows.get_untracked())),
        Err(error) => notices.failed(&error),
    });
    on_answer(sessions.revoke_others, move |result| match result {
        Ok(ended) => {
            notices.succeeded(words::revoked_others(ended.0));
            // What had the focus may have gone with the last of the others.
            request_animation_frame(keep_focus);
        }
        Err(error) => refused(sessions, notices, &error, vec![Step::RevokeOthers]),
    });
    on_answer(sessions.revoke_all, move |result| match result {
        Ok(_) => go(&options.start("everywhere")),
        Err(error) => refused(sessions, notices, &error, vec![Step::RevokeAll]),
    });
}

/// Asks who the person is, if that is all that was missing, and tells the refusal otherwise.
fn refused(sessions: UseListDeviceSessionsReturn, notices: Notices, error: &AppError, steps: Vec<Step>) {
    if !error.is(Code::SessionNotFresh) {
        return notices.failed(error);
    }
    if error.proofs.contains(&SignInMethod::PASSWORD) {
        return sessions.ask(steps);
    }
    // The page says what the person can do instead.
    if let Some(step) = steps.first() {
        go(&step.asking_address(&sessions.options, &error.proofs));
    }
}
