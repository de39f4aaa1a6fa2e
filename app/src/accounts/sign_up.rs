//! The page to create an account.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;
use multi_session::Code;

use crate::{
    accounts::{
        SignUp,
        entry::{About, KeepChoice, Message, use_entry},
        sign_in::Cancel,
    },
    hooks::{go, on_answer},
    kept_form::use_kept_form,
    notice::form_action,
    sessions::{Loaded, use_list_device_sessions},
    ui::{EmailField, Field, PasswordField, Submit},
};

const ABOUT: About = &[
    (Code::InvalidName, "name"),
    (Code::InvalidEmail, "email"),
    (Code::UserAlreadyExists, "email"),
    (Code::PasswordTooShort, "password"),
    (Code::PasswordTooLong, "password"),
];

/// The form for a new account.
#[component]
pub fn SignUpPage() -> impl IntoView {
    let sessions = use_list_device_sessions();
    let action = form_action::<SignUp>();
    sessions.watch_act(action.pending());
    let entry = use_entry(action, "name", ABOUT);
    let kept = use_kept_form();
    on_answer(action, move |result| {
        if result.is_ok() {
            go(&sessions.options.start("signed-in"));
        }
    });
    let query = use_query_map();
    let adding = move || query.with(|query| query.get_str("add").is_some());
    let lead = move || match sessions.email() {
        email if email.is_empty() => "See every device signed in to your account.".to_owned(),
        email => format!("You stay signed in as {email}."),
    };

    view! {
        <Title text="Create an account" />
        <div class="ms-entry">
            <div class="ms-entry__head">
                <h1>"Create an account"</h1>
                <Loaded>
                    <p class="ms-entry__lead">{lead}</p>
                </Loaded>
            </div>
            <div class="ms-card ms-entry__card">
                <ActionForm action>
                    <Message error=entry.error />
                    <Field
                        name="name"
                        label="Name"
                        autocomplete="name"
                        max_length="100"
                        value=kept.name
                        autofocus=entry.begins_with("name")
                        error=entry.error_of("name")
                    />
                    <EmailField value=kept.email autofocus=entry.begins_with("email") error=entry.error_of("email") />
                    <PasswordField
                        name="password"
                        label="Password"
                        autocomplete="new-password"
                        hint="At least 8 characters."
                        autofocus=entry.begins_with("password")
                        error=entry.error_of("password")
                    />
                    <KeepChoice />
                    <input type="hidden" name="probe" value="true" />
                    <Submit class="ms-button ms-button--primary ms-button--wide" pending=action.pending()>
                        "Create account"
                    </Submit>
                </ActionForm>
            </div>
            <p class="ms-entry__foot">
                "Already have an account? "
                <a href=move || if adding() { "/sign-in?add=1" } else { "/sign-in" }>"Sign in"</a>
            </p>
            <Cancel />
        </div>
    }
}
