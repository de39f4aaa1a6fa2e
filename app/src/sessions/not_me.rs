//! The page of "This wasn't me": what will happen, one button, and afterwards what was done.
//!
//! The browser posts its forms itself: what follows is another document, in any case.

use leptos::{prelude::*, server_fn::ServerFn};
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;
use multi_session::{Device, SessionId};
use serde::{Deserialize, Serialize};

#[cfg(feature = "ssr")]
use crate::context::{accounts, fail, request_if_any, sends_mail, sessions};
use crate::{
    AppError, Feature,
    accounts::SIGN_IN_TO_EXPORT,
    accounts::paths::{CHANGE_PASSWORD, FORGOT_PASSWORD},
    answered::answered,
    options::use_options,
    sessions::{Report, ReportByMail},
    ui::Submit,
};

/// The notice without which nobody is told that the password was set to which the link of a mail has led.
#[cfg(feature = "ssr")]
pub(crate) const NOT_ME_RESET: &str = "not-me.password";

/// What the page shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Shown {
    /// A device of the list, live or not.
    Device {
        /// Its session.
        id: SessionId,
        /// What it is called.
        device: Device,
        /// Whether there is a mail server, by which a new password can be set.
        mail: bool,
    },
    /// The link of a mail.
    Link {
        /// What it proves.
        token: String,
    },
    /// The link of a mail that proves nothing any more.
    Gone,
    /// What was done.
    Done {
        /// Whether a mail is on its way, since the password is locked.
        locked: bool,
    },
    /// What was done by the link of a mail, once the new password is set: nobody is signed in then.
    Reset,
}

/// Tells what the page shows for its address: nothing where there is no such session. It is no GET: addresses are logged.
///
/// # Errors
///
/// When the store does not answer.
#[server(prefix = "/fn", endpoint = "not-me")]
pub async fn not_me(
    /// The session in question.
    #[server(default)]
    session_id: String,
    /// What the link of a mail has.
    #[server(default)]
    token: Option<String>,
    /// What was done, which is believed only with the notice that the act has left.
    #[server(default)]
    done: String,
) -> Result<Option<Shown>, AppError> {
    let Some(request) = request_if_any() else { return Ok(None) };
    match request.notice().and_then(|notice| notice.strip_prefix("not-me.")).filter(|told| *told == done) {
        Some("mail") => return Ok(Some(Shown::Done { locked: true })),
        Some("change") => return Ok(Some(Shown::Done { locked: false })),
        Some("password") => return Ok(Some(Shown::Reset)),
        _ => {}
    }
    if let Ok(id) = SessionId::new(session_id) {
        let browser = request.browser().map_err(fail)?;
        let device = match sessions().reportable(&browser, &id).await {
            // Who is not signed in is sent to do so.
            Err(error) if error.code() == multi_session::Code::Unauthorized => None,
            device => device.map_err(fail)?,
        };
        return Ok(device.map(|device| Shown::Device { id, device, mail: sends_mail() }));
    }
    let Some(token) = token else { return Ok(None) };
    let is_good = accounts()?.is_good_link(&token, multi_session::Purpose::NotMe).await.map_err(fail)?;
    Ok(Some(if is_good { Shown::Link { token } } else { Shown::Gone }))
}

/// Says what "This wasn't me" does, and asks.
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
        let (title, content) = match shown {
            Shown::Device { id, device, mail } => (ASKED, of_device(&id, &device, mail)),
            Shown::Link { token } => (ASKED, of_link(token)),
            Shown::Gone => (GONE, gone()),
            Shown::Done { locked } => (outcome(locked), done(locked)),
            Shown::Reset => (RESET_TITLE, reset()),
        };
        view! {
            <Title text=title />
            {content}
        }
    })
}

const ASKED: &str = "This wasn't you?";
const GONE: &str = "This link does not work any more";
const SAFE: &str = "Your account is safe";
const RESET_TITLE: &str = "Sign in with your new password";

