//! The sign-in page, which also adds another account to the browser.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;
use multi_session::Code;

use crate::{
    accounts::paths::{CHOOSE_DEVICE, FORGOT_PASSWORD},
    accounts::{
        SignIn,
        entry::{About, KeepChoice, Message, use_entry},
        held_accounts::HeldAccounts,
    },
    hooks::{go, on_answer},
    kept_form::use_kept_form,
    notice::form_action,
    sessions::{Loaded, use_list_device_sessions},
    signed_out::SignedOut,
    ui::{EmailField, PasswordField, Submit},
};

/// The sign-in page from which the server redirects to the history, even if another account is signed in.
pub const SIGN_IN_TO_EXPORT: &str = "/sign-in?add=1&to=history";

const ABOUT: About = &[(Code::InvalidEmail, "email"), (Code::InvalidEmailOrPassword, "password")];

/// The held accounts of this browser, and the form to sign in to another one.
#[component]
pub fn SignInPage() -> impl IntoView {
    let sessions = use_list_device_sessions();
    let action = form_action::<SignIn>();
    sessions.watch_act(action.pending());
    let entry = use_entry(action, "email", ABOUT);
    let kept = use_kept_form();
    on_answer(action, move |result| match result {
        Ok(()) => go(&sessions.options.start("signed-in")),
        Err(error) if error.is(Code::MaximumSessionsReached) => go(CHOOSE_DEVICE),
        Err(_) => {}
    });
    // The next page shows this error.
    let refused = move || entry.error.get().filter(|error| !error.is(Code::MaximumSessionsReached));
    let query = use_query_map();
    let adding = move || query.with(|query| query.get_str("add").is_some());
    // A signed-in person comes here only to add an account.
    let is_signed_in = Memo::new(move |_| sessions.signed_in.get() == Some(true));
    let head = move || {
        let (title, lead) = if is_signed_in.get() {
            ("Add an account", format!("You stay signed in as {}.", sessions.email()))
        } else {
            ("Sign in", "See every device signed in to your account.".to_owned())
        };
        view! {
            <Title text=title />
            <h1>{title}</h1>
            <p class="ms-entry__lead">{lead}</p>
        }
        .into_any()
    };

    view! {
        <div class="ms-entry">
            <div class="ms-entry__head">
                <Loaded>{head}</Loaded>
            </div>
            <SignedOut />
            <Loaded>
                <Show when=move || !is_signed_in.get()>
                    <HeldAccounts />
                </Show>
            </Loaded>
            <div class="ms-card ms-entry__card">
                <ActionForm action>
                    <Message error=Signal::derive(refused) />
                    <EmailField value=kept.email autofocus=entry.begins_with("email") error=entry.error_of("email") />
                    <PasswordField
                        name="password"
                        label="Password"
                        autocomplete="current-password"
                        autofocus=entry.begins_with("password")
                        error=entry.error_of("password")
                    >
                        <a href=FORGOT_PASSWORD>"Forgot your password?"</a>
                    </PasswordField>
                    <KeepChoice />
                    <input type="hidden" name="probe" value="true" />
                    <Submit class="ms-button ms-button--primary ms-button--wide" pending=action.pending()>
                        "Sign in"
                    </Submit>
                </ActionForm>
            </div>
            <p class="ms-entry__foot">
                "New here? "
                <a href=move || if adding() { "/sign-up?add=1" } else { "/sign-up" }>"Create an account"</a>
            </p>
            <Cancel />
        </div>
    }
}

/// The link back for signed-in people who do not want to add an account.
#[component]
pub(super) fn Cancel() -> impl IntoView {
    let sessions = use_list_device_sessions();
    view! {
        <Loaded>
            <Show when=move || sessions.signed_in.get() == Some(true)>
                <a class="ms-button ms-button--wide" href=sessions.options.devices_path()>
                    "Cancel"
                </a>
            </Show>
        </Loaded>
    }
}
