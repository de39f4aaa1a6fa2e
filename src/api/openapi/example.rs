//! Example values of the document. They have the real types, and so the real shapes.

use std::time::Duration;

use crate::api::export::{HistoryExport, csv_entries, csv_head};
use crate::http::Problem;
use crate::{
    ClientHints, Device, DeviceChoice, DeviceKind, DeviceSession, EndedBy, EndedDeviceSession, EndedReason,
    Ending, Error, Handle, HistoryActor, HistoryEntry, HistoryKind, HistoryPage, OutboxEvent,
    OutboxEventKind, Session, SessionId, SignInMethod, SignInTicket, SignedInFrom, Timestamp, User, UserId,
    Webhook, WebhookType,
};

/// 2026-11-23T11:09:21.802Z.
const SIGNED_IN: Timestamp = Timestamp::from_unix_ms(1_795_432_161_802);
/// A ticket for choosing a device.
pub(crate) const TICKET: &str = "n3wG-2kq0YB1rJv8cXyT7hLw5sDzEoPfQaU4mIj6x98";
const PLACE: &str = "Berlin, Germany";
const A_DAY: Duration = Duration::from_secs(24 * 60 * 60);
const THIRTY_DAYS: Duration = Duration::from_secs(30 * 24 * 60 * 60);

pub(crate) fn user() -> User {
    User {
        id: UserId::new("01a2098d-43c3-7e27-bc19-7145fd7f7219").expect("an identifier"),
        name: "Ada".to_owned(),
        email: "ada@example.org".to_owned(),
        email_verified: false,
        image: None,
        created_at: SIGNED_IN,
        updated_at: SIGNED_IN,
    }
}

pub(crate) fn session() -> Session {
    Session {
        id: SessionId::new("01a2098d-43c3-76b6-ae3a-e0c25f2b34b2").expect("an identifier"),
        handle: handle(),
        user_id: user().id,
        expires_at: SIGNED_IN.plus(THIRTY_DAYS),
        created_at: SIGNED_IN,
        updated_at: SIGNED_IN,
        ip_address: "203.0.113.7".to_owned(),
        user_agent: "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:145.0) Gecko/20100101 Firefox/145.0"
            .to_owned(),
        client_hints: ClientHints::default(),
    }
}

pub(crate) fn history() -> HistoryPage {
    let session = session();
    let by = HistoryActor {
        id: session.id,
        label: device_session().device.label,
        user_agent: session.user_agent,
        ip_address: session.ip_address,
        place: Some(PLACE.to_owned()),
    };
    let entry = HistoryEntry {
        id: 42,
        at: SIGNED_IN,
        kind: HistoryKind::Ended,
        session_id: Some(SessionId::new("01a2098d-43c3-7003-9be5-50f2e4fb6ca1").expect("an identifier")),
        device: "Chrome on Windows".to_owned(),
        user_agent: "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) \
                     Chrome/142.0.0.0 Safari/537.36"
            .to_owned(),
        ip_address: "198.51.100.9".to_owned(),
        place: None,
        by: Some(by),
        reason: Some(EndedReason::Revoked),
        refusal: None,
        signed_in_with: None,
        name: None,
        previous_ip_address: None,
    };
    HistoryPage { entries: vec![entry], next: Some(42) }
}

pub(crate) fn history_export() -> HistoryExport {
    HistoryExport { exported_at: SIGNED_IN, user: user(), entries: history().entries }
}

pub(crate) fn history_csv() -> String {
    [csv_head().expect("a head"), csv_entries(&history().entries).expect("lines")].concat()
}

/// The refusal at the limit of devices, after the right password.
pub(crate) fn at_limit() -> Problem {
    let ticket = SignInTicket::parse(TICKET).expect("43 letters, digits, - and _");
    let row = DeviceSession { is_current: false, is_held: false, ..device_session() };
    let choice = DeviceChoice { maximum: 1, devices: vec![row], expires_at: SIGNED_IN };
    Error::LimitReached { ticket, choice: Box::new(choice) }.into()
}

