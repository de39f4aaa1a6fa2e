//! The present, for texts like "3 minutes ago".

use std::time::Duration;

use leptos::prelude::*;
use leptos_use_interval_fn::use_interval_fn;
use multi_session::Timestamp;

/// The context of [`use_now`].
#[derive(Clone, Copy)]
struct Now {
    now: ReadSignal<Timestamp>,
    rendered_at: Timestamp,
    /// What the browser's clock said when it took the page over; 0 before.
    started: StoredValue<f64>,
}

/// Milliseconds between two looks at the clock.
const TICK: u64 = 15_000;

/// Gives the present by the server's clock, kept current.
///
/// The server's moment travels with the page and the browser adds the time gone by since, so a wrong clock in
/// the browser makes no wrong "3 minutes ago".
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
/// The signal is the moment at which the page is rendered and stays so; the browser hydrates with the same moment.
///
/// # Panics
///
/// Before [`provide_multi_session`](crate::provide_multi_session).
pub fn use_now() -> ReadSignal<Timestamp> {
    expect_context::<Now>().now
}

/// Gives what tells the present by the server's clock at each call, where fifteen seconds are too coarse. Browser only.
pub(crate) fn use_present() -> impl Fn() -> Timestamp + Copy {
    let Now { rendered_at, started, .. } = expect_context();
    move || rendered_at.plus(since(started.get_value()))
}

/// The time since a moment of the browser's clock.
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

/// The present by the server's clock. The browser takes it from the page.
fn at_the_server() -> Timestamp {
    #[cfg(feature = "ssr")]
    let now =
        crate::context::request_if_any().map_or_else(Timestamp::default, |request| request.sessions().now());
    #[cfg(not(feature = "ssr"))]
    let now = Timestamp::default();
    now
}
