//! The page to make an account.

use leptos::prelude::*;
use multi_session::Code;

use crate::{
    accounts::{
        actions::SIGN_UP,
        entry::{About, Message, SharedComputer, use_entry},
    },
    act::{Act, ActForm},
    address::{start, use_address},
    ui::{EmailField, Field, PasswordField, Submit, piece::IntoPiece},
};

const ABOUT: About = &[
    (Code::InvalidName, "name"),
    (Code::InvalidEmail, "email"),
    (Code::UserAlreadyExists, "email"),
    (Code::PasswordTooShort, "password"),
    (Code::PasswordTooLong, "password"),
];

/// `/sign-up`: the form for a new account.
#[component]
pub fn SignUpPage() -> impl IntoView {
    let entry = use_entry(Act::new(SIGN_UP, |_, _| Some(start!("signed-in"))), "name", ABOUT);
    let sign_in = if use_address().adding { "/sign-in?add=1" } else { "/sign-in" };
    let fields = view! {
        <Message error=entry.error />
        <Field name="name" label="Name" autocomplete="name" max_length="100" error=entry.error_of("name") />
        <EmailField error=entry.error_of("email") />
        <PasswordField
            name="password"
            label="Password"
            autocomplete="new-password"
            hint="At least 8 characters."
            error=entry.error_of("password")
        />
        <SharedComputer />
        <input type="hidden" name="probe" value="true" />
        <Submit class="button button--primary button--wide" pending=entry.act.pending()>
            "Create account"
        </Submit>
    }
    .piece();

    view! {
        <div class="entry">
            <div class="entry__head">
                <h1>"Create an account"</h1>
                <p class="entry__lead">"One account, many devices, and each of them in your sight."</p>
            </div>
            <div class="card entry__card">
                <ActForm act=entry.act fields />
            </div>
            <p class="entry__foot">"Have an account already? " <a href=sign_in>"Sign in"</a></p>
        </div>
    }
    .piece()
}
