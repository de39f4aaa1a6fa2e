//! The question about a new device, above the list.

use leptos::prelude::*;
use multi_session::DeviceSession;

use crate::{
    Feature,
    hooks::use_now,
    sessions::{entries::row_key, use_list_device_sessions, words},
    ui::{Icon, IconName, Submit, TimeAgo},
};

/// Asks for a day whether the latest sign-in on a new device was the person's.
#[component]
pub(super) fn NewDevice(
    /// The shown devices of the person.
    rows: Memo<Vec<DeviceSession>>,
) -> impl IntoView {
    let now = use_now();
    let asks = use_list_device_sessions().options.has(Feature::Report);
    let latest = move || {
        let latest = rows.with(|rows| words::to_think_about(rows, now.get()).cloned());
        latest.filter(|_| asks).into_iter().collect::<Vec<_>>()
    };
    view! {
        <For each=latest key=row_key let:row>
            <Banner row />
        </For>
    }
}

#[component]
fn Banner(row: DeviceSession) -> impl IntoView {
    let name = ["New sign-in: ", &*row.device.label].concat();
    let title = row.device.label.clone();
    let from = [", ", &*words::first_place(&row), ", "].concat();
    view! {
        <section class="ms-card ms-news" aria-label=name>
            <Icon name=IconName::Alert size=22 />
            <p>
                <strong>"New sign-in: " <bdi>{title}</bdi></strong>
                {from}
                <TimeAgo at=row.created_at />
                ". Was this you?"
            </p>
            <div class="ms-news__acts">
                <Answers row yes="ms-button" no="ms-button ms-button--danger" />
            </div>
        </section>
    }
}

/// The answers to "Was this you?". On a device that is new itself, only the one that secures the account.
#[component]
pub(super) fn Answers(
    /// The new device.
    row: DeviceSession,
    /// The classes of the button.
    yes: &'static str,
    /// The classes of the link.
    no: &'static str,
) -> impl IntoView {
    let sessions = use_list_device_sessions();
    let not_me = sessions.options.not_me_path().of_session(&row.id);
    let secure = ["No, secure my account: ", &*row.device.label].concat();
    let was_me = ["Yes, it was me: ", &*row.device.label].concat();
    let id = row.id.clone();
    let pending = Signal::derive(move || sessions.is_recognizing(&id));
    let id = row.id.to_string();
    view! {
        <Show when=move || sessions.can_recognize(&row)>
            <ActionForm action=sessions.recognize clone:id clone:was_me>
                <input type="hidden" name="session_id" value=id />
                <Submit class=yes pending label=was_me>
                    "Yes, it was me"
                </Submit>
            </ActionForm>
        </Show>
        <a class=no href=not_me aria-label=secure>
            "No, secure my account"
        </a>
    }
}
