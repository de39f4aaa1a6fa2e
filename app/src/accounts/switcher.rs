//! The accounts of this browser, in the header.

use leptos::{html, prelude::*};
use multi_session::DeviceSession;

use crate::{
    accounts::paths::CHANGE_PASSWORD,
    accounts::{Avatar, SignOut},
    hooks::{go, on_answer},
    notice::use_notices,
    sessions::{Loaded, row_key, use_list_device_sessions},
    ui::{Icon, IconName, Submit, close_like_a_menu, close_menu},
};

/// Shows who is signed in. Its menu switches to another account of this browser, adds one, and signs out.
///
/// Shows nothing while nobody is signed in.
#[component]
pub fn Switcher() -> impl IntoView {
    let sessions = use_list_device_sessions();
    let sign_out = ServerAction::<SignOut>::new();
    sessions.watch_act(sign_out.pending());
    let notices = use_notices();
    on_answer(sign_out, move |result| match result {
        Ok(()) => go(&sessions.options.start("signed-out")),
        Err(error) => {
            notices.failed(&error);
            sessions.refetch();
        }
    });

    view! {
        <Loaded>
            <Show when=move || sessions.signed_in.get() == Some(true)>
                <Menu sign_out />
            </Show>
        </Loaded>
    }
}

/// The menu: a `<details>`, so that it opens without JavaScript.
#[component]
fn Menu(sign_out: ServerAction<SignOut>) -> impl IntoView {
    let sessions = use_list_device_sessions();
    let node = NodeRef::<html::Details>::new();
    close_like_a_menu(node);
    on_answer(sessions.set_active, move |_| close_menu(node));
    let name = Memo::new(move |_| sessions.current().map(|row| row.user.name).unwrap_or_default());
    let add = format!("{}?add=1", sessions.options.sign_in_path());
    let password = sessions.options.has_passwords().then(|| {
        view! {
            <a class="ms-switcher__item" href=CHANGE_PASSWORD on:click=move |_| close_menu(node)>
                <Icon name=IconName::Key size=18 />
                "Change password"
            </a>
        }
        .into_any()
    });

    view! {
        <details class="ms ms-switcher" node_ref=node>
            <summary>
                <span class="ms-visually-hidden">"Account: "</span>
                {move || view! { <Avatar name=name.get() /> }.into_any()}
                <bdi class="ms-switcher__name">{name}</bdi>
                <Icon name=IconName::ChevronDown size=16 />
            </summary>
            <div class="ms-switcher__menu">
                <ul aria-label="Accounts">
                    <For each=move || sessions.held() key=row_key let:row>
                        <Account row />
                    </For>
                </ul>
                <hr class="ms-switcher__rule" />
                <a class="ms-switcher__item" href=add on:click=move |_| close_menu(node)>
                    <Icon name=IconName::Plus size=18 />
                    "Add another account"
                </a>
                {password}
                <ActionForm action=sign_out>
                    <Submit class="ms-switcher__item" pending=sign_out.pending()>
                        <Icon name=IconName::SignOut size=18 />
                        "Sign out"
                    </Submit>
                </ActionForm>
            </div>
        </details>
    }
}

/// One account in the menu: the active one is text, another one is a button.
#[component]
fn Account(row: DeviceSession) -> impl IntoView {
    let set_active = use_list_device_sessions().set_active;
    if row.is_current {
        return view! {
            <li>
                <div class="ms-account ms-account--active">
                    <Avatar name=row.user.name.clone() />
                    <span class="ms-account__who">
                        <bdi class="ms-account__name">{row.user.name}</bdi>
                        <bdi class="ms-account__email">{row.user.email}</bdi>
                    </span>
                    <span class="ms-visually-hidden">"active"</span>
                    <Icon name=IconName::Check size=18 />
                </div>
            </li>
        }
        .into_any();
    }
    let email_id = format!("account-{}", row.id);

    view! {
        <li>
            <ActionForm action=set_active>
                <input type="hidden" name="session_id" value=row.id.to_string() />
                <Submit class="ms-account" pending=set_active.pending() described_by=email_id.clone()>
                    <Avatar name=row.user.name.clone() />
                    <span class="ms-account__who">
                        <span class="ms-account__name">
                            <span class="ms-visually-hidden">"Switch to "</span>
                            <bdi>{row.user.name}</bdi>
                        </span>
                        <span class="ms-account__email" aria-hidden="true" id=email_id>
                            <bdi>{row.user.email}</bdi>
                        </span>
                    </span>
                </Submit>
            </ActionForm>
        </li>
    }
    .into_any()
}
