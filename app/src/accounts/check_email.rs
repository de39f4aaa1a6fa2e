//! Instructions for a person whose password is locked.

use leptos::{prelude::*, server_fn::ServerFn};
use leptos_meta::Title;

use crate::{
    accounts::SendAgain,
    sessions::{Loaded, use_list_device_sessions},
    ui::Submit,
};

/// Explains how to set a new password with the mailed link, and sends it again. The browser itself submits
/// the form.
#[component]
pub(crate) fn CheckEmail(
    /// Whether it was sent again just now.
    #[prop(optional)]
    was_sent_again: bool,
) -> impl IntoView {
    let sessions = use_list_device_sessions();
    let email = Memo::new(move |_| sessions.email());
    let again = was_sent_again.then(|| {
        view! {
            <p role="status">
                "We've sent it again, unless the last one is less than a minute old. Check your spam folder too."
            </p>
        }
        .into_any()
    });
    view! {
        <Title text="Check your email" />
        <div class="ms-entry__head">
            <h1>"Check your email"</h1>
            <p class="ms-entry__lead">
                "All other devices are signed out and your old password no longer works. We've sent a link to set a new \
                 one to "
                <Loaded>
                    <strong>
                        <bdi>{email}</bdi>
                    </strong>
                </Loaded>
                ". Links expire after 30 minutes."
            </p>
        </div>
        <div class="ms-card ms-entry__card">
            <form method="post" action=SendAgain::PATH>
                <ol class="ms-steps ms-steps--order">
                    <li>"Open the email and follow its link."</li>
                    <li>"Set a new password. This signs you out everywhere."</li>
                    <li>"Sign in with your new password."</li>
                </ol>
                {again}
                <Submit class="ms-button ms-button--wide">"Send it again"</Submit>
            </form>
        </div>
    }
}