pub(crate) fn handle() -> Handle {
    Handle::parse("3gympsuydpb41jpqgy61f1zliq564nui").expect("32 letters or digits")
}

pub(crate) fn ended_device_session() -> EndedDeviceSession {
    let id = SessionId::new("01a2098d-43c3-7003-9be5-50f2e4fb6ca1").expect("an identifier");
    let by = EndedBy::new(session().id, device_session().device.label);
    let ending = Ending { by: Some(by), ..Ending::new(id, EndedReason::Revoked, SIGNED_IN.plus(A_DAY)) };
    EndedDeviceSession {
        device: Device {
            browser: "Safari 26".to_owned(),
            os: "iOS".to_owned(),
            kind: DeviceKind::Phone,
            label: "Old phone".to_owned(),
        },
        name: Some("Old phone".to_owned()),
        ip_address: "198.51.100.9".to_owned(),
        ..EndedDeviceSession::new(ending, SIGNED_IN)
    }
}

/// What tells of an event of this type.
pub(crate) fn webhook(kind: WebhookType) -> Webhook {
    let with = Some(SignInMethod::PASSWORD);
    // Whose session caused it: its own, another one, or none.
    let (own, other) = (session().id, ended_device_session().id);
    let (kind, session_id, by) = match kind {
        WebhookType::SessionBegun => (OutboxEventKind::Begun { signed_in_with: with }, Some(own), None),
        WebhookType::SessionNewDevice => (OutboxEventKind::NewDevice, Some(own), None),
        WebhookType::SessionRenewed => (OutboxEventKind::Renewed { with }, Some(own.clone()), Some(own)),
        WebhookType::SessionEnded => {
            (OutboxEventKind::Ended { reason: EndedReason::Revoked }, Some(other), Some(own))
        }
        WebhookType::SessionRevokeUndone => (OutboxEventKind::RevokeUndone, Some(other), Some(own)),
        WebhookType::SessionRenamed => {
            (OutboxEventKind::Renamed { name: Some("Old phone".to_owned()) }, Some(other), Some(own))
        }
        WebhookType::SessionReported => (OutboxEventKind::Reported, Some(other), Some(own)),
        WebhookType::AccountCredentialsChanged => (OutboxEventKind::CredentialsChanged, None, Some(own)),
        WebhookType::AccountDisabled => (OutboxEventKind::Disabled, None, None),
        WebhookType::AccountEnabled => (OutboxEventKind::Enabled, None, None),
        WebhookType::AccountErased => (OutboxEventKind::Erased, None, None),
        WebhookType::WebhookTest => return Webhook::test(SIGNED_IN),
    };
    (&OutboxEvent { session_id, by, ..OutboxEvent::new(42, user().id, SIGNED_IN, kind) }).into()
}

pub(crate) fn device_session() -> DeviceSession {
    let session = session();
    DeviceSession {
        id: session.id.clone(),
        user_agent: session.user_agent.clone(),
        ip_address: session.ip_address.clone(),
        place: Some(PLACE.to_owned()),
        signed_in_from: SignedInFrom {
            ip_address: session.ip_address.clone(),
            place: Some(PLACE.to_owned()),
            user_agent: session.user_agent.clone(),
        },
        last_active_at: session.updated_at,
        is_current: true,
        is_held: true,
        device: Device {
            browser: "Firefox 145".to_owned(),
            os: "macOS".to_owned(),
            kind: DeviceKind::Desktop,
            label: "Firefox on macOS".to_owned(),
        },
        name: None,
        shared_computer: false,
        new_device: false,
        signed_in_with: Some(SignInMethod::PASSWORD),
        created_at: session.created_at,
        expires_at: session.expires_at,
        session,
        user: user(),
    }
}
