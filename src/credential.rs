//! What a session cookie proves.

use std::fmt;

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::{Handle, Random};

const HANDLE_ALPHABET: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";

/// 32 random bytes that only the browser has. It cannot be printed or serialized.
#[derive(Clone)]
pub struct Secret([u8; 32]);

/// The SHA-256 of a [`Secret`]. Only this hash is stored.
#[derive(Clone, Copy)]
pub struct SecretHash([u8; 32]);

/// A session cookie's value: `handle.secret`, the secret in padded standard base64.
///
/// It has the exact form of Better Auth's signed cookie (`token.signature`), but nothing is signed. The
/// secret is compared with its stored hash, so there is no server key to lose or to rotate.
#[derive(Clone, Debug)]
pub struct Credential {
    /// The public half.
    pub handle: Handle,
    /// The secret half.
    pub secret: Secret,
}

impl Secret {
    /// Its length in unpadded URL-safe base64.
    pub(crate) const URL_SAFE_LEN: usize = 43;

    /// Generates a new secret.
    pub(crate) fn generate(random: &dyn Random) -> Self {
        let mut bytes = [0; 32];
        random.fill(&mut bytes);
        Self(bytes)
    }

    #[cfg(feature = "import-better-auth")]
    pub(crate) fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Reads 43 letters, digits, `-` and `_`; `None` for anything else.
    pub(crate) fn parse_url_safe(text: &str) -> Option<Self> {
        if text.len() != Self::URL_SAFE_LEN {
            return None;
        }
        BASE64_URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok().map(Self)
    }

    /// Writes the form that [`Secret::parse_url_safe`] reads.
    pub(crate) fn to_url_safe(&self) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(self.0)
    }

    /// Gives the hash to store or to compare.
    pub fn hash(&self) -> SecretHash {
        SecretHash(Sha256::digest(self.0).into())
    }
}

impl SecretHash {
    /// Takes a stored hash; `None` unless it has 32 bytes.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// Gives the bytes to store.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Returns whether `secret` is the one that was hashed, in constant time.
    pub fn matches(&self, secret: &Secret) -> bool {
        self.0.ct_eq(&secret.hash().0).into()
    }
}

impl Credential {
    /// Generates a new credential.
    pub(crate) fn generate(random: &dyn Random) -> Self {
        let secret = Secret::generate(random);
        Self { handle: generate_handle(random), secret }
    }

    /// Reads a cookie's decoded value, split at the last dot; `None` unless it has exactly this form.
    pub fn parse(value: &str) -> Option<Self> {
        let (handle, secret) = value.rsplit_once('.')?;
        let handle = Handle::parse(handle)?;
        if secret.len() != 44 {
            return None;
        }
        let secret = BASE64_STANDARD.decode(secret).ok()?.try_into().ok()?;
        Some(Self { handle, secret: Secret(secret) })
    }

    /// Gives the cookie's value, before percent-encoding.
    pub fn to_cookie_value(&self) -> String {
        format!("{}.{}", self.handle.as_str(), BASE64_STANDARD.encode(self.secret.0))
    }

    /// Whether both are the same credential.
    pub fn is(&self, other: &Self) -> bool {
        self.handle == other.handle && bool::from(self.secret.0.ct_eq(&other.secret.0))
    }
}

fn generate_handle(random: &dyn Random) -> Handle {
    let mut text = String::with_capacity(Handle::LEN);
    let mut bytes = [0; 48];
    while text.len() < Handle::LEN {
        random.fill(&mut bytes);
        // 252 is the largest multiple of 36 that fits in a byte. Using larger values would favour some
        // letters.
        let usable = bytes.iter().filter(|&&byte| byte < 252);
        let missing = Handle::LEN - text.len();
        text.extend(usable.take(missing).map(|&byte| HANDLE_ALPHABET[usize::from(byte % 36)] as char));
    }
    Handle::parse(&text).expect("32 letters or digits")
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

impl fmt::Debug for SecretHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretHash(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::OsRandom;

    #[test]
    fn credential_round_trips_through_its_cookie() {
        let credential = Credential::generate(&OsRandom);
        let value = credential.to_cookie_value();
        assert_eq!(value.len(), 32 + 1 + 44);
        let read = Credential::parse(&value).expect("our own form");
        assert!(read.is(&credential));
        assert!(credential.secret.hash().matches(&read.secret));
    }

    #[test]
    fn malformed_cookie_values_are_rejected() {
        let value = Credential::generate(&OsRandom).to_cookie_value();
        for other in [
            "",
            ".",
            &value[..value.len() - 1],
            &value[1..],
            &format!("{value}="),
            &format!("{value}.{}", &value[33..]),
            &value.replace('.', ","),
            &value.replace('=', "A"),
        ] {
            assert!(Credential::parse(other).is_none(), "{other:?} was taken");
        }
    }

    #[test]
    fn modified_secret_does_not_match() {
        let one = Credential::generate(&OsRandom);
        let other = Credential::generate(&OsRandom);
        assert!(!one.secret.hash().matches(&other.secret));
        assert!(!format!("{one:?}").contains(&one.to_cookie_value()[33..40]));
    }
}
