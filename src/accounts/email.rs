//! Email addresses of accounts: which are accepted, and how they are stored.
//!
//! An address is stored as it was typed, but trimmed and in lower case. Its owner reads it in this form, and
//! mail is sent to it. An account is found by the address's [`email_key`](crate::email_key).

use email_address::{EmailAddress, Options};
use idna::uts46::{AsciiDenyList, DnsLength, Hyphens, Uts46};
use unicode_normalization::UnicodeNormalization;

use crate::Code;

/// Converts an address to the stored form, to look it up.
///
/// It accepts addresses that [`new`] no longer accepts, so that existing accounts are found.
///
/// # Errors
///
/// [`Code::InvalidEmail`] when it is not an address with a domain name (RFC 5321 lengths).
pub(crate) fn normalise(text: &str) -> Result<String, Code> {
    let email = kept(text);
    // The local part may have any character beyond ASCII (RFC 6531, 3.3), but mailers accept only letters.
    let is_beyond = |c: char| !c.is_ascii() && !c.is_whitespace() && !c.is_control();
    let is_one = has_form(&email.replace(is_beyond, "x")) || for_mail(&email).is_some();
    if is_one { Ok(email) } else { Err(Code::InvalidEmail) }
}

/// Converts the address of a new account to the stored form.
///
/// # Errors
///
/// [`Code::InvalidEmail`] when no mail can be sent to it.
pub(crate) fn new(text: &str) -> Result<String, Code> {
    let email = kept(text);
    if for_mail(&email).is_some() { Ok(email) } else { Err(Code::InvalidEmail) }
}

/// The address that mail is sent to, with its domain in ASCII, which every mail server accepts. `None` if it
/// cannot be sent to a mail server; then the mailer refuses it too.
pub(crate) fn for_mail(email: &str) -> Option<String> {
    let (local, domain) = email.rsplit_once('@')?;
    if local.starts_with('"') {
        return None;
    }
    let hyphens = Hyphens::CheckFirstLast;
    let domain =
        Uts46::new().to_ascii(domain.as_bytes(), AsciiDenyList::STD3, hyphens, DnsLength::Verify).ok()?;
    let address = format!("{local}@{domain}");
    has_form(&address).then_some(address)
}

/// Whether somebody can sign up with this text as their email address. Surrounding blanks are ignored.
///
/// # Examples
///
/// ```
/// assert!(multi_session::is_email("Ada@example.org"));
/// assert!(!multi_session::is_email("ada@localhost"));
/// ```
pub fn is_email(text: &str) -> bool {
    new(text).is_ok()
}

fn kept(text: &str) -> String {
    let composed: String = text.trim().nfc().collect();
    // This is the only letter whose lower case is two characters, and mailers do not accept the second one.
    let small: Vec<_> = composed.split('İ').map(str::to_lowercase).collect();
    small.join("İ")
}

fn has_form(email: &str) -> bool {
    let options = Options::default().with_required_tld().without_display_text().without_domain_literal();
    EmailAddress::parse_with_options(email, options).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::email_key;

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

    #[test]
    fn address_is_stored_trimmed_and_in_lower_case() {
        for (typed, kept, mailed) in [
            ("IDN@Bücherei.example", "idn@bücherei.example", "idn@xn--bcherei-n2a.example"),
            ("idn@xn--bcherei-n2a.example", "idn@xn--bcherei-n2a.example", "idn@xn--bcherei-n2a.example"),
            ("Zoe\u{301}@example.org", "zoé@example.org", "zoé@example.org"),
            ("İpek@example.org", "İpek@example.org", "İpek@example.org"),
            ("I\u{307}pek@example.org", "İpek@example.org", "İpek@example.org"),
            ("ada@faß.example", "ada@faß.example", "ada@xn--fa-hia.example"),
            ("ada@bücherei。example", "ada@bücherei。example", "ada@xn--bcherei-n2a.example"),
        ] {
            assert_eq!(new(typed).as_deref(), Ok(kept), "{typed}");
            assert_eq!(for_mail(kept).as_deref(), Some(mailed), "{typed}");
        }
    }

    #[test]
    fn unmailable_address_is_found_but_cannot_sign_up() {
        for text in ["\"ada\"@example.org", "\"a b\"@example.org", "ada@exa!mple.org", "ada@exa_mple.org"] {
            assert_eq!(new(text), Err(Code::InvalidEmail), "{text}");
            assert_eq!(normalise(text).as_deref(), Ok(text));
            assert_eq!(email_key(text), text);
        }
        // The form that JavaScript converts `İ` to.
        let small = "i\u{307}pek@example.org";
        assert_eq!((new(small), normalise(small).as_deref()), (Err(Code::InvalidEmail), Ok(small)));
        assert_eq!(email_key(small), email_key("İpek@example.org"));
    }
}
