//! One device of the list.

use leptos::{html, prelude::*};
use multi_session::{DeviceKind, DeviceSession};

use crate::{
    Feature,
    hooks::use_now,
    sessions::{new_device::Answers, use_list_device_sessions, words},
    ui::{ExactTime, Icon, IconName, Submit, TimeAgo, close_like_a_menu},
};

/// A device, the button that ends its session, and a menu.
#[component]
pub(super) fn DeviceRow(
    /// The session as it was when the row appeared. Changes are read from the list.
    row: DeviceSession,
    /// Whether it is in a group, which already names the device.
    #[prop(optional)]
    in_group: bool,
) -> impl IntoView {
    let sessions = use_list_device_sessions();
    let now = use_now();
    let latest = sessions.latest(&row);
    let last_active_at = Signal::derive(move || latest.with(|row| row.last_active_at));
    let asks = sessions.options.has(Feature::Report) && !row.is_current;
    let is_news = row.is_new_device(now.get_untracked());
    let forgotten = Memo::new(move |_| words::is_forgotten(now.get().since(last_active_at.get())));
    let label = row.device.label.clone();
    let heading = if in_group {
        view! { <h3>"Session"</h3> }.into_any()
    } else {
        view! {
            <h2>
                <bdi>{label.clone()}</bdi>
            </h2>
        }
        .into_any()
    };
    let question = (asks && is_news).then(|| {
        view! {
            <div class="ms-device__question">
                <strong>"Was this you?"</strong>
                <Answers row=row.clone() yes="ms-link" no="ms-link ms-link--danger" />
            </div>
        }
        .into_any()
    });
    let (class, id) =
        (if row.is_current { "ms-device ms-device--current" } else { "ms-device" }, words::row_id(&row.id));

    view! {
        <li class=class id=id tabindex="-1">
            <span class="ms-device__icon">
                <Icon name=device_icon(row.device.kind) size=22 />
            </span>
            <div class="ms-device__title">
                {heading}
                {row.is_current.then(|| view! { <span class="ms-badge">"(current)"</span> }.into_any())}
                {is_news.then(|| view! { <span class="ms-badge ms-badge--warn">"New device"</span> }.into_any())}
                {move || forgotten.get().then(|| view! { <span class="ms-badge ms-badge--warn">"Inactive for 90 days"</span> }.into_any())}
                {row.shared_computer.then(|| view! { <span class="ms-badge ms-badge--plain">"Shared computer"</span> }.into_any())}
            </div>
            <Details row=latest />
            {sessions.options.row_view(&row).map(|more| view! { <div class="ms-device__more">{more}</div> }.into_any())}
            {question}
            <div class="ms-device__actions">
                <Revoke row=row.clone() />
                <More row />
            </div>
        </li>
    }
}

