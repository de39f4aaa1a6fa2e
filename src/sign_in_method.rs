//! How a person signed in.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, de};

/// The name of a way to sign in, such as `password`, `passkey` or `oidc:google`. It is stored with each session and
/// shown in lists.
///
/// It has 1 to 40 characters of `a-z`, `0-9`, `:`, `.`, `_` and `-`.
///
/// # Examples
///
/// ```
/// use multi_session::SignInMethod;
///
/// const CODE: SignInMethod = SignInMethod::from_static("code");
/// assert_eq!(SignInMethod::parse("code"), Some(CODE));
/// assert_eq!(SignInMethod::parse("One-time code"), None);
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct SignInMethod(Cow<'static, str>);

impl SignInMethod {
    /// An email address and its password.
    pub const PASSWORD: Self = Self::from_static("password");

    const MAXIMUM_LEN: usize = 40;

    /// Takes a name that is written in the program.
    ///
    /// # Panics
    ///
    /// If it is not a valid name. In a `const` it does not compile then.
    pub const fn from_static(name: &'static str) -> Self {
        assert!(Self::is_valid(name), "a sign-in method is 1 to 40 characters of a-z, 0-9 and :._-");
        Self(Cow::Borrowed(name))
    }

    /// Takes a name that is only known at run time, such as that of an identity provider. `None` if it is not valid.
    pub fn parse(name: &str) -> Option<Self> {
        if name == Self::PASSWORD.as_str() {
            // Most sessions have it. It needs no memory of its own.
            return Some(Self::PASSWORD);
        }
        Self::is_valid(name).then(|| Self(Cow::Owned(name.to_owned())))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    const fn is_valid(name: &str) -> bool {
        let bytes = name.as_bytes();
        let mut at = 0;
        while at < bytes.len() {
            if !matches!(bytes[at], b'a'..=b'z' | b'0'..=b'9' | b':' | b'.' | b'_' | b'-') {
                return false;
            }
            at += 1;
        }
        !bytes.is_empty() && bytes.len() <= Self::MAXIMUM_LEN
    }
}

impl fmt::Display for SignInMethod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for SignInMethod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for SignInMethod {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        Self::parse(&name).ok_or_else(|| de::Error::custom("not the name of a sign-in method"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn method_is_one_short_word() {
        for name in ["password", "oidc:google", "passkey", "2fa.totp_1-a", &"a".repeat(40)] {
            assert_eq!(SignInMethod::parse(name).expect("it is valid").as_str(), name);
        }
        for name in ["", "Password", "one time", "mot-clé", &"a".repeat(41)] {
            assert_eq!(SignInMethod::parse(name), None, "{name:?} was taken");
            assert!(serde_json::from_value::<SignInMethod>(name.into()).is_err(), "{name:?} was read");
        }
    }
}
