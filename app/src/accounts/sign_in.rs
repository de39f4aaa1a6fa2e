//! The page to sign in.

use leptos::prelude::*;

use crate::{
    accounts::{
        actions::SIGN_IN,
        entry::{Message, use_entry},
        held_accounts::HeldAccounts,
    },
    act::ActForm,
    address::use_address,
    sessions::Loaded,
    ui::{Field, PasswordField, Submit, piece::IntoPiece},
};

/// `/sign-in`: the accounts of this browser, and the form for any other.
#[component]
pub fn SignInPage() -> impl IntoView {
    let entry = use_entry(SIGN_IN);
    let sign_up = if use_address().adding { "/sign-up?add=1" } else { "/sign-up" };
    let fields = view! {
        <Message error=entry.error />
        <Field
            name="email"
            label="E-mail"
            kind="email"
            autocomplete="username"
            max_length="254"
            error=entry.error_of("email")
        />
        <PasswordField autocomplete="current-password" error=entry.error_of("password") />
        <label class="check">
            <input type="checkbox" name="remember" value="true" checked />
            "Keep me signed in"
        </label>
        <Submit class="button button--primary button--wide" pending=entry.act.pending()>
            "Sign in"
        </Submit>
    }
    .piece();

    view! {
        <div class="entry">
            <div class="entry__head">
                <h1>"Sign in"</h1>
                <p class="entry__lead">"See and end every session of your account."</p>
            </div>
            <Loaded content=Box::new(move || view! { <HeldAccounts /> }.piece()) />
            <div class="card entry__card">
                <ActForm act=entry.act fields />
            </div>
            <p class="entry__foot">"New here? " <a href=sign_up>"Create an account"</a></p>
        </div>
    }
    .piece()
}
