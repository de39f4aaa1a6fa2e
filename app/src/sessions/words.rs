//! The sentences about sessions.

use std::time::Duration;

use multi_session::{DeviceSession, SessionEvent, SessionId, SignInMethod, Timestamp};

/// Activity is known to the minute, and told a little later.
const ACTIVE_NOW: Duration = Duration::from_secs(2 * 60);
/// A device that nobody used for so long is one to think about.
const FORGOTTEN: Duration = Duration::from_secs(90 * 24 * 60 * 60);
/// A sign-in is told of within a second; a stream that was away for longer begins with the whole list.
const JUST_BEGUN: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// As long as the mail's "This wasn't me" works.
const NEWS: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// What signing out of the other devices will do.
pub(super) fn others_question(others: usize, email: &str) -> String {
    let devices = devices(others);
    let will = format!("{devices} will be signed out of {email} at once.");
    format!("{will} This one stays signed in.")
}

/// What signing out everywhere will do.
pub(super) fn everywhere_question(others: usize, email: &str) -> String {
    match others {
        0 => format!("This device will be signed out of {email} at once."),
        _ => format!("This device and {} will be signed out of {email} at once.", devices(others)),
    }
}

/// What stands beside "Sign out other devices".
pub(super) fn others_hint(others: usize) -> String {
    match others {
        0 => "This is the only device you are signed in on.".to_owned(),
        1 => "Ends 1 other session and keeps this one.".to_owned(),
        _ => format!("Ends {others} other sessions and keeps this one."),
    }
}

/// Tells that the session `id` of `rows` was ended.
pub(super) fn revoked(id: &SessionId, rows: &[DeviceSession]) -> String {
    let user = rows.iter().find(|row| row.is_current).map(|row| &row.user.id);
    match rows.iter().find(|row| row.id == *id) {
        Some(row) if user == Some(&row.user.id) => format!("Signed out {}.", row.device.label),
        Some(row) => format!("Signed out {} in this browser.", row.user.name),
        None => "That session has ended.".to_owned(),
    }
}

/// What is said of a revocation that was taken back.
pub(crate) const UNDONE: &str = "The device is signed in again.";

/// Whether the end of the session `id` of `rows` can be taken back: that of another device of the person's own.
pub(super) fn is_undoable(id: &SessionId, rows: &[DeviceSession]) -> bool {
    rows.iter().any(|row| row.id == *id && !row.is_held)
}

/// Tells that the session `id` of `rows` is the active one now.
pub(super) fn switched(id: &SessionId, rows: &[DeviceSession]) -> String {
    match rows.iter().find(|row| row.id == *id) {
        Some(row) => format!("Switched to {}.", row.user.name),
        None => "You switched accounts.".to_owned(),
    }
}

/// Tells that `ended` other sessions were ended.
pub(super) fn revoked_others(ended: usize) -> String {
    match ended {
        0 => "There was no other device to sign out.".to_owned(),
        1 => "Signed out 1 other device.".to_owned(),
        _ => format!("Signed out {ended} other devices."),
    }
}

/// What stands beside a device that is in use, or was forgotten: the badge's class and its text.
pub(super) fn mark(inactive: Duration) -> Option<(&'static str, &'static str)> {
    if inactive < ACTIVE_NOW {
        Some(("ms-badge", "Active now"))
    } else if inactive >= FORGOTTEN {
        Some(("ms-badge ms-badge--warn", "Inactive for 90 days"))
    } else {
        None
    }
}

/// The latest sign-in of the person from a browser that was never seen before, unless it is the one in use, for a day.
pub(super) fn to_think_about(rows: &[DeviceSession], now: Timestamp) -> Option<&DeviceSession> {
    let user = rows.iter().find(|row| row.is_current).map(|row| &row.user.id)?;
    let is_meant = |row: &&DeviceSession| {
        row.new_device && !row.is_current && row.user.id == *user && now.since(row.created_at) < DAY
    };
    rows.iter().filter(is_meant).max_by_key(|row| row.created_at)
}

