//! The texts of the history.

use multi_session::{HistoryEntry, HistoryKind, Refusal, SessionId};

use super::item::Item;
use crate::{
    sessions::words::{method, signed_in, why_ended},
    ui::IconName,
};

/// The text of an item, and how often it happened.
pub(super) fn what(item: &Item) -> String {
    let what = once(&item.entry);
    match item.count {
        1 => what,
        2 => what + ", twice",
        count => format!("{what}, {count} times"),
    }
}

fn once(entry: &HistoryEntry) -> String {
    match entry.kind {
        HistoryKind::SignedIn => signed_in(entry.signed_in_with.as_ref()),
        HistoryKind::NewDevice => signed_in(entry.signed_in_with.as_ref()) + " on a new device",
        HistoryKind::PasswordRefused => refused(entry.refusal).to_owned(),
        HistoryKind::Reauthenticated => match entry.signed_in_with.as_ref() {
            Some(how) => ["Identity confirmed with ", method(how)].concat(),
            None => "Identity confirmed".to_owned(),
        },
        HistoryKind::AddressChanged => match &entry.previous_ip_address {
            Some(before) if !before.is_empty() => format!("IP address changed from {before}"),
            _ => "IP address changed".to_owned(),
        },
        HistoryKind::BrowserChanged => "Session used by another browser".to_owned(),
        HistoryKind::Switched => "Switched to this account".to_owned(),
        HistoryKind::Renamed => match &entry.name {
            Some(name) => format!("Renamed to “{name}”"),
            None => "Custom name removed".to_owned(),
        },
        HistoryKind::Recognized => "Confirmed: “Yes, it was me”".to_owned(),
        HistoryKind::Ended => ended(entry),
        HistoryKind::RevokeUndone => match &entry.by {
            Some(by) => format!("Sign-out undone on {}", by.label),
            None => "Sign-out undone".to_owned(),
        },
        HistoryKind::PasswordChanged if entry.session_id.is_none() => {
            "Password reset by email link".to_owned()
        }
        HistoryKind::PasswordChanged => "Password changed".to_owned(),
        HistoryKind::Exported => "Activity exported".to_owned(),
        HistoryKind::Reported => "Reported: “This wasn’t me”".to_owned(),
        HistoryKind::Disabled => "Account disabled by an administrator".to_owned(),
        HistoryKind::Enabled => "Account enabled by an administrator".to_owned(),
        kind => kind.as_str().replace('_', " "),
    }
}

fn refused(why: Option<Refusal>) -> &'static str {
    match why {
        None => "Wrong password",
        Some(Refusal::Locked) => "Correct password, but it is locked",
        Some(Refusal::Disabled) => "Correct password, but the account is disabled",
        Some(Refusal::TwoFactor) => "Correct password, but two-factor authentication is required",
        Some(Refusal::LimitReached) => "Correct password, but too many devices or accounts were signed in",
        Some(_) => "Correct password, but refused",
    }
}

fn ended(entry: &HistoryEntry) -> String {
    let by = actor(entry).map(|by| &*by.label);
    why_ended(entry.reason, by)
}

/// Whether to highlight an entry, because somebody else may have used the account or tried to.
///
/// Known sessions are the active one and those that the person has confirmed.
pub(super) fn is_alarming(entry: &HistoryEntry, is_known: impl Fn(&SessionId) -> bool) -> bool {
    match entry.kind {
        // At the limit of devices the person had the right password.
        HistoryKind::PasswordRefused => entry.refusal != Some(Refusal::LimitReached),
        HistoryKind::BrowserChanged | HistoryKind::Reported => true,
        HistoryKind::NewDevice => !entry.session_id.as_ref().is_some_and(is_known),
        _ => false,
    }
}

/// A device of an entry, with its address and place at that time.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Side {
    /// Its role; `None` if there is only one device.
    pub(super) role: Option<&'static str>,
    /// Empty for mailed links, whose device is unknown.
    pub(super) device: String,
    pub(super) session: Option<SessionId>,
    pub(super) place: Option<String>,
    pub(super) ip_address: String,
}

/// The device of the entry and, if another one acted, that one too, each with its own address and place.
pub(super) fn sides(entry: &HistoryEntry) -> Vec<Side> {
    let by = actor(entry);
    let is_known = entry.session_id.is_some() || !entry.user_agent.is_empty();
    let own = Side {
        role: by.map(|_| "Device"),
        device: if is_known { entry.device.clone() } else { String::new() },
        session: entry.session_id.clone(),
        place: entry.place.clone(),
        ip_address: entry.ip_address.clone(),
    };
    let by = by.map(|by| Side {
        role: Some("By"),
        device: by.label.clone(),
        session: Some(by.id.clone()),
        place: by.place.clone(),
        ip_address: by.ip_address.clone(),
    });
    let is_empty = |side: &Side| side.device.is_empty() && side.place.is_none() && side.ip_address.is_empty();
    [Some(own), by].into_iter().flatten().filter(|side| !is_empty(side)).collect()
}

/// The acting device, if it is not the device of the entry.
fn actor(entry: &HistoryEntry) -> Option<&multi_session::HistoryActor> {
    let is_other = |by: &&multi_session::HistoryActor| {
        entry.session_id.as_ref() != Some(&by.id) || entry.kind == HistoryKind::BrowserChanged
    };
    entry.by.as_ref().filter(is_other)
}

