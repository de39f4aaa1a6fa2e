//! Our own site: the frame around every page, the routes, and who belongs where.

use leptos::prelude::*;
use leptos_meta::{Title, provide_meta_context};
use leptos_router::{
    NavigateOptions, SsrMode,
    components::{ProtectedRoute, Route, Router, Routes},
    hooks::{use_location, use_navigate, use_query_map},
    path,
};

use crate::{
    MultiSessionOptions,
    accounts::paths::{CHANGE_PASSWORD, SIGN_IN, SIGN_UP},
    accounts::{ChangePasswordPage, ForgotPasswordPage, ResetPasswordPage, SignInPage, SignUpPage, Switcher},
    hooks::{effect, focus_element, on_change},
    not_found::NotFound,
    notice::Toaster,
    options::use_options,
    provide::provide_multi_session,
    routes::{MultiSessionRoutes, may_show},
    sessions::use_list_device_sessions,
    ui::{Erase, Icon, IconName},
};

/// Where a request for a page is sent instead, if the person does not belong there.
///
/// `adding` is for `?add=1`: a signed-in person who is about to add one more account.
fn detour(options: &MultiSessionOptions, path: &str, adding: bool, signed_in: bool) -> Option<&'static str> {
    let belongs = match path {
        "/" => false,
        SIGN_IN | SIGN_UP => !signed_in || adding,
        CHANGE_PASSWORD => signed_in,
        _ => signed_in || !options.needs_sign_in(path),
    };
    (!belongs).then(|| options.home(signed_in))
}

/// The address to which a request for a page is sent instead: what was done, or how a session ended, is told there.
#[cfg(feature = "ssr")]
pub fn redirect(options: &MultiSessionOptions, path: &str, query: &str, signed_in: bool) -> Option<String> {
    use crate::notice::{of_done, query_value};

    let to = detour(options, path, query_value(query, "add").is_some(), signed_in)?;
    let ended = query_value(query, "ended").filter(|id| multi_session::SessionId::new(*id).is_ok());
    let done = query_value(query, "done").filter(|done| of_done(done).is_some());
    Some(match (ended, done) {
        (Some(id), _) => format!("{to}?ended={id}"),
        (None, Some(done)) => format!("{to}?done={done}"),
        (None, None) => to.to_owned(),
    })
}

/// The paths of all pages, for the server's routes.
///
/// They are collected once: while Leptos collects routes, no resource of the whole process loads, and a page that is being
/// rendered meanwhile waits for ever (leptos-rs/leptos#4773).
#[cfg(feature = "ssr")]
pub fn page_paths() -> &'static [String] {
    static PATHS: std::sync::LazyLock<Vec<String>> = std::sync::LazyLock::new(|| {
        leptos_axum::generate_route_list(App).iter().map(|route| route.path().to_owned()).collect()
    });
    &PATHS
}

/// The application: the router, and in it the frame of every page and the page that the address asks for.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    let brand = use_options().brand_name();
    let named = move |title: String| {
        if title.is_empty() { brand.to_owned() } else { [&title, " · ", brand].concat() }
    };
    view! {
        <Title formatter=named />
        <Router>
            <Site />
        </Router>
    }
    .erased()
}

#[component]
fn Site() -> impl IntoView {
    let options = use_options();
    provide_multi_session(options);
    lead_home();
    focus_follows_the_page();
    let sign_in = move || options.sign_in_path();
    let logo =
        options.logo_view().unwrap_or_else(|| view! { <Icon name=IconName::Logo size=24 /> }.into_any());
    view! {
        <a class="ms-skip" href="#content" rel="external">
            "Skip to content"
        </a>
        <header class="ms-header">
            <div class="ms-header__inner">
                <a class="ms-brand" href="/">
                    {logo}
                    <span>{options.brand_name()}</span>
                </a>
                <Switcher />
            </div>
        </header>
        <main class="ms-page" id="content" tabindex="-1">
            <Routes fallback=NotFound>
                <Route path=path!("/") view=Start ssr=SsrMode::Async />
                <Route path=path!("/sign-in") view=SignInPage ssr=SsrMode::Async />
                <Route path=path!("/sign-up") view=SignUpPage ssr=SsrMode::Async />
                <ProtectedRoute
                    path=path!("/change-password")
                    view=ChangePasswordPage
                    condition=may_show
                    redirect_path=sign_in
                    ssr=SsrMode::Async
                />
                <Route path=path!("/forgot-password") view=ForgotPasswordPage ssr=SsrMode::Async />
                <Route path=path!("/reset-password") view=ResetPasswordPage ssr=SsrMode::Async />
                <MultiSessionRoutes />
            </Routes>
        </main>
        <Toaster />
    }
    .erased()
}

/// `/`: nobody stays there.
#[component]
fn Start() -> impl IntoView {
    view! { <span hidden></span> }.erased()
}

/// Leads people on from pages that are not for them, in the browser: the server has answered with a redirect. A session
/// that ends is not among the reasons: see [`provide_multi_session`].
fn lead_home() {
    let (sessions, options) = (use_list_device_sessions(), use_options());
    let (path, query, navigate) = (use_location().pathname, use_query_map(), use_navigate());
    effect(move || {
        let Some(signed_in) = sessions.signed_in.get() else { return };
        let adding = query.with(|query| query.get_str("add").is_some());
        let to = path.with(|path| detour(&options, path, adding, signed_in));
        if let Some(to) = to.filter(|_| signed_in || path.with(|path| path == "/")) {
            navigate(to, NavigateOptions { replace: true, ..NavigateOptions::default() });
        }
    });
}

/// Gives the focus to the content of each page to which a link has led, as a new document would. Browser only.
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

#[cfg(test)]
mod tests {
    use super::*;

    const OURS: MultiSessionOptions = MultiSessionOptions::SITE;

    #[test]
    fn start_leads_where_one_belongs() {
        assert_eq!(detour(&OURS, "/", false, true), Some("/sessions"));
        assert_eq!(detour(&OURS, "/", false, false), Some("/sign-in"));
    }

    #[test]
    fn signed_out_people_sign_in_first() {
        for path in ["/sessions", "/history", "/rename", "/confirm", "/change-password"] {
            assert_eq!(detour(&OURS, path, false, false), Some("/sign-in"), "{path}");
            assert_eq!(detour(&OURS, path, false, true), None, "{path}");
        }
        for path in ["/sign-in", "/sign-up", "/forgot-password", "/reset-password", "/not-me"] {
            assert_eq!(detour(&OURS, path, false, false), None, "{path}");
        }
    }

    #[test]
    fn signed_in_people_see_a_form_only_to_add_an_account() {
        for path in ["/sign-in", "/sign-up"] {
            assert_eq!(detour(&OURS, path, false, true), Some("/sessions"));
            assert_eq!(detour(&OURS, path, true, true), None);
        }
    }

    #[test]
    fn pages_that_do_not_exist_stay_so() {
        assert_eq!(detour(&OURS, "/nowhere", false, true), None);
        assert_eq!(detour(&OURS, "/nowhere", false, false), None);
    }
}
