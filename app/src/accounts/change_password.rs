//! The page to change the password.

use leptos::prelude::*;
use multi_session::Code;

use crate::{
    accounts::{
        actions::CHANGE_PASSWORD,
        entry::{About, Message, use_entry},
    },
    act::{Act, ActForm},
    address::start,
    sessions::{Loaded, use_list_device_sessions},
    ui::{PasswordField, Submit, piece::IntoPiece},
};

const ABOUT: About = &[
    (Code::InvalidPassword, "current_password"),
    (Code::PasswordTooShort, "new_password"),
    (Code::PasswordTooLong, "new_password"),
];

/// `/change-password`: the form for a new password, which by default signs the other devices out.
#[component]
pub fn ChangePasswordPage() -> impl IntoView {
    let act = Act::new(CHANGE_PASSWORD, |_, others| {
        Some(if others == "true" { start!("password-others") } else { start!("password") })
    });
    let entry = use_entry(act, "current_password", ABOUT);
    let sessions = use_list_device_sessions();
    let email = Memo::new(move |_| sessions.email());
    let fields = view! {
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
        <label class="check check--tall">
            <input type="checkbox" name="revoke_other_sessions" value="true" checked />
            <span>
                "Sign out my other devices" <span class="check__hint">"This one stays signed in."</span>
            </span>
        </label>
        <Submit class="button button--primary button--wide" pending=entry.act.pending()>
            "Change password"
        </Submit>
    }
    .piece();

    view! {
        <div class="entry">
            <div class="entry__head">
                <h1>"Change password"</h1>
                <p class="entry__lead">
                    <Loaded content=Box::new(move || view! { <strong>{email}</strong> }.piece()) />
                </p>
            </div>
            <div class="card entry__card">
                <ActForm act=entry.act fields />
            </div>
            <p class="entry__foot">
                <a href="/sessions">"Back to your devices"</a>
            </p>
        </div>
    }
    .piece()
}