/// Whether a sign-in from a browser that was never seen before is still news.
pub(super) fn is_news(row: &DeviceSession, now: Timestamp) -> bool {
    row.new_device && now.since(row.created_at) < NEWS
}

/// From where a session was used last.
pub(super) fn address(row: &DeviceSession) -> String {
    address_and_place(&row.ip_address, row.place.as_deref())
}

/// From where a session was signed in.
pub(super) fn first_address(row: &DeviceSession) -> String {
    address_and_place(&row.signed_in_from.ip_address, row.signed_in_from.place.as_deref())
}

/// From where a session was signed in, if that is another address than the one it is used from.
pub(super) fn signed_in_elsewhere(row: &DeviceSession) -> Option<String> {
    let from = &row.signed_in_from;
    let is_elsewhere = !from.ip_address.is_empty() && from.ip_address != row.ip_address;
    is_elsewhere.then(|| ["from ", &*first_address(row)].concat())
}

/// That somebody signed in, and how if that is known.
pub(crate) fn signed_in(with: Option<&SignInMethod>) -> String {
    match with {
        Some(with) => ["Signed in with ", method(with)].concat(),
        None => "Signed in".to_owned(),
    }
}

/// A method behind "with".
pub(crate) fn method(method: &SignInMethod) -> &str {
    match method.as_str() {
        "passkey" => "a passkey",
        "oidc:google" => "Google",
        other => other,
    }
}

fn address_and_place(address: &str, place: Option<&str>) -> String {
    let address = if address.is_empty() { "Unknown address" } else { address };
    match place {
        Some(place) => [address, " · ", place].concat(),
        None => address.to_owned(),
    }
}

fn devices(others: usize) -> String {
    if others == 1 { "1 other device".to_owned() } else { format!("{others} other devices") }
}

/// What another device did, as far as it is news to the person at this page.
pub(super) fn news(
    event: &SessionEvent,
    rows: &[DeviceSession],
    current: Option<&SessionId>,
    now: Timestamp,
) -> Option<String> {
    match event {
        // What began long ago was revoked and is back, which the page that took it back has told.
        SessionEvent::Created { row } if now.since(row.created_at) >= JUST_BEGUN => None,
        SessionEvent::Created { row } if !rows.iter().any(|known| known.id == row.id) => {
            Some(["New sign-in from ", &row.device.label, "."].concat())
        }
        SessionEvent::Ended(ending) => {
            let row = rows.iter().find(|row| row.id == ending.id)?;
            let by = ending.by.as_ref();
            if by.is_some_and(|by| Some(&by.id) == current) {
                return None;
            }
            Some([&row.device.label, " was signed out."].concat())
        }
        _ => None,
    }
}

/// That a session of this browser was ended elsewhere.
#[cfg(feature = "ssr")]
#[derive(Clone, Debug)]
pub(crate) struct SignedOutElsewhere {
    /// How it ended.
    pub(crate) ending: multi_session::Ending,
    /// The name of the account that the browser acts as now, if it still held one.
    pub(crate) now_using: Option<String>,
    /// The present moment.
    pub(crate) now: Timestamp,
}

/// Why this browser is signed out, or acts as another account than before; nothing where it signed in again.
#[cfg(feature = "ssr")]
pub(crate) fn signed_out_elsewhere(told: SignedOutElsewhere) -> Option<String> {
    use multi_session::EndedReason;

    let SignedOutElsewhere { ending, now_using, now } = told;
    if ending.is_own() {
        return Some("You signed out in this browser.".to_owned());
    }
    let who = if now_using.is_some() { "One of your accounts in this browser" } else { "This device" };
    let by = ending.by.as_ref().map(|by| by.label.as_str());
    let ago = seconds_ago(now.since(ending.at));
    let mut text = match (ending.reason, by) {
        (EndedReason::Replaced, _) => return None,
        (EndedReason::Evicted, Some(by)) => {
            format!("{who} was signed out, {ago}: a new sign-in from {by} took its place.")
        }
        (EndedReason::PasswordChanged, Some(by)) => {
            format!("{who} was signed out, {ago}: the password was changed on {by}.")
        }
        (EndedReason::Reported, Some(by)) => {
            format!("{who} was signed out, {ago}: a sign-in was reported on {by} as somebody else's.")
        }
        (EndedReason::Reported, None) => {
            format!("{who} was signed out, {ago}: a sign-in was reported as somebody else's.")
        }
        (EndedReason::Operator, _) => format!("{who} was signed out by an operator, {ago}."),
        (EndedReason::Expired, _) => format!("{who} was signed out since it was not used for a long time."),
        (_, Some(by)) => format!("{who} was signed out from {by}, {ago}."),
        (_, None) => format!("{who} was signed out, {ago}."),
    };
    if let Some(name) = now_using {
        text.push_str(&format!(" You are now using {name}."));
    }
    Some(text)
}

