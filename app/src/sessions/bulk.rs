//! Signing out of several devices at once.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use crate::{
    sessions::{use_list_device_sessions, words},
    ui::{
        Dialog, Submit,
        piece::{IntoPiece, when},
    },
};

/// The two ways to end several sessions, and their dialogs.
#[component]
pub(super) fn Bulk() -> impl IntoView {
    let sessions = use_list_device_sessions();
    let query = use_query_map();
    let email = move || sessions.current().map(|row| row.user.email).unwrap_or_default();
    let others = Memo::new(move |_| {
        sessions.rows.with(|rows| {
            let user = rows.iter().find(|row| row.is_current).map(|row| &row.user.id);
            rows.iter().filter(|row| !row.is_current && Some(&row.user.id) == user).count()
        })
    });
    let asks = move |word: &str| query.with(|query| query.get_str("confirm") == Some(word));
    let pending_others = sessions.revoke_others.pending();
    let pending_all = sessions.revoke_all.pending();
    let others_link = move || {
        view! {
            <a
                class="button button--danger"
                id="sign-out-others"
                href="/sessions?confirm=others"
                data-noscroll=""
                aria-haspopup="dialog"
            >
                "Sign out other devices"
            </a>
        }
        .piece()
    };

    view! {
        <section class="section">
            <h2 class="section__title">"Sign out of several at once"</h2>
            <ul class="card bulk">
                <li>
                    <div>
                        <h3>"Other devices"</h3>
                        <p class="bulk__text">
                            {Signal::derive(move || words::others_hint(others.get()))}
                        </p>
                    </div>
                    {when(move || others.get() > 0, others_link)}
                </li>
                <li>
                    <div>
                        <h3>"Everywhere"</h3>
                        <p class="bulk__text">"Ends every session of this account, this one too."</p>
                    </div>
                    <a
                        class="button button--danger"
                        id="sign-out-everywhere"
                        href="/sessions?confirm=everywhere"
                        data-noscroll=""
                        aria-haspopup="dialog"
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
            asked=Signal::derive(move || asks("others"))
            possible=Signal::derive(move || others.get() > 0)
            settled=sessions.revoke_others.version()
            back="/sessions"
            trigger="sign-out-others"
        >
            <ActionForm action=sessions.revoke_others>{view! {
                <Submit class="button button--danger-fill" pending=pending_others>
                    "Sign out other devices"
                </Submit>
            }.piece()}</ActionForm>
        </Dialog>
        <Dialog
            id="confirm-everywhere"
            title="Sign out everywhere?"
            text=Signal::derive(move || words::everywhere_question(others.get(), &email()))
            asked=Signal::derive(move || asks("everywhere"))
            settled=sessions.revoke_all.version()
            back="/sessions"
            trigger="sign-out-everywhere"
        >
            <ActionForm action=sessions.revoke_all>{view! {
                <Submit class="button button--danger-fill" pending=pending_all>
                    "Sign out everywhere"
                </Submit>
            }.piece()}</ActionForm>
        </Dialog>
    }
    .piece()
}
