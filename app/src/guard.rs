//! Who belongs where: the one rule, for the server's redirects and the browser's navigation.

use leptos::prelude::*;

use crate::{
    address::{self, Page, use_address},
    hooks::effect,
    sessions::{Loaded, use_list_device_sessions},
    ui::piece::IntoPiece,
};

/// Where a person starts.
pub const fn home(signed_in: bool) -> &'static str {
    if signed_in { "/sessions" } else { "/sign-in" }
}

/// Where a browser goes whose session has ended elsewhere: the server tells there how it ended.
pub(crate) fn ended(session_id: &str) -> String {
    ["/?ended=", session_id].concat()
}

/// Where a request for a page is sent instead, if it does not belong there.
///
/// `adding` is for `?add=1`: a signed-in person who is about to add one more account.
fn detour(page: Page, adding: bool, signed_in: bool) -> Option<&'static str> {
    let belongs = match page {
        Page::Start => false,
        Page::Sessions | Page::ChangePassword => signed_in,
        Page::SignIn | Page::SignUp => !signed_in || adding,
        Page::Missing => true,
    };
    (!belongs).then(|| home(signed_in))
}

/// Sends everybody where they belong: the server answers with a redirect, the browser leaves the page.
#[component]
pub(crate) fn Guard() -> impl IntoView {
    let sessions = use_list_device_sessions();
    let address = use_address();
    let detour = move || detour(address.page, address.adding, sessions.signed_in.get()?);

    // In the browser this is for sessions that came or went elsewhere: what it does itself leads to the start.
    effect(move || match (detour(), sessions.last_current()) {
        (Some("/sign-in"), Some(id)) => address::replace(&ended(&id)),
        (Some("/sign-in"), None) => address::replace("/sign-in?done=ended"),
        (Some(to), _) => address::replace(to),
        (None, _) => {}
    });

    view! {
        <Loaded content=Box::new(move || {
            #[cfg(feature = "ssr")]
            if let Some(to) = untrack(detour) {
                // What was done is told where the person arrives.
                let (_, query) = address::here();
                let done = address::value(&query, "done").filter(|done| crate::notice::of_done(done).is_some());
                let ended = address::value(&query, "ended").filter(|id| multi_session::SessionId::new(*id).is_ok());
                match (done, ended) {
                    (_, Some(id)) => crate::context::detour(&format!("{to}?ended={id}")),
                    (Some(done), None) => crate::context::detour(&format!("{to}?done={done}")),
                    (None, None) => crate::context::detour(to),
                }
            }
            view! { <span hidden></span> }.piece()
        }) />
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_start_leads_where_one_belongs() {
        assert_eq!(detour(Page::Start, false, true), Some("/sessions"));
        assert_eq!(detour(Page::Start, false, false), Some("/sign-in"));
    }

    #[test]
    fn signed_out_people_sign_in_first() {
        assert_eq!(detour(Page::Sessions, false, false), Some("/sign-in"));
        assert_eq!(detour(Page::ChangePassword, false, false), Some("/sign-in"));
        assert_eq!(detour(Page::SignIn, false, false), None);
        assert_eq!(detour(Page::SignUp, false, false), None);
    }

    #[test]
    fn signed_in_people_see_a_form_only_to_add_an_account() {
        assert_eq!(detour(Page::SignIn, false, true), Some("/sessions"));
        assert_eq!(detour(Page::SignUp, false, true), Some("/sessions"));
        assert_eq!(detour(Page::SignIn, true, true), None);
        assert_eq!(detour(Page::SignUp, true, true), None);
        assert_eq!(detour(Page::Sessions, false, true), None);
        assert_eq!(detour(Page::ChangePassword, false, true), None);
    }

    #[test]
    fn pages_that_do_not_exist_stay_so() {
        assert_eq!(detour(Page::Missing, false, true), None);
        assert_eq!(detour(Page::Missing, false, false), None);
    }
}