/// Where and when the device was last used, with all known facts on demand.
#[component]
fn Details(row: Memo<DeviceSession>) -> impl IntoView {
    let sessions = use_list_device_sessions();
    let now = use_now();
    let last_active_at = Signal::derive(move || row.with(|row| row.last_active_at));
    let is_active = Memo::new(move |_| {
        row.with(|row| row.is_current) || words::is_active(now.get().since(last_active_at.get()))
    });
    // The browser and system of a named device, if known.
    let device = row.with_untracked(|row| row.name.as_ref().map(|_| row.device.short_description()));
    let is_unfamiliar = Memo::new(move |_| {
        sessions.rows.with(|rows| row.with(|row| words::is_unfamiliar(row, rows, now.get())))
    });
    let first = row.get_untracked();

    view! {
        <details class="ms-details">
            <summary class="ms-device__facts">
                {device.filter(|device| !device.is_empty()).map(|device| view! { <span>{device}</span> }.into_any())}
                <span class=move || is_unfamiliar.get().then_some("ms-device__unfamiliar")>
                    {move || is_unfamiliar.get().then(|| view! { <Icon name=IconName::Alert size=14 /> <span class="ms-visually-hidden">"Unfamiliar place: "</span> }.into_any())}
                    {move || row.with(words::place)}
                </span>
                {move || {
                    if is_active.get() {
                        view! { <span class="ms-device__active">"Active now"</span> }.into_any()
                    } else {
                        view! { <span>"Active " <TimeAgo at=last_active_at /></span> }.into_any()
                    }
                }}
                <span class="ms-device__toggle">"Details" <Icon name=IconName::ChevronDown size=14 /></span>
            </summary>
            <dl class="ms-facts">
                <div>
                    <dt>"Last active"</dt>
                    <dd>
                        <ExactTime at=last_active_at />
                        <span class="ms-facts__from">{move || row.with(words::last_from)}</span>
                    </dd>
                </div>
                <div>
                    <dt>{words::signed_in(first.signed_in_with.as_ref())}</dt>
                    <dd>
                        <ExactTime at=first.created_at />
                        <span class="ms-facts__from">{words::first_from(&first)}</span>
                    </dd>
                </div>
                <div>
                    <dt>"Browser"</dt>
                    <dd>{words::known_device(&first.device)}</dd>
                </div>
                <div>
                    <dt>"User agent"</dt>
                    <dd>
                        <code>{if first.user_agent.is_empty() { "Unknown".to_owned() } else { first.user_agent }}</code>
                    </dd>
                </div>
            </dl>
        </details>
    }
}

/// Ends the session. For the current device it asks first.
#[component]
fn Revoke(row: DeviceSession) -> impl IntoView {
    let sessions = use_list_device_sessions();
    let label = ["Revoke ", &*row.device.label].concat();
    if row.is_current {
        let ask = format!("{}?confirm=current", sessions.options.devices_path());
        return view! {
            <a
                class="ms-button ms-button--danger"
                id="revoke-current"
                href=ask
                aria-label=label
                aria-haspopup="dialog"
                data-noscroll
            >
                "Revoke"
            </a>
        }
        .into_any();
    }
    let id = row.id.clone();
    let pending = Signal::derive(move || sessions.is_revoking(&id));
    view! {
        <ActionForm action=sessions.revoke>
            <input type="hidden" name="session_id" value=row.id.to_string() />
            <Submit class="ms-button ms-button--danger" pending label>
                "Revoke"
            </Submit>
        </ActionForm>
    }
    .into_any()
}

/// The menu with other actions.
#[component]
fn More(row: DeviceSession) -> impl IntoView {
    let options = use_list_device_sessions().options;
    let node = NodeRef::<html::Details>::new();
    close_like_a_menu(node);
    let label = &*row.device.label;
    let items = [
        (Feature::Rename, options.rename_path(), "Rename", "Rename "),
        (Feature::History, options.history_path(), "Activity", "Activity of "),
        (Feature::Report, options.not_me_path(), "I don't recognize this", "I don't recognize this: "),
    ];
    let items: Vec<_> = items
        .into_iter()
        .filter(|(feature, ..)| options.has(*feature) && !(row.is_current && *feature == Feature::Report))
        .map(|(_, page, text, name)| {
            view! {
                <a class="ms-menu__item" href=page.of_session(&row.id) aria-label=[name, label].concat()>
                    {text}
                </a>
            }
        })
        .collect();
    (!items.is_empty()).then(|| {
        view! {
            <details class="ms-menu" node_ref=node>
                <summary class="ms-button ms-menu__button" aria-label=["More for ", label].concat()>
                    <Icon name=IconName::More />
                </summary>
                <div class="ms-menu__items">{items}</div>
            </details>
        }
        .into_any()
    })
}

/// The icon of a device.
pub(crate) fn device_icon(kind: DeviceKind) -> IconName {
    match kind {
        DeviceKind::Desktop => IconName::Desktop,
        DeviceKind::Phone => IconName::Phone,
        DeviceKind::Tablet => IconName::Tablet,
        DeviceKind::Tv => IconName::Tv,
        DeviceKind::Console => IconName::Console,
        DeviceKind::Headset => IconName::Headset,
        DeviceKind::Program => IconName::Program,
        _ => IconName::Unknown,
    }
}