/// Says how long ago something was that happened a moment ago.
#[cfg(feature = "ssr")]
fn seconds_ago(age: std::time::Duration) -> String {
    match age.as_secs() {
        0 => "a moment ago".to_owned(),
        1 => "1 second ago".to_owned(),
        seconds @ 2..60 => format!("{seconds} seconds ago"),
        _ => crate::ui::time_ago::ago(age),
    }
}

#[cfg(test)]
mod tests {
    use multi_session::{Handle, Session, User, UserId};

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
    fn the_question_counts_and_names() {
        assert_eq!(
            others_question(2, "ada@example.org"),
            "2 other devices will be signed out of ada@example.org at once. This one stays signed in."
        );
        assert_eq!(
            others_question(1, "ada@example.org"),
            "1 other device will be signed out of ada@example.org at once. This one stays signed in."
        );
        assert_eq!(
            everywhere_question(0, "ada@example.org"),
            "This device will be signed out of ada@example.org at once."
        );
        assert_eq!(
            everywhere_question(1, "ada@example.org"),
            "This device and 1 other device will be signed out of ada@example.org at once."
        );
    }

    #[test]
    fn a_device_is_told_by_its_label_and_an_account_by_its_name() {
        let rows = [
            row("s1", "ada", "Ada", "Firefox 145 on macOS", true),
            row("s2", "ada", "Ada", "Chrome 142 on Windows", false),
            row("s3", "grace", "Grace Hopper", "Firefox 145 on macOS", false),
        ];
        assert_eq!(revoked(&id("s2"), &rows), "Signed out Chrome 142 on Windows.");
        assert_eq!(revoked(&id("s3"), &rows), "Signed out Grace Hopper in this browser.");
        assert_eq!(revoked(&id("s4"), &rows), "That session has ended.");
        assert_eq!(switched(&id("s3"), &rows), "Switched to Grace Hopper.");
        assert!(is_undoable(&id("s2"), &rows));
        assert!(!is_undoable(&id("s1"), &rows), "what this browser holds is let go of");
    }

    #[test]
    fn a_row_says_where_it_is_used_from_and_where_it_was_signed_in() {
        let mut row = row("s1", "ada", "Ada", "Firefox 145 on macOS", false);
        row.ip_address = "203.0.113.7".to_owned();
        row.place = Some("Berlin, Germany".to_owned());
        row.signed_in_from.ip_address = "203.0.113.7".to_owned();
        assert_eq!(address(&row), "203.0.113.7 · Berlin, Germany");
        assert_eq!(signed_in_elsewhere(&row), None);
        row.ip_address = "198.51.100.9".to_owned();
        row.place = None;
        assert_eq!(address(&row), "198.51.100.9");
        assert_eq!(signed_in_elsewhere(&row).as_deref(), Some("from 203.0.113.7"));
    }

