//! Another account that this browser holds.

use leptos::prelude::*;
use multi_session::DeviceSession;

use crate::{
    accounts::Avatar,
    sessions::use_list_device_sessions,
    ui::{Submit, TimeAgo},
};

/// The account, with buttons to switch to it and to sign it out here.
#[component]
pub(super) fn OtherAccount(
    /// The session as it was when the row appeared.
    row: DeviceSession,
) -> impl IntoView {
    let sessions = use_list_device_sessions();
    let id = row.id.clone();
    let revoking = Signal::derive(move || sessions.is_revoking(&id));
    let id = row.id.clone();
    let switching = Signal::derive(move || sessions.is_switching_to(&id));
    let id = row.id.to_string();
    let email_id = format!("other-{id}");
    let name = row.user.name;
    let (switch, revoke) = (["Switch to ", &*name].concat(), ["Revoke ", &*name].concat());

    view! {
        <li class="ms-device">
            <Avatar name=name.clone() />
            <div class="ms-device__title">
                <h3>{name}</h3>
            </div>
            <div class="ms-device__more">
                <p class="ms-device__facts">
                    <span id=email_id.clone()>
                        {row.user.email}
                    </span>
                    <span>"Last active " <TimeAgo at=row.last_active_at /></span>
                </p>
            </div>
            <div class="ms-device__actions">
                <ActionForm action=sessions.set_active clone:id clone:email_id>
                    <input type="hidden" name="session_id" value=id />
                    <Submit pending=switching label=switch described_by=email_id>
                        "Switch"
                    </Submit>
                </ActionForm>
                <ActionForm action=sessions.revoke clone:email_id>
                    <input type="hidden" name="session_id" value=id />
                    <Submit class="ms-button ms-button--danger" pending=revoking label=revoke described_by=email_id>
                        "Revoke"
                    </Submit>
                </ActionForm>
            </div>
        </li>
    }
}
