//! The accounts of this browser, on the sign-in page.

use leptos::prelude::*;
use multi_session::DeviceSession;

use crate::{
    accounts::Avatar,
    sessions::{Loaded, row_key, use_list_device_sessions},
    ui::{Icon, IconName, Submit},
};

/// A "Continue as" button for each account that this browser holds; nothing if it holds none. For the page on
/// which people sign in.
#[component]
pub fn HeldAccounts() -> impl IntoView {
    let sessions = use_list_device_sessions();
    view! {
        <Loaded>
            <Show when=move || !sessions.held().is_empty()>
                <section class="ms ms-card ms-held">
                    <h2 class="ms-held__title" id="held">
                        "Accounts in this browser"
                    </h2>
                    <ul aria-labelledby="held">
                        <For each=move || sessions.held() key=row_key let:row>
                            <HeldAccount row />
                        </For>
                    </ul>
                </section>
            </Show>
        </Loaded>
    }
}

/// The button of one account.
#[component]
fn HeldAccount(row: DeviceSession) -> impl IntoView {
    let set_active = use_list_device_sessions().set_active;
    let email_id = format!("held-{}", row.id);

    view! {
        <li>
            <ActionForm action=set_active>
                <input type="hidden" name="session_id" value=row.id.to_string() />
                <Submit class="ms-account" pending=set_active.pending() described_by=email_id.clone()>
                    <Avatar name=row.user.name.clone() />
                    <span class="ms-account__who">
                        <span class="ms-account__name">"Continue as " <bdi>{row.user.name}</bdi></span>
                        <span class="ms-account__email" aria-hidden="true" id=email_id>
                            <bdi>{row.user.email}</bdi>
                        </span>
                    </span>
                    <Icon name=IconName::ChevronRight size=18 />
                </Submit>
            </ActionForm>
        </li>
    }
}
