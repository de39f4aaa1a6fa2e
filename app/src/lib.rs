#![cfg_attr(any(feature = "ssr", not(doctest)), doc = include_str!("../README.md"))]
//!
//! # Our own site
//!
//! [`App`] is the site of the multi-session server. It needs `multi_session::Accounts` in the context of its pages, which
//! [`page_routes`](fn@page_routes) lists.
//!
//! # To add an action on sessions
//!
//! Add a method to `multi_session::Sessions`, three lines to `sessions/actions.rs`, a `ServerAction` to
//! [`sessions::use_list_device_sessions()`], and the words for its result to `sessions/announce.rs`.

#![expect(unreachable_pub, reason = "Leptos' macros make public items of what is private")]
#![recursion_limit = "256"]

pub mod accounts;
pub mod error;
pub mod hooks;
pub mod sessions;
pub mod ui;

/// Everything that an application needs to mount the pages.
pub mod prelude {
    pub use crate::{
        Feature, MultiSessionOptions, MultiSessionRoutes, Toaster,
        accounts::{HeldAccounts, Switcher},
        provide_multi_session,
        sessions::{SessionsManager, use_list_device_sessions},
    };
}

mod account_banner;
mod account_status;
mod answered;
mod brand;
#[cfg(feature = "ssr")]
mod context;
mod history;
#[cfg(feature = "ssr")]
mod hydration;
mod kept_form;
mod not_found;
mod notice;
mod options;
#[cfg(feature = "ssr")]
mod pinned;
#[cfg(feature = "ssr")]
mod plain;
mod provide;
mod query;
mod redirects;
#[cfg(feature = "ssr")]
mod router;
mod routes;
mod server_fn_error;
mod signed_out;
mod site;
mod step;
mod tabs;
mod toaster;

pub use error::AppError;
pub use options::{Feature, MultiSessionOptions, PagePath};
pub use provide::provide_multi_session;
pub use routes::MultiSessionRoutes;
pub use site::App;
pub use step::step_up_purpose;
pub use toaster::Toaster;
#[cfg(feature = "ssr")]
pub use {
    accounts::{RESET_PASSWORD_FN, paths::form_page, step_up},
    answered::UNAVAILABLE,
    hydration::hashed_name,
    pinned::{pinned, start_render_threads},
    plain::plain,
    redirects::redirects,
    router::{export_history, is_unattended, router, session_http, without_slash},
    sessions::REPORT_BY_MAIL,
    site::page_routes,
};

/// The document around [`App`].
#[cfg(feature = "ssr")]
pub fn shell(options: leptos::config::LeptosOptions) -> impl leptos::IntoView {
    use leptos::prelude::*;
    use leptos_meta::{HashedStylesheet, MetaTags};

    // Outside of the hydrated part. The style sheet then shows elements that need a mail server.
    let mail = context::sends_mail().then_some("on");
    let ours = options::use_options();
    let style = ours.stylesheet_address().map(|address| view! { <link rel="stylesheet" href=address /> });
    view! {
        <!DOCTYPE html>
        <html lang="en" data-mail=mail data-brand=ours.brand_name() data-logo=ours.logo_address()>
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover" />
                <meta name="color-scheme" content="light dark" />
                <meta name="theme-color" content="#ffffff" media="(prefers-color-scheme: light)" />
                <meta name="theme-color" content="#15171d" media="(prefers-color-scheme: dark)" />
                // Painting while parsing would move elements that are already visible, so the first paint
                // waits for the end of the page.
                <link rel="expect" href="#end" blocking="render" />
                <link rel="icon" href="/favicon.svg" type="image/svg+xml" />
                <link rel="apple-touch-icon" href="/apple-touch-icon.png" />
                <link rel="manifest" href="/manifest.webmanifest" />
                <HashedStylesheet options=options.clone() id="leptos" />
                {style}
                <hydration::Hydration options />
                <MetaTags />
            </head>
            <body class="ms">
                <App options=ours />
                <span id="end" hidden></span>
            </body>
        </html>
    }
}
