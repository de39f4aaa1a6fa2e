//! Shows the result of each action on the list, and updates the list.

use leptos::prelude::*;
use multi_session::{Code, EndedReason, Ending, SessionId, SignInMethod};

use crate::{
    AppError,
    hooks::{focus_element, go, is_focused_within_content, keep_focus, on_answer, on_change, use_now},
    notice::{Notices, use_notices},
    sessions::{UndoRevoke, UseListDeviceSessionsReturn, words},
    step::Step,
};

/// Shows the result of each action as a notice, or loads the page that shows it.
pub(crate) fn announce_outcomes(sessions: UseListDeviceSessionsReturn) {
    let (notices, now) = (use_notices(), use_now());
    let options = sessions.options;
    let path = leptos_router::hooks::use_location().pathname;

    on_answer(sessions.revoke, move |result| {
        let waiting = sessions.revoking.get_untracked();
        match result {
            Ok(id) if sessions.last_current().as_ref() == Some(&id) => go(&options.start("revoked")),
            Ok(id) => {
                // Its row is still in the list and has the name.
                let rows = sessions.rows.get_untracked();
                if rows.iter().any(|row| row.id == id && words::is_undoable(row)) {
                    notices.clear();
                } else {
                    notices.succeeded(words::revoked(&id, &rows));
                }
                sessions.revoking.update(|ids| ids.retain(|other| *other != id));
                sessions.sign_out_here(Ending::new(id, EndedReason::Revoked, now.get_untracked()));
                // The focused button has disappeared with the row.
                request_animation_frame(|| {
                    request_animation_frame(keep_focus);
                });
            }
            Err(error) => {
                sessions.revoking.set(Vec::new());
                refused(sessions, notices, &error, waiting.into_iter().map(Step::Revoke).collect());
            }
        }
    });
    let undoing = StoredValue::new(None);
    Effect::new(move |_| {
        if let Some(UndoRevoke { session_id }) = sessions.undo_revoke.input().get() {
            undoing.set_value(Some(session_id));
        }
    });
    on_answer(sessions.undo_revoke, move |result| match result {
        Ok(()) => notices.succeeded(words::UNDONE.to_owned()),
        Err(error) => {
            notices.failed(&error);
            if let Some(id) = undoing.get_value() {
                sessions.forget_signed_out(&id);
            }
            request_animation_frame(keep_focus);
        }
    });
    // A restored device takes the focus from the button that restored it.
    Effect::new(move |_| {
        let is_back = |id: &SessionId| sessions.rows.with(|rows| rows.iter().any(|row| row.id == *id));
        let gone = sessions.signed_out.get();
        for id in gone.into_iter().map(|gone| gone.row.id).filter(is_back) {
            sessions.forget_signed_out(&id);
            request_animation_frame(move || {
                // The person may have moved on meanwhile.
                if !is_focused_within_content() {
                    focus_element(&words::row_id(&id));
                }
            });
        }
    });
    // One account must not undo what another has signed out.
    on_change(move || sessions.acting.with(|_| ()), move || sessions.signed_out.set(Vec::new()));
    on_answer(sessions.recognize, move |result| match result {
        Ok(()) => {
            notices.succeeded(words::RECOGNIZED.to_owned());
            request_animation_frame(keep_focus);
        }
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
            // The focused button may have disappeared with the last other device.
            request_animation_frame(keep_focus);
        }
        Err(error) => refused(sessions, notices, &error, vec![Step::RevokeOthers]),
    });
    on_answer(sessions.revoke_all, move |result| match result {
        Ok(_) => go(&options.start("everywhere")),
        Err(error) => refused(sessions, notices, &error, vec![Step::RevokeAll]),
    });
}

/// Starts the step-up if it is the only thing missing. Otherwise shows the error.
fn refused(sessions: UseListDeviceSessionsReturn, notices: Notices, error: &AppError, steps: Vec<Step>) {
    if !error.is(Code::SessionNotFresh) {
        return notices.failed(error);
    }
    if error.proofs.contains(&SignInMethod::PASSWORD) {
        return sessions.ask(steps);
    }
    // That page explains what the person can do instead.
    if let Some(step) = steps.first() {
        go(&step.asking_address(&sessions.options, &error.proofs));
    }
}
