//! The list as text: how it travels with the page, and how the browser reads it.
//!
//! The text is the server function's: an array of rows, or the object of an error. The browser has a JSON reader of
//! its own, so the client carries none.

use js_sys::Array;
use leptos::server::codee::{Decoder, Encoder};
use multi_session::{
    Device, DeviceKind, DeviceSession, EndedBy, EndedReason, Ending, Handle, Session, SessionEvent,
    SessionId, SignInMethod, SignedInFrom, Timestamp, User, UserId,
};
use wasm_bindgen::{JsCast, JsValue};

use crate::{
    AppError,
    act::{field, parse, refusal},
};

/// What the list's answer is.
pub(super) type Answer = Result<Vec<DeviceSession>, AppError>;

/// Writes and reads an [`Answer`].
pub struct ListCodec;

impl Encoder<Answer> for ListCodec {
    type Error = ();
    type Encoded = String;

    #[cfg(feature = "ssr")]
    fn encode(answer: &Answer) -> Result<String, ()> {
        let text = match answer {
            Ok(rows) => serde_json::to_string(rows),
            Err(error) => serde_json::to_string(error),
        };
        text.map_err(drop)
    }

    /// Only the server sends the list.
    #[cfg(not(feature = "ssr"))]
    fn encode(_: &Answer) -> Result<String, ()> {
        Err(())
    }
}

impl Decoder<Answer> for ListCodec {
    type Error = ();
    type Encoded = str;

    /// Only the browser reads it.
    fn decode(text: &str) -> Result<Answer, ()> {
        Ok(read(text))
    }
}

/// Reads an answer.
pub(super) fn read(text: &str) -> Answer {
    let value = parse(text);
    if value.is_array() { rows(&value).ok_or_else(|| refusal(&JsValue::NULL)) } else { Err(refusal(&value)) }
}

/// Reads the rows of a list.
pub(super) fn rows(list: &JsValue) -> Option<Vec<DeviceSession>> {
    list.dyn_ref::<Array>()?.iter().map(|row| device_session(&row)).collect()
}

/// Reads what a stream tells; `None` for what a newer server may tell.
pub(super) fn event(event: &JsValue) -> Option<SessionEvent> {
    let session = |name: &str| SessionId::new(text(event, name)?).ok();
    Some(match &*text(event, "type")? {
        "created" => SessionEvent::Created { row: Box::new(device_session(&field(event, "row"))?) },
        "ended" => {
            let by = field(event, "by");
            let reason = EndedReason::parse(&text(event, "reason")?)?;
            let mut ending = Ending::new(session("id")?, reason, moment(event, "at")?);
            ending.by = text(&by, "id")
                .and_then(|id| Some(EndedBy::new(SessionId::new(id).ok()?, text(&by, "label")?)));
            SessionEvent::Ended(ending)
        }
        "renamed" => SessionEvent::Renamed {
            id: session("id")?,
            name: text(event, "name"),
            label: text(event, "label")?,
        },
        "switched" => SessionEvent::Switched { from: session("from")?, to: session("to")? },
        "moved" => SessionEvent::Moved {
            id: session("id")?,
            ip_address: text(event, "ipAddress")?,
            place: text(event, "place"),
            user_agent: text(event, "userAgent")?,
            device: device(&field(event, "device"))?,
        },
        "touched" => {
            SessionEvent::Touched { id: session("id")?, last_active_at: moment(event, "lastActiveAt")? }
        }
        _ => return None,
    })
}

fn text(object: &JsValue, name: &str) -> Option<String> {
    field(object, name).as_string()
}

fn moment(object: &JsValue, name: &str) -> Option<Timestamp> {
    Timestamp::parse(&text(object, name)?)
}

fn truth(object: &JsValue, name: &str) -> bool {
    field(object, name).is_truthy()
}

fn device_session(row: &JsValue) -> Option<DeviceSession> {
    let mut read = DeviceSession::new(session(&field(row, "session"))?, user(&field(row, "user"))?);
    read.created_at = moment(row, "createdAt")?;
    read.expires_at = moment(row, "expiresAt")?;
    read.user_agent = text(row, "userAgent")?;
    read.ip_address = text(row, "ipAddress")?;
    read.place = text(row, "place");
    read.signed_in_from = signed_in_from(&field(row, "signedInFrom"));
    read.last_active_at = moment(row, "lastActiveAt")?;
    read.is_current = truth(row, "isCurrent");
    read.is_held = truth(row, "isHeld");
    read.device = device(&field(row, "device"))?;
    read.name = text(row, "name");
    read.shared_computer = truth(row, "sharedComputer");
    read.new_device = truth(row, "newDevice");
    read.signed_in_with = text(row, "signedInWith").and_then(|how| SignInMethod::parse(&how));
    Some(read)
}

/// A server of the previous version does not tell it.
fn signed_in_from(from: &JsValue) -> SignedInFrom {
    let mut read = SignedInFrom::default();
    read.ip_address = text(from, "ipAddress").unwrap_or_default();
    read.place = text(from, "place");
    read.user_agent = text(from, "userAgent").unwrap_or_default();
    read
}

fn device(device: &JsValue) -> Option<Device> {
    let mut read = Device::default();
    read.kind = match &*text(device, "kind")? {
        "desktop" => DeviceKind::Desktop,
        "phone" => DeviceKind::Phone,
        "tablet" => DeviceKind::Tablet,
        "tv" => DeviceKind::Tv,
        "console" => DeviceKind::Console,
        "headset" => DeviceKind::Headset,
        "program" => DeviceKind::Program,
        _ => DeviceKind::Unknown,
    };
    read.browser = text(device, "browser")?;
    read.os = text(device, "os")?;
    read.label = text(device, "label")?;
    Some(read)
}

fn session(session: &JsValue) -> Option<Session> {
    let mut read = Session::new(
        SessionId::new(text(session, "id")?).ok()?,
        Handle::parse(&text(session, "token")?)?,
        UserId::new(text(session, "userId")?).ok()?,
        moment(session, "createdAt")?,
        moment(session, "expiresAt")?,
    );
    read.updated_at = moment(session, "updatedAt")?;
    read.ip_address = text(session, "ipAddress")?;
    read.user_agent = text(session, "userAgent")?;
    Some(read)
}

fn user(user: &JsValue) -> Option<User> {
    let id = UserId::new(text(user, "id")?).ok()?;
    let mut read = User::new(id, text(user, "name")?, text(user, "email")?, moment(user, "createdAt")?);
    read.email_verified = truth(user, "emailVerified");
    read.image = text(user, "image");
    read.updated_at = moment(user, "updatedAt")?;
    Some(read)
}
