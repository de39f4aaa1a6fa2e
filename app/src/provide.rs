//! What every page shares: the list of sessions, the notices, the clock.

use leptos::prelude::*;
use leptos_router::hooks::use_location;

use crate::{
    MultiSessionOptions,
    accounts::paths::CHANGE_PASSWORD,
    hooks::{hide_while_away, leave_by_forms, provide_now, replace, use_hydrated},
    notice::provide_notices,
    sessions::{announce_outcomes, follow_live, provide_list_device_sessions},
};

/// Provides what our pages and [`use_list_device_sessions`](crate::sessions::use_list_device_sessions) need, for
/// everything inside the component that calls it.
///
/// Call it once, inside of the application's `<Router>`. What has the focus is lost when its row goes: it moves to the
/// element with the id `content`, which should be the `<main>` and have `tabindex="-1"`.
pub fn provide_multi_session(options: MultiSessionOptions) {
    provide_context(options);
    provide_now();
    provide_notices();
    let sessions = provide_list_device_sessions();
    announce_outcomes(sessions);
    // leptos-use may close its channel only on the thread that has made it, which a server cannot promise.
    if !cfg!(feature = "ssr") {
        follow_live(sessions);
    }
    use_hydrated();
    hide_while_away();
    leave_by_forms();

    // Who is not signed in any more on a page for signed-in people leaves it, for a document that tells why.
    let path = use_location().pathname;
    Effect::new(move |_| {
        let needs_sign_in = path
            .with(|path| options.needs_sign_in(path) || options.has_passwords() && path == CHANGE_PASSWORD);
        if needs_sign_in && sessions.signed_in.get() == Some(false) {
            let ended = sessions.last_current().and_then(|id| path.with(|path| options.ended(path, &id)));
            replace(&ended.unwrap_or_else(|| format!("{}?done=ended", options.sign_in_path())));
        }
    });
}
