//! The page at the limit of devices: after the right password, the person chooses a device to sign out.
//!
//! The browser itself submits the forms, because another document follows in any case.

use leptos::{prelude::*, server_fn::ServerFn};
use leptos_meta::Title;
use multi_session::{Code, DeviceSession, SessionId};
use serde::{Deserialize, Serialize};

#[cfg(feature = "ssr")]
use crate::context::{accounts, fail, request, request_if_any, sessions, settle};
use crate::{
    AppError,
    accounts::{
        entry::Message,
        paths::{SIGN_IN, SIGN_IN_TO_ADD},
    },
    answered::answered,
    notice::form_error_of,
    sessions::{device_icon, words::place},
    ui::{Icon, Submit, TimeAgo},
};

/// What the page shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum DeviceChoiceState {
    /// The devices to choose from.
    Devices {
        /// How many devices may be signed in.
        maximum: u32,
        /// The signed-in devices, least recently used first.
        devices: Vec<DeviceSession>,
        /// Whether another account is signed in already.
        adding: bool,
    },
    /// The ticket is no longer valid.
    TooLate {
        /// Whether another account is signed in already.
        adding: bool,
    },
}

/// Returns the devices to choose from after a sign-in was refused at the limit.
///
/// # Errors
///
/// When the store does not answer.
#[server(prefix = "/fn", endpoint = "device-choice")]
pub async fn device_choice() -> Result<Option<DeviceChoiceState>, AppError> {
    let Some(request) = request_if_any() else { return Ok(None) };
    let browser = request.browser().map_err(fail)?;
    let adding = browser.active().is_some();
    let Some(ticket) = request.ticket() else { return Ok(Some(DeviceChoiceState::TooLate { adding })) };
    match sessions().device_choice(&browser, ticket).await {
        Ok(choice) => {
            let (maximum, devices) = (choice.maximum, choice.devices);
            Ok(Some(DeviceChoiceState::Devices { maximum, devices, adding }))
        }
        Err(error) if error.code() == Code::InvalidTicket => Ok(Some(DeviceChoiceState::TooLate { adding })),
        Err(error) => Err(fail(error)),
    }
}

/// Signs the person in, and signs out the chosen device.
///
/// # Errors
///
/// When the ticket is no longer valid, or the device was signed out meanwhile and there is no room.
#[server(prefix = "/fn", endpoint = "choose-device")]
pub async fn choose_device(
    /// The session of the device.
    session_id: SessionId,
) -> Result<(), AppError> {
    let request = request();
    let ticket = request.ticket().ok_or_else(|| fail(Code::InvalidTicket.into()))?;
    let browser = request.browser().map_err(fail)?;
    let signed_in = accounts()?.sign_in_instead(&browser, request.client(), ticket, &session_id).await;
    let browser = signed_in.map_err(fail)?;
    request.clear_ticket();
    settle(&request, browser, "signed-in");
    Ok(())
}

/// Asks which device is signed out.
#[component]
pub fn ChooseDevicePage() -> impl IntoView {
    let shown = Resource::new(|| (), |()| device_choice());
    answered(shown, |shown| match shown {
        DeviceChoiceState::Devices { maximum, devices, adding } => {
            view! { <Devices maximum devices back=sign_in(adding) /> }.into_any()
        }
        DeviceChoiceState::TooLate { adding } => view! { <TooLate back=sign_in(adding) /> }.into_any(),
    })
}

#[component]
fn Devices(maximum: u32, devices: Vec<DeviceSession>, back: &'static str) -> impl IntoView {
    // On this page the error has a more exact meaning.
    let error = form_error_of::<ChooseDevice>().map(|error| {
        let is_gone = error.is(Code::MaximumSessionsReached);
        if is_gone { AppError { message: GONE.to_owned(), ..error } } else { error }
    });
    let rows: Vec<_> = devices.into_iter().map(|row| view! { <Row row /> }.into_any()).collect();
    view! {
        <Title text="Choose a device to sign out" />
        <div class="ms-entry ms-entry--wide">
            <div class="ms-entry__head">
                <h1>"Choose a device to sign out"</h1>
                <p class="ms-entry__lead">{Code::MaximumSessionsReached.sentence_with(Some(maximum.into())).into_owned()}</p>
            </div>
            <Message error=Signal::stored(error) />
            <ul class="ms-card ms-choose">{rows}</ul>
            <p class="ms-entry__foot">
                // Loads a new document, so that the server can clear the ticket.
                <a href=back rel="external">
                    "Cancel"
                </a>
            </p>
        </div>
    }
}

const GONE: &str = "That device was already signed out. Choose another one.";

/// One device, and the button that signs it out.
#[component]
fn Row(row: DeviceSession) -> impl IntoView {
    let place = place(&row);
    let label = row.device.label;
    view! {
        <li>
            <span class="ms-device__icon">
                <Icon name=device_icon(row.device.kind) size=22 />
            </span>
            <div class="ms-choose__device">
                <h2>
                    <bdi>{label.clone()}</bdi>
                </h2>
                <p><bdi>{place}</bdi> <span>"Active " <TimeAgo at=row.last_active_at /></span></p>
            </div>
            <form method="post" action=ChooseDevice::PATH>
                <input type="hidden" name="session_id" value=row.id.to_string() />
                <Submit class="ms-button ms-button--danger" label=["Sign out ", &label].concat()>
                    "Sign out"
                </Submit>
            </form>
        </li>
    }
}

#[component]
fn TooLate(back: &'static str) -> impl IntoView {
    view! {
        <Title text="Sign in again" />
        <div class="ms-entry">
            <div class="ms-entry__head">
                <h1>"Sign in again"</h1>
                <p class="ms-entry__lead">"This sign-in took too long. No device was signed out."</p>
            </div>
            <a class="ms-button ms-button--primary ms-button--wide" href=back rel="external">
                "Sign in again"
            </a>
        </div>
    }
}

/// The form that the person came from.
const fn sign_in(adding: bool) -> &'static str {
    if adding { SIGN_IN_TO_ADD } else { SIGN_IN }
}
