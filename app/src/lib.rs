//! What a person sees: pages, components, hooks and server functions.
//!
//! The server renders every page completely (feature `ssr`), so that all of it works without JavaScript; the
//! browser then takes the page over (feature `hydrate`). The two features are never on together.
//!
//! The server gives, by context: `multi_session::Sessions`, `multi_session::Accounts`, [`RenderedAt`] and the request's `http` parts, in whose
//! extensions the session layer has put `multi_session::http::SessionRequest`.
//!
//! To add one more act on sessions: a method of `Sessions`, three lines in `sessions/actions.rs`, an [`Act`]
//! in [`sessions::use_list_device_sessions`], and its outcome's words in `sessions/announce.rs`.

#![expect(unreachable_pub, reason = "Leptos' macros make public items of what is private")]
#![recursion_limit = "256"]

use leptos::prelude::*;

pub mod accounts;
pub mod act;
pub mod error;
pub mod hooks;
pub mod sessions;
pub mod ui;

mod address;
#[cfg(feature = "ssr")]
mod context;
mod guard;
#[cfg(feature = "ssr")]
mod history;
mod not_found;
mod notice;
#[cfg(feature = "ssr")]
mod plain;
#[cfg(feature = "ssr")]
mod unavailable;

pub use act::Act;
pub use error::AppError;
pub use hooks::use_now::RenderedAt;
#[cfg(feature = "ssr")]
pub use {
    accounts::{Confirm, ForgotPasswordPage, RESET_PASSWORD_FN, ResetPasswordPage},
    address::{PlainPage, page_paths, plain_pages, signs_in, value as query_value},
    guard::home,
    history::{HISTORY, HistoryAsked, HistoryShown},
    notice::{SignedOutElsewhere, is_told},
    plain::plain,
    sessions::{LIST, NotMePage, REPORT_BY_MAIL, RenamePage, STAY},
    unavailable::UnavailablePage,
};

use crate::{
    accounts::{ChangePasswordPage, SignInPage, SignUpPage, Switcher},
    address::{Page, provide_address},
    guard::Guard,
    hooks::{provide_now, use_hydrated},
    not_found::NotFound,
    notice::{Toaster, provide_notices},
    sessions::{Expiring, SessionsPage, announce_outcomes, provide_list_device_sessions},
    ui::{Icon, IconName, piece::IntoPiece},
};

/// The document around [`App`]: what the browser needs before the first script runs.
#[cfg(feature = "ssr")]
pub fn shell(options: LeptosOptions) -> impl IntoView {
    use leptos_meta::HashedStylesheet;

    // Outside of what the browser's half takes over: the style shows then what needs a mail server.
    let mail = context::accounts().sends_mail().then_some("on");
    view! {
        <!DOCTYPE html>
        <html lang="en" data-mail=mail>
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover" />
                <meta name="color-scheme" content="light dark" />
                <meta name="theme-color" content="#ffffff" media="(prefers-color-scheme: light)" />
                <meta name="theme-color" content="#15171d" media="(prefers-color-scheme: dark)" />
                <link rel="icon" href="/favicon.svg" type="image/svg+xml" />
                <link rel="manifest" href="/manifest.webmanifest" />
                <HashedStylesheet options=options.clone() id="leptos" />
                <HydrationScripts options />
                <title>{Page::of(&address::here().0).title()}</title>
            </head>
            <body>
                <App />
            </body>
        </html>
    }
}

/// The application: the frame of every page, what all pages share, and the page that the address asks for.
#[component]
pub fn App() -> impl IntoView {
    let address = provide_address();
    provide_now();
    provide_notices();
    let sessions = provide_list_device_sessions();
    announce_outcomes(sessions);
    use_hydrated();
    let page = match address.page {
        Page::Start => view! { <span hidden></span> }.piece(),
        Page::SignIn => view! { <SignInPage /> }.piece(),
        Page::SignUp => view! { <SignUpPage /> }.piece(),
        Page::Sessions => view! { <SessionsPage /> }.piece(),
        Page::ChangePassword => view! { <ChangePasswordPage /> }.piece(),
        Page::Missing => view! { <NotFound /> }.piece(),
    };

    view! {
        <a class="skip" href="#content">
            "Skip to content"
        </a>
        <Guard />
        <header class="header">
            <div class="header__inner">
                <a class="brand" href="/">
                    <Icon name=IconName::Logo size=24 />
                    <span>"Multi-session"</span>
                </a>
                <Switcher />
            </div>
        </header>
        <main class="page" id="content" tabindex="-1">
            {page}
        </main>
        <div class="toaster">
            <Expiring />
            <Toaster />
        </div>
    }
}
