//! Links between the pages of an account.

use leptos::prelude::*;
use leptos_router::hooks::use_location;

use crate::{
    Feature,
    sessions::{Loaded, use_list_device_sessions},
    ui::{Icon, IconName},
};

/// Links to the devices, the activity and the password of the signed-in person, as far as the application has
/// these pages.
#[component]
pub(crate) fn Tabs() -> impl IntoView {
    let sessions = use_list_device_sessions();
    let options = sessions.options;
    let path = use_location().pathname;
    let tabs = [
        Some((IconName::Desktop, "Devices", options.devices_path().to_owned())),
        options
            .has(Feature::History)
            .then(|| (IconName::Clock, "Activity", options.history_path().to_string())),
        options.has_passwords().then(|| (IconName::Key, "Password", options.password_path().to_string())),
    ];
    let tabs: Vec<_> = tabs.into_iter().flatten().collect();
    // If the server cannot determine who is signed in, these pages imply that somebody is.
    let is_signed_in = move || {
        let is_let_in = || path.with(|path| options.needs_sign_in(path));
        sessions.signed_in.get().unwrap_or_else(is_let_in)
    };
    let tab = move |(icon, text, href): (IconName, &'static str, String)| {
        let here = href.clone();
        let current = move || path.with(|path| *path == here).then_some("page");
        view! {
            <li>
                <a class="ms-tab" href=href aria-current=current>
                    <Icon name=icon size=18 />
                    {text}
                </a>
            </li>
        }
        .into_any()
    };
    // A single tab would be useless.
    (tabs.len() > 1).then(|| {
        view! {
            <Loaded>
                <Show when=is_signed_in>
                    <nav class="ms-tabs" aria-label="Your account">
                        <ul>{tabs.iter().cloned().map(tab).collect_view()}</ul>
                    </nav>
                </Show>
            </Loaded>
        }
    })
}