fn of_device(id: &SessionId, device: &Device, mail: bool) -> AnyView {
    let password = match (use_options().has_passwords(), mail) {
        (false, _) => None,
        (true, true) => Some("Your password no longer works. We mail you a link to choose a new one."),
        (true, false) => Some("Then you change your password."),
    };
    view! {
        <div class="ms-entry">
            <div class="ms-entry__head">
                <h1>{ASKED}</h1>
                <p class="ms-entry__lead">
                    "If the sign-in on " <strong>{device.label.clone()}</strong>
                    " was not yours, this shuts out whoever it was."
                </p>
            </div>
            <div class="ms-card ms-entry__card">
                <form method="post" action=Report::PATH>
                    <input type="hidden" name="session_id" value=id.to_string() />
                    <ul class="ms-steps">
                        <li>"Every other device is signed out at once. This one stays signed in."</li>
                        {password.map(|password| view! { <li>{password}</li> }.into_any())}
                    </ul>
                    <Submit class="ms-button ms-button--danger-fill ms-button--wide">
                        "This wasn't me"
                    </Submit>
                </form>
            </div>
            <p class="ms-entry__foot">
                <a href=use_options().devices_path()>"It was me"</a>
            </p>
        </div>
    }
    .into_any()
}

fn of_link(token: String) -> AnyView {
    view! {
        <div class="ms-entry">
            <div class="ms-entry__head">
                <h1>{ASKED}</h1>
                <p class="ms-entry__lead">"If it was not you, this shuts out whoever it was."</p>
            </div>
            <div class="ms-card ms-entry__card">
                <form method="post" action=ReportByMail::PATH>
                    <input type="hidden" name="token" value=token />
                    <ul class="ms-steps">
                        <li>"Every device is signed out at once, this one too."</li>
                        <li>"Your password no longer works. You choose a new one on the next page."</li>
                    </ul>
                    <Submit class="ms-button ms-button--danger-fill ms-button--wide">
                        "This wasn't me"
                    </Submit>
                </form>
            </div>
            <p class="ms-entry__foot">"If it was you, close this page: nothing has happened."</p>
        </div>
    }
    .into_any()
}

fn gone() -> AnyView {
    view! {
        <div class="ms-entry">
            <div class="ms-entry__head">
                <h1>{GONE}</h1>
                <p class="ms-entry__lead">
                    "It has been used or is too old. You can still end sessions from the list of your devices, or choose \
                     a new password, which signs every device out."
                </p>
            </div>
            <a class="ms-button ms-button--primary ms-button--wide" href=use_options().devices_path()>
                "See your devices"
            </a>
            <p class="ms-entry__foot">
                <a href=FORGOT_PASSWORD>"Choose a new password"</a>
            </p>
        </div>
    }
    .into_any()
}

const fn outcome(locked: bool) -> &'static str {
    if locked { SAFE } else { "Everybody else is signed out" }
}

fn done(locked: bool) -> AnyView {
    let options = use_options();
    let lead = if !options.has_passwords() {
        "Every other device is signed out."
    } else if locked {
        "Every other device is signed out, and your old password no longer works. A mail with a link to choose a new \
         one is on its way to you: it works once, within 30 minutes."
    } else {
        "Whoever it was may know your password: change it now."
    };
    let next = (!locked && options.has_passwords()).then(|| {
        view! {
            <a class="ms-button ms-button--primary ms-button--wide" href=CHANGE_PASSWORD>
                "Change your password"
            </a>
        }
        .into_any()
    });
    let history = options.has(Feature::History).then(|| {
        view! {
            <a class="ms-button ms-button--wide" href=options.history_path().to_string()>
                "Export your history"
            </a>
            <p class="ms-entry__foot">"It shows when and from where your account was signed in to."</p>
        }
        .into_any()
    });
    view! {
        <div class="ms-entry">
            <div class="ms-entry__head">
                <h1>{outcome(locked)}</h1>
                <p class="ms-entry__lead">{lead}</p>
            </div>
            {next}
            {history}
            <p class="ms-entry__foot">
                <a href=options.devices_path()>"Back to your devices"</a>
            </p>
        </div>
    }
    .into_any()
}

fn reset() -> AnyView {
    view! {
        <div class="ms-entry">
            <div class="ms-entry__head">
                <h1>{RESET_TITLE}</h1>
                <p class="ms-entry__lead">
                    "Setting it signed every device out. Only somebody who knows it can sign in now."
                </p>
            </div>
            <a class="ms-button ms-button--primary ms-button--wide" href="/sign-in?add=1" rel="external">
                "Sign in"
            </a>
            <a class="ms-button ms-button--wide" href=SIGN_IN_TO_EXPORT rel="external">
                "Export your history"
            </a>
            <p class="ms-entry__foot">
                "It shows when and from where your account was signed in to. You sign in first, with the new password."
            </p>
        </div>
    }
    .into_any()
}
