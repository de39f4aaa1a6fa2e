//! Who belongs where: the one rule, for the server's redirects and the browser's navigation.

use leptos::prelude::*;
use leptos_router::{
    NavigateOptions,
    hooks::{use_location, use_navigate, use_query_map},
    params::ParamsMap,
};

use crate::{
    hooks::{effect, focus_element},
    sessions::{Loaded, use_list_device_sessions},
    ui::piece::IntoPiece,
};

/// Where a person starts.
pub(crate) const fn home(signed_in: bool) -> &'static str {
    if signed_in { "/sessions" } else { "/sign-in" }
}

/// Where a request for `path` is sent instead, if it does not belong there.
///
/// `adding` is for `?add=1`: a signed-in person who is about to add one more account.
fn detour(path: &str, adding: bool, signed_in: bool) -> Option<&'static str> {
    let belongs = match path {
        "/" => false,
        "/sessions" => signed_in,
        "/sign-in" | "/sign-up" => !signed_in || adding,
        _ => true,
    };
    (!belongs).then(|| home(signed_in))
}

/// Whether the page is asked to add an account to those the browser holds.
pub(crate) fn is_adding(query: &ParamsMap) -> bool {
    query.get_str("add").is_some()
}

/// Sends everybody where they belong: the server answers with a redirect, the browser navigates.
#[component]
pub(crate) fn Guard() -> impl IntoView {
    let sessions = use_list_device_sessions();
    let path = use_location().pathname;
    let query = use_query_map();
    let detour = Memo::new(move |_| detour(&path.get(), query.with(is_adding), sessions.signed_in.get()?));

    let navigate = use_navigate();
    effect(move || {
        if let Some(to) = detour.get() {
            navigate(to, NavigateOptions { replace: true, ..Default::default() });
        }
    });
    focus_page_after_navigation(path);

    view! {
        <Loaded content=Box::new(move || {
            #[cfg(feature = "ssr")]
            if let Some(to) = detour.get_untracked() {
                crate::context::detour(to);
            }
            view! { <span hidden></span> }.piece()
        }) />
    }
}

/// After a navigation the keyboard and the screen reader continue at the new page, not at the old one's link.
fn focus_page_after_navigation(path: Memo<String>) {
    let mut previous = None;
    effect(move || {
        let path = path.get();
        if previous.replace(path.clone()).is_some_and(|previous| previous != path) {
            focus_element("content");
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_start_leads_where_one_belongs() {
        assert_eq!(detour("/", false, true), Some("/sessions"));
        assert_eq!(detour("/", false, false), Some("/sign-in"));
    }

    #[test]
    fn signed_out_people_sign_in_first() {
        assert_eq!(detour("/sessions", false, false), Some("/sign-in"));
        assert_eq!(detour("/sign-in", false, false), None);
        assert_eq!(detour("/sign-up", false, false), None);
    }

    #[test]
    fn signed_in_people_see_a_form_only_to_add_an_account() {
        assert_eq!(detour("/sign-in", false, true), Some("/sessions"));
        assert_eq!(detour("/sign-up", false, true), Some("/sessions"));
        assert_eq!(detour("/sign-in", true, true), None);
        assert_eq!(detour("/sign-up", true, true), None);
        assert_eq!(detour("/sessions", false, true), None);
    }

    #[test]
    fn pages_that_do_not_exist_stay_so() {
        assert_eq!(detour("/nowhere", false, true), None);
        assert_eq!(detour("/nowhere", false, false), None);
    }
}
