//! Signing out of several devices at once.

use leptos::prelude::*;

use crate::{
    act::ActForm,
    address::{Address, Question, use_address, write},
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
    let address = use_address();
    let email = move || sessions.email();
    let others = Memo::new(move |_| {
        sessions.rows.with(|rows| {
            let user = rows.iter().find(|row| row.is_current).map(|row| &row.user.id);
            rows.iter().filter(|row| !row.is_current && Some(&row.user.id) == user).count()
        })
    });
    let ask = move |question: Question| move |event: web_sys::MouseEvent| open(&event, address, question);
    let pending_others = sessions.revoke_others.pending();
    let pending_all = sessions.revoke_all.pending();
    let others_link = move || {
        view! {
            <a
                class="button button--danger"
                id="sign-out-others"
                href=Question::Others.address()
                aria-haspopup="dialog"
                on:click=ask(Question::Others)
            >
                "Sign out other devices"
            </a>
        }
        .piece()
    };

    let sign_out_others = view! {
        <Submit class="button button--danger-fill" pending=pending_others>
            "Sign out other devices"
        </Submit>
    }
    .piece();
    let sign_out_everywhere = view! {
        <Submit class="button button--danger-fill" pending=pending_all>
            "Sign out everywhere"
        </Submit>
    }
    .piece();

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
                        href=Question::Everywhere.address()
                        aria-haspopup="dialog"
                        on:click=ask(Question::Everywhere)
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
            question=Question::Others
            possible=Signal::derive(move || others.get() > 0)
            settled=sessions.revoke_others.version()
            trigger="sign-out-others"
        >
            <ActForm act=sessions.revoke_others fields=sign_out_others />
        </Dialog>
        <Dialog
            id="confirm-everywhere"
            title="Sign out everywhere?"
            text=Signal::derive(move || words::everywhere_question(others.get(), &email()))
            question=Question::Everywhere
            settled=sessions.revoke_all.version()
            trigger="sign-out-everywhere"
        >
            <ActForm act=sessions.revoke_all fields=sign_out_everywhere />
        </Dialog>
    }
    .piece()
}

/// Opens a question in the page, unless the link is to open elsewhere.
fn open(event: &web_sys::MouseEvent, address: Address, question: Question) {
    if event.ctrl_key() || event.meta_key() || event.shift_key() || event.alt_key() {
        return;
    }
    event.prevent_default();
    write(question.address());
    address.question.set(Some(question));
}
