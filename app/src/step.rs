//! The actions that may need a step-up first.

use multi_session::{SessionId, SignInMethod};
use serde::{Deserialize, Serialize};

#[cfg(feature = "ssr")]
use crate::{AppError, options::use_options, query::with_error};
use crate::{
    MultiSessionOptions,
    history::{CSV, EXPORT},
};

// The paths of the server functions. Those modules depend on this one, so they cannot be used here.
const REVOKE: &str = "/fn/revoke";
const REVOKE_OTHERS: &str = "/fn/revoke-others";
const REVOKE_ALL: &str = "/fn/revoke-all";
const REPORT: &str = "/fn/report";
#[cfg(feature = "ssr")]
const CONFIRM: &str = "/fn/confirm";

/// An action that continues after a step-up. There are no others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Step {
    /// Ends one session.
    Revoke(SessionId),
    /// Ends every other session.
    RevokeOthers,
    /// Ends every session.
    RevokeAll,
    /// Exports the history, as a table or else as JSON.
    ExportHistory {
        /// As a table.
        csv: bool,
    },
    /// Reports one session as somebody else's.
    Report(SessionId),
}

impl Step {
    /// Reads the path of a server function and a session id from a form or an address, which anybody can
    /// write.
    pub(crate) fn parse(act: &str, session_id: &str) -> Option<Self> {
        match act {
            REVOKE => SessionId::new(session_id).ok().map(Self::Revoke),
            REVOKE_OTHERS => Some(Self::RevokeOthers),
            REVOKE_ALL => Some(Self::RevokeAll),
            EXPORT => Some(Self::ExportHistory { csv: session_id == CSV }),
            REPORT => SessionId::new(session_id).ok().map(Self::Report),
            _ => None,
        }
    }

    /// The path of its server function or file.
    pub(crate) fn act(&self) -> &'static str {
        match self {
            Self::Revoke(_) => REVOKE,
            Self::RevokeOthers => REVOKE_OTHERS,
            Self::RevokeAll => REVOKE_ALL,
            Self::ExportHistory { .. } => EXPORT,
            Self::Report(_) => REPORT,
        }
    }

    /// The session that it is about, or the format of a file.
    pub(crate) fn session_id(&self) -> &str {
        match self {
            Self::Revoke(id) | Self::Report(id) => id.as_str(),
            Self::ExportHistory { csv: true } => CSV,
            Self::RevokeOthers | Self::RevokeAll | Self::ExportHistory { csv: false } => "",
        }
    }

    /// The address of our step-up page for it.
    pub fn address(&self, options: &MultiSessionOptions) -> String {
        format!("{}?act={}&session_id={}", options.confirm_path(), self.act(), self.session_id())
    }

    /// The step-up page for an account with these proofs. Without a password it is the application's own
    /// page, if there is one.
    pub(crate) fn asking_address(&self, options: &MultiSessionOptions, proofs: &[SignInMethod]) -> String {
        match options.step_up_path().filter(|_| !proofs.contains(&SignInMethod::PASSWORD)) {
            Some(page) => format!("{page}?act={}&session_id={}", self.act(), self.session_id()),
            None => self.address(options),
        }
    }

    /// The text of the button, and a phrase that follows "to".
    pub(crate) fn words(&self, device: Option<&str>) -> (&'static str, String) {
        match self {
            Self::Revoke(_) => ("Revoke", ["sign out ", device.unwrap_or("that device")].concat()),
            Self::RevokeOthers => ("Sign out other devices", "sign out your other devices".to_owned()),
            Self::RevokeAll => ("Sign out everywhere", "sign out everywhere".to_owned()),
            Self::ExportHistory { .. } => ("Export activity", "export your account's activity".to_owned()),
            Self::Report(_) => ("Secure my account", "secure your account".to_owned()),
        }
    }
}

/// What a person confirms on the application's step-up page, as a phrase that follows "to". `act` and
/// `session_id` are parameters in the address of that page. `None` if they name no action.
///
/// # Examples
///
/// ```
/// use multi_session_leptos::step_up_purpose;
///
/// let purpose = step_up_purpose("/fn/revoke-others", "");
/// assert_eq!(purpose.as_deref(), Some("sign out your other devices"));
/// ```
pub fn step_up_purpose(act: &str, session_id: &str) -> Option<String> {
    Step::parse(act, session_id).map(|step| step.words(None).1)
}

#[cfg(feature = "ssr")]
impl Step {
    /// The address of our step-up page after a wrong password.
    pub(crate) fn refused(&self, error: &AppError) -> String {
        with_error(&self.address(&use_options()), CONFIRM, error)
    }

    /// The address of `asking_address` after a refused proof.
    pub(crate) fn refused_elsewhere(&self, error: &AppError) -> String {
        with_error(&self.asking_address(&use_options(), &[]), CONFIRM, error)
    }

    /// The address to which the action's own form redirects after an error.
    pub(crate) fn failed(&self, error: &AppError) -> String {
        with_error(use_options().home(true), self.act(), error)
    }
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use leptos::server_fn::ServerFn;
    use url::form_urlencoded;

    use super::*;
    use crate::{
        accounts::ConfirmStep,
        sessions::{Report, Revoke, RevokeAll, RevokeOthers},
    };

    #[test]
    fn paths_are_those_of_the_server_functions() {
        assert_eq!(
            [Revoke::PATH, RevokeOthers::PATH, RevokeAll::PATH, Report::PATH, ConfirmStep::PATH],
            [REVOKE, REVOKE_OTHERS, REVOKE_ALL, REPORT, CONFIRM]
        );
    }

    #[test]
    fn step_round_trips_through_its_address() {
        let id = SessionId::new("session_123").expect("an id");
        let exports = [true, false].map(|csv| Step::ExportHistory { csv });
        let steps = [Step::Report(id.clone()), Step::Revoke(id), Step::RevokeOthers, Step::RevokeAll];
        for step in steps.into_iter().chain(exports) {
            let address = step.address(&MultiSessionOptions::SITE);
            let (path, query) = address.split_once('?').expect("a query");
            assert_eq!(path, "/confirm");
            let value = |name: &str| {
                let mut pairs = form_urlencoded::parse(query.as_bytes());
                pairs.find(|(key, _)| key == name).map(|(_, value)| value.into_owned()).unwrap_or_default()
            };
            assert_eq!(Step::parse(&value("act"), &value("session_id")), Some(step));
        }
    }

    #[test]
    fn unknown_actions_are_rejected() {
        for (act, id) in [
            ("", ""),
            ("/fn/revoke", ""),
            ("/fn/revoke", "a b"),
            ("/fn/sign-out", ""),
            ("https://evil.example/fn/revoke-all", ""),
            ("//evil.example", "session_123"),
        ] {
            assert_eq!(Step::parse(act, id), None, "{act} {id}");
        }
    }

    #[test]
    fn error_redirects_back_with_the_same_parameters() {
        let step = Step::Revoke(SessionId::new("session_123").expect("an id"));
        let error = AppError::from(multi_session::Code::InvalidPassword);
        let address = step.refused(&error);
        assert!(
            address
                .starts_with("/confirm?act=/fn/revoke&session_id=session_123&__path=%2Ffn%2Fconfirm&__err="),
            "{address}"
        );
        let failed = step.failed(&error);
        assert!(failed.starts_with("/sessions?__path=%2Ffn%2Frevoke&__err="), "{failed}");
    }
}
