//! One device of the list.

use leptos::prelude::*;
use multi_session::{DeviceKind, DeviceSession};

use crate::{
    Feature, PagePath,
    hooks::use_now,
    sessions::{use_list_device_sessions, words},
    ui::{Icon, IconName, Submit, TimeAgo},
};

/// What a person recognises a device by, and the button that ends its session.
#[component]
pub(super) fn DeviceRow(
    /// The session as it was when the row appeared; what changes is read from the list.
    row: DeviceSession,
) -> impl IntoView {
    let sessions = use_list_device_sessions();
    let id = row.id.clone();
    let first = row.last_active_at;
    let last_active_at = Signal::derive(move || {
        let latest = sessions.rows.with(|rows| Some(rows.iter().find(|row| row.id == id)?.last_active_at));
        latest.unwrap_or(first)
    });
    let id = row.id.clone();
    let first = (words::address(&row), words::signed_in_elsewhere(&row));
    let addresses = Memo::new(move |_| {
        let found = sessions.rows.with(|rows| {
            let row = rows.iter().find(|row| row.id == id)?;
            Some((words::address(row), words::signed_in_elsewhere(row)))
        });
        found.unwrap_or_else(|| first.clone())
    });
    let id = row.id.clone();
    let pending = Signal::derive(move || sessions.is_revoking(&id));
    let now = use_now();
    let is_news = words::is_news(&row, now.get_untracked());
    // The current one is being used to look at this.
    let is_marked = !row.is_current;
    let mark = Memo::new(move |_| words::mark(now.get().since(last_active_at.get())).filter(|_| is_marked));
    let revoke = ["Revoke ", &*row.device.label].concat();
    let signed_in = words::signed_in(row.signed_in_with.as_ref());
    let icon = match row.device.kind {
        DeviceKind::Desktop => IconName::Desktop,
        DeviceKind::Phone => IconName::Phone,
        DeviceKind::Tablet => IconName::Tablet,
        DeviceKind::Tv => IconName::Tv,
        DeviceKind::Console => IconName::Console,
        DeviceKind::Headset => IconName::Headset,
        DeviceKind::Program => IconName::Program,
        _ => IconName::Unknown,
    };
    let more = sessions.options.row_view(&row);
    let agent = (!row.user_agent.is_empty()).then(|| {
        view! {
            <details class="ms-agent">
                <summary>
                    <Icon name=IconName::ChevronRight size=14 />
                    "User agent"
                </summary>
                <code>{row.user_agent}</code>
            </details>
        }
        .into_any()
    });

    // What a named device is besides, as far as that is known.
    let named = row.name.as_ref().map(|_| row.device.description()).filter(|known| !known.is_empty());
    let named = named.map(|known| view! { <span>{known}</span> }.into_any());
    let options = sessions.options;
    let label = &*row.device.label;
    let link = |feature, page: PagePath, name: &str, text: &'static str| {
        let href = page.of_session(&row.id);
        options.has(feature).then(|| {
            view! {
                <a class="ms-device__rename" href=href aria-label=[name, label].concat()>
                    {text}
                </a>
            }
            .into_any()
        })
    };
    let rename = link(Feature::Rename, options.rename_path(), "Rename ", "Rename");
    let history = link(Feature::History, options.history_path(), "History of ", "History");
    // The style hides it on the current one.
    let not_me = link(Feature::Report, options.not_me_path(), "This wasn't me: ", "This wasn't me");

    view! {
        <li class=if row.is_current { "ms-device ms-device--current" } else { "ms-device" }>
            <span class="ms-device__icon">
                <Icon name=icon size=22 />
            </span>
            <div class="ms-device__title">
                <h3>{row.device.label.clone()}</h3>
                {row.is_current.then(|| view! { <span class="ms-badge">"(current)"</span> }.into_any())}
                {is_news.then(|| view! { <span class="ms-badge ms-badge--warn">"New device"</span> }.into_any())}
                {move || mark.get().map(|(class, text)| view! { <span class=class>{text}</span> }.into_any())}
                {row.shared_computer.then(|| view! { <span class="ms-badge ms-badge--plain">"Shared computer"</span> }.into_any())}
                {rename}
                {history}
                {not_me}
            </div>
            <div class="ms-device__more">
                <p class="ms-device__facts">
                    {named}
                    <span class="ms-device__address">{move || addresses.get().0}</span>
                    <span>"Last active " <TimeAgo at=last_active_at /></span>
                    <span>{signed_in} " " <TimeAgo at=row.created_at /> {move || addresses.get().1.map(|from| [" ", &from].concat())}</span>
                </p>
                {more}
                {agent}
            </div>
            <div class="ms-device__actions">
                <ActionForm action=sessions.revoke>
                    <input type="hidden" name="session_id" value=row.id.to_string() />
                    <Submit class="ms-button ms-button--danger" pending label=revoke>
                        "Revoke"
                    </Submit>
                </ActionForm>
            </div>
        </li>
    }
}
