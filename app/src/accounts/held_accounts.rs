//! The accounts to continue as, on the sign-in page.

use leptos::prelude::*;
use leptos_router::hooks::use_navigate;
use multi_session::DeviceSession;

use crate::{
    accounts::Avatar,
    hooks::on_change,
    sessions::{rows, use_list_device_sessions},
    ui::{
        Icon, IconName, Submit,
        piece::{IntoPiece, when},
    },
};

/// One button for each account that this browser holds; nothing if it holds none.
#[component]
pub(super) fn HeldAccounts(
    /// Whether an account is added, so that the rule of who belongs where sends nobody on.
    adding: Memo<bool>,
) -> impl IntoView {
    let sessions = use_list_device_sessions();
    let navigate = use_navigate();
    let switched = move || {
        let succeeded = sessions.set_active.value().with(|value| matches!(value, Some(Ok(_))));
        if succeeded && adding.get() {
            navigate("/sessions", Default::default());
        }
    };
    on_change(move || sessions.set_active.version().get(), switched);

    let list = move || {
        view! {
            <section class="card held">
                <h2 class="held__title" id="held">
                    "Accounts in this browser"
                </h2>
                <ul aria-labelledby="held">
                    {rows(move || sessions.held(), |row| view! { <HeldAccount row /> }.piece())}
                </ul>
            </section>
        }
        .piece()
    };
    when(move || !sessions.held().is_empty(), list)
}

/// The button that continues as one account.
#[component]
fn HeldAccount(row: DeviceSession) -> impl IntoView {
    let set_active = use_list_device_sessions().set_active;
    let id = row.id.to_string();
    let email_id = format!("held-{id}");
    let described_by = email_id.clone();
    let button = view! {
        <input type="hidden" name="session_id" value=id />
        <Submit class="account" pending=set_active.pending() described_by=described_by>
            <Avatar name=row.user.name.clone() />
            <span class="account__who">
                <span class="account__name">{format!("Continue as {}", row.user.name)}</span>
                <span class="account__email" aria-hidden="true" id=email_id>
                    {row.user.email}
                </span>
            </span>
            <Icon name=IconName::ChevronRight size=18 />
        </Submit>
    }
    .piece();

    view! {
        <li>
            <ActionForm action=set_active>{button}</ActionForm>
        </li>
    }
    .piece()
}
