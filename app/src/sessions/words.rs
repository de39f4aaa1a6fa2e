//! The sentences about sessions.

use multi_session::DeviceSession;

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
pub(super) fn revoked(id: &str, rows: &[DeviceSession]) -> String {
    let user = rows.iter().find(|row| row.is_current).map(|row| &row.user.id);
    match rows.iter().find(|row| row.id.as_str() == id) {
        Some(row) if user == Some(&row.user.id) => format!("Signed out {}.", row.device.label),
        Some(row) => format!("Signed out {} in this browser.", row.user.name),
        None => "That session has ended.".to_owned(),
    }
}

/// Tells that the session `id` of `rows` is the active one now.
pub(super) fn switched(id: &str, rows: &[DeviceSession]) -> String {
    match rows.iter().find(|row| row.id.as_str() == id) {
        Some(row) => format!("Switched to {}.", row.user.name),
        None => "You switched accounts.".to_owned(),
    }
}

/// Tells that `ended` other sessions, a number, were ended.
pub(super) fn revoked_others(ended: &str) -> String {
    match ended {
        "0" => "There was no other device to sign out.".to_owned(),
        "1" => "Signed out 1 other device.".to_owned(),
        _ => format!("Signed out {ended} other devices."),
    }
}

fn devices(others: usize) -> String {
    if others == 1 { "1 other device".to_owned() } else { format!("{others} other devices") }
}

#[cfg(test)]
mod tests {
    use multi_session::{Device, Handle, Session, SessionId, Timestamp, User, UserId};

    use super::*;

    fn row(id: &str, user: &str, name: &str, label: &str, is_current: bool) -> DeviceSession {
        let now = Timestamp::from_unix_ms(0);
        let session_id = SessionId::new(id).expect("an id");
        let user_id = UserId::new(user).expect("an id");
        DeviceSession {
            id: session_id.clone(),
            user_agent: String::new(),
            ip_address: String::new(),
            last_active_at: now,
            is_current,
            is_held: is_current,
            device: Device { label: label.to_owned(), ..Device::default() },
            created_at: now,
            expires_at: now,
            session: Session {
                id: session_id,
                handle: Handle::parse(&"a".repeat(Handle::LEN)).expect("a handle"),
                user_id: user_id.clone(),
                expires_at: now,
                created_at: now,
                updated_at: now,
                ip_address: String::new(),
                user_agent: String::new(),
            },
            user: User {
                id: user_id,
                name: name.to_owned(),
                email: format!("{user}@example.org"),
                email_verified: false,
                image: None,
                created_at: now,
                updated_at: now,
            },
        }
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
        assert_eq!(revoked("s2", &rows), "Signed out Chrome 142 on Windows.");
        assert_eq!(revoked("s3", &rows), "Signed out Grace Hopper in this browser.");
        assert_eq!(revoked("s4", &rows), "That session has ended.");
        assert_eq!(switched("s3", &rows), "Switched to Grace Hopper.");
    }

    #[test]
    fn outcomes_count() {
        assert_eq!(revoked_others("0"), "There was no other device to sign out.");
        assert_eq!(revoked_others("1"), "Signed out 1 other device.");
        assert_eq!(revoked_others("4"), "Signed out 4 other devices.");
        assert_eq!(others_hint(0), "This is the only device you are signed in on.");
    }
}
