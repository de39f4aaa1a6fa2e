//! Where the pages of accounts are, on our own site.

pub(crate) const SIGN_IN: &str = "/sign-in";
pub(crate) const SIGN_UP: &str = "/sign-up";
pub(crate) const CHANGE_PASSWORD: &str = "/change-password";
pub(crate) const FORGOT_PASSWORD: &str = "/forgot-password";
#[cfg(feature = "ssr")]
pub(crate) const RESET_PASSWORD: &str = "/reset-password";

/// The page with the form that posts to a server function, for the functions that have a page of the same name.
#[cfg(feature = "ssr")]
pub fn form_page(act: &str) -> Option<&'static str> {
    let name = act.strip_prefix("/fn")?;
    [SIGN_IN, SIGN_UP, CHANGE_PASSWORD, FORGOT_PASSWORD].into_iter().find(|page| *page == name)
}
