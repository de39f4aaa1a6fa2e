//! The page to make an account.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::{
    accounts::{
        SignUp,
        entry::{Message, use_entry},
    },
    ui::{Field, PasswordField, Submit, piece::IntoPiece},
};

/// `/sign-up`: the form for a new account.
#[component]
pub fn SignUpPage() -> impl IntoView {
    let sign_up = ServerAction::<SignUp>::new();
    let entry = use_entry(sign_up);
    let sign_in = move || if entry.adding.get() { "/sign-in?add=1" } else { "/sign-in" };

    view! {
        <Title text="Create an account" />
        <div class="entry">
            <div class="entry__head">
                <h1>"Create an account"</h1>
                <p class="entry__lead">"One account, many devices, and each of them in your sight."</p>
            </div>
            <div class="card entry__card">
                <ActionForm action=sign_up>{view! {
                    <Message error=entry.error />
                    <Field
                        name="name"
                        label="Name"
                        autocomplete="name"
                        max_length="100"
                        error=entry.error_of("name")
                    />
                    <Field
                        name="email"
                        label="E-mail"
                        kind="email"
                        autocomplete="username"
                        max_length="254"
                        error=entry.error_of("email")
                    />
                    <PasswordField
                        autocomplete="new-password"
                        hint="At least 8 characters."
                        error=entry.error_of("password")
                    />
                    <Submit class="button button--primary button--wide" pending=entry.pending>
                        "Create account"
                    </Submit>
                }.piece()}</ActionForm>
            </div>
            <p class="entry__foot">"Have an account already? " <a href=sign_in>"Sign in"</a></p>
        </div>
    }
    .piece()
}
