//! The page that asks for the password before an export and before "This wasn't me". Without JavaScript it
//! also asks before other sessions end; with it, the list asks in a dialog. The action continues after the
//! right password.
//!
//! Scripts also send people here whose account has no password: the page offers to set one by email.

use leptos::{prelude::*, server_fn::ServerFn};
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;
use multi_session::{Code, SessionId, SignInMethod};
use serde::{Deserialize, Serialize};

#[cfg(feature = "ssr")]
use crate::context::{fail, request_if_any, sends_mail, sessions};
use crate::{
    AppError,
    accounts::{
        ConfirmStep, ForgotPassword,
        entry::{About, Message, posted_entry},
    },
    answered::answered,
    options::use_options,
    sessions::words::method,
    step::Step,
    ui::{PasswordField, Submit},
};

/// The action to confirm, and the ways to confirm it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    step: Step,
    /// The active session. If another account is active when the form is submitted, the password belongs to
    /// the wrong account.
    acting: SessionId,
    email: String,
    device: Option<String>,
    by: ConfirmBy,
}

/// The way to confirm.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum ConfirmBy {
    Password,
    /// The account has other proofs, which this page cannot ask for.
    Elsewhere(Vec<SignInMethod>),
    /// The account has no password: a mailed link sets one.
    Mail,
    /// The account has no password, and the server sends no mail.
    Nothing,
}

#[cfg(feature = "ssr")]
impl ConfirmBy {
    fn of(proofs: Vec<SignInMethod>, mail: bool) -> Self {
        match (proofs.is_empty(), mail) {
            _ if proofs.contains(&SignInMethod::PASSWORD) => Self::Password,
            (true, true) => Self::Mail,
            (true, false) => Self::Nothing,
            (false, _) => Self::Elsewhere(proofs),
        }
    }
}

/// Returns what the person has to confirm; `None` if nobody is signed in or the session is fresh.
///
/// # Errors
///
/// When the store does not answer.
#[server(prefix = "/fn", endpoint = "confirm-question")]
pub async fn confirm_question(
    /// The path of the server function that needs the confirmation.
    act: String,
    /// The session that it is about, or empty.
    #[server(default)]
    session_id: String,
) -> Result<Option<Question>, AppError> {
    let Some(request) = request_if_any() else { return Ok(None) };
    let sessions = sessions();
    let browser = request.browser().map_err(fail)?;
    let (Some(step), Some(active)) = (Step::parse(&act, &session_id), browser.active()) else {
        return Ok(None);
    };
    if sessions.options().is_fresh(active.authenticated_at, sessions.now()) {
        return Ok(None);
    }
    let rows = sessions.list(&browser).await.map_err(fail)?;
    let proofs = sessions.accepted_proofs(&browser).await.map_err(fail)?;
    let row = rows.into_iter().find(|row| row.id.as_str() == step.session_id());
    Ok(Some(Question {
        step,
        acting: active.session.id.clone(),
        email: active.user.email.clone(),
        device: row.map(|row| row.device.label),
        by: ConfirmBy::of(proofs, sends_mail()),
    }))
}

/// Asks the person to confirm the action in the address.
#[component]
pub fn ConfirmPage() -> impl IntoView {
    let query = use_query_map();
    let question = Resource::new(
        move || {
            let value = |name| query.with(|query| query.get(name).unwrap_or_default());
            (value("act"), value("session_id"))
        },
        |(act, session_id)| confirm_question(act, session_id),
    );
    view! {
        <Title text="Confirm it's you" />
        {answered(question, |question| view! { <Asked question /> })}
    }
}

#[component]
fn Asked(question: Question) -> impl IntoView {
    let (_, purpose) = question.step.words(question.device.as_deref());
    let email = question.email.clone();
    let (lead, form) = match question.by.clone() {
        ConfirmBy::Password => {
            let lead = view! {
                "Enter the password for "
                <strong>
                    <bdi>{email}</bdi>
                </strong>
                {format!(" to {purpose}.")}
            };
            (lead.into_any(), Some(view! { <PasswordForm question /> }.into_any()))
        }
        ConfirmBy::Mail => {
            let lead = view! {
                <strong>
                    <bdi>{email.clone()}</bdi>
                </strong>
                " has no password yet. Set one by email to continue. This signs you out on every device."
            };
            (lead.into_any(), Some(mail_form(email)))
        }
        ConfirmBy::Elsewhere(proofs) => {
            let proofs = proofs.iter().map(method).collect::<Vec<_>>().join(" or ");
            let lead =
                format!("This account signs in with {proofs}. Sign out and sign in again to {purpose}.");
            (lead.into_any(), None)
        }
        ConfirmBy::Nothing => (NOT_AVAILABLE.into_any(), None),
    };
    view! {
        <div class="ms-entry">
            <div class="ms-entry__head">
                <h1>"Confirm it's you"</h1>
                <p class="ms-entry__lead">{lead}</p>
            </div>
            {form.map(|form| view! { <div class="ms-card ms-entry__card">{form}</div> }.into_any())}
            <p class="ms-entry__foot">
                <a href=use_options().devices_path()>"Cancel"</a>
            </p>
        </div>
    }
}

const NOT_AVAILABLE: &str =
    "This account has no password, and this service sends no email, so you can't do this here.";
const ABOUT: About = &[(Code::InvalidPassword, "password")];

/// The browser itself submits it, because another document follows in any case.
#[component]
fn PasswordForm(question: Question) -> impl IntoView {
    let Question { step, acting, email, device, .. } = question;
    let (button, _) = step.words(device.as_deref());
    let class = match step {
        Step::ExportHistory { .. } => "ms-button ms-button--primary ms-button--wide",
        _ => "ms-button ms-button--danger-fill ms-button--wide",
    };
    let entry = posted_entry::<ConfirmStep>("password", ABOUT);
    view! {
        <form method="post" action=ConfirmStep::PATH>
            <Message error=entry.error />
            <input type="hidden" name="act" value=step.act() />
            <input type="hidden" name="session_id" value=step.session_id().to_owned() />
            <input type="hidden" name="acting" value=acting.to_string() />
            // Password managers need to know the account.
            <input type="text" autocomplete="username" value=email readonly hidden />
            <PasswordField
                name="password"
                label="Password"
                autocomplete="current-password"
                autofocus=entry.begins_with("password")
                error=entry.error_of("password")
            />
            <Submit class=class>{button}</Submit>
        </form>
    }
}

/// The form that requests a link to set a password.
fn mail_form(email: String) -> AnyView {
    view! {
        <form method="post" action=ForgotPassword::PATH>
            <input type="hidden" name="email" value=email />
            <Submit class="ms-button ms-button--primary ms-button--wide">"Set a password by email"</Submit>
        </form>
    }
    .into_any()
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;

    #[test]
    fn account_without_a_password_can_confirm_with_its_other_proofs() {
        let passkey = SignInMethod::from_static("passkey");
        let both = vec![passkey.clone(), SignInMethod::PASSWORD];
        for mail in [true, false] {
            assert_eq!(ConfirmBy::of(both.clone(), mail), ConfirmBy::Password);
            assert_eq!(
                ConfirmBy::of(vec![passkey.clone()], mail),
                ConfirmBy::Elsewhere(vec![passkey.clone()])
            );
        }
        assert_eq!(
            (ConfirmBy::of(vec![], true), ConfirmBy::of(vec![], false)),
            (ConfirmBy::Mail, ConfirmBy::Nothing)
        );
    }
}
