//! Several sessions of one browser in one row.

use leptos::prelude::*;
use multi_session::DeviceSession;

use crate::{
    sessions::{
        device_row::{DeviceRow, device_icon},
        entries::{Browser, Entry, browser, row_key},
        words,
    },
    ui::{Icon, IconName},
};

/// One browser whose sessions are shown when the group is opened.
#[component]
pub(super) fn DeviceGroup(
    /// The sessions as they were when the group appeared.
    rows: Vec<DeviceSession>,
    /// The current entries of the list.
    entries: Memo<Vec<Entry>>,
) -> impl IntoView {
    let Some(first) = rows.first().cloned() else { return ().into_any() };
    let own: Browser = browser(&first);
    let rows = Memo::new(move |_| {
        let is_own = |entry: &Entry| match entry {
            Entry::Group(rows) if rows.first().is_some_and(|row| browser(row) == own) => Some(rows.clone()),
            _ => None,
        };
        entries.with(|entries| entries.iter().find_map(is_own)).unwrap_or_else(|| rows.clone())
    });
    let label = first.device.label.clone();
    let list = format!("Sessions of {label}");
    let place = words::place(&first);

    view! {
        <li class="ms-device">
            <span class="ms-device__icon">
                <Icon name=device_icon(first.device.kind) size=22 />
            </span>
            <div class="ms-device__title">
                <h2>
                    <bdi>{label}</bdi>
                </h2>
                <span class="ms-badge ms-badge--plain">
                    {move || rows.with(|rows| format!("{} sessions", rows.len()))}
                </span>
            </div>
            <details class="ms-group">
                <summary class="ms-device__facts">
                    <span>{place}</span>
                    <span class="ms-device__toggle">
                        "Show sessions" <Icon name=IconName::ChevronDown size=14 />
                    </span>
                </summary>
                <ul aria-label=list>
                    <For each=move || rows.get() key=row_key let:row>
                        <DeviceRow row in_group=true />
                    </For>
                </ul>
            </details>
        </li>
    }
    .into_any()
}
