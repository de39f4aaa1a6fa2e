//! The page "This wasn't me": the sign-in, what will happen, one button, and afterwards the next steps.
//!
//! The browser itself submits the forms, because another document follows in any case.

use leptos::{prelude::*, server_fn::ServerFn};
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;
use multi_session::{SessionId, Timestamp};
use serde::{Deserialize, Serialize};

#[cfg(feature = "ssr")]
use crate::context::{accounts, fail, request_if_any, sends_mail, sessions};
use crate::{
    AppError, Feature,
    accounts::paths::{CHANGE_PASSWORD, FORGOT_PASSWORD},
    accounts::{CheckEmail, GONE, SIGN_IN_TO_EXPORT},
    answered::answered,
    options::use_options,
    sessions::{Report, ReportByMail},
    ui::{Submit, TimeAgo},
};

/// The notice for the page after the password was set by a mailed link.
#[cfg(feature = "ssr")]
pub(crate) const NOT_ME_RESET: &str = "not-me.password";
/// The notice for the page after the mail was sent again.
#[cfg(feature = "ssr")]
pub(crate) const NOT_ME_AGAIN: &str = "not-me.again";

/// What the page shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum NotMeState {
    /// A device of the list, live or not.
    Device {
        /// Its session.
        id: SessionId,
        /// The email of the account.
        email: String,
        /// The sign-in.
        sign_in: QuestionedSignIn,
        /// Whether a mail server is configured, so that a new password can be set by mail.
        mail: bool,
    },
    /// A mailed link.
    Link {
        /// Its token.
        token: String,
        /// The email of the account.
        email: String,
        /// The sign-in, if it is still known.
        sign_in: Option<QuestionedSignIn>,
    },
    /// A mailed link that is no longer valid.
    Gone,
    /// The result of a report.
    Done {
        /// Whether the password is locked and a mail was sent.
        locked: bool,
        /// Whether the mail was sent again.
        again: bool,
    },
    /// The result of a report by a mailed link, after the new password was set. Nobody is signed in then.
    Reset,
}

/// A sign-in that may have been somebody else's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuestionedSignIn {
    device: String,
    at: Timestamp,
    /// Place and address, if known.
    from: String,
}

#[cfg(feature = "ssr")]
impl From<multi_session::Reportable> for QuestionedSignIn {
    fn from(session: multi_session::Reportable) -> Self {
        let multi_session::SignedInFrom { place, ip_address, .. } = session.signed_in_from;
        let from = [place.unwrap_or_default(), ip_address];
        let from: Vec<_> = from.into_iter().filter(|fact| !fact.is_empty()).collect();
        Self { device: session.device.label, at: session.signed_in_at, from: from.join(" · ") }
    }
}

/// Returns what the page shows for its address; `None` if there is no such session. It is not a GET, because
/// addresses are logged.
///
/// # Errors
///
/// When the store does not answer.
#[server(prefix = "/fn", endpoint = "not-me")]
pub async fn not_me(
    /// The session.
    #[server(default)]
    session_id: String,
    /// The token of a mailed link.
    #[server(default)]
    token: Option<String>,
    /// The result of the action, which is shown only if the notice has it too.
    #[server(default)]
    done: String,
) -> Result<Option<NotMeState>, AppError> {
    let Some(request) = request_if_any() else { return Ok(None) };
    match request.notice().and_then(|notice| notice.strip_prefix("not-me.")).filter(|told| *told == done) {
        Some("mail") => return Ok(Some(NotMeState::Done { locked: true, again: false })),
        Some("again") => return Ok(Some(NotMeState::Done { locked: true, again: true })),
        Some("change") => return Ok(Some(NotMeState::Done { locked: false, again: false })),
        Some("password") => return Ok(Some(NotMeState::Reset)),
        _ => {}
    }
    if let Ok(id) = SessionId::new(session_id) {
        let browser = request.browser().map_err(fail)?;
        let session = match sessions().reportable(&browser, &id).await {
            // People who are not signed in are redirected to sign in.
            Err(error) if error.code() == multi_session::Code::Unauthorized => None,
            session => session.map_err(fail)?,
        };
        return Ok(session.map(|session| NotMeState::Device {
            id,
            email: session.user.email.clone(),
            sign_in: session.into(),
            mail: sends_mail(),
        }));
    }
    let Some(token) = token else {
        // While the password is locked, the page explains what to do.
        let browser = request.browser().map_err(fail)?;
        let is_locked = match browser.active() {
            Some(_) => sessions().account_status(&browser).await.map_err(fail)?.is_locked,
            None => false,
        };
        return Ok(is_locked.then_some(NotMeState::Done { locked: true, again: false }));
    };
    let about = accounts()?.reportable_by_mail(&token).await.map_err(fail)?;
    Ok(Some(about.map_or(NotMeState::Gone, |(user, session)| NotMeState::Link {
        token,
        email: user.email,
        sign_in: session.map(Into::into),
    })))
}

/// Explains what "This wasn't me" does, and asks.
#[component]
pub fn NotMePage() -> impl IntoView {
    let query = use_query_map();
    let shown = Resource::new(
        move || {
            query.with(|query| {
                let value = |name| query.get(name).unwrap_or_default();
                (value("session_id"), query.get("token"), value("done"))
            })
        },
        |(session_id, token, done)| not_me(session_id, token, done),
    );
    answered(shown, |shown| {
        let content = match shown {
            NotMeState::Device { id, email, sign_in, mail } => of_device(&id, email, sign_in, mail),
            NotMeState::Link { token, email, sign_in } => of_link(token, email, sign_in),
            NotMeState::Gone => gone(),
            NotMeState::Done { locked, again } => done(locked, again),
            NotMeState::Reset => reset(),
        };
        view! { <div class="ms-entry">{content}</div> }
    })
}

