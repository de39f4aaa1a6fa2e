//! The document, the frame of every page, and the routes.

use leptos::prelude::*;
use leptos_meta::{Title, provide_meta_context};
use leptos_router::{
    SsrMode,
    components::{A, Route, Router, Routes},
    path,
};
use multi_session_leptos::prelude::*; // multi-session

use crate::login::{ConfirmPage, LoginPage};

/// The paths of the session pages in this app.
pub const SESSIONS: MultiSessionOptions = MultiSessionOptions::at("/login", "/me/devices").step_up("/verify"); // multi-session

#[cfg(feature = "ssr")]
pub fn shell(options: LeptosOptions) -> impl IntoView {
    view! {
        <!DOCTYPE html>
        <html lang="en">
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                <leptos_meta::HashedStylesheet options=options.clone() id="leptos" />
                <HydrationScripts options />
                <leptos_meta::MetaTags />
            </head>
            <body>
                <App />
            </body>
        </html>
    }
}

#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    view! {
        <Title formatter=|title: String| if title.is_empty() { "Meadow".to_owned() } else { format!("{title} – Meadow") } />
        <Router>
            <Frame />
        </Router>
    }
}

#[component]
fn Frame() -> impl IntoView {
    provide_multi_session(SESSIONS); // multi-session
    view! {
        <header>
            <A href="/">"Meadow"</A>
            <A href="/me/devices">"Devices"</A> // multi-session
            <Switcher /> // multi-session
        </header>
        <main id="content" tabindex="-1">
            <Routes fallback=|| "This page does not exist.">
                <Route path=path!("") view=HomePage ssr=SsrMode::Async />
                <Route path=path!("login") view=LoginPage ssr=SsrMode::Async />
                <Route path=path!("verify") view=ConfirmPage ssr=SsrMode::Async />
                <MultiSessionRoutes /> // multi-session
            </Routes>
        </main>
        <Toaster /> // multi-session
    }
}

/// The home page, with the number of devices.
#[component]
fn HomePage() -> impl IntoView {
    let sessions = use_list_device_sessions(); // multi-session
    view! {
        <h1>"Meadow"</h1>
        <Suspense>{move || sessions.list.get().map(|_| greeting(sessions.devices().len()))}</Suspense> // multi-session
    }
}

fn greeting(devices: usize) -> AnyView {
    match devices {
        0 => view! { <A href="/login">"Log in"</A> }.into_any(),
        1 => "You are signed in on 1 device.".into_any(),
        _ => format!("You are signed in on {devices} devices.").into_any(),
    }
}
