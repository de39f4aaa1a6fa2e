//! E-mail addresses: which are taken, how they are kept, and which of them are one.
//!
//! An address is kept as it was typed but for blanks and capitals, since that is what its owner reads and what mail is
//! sent to. It is found by its key, which is the same for every spelling of it: `idn@bücherei.example` and the
//! `idn@xn--bcherei-n2a.example` that browsers make of it, composed and decomposed letters, capitals and small ones.
//!
//! idna maps domains as browsers do (UTS 46, non-transitional), unicase folds case; both are kept since 2015 and come
//! with other crates anyway.

use email_address::{EmailAddress, Options};
use idna::uts46::{AsciiDenyList, DnsLength, Hyphens, Uts46};
use unicase::UniCase;
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

/// Gives the key of an address, which every spelling of it has: the local part composed (NFC) and with its case folded,
/// the domain in ASCII (UTS 46, non-transitional). A store finds accounts by it.
///
/// # Examples
///
/// ```
/// let key = multi_session::email_key("Ada@Bücherei.example");
/// assert_eq!(key, "ada@xn--bcherei-n2a.example");
/// assert_eq!(key, multi_session::email_key("ada@XN--BCHEREI-N2A.example"));
/// ```
pub fn email_key(email: &str) -> String {
    let (local, domain) = email.rsplit_once('@').unwrap_or((email, ""));
    let decomposed: String = local.nfd().collect();
    let local: String = UniCase::new(decomposed).to_folded_case().nfc().collect();
    let ascii =
        Uts46::new().to_ascii(domain.as_bytes(), AsciiDenyList::STD3, Hyphens::Allow, DnsLength::Ignore);
    // A domain that is none has one spelling.
    let domain = ascii.map_or_else(|_| domain.to_lowercase(), |ascii| ascii.into_owned());
    format!("{local}@{domain}")
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
    fn every_spelling_of_an_address_has_one_key() {
        for spellings in [
            &[
                "idn@bücherei.example",
                "IDN@BÜCHEREI.example",
                "idn@bu\u{308}cherei.example",
                "idn@xn--bcherei-n2a.example",
            ][..],
            &["zoé@example.org", "ZOE\u{301}@Example.ORG", "zoe\u{301}@example.org"],
            &["İpek@example.org", "I\u{307}pek@example.org", "i\u{307}pek@example.org"],
            &["οδός@example.org", "ΟΔΌΣ@example.org"],
            &["ada@example.org", "ADA@ＥＸＡＭＰＬＥ.org"],
        ] {
            let keys: Vec<_> = spellings.iter().map(|text| email_key(text)).collect();
            assert!(keys.iter().all(|key| *key == keys[0]), "{keys:?}");
            assert_eq!(email_key(&keys[0]), keys[0], "a key is its own");
        }
        for (one, other) in [
            ("ipek@example.org", "İpek@example.org"),
            ("zoe@example.org", "zoé@example.org"),
            ("ada@fass.example", "ada@faß.example"),
            ("ada+a@example.org", "ada@example.org"),
        ] {
            assert_ne!(email_key(one), email_key(other));
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
