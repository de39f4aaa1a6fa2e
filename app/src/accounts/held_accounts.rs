//! The accounts to continue as, on the sign-in page.

use leptos::prelude::*;
use leptos_router::hooks::use_navigate;
use multi_session::DeviceSession;

use crate::{
    accounts::Avatar,
    sessions::use_list_device_sessions,
    ui::{Icon, IconName},
};

/// One button for each account that this browser holds; nothing if it holds none.
#[component]
pub(super) fn HeldAccounts(
    /// Whether an account is added, so that the rule of who belongs where sends nobody on.
    adding: Memo<bool>,
) -> impl IntoView {
    let sessions = use_list_device_sessions();
    let held =
        move || sessions.rows.with(|rows| rows.iter().filter(|row| row.is_held).cloned().collect::<Vec<_>>());
    let navigate = use_navigate();
    Effect::new(move |previous: Option<usize>| {
        let version = sessions.set_active.version().get();
        let succeeded = sessions.set_active.value().with_untracked(|value| matches!(value, Some(Ok(_))));
        if previous.is_some_and(|previous| previous != version) && succeeded && adding.get_untracked() {
            navigate("/sessions", Default::default());
        }
        version
    });

    view! {
        <Show when=move || !held().is_empty()>
            <section class="card held">
                <h2 class="held__title" id="held">
                    "Accounts in this browser"
                </h2>
                <ul aria-labelledby="held">
                    <For
                        each=held
                        key=|row| row.id.clone()
                        children=|row| view! { <HeldAccount row /> }
                    />
                </ul>
            </section>
        </Show>
    }
    .into_any()
}

/// The button that continues as one account.
#[component]
fn HeldAccount(row: DeviceSession) -> impl IntoView {
    let set_active = use_list_device_sessions().set_active;
    let id = row.id.clone();
    let pending =
        move || set_active.input().with(|input| input.as_ref().is_some_and(|input| input.session_id == id));
    let busy = set_active.pending();
    let id = row.id.to_string();
    let email_id = format!("held-{id}");

    view! {
        <li>
            <ActionForm action=set_active>
                <input type="hidden" name="session_id" value=id />
                <button
                    class="account"
                    type="submit"
                    aria-describedby=email_id.clone()
                    aria-busy=move || pending().then_some("true")
                    disabled=move || busy.get()
                >
                    <Avatar name=row.user.name.clone() />
                    <span class="account__who">
                        <span class="account__name">{format!("Continue as {}", row.user.name)}</span>
                        <span class="account__email" aria-hidden="true" id=email_id.clone()>
                            {row.user.email}
                        </span>
                    </span>
                    <Icon name=IconName::ChevronRight size=18 />
                </button>
            </ActionForm>
        </li>
    }
    .into_any()
}
