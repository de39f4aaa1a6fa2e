//! Provides what every page shares: the list of sessions, notices, and the clock.

use std::time::Duration;

use leptos::prelude::*;
use leptos_router::hooks::use_location;

use crate::{
    MultiSessionOptions,
    hooks::{hide_while_away, leave_by_forms, on_change, provide_now, replace, use_hydrated, use_now},
    notice::provide_notices,
    sessions::{announce_outcomes, follow_live, provide_list_device_sessions},
};

/// Provides the contexts of our pages and of
/// [`use_list_device_sessions`](crate::sessions::use_list_device_sessions()) to everything inside of the
/// calling component.
///
/// Call it once, inside the application's `<Router>`. When the row with the focus disappears, the focus moves to the
/// element with the id `content`: give that id and `tabindex="-1"` to your `<main>`.
pub fn provide_multi_session(options: MultiSessionOptions) {
    provide_context(options);
    provide_now();
    provide_notices();
    let sessions = provide_list_device_sessions();
    announce_outcomes(sessions);
    // leptos-use must close its channel on the thread that created it, which a server cannot guarantee.
    if !cfg!(feature = "ssr") {
        follow_live(sessions);
    }
    use_hydrated();
    hide_while_away();
    leave_by_forms();

    // When nobody is signed in any more, leave a page for signed-in people for a document that explains why.
    let path = use_location().pathname;
    Effect::new(move |_| {
        let needs_sign_in = path.with(|path| options.needs_sign_in(path));
        if needs_sign_in && sessions.signed_in.get() == Some(false) {
            let path = path.get();
            let ended = sessions.last_current().and_then(|id| options.ended(&path, &id));
            // If the page did not know who is signed in, the server decides.
            replace(&ended.unwrap_or(path));
        }
    });
    // Client-side navigation is activity, although it loads no document.
    let now = use_now();
    on_change(
        move || path.with(|_| ()),
        move || {
            let last = untrack(|| sessions.current()).map(|row| row.last_active_at);
            if last.is_some_and(|last| now.get_untracked().since(last) >= Duration::from_secs(60)) {
                sessions.stay();
            }
        },
    );
}
