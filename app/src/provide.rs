//! What every page shares: the list of sessions, the notices, the clock.

use std::time::Duration;

use leptos::prelude::*;
use leptos_router::hooks::use_location;

use crate::{
    MultiSessionOptions,
    hooks::{hide_while_away, leave_by_forms, on_change, provide_now, replace, use_hydrated, use_now},
    notice::provide_notices,
    sessions::{announce_outcomes, follow_live, provide_list_device_sessions},
};

/// Provides what our pages and [`use_list_device_sessions`](crate::sessions::use_list_device_sessions) need, for
/// everything inside the component that calls it.
///
/// Call it once, inside of the application's `<Router>`. When a row goes that has the focus, the focus moves to the element
/// with the id `content`: give that id and `tabindex="-1"` to your `<main>`.
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

    // A page for signed-in people gives way, once nobody is signed in, to a document that says why.
    let path = use_location().pathname;
    Effect::new(move |_| {
        let needs_sign_in = path.with(|path| options.needs_sign_in(path));
        if needs_sign_in && sessions.signed_in.get() == Some(false) {
            match sessions.last_current() {
                Some(id) => {
                    if let Some(ended) = path.with(|path| options.ended(path, &id)) {
                        replace(&ended);
                    }
                }
                // The page before did not know who is signed in, such as that for what is not there: the server does.
                None => replace(&path.get()),
            }
        }
    });
    // Who moves between pages uses the session, though no document is asked for.
    let now = use_now();
    on_change(
        move || path.with(|_| ()),
        move || {
            let last = sessions
                .rows
                .with_untracked(|rows| Some(rows.iter().find(|row| row.is_current)?.last_active_at));
            if last.is_some_and(|last| now.get_untracked().since(last) >= Duration::from_secs(60)) {
                sessions.stay();
            }
        },
    );
}
