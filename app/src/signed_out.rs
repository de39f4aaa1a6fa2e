//! Explains that a session of this browser was ended elsewhere: above the sign-in form of our own site, and
//! as a notice on other pages.

use leptos::prelude::*;
#[cfg(feature = "ssr")]
use multi_session::{EndedReason, Ending, Timestamp};
use serde::{Deserialize, Serialize};

#[cfg(feature = "ssr")]
use crate::{MultiSessionOptions, accounts::paths::SIGN_IN};
use crate::{
    accounts::paths::FORGOT_PASSWORD,
    ui::{Icon, IconName},
};

/// A session of this browser that was ended elsewhere.
#[cfg(feature = "ssr")]
#[derive(Clone, Debug)]
pub(crate) struct SignedOutElsewhere {
    /// How it ended.
    pub(crate) ending: Ending,
    /// The name of the account that is active now, if there is one.
    pub(crate) now_using: Option<String>,
    /// The current time.
    pub(crate) now: Timestamp,
}

#[cfg(feature = "ssr")]
impl SignedOutElsewhere {
    /// Why this browser is signed out or another account is active; `None` if it signed in again.
    pub(crate) fn words(&self) -> Option<String> {
        let Self { ending, now_using, now } = self;
        if ending.is_own() {
            return Some("You signed out in this browser.".to_owned());
        }
        let who = if now_using.is_some() { "One of your accounts in this browser was" } else { "You were" };
        let by = ending.by.as_ref().map(|by| by.label.as_str());
        let ago = crate::ui::time_ago::ago(now.since(ending.at));
        let mut text = match (ending.reason, by) {
            (EndedReason::Replaced, _) => return None,
            (EndedReason::Evicted, Some(by)) => {
                format!(
                    "{who} signed out {ago} because you reached the limit of devices and signed in on {by}."
                )
            }
            (EndedReason::PasswordChanged, Some(by)) => {
                format!("{who} signed out {ago} because the password was changed on {by}.")
            }
            (EndedReason::PasswordChanged, None) => {
                format!("{who} signed out {ago} because the password was changed.")
            }
            (EndedReason::Reported, Some(by)) => {
                format!("{who} signed out {ago} because you reported a sign-in from {by}.")
            }
            (EndedReason::Reported, None) => {
                format!("{who} signed out {ago} because you reported a sign-in.")
            }
            (EndedReason::Operator, _) => format!("{who} signed out by an administrator {ago}."),
            (EndedReason::Expired, _) => format!("{who} signed out due to inactivity."),
            (_, Some(by)) => format!("{who} signed out by your other device ({by}) {ago}."),
            (_, None) => format!("{who} signed out {ago}."),
        };
        if let Some(name) = now_using {
            text.push_str(&format!(" You are now using {name}."));
        }
        Some(text)
    }

    /// Whether another device did it, which may belong to somebody else.
    fn may_be_foreign(&self) -> bool {
        let Ending { reason, by, .. } = &self.ending;
        !self.ending.is_own()
            && by.is_some()
            && !matches!(reason, EndedReason::Reported | EndedReason::Expired)
    }
}

/// Whether a page explains it itself.
#[cfg(feature = "ssr")]
pub(crate) fn page_explains_sign_out(options: &MultiSessionOptions, path: &str) -> bool {
    options.has_passwords() && path == SIGN_IN
}

/// The explanation above the sign-in form.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Explanation {
    text: String,
    may_be_foreign: bool,
}

#[cfg(feature = "ssr")]
fn explanation() -> Option<Explanation> {
    let parts = use_context::<http::request::Parts>()?;
    let elsewhere = parts.extensions.get::<SignedOutElsewhere>()?;
    Some(Explanation { text: elsewhere.words()?, may_be_foreign: elsewhere.may_be_foreign() })
}

/// Explains above the sign-in form how this browser was signed out, and what to do if somebody else did it.
#[component]
pub(crate) fn SignedOut() -> impl IntoView {
    // Only the server can verify the address, so the explanation is part of the page.
    let explained = SharedValue::new(|| {
        #[cfg(feature = "ssr")]
        let explained = explanation();
        #[cfg(not(feature = "ssr"))]
        let explained = None::<Explanation>;
        explained
    });
    explained.into_inner().map(|Explanation { text, may_be_foreign }| {
        let reset = may_be_foreign.then(|| {
            view! {
                <a class="ms-if-mail" href=FORGOT_PASSWORD>
                    "Not you? Reset your password"
                </a>
            }
            .into_any()
        });
        view! {
            <div class="ms-message ms-message--warn" role="alert">
                <Icon name=IconName::Alert size=18 />
                <p class="ms-message__more">{text} " " {reset}</p>
            </div>
        }
        .into_any()
    })
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use multi_session::{EndedBy, SessionId};

    use super::*;

    fn ended(
        reason: EndedReason,
        by: Option<&str>,
        now_using: Option<&str>,
        seconds: u64,
    ) -> SignedOutElsewhere {
        let id = |text: &str| SessionId::new(text).expect("an id");
        let now = Timestamp::from_unix_ms(1_795_000_000_000);
        let mut ending = Ending::new(id("s1"), reason, now.minus(std::time::Duration::from_secs(seconds)));
        ending.by = by.map(|by| EndedBy::new(id(by), "Firefox on macOS"));
        SignedOutElsewhere { ending, now_using: now_using.map(str::to_owned), now }
    }

    #[test]
    fn explanation_names_who_signed_the_browser_out() {
        for (reason, by, now_using, seconds, words) in [
            (
                EndedReason::Revoked,
                Some("s2"),
                None,
                2,
                "You were signed out by your other device (Firefox on macOS) just now.",
            ),
            (
                EndedReason::Evicted,
                Some("s2"),
                None,
                0,
                "You were signed out just now because you reached the limit of devices and signed in on Firefox on macOS.",
            ),
            (
                EndedReason::PasswordChanged,
                Some("s2"),
                None,
                180,
                "You were signed out 3 minutes ago because the password was changed on Firefox on macOS.",
            ),
            (
                EndedReason::Revoked,
                Some("s2"),
                Some("Grace"),
                1,
                "One of your accounts in this browser was signed out by your other device (Firefox on macOS) just \
                 now. You are now using Grace.",
            ),
            (EndedReason::SignedOut, Some("s1"), None, 1, "You signed out in this browser."),
            (EndedReason::Operator, None, None, 2, "You were signed out by an administrator just now."),
            (EndedReason::Expired, None, None, 2, "You were signed out due to inactivity."),
            (
                EndedReason::Reported,
                Some("s2"),
                None,
                1,
                "You were signed out just now because you reported a sign-in from Firefox on macOS.",
            ),
        ] {
            assert_eq!(ended(reason, by, now_using, seconds).words().as_deref(), Some(words));
        }
        assert_eq!(ended(EndedReason::Replaced, Some("s2"), None, 1).words(), None);
    }

    #[test]
    fn only_another_device_may_belong_to_somebody_else() {
        let may_be = |reason, by| ended(reason, by, None, 1).may_be_foreign();
        assert!(may_be(EndedReason::Revoked, Some("s2")));
        assert!(may_be(EndedReason::PasswordChanged, Some("s2")));
        assert!(!may_be(EndedReason::SignedOut, Some("s1")));
        assert!(!may_be(EndedReason::Operator, None));
    }
}
