//! The page that asks for the password before an export and before "This wasn't me", and before other sessions end
//! where there is no JavaScript: with it, the list asks in a dialog. The server alone makes it: it is one form, and what
//! it was asked for goes on by itself once the password is right.
//!
//! People whose account has no password are sent here by a script too: the page offers to set one by email.

use leptos::prelude::*;
use multi_session::{DeviceSession, SessionId, SignInMethod};

use crate::{
    AppError,
    accounts::{
        actions::CONFIRM,
        entry::{MESSAGE, Message},
        mailed::FORGOT_PASSWORD_FN,
    },
    address::{self, value},
    context::send_form,
    history::{CSV, EXPORT, JSON, export_page},
    notice::{form_error, with_error},
    plain::plain,
    sessions::words::method,
    sessions::{REPORT, REVOKE, REVOKE_ALL, REVOKE_OTHERS, report, revoke, revoke_all, revoke_others},
    ui::{PasswordField, Submit},
};

/// What is done once the person has confirmed: nothing else can be.
#[derive(Clone, Debug, PartialEq, Eq)]
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
    /// Takes one session as somebody else's.
    Report(SessionId),
}

impl Step {
    /// Takes what a form or an address says, which anybody can write: the path of a server function, and a session's id.
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

    fn act(&self) -> &'static str {
        match self {
            Self::Revoke(_) => REVOKE,
            Self::RevokeOthers => REVOKE_OTHERS,
            Self::RevokeAll => REVOKE_ALL,
            Self::ExportHistory { .. } => EXPORT,
            Self::Report(_) => REPORT,
        }
    }

    /// What the act is about: a session, or the format of a file.
    fn session_id(&self) -> &str {
        match self {
            Self::Revoke(id) | Self::Report(id) => id.as_str(),
            Self::ExportHistory { csv: true } => CSV,
            Self::RevokeOthers | Self::RevokeAll | Self::ExportHistory { csv: false } => "",
        }
    }

    /// The address of the page that asks for the password first.
    pub(crate) fn address(&self) -> String {
        address::confirm(self.act(), self.session_id())
    }

    /// That address once more, after a refusal of the password.
    pub(crate) fn refused(&self, error: &AppError) -> String {
        with_error(&self.address(), CONFIRM, error)
    }

    /// Where the step's own form would have led after a refusal.
    pub(crate) fn failed(&self, error: &AppError) -> String {
        with_error(crate::guard::home(true), self.act(), error)
    }

    /// Does it, and sends the person where it leads.
    pub(crate) async fn take(&self) -> Result<(), AppError> {
        match self {
            Self::Revoke(id) => revoke(id.clone()).await.map(drop),
            Self::RevokeOthers => revoke_others().await.map(drop),
            Self::RevokeAll => revoke_all().await.map(drop),
            // A page, which then goes on to the file: a form that was answered with a file would stay as it is.
            Self::ExportHistory { csv } => {
                send_form(&export_page(if *csv { CSV } else { JSON }));
                Ok(())
            }
            Self::Report(id) => report(id.clone()).await,
        }
    }

    /// What the button does, and the rest of a sentence that begins with "to".
    fn words(&self, device: Option<&str>) -> (&'static str, String) {
        match self {
            Self::Revoke(_) => {
                ("Revoke", format!("revoke the session on {}", device.unwrap_or("that device")))
            }
            Self::RevokeOthers => ("Sign out other devices", "sign out your other devices".to_owned()),
            Self::RevokeAll => ("Sign out everywhere", "sign out everywhere".to_owned()),
            Self::ExportHistory { .. } => ("Export history", "export your account's history".to_owned()),
            Self::Report(_) => {
                ("This wasn't me", format!("shut out whoever used {}", device.unwrap_or("that device")))
            }
        }
    }
}

/// What the page shows.
#[derive(Clone, Debug)]
pub struct Confirm {
    step: Step,
    /// The session that the browser acts as: another one by the time the form comes has another password.
    acting: DeviceSession,
    device: Option<String>,
    error: Option<AppError>,
    means: Means,
}

/// How the person can confirm.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Means {
    Password,
    /// The account confirms in other ways, which this page cannot ask for.
    Elsewhere(Vec<SignInMethod>),
    /// The account has no password: a mailed link sets one.
    Mail,
    /// The account has no password, and the server sends no mail.
    Nothing,
}

impl Means {
    fn of(proofs: &[SignInMethod], mail: bool) -> Self {
        match (proofs, mail) {
            (proofs, _) if proofs.contains(&SignInMethod::PASSWORD) => Self::Password,
            ([], true) => Self::Mail,
            ([], false) => Self::Nothing,
            (others, _) => Self::Elsewhere(others.to_vec()),
        }
    }
}

impl Confirm {
    /// Takes the address's query, the list of devices, the proofs that are accepted from the person, and whether the
    /// server sends mail; `None` where there is nothing to confirm.
    pub fn of(query: &str, rows: &[DeviceSession], proofs: &[SignInMethod], mail: bool) -> Option<Self> {
        let step = Step::parse(value(query, "act")?, value(query, "session_id").unwrap_or_default())?;
        let row = rows.iter().find(|row| row.id.as_str() == step.session_id());
        Some(Self {
            acting: rows.iter().find(|row| row.is_current)?.clone(),
            device: row.map(|row| row.device.label.clone()),
            error: form_error(query),
            means: Means::of(proofs, mail),
            step,
        })
    }

