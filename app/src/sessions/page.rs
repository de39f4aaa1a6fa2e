//! The page of a person's devices.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::sessions::{Loaded, SessionsManager, use_list_device_sessions};
use crate::ui::Erase;

/// Says whose devices these are, and manages them.
#[component]
pub fn SessionsPage() -> impl IntoView {
    let sessions = use_list_device_sessions();
    let email = Memo::new(move |_| sessions.current().map(|row| row.user.email));
    let history = sessions.options.history_path().to_string();

    view! {
        <Title text="Your devices" />
        <div class="page__head">
            <h1>"Your devices"</h1>
            <p class="page__lead">
                <Loaded>
                    {move || email.get().map(|email| view! { "Everywhere " <strong>{email}</strong> " is signed in. " }.erased())}
                </Loaded>
                // Leptos takes the text and the link as one, and would not part its text from the one before.
                <span>
                    "If you do not recognise a device, revoke it and "
                    <a href="/change-password">"change your password"</a> ". What happened so far is in the "
                    <a href=history>"account history"</a> "."
                </span>
            </p>
        </div>
        <Loaded>
            <SessionsManager />
        </Loaded>
    }
    .erased()
}
