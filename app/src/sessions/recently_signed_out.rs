//! Recently signed-out devices, below the list.

#[cfg(feature = "ssr")]
use leptos::server_fn::ServerFn;
use leptos::{prelude::*, server_fn::codec::GetUrl};
use leptos_router::hooks::use_query_map;
use multi_session::EndedDeviceSession;

#[cfg(feature = "ssr")]
use crate::context::{fail, request, sessions};
use crate::{
    AppError,
    sessions::{device_row::device_icon, use_list_device_sessions, words},
    ui::{Icon, IconName, TimeAgo},
};

/// Lists the active user's recently ended sessions, latest first.
///
/// # Errors
///
/// When nobody is signed in, or the store does not answer.
#[server(prefix = "/fn", endpoint = "list-ended-device-sessions", input = GetUrl)]
pub async fn list_ended_device_sessions() -> Result<Vec<EndedDeviceSession>, AppError> {
    let browser = request().browser().map_err(fail)?;
    sessions().list_ended(&browser).await.map_err(fail)
}

/// The path of [`list_ended_device_sessions`].
#[cfg(feature = "ssr")]
pub(crate) const LIST_ENDED: &str = ListEndedDeviceSessions::PATH;

/// Shows on demand which devices were signed out in the last 28 days, why and by whom. Without JavaScript the
/// address opens it.
#[component]
pub(super) fn RecentlySignedOut() -> impl IntoView {
    let sessions = use_list_device_sessions();
    let devices = sessions.options.devices_path();
    let query = use_query_map();
    let is_open = Memo::new(move |_| query.with(|query| query.get_str("recent").is_some()));
    // Fetch it again when a device ends while it is open.
    let live = Memo::new(move |_| sessions.devices().len());
    let ended = Resource::new(
        move || is_open.get().then(|| live.get()),
        |open| async move { if open.is_some() { list_ended_device_sessions().await } else { Ok(Vec::new()) } },
    );
    let list = move || {
        Suspend::new(async move {
            match ended.await {
                Ok(rows) if rows.is_empty() => view! {
                    <p class="ms-recent__none">"No device was signed out in the last 28 days."</p>
                }
                .into_any(),
                Ok(rows) => {
                    let rows = rows.into_iter().map(|row| view! { <EndedRow row /> }).collect_view();
                    view! {
                        <ul class="ms-card ms-devices" aria-labelledby="recent">
                            {rows}
                        </ul>
                    }
                    .into_any()
                }
                Err(error) => view! {
                    <p class="ms-message" role="alert">
                        <Icon name=IconName::Alert size=18 />
                        {error.message}
                    </p>
                }
                .into_any(),
            }
        })
    };
    view! {
        <section class="ms-section ms-recent">
                <h2 class="ms-section__title" id="recent">
                    "Recently signed out"
                </h2>
                <a
                    class="ms-recent__toggle"
                    href=move || {
                        if is_open.get() { devices.to_owned() } else { format!("{devices}?recent=1") }
                    }
                    aria-expanded=move || is_open.get().to_string()
                    data-noscroll
                    prop:replace=true
                >
                    {move || if is_open.get() { "Hide" } else { "Show the last 28 days" }}
                </a>
                <Show when=move || is_open.get()>
                    <Transition fallback=|| view! { <p class="ms-recent__none">"Loading…"</p> }>{list}</Transition>
                </Show>
            </section>
    }
}

#[component]
fn EndedRow(row: EndedDeviceSession) -> impl IntoView {
    let ending = row.ending;
    let by = ending.by.as_ref().filter(|_| !ending.is_own()).map(|by| &*by.label);
    let (why, at) = (words::why_ended(Some(ending.reason), by), ending.at);
    view! {
        <li class="ms-device ms-device--ended">
            <span class="ms-device__icon">
                <Icon name=device_icon(row.device.kind) size=22 />
            </span>
            <div class="ms-device__title">
                <h3>
                    <bdi>{row.device.label.clone()}</bdi>
                </h3>
            </div>
            <p class="ms-device__facts">
                <span><bdi>{why}</bdi> " " <TimeAgo at /></span>
                <span>{words::place_or_address(row.place.as_deref(), &row.ip_address)}</span>
            </p>
        </li>
    }
}
