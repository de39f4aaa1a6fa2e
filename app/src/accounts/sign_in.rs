//! The page to sign in.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::{
    accounts::{
        SignIn,
        entry::{Message, use_entry},
        held_accounts::HeldAccounts,
    },
    sessions::Loaded,
    ui::{Field, PasswordField, Submit, piece::IntoPiece},
};

/// `/sign-in`: the accounts of this browser, and the form for any other.
#[component]
pub fn SignInPage() -> impl IntoView {
    let sign_in = ServerAction::<SignIn>::new();
    let entry = use_entry(sign_in);
    let sign_up = move || if entry.adding.get() { "/sign-up?add=1" } else { "/sign-up" };

    view! {
        <Title text="Sign in" />
        <div class="entry">
            <div class="entry__head">
                <h1>"Sign in"</h1>
                <p class="entry__lead">"See and end every session of your account."</p>
            </div>
            <Loaded content=Box::new(move || view! { <HeldAccounts adding=entry.adding /> }.piece()) />
            <div class="card entry__card">
                <ActionForm action=sign_in>{view! {
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
                    <Submit class="button button--primary button--wide" pending=entry.pending>
                        "Sign in"
                    </Submit>
                }.piece()}</ActionForm>
            </div>
            <p class="entry__foot">"New here? " <a href=sign_up>"Create an account"</a></p>
        </div>
    }
    .piece()
}
