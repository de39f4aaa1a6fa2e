//! The page to change the password.

use leptos::prelude::*;
use leptos_meta::Title;
use multi_session::Code;

use crate::{
    account_status::use_account_status,
    accounts::{
        ChangePassword, CheckEmail,
        entry::{About, Message, use_entry},
    },
    hooks::{go, on_answer},
    notice::form_action,
    sessions::{Loaded, use_list_device_sessions},
    ui::{PasswordField, Submit},
};

const ABOUT: About = &[
    (Code::InvalidPassword, "current_password"),
    (Code::PasswordTooShort, "new_password"),
    (Code::PasswordTooLong, "new_password"),
];

/// The form for a new password, which by default signs out the other devices. While the password is locked,
/// it explains how to set a new one.
#[component]
pub fn ChangePasswordPage() -> impl IntoView {
    let status = use_account_status();
    let page = move || {
        Suspend::new(async move {
            // If the status is unavailable, submitting the form reports the error.
            let is_locked = status.await.ok().flatten().is_some_and(|status| status.is_locked);
            if is_locked { view! { <CheckEmail /> }.into_any() } else { view! { <Form /> }.into_any() }
        })
    };
    view! {
        <div class="ms-entry">
            <Transition>{page}</Transition>
        </div>
    }
}

#[component]
fn Form() -> impl IntoView {
    let sessions = use_list_device_sessions();
    let action = form_action::<ChangePassword>();
    sessions.watch_act(action.pending());
    let entry = use_entry(action, "current_password", ABOUT);
    on_answer(action, move |result| {
        if let Ok(others) = result {
            go(&sessions.options.start(if others { "password-others" } else { "password" }));
        }
    });
    let email = Memo::new(move |_| sessions.email());

    view! {
        <Title text="Change password" />
        <div class="ms-entry__head">
            <h1>"Change password"</h1>
            <p class="ms-entry__lead">
                <Loaded>
                    <strong>
                        <bdi>{email}</bdi>
                    </strong>
                </Loaded>
            </p>
        </div>
        <div class="ms-card ms-entry__card">
            <ActionForm action>
                <Message error=entry.error />
                // Password managers need to know the account.
                <input type="text" autocomplete="username" value=email readonly hidden />
                <PasswordField
                    name="current_password"
                    label="Current password"
                    autocomplete="current-password"
                    autofocus=entry.begins_with("current_password")
                    error=entry.error_of("current_password")
                />
                <PasswordField
                    name="new_password"
                    label="New password"
                    autocomplete="new-password"
                    hint="At least 8 characters."
                    autofocus=entry.begins_with("new_password")
                    error=entry.error_of("new_password")
                />
                <label class="ms-check ms-check--tall">
                    <input type="checkbox" name="revoke_other_sessions" value="true" checked />
                    <span>
                        "Sign out my other devices" <span class="ms-check__hint">"You stay signed in here."</span>
                    </span>
                </label>
                <Submit class="ms-button ms-button--primary ms-button--wide" pending=action.pending()>
                    "Change password"
                </Submit>
            </ActionForm>
        </div>
    }
}
