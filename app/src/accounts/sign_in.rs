//! The page to sign in.

use leptos::prelude::*;
use multi_session::Code;

use crate::{
    accounts::{
        actions::SIGN_IN,
        entry::{About, Message, SharedComputer, use_entry},
        held_accounts::HeldAccounts,
    },
    act::{Act, ActForm},
    address::{start, use_address},
    sessions::Loaded,
    ui::{EmailField, PasswordField, Submit, piece::IntoPiece},
};

const ABOUT: About = &[(Code::InvalidEmail, "email"), (Code::InvalidEmailOrPassword, "email")];

/// `/sign-in`: the accounts of this browser, and the form for any other.
#[component]
pub fn SignInPage() -> impl IntoView {
    let entry = use_entry(Act::new(SIGN_IN, |_, _| Some(start!("signed-in"))), "email", ABOUT);
    let sign_up = if use_address().adding { "/sign-up?add=1" } else { "/sign-up" };
    let fields = view! {
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
        <label class="check check--keep">
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
            <a class="entry__forgot" href="/forgot-password">
                "Forgot your password?"
            </a>
        </div>
    }
    .piece()
}
