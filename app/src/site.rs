//! Our own site: the frame of every page, the routes, and redirects.

use leptos::prelude::*;
use leptos_meta::{Title, provide_meta_context};
use leptos_router::{
    NavigateOptions, SsrMode,
    components::{Route, Router, Routes},
    hooks::{use_location, use_navigate, use_query_map},
    path,
};

use crate::{
    MultiSessionOptions,
    accounts::{ChooseDevicePage, ForgotPasswordPage, ResetPasswordPage, SignInPage, SignUpPage, Switcher},
    brand::Brand,
    hooks::{focus_element, on_change},
    not_found::NotFound,
    options::use_options,
    provide::provide_multi_session,
    redirects::detour,
    routes::MultiSessionRoutes,
    sessions::use_list_device_sessions,
    toaster::Toaster,
};

/// The routes of all pages of our own site, for the server.
///
/// They are collected once: while Leptos collects routes, no resource in the process loads, and a page that
/// is being rendered waits forever (leptos-rs/leptos#4773).
#[cfg(feature = "ssr")]
pub fn page_routes() -> &'static [leptos_axum::AxumRouteListing] {
    static ROUTES: std::sync::LazyLock<Vec<leptos_axum::AxumRouteListing>> =
        std::sync::LazyLock::new(|| leptos_axum::generate_route_list(|| view! { <App /> }));
    &ROUTES
}

/// Our own site: the router, the frame, and the pages.
///
/// The server's [`context`](fn@crate::context) and the hydrating client need the same options.
#[component]
pub fn App(
    /// The name, logo and parts of the site.
    #[prop(default = MultiSessionOptions::SITE)]
    options: MultiSessionOptions,
) -> impl IntoView {
    provide_meta_context();
    provide_context(options);
    let brand = options.brand_name();
    let named = move |title: String| {
        if title.is_empty() { brand.to_owned() } else { [&title, " · ", brand].concat() }
    };
    view! {
        <Title formatter=named />
        <Router>
            <Site />
        </Router>
    }
}

#[component]
fn Site() -> impl IntoView {
    let options = use_options();
    provide_multi_session(options);
    lead_home();
    focus_follows_the_page();
    view! {
        <a class="ms-skip" href="#content" rel="external">
            "Skip to content"
        </a>
        <header class="ms-header">
            <div class="ms-header__inner">
                <Brand />
                <Switcher />
            </div>
        </header>
        <main class="ms-page" id="content" tabindex="-1">
            <Routes fallback=NotFound>
                <Route path=path!("/") view=Start ssr=SsrMode::Async />
                <Route path=path!("/sign-in") view=SignInPage ssr=SsrMode::Async />
                <Route path=path!("/sign-up") view=SignUpPage ssr=SsrMode::Async />
                <Route path=path!("/choose-device") view=ChooseDevicePage ssr=SsrMode::Async />
                <Route path=path!("/forgot-password") view=ForgotPasswordPage ssr=SsrMode::Async />
                <Route path=path!("/reset-password") view=ResetPasswordPage ssr=SsrMode::Async />
                <MultiSessionRoutes />
            </Routes>
        </main>
        <Toaster />
    }
}

/// `/`, which always redirects.
#[component]
fn Start() -> impl IntoView {
    view! { <span hidden></span> }.into_any()
}

/// In the browser, redirects people from pages that are not for them, as the server does. For sessions that
/// end see [`provide_multi_session`].
fn lead_home() {
    let (sessions, options) = (use_list_device_sessions(), use_options());
    let (path, query, navigate) = (use_location().pathname, use_query_map(), use_navigate());
    Effect::new(move |_| {
        let Some(signed_in) = sessions.signed_in.get() else { return };
        let adding = query.with(|query| query.get_str("add").is_some());
        let to = path.with(|path| detour(&options, path, adding, signed_in));
        if let Some(to) = to.filter(|_| signed_in || path.with(|path| path == "/")) {
            navigate(to, NavigateOptions { replace: true, ..NavigateOptions::default() });
        }
    });
}

/// Moves the focus to the content after client-side navigation, as a new document would. Browser only.
fn focus_follows_the_page() {
    let path = use_location().pathname;
    on_change(
        move || path.with(|_| ()),
        || {
            request_animation_frame(|| {
                let wanted = document().query_selector("#content [autofocus]").ok().flatten();
                focus_element(&wanted.map_or_else(|| "content".to_owned(), |element| element.id()));
            });
        },
    );
}
