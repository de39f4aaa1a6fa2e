//! Signing out of several devices at once.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use crate::{
    hooks::{forget_query, on_answer},
    sessions::{use_list_device_sessions, words},
    ui::{Dialog, Submit},
};

/// The two ways to end several sessions, and their dialogs, which an address can open.
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
    let (asks_others, asks_everywhere) = (
        Memo::new(move |_| others.get() > 0 && is_asked("others")),
        Memo::new(move |_| is_asked("everywhere")),
    );
    // The answer is in the toast, so the question goes, whether it went well or not.
    let close = forget_query(&["confirm", "__err", "__path"]);
    let answered = close.clone();
    on_answer(sessions.revoke_others, move |_| answered());
    let answered = close.clone();
    on_answer(sessions.revoke_all, move |result| {
        if result.is_err() {
            answered();
        }
    });

    view! {
        <section class="ms-section">
            <h2 class="ms-section__title">"Sign out of several at once"</h2>
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
                        <p class="ms-bulk__text">"Ends every session of this account, this one too."</p>
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
            close
            cancel=devices
            trigger="sign-out-everywhere"
        >
            <ActionForm action=sessions.revoke_all>
                <Submit class="ms-button ms-button--danger-fill" pending=sessions.revoke_all.pending()>
                    "Sign out everywhere"
                </Submit>
            </ActionForm>
        </Dialog>
    }
}
