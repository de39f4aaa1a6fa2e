//! The sentences about what happened.

use multi_session::{EndedReason, HistoryEntry, HistoryKind, Refusal};

use crate::{
    sessions::words::{method, signed_in},
    ui::IconName,
};

/// What happened, in a person's words.
pub(super) fn what(entry: &HistoryEntry) -> String {
    match entry.kind {
        HistoryKind::SignedIn => signed_in(entry.signed_in_with.as_ref()),
        HistoryKind::NewDevice => "First sign-in from this device".to_owned(),
        HistoryKind::PasswordRefused => refused(entry.refusal).to_owned(),
        HistoryKind::Reauthenticated => match entry.signed_in_with.as_ref() {
            Some(how) => ["Confirmed with ", method(how)].concat(),
            None => "Identity confirmed".to_owned(),
        },
        HistoryKind::AddressChanged => match &entry.previous_ip_address {
            Some(before) if !before.is_empty() => format!("Address changed from {before}"),
            _ => "Address changed".to_owned(),
        },
        HistoryKind::BrowserChanged => match &entry.by {
            Some(by) => format!("Used by another browser: {}", by.label),
            None => "Used by another browser".to_owned(),
        },
        HistoryKind::Switched => "Became the active account".to_owned(),
        HistoryKind::Renamed => match &entry.name {
            Some(name) => format!("Renamed to “{name}”"),
            None => "Name taken back".to_owned(),
        },
        HistoryKind::Ended => ended(entry),
        HistoryKind::RevokeUndone => match &entry.by {
            Some(by) => format!("Signed in again, as {} took its revocation back", by.label),
            None => "Signed in again, as its revocation was taken back".to_owned(),
        },
        HistoryKind::PasswordChanged if entry.session_id.is_none() => {
            "Password set by a mailed link".to_owned()
        }
        HistoryKind::PasswordChanged => "Password changed".to_owned(),
        HistoryKind::Exported => "History exported".to_owned(),
        HistoryKind::Reported => "Reported: “This wasn’t me”".to_owned(),
        HistoryKind::Disabled => "Account disabled by an operator of the service".to_owned(),
        HistoryKind::Enabled => "Account enabled again by an operator of the service".to_owned(),
        kind => kind.as_str().replace('_', " "),
    }
}

fn refused(why: Option<Refusal>) -> &'static str {
    match why {
        None => "Wrong password entered",
        Some(Refusal::Locked) => "The password was right, but is locked",
        Some(Refusal::Disabled) => "The password was right, but the account is disabled",
        Some(Refusal::TwoFactor) => "The password was right, but two-factor authentication is required",
        Some(Refusal::LimitReached) => "The password was right, but there were too many sessions or accounts",
        Some(_) => "The password was right, but was refused",
    }
}

fn ended(entry: &HistoryEntry) -> String {
    let by = entry.by.as_ref().filter(|by| Some(&by.id) != entry.session_id.as_ref());
    let by = by.map(|by| &*by.label);
    match (entry.reason, by) {
        (Some(EndedReason::SignedOut), _) => "Signed out".to_owned(),
        (Some(EndedReason::Revoked) | None, Some(by)) => format!("Signed out from {by}"),
        (Some(EndedReason::Evicted), Some(by)) => format!("Signed out to make room for {by}"),
        (Some(EndedReason::Evicted), None) => "Signed out to make room for another device".to_owned(),
        (Some(EndedReason::Replaced), _) => "Replaced by a new sign-in in the same browser".to_owned(),
        (Some(EndedReason::PasswordChanged), _) => "Signed out by the change of the password".to_owned(),
        (Some(EndedReason::Expired), _) => "Signed out after its time was over".to_owned(),
        (Some(EndedReason::Reported), _) => "Signed out, since a sign-in was reported".to_owned(),
        (Some(EndedReason::Operator), _) => "Signed out by an operator of the service".to_owned(),
        _ => "Signed out".to_owned(),
    }
}

