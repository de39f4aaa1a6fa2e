//! The list as text: how it travels with the page, and how the browser reads it.
//!
//! The text is the server function's: an array of rows, or the object of an error. The browser has a JSON reader of
//! its own, so the client carries none.

use leptos::server::codee::{Decoder, Encoder};
use multi_session::DeviceSession;

use crate::AppError;

/// What the list's answer is.
pub(super) type Answer = Result<Vec<DeviceSession>, AppError>;

/// Writes and reads an [`Answer`].
pub struct ListCodec;

#[cfg(feature = "ssr")]
impl Encoder<Answer> for ListCodec {
    type Error = serde_json::Error;
    type Encoded = String;

    fn encode(answer: &Answer) -> Result<String, Self::Error> {
        match answer {
            Ok(rows) => serde_json::to_string(rows),
            Err(error) => serde_json::to_string(error),
        }
    }
}

#[cfg(feature = "ssr")]
impl Decoder<Answer> for ListCodec {
    type Error = serde_json::Error;
    type Encoded = str;

    /// Only tests read on the server.
    fn decode(text: &str) -> Result<Answer, Self::Error> {
        serde_json::from_str(text).map(Ok).or_else(|_| serde_json::from_str(text).map(Err))
    }
}

#[cfg(not(feature = "ssr"))]
pub(super) use browser::read;

#[cfg(not(feature = "ssr"))]
mod browser {
    use js_sys::Array;
    use multi_session::{Device, DeviceKind, Handle, Session, SessionId, Timestamp, User, UserId};
    use wasm_bindgen::{JsCast, JsValue};

    use super::*;
    use crate::act::{field, parse, refusal};

    impl Encoder<Answer> for ListCodec {
        type Error = ();
        type Encoded = String;

        /// Only the server sends the list.
        fn encode(_: &Answer) -> Result<String, ()> {
            Err(())
        }
    }

    impl Decoder<Answer> for ListCodec {
        type Error = ();
        type Encoded = str;

        fn decode(text: &str) -> Result<Answer, ()> {
            Ok(read(text))
        }
    }

    /// Reads an answer.
    pub(in crate::sessions) fn read(text: &str) -> Answer {
        let value = parse(text);
        let rows = value.dyn_ref::<Array>().ok_or_else(|| refusal(&value))?;
        let rows: Option<Vec<_>> = rows.iter().map(|row| device_session(&row)).collect();
        rows.ok_or_else(|| refusal(&JsValue::NULL))
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
        Some(DeviceSession {
            id: SessionId::new(text(row, "id")?).ok()?,
            user_agent: text(row, "userAgent")?,
            ip_address: text(row, "ipAddress")?,
            last_active_at: moment(row, "lastActiveAt")?,
            is_current: truth(row, "isCurrent"),
            is_held: truth(row, "isHeld"),
            device: device(&field(row, "device"))?,
            created_at: moment(row, "createdAt")?,
            expires_at: moment(row, "expiresAt")?,
            session: session(&field(row, "session"))?,
            user: user(&field(row, "user"))?,
        })
    }

    fn device(device: &JsValue) -> Option<Device> {
        let kind = match &*text(device, "kind")? {
            "desktop" => DeviceKind::Desktop,
            "phone" => DeviceKind::Phone,
            "tablet" => DeviceKind::Tablet,
            "program" => DeviceKind::Program,
            _ => DeviceKind::Unknown,
        };
        Some(Device {
            browser: text(device, "browser")?,
            os: text(device, "os")?,
            kind,
            label: text(device, "label")?,
        })
    }

    fn session(session: &JsValue) -> Option<Session> {
        Some(Session {
            id: SessionId::new(text(session, "id")?).ok()?,
            handle: Handle::parse(&text(session, "token")?)?,
            user_id: UserId::new(text(session, "userId")?).ok()?,
            expires_at: moment(session, "expiresAt")?,
            created_at: moment(session, "createdAt")?,
            updated_at: moment(session, "updatedAt")?,
            ip_address: text(session, "ipAddress")?,
            user_agent: text(session, "userAgent")?,
        })
    }

    fn user(user: &JsValue) -> Option<User> {
        Some(User {
            id: UserId::new(text(user, "id")?).ok()?,
            name: text(user, "name")?,
            email: text(user, "email")?,
            email_verified: truth(user, "emailVerified"),
            image: text(user, "image"),
            created_at: moment(user, "createdAt")?,
            updated_at: moment(user, "updatedAt")?,
        })
    }
}
