//! The routes that an application mounts.

use leptos::prelude::*;
use leptos_router::{
    SsrMode, StaticSegment,
    components::{Outlet, ParentRoute, ProtectedParentRoute, Route},
};

use crate::{
    account_banner::AccountBanner,
    account_status::provide_account_status,
    accounts::{ChangePasswordPage, ConfirmPage},
    history::HistoryPage,
    options::use_options,
    sessions::{NotMePage, RenamePage, SessionsPage},
    tabs::Tabs,
};

/// The routes of the device list, the activity, the password and their dialogs, for the application's `<Routes>`.
///
/// It needs [`provide_multi_session`](crate::provide_multi_session), whose options set the paths.
#[component(transparent)]
pub fn MultiSessionRoutes() -> impl leptos_router::MatchNestedRoutes + Clone {
    let options = use_options();
    let sign_in = move || options.sign_in_path();
    view! {
        <ParentRoute path=StaticSegment("") view=Framed ssr=SsrMode::Async>
            <ProtectedParentRoute
                path=StaticSegment("")
                view=Outlet
                condition=may_show
                redirect_path=sign_in
                ssr=SsrMode::Async
            >
                <Route path=options.list_path() view=SessionsPage ssr=SsrMode::Async />
                <Route path=options.history_path() view=HistoryPage ssr=SsrMode::Async />
                <Route path=options.rename_path() view=RenamePage ssr=SsrMode::Async />
                <Route path=options.confirm_path() view=ConfirmPage ssr=SsrMode::Async />
                <Route path=options.password_path() view=ChangePasswordPage ssr=SsrMode::Async />
            </ProtectedParentRoute>
            <Route path=options.not_me_path() view=NotMePage ssr=SsrMode::Async />
        </ParentRoute>
    }
    .into_inner()
}

/// The frame of our pages, to which our styles apply.
#[component]
fn Framed() -> impl IntoView {
    if use_options().has_passwords() {
        provide_account_status();
    }
    view! {
        <div class="ms">
            <Tabs />
            <AccountBanner />
            <Outlet />
        </div>
    }
}

/// Whether a page for signed-in people is shown, for protected routes. If the database is unavailable, it is
/// shown and reports that.
fn may_show() -> Option<bool> {
    #[cfg(feature = "ssr")]
    let may_show = crate::context::may_be_signed_in();
    // In the browser, the end of a session loads another document: see `provide_multi_session`.
    #[cfg(not(feature = "ssr"))]
    let may_show = true;
    Some(may_show)
}
