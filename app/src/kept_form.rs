//! Keeps the input of a refused form, even without scripts. It is passed to the form's next page in the
//! notice cookie, because addresses should not contain it. Passwords are not kept.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// The kept input.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct KeptForm {
    pub(crate) name: String,
    pub(crate) email: String,
}

/// The prefix of the notice.
#[cfg(feature = "ssr")]
const KEPT: &str = "form.";

#[cfg(feature = "ssr")]
impl KeptForm {
    /// Keeps it for the next page if the browser itself submitted the form. A script leaves the form as it
    /// is.
    pub(crate) fn keep(&self) {
        crate::context::leave_notice(&[KEPT, &self.to_notice()].concat());
    }

    fn to_notice(&self) -> String {
        use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};

        BASE64_URL_SAFE_NO_PAD.encode(serde_json::to_vec(self).unwrap_or_default())
    }

    fn of_notice(notice: &str) -> Option<Self> {
        use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};

        serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(notice.strip_prefix(KEPT)?).ok()?).ok()
    }

    /// The input to restore on this page, only after a refusal, which is in the address.
    fn of_request() -> Option<Self> {
        let parts = use_context::<http::request::Parts>()?;
        crate::query::query_value(parts.uri.query()?, "__err")?;
        Self::of_notice(crate::context::request_if_any()?.notice()?)
    }
}

/// Returns the input of the form before it was refused.
pub(crate) fn use_kept_form() -> KeptForm {
    let kept = SharedValue::new(|| {
        #[cfg(feature = "ssr")]
        let kept = KeptForm::of_request().unwrap_or_default();
        #[cfg(not(feature = "ssr"))]
        let kept = KeptForm::default();
        kept
    });
    kept.into_inner()
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;

    #[test]
    fn form_is_restored_as_typed() {
        let typed = KeptForm {
            name: "Zoë =&;,\" 👩‍👩‍👧".to_owned(), email: "zoë@example.org".to_owned()
        };
        let notice = [KEPT, &typed.to_notice()].concat();
        assert!(notice.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b)), "{notice}");
        assert_eq!(KeptForm::of_notice(&notice), Some(typed));
        assert_eq!(KeptForm::of_notice("form.x"), None);
        assert_eq!(KeptForm::of_notice("revoked"), None);
    }

    #[test]
    fn longest_name_and_address_fit_into_the_cookie() {
        let typed = KeptForm { name: "é".repeat(100), email: "e".repeat(254) };
        assert!(KEPT.len() + typed.to_notice().len() <= 1_024);
    }
}