    /// The address that asks before an export in a format.
    pub fn export_address(format: &str) -> String {
        Step::ExportHistory { csv: format == CSV }.address()
    }

    /// The page.
    pub fn page(self, options: LeptosOptions) -> impl IntoView + use<> {
        let (button, purpose) = self.step.words(self.device.as_deref());
        let email = self.acting.user.email.clone();
        let (lead, form) = match &self.means {
            Means::Password => {
                let lead = view! {
                    "You signed in a while ago. Enter the password of " <strong>{email}</strong>
                    {format!(" to {purpose}.")}
                };
                (lead.into_any(), Some(self.password_form(button).into_any()))
            }
            Means::Mail => {
                let lead = view! {
                    "You signed in a while ago, and " <strong>{email.clone()}</strong>
                    " has no password to confirm with. Set one by email: that signs you out on every device. Then sign \
                     in with it."
                };
                (lead.into_any(), Some(mail_form(email).into_any()))
            }
            Means::Elsewhere(proofs) => {
                let proofs = proofs.iter().map(method).collect::<Vec<_>>().join(" or ");
                let lead = format!(
                    "You signed in a while ago. This page takes passwords only, and this account is confirmed with \
                     {proofs}: sign out and in again to {purpose}."
                );
                (lead.into_any(), None)
            }
            Means::Nothing => (NOT_AVAILABLE.into_any(), None),
        };
        let form = form.map(|form| view! { <div class="card entry__card">{form}</div> });
        let content = view! {
            <div class="entry">
                <div class="entry__head">
                    <h1>"Confirm that it's you"</h1>
                    <p class="entry__lead">{lead}</p>
                </div>
                {form}
                <p class="entry__foot">
                    <a href=crate::guard::home(true)>"Cancel"</a>
                </p>
            </div>
        };
        plain(options, "Confirm that it's you", content.into_any())
    }

    fn password_form(self, button: &'static str) -> impl IntoView {
        let Self { step, acting, error, .. } = self;
        let class = match step {
            Step::ExportHistory { .. } => "button button--primary button--wide",
            _ => "button button--danger-fill button--wide",
        };
        let described = error.is_some().then_some(MESSAGE);
        let error = Memo::new(move |_| error.clone());
        view! {
            <form method="post" action=CONFIRM>
                <Message error />
                <input type="hidden" name="act" value=step.act() />
                <input type="hidden" name="session_id" value=step.session_id().to_owned() />
                <input type="hidden" name="acting" value=acting.id.to_string() />
                // Password managers ask of which account it is.
                <input type="text" autocomplete="username" value=acting.user.email readonly hidden />
                <PasswordField
                    name="password"
                    label="Password"
                    autocomplete="current-password"
                    error=Signal::stored(described)
                />
                <Submit class=class pending=Signal::stored(false)>
                    {button}
                </Submit>
            </form>
        }
    }
}

const NOT_AVAILABLE: &str =
    "This account has no password, and this server sends no mail, so this action is not available here.";

/// Asks for the link that sets a password.
fn mail_form(email: String) -> impl IntoView {
    view! {
        <form method="post" action=FORGOT_PASSWORD_FN>
            <input type="hidden" name="email" value=email />
            <Submit class="button button--primary button--wide" pending=Signal::stored(false)>
                "Set a password by email"
            </Submit>
        </form>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_comes_back_from_its_address() {
        let id = SessionId::new("session_123").expect("an id");
        let exports = [true, false].map(|csv| Step::ExportHistory { csv });
        let steps = [Step::Report(id.clone()), Step::Revoke(id), Step::RevokeOthers, Step::RevokeAll];
        for step in steps.into_iter().chain(exports) {
            let address = step.address();
            let (path, query) = address.split_once('?').expect("a query");
            assert_eq!(path, "/confirm");
            let act = value(query, "act").expect("an act");
            assert_eq!(Step::parse(act, value(query, "session_id").unwrap_or_default()), Some(step));
        }
    }

    #[test]
    fn account_without_a_password_that_confirms_otherwise_is_not_told_that_it_cannot() {
        let passkey = SignInMethod::from_static("passkey");
        let both = [passkey.clone(), SignInMethod::PASSWORD];
        for mail in [true, false] {
            assert_eq!(Means::of(&both, mail), Means::Password);
            assert_eq!(Means::of(&both[..1], mail), Means::Elsewhere(vec![passkey.clone()]));
        }
        assert_eq!((Means::of(&[], true), Means::of(&[], false)), (Means::Mail, Means::Nothing));
    }

    #[test]
    fn nothing_else_is_a_step() {
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
    fn a_refusal_leads_back_with_all_that_was_there() {
        let step = Step::Revoke(SessionId::new("session_123").expect("an id"));
        let error = AppError::from(multi_session::Code::InvalidPassword);
        let address = step.refused(&error);
        assert!(address.starts_with(&format!("{}&", step.address())), "{address}");
        let (_, query) = address.split_once('?').expect("a query");
        assert_eq!(form_error(query), Some(error.clone()));
        let failed = step.failed(&error);
        assert!(failed.starts_with("/sessions?__path=%2Ffn%2Frevoke&__err="), "{failed}");
    }
}