    #[test]
    fn a_row_says_how_the_person_signed_in_if_that_is_known() {
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
    fn a_device_in_use_and_a_forgotten_one_are_marked() {
        let text = |seconds| mark(Duration::from_secs(seconds)).map(|(_, text)| text);
        assert_eq!(text(119), Some("Active now"));
        assert_eq!(text(120), None);
        assert_eq!(text(90 * 86_400 - 1), None);
        assert_eq!(text(90 * 86_400), Some("Inactive for 90 days"));
    }

    #[test]
    fn a_new_device_is_news_for_a_week() {
        let signed_in = Timestamp::from_unix_ms(0);
        let known = row("s1", "ada", "Ada", "Firefox 145 on macOS", false);
        let mut new = known.clone();
        new.new_device = true;
        assert!(is_news(&new, signed_in.plus(NEWS - Duration::from_secs(1))));
        assert!(!is_news(&new, signed_in.plus(NEWS)));
        assert!(!is_news(&known, signed_in));
    }

    #[test]
    fn the_latest_new_device_of_the_person_is_to_be_thought_about_for_a_day() {
        let at = |id: &str, user: &str, seconds: u64, is_current: bool| {
            let mut row = row(id, user, user, "Firefox 145 on macOS", is_current);
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
    fn what_is_back_is_no_new_sign_in() {
        let one = row("s1", "ada", "Ada", "Firefox 145 on macOS", false);
        let event = SessionEvent::Created { row: Box::new(one.clone()) };
        let told =
            |seconds| news(&event, &[], Some(&id("s0")), one.created_at.plus(Duration::from_secs(seconds)));
        assert_eq!(told(59).as_deref(), Some("New sign-in from Firefox 145 on macOS."));
        assert_eq!(told(60), None);
    }

    #[test]
    fn outcomes_count() {
        assert_eq!(revoked_others(0), "There was no other device to sign out.");
        assert_eq!(revoked_others(1), "Signed out 1 other device.");
        assert_eq!(revoked_others(4), "Signed out 4 other devices.");
        assert_eq!(others_hint(0), "This is the only device you are signed in on.");
    }

    #[cfg(feature = "ssr")]
    #[test]
    fn a_browser_is_told_who_signed_it_out() {
        use multi_session::{EndedBy, EndedReason, Ending};

        let now = Timestamp::from_unix_ms(1_795_000_000_000);
        let told = |reason, by: Option<&str>, now_using: Option<&str>, seconds| {
            let id = |text: &str| SessionId::new(text).expect("an id");
            let at = now.minus(std::time::Duration::from_secs(seconds));
            let mut ending = Ending::new(id("s1"), reason, at);
            ending.by = by.map(|by| EndedBy::new(id(by), "Firefox 145 on macOS"));
            let now_using = now_using.map(str::to_owned);
            signed_out_elsewhere(SignedOutElsewhere { ending, now_using, now })
        };
        let text = |reason, now_using, seconds| told(reason, Some("s2"), now_using, seconds);
        assert_eq!(
            text(EndedReason::Revoked, None, 2).as_deref(),
            Some("This device was signed out from Firefox 145 on macOS, 2 seconds ago.")
        );
        assert_eq!(
            text(EndedReason::Evicted, None, 0).as_deref(),
            Some(
                "This device was signed out, a moment ago: a new sign-in from Firefox 145 on macOS took its place."
            )
        );
        assert_eq!(
            text(EndedReason::PasswordChanged, None, 180).as_deref(),
            Some(
                "This device was signed out, 3 minutes ago: the password was changed on Firefox 145 on macOS."
            )
        );
        assert_eq!(
            text(EndedReason::Revoked, Some("Grace"), 1).as_deref(),
            Some(
                "One of your accounts in this browser was signed out from Firefox 145 on macOS, 1 second ago. You are now using Grace."
            )
        );
        assert_eq!(
            told(EndedReason::SignedOut, Some("s1"), None, 1).as_deref(),
            Some("You signed out in this browser.")
        );
        assert_eq!(
            told(EndedReason::Operator, None, None, 2).as_deref(),
            Some("This device was signed out by an operator, 2 seconds ago.")
        );
        assert_eq!(
            text(EndedReason::Reported, None, 1).as_deref(),
            Some(
                "This device was signed out, 1 second ago: a sign-in was reported on Firefox 145 on macOS as somebody else's."
            )
        );
        assert_eq!(text(EndedReason::Replaced, None, 1), None);
    }
}