/// The icon of the entry.
pub(super) fn icon(kind: HistoryKind) -> IconName {
    match kind {
        HistoryKind::SignedIn
        | HistoryKind::Recognized
        | HistoryKind::Switched
        | HistoryKind::RevokeUndone
        | HistoryKind::Enabled => IconName::Check,
        HistoryKind::Ended => IconName::SignOut,
        HistoryKind::Reauthenticated | HistoryKind::PasswordChanged => IconName::Key,
        HistoryKind::Renamed | HistoryKind::AddressChanged => IconName::Desktop,
        HistoryKind::Exported => IconName::ChevronDown,
        _ => IconName::Alert,
    }
}

#[cfg(test)]
mod tests {
    use multi_session::{EndedReason, HistoryActor, SignInMethod, Timestamp};

    use super::*;

    fn id(id: &str) -> SessionId {
        SessionId::new(id).expect("an id")
    }

    fn of_kind(kind: HistoryKind) -> HistoryEntry {
        HistoryEntry::new(1, Timestamp::from_unix_ms(0), kind)
    }

    fn ended(reason: EndedReason, by: Option<&str>) -> HistoryEntry {
        let mut entry = of_kind(HistoryKind::Ended);
        entry.session_id = Some(id("own"));
        entry.device = "curl 8".to_owned();
        entry.ip_address = "198.51.100.9".to_owned();
        entry.place = Some("Lagos, Nigeria".to_owned());
        entry.reason = Some(reason);
        entry.by = by.map(|by| {
            let mut by = HistoryActor::new(id(by), "Firefox on macOS");
            by.ip_address = "203.0.113.7".to_owned();
            by.place = Some("Berlin, Germany".to_owned());
            by
        });
        entry
    }

    #[test]
    fn refused_password_is_described_as_wrong_or_correct() {
        for (refusal, words) in [
            (None, "Wrong password"),
            (Some(Refusal::Locked), "Correct password, but it is locked"),
            (Some(Refusal::Disabled), "Correct password, but the account is disabled"),
            (Some(Refusal::TwoFactor), "Correct password, but two-factor authentication is required"),
            (
                Some(Refusal::LimitReached),
                "Correct password, but too many devices or accounts were signed in",
            ),
        ] {
            let mut refused = of_kind(HistoryKind::PasswordRefused);
            refused.refusal = refusal;
            assert_eq!(once(&refused), words);
        }
    }

    #[test]
    fn run_shows_how_often_it_happened() {
        let entry = of_kind(HistoryKind::PasswordRefused);
        for (count, words) in
            [(1, "Wrong password"), (2, "Wrong password, twice"), (70, "Wrong password, 70 times")]
        {
            assert_eq!(what(&Item { count, since: entry.at, entry: entry.clone() }), words);
        }
    }

    #[test]
    fn step_up_says_how_the_person_was_verified() {
        let mut entry = of_kind(HistoryKind::Reauthenticated);
        assert_eq!(once(&entry), "Identity confirmed");
        entry.signed_in_with = Some(SignInMethod::PASSWORD);
        assert_eq!(once(&entry), "Identity confirmed with password");
        entry.signed_in_with = Some(SignInMethod::from_static("passkey"));
        assert_eq!(once(&entry), "Identity confirmed with a passkey");
    }

    #[test]
    fn each_device_has_its_own_address_and_place() {
        let told = |by| -> Vec<_> {
            let sides = sides(&ended(EndedReason::Revoked, by)).into_iter();
            sides
                .map(|side| (side.role, side.device, side.place.unwrap_or_default(), side.ip_address))
                .collect()
        };
        let words = |role, texts: [&str; 3]| {
            let [device, place, address] = texts.map(str::to_owned);
            (role, device, place, address)
        };
        let own = ["curl 8", "Lagos, Nigeria", "198.51.100.9"];
        assert_eq!(told(None), [words(None, own)]);
        assert_eq!(told(Some("own")), [words(None, own)], "it did it itself");
        assert_eq!(
            told(Some("other")),
            [
                words(Some("Device"), own),
                words(Some("By"), ["Firefox on macOS", "Berlin, Germany", "203.0.113.7"])
            ]
        );
    }

    #[test]
    fn new_device_is_highlighted_unless_it_is_known() {
        let mut entry = of_kind(HistoryKind::NewDevice);
        entry.session_id = Some(id("phone"));
        let known = |known: &'static str| move |id: &SessionId| id.as_str() == known;
        assert!(is_alarming(&entry, known("laptop")));
        assert!(!is_alarming(&entry, known("phone")));
        assert!(is_alarming(&of_kind(HistoryKind::PasswordRefused), known("laptop")));
        assert!(!is_alarming(&of_kind(HistoryKind::SignedIn), known("laptop")));
    }

    #[test]
    fn ended_session_shows_who_ended_it_and_why() {
        for (reason, by, words) in [
            (EndedReason::SignedOut, Some("own"), "Signed out"),
            (EndedReason::Revoked, Some("own"), "Signed out"),
            (EndedReason::Revoked, Some("other"), "Signed out by Firefox on macOS"),
            (EndedReason::Evicted, Some("other"), "Signed out to make room for Firefox on macOS"),
            (EndedReason::Expired, None, "Session expired"),
            (EndedReason::Operator, None, "Signed out by an administrator"),
        ] {
            assert_eq!(once(&ended(reason, by)), words);
        }
    }
}
