//! The page of a mailed link. Its address contains a secret, so it sends no Referer.

use leptos::{prelude::*, server_fn::ServerFn};
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;
use multi_session::Code;

#[cfg(feature = "ssr")]
use crate::context::{accounts, fail};
use crate::{
    AppError,
    accounts::paths::{FORGOT_PASSWORD, SIGN_IN},
    accounts::{
        ResetPassword,
        entry::{About, Message, posted_entry},
    },
    answered::answered,
    ui::{PasswordField, Submit},
};

/// The title for invalid links of any kind.
pub(crate) const GONE: &str = "This link has expired or was already used";

const ABOUT: About = &[(Code::PasswordTooShort, "new_password"), (Code::PasswordTooLong, "new_password")];

/// Returns whether a mailed link is valid, without using it up. It is not a GET, because addresses are
/// logged.
///
/// # Errors
///
/// When the store does not answer.
#[server(prefix = "/fn", endpoint = "check-reset-link")]
pub async fn check_reset_link(
    /// The token of the link.
    #[server(default)]
    token: String,
) -> Result<Option<bool>, AppError> {
    let accounts = accounts()?;
    let is_valid = accounts.is_valid_link(&token, multi_session::Purpose::ResetPassword).await;
    is_valid.map(Some).map_err(fail)
}

/// Asks for the new password. Opening the page does not use the link up.
#[component]
pub fn ResetPasswordPage() -> impl IntoView {
    let query = use_query_map();
    let token = Memo::new(move |_| query.with(|query| query.get("token").unwrap_or_default()));
    let is_valid = Resource::new(move || token.get(), check_reset_link);
    answered(is_valid, move |is_valid| {
        if is_valid {
            // Anybody can write this into an address, so it only changes the text.
            let reported = query.with_untracked(|query| query.get_str("reported").is_some());
            view! { <Form token=token.get_untracked() reported /> }.into_any()
        } else {
            gone()
        }
    })
}

/// The browser itself submits it, because another document follows in any case.
#[component]
fn Form(token: String, reported: bool) -> impl IntoView {
    let lead = if reported {
        "All devices are signed out and your old password no longer works."
    } else {
        "This signs you out on every device."
    };
    let entry = posted_entry::<ResetPassword>("new_password", ABOUT);
    view! {
        <Title text="Set a new password" />
        <div class="ms-entry">
            <div class="ms-entry__head">
                <h1>"Set a new password"</h1>
                <p class="ms-entry__lead">{lead}</p>
            </div>
            <div class="ms-card ms-entry__card">
                <form method="post" action=ResetPassword::PATH>
                    <Message error=entry.error />
                    <input type="hidden" name="token" value=token />
                    {reported.then(|| view! { <input type="hidden" name="reported" value="true" /> }.into_any())}
                    <PasswordField
                        name="new_password"
                        label="New password"
                        autocomplete="new-password"
                        hint="At least 8 characters."
                        autofocus=entry.begins_with("new_password")
                        error=entry.error_of("new_password")
                    />
                    <Submit class="ms-button ms-button--primary ms-button--wide">"Set password"</Submit>
                </form>
            </div>
        </div>
    }
}

fn gone() -> AnyView {
    view! {
        <Title text=GONE />
        <div class="ms-entry">
            <div class="ms-entry__head">
                <h1>{GONE}</h1>
                <p class="ms-entry__lead">"Links expire after 30 minutes and work once."</p>
            </div>
            <a class="ms-button ms-button--primary ms-button--wide" href=FORGOT_PASSWORD>
                "Get a new link"
            </a>
            <p class="ms-entry__foot">
                <a href=SIGN_IN>"Back to sign in"</a>
            </p>
        </div>
    }
    .into_any()
}
