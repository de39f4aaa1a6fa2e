//! The row of a device that was just signed out here.

use leptos::prelude::*;
use multi_session::DeviceSession;

use crate::{
    hooks::{focus_element, is_focused},
    sessions::use_list_device_sessions,
    ui::{Icon, IconName, Submit},
};

/// Says that a device was signed out, and offers for ten seconds to undo it. It takes the focus, because the
/// pressed button is gone.
#[component]
pub(super) fn SignedOutRow(row: DeviceSession) -> impl IntoView {
    let sessions = use_list_device_sessions();
    let id = row.id.clone();
    let (button, described) = (format!("undo-{id}"), format!("signed-out-{id}"));
    Effect::new({
        let button = button.clone();
        move |_| {
            let button = button.clone();
            request_animation_frame(move || {
                if !is_focused() {
                    focus_element(&button);
                }
            });
        }
    });
    let undone = id.clone();
    let pending = Signal::derive(move || sessions.is_undoing(&undone));

    view! {
        <li class="ms-device ms-device--gone">
            <span class="ms-device__icon">
                <Icon name=IconName::Check size=22 />
            </span>
            <p class="ms-device__gone" id=described.clone()>
                <bdi>{row.device.label}</bdi>
                " was signed out."
            </p>
            <div class="ms-device__actions">
                <ActionForm action=sessions.undo_revoke>
                    <input type="hidden" name="session_id" value=id.to_string() />
                    <Submit id=button pending described_by=described>
                        "Undo"
                    </Submit>
                </ActionForm>
            </div>
        </li>
    }
}
