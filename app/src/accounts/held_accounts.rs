//! The accounts to continue as, on the sign-in page.

use leptos::prelude::*;
use multi_session::DeviceSession;

use crate::{
    accounts::Avatar,
    act::SessionForm,
    sessions::{rows, use_list_device_sessions},
    ui::{
        Icon, IconName,
        piece::{IntoPiece, when},
    },
};

/// One button for each account that this browser holds; nothing if it holds none.
#[component]
pub(super) fn HeldAccounts() -> impl IntoView {
    let sessions = use_list_device_sessions();
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
    let button = view! {
        <Avatar name=row.user.name.clone() />
        <span class="account__who">
            <span class="account__name">{format!("Continue as {}", row.user.name)}</span>
            <span class="account__email" aria-hidden="true" id=email_id.clone()>
                {row.user.email}
            </span>
        </span>
        <Icon name=IconName::ChevronRight size=18 />
    }
    .piece();

    view! {
        <li>
            <SessionForm
                act=set_active
                session_id=id
                class="account"
                pending=set_active.pending()
                label=String::new()
                described_by=email_id
                text=button
            />
        </li>
    }
    .piece()
}
