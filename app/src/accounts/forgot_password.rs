//! The page for who has forgotten the password. The server alone makes it: it is one form.

use leptos::prelude::*;

use crate::{
    AppError,
    accounts::{
        entry::{MESSAGE, Message},
        mailed::FORGOT_PASSWORD_FN,
    },
    address::value,
    notice::form_error,
    plain::plain,
    ui::{EmailField, Submit},
};

/// The path of the page.
pub const FORGOT_PASSWORD: &str = "/forgot-password";
/// The page after the form was sent.
pub(crate) const SENT: &str = "/forgot-password?sent=1";
/// The notice without which that page is not believed.
pub(crate) const SENT_NOTICE: &str = "forgot-password";

/// What the page shows.
#[derive(Clone, Debug)]
pub struct ForgotPasswordPage {
    sent: bool,
    error: Option<AppError>,
}

impl ForgotPasswordPage {
    /// Takes the address's query, and the notice that the browser brings.
    pub fn of(query: &str, notice: Option<&str>) -> Self {
        let sent = value(query, "sent").is_some() && notice == Some(SENT_NOTICE);
        Self { sent, error: form_error(query) }
    }

    /// The page.
    pub fn page(self, options: LeptosOptions) -> impl IntoView + use<> {
        let Self { sent, error } = self;
        let title = if sent { "Look into your mailbox" } else { "Forgot your password?" };
        let content = if sent { told().into_any() } else { form(error).into_any() };
        plain(options, title, content)
    }
}

fn told() -> impl IntoView {
    view! {
        <div class="entry">
            <div class="entry__head">
                <h1>"Look into your mailbox"</h1>
                <p class="entry__lead">
                    "If there is an account with that address, a mail with a link is on its way to it. \
                     The link works once, within 30 minutes."
                </p>
            </div>
            <p class="entry__foot">
                "Nothing there? " <a href=FORGOT_PASSWORD>"Try once more"</a> " in a minute."
            </p>
            <p class="entry__foot">
                <a href="/sign-in">"Back to sign in"</a>
            </p>
        </div>
    }
}

fn form(error: Option<AppError>) -> impl IntoView {
    let described = error.is_some().then_some(MESSAGE);
    let error = Memo::new(move |_| error.clone());
    view! {
        <div class="entry">
            <div class="entry__head">
                <h1>"Forgot your password?"</h1>
                <p class="entry__lead">"We mail you a link to choose a new one."</p>
            </div>
            <div class="card entry__card">
                <form method="post" action=FORGOT_PASSWORD_FN>
                    <Message error />
                    <EmailField error=Signal::stored(described) />
                    <Submit class="button button--primary button--wide" pending=Signal::stored(false)>
                        "Send the link"
                    </Submit>
                </form>
            </div>
            <p class="entry__foot">
                <a href="/sign-in">"Back to sign in"</a>
            </p>
        </div>
    }
}
