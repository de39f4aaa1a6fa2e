//! The warning before a session ends since nobody used it.
//!
//! The list says when the session ends, and tabs tell each other when one's request has extended it, so that a person
//! who works in one is not warned in another. Before it warns, a page looks into the list once more, which is no use of
//! the session: pages without a script tell nobody what was done there.

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

/// How long before the end a person is warned at most; a quarter of the timeout where that is shorter.
const LONGEST_LEAD: Duration = Duration::from_secs(5 * 60);
/// Below it the seconds are told too.
const SHORT_LEAD: Duration = Duration::from_secs(2 * 60);
/// A browser's timer cannot wait for a month.
const LONGEST_WAIT: Duration = Duration::from_secs(24 * 60 * 60);

/// Warns before the session ends, and lets the person stay, in every tab.
///
/// ## Server-Side Rendering
///
/// There is nothing to warn of: asking for the page has extended the session.
#[component]
pub(crate) fn Expiring() -> impl IntoView {
    let sessions = use_list_device_sessions();
    let present = use_present();
    let (is_due, is_final) = (RwSignal::new(false), RwSignal::new(false));
    let waited = RwSignal::new(0_usize);
    // When the person last asked to stay.
    let asked_at = StoredValue::new(None::<Timestamp>);
    // Read here, it needs no Suspense.
    let (latest, looked_for) = (*sessions.list, StoredValue::new(None));
    // Each time the list changes there is another timer; those of Leptos stay in memory when they are cleared.
    Effect::new(move |before: Option<Option<Timeout>>| {
        drop(before);
        waited.track();
        latest.track();
        let Some(row) = sessions.current() else {
            is_due.set(false);
            return None;
        };
        let left = row.expires_at.minus(lead(&row)).since(present());
        // The list that was asked for is there, and the end as near as before: the session has lasted as long as it may.
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

/// How long before its end the person of a session is warned.
fn lead(row: &DeviceSession) -> Duration {
    (row.expires_at.since(row.session.updated_at) / 4).min(LONGEST_LEAD)
}

/// The time of the day where the person is, as in `14:05`.
fn time_of_day(at: Timestamp, lead: Duration) -> String {
    #[expect(clippy::cast_precision_loss, reason = "a date's milliseconds are far below 2^53")]
    let date = js_sys::Date::new(&JsValue::from_f64(at.unix_ms() as f64));
    let mut text = String::from(date.to_locale_time_string("en-GB"));
    text.truncate(if lead < SHORT_LEAD { 8 } else { 5 });
    text
}
