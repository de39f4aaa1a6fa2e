//! The page of "This wasn't me": what will happen, one button, and afterwards what was done. The server alone makes it.

use leptos::prelude::*;
use multi_session::{Device, SessionId};

use super::report::{REPORT, REPORT_BY_MAIL};
use crate::{accounts::FORGOT_PASSWORD, address::value, guard::home, plain::plain, ui::Submit};

/// The path of the page.
pub const NOT_ME: &str = "/not-me";
/// Where a person gets what is known of their sessions.
const HISTORY: &str = "/history";

/// What the page shows.
#[derive(Clone, Debug)]
pub enum NotMePage {
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

impl NotMePage {
    /// The page of a link that proves nothing any more.
    pub(crate) const GONE: &str = "/not-me?token=";
    /// The page once the new password is set to which the link of a mail has led.
    pub(crate) const RESET: &str = "/not-me?done=password";
    /// The notice without which that page is not believed.
    pub(crate) const RESET_NOTICE: &str = "not-me.password";
    /// Where a person signs in to go on to the history, also beside another account; the server leads them on.
    pub const SIGN_IN_TO_EXPORT: &str = "/sign-in?add=1&to=history";

    /// The address of the page after it was done, and the notice without which that is not believed.
    pub(crate) const fn done(locked: bool) -> (&'static str, &'static str) {
        if locked { ("/not-me?done=mail", "not-me.mail") } else { ("/not-me?done=change", "not-me.change") }
    }

    /// What was done, where the query tells that and the browser brings the notice of it.
    pub fn of_done(query: &str, notice: Option<&str>) -> Option<Self> {
        let done = value(query, "done")?;
        match notice?.strip_prefix("not-me.").filter(|told| *told == done)? {
            "mail" => Some(Self::Done { locked: true }),
            "change" => Some(Self::Done { locked: false }),
            "password" => Some(Self::Reset),
            _ => None,
        }
    }

    /// The page.
    pub fn page(self, options: LeptosOptions) -> impl IntoView + use<> {
        let (title, content) = match self {
            Self::Device { id, device, mail } => (ASKED, of_device(&id, &device, mail).into_any()),
            Self::Link { token } => (ASKED, of_link(token).into_any()),
            Self::Gone => ("This link does not work any more", gone().into_any()),
            Self::Done { locked } => (outcome(locked), done(locked).into_any()),
            Self::Reset => (RESET_TITLE, reset().into_any()),
        };
        plain(options, title, content)
    }
}

const ASKED: &str = "This wasn't you?";
const SAFE: &str = "Your account is safe";
const RESET_TITLE: &str = "Sign in with your new password";

fn of_device(id: &SessionId, device: &Device, mail: bool) -> impl IntoView + use<> {
    let password = if mail {
        "Your password signs nobody in any more. We mail you a link to choose a new one."
    } else {
        "Then you change your password."
    };
    view! {
        <div class="entry">
            <div class="entry__head">
                <h1>{ASKED}</h1>
                <p class="entry__lead">
                    "If the sign-in on " <strong>{device.label.clone()}</strong>
                    " was not yours, this shuts out whoever it was."
                </p>
            </div>
            <div class="card entry__card">
                <form method="post" action=REPORT>
                    <input type="hidden" name="session_id" value=id.to_string() />
                    <ul class="steps">
                        <li>"Every other device is signed out at once. This one stays signed in."</li>
                        <li>{password}</li>
                    </ul>
                    <Submit class="button button--danger-fill button--wide" pending=Signal::stored(false)>
                        "This wasn't me"
                    </Submit>
                </form>
            </div>
            <p class="entry__foot">
                <a href=home(true)>"It was me"</a>
            </p>
        </div>
    }
}

fn of_link(token: String) -> impl IntoView {
    view! {
        <div class="entry">
            <div class="entry__head">
                <h1>{ASKED}</h1>
                <p class="entry__lead">"If it was not you, this shuts out whoever it was."</p>
            </div>
            <div class="card entry__card">
                <form method="post" action=REPORT_BY_MAIL>
                    <input type="hidden" name="token" value=token />
                    <ul class="steps">
                        <li>"Every device is signed out at once, this one too."</li>
                        <li>"Your password signs nobody in any more. You choose a new one on the next page."</li>
                    </ul>
                    <Submit class="button button--danger-fill button--wide" pending=Signal::stored(false)>
                        "This wasn't me"
                    </Submit>
                </form>
            </div>
            <p class="entry__foot">"If it was you, close this page: nothing has happened."</p>
        </div>
    }
}

fn gone() -> impl IntoView {
    view! {
        <div class="entry">
            <div class="entry__head">
                <h1>"This link does not work any more"</h1>
                <p class="entry__lead">
                    "It has been used or is too old. You can still end sessions from the list of your devices, or choose \
                     a new password, which signs every device out."
                </p>
            </div>
            <a class="button button--primary button--wide" href=home(true)>
                "See your devices"
            </a>
            <p class="entry__foot">
                <a href=FORGOT_PASSWORD>"Choose a new password"</a>
            </p>
        </div>
    }
}

const fn outcome(locked: bool) -> &'static str {
    if locked { SAFE } else { "Everybody else is signed out" }
}

fn done(locked: bool) -> impl IntoView {
    let lead = if locked {
        "Every other device is signed out, and the password so far signs nobody in. A mail with a link to choose a new \
         one is on its way to you: it works once, within 30 minutes."
    } else {
        "Whoever it was may know your password: change it now."
    };
    let next = (!locked).then(|| {
        view! {
            <a class="button button--primary button--wide" href="/change-password">
                "Change your password"
            </a>
        }
    });
    view! {
        <div class="entry">
            <div class="entry__head">
                <h1>{outcome(locked)}</h1>
                <p class="entry__lead">{lead}</p>
            </div>
            {next}
            <a class="button button--wide" href=HISTORY>
                "Export your history"
            </a>
            <p class="entry__foot">"It shows when and from where your account was signed in to."</p>
            <p class="entry__foot">
                <a href=home(true)>"Back to your devices"</a>
            </p>
        </div>
    }
}

fn reset() -> impl IntoView {
    view! {
        <div class="entry">
            <div class="entry__head">
                <h1>{RESET_TITLE}</h1>
                <p class="entry__lead">
                    "Setting it signed every device out. Only somebody who knows it can sign in now."
                </p>
            </div>
            <a class="button button--primary button--wide" href="/sign-in?add=1">
                "Sign in"
            </a>
            <a class="button button--wide" href=NotMePage::SIGN_IN_TO_EXPORT>
                "Export your history"
            </a>
            <p class="entry__foot">
                "It shows when and from where your account was signed in to. You sign in first, with the new password."
            </p>
        </div>
    }
}
