//! One device of the list.

use leptos::prelude::*;
use multi_session::{DeviceKind, DeviceSession};

use crate::{
    sessions::use_list_device_sessions,
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
    let first = (row.is_current, row.last_active_at);
    let latest = Memo::new(move |previous: Option<&(bool, _)>| {
        let now = sessions.rows.with(|rows| {
            let row = rows.iter().find(|row| row.id == id)?;
            Some((row.is_current, row.last_active_at))
        });
        now.or_else(|| previous.copied()).unwrap_or(first)
    });
    let current = move || latest.get().0;
    let id = row.id.clone();
    let pending = Signal::derive(move || sessions.is_revoking(&id));
    let icon = match row.device.kind {
        DeviceKind::Desktop => IconName::Desktop,
        DeviceKind::Phone => IconName::Phone,
        DeviceKind::Tablet => IconName::Tablet,
        DeviceKind::Program => IconName::Program,
        DeviceKind::Unknown => IconName::Unknown,
    };
    let address = if row.ip_address.is_empty() { "Unknown address".to_owned() } else { row.ip_address };
    let agent = (!row.user_agent.is_empty()).then(|| {
        view! {
            <details class="agent">
                <summary>
                    <Icon name=IconName::ChevronRight size=14 />
                    "User agent"
                </summary>
                <code>{row.user_agent}</code>
            </details>
        }
    });

    view! {
        <li class="device" class:device--current=current>
            <span class="device__icon">
                <Icon name=icon size=22 />
            </span>
            <div class="device__title">
                <h3>{row.device.label.clone()}</h3>
                {move || current().then(|| view! { <span class="badge">"(current)"</span> })}
            </div>
            <div class="device__more">
                <p class="device__facts">
                    <span class="device__address">{address}</span>
                    <span>"Last active " <TimeAgo at=Signal::derive(move || latest.get().1) /></span>
                    <span>"Signed in " <TimeAgo at=row.created_at /></span>
                </p>
                {agent}
            </div>
            <div class="device__actions">
                <ActionForm action=sessions.revoke>
                    <input type="hidden" name="session_id" value=row.id.to_string() />
                    <Submit class="button button--danger" pending label=format!("Revoke {}", row.device.label)>
                        "Revoke"
                    </Submit>
                </ActionForm>
            </div>
        </li>
    }
    .into_any()
}
