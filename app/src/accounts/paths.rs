//! Paths of the account pages on our own site.

pub(crate) const SIGN_IN: &str = "/sign-in";
/// The same, to add another account.
pub(crate) const SIGN_IN_TO_ADD: &str = "/sign-in?add=1";
pub(crate) const SIGN_UP: &str = "/sign-up";
pub(crate) const CHOOSE_DEVICE: &str = "/choose-device";
pub(crate) const CHANGE_PASSWORD: &str = "/change-password";
pub(crate) const FORGOT_PASSWORD: &str = "/forgot-password";
#[cfg(feature = "ssr")]
pub(crate) const RESET_PASSWORD: &str = "/reset-password";

/// The page with the form that posts to a server function, for the functions that have a page of the same name.
#[cfg(feature = "ssr")]
pub fn form_page(act: &str) -> Option<&'static str> {
    let name = act.strip_prefix("/fn")?;
    let pages = [SIGN_IN, SIGN_UP, CHOOSE_DEVICE, CHANGE_PASSWORD, FORGOT_PASSWORD];
    pages.into_iter().find(|page| *page == name)
}

/// The page after the form was submitted.
#[cfg(feature = "ssr")]
pub(crate) const SENT: &str = "/forgot-password?sent=1";
/// The notice that this page requires.
#[cfg(feature = "ssr")]
pub(crate) const SENT_NOTICE: &str = "forgot-password";

/// The address of the page for a mailed token, which has letters, digits, `-` and `_`. Other tokens are
/// dropped. `reported` is for people who reported a sign-in by a mailed link.
#[cfg(feature = "ssr")]
pub(crate) fn reset_address(token: &str, reported: bool) -> String {
    let is_ours = token.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    let told = if reported { "&reported=1" } else { "" };
    [RESET_PASSWORD, "?token=", if is_ours { token } else { "" }, told].concat()
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;

    #[test]
    fn address_contains_only_well_formed_tokens() {
        assert_eq!(reset_address("aB3-_", false), "/reset-password?token=aB3-_");
        assert_eq!(reset_address("aB3-_", true), "/reset-password?token=aB3-_&reported=1");
        assert_eq!(reset_address("a&__err=b", false), "/reset-password?token=");
    }
}
