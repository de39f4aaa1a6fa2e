//! The page for people who forgot their password.

use leptos::prelude::*;
use leptos_meta::Title;
use multi_session::Code;

use crate::{
    accounts::paths::{FORGOT_PASSWORD, SIGN_IN},
    accounts::{
        ForgotPassword,
        entry::{About, Message, use_entry},
    },
    kept_form::use_kept_form,
    notice::form_action,
    ui::{EmailField, Submit},
};

const ABOUT: About = &[(Code::InvalidEmail, "email")];

/// Asks for the email address, and then says that the mail was sent.
#[component]
pub fn ForgotPasswordPage() -> impl IntoView {
    let action = form_action::<ForgotPassword>();
    let entry = use_entry(action, "email", ABOUT);
    let email = StoredValue::new(use_kept_form().email);
    // Without JavaScript the redirect of the form says so. Only the server can check that.
    let was_sent = SharedValue::new(|| {
        #[cfg(feature = "ssr")]
        let was_sent = was_sent();
        #[cfg(not(feature = "ssr"))]
        let was_sent = false;
        was_sent
    });
    let was_sent = was_sent.into_inner();
    let is_sent = Memo::new(move |_| was_sent || action.value().with(|value| matches!(value, Some(Ok(())))));

    view! {
        <div class="ms-entry">
            <Show
                when=move || is_sent.get()
                fallback=move || {
                    view! {
                        <Title text="Forgot your password?" />
                        <div class="ms-entry__head">
                            <h1>"Forgot your password?"</h1>
                            <p class="ms-entry__lead">"We'll email you a link to set a new one."</p>
                        </div>
                        <div class="ms-card ms-entry__card">
                            <ActionForm action>
                                <Message error=entry.error />
                                <EmailField
                                    value=email.get_value()
                                    autofocus=entry.begins_with("email")
                                    error=entry.error_of("email")
                                />
                                <Submit class="ms-button ms-button--primary ms-button--wide" pending=action.pending()>
                                    "Send link"
                                </Submit>
                            </ActionForm>
                        </div>
                    }
                }
            >
                <Title text="Check your email" />
                <div class="ms-entry__head">
                    <h1>"Check your email"</h1>
                    <p class="ms-entry__lead">
                        "If an account exists for that address, we've sent it a link. It works once and expires in 30 \
                         minutes."
                    </p>
                </div>
                <p class="ms-entry__foot">
                    "Nothing there? Check your spam folder, or "
                    <a href=FORGOT_PASSWORD rel="external">"send it again"</a>
                    " in a minute."
                </p>
            </Show>
            <p class="ms-entry__foot">
                <a href=SIGN_IN rel="external">"Back to sign in"</a>
            </p>
        </div>
    }
}

#[cfg(feature = "ssr")]
fn was_sent() -> bool {
    use crate::{context::request_if_any, query::query_value};

    let parts = use_context::<http::request::Parts>();
    let is_claimed =
        parts.is_some_and(|parts| query_value(parts.uri.query().unwrap_or_default(), "sent").is_some());
    is_claimed
        && request_if_any()
            .is_some_and(|request| request.notice() == Some(crate::accounts::paths::SENT_NOTICE))
}
