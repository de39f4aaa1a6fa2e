//! Signing out of multiple devices, with confirmation dialogs.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use crate::{
    hooks::{forget_query, is_leaving, on_answer, on_change},
    sessions::{use_list_device_sessions, words},
    ui::{Dialog, Submit},
};

/// The two ways to sign out of multiple devices, and their confirmation dialogs and that for the current
/// session, which an address can open.
#[component]
pub(super) fn Bulk() -> impl IntoView {
    let sessions = use_list_device_sessions();
    let devices = sessions.options.devices_path();
    let email = move || sessions.email();
    let others = Memo::new(move |_| {
        sessions.rows.with(|rows| {
            let user = rows.iter().find(|row| row.is_current).map(|row| &row.user.id);
            rows.iter().filter(|row| !row.is_current && Some(&row.user.id) == user).count()
        })
    });
    let query = use_query_map();
    let is_asked = move |question: &str| query.with(|query| query.get_str("confirm") == Some(question));
    let (asks_others, asks_everywhere, asks_current) = (
        Memo::new(move |_| others.get() > 0 && is_asked("others")),
        Memo::new(move |_| is_asked("everywhere")),
        Memo::new(move |_| is_asked("current")),
    );
    let current = move || sessions.current().map(|row| row.id);
    let is_revoking = Signal::derive(move || current().is_some_and(|id| sessions.is_revoking(&id)));
    let holds_others =
        move || sessions.rows.with(|rows| rows.iter().any(|row| row.is_held && !row.is_current));
    // The result is in the toast, so the dialog closes in any case.
    let forget = forget_query(&["confirm", "__err", "__path"]);
    // A dialog that was opened on this page has an entry before it in the browser's history, so closing it
    // goes back.
    let asked_here = StoredValue::new(false);
    let is_going_back = StoredValue::new(false);
    let is_any_asked = Memo::new(move |_| query.with(|query| query.get_str("confirm").is_some()));
    on_change(
        move || is_any_asked.with(|_| ()),
        move || {
            asked_here.set_value(is_any_asked.get_untracked());
            is_going_back.set_value(false);
        },
    );
    let close = move || {
        if is_leaving() || is_going_back.get_value() {
            return;
        }
        let goes_back =
            asked_here.get_value() && window().history().and_then(|history| history.back()).is_ok();
        is_going_back.set_value(goes_back);
        if !goes_back {
            forget();
        }
    };
    let answered = close.clone();
    on_answer(sessions.revoke_others, move |_| answered());
    let answered = close.clone();
    on_answer(sessions.revoke_all, move |result| {
        if result.is_err() {
            answered();
        }
    });
    let answered = close.clone();
    on_answer(sessions.revoke, move |result| {
        if result.is_err() {
            answered();
        }
    });

    view! {
        <section class="ms-section">
            <h2 class="ms-section__title">"Sign out of multiple devices"</h2>
            <ul class="ms-card ms-bulk">
                <li>
                    <div>
                        <h3>"Other devices"</h3>
                        <p class="ms-bulk__text">{move || words::others_hint(others.get())}</p>
                    </div>
                    <Show when=move || { others.get() > 0 }>
                        <a
                            class="ms-button ms-button--danger"
                            id="sign-out-others"
                            href=format!("{devices}?confirm=others")
                            aria-haspopup="dialog"
                            data-noscroll
                        >
                            "Sign out other devices"
                        </a>
                    </Show>
                </li>
                <li>
                    <div>
                        <h3>"Everywhere"</h3>
                        <p class="ms-bulk__text">"Signs out every device, including this one."</p>
                    </div>
                    <a
                        class="ms-button ms-button--danger"
                        id="sign-out-everywhere"
                        href=format!("{devices}?confirm=everywhere")
                        aria-haspopup="dialog"
                        data-noscroll
                    >
                        "Sign out everywhere"
                    </a>
                </li>
            </ul>
        </section>
        <Dialog
            id="confirm-others"
            title="Sign out other devices?"
            text=Signal::derive(move || words::others_question(others.get(), &email()))
            open=asks_others
            close=close.clone()
            cancel=devices
            trigger="sign-out-others"
        >
            <ActionForm action=sessions.revoke_others>
                <Submit class="ms-button ms-button--danger-fill" pending=sessions.revoke_others.pending()>
                    "Sign out other devices"
                </Submit>
            </ActionForm>
        </Dialog>
        <Dialog
            id="confirm-everywhere"
            title="Sign out everywhere?"
            text=Signal::derive(move || words::everywhere_question(others.get(), &email()))
            open=asks_everywhere
            close=close.clone()
            cancel=devices
            trigger="sign-out-everywhere"
        >
            <ActionForm action=sessions.revoke_all>
                <Submit class="ms-button ms-button--danger-fill" pending=sessions.revoke_all.pending()>
                    "Sign out everywhere"
                </Submit>
            </ActionForm>
        </Dialog>
        <Dialog
            id="confirm-current"
            title="Sign out of this device?"
            text=Signal::derive(move || words::current_question(&email(), holds_others()))
            open=asks_current
            close
            cancel=devices
            trigger="revoke-current"
        >
            <ActionForm action=sessions.revoke>
                <input type="hidden" name="session_id" value=move || current().map(|id| id.to_string()) />
                <Submit class="ms-button ms-button--danger-fill" pending=is_revoking>
                    "Sign out"
                </Submit>
            </ActionForm>
        </Dialog>
    }
}
