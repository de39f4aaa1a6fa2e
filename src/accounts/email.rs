//! E-mail addresses of accounts: which are accepted, and how they are stored.
//!
//! An address is stored as it was typed except for blanks and capitals, since that is what its owner reads and what mail
//! is sent to. An account is found by the address's [`email_key`](crate::email_key).

use email_address::{EmailAddress, Options};
use idna::uts46::{AsciiDenyList, DnsLength, Hyphens, Uts46};
use unicode_normalization::UnicodeNormalization;

use crate::Code;

/// Brings an address that is looked for to the form in which addresses are kept.
///
/// What was taken once is found, also what [`new`] does not take any more.
///
/// # Errors
///
/// [`Code::InvalidEmail`] when it has not the form of an address with a domain name (RFC 5321 lengths).
pub(crate) fn normalise(text: &str) -> Result<String, Code> {
    let email = kept(text);
    // The local part may have every character beyond ASCII (RFC 6531, 3.3), of which mailers take letters only.
    let is_beyond = |c: char| !c.is_ascii() && !c.is_whitespace() && !c.is_control();
    let is_one = has_form(&email.replace(is_beyond, "x")) || for_mail(&email).is_some();
    if is_one { Ok(email) } else { Err(Code::InvalidEmail) }
}

/// Brings the address of a new account to the form in which it is kept.
///
/// # Errors
///
/// [`Code::InvalidEmail`] when no mail can be sent to it.
pub(crate) fn new(text: &str) -> Result<String, Code> {
    let email = kept(text);
    if for_mail(&email).is_some() { Ok(email) } else { Err(Code::InvalidEmail) }
}

/// Gives the address that mail is sent to: its domain in ASCII, which every mail server takes. `None` where a mail
/// server could not be told it: then the mailer refuses it too.
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

/// Tells whether somebody can sign up with a text as their e-mail address, blanks around it aside.
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
    // The only letter whose small form is two characters; mailers do not take the second one.
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
    fn an_address_is_kept_as_it_was_typed_but_for_blanks_and_capitals() {
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
    fn what_cannot_be_mailed_is_found_and_not_taken() {
        for text in ["\"ada\"@example.org", "\"a b\"@example.org", "ada@exa!mple.org", "ada@exa_mple.org"] {
            assert_eq!(new(text), Err(Code::InvalidEmail), "{text}");
            assert_eq!(normalise(text).as_deref(), Ok(text));
            assert_eq!(email_key(text), text);
        }
        // What JavaScript makes of `İ`.
        let small = "i\u{307}pek@example.org";
        assert_eq!((new(small), normalise(small).as_deref()), (Err(Code::InvalidEmail), Ok(small)));
        assert_eq!(email_key(small), email_key("İpek@example.org"));
    }
}
