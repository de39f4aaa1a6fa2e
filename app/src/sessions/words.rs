//! Texts about sessions.

use std::time::Duration;

use multi_session::{Device, DeviceSession, EndedReason, SessionEvent, SessionId, SignInMethod, Timestamp};

/// Activity is accurate to the minute, and arrives a little later.
const ACTIVE_NOW: Duration = Duration::from_secs(2 * 60);
/// A device that was not used for so long is marked as inactive.
const FORGOTTEN: Duration = Duration::from_secs(90 * 24 * 60 * 60);
/// Events of a sign-in arrive within a second. After a longer gap a stream begins with the whole list.
const JUST_BEGUN: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// The question before signing out the other devices.
pub(super) fn others_question(others: usize, email: &str) -> String {
    format!("This signs {email} out of {}. You stay signed in here.", devices(others))
}

/// The question before signing out everywhere.
pub(super) fn everywhere_question(others: usize, email: &str) -> String {
    match others {
        0 => format!("This signs {email} out of this device."),
        _ => format!("This signs {email} out of this device and {}.", devices(others)),
    }
}

/// The question before signing out of the current device.
pub(super) fn current_question(email: &str, holds_others: bool) -> String {
    let others = if holds_others { " Your other accounts in this browser stay signed in." } else { "" };
    format!("This signs {email} out of this browser.{others}")
}

/// The hint next to "Sign out other devices".
pub(super) fn others_hint(others: usize) -> String {
    match others {
        0 => "This is your only signed-in device.".to_owned(),
        1 => "Signs out 1 device. You stay signed in here.".to_owned(),
        _ => format!("Signs out {others} devices. You stay signed in here."),
    }
}

/// The result of ending the session `id` of `rows`, which this browser held.
pub(super) fn revoked(id: &SessionId, rows: &[DeviceSession]) -> String {
    match rows.iter().find(|row| row.id == *id) {
        Some(row) => format!("Signed out {} in this browser.", row.user.name),
        None => SIGNED_OUT.to_owned(),
    }
}

/// The result if the device of the ended session is unknown.
pub(crate) const SIGNED_OUT: &str = "Signed out.";

/// The result of signing out a device.
pub(super) fn was_signed_out(label: &str) -> String {
    [label, " was signed out."].concat()
}

/// The result of an undo.
pub(crate) const UNDONE: &str = "Undone. The device is signed in again.";

/// The result of confirming a new device.
pub(crate) const RECOGNIZED: &str = "Thanks. The device is no longer marked as new.";

/// Whether ending this session can be undone: only for another device of the same user.
pub(super) fn is_undoable(row: &DeviceSession) -> bool {
    !row.is_held
}

/// The result of switching to the session `id` of `rows`.
pub(super) fn switched(id: &SessionId, rows: &[DeviceSession]) -> String {
    match rows.iter().find(|row| row.id == *id) {
        Some(row) => format!("Switched to {}.", row.user.name),
        None => "You switched accounts.".to_owned(),
    }
}

/// The result of ending `ended` other sessions.
pub(super) fn revoked_others(ended: usize) -> String {
    match ended {
        0 => "There was no other device to sign out.".to_owned(),
        1 => "Signed out 1 other device.".to_owned(),
        _ => format!("Signed out {ended} other devices."),
    }
}

/// Whether a device is in use.
pub(super) fn is_active(inactive: Duration) -> bool {
    inactive < ACTIVE_NOW
}

/// Whether a device was not used for a long time.
pub(super) fn is_forgotten(inactive: Duration) -> bool {
    inactive >= FORGOTTEN
}

/// The button that shows new sign-ins.
pub(super) fn arrivals(count: usize) -> String {
    if count == 1 { "1 new sign-in, show".to_owned() } else { format!("{count} new sign-ins, show") }
}

/// The id of a device's row.
pub(super) fn row_id(id: &SessionId) -> String {
    ["device-", id.as_str()].concat()
}

