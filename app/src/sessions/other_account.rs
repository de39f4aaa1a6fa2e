//! One more account that this browser holds.

use leptos::prelude::*;
use multi_session::DeviceSession;

use crate::{
    accounts::Avatar,
    act::ActForm,
    sessions::use_list_device_sessions,
    ui::{Submit, TimeAgo, piece::IntoPiece},
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
    let (email, describes) = (email_id.clone(), email_id.clone());
    let revoked = id.clone();
    let name = row.user.name;
    let (switch, revoke) = (format!("Switch to {name}"), format!("Revoke {name}"));
    let switch = view! {
        <input type="hidden" name="session_id" value=id />
        <Submit pending=switching label=switch described_by=describes>
            "Switch"
        </Submit>
    }
    .piece();
    let revoke = view! {
        <input type="hidden" name="session_id" value=revoked />
        <Submit class="button button--danger" pending=revoking label=revoke described_by=email_id>
            "Revoke"
        </Submit>
    }
    .piece();

    view! {
        <li class="device device--account">
            <Avatar name=name.clone() />
            <div class="device__title">
                <h3>{name}</h3>
            </div>
            <div class="device__more">
                <p class="device__facts">
                    <span class="device__address" id=email>
                        {row.user.email}
                    </span>
                    <span>"Last active " <TimeAgo at=row.last_active_at /></span>
                </p>
            </div>
            <div class="device__actions">
                <ActForm act=sessions.set_active fields=switch />
                <ActForm act=sessions.revoke fields=revoke />
            </div>
        </li>
    }
    .piece()
}
