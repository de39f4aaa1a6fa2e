//! The current time, for texts like "3 minutes ago".

use std::time::Duration;

use leptos::prelude::*;
use leptos_use_interval_fn::use_interval_fn;
use multi_session::Timestamp;

/// The context of [`use_now`].
#[derive(Clone, Copy)]
struct Now {
    now: ReadSignal<Timestamp>,
    rendered_at: Timestamp,
    /// The browser's clock at hydration; 0 before.
    started: StoredValue<f64>,
}

/// Milliseconds between two updates.
const TICK: u64 = 15_000;

/// Returns the current time by the server's clock, kept up to date.
///
/// The server's time is part of the page, and the browser adds the time since hydration. So a wrong clock in
/// the browser does not make "3 minutes ago" wrong.
///
/// # Examples
///
/// ```
/// # use leptos::prelude::*;
/// use multi_session_leptos::hooks::use_now;
/// use multi_session::Timestamp;
///
/// #[component]
/// fn Age(since: Timestamp) -> impl IntoView {
///     let now = use_now();
///     move || format!("{} s", now.get().since(since).as_secs())
/// }
/// ```
///
/// ## Server-Side Rendering
///
/// The signal stays at the time of rendering. The browser hydrates with the same time.
///
/// # Panics
///
/// Before [`provide_multi_session`](crate::provide_multi_session).
pub fn use_now() -> ReadSignal<Timestamp> {
    expect_context::<Now>().now
}

/// Returns a function for the current time by the server's clock, for code that needs it more exactly than
/// every fifteen seconds. Browser only.
pub(crate) fn use_present() -> impl Fn() -> Timestamp + Copy {
    let Now { rendered_at, started, .. } = expect_context();
    move || rendered_at.plus(since(started.get_value()))
}

/// The time since a time of the browser's clock.
fn since(started: f64) -> Duration {
    Duration::from_millis((js_sys::Date::now() - started).max(0.0) as u64)
}

/// Starts the clock behind [`use_now`].
pub(crate) fn provide_now() {
    let rendered_at = SharedValue::new(at_the_server);
    let rendered_at = rendered_at.into_inner();
    let (now, set_now) = signal(rendered_at);
    let started = StoredValue::new(0.0);
    provide_context(Now { now, rendered_at, started });

    Effect::new(move |_| started.set_value(js_sys::Date::now()));
    use_interval_fn(move || set_now.set(rendered_at.plus(since(started.get_value()))), TICK);
}

/// The current time by the server's clock. The browser reads it from the page.
fn at_the_server() -> Timestamp {
    #[cfg(feature = "ssr")]
    let now =
        crate::context::request_if_any().map_or_else(Timestamp::default, |request| request.sessions().now());
    #[cfg(not(feature = "ssr"))]
    let now = Timestamp::default();
    now
}
