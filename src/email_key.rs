//! Which email addresses count as the same.
//!
//! All spellings of an address have one key: `idn@bücherei.example` and the form
//! `idn@xn--bcherei-n2a.example` that browsers send, composed and decomposed letters, upper and lower case.
//!
//! idna maps domains as browsers do (UTS 46, non-transitional), unicase folds case; both have been maintained since 2015
//! and are dependencies of other crates anyway.

use idna::uts46::{AsciiDenyList, DnsLength, Hyphens, Uts46};
use unicase::UniCase;
use unicode_normalization::UnicodeNormalization;

/// Returns the key of an address, which is the same for every spelling: the local part is composed (NFC) and
/// case-folded, the domain is in ASCII (UTS 46, non-transitional). Stores look accounts up by it.
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
    // An invalid domain is only lowercased.
    let domain = ascii.map_or_else(|_| domain.to_lowercase(), |ascii| ascii.into_owned());
    format!("{local}@{domain}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_spellings_of_an_address_have_the_same_key() {
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
}
