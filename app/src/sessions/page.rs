//! The page of a person's devices.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::{
    accounts::paths::CHANGE_PASSWORD,
    sessions::{Loaded, SessionsManager, use_list_device_sessions},
};

/// The page with the list of devices.
#[component]
pub fn SessionsPage() -> impl IntoView {
    let sessions = use_list_device_sessions();
    let email = Memo::new(move |_| sessions.current().map(|row| row.user.email));
    let options = sessions.options;
    let advice = if options.has_passwords() {
        view! {
            "Revoke it and "
            <a href=CHANGE_PASSWORD>"change your password"</a>
            "."
        }
        .into_any()
    } else {
        "Revoke it.".into_any()
    };

    view! {
        <Title text="Your devices" />
        <div class="ms-page__head">
            <h1>"Your devices"</h1>
            <p class="ms-page__lead">
                <Loaded>
                    {move || email.get().map(|email| view! { "Devices signed in to " <strong>{email}</strong> ". " }.into_any())}
                </Loaded>
                // Without the element, Leptos would not separate this text from the previous one.
                <span>"Don't recognize one? " {advice}</span>
            </p>
        </div>
        <Loaded>
            <SessionsManager />
        </Loaded>
    }
}
