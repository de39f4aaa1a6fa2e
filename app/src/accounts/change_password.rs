//! The page to change the password.

use leptos::prelude::*;
use leptos_meta::Title;
use multi_session::Code;

use crate::{
    accounts::{
        ChangePassword,
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

/// The form for a new password, which by default signs the other devices out.
#[component]
pub fn ChangePasswordPage() -> impl IntoView {
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
        <div class="ms-entry">
            <div class="ms-entry__head">
                <h1>"Change password"</h1>
                <p class="ms-entry__lead">
                    <Loaded>
                        <strong>{email}</strong>
                    </Loaded>
                </p>
            </div>
            <div class="ms-card ms-entry__card">
                <ActionForm action>
                    <Message error=entry.error />
                    // Password managers ask of which account it is.
                    <input type="text" autocomplete="username" value=email readonly hidden />
                    <PasswordField
                        name="current_password"
                        label="Current password"
                        autocomplete="current-password"
                        error=entry.error_of("current_password")
                    />
                    <PasswordField
                        name="new_password"
                        label="New password"
                        autocomplete="new-password"
                        hint="At least 8 characters."
                        error=entry.error_of("new_password")
                    />
                    <label class="ms-check ms-check--tall">
                        <input type="checkbox" name="revoke_other_sessions" value="true" checked />
                        <span>
                            "Sign out my other devices" <span class="ms-check__hint">"This one stays signed in."</span>
                        </span>
                    </label>
                    <Submit class="ms-button ms-button--primary ms-button--wide" pending=action.pending()>
                        "Change password"
                    </Submit>
                </ActionForm>
            </div>
            <p class="ms-entry__foot">
                <a href=sessions.options.devices_path()>"Back to your devices"</a>
            </p>
        </div>
    }
}
