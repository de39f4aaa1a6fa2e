//! The kinds of mails, and what the links in them allow.

use crate::Random;
use crate::credential::{Secret, SecretHash};

/// What a mail is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MailKind {
    /// Somebody asked for a new password.
    PasswordReset,
    /// Somebody signed in from a browser in which the account was never used before.
    NewDevice,
    /// A sign-in was reported, and the password is locked until a new one is set.
    PasswordLocked,
    /// The password was changed.
    PasswordChanged,
}

impl MailKind {
    /// All kinds.
    pub const ALL: &'static [Self] =
        &[Self::PasswordReset, Self::NewDevice, Self::PasswordLocked, Self::PasswordChanged];

    /// Parses a kind's stable name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.as_str() == text)
    }

    /// The stable name that stores and logs use.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PasswordReset => "password-reset",
            Self::NewDevice => "new-device",
            Self::PasswordLocked => "password-locked",
            Self::PasswordChanged => "password-changed",
        }
    }

    /// What the link in such a mail is for.
    pub const fn purpose(self) -> Purpose {
        match self {
            Self::PasswordReset | Self::PasswordLocked => Purpose::ResetPassword,
            Self::NewDevice | Self::PasswordChanged => Purpose::NotMe,
        }
    }
}

/// What the link in a mail is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Purpose {
    /// Setting a new password.
    ResetPassword,
    /// Saying "This wasn't me".
    NotMe,
}

impl Purpose {
    /// The stable name that stores use.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ResetPassword => "reset-password",
            Self::NotMe => "not-me",
        }
    }
}

/// The secret in a mail's link: 32 random bytes, of which only the SHA-256 is stored.
///
/// Its `Debug` output is redacted; [`MailToken::to_text`] is for the link alone.
#[derive(Clone, Debug)]
pub struct MailToken(Secret);

impl MailToken {
    /// How many characters it has: letters, digits, `-` and `_`.
    pub const LEN: usize = Secret::URL_SAFE_LEN;

    /// Generates a new token.
    pub fn generate(random: &dyn Random) -> Self {
        Self(Secret::generate(random))
    }

    /// Reads the token of a link; `None` if it is malformed.
    pub fn parse(text: &str) -> Option<Self> {
        Secret::parse_url_safe(text).map(Self)
    }

    /// Gives the text for the link.
    pub fn to_text(&self) -> String {
        self.0.to_url_safe()
    }

    /// Gives the hash to store or to look for.
    pub fn hash(&self) -> SecretHash {
        self.0.hash()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::OsRandom;

    #[test]
    fn token_round_trips_through_its_link() {
        let token = MailToken::generate(&OsRandom);
        let text = token.to_text();
        assert_eq!(text.len(), MailToken::LEN);
        assert!(text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_'));
        let read = MailToken::parse(&text).expect("our own form");
        assert_eq!(read.hash().as_bytes(), token.hash().as_bytes());
        assert!(!format!("{token:?}").contains(&text[..8]));
    }

    #[test]
    fn malformed_tokens_are_rejected() {
        let text = MailToken::generate(&OsRandom).to_text();
        for other in
            ["", &text[1..], &format!("{text}="), &format!("{text}A"), &"é".repeat(21), &".".repeat(43)]
        {
            assert!(MailToken::parse(other).is_none(), "{other:?} was taken");
        }
    }

    #[test]
    fn kind_round_trips_through_its_name() {
        for &kind in MailKind::ALL {
            assert_eq!(MailKind::parse(kind.as_str()), Some(kind));
        }
    }
}