/// The latest sign-in on a new device in the last day, except for the current one.
pub(super) fn to_think_about(rows: &[DeviceSession], now: Timestamp) -> Option<&DeviceSession> {
    let user = rows.iter().find(|row| row.is_current).map(|row| &row.user.id)?;
    let is_meant = |row: &&DeviceSession| {
        row.new_device && !row.is_current && row.user.id == *user && now.since(row.created_at) < DAY
    };
    rows.iter().filter(is_meant).max_by_key(|row| row.created_at)
}

/// Where a session was last used: the place or else the address.
pub(crate) fn place(row: &DeviceSession) -> String {
    place_or_address(row.place.as_deref(), &row.ip_address)
}

/// Where a session began.
pub(super) fn first_place(row: &DeviceSession) -> String {
    place_or_address(row.signed_in_from.place.as_deref(), &row.signed_in_from.ip_address)
}

/// Where a session was last used, with the address.
pub(super) fn last_from(row: &DeviceSession) -> String {
    place_and_address(row.place.as_deref(), &row.ip_address)
}

/// Where a session began, with the address.
pub(super) fn first_from(row: &DeviceSession) -> String {
    place_and_address(row.signed_in_from.place.as_deref(), &row.signed_in_from.ip_address)
}

/// A place, or else the address.
pub(super) fn place_or_address(place: Option<&str>, address: &str) -> String {
    let known = place.into_iter().chain([address]).find(|known| !known.is_empty());
    known.unwrap_or("Unknown place").to_owned()
}

fn place_and_address(place: Option<&str>, address: &str) -> String {
    match place {
        Some(place) => [place, " · ", address].concat(),
        None => place_or_address(None, address),
    }
}

/// Whether to highlight a place: a new device or one that has moved since its sign-in is there, and no other
/// device of the person is.
pub(super) fn is_unfamiliar(row: &DeviceSession, rows: &[DeviceSession], now: Timestamp) -> bool {
    let Some(place) = &row.place else { return false };
    let has_moved = row.signed_in_from.place.as_ref().is_some_and(|first| first != place);
    let others = rows.iter().filter(|other| other.id != row.id && other.user.id == row.user.id);
    let mut familiar =
        others.filter(|other| !other.is_new_device(now)).filter_map(|other| other.place.as_ref());
    !row.is_current && (has_moved || row.is_new_device(now)) && !familiar.any(|known| known == place)
}

/// Why a session ended, and which other device ended it.
pub(crate) fn why_ended(reason: Option<EndedReason>, by: Option<&str>) -> String {
    match (reason, by) {
        (Some(EndedReason::Revoked) | None, Some(by)) => format!("Signed out by {by}"),
        (Some(EndedReason::Evicted), Some(by)) => format!("Signed out to make room for {by}"),
        (Some(EndedReason::Evicted), None) => "Signed out to make room for another device".to_owned(),
        (Some(EndedReason::Replaced), _) => "Replaced by a new sign-in in the same browser".to_owned(),
        (Some(EndedReason::PasswordChanged), _) => "Signed out: password changed".to_owned(),
        (Some(EndedReason::Expired), _) => "Session expired".to_owned(),
        (Some(EndedReason::Reported), _) => "Signed out: a sign-in was reported".to_owned(),
        (Some(EndedReason::Operator), _) => "Signed out by an administrator".to_owned(),
        _ => "Signed out".to_owned(),
    }
}

/// The browser and system of a device, without the person's name for it.
pub(super) fn known_device(device: &Device) -> String {
    let known = device.description();
    if known.is_empty() { "Unknown".to_owned() } else { known }
}

/// "Signed in", with the method if it is known.
pub(crate) fn signed_in(with: Option<&SignInMethod>) -> String {
    match with {
        Some(with) => ["Signed in with ", method(with)].concat(),
        None => "Signed in".to_owned(),
    }
}

/// A sign-in method as it follows "with".
pub(crate) fn method(method: &SignInMethod) -> &str {
    match method.as_str() {
        "passkey" => "a passkey",
        "oidc:google" => "Google",
        other => other,
    }
}

fn devices(others: usize) -> String {
    if others == 1 { "1 other device".to_owned() } else { format!("{others} other devices") }
}

