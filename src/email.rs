//! The form of an e-mail address.

use email_address::{EmailAddress, Options};

use crate::Code;

/// Brings an address to the form it is stored and looked up in: trimmed, in lower case.
///
/// # Errors
///
/// [`Code::InvalidEmail`] when it has not the form of an address with a domain name (RFC 5321 lengths).
pub(crate) fn normalise(text: &str) -> Result<String, Code> {
    let email = text.trim().to_lowercase();
    let options = Options::default().with_required_tld().without_display_text().without_domain_literal();
    match EmailAddress::parse_with_options(&email, options) {
        Ok(_) => Ok(email),
        Err(_) => Err(Code::InvalidEmail),
    }
}

/// Tells whether a text has the form of an e-mail address, blanks around it aside.
///
/// # Examples
///
/// ```
/// assert!(multi_session::is_email("Ada@example.org"));
/// assert!(!multi_session::is_email("ada@localhost"));
/// ```
pub fn is_email(text: &str) -> bool {
    normalise(text).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_lower_case_and_well_formed() {
        assert_eq!(normalise(" Ada@Example.ORG ").as_deref(), Ok("ada@example.org"));
        for text in [
            "",
            "ada",
            "ada@",
            "@example.org",
            "ada@localhost",
            "a b@example.org",
            "Ada <ada@example.org>",
            "a\0@example.org",
            "\"a\0\"@example.org",
        ] {
            assert_eq!(normalise(text), Err(Code::InvalidEmail), "{text:?} was taken");
        }
    }
}
