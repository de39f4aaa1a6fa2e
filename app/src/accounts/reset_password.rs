//! The page to which the mailed link leads. The server alone makes it, and nothing of anybody else is on it: its address
//! holds a secret.

use leptos::prelude::*;
use multi_session::Code;

use crate::{
    AppError,
    accounts::{
        entry::{MESSAGE, Message},
        forgot_password::FORGOT_PASSWORD,
        mailed::RESET_PASSWORD_FN,
    },
    address::value,
    notice::form_error,
    plain::plain,
    ui::{PasswordField, Submit},
};

/// The path of the page.
pub const RESET_PASSWORD: &str = "/reset-password";

/// What the page shows.
#[derive(Clone, Debug)]
pub struct ResetPasswordPage {
    token: String,
    is_good: bool,
    /// Whether "This wasn't me" has led here. Anybody can write that into an address, so it changes words alone.
    reported: bool,
    error: Option<AppError>,
}

impl ResetPasswordPage {
    /// The address of the page for a mailed secret, which has letters, digits, `-` and `_`; whatever else was sent is
    /// none. `reported` is for who has said by a mail that a sign-in was somebody else's.
    pub(crate) fn address(token: &str, reported: bool) -> String {
        let is_ours = token.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        let told = if reported { "&reported=1" } else { "" };
        [RESET_PASSWORD, "?token=", if is_ours { token } else { "" }, told].concat()
    }

    /// Takes the mailed secret, whether it can be used, and the address's query.
    pub fn of(token: String, is_good: bool, query: &str) -> Self {
        Self { token, is_good, reported: value(query, "reported").is_some(), error: form_error(query) }
    }

    /// The page.
    pub fn page(self, options: LeptosOptions) -> impl IntoView + use<> {
        let title = if self.is_good { "Choose a new password" } else { "This link does not work any more" };
        let content = if self.is_good { self.form().into_any() } else { gone().into_any() };
        plain(options, title, content)
    }

    fn form(self) -> impl IntoView {
        let Self { token, reported, error, .. } = self;
        let lead = if reported {
            "Whoever it was is signed out with every other device, and you sign in with the new one."
        } else {
            "You are signed out on every device, and sign in with the new one."
        };
        let described = error.as_ref().filter(|error| !error.is(Code::ServerBusy)).map(|_| MESSAGE);
        let error = Memo::new(move |_| error.clone());
        view! {
            <div class="entry">
                <div class="entry__head">
                    <h1>"Choose a new password"</h1>
                    <p class="entry__lead">{lead}</p>
                </div>
                <div class="card entry__card">
                    <form method="post" action=RESET_PASSWORD_FN>
                        <Message error />
                        <input type="hidden" name="token" value=token />
                        {reported.then(|| view! { <input type="hidden" name="reported" value="true" /> })}
                        <PasswordField
                            name="new_password"
                            label="New password"
                            autocomplete="new-password"
                            hint="At least 8 characters."
                            error=Signal::stored(described)
                        />
                        <Submit class="button button--primary button--wide" pending=Signal::stored(false)>
                            "Set the password"
                        </Submit>
                    </form>
                </div>
            </div>
        }
    }
}

fn gone() -> impl IntoView {
    view! {
        <div class="entry">
            <div class="entry__head">
                <h1>"This link does not work any more"</h1>
                <p class="entry__lead">{Code::InvalidToken.sentence()}</p>
            </div>
            <a class="button button--primary button--wide" href=FORGOT_PASSWORD>
                "Ask for a new link"
            </a>
            <p class="entry__foot">
                <a href="/sign-in">"Back to sign in"</a>
            </p>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_a_secret_of_our_form_or_none() {
        assert_eq!(ResetPasswordPage::address("aB3-_", false), "/reset-password?token=aB3-_");
        assert_eq!(ResetPasswordPage::address("aB3-_", true), "/reset-password?token=aB3-_&reported=1");
        assert_eq!(ResetPasswordPage::address("a&__err=b", false), "/reset-password?token=");
    }
}