/// The notice about an event of another device, if it is news to this person.
pub(super) fn news(
    event: &SessionEvent,
    rows: &[DeviceSession],
    current: Option<&SessionId>,
    now: Timestamp,
) -> Option<String> {
    match event {
        // An old session was restored by an undo, whose page shows that.
        SessionEvent::Created { row } if now.since(row.created_at) >= JUST_BEGUN => None,
        SessionEvent::Created { row } if !rows.iter().any(|known| known.id == row.id) => {
            Some(["New sign-in: ", &*row.device.label, ", ", &first_place(row), "."].concat())
        }
        SessionEvent::Ended(ending) => {
            let row = rows.iter().find(|row| row.id == ending.id)?;
            let by = ending.by.as_ref();
            if by.is_some_and(|by| Some(&by.id) == current) {
                return None;
            }
            Some(was_signed_out(&row.device.label))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use multi_session::{Handle, NEW_DEVICE_FOR, Session, User, UserId};

    use super::*;

    fn id(id: &str) -> SessionId {
        SessionId::new(id).expect("an id")
    }

    fn row(id: &str, user: &str, name: &str, label: &str, is_current: bool) -> DeviceSession {
        let now = Timestamp::from_unix_ms(0);
        let session_id = SessionId::new(id).expect("an id");
        let user_id = UserId::new(user).expect("an id");
        let handle = Handle::parse(&"a".repeat(Handle::LEN)).expect("a handle");
        let session = Session::new(session_id, handle, user_id.clone(), now, now);
        let user = User::new(user_id, name, format!("{user}@example.org"), now);
        let mut row = DeviceSession::new(session, user);
        row.is_current = is_current;
        row.is_held = is_current;
        row.device.label = label.to_owned();
        row
    }

    #[test]
    fn questions_name_the_account_and_count_the_devices() {
        assert_eq!(
            others_question(2, "ada@example.org"),
            "This signs ada@example.org out of 2 other devices. You stay signed in here."
        );
        assert_eq!(
            others_question(1, "ada@example.org"),
            "This signs ada@example.org out of 1 other device. You stay signed in here."
        );
        assert_eq!(
            everywhere_question(0, "ada@example.org"),
            "This signs ada@example.org out of this device."
        );
        assert_eq!(
            everywhere_question(1, "ada@example.org"),
            "This signs ada@example.org out of this device and 1 other device."
        );
        assert_eq!(
            current_question("ada@example.org", true),
            "This signs ada@example.org out of this browser. Your other accounts in this browser stay signed in."
        );
    }

    #[test]
    fn results_name_devices_by_label_and_accounts_by_name() {
        let rows = [
            row("s1", "ada", "Ada", "Firefox on macOS", true),
            row("s2", "ada", "Ada", "Chrome on Windows", false),
            row("s3", "grace", "Grace Hopper", "Firefox on macOS", false),
        ];
        assert_eq!(was_signed_out(&rows[1].device.label), "Chrome on Windows was signed out.");
        assert_eq!(revoked(&id("s3"), &rows), "Signed out Grace Hopper in this browser.");
        assert_eq!(revoked(&id("s4"), &rows), SIGNED_OUT);
        assert_eq!(switched(&id("s3"), &rows), "Switched to Grace Hopper.");
        assert!(is_undoable(&rows[1]));
        assert!(!is_undoable(&rows[0]), "what this browser holds is let go of");
    }

    #[test]
    fn row_shows_where_it_is_used_and_where_it_signed_in() {
        let mut row = row("s1", "ada", "Ada", "Firefox on macOS", false);
        assert_eq!(place(&row), "Unknown place");
        row.ip_address = "203.0.113.7".to_owned();
        assert_eq!(place(&row), "203.0.113.7");
        assert_eq!(last_from(&row), "203.0.113.7");
        row.place = Some("Berlin, Germany".to_owned());
        assert_eq!(place(&row), "Berlin, Germany");
        assert_eq!(last_from(&row), "Berlin, Germany · 203.0.113.7");
        row.signed_in_from.ip_address = "198.51.100.9".to_owned();
        row.signed_in_from.place = Some("Lagos, Nigeria".to_owned());
        assert_eq!(first_place(&row), "Lagos, Nigeria");
        assert_eq!(first_from(&row), "Lagos, Nigeria · 198.51.100.9");
    }

    #[test]
    fn place_with_only_new_or_moved_devices_is_unfamiliar() {
        let now = Timestamp::from_unix_ms(0);
        let at = |id: &str, place: &str, first: &str, is_new: bool| {
            let mut row = row(id, "ada", "Ada", "Firefox on macOS", false);
            row.place = Some(place.to_owned());
            row.signed_in_from.place = Some(first.to_owned());
            row.new_device = is_new;
            row
        };
        let rows = [
            at("s1", "Munich", "Munich", false),
            at("s2", "Lagos", "Lagos", true),
            at("s3", "Munich", "Munich", true),
            at("s4", "Oslo", "Munich", false),
            at("s5", "Berlin", "Berlin", false),
        ];
        let standing_out: Vec<_> =
            rows.iter().filter(|row| is_unfamiliar(row, &rows, now)).map(|row| row.id.as_str()).collect();
        assert_eq!(standing_out, ["s2", "s4"]);
        let later = now.plus(NEW_DEVICE_FOR);
        assert!(!is_unfamiliar(&rows[1], &rows, later), "after a week a device is known");
    }

    #[test]
    fn row_shows_the_sign_in_method_if_known() {
        for (method, words) in [
            (None, "Signed in"),
            (Some("password"), "Signed in with password"),
            (Some("passkey"), "Signed in with a passkey"),
            (Some("oidc:google"), "Signed in with Google"),
            (Some("code"), "Signed in with code"),
        ] {
            assert_eq!(signed_in(method.map(SignInMethod::from_static).as_ref()), words);
        }
    }

    #[test]
    fn active_and_long_unused_devices_are_marked() {
        let seconds = Duration::from_secs;
        assert!(is_active(seconds(119)) && !is_active(seconds(120)));
        assert!(!is_forgotten(seconds(90 * 86_400 - 1)) && is_forgotten(seconds(90 * 86_400)));
    }

    #[test]
    fn latest_new_device_is_asked_about_for_a_day() {
        let at = |id: &str, user: &str, seconds: u64, is_current: bool| {
            let mut row = row(id, user, user, "Firefox on macOS", is_current);
            row.new_device = true;
            row.created_at = Timestamp::from_unix_ms(0).plus(Duration::from_secs(seconds));
            row
        };
        let rows = [
            at("s1", "ada", 4, true),
            at("s2", "ada", 1, false),
            at("s3", "ada", 2, false),
            at("s4", "eve", 3, false),
        ];
        let thought = |seconds| {
            let now = Timestamp::from_unix_ms(0).plus(Duration::from_secs(seconds));
            to_think_about(&rows, now).map(|row| row.id.to_string())
        };
        assert_eq!(thought(4).as_deref(), Some("s3"));
        assert_eq!(thought(2 + DAY.as_secs()), None);
        assert_eq!(to_think_about(&rows[1..], Timestamp::from_unix_ms(0)), None, "nobody is signed in");
    }

    #[test]
    fn restored_session_is_not_announced_as_a_new_sign_in() {
        let one = row("s1", "ada", "Ada", "Firefox on macOS", false);
        let event = SessionEvent::Created { row: Box::new(one.clone()) };
        let told =
            |seconds| news(&event, &[], Some(&id("s0")), one.created_at.plus(Duration::from_secs(seconds)));
        assert_eq!(told(59).as_deref(), Some("New sign-in: Firefox on macOS, Unknown place."));
        assert_eq!(told(60), None);
    }

    #[test]
    fn results_show_the_number_of_devices() {
        assert_eq!(revoked_others(0), "There was no other device to sign out.");
        assert_eq!(revoked_others(1), "Signed out 1 other device.");
        assert_eq!(revoked_others(4), "Signed out 4 other devices.");
        assert_eq!(others_hint(0), "This is your only signed-in device.");
    }
}