/// The title and the first paragraph of the page.
fn head(title: &'static str, lead: impl IntoView) -> impl IntoView {
    view! {
        <Title text=title />
        <div class="ms-entry__head">
            <h1>{title}</h1>
            <p class="ms-entry__lead">{lead}</p>
        </div>
    }
}

const ASKED: &str = "Wasn't you?";

/// The known facts about the sign-in.
fn facts(email: String, sign_in: Option<QuestionedSignIn>) -> AnyView {
    let sign_in = sign_in.map(|QuestionedSignIn { device, at, from }| {
        let from = (!from.is_empty()).then(|| {
            view! {
                <dt>"From"</dt>
                <dd>{from}</dd>
            }
            .into_any()
        });
        view! {
            <dt>"Device"</dt>
            <dd>
                <bdi>{device}</bdi>
            </dd>
            <dt>"Signed in"</dt>
            <dd>
                <TimeAgo at=at />
            </dd>
            {from}
        }
        .into_any()
    });
    view! {
        <dl class="ms-known">
            <dt>"Account"</dt>
            <dd>
                <bdi>{email}</bdi>
            </dd>
            {sign_in}
        </dl>
    }
    .into_any()
}

fn of_device(id: &SessionId, email: String, sign_in: QuestionedSignIn, mail: bool) -> AnyView {
    let password = match (use_options().has_passwords(), mail) {
        (false, _) => None,
        (true, true) => Some("Your current password stops working. We'll email you a link to set a new one."),
        (true, false) => Some("You change your password on the next page."),
    };
    let device = sign_in.device.clone();
    let lead = view! {
        "If you didn't sign in on "
        <strong>
            <bdi>{device}</bdi>
        </strong>
        ", secure your account now."
    };
    view! {
        {head(ASKED, lead)}
        <div class="ms-card ms-entry__card">
            <form method="post" action=Report::PATH>
                <input type="hidden" name="session_id" value=id.to_string() />
                {facts(email, Some(sign_in))}
                <ul class="ms-steps">
                    <li>"All other devices are signed out. You stay signed in here."</li>
                    {password.map(|password| view! { <li>{password}</li> }.into_any())}
                </ul>
                <Submit class="ms-button ms-button--danger-fill ms-button--wide">"Secure my account"</Submit>
            </form>
        </div>
        <p class="ms-entry__foot">
            <a href=use_options().devices_path()>"It was me"</a>
        </p>
    }
    .into_any()
}

fn of_link(token: String, email: String, sign_in: Option<QuestionedSignIn>) -> AnyView {
    view! {
        {head(ASKED, "If this wasn't you, secure your account now.")}
        <div class="ms-card ms-entry__card">
            <form method="post" action=ReportByMail::PATH>
                <input type="hidden" name="token" value=token />
                {facts(email, sign_in)}
                <ul class="ms-steps">
                    <li>"All devices are signed out, including this one."</li>
                    <li>"Your current password stops working. You set a new one on the next page."</li>
                </ul>
                <Submit class="ms-button ms-button--danger-fill ms-button--wide">"Secure my account"</Submit>
            </form>
        </div>
        <p class="ms-entry__foot">"If it was you, close this page. Nothing has changed."</p>
    }
    .into_any()
}

fn gone() -> AnyView {
    view! {
        {head(GONE, "You can still sign out devices from your list, or set a new password, which signs out all of them.")}
        <a class="ms-button ms-button--primary ms-button--wide" href=use_options().devices_path()>
            "See your devices"
        </a>
        <p class="ms-entry__foot">
            <a href=FORGOT_PASSWORD>"Set a new password"</a>
        </p>
    }
    .into_any()
}

fn done(locked: bool, again: bool) -> AnyView {
    let options = use_options();
    let told = if locked && options.has_passwords() {
        view! { <CheckEmail was_sent_again=again /> }.into_any()
    } else if options.has_passwords() {
        view! {
            {head("All other devices are signed out", "They may know your password, so change it now.")}
            <a class="ms-button ms-button--primary ms-button--wide" href=CHANGE_PASSWORD>
                "Change your password"
            </a>
        }
        .into_any()
    } else {
        head("All other devices are signed out", "You stay signed in here.").into_any()
    };
    let history = options.has(Feature::History).then(|| {
        view! {
            <a class="ms-button ms-button--wide" href=options.history_path().to_string()>
                "Export your activity"
            </a>
            <p class="ms-entry__foot">{RECORD}</p>
        }
        .into_any()
    });
    view! {
        {told}
        {history}
    }
    .into_any()
}

const RECORD: &str = "A record of when and where your account was used.";

fn reset() -> AnyView {
    view! {
        {head("Password changed", "All devices were signed out. Sign in with your new password.")}
        <a class="ms-button ms-button--primary ms-button--wide" href="/sign-in?add=1" rel="external">
            "Sign in"
        </a>
        <a class="ms-button ms-button--wide" href=SIGN_IN_TO_EXPORT rel="external">
            "Export your activity"
        </a>
        <p class="ms-entry__foot">{RECORD}</p>
    }
    .into_any()
}