/// The other device that did it, and from where; nothing where it was done on the device that the entry is about.
pub(super) fn done_by(entry: &HistoryEntry) -> Option<String> {
    let by = entry.by.as_ref()?;
    let is_other = entry.session_id.as_ref() != Some(&by.id) || entry.kind == HistoryKind::BrowserChanged;
    let mut words = ["by ", &by.label].concat();
    for fact in [Some(by.ip_address.as_str()), by.place.as_deref()].into_iter().flatten() {
        if !fact.is_empty() {
            words.push_str(" · ");
            words.push_str(fact);
        }
    }
    is_other.then_some(words)
}

/// The picture beside it.
pub(super) fn icon(kind: HistoryKind) -> IconName {
    match kind {
        HistoryKind::SignedIn | HistoryKind::Switched | HistoryKind::RevokeUndone | HistoryKind::Enabled => {
            IconName::Check
        }
        HistoryKind::Ended => IconName::SignOut,
        HistoryKind::Reauthenticated | HistoryKind::PasswordChanged => IconName::Key,
        HistoryKind::Renamed => IconName::Desktop,
        HistoryKind::Exported => IconName::ChevronDown,
        _ => IconName::Alert,
    }
}

#[cfg(test)]
mod tests {
    use multi_session::{HistoryActor, SessionId, SignInMethod, Timestamp};

    use super::*;

    fn entry(reason: EndedReason, by: Option<&str>) -> HistoryEntry {
        let id = |id: &str| SessionId::new(id).expect("an id");
        let mut entry = HistoryEntry::new(1, Timestamp::from_unix_ms(0), HistoryKind::Ended);
        entry.session_id = Some(id("own"));
        entry.reason = Some(reason);
        entry.by = by.map(|by| {
            let mut by = HistoryActor::new(id(by), "Firefox 145 on macOS");
            by.ip_address = "203.0.113.7".to_owned();
            by.place = Some("Berlin, Germany".to_owned());
            by
        });
        entry
    }

    #[test]
    fn a_refused_password_was_wrong_or_right() {
        for (refusal, words) in [
            (None, "Wrong password entered"),
            (Some(Refusal::Locked), "The password was right, but is locked"),
            (Some(Refusal::Disabled), "The password was right, but the account is disabled"),
            (Some(Refusal::TwoFactor), "The password was right, but two-factor authentication is required"),
            (
                Some(Refusal::LimitReached),
                "The password was right, but there were too many sessions or accounts",
            ),
        ] {
            let mut refused = HistoryEntry::new(1, Timestamp::from_unix_ms(0), HistoryKind::PasswordRefused);
            refused.refusal = refusal;
            assert_eq!(what(&refused), words);
        }
    }

    #[test]
    fn a_step_up_says_how_the_person_was_verified() {
        let mut entry = HistoryEntry::new(1, Timestamp::from_unix_ms(0), HistoryKind::Reauthenticated);
        assert_eq!(what(&entry), "Identity confirmed");
        entry.signed_in_with = Some(SignInMethod::PASSWORD);
        assert_eq!(what(&entry), "Confirmed with password");
        entry.signed_in_with = Some(SignInMethod::from_static("passkey"));
        assert_eq!(what(&entry), "Confirmed with a passkey");
    }

    #[test]
    fn an_entry_says_from_where_another_device_did_it() {
        let told = |by| done_by(&entry(EndedReason::Revoked, by));
        assert_eq!(told(None), None);
        assert_eq!(told(Some("own")), None, "its own address is told already");
        assert_eq!(
            told(Some("other")).as_deref(),
            Some("by Firefox 145 on macOS · 203.0.113.7 · Berlin, Germany")
        );
    }

    #[test]
    fn an_end_says_who_and_why() {
        for (reason, by, words) in [
            (EndedReason::SignedOut, Some("own"), "Signed out"),
            (EndedReason::Revoked, Some("own"), "Signed out"),
            (EndedReason::Revoked, Some("other"), "Signed out from Firefox 145 on macOS"),
            (EndedReason::Evicted, Some("other"), "Signed out to make room for Firefox 145 on macOS"),
            (EndedReason::Operator, None, "Signed out by an operator of the service"),
        ] {
            assert_eq!(what(&entry(reason, by)), words);
        }
    }
}
