//! One more account that this browser holds.

use leptos::prelude::*;
use multi_session::DeviceSession;

use crate::{
    accounts::Avatar,
    act::SessionForm,
    sessions::use_list_device_sessions,
    ui::{TimeAgo, piece::IntoPiece},
};

/// Whose account it is, and the buttons that switch to it and sign it out here.
#[component]
pub(super) fn OtherAccount(
    /// The session as it was when the row appeared.
    row: DeviceSession,
) -> impl IntoView {
    let sessions = use_list_device_sessions();
    let id = row.id.clone();
    let revoking = Signal::derive(move || sessions.is_revoking(&id));
    let id = row.id.clone();
    let switching = Signal::derive(move || sessions.set_active.is_running(id.as_str()));
    let id = row.id.to_string();
    let email_id = format!("other-{id}");
    let name = row.user.name;
    let (switch, revoke) = (["Switch to ", &*name].concat(), ["Revoke ", &*name].concat());

    view! {
        <li class="device device--account">
            <Avatar name=name.clone() />
            <div class="device__title">
                <h3>{name}</h3>
            </div>
            <div class="device__more">
                <p class="device__facts">
                    <span class="device__address" id=email_id.clone()>
                        {row.user.email}
                    </span>
                    <span>"Last active " <TimeAgo at=row.last_active_at /></span>
                </p>
            </div>
            <div class="device__actions">
                <SessionForm
                    act=sessions.set_active
                    session_id=id.clone()
                    class="button"
                    pending=switching
                    label=switch
                    described_by=email_id.clone()
                    text="Switch".piece()
                />
                <SessionForm
                    act=sessions.revoke
                    session_id=id
                    pending=revoking
                    label=revoke
                    described_by=email_id
                    text="Revoke".piece()
                />
            </div>
        </li>
    }
    .piece()
}
