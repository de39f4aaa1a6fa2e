//! The page of a person's devices.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::{
    Feature,
    accounts::paths::CHANGE_PASSWORD,
    sessions::{Loaded, SessionsManager, use_list_device_sessions},
};

/// Says whose devices these are, and manages them.
#[component]
pub fn SessionsPage() -> impl IntoView {
    let sessions = use_list_device_sessions();
    let email = Memo::new(move |_| sessions.current().map(|row| row.user.email));
    let options = sessions.options;
    let password = options.has_passwords().then(|| {
        view! {
            " and "
            <a href=CHANGE_PASSWORD>"change your password"</a>
        }
        .into_any()
    });
    let history = options.has(Feature::History).then(|| {
        view! {
            " What happened so far is in the "
            <a href=options.history_path().to_string()>"account history"</a>
            "."
        }
        .into_any()
    });

    view! {
        <Title text="Your devices" />
        <div class="ms-page__head">
            <h1>"Your devices"</h1>
            <p class="ms-page__lead">
                <Loaded>
                    {move || email.get().map(|email| view! { "Everywhere " <strong>{email}</strong> " is signed in. " }.into_any())}
                </Loaded>
                // Leptos takes the text and the link as one, and would not part its text from the one before.
                <span>
                    "If you do not recognise a device, revoke it" {password} "." {history}
                </span>
            </p>
        </div>
        <Loaded>
            <SessionsManager />
        </Loaded>
    }
}
