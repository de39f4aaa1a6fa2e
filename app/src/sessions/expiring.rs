//! The warning before a session expires.
//!
//! The list has the time at which the session ends. Tabs tell each other when a request has extended it, so
//! that a person who works in one tab is not warned in another. Pages without scripts tell nobody, so a page
//! fetches the list once more before it warns. That fetch is not activity.

use std::time::Duration;

use gloo_timers::callback::Timeout;
use leptos::prelude::*;
use multi_session::{DeviceSession, Timestamp};
use wasm_bindgen::JsValue;

use crate::{
    hooks::use_present,
    sessions::use_list_device_sessions,
    ui::{Icon, IconName},
};

/// The longest time before the end at which the person is warned. It is a quarter of the timeout if that is
/// shorter.
const LONGEST_LEAD: Duration = Duration::from_secs(5 * 60);
/// Below this the text shows seconds too.
const SHORT_LEAD: Duration = Duration::from_secs(2 * 60);
/// Browser timers cannot wait for a month.
const LONGEST_WAIT: Duration = Duration::from_secs(24 * 60 * 60);

/// Warns before the session ends, and lets the person stay, in every tab.
///
/// ## Server-Side Rendering
///
/// There is no warning, because requesting the page has extended the session.
#[component]
pub(crate) fn Expiring() -> impl IntoView {
    let sessions = use_list_device_sessions();
    let present = use_present();
    let (is_due, is_final) = (RwSignal::new(false), RwSignal::new(false));
    let waited = RwSignal::new(0_usize);
    // When the person last chose to stay signed in.
    let asked_at = StoredValue::new(None::<Timestamp>);
    // Reading it here needs no Suspense.
    let (latest, looked_for) = (*sessions.list, StoredValue::new(None));
    // Each change of the list starts another timer. Leptos' timers stay in memory after they are cleared.
    Effect::new(move |before: Option<Option<Timeout>>| {
        drop(before);
        waited.track();
        latest.track();
        let Some(row) = sessions.current() else {
            is_due.set(false);
            return None;
        };
        let left = row.expires_at.minus(lead(&row)).since(present());
        // The list has arrived, and the end is as near as before: the absolute timeout is reached.
        is_final.set(asked_at.get_value().is_some_and(|asked_at| row.last_active_at >= asked_at));
        if left.is_zero() && looked_for.get_value() != Some(row.expires_at) {
            looked_for.set_value(Some(row.expires_at));
            sessions.refetch();
            return None;
        }
        is_due.set(left.is_zero());
        if left.is_zero() {
            return None;
        }
        asked_at.set_value(None);
        let wait = left.min(LONGEST_WAIT).as_millis() as u32;
        Some(Timeout::new(wait, move || waited.update(|count| *count += 1)))
    });

    let stay = move |_| {
        asked_at.set_value(Some(present()));
        sessions.stay();
    };
    let until = move || {
        let until = untrack(|| sessions.current()).map(|row| time_of_day(row.expires_at, lead(&row)));
        ["You will be signed out at ", &until.unwrap_or_default(), "."].concat()
    };
    view! {
        <div aria-live="assertive">
            <Show when=move || is_due.get()>
                <div class="ms-toast ms-toast--bad">
                    <Icon name=IconName::Alert />
                    <p class="ms-toast__text">{until()}</p>
                    <Show
                        when=move || is_final.get()
                        fallback=move || {
                            view! {
                                <button class="ms-toast__act" type="button" on:click=stay>
                                    "Stay signed in"
                                </button>
                            }
                        }
                    >
                        <a class="ms-toast__act" href=format!("{}?add=1", sessions.options.sign_in_path())>
                            "Sign in again"
                        </a>
                    </Show>
                </div>
            </Show>
        </div>
    }
}

/// How long before the end of a session the person is warned.
fn lead(row: &DeviceSession) -> Duration {
    (row.expires_at.since(row.session.updated_at) / 4).min(LONGEST_LEAD)
}

/// The local time of day, such as `14:05`.
fn time_of_day(at: Timestamp, lead: Duration) -> String {
    #[expect(clippy::cast_precision_loss, reason = "a date's milliseconds are far below 2^53")]
    let date = js_sys::Date::new(&JsValue::from_f64(at.unix_ms() as f64));
    let mut text = String::from(date.to_locale_time_string("en-GB"));
    text.truncate(if lead < SHORT_LEAD { 8 } else { 5 });
    text
}
