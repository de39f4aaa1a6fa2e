//! Times in words.

use std::time::Duration;

use leptos::prelude::*;

use multi_session::Timestamp;
use wasm_bindgen::JsValue;

use crate::hooks::{use_hydrated, use_now};

/// A time as "3 minutes ago", kept up to date, with the exact time in its title.
///
/// The title is in UTC on the server, and in the person's time zone after hydration.
#[component]
pub fn TimeAgo(
    /// The moment.
    #[prop(into)]
    at: Signal<Timestamp>,
) -> impl IntoView {
    let now = use_now();
    let words = Memo::new(move |_| ago(now.get().since(at.get())));
    let title = exact(at);

    view! {
        <time datetime=move || at.get().to_string() title=title>
            {words}
        </time>
    }
}

/// A time as "23 November 2025 at 12:09": in UTC on the server, and in the person's time zone after
/// hydration.
#[component]
pub fn ExactTime(
    /// The moment.
    #[prop(into)]
    at: Signal<Timestamp>,
) -> impl IntoView {
    view! { <time datetime=move || at.get().to_string()>{exact(at)}</time> }
}

fn exact(at: Signal<Timestamp>) -> impl Fn() -> String {
    let hydrated = use_hydrated();
    move || if hydrated.get() { local(at.get()) } else { utc(at.get()) }
}

/// How long ago something was, in words.
pub(crate) fn ago(age: Duration) -> String {
    const MINUTE: u64 = 60;
    const HOUR: u64 = 60 * MINUTE;
    const DAY: u64 = 24 * HOUR;
    const MONTH: u64 = 30 * DAY;
    const YEAR: u64 = 365 * DAY;

    let seconds = age.as_secs();
    let (count, unit) = match seconds {
        0..MINUTE => return "just now".to_owned(),
        MINUTE..HOUR => (seconds / MINUTE, "minute"),
        HOUR..DAY => (seconds / HOUR, "hour"),
        DAY..MONTH => (seconds / DAY, "day"),
        MONTH..YEAR => (seconds / MONTH, "month"),
        _ => (seconds / YEAR, "year"),
    };
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {unit}{plural} ago")
}

fn utc(at: Timestamp) -> String {
    [&*day(at), ", ", &time_of_day(at), " UTC"].concat()
}

/// The time of day in UTC, such as `11:09`.
pub(crate) fn time_of_day(at: Timestamp) -> String {
    let at = at.utc();
    format!("{:02}:{:02}", at.hour(), at.minute())
}

/// The day in UTC, such as `23 November 2025`.
pub(crate) fn day(at: Timestamp) -> String {
    let at = at.utc();
    format!("{} {} {:04}", at.day(), at.month(), at.year())
}

/// Shifts a time so that its UTC fields show local time. Browser only.
pub(crate) fn in_local_time(at: Timestamp) -> Timestamp {
    Timestamp::from_unix_ms(at.unix_ms() - date(at).get_timezone_offset() as i64 * 60_000)
}

fn date(at: Timestamp) -> js_sys::Date {
    #[expect(clippy::cast_precision_loss, reason = "a date's milliseconds are far below 2^53")]
    let ms = at.unix_ms() as f64;
    js_sys::Date::new(&JsValue::from_f64(ms))
}

fn local(at: Timestamp) -> String {
    let options = js_sys::Object::new();
    for (key, value) in [("dateStyle", "long"), ("timeStyle", "short")] {
        // Setting a field of a plain object cannot fail.
        let _ = js_sys::Reflect::set(&options, &key.into(), &value.into());
    }
    date(at).to_locale_string("en-GB", &options).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_in_words() {
        for (seconds, words) in [
            (0, "just now"),
            (59, "just now"),
            (60, "1 minute ago"),
            (119, "1 minute ago"),
            (180, "3 minutes ago"),
            (3_599, "59 minutes ago"),
            (3_600, "1 hour ago"),
            (7_200, "2 hours ago"),
            (86_399, "23 hours ago"),
            (86_400, "1 day ago"),
            (29 * 86_400, "29 days ago"),
            (30 * 86_400, "1 month ago"),
            (364 * 86_400, "12 months ago"),
            (365 * 86_400, "1 year ago"),
            (800 * 86_400, "2 years ago"),
        ] {
            assert_eq!(ago(Duration::from_secs(seconds)), words, "{seconds} s");
        }
    }

    #[test]
    fn the_exact_time_is_in_utc_on_the_server() {
        assert_eq!(utc(Timestamp::from_unix_ms(1_763_896_161_802)), "23 November 2025, 11:09 UTC");
    }
}
