//! The page to sign in.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;
use multi_session::Code;

use crate::{
    accounts::paths::FORGOT_PASSWORD,
    accounts::{
        SignIn,
        entry::{About, Message, SharedComputer, use_entry},
        held_accounts::HeldAccounts,
    },
    hooks::{go, on_answer},
    notice::form_action,
    sessions::use_list_device_sessions,
    ui::{EmailField, PasswordField, Submit},
};

/// Where a person signs in to go on to the history, also beside another account; the server leads them on.
pub const SIGN_IN_TO_EXPORT: &str = "/sign-in?add=1&to=history";

const ABOUT: About = &[(Code::InvalidEmail, "email"), (Code::InvalidEmailOrPassword, "email")];

/// The accounts of this browser, and the form for any other.
#[component]
pub fn SignInPage() -> impl IntoView {
    let sessions = use_list_device_sessions();
    let action = form_action::<SignIn>();
    sessions.watch_act(action.pending());
    let entry = use_entry(action, "email", ABOUT);
    on_answer(action, move |result| {
        if result.is_ok() {
            go(&sessions.options.start("signed-in"));
        }
    });
    let query = use_query_map();
    let adding = move || query.with(|query| query.get_str("add").is_some());

    view! {
        <Title text="Sign in" />
        <div class="ms-entry">
            <div class="ms-entry__head">
                <h1>"Sign in"</h1>
                <p class="ms-entry__lead">"See and end every session of your account."</p>
            </div>
            <HeldAccounts />
            <div class="ms-card ms-entry__card">
                <ActionForm action>
                    <Message error=entry.error />
                    <EmailField error=entry.error_of("email") />
                    <PasswordField
                        name="password"
                        label="Password"
                        autocomplete="current-password"
                        error=entry.error_of("password")
                    />
                    <SharedComputer />
                    <input type="hidden" name="probe" value="true" />
                    <label class="ms-check ms-check--keep">
                        <input type="checkbox" name="remember" value="true" checked />
                        "Keep me signed in"
                    </label>
                    <Submit class="ms-button ms-button--primary ms-button--wide" pending=action.pending()>
                        "Sign in"
                    </Submit>
                </ActionForm>
            </div>
            <p class="ms-entry__foot">
                "New here? "
                <a href=move || if adding() { "/sign-up?add=1" } else { "/sign-up" }>"Create an account"</a>
            </p>
            <a class="ms-entry__forgot" href=FORGOT_PASSWORD>
                "Forgot your password?"
            </a>
        </div>
    }
}
