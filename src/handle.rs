//! The public half of a session cookie.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, de};

/// The public name of a session on the wire (Better Auth's `token`): 32 letters or digits.
///
/// It names the held-session cookie and stands before the dot in the cookie's value. Alone it opens
/// nothing: a request acts as a session only with the secret behind the dot. Ours are of lower-case
/// letters and digits.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Handle(String);

impl Handle {
    /// The length in bytes.
    pub const LEN: usize = 32;

    /// Takes a handle's text, if it has a handle's form.
    pub fn parse(text: &str) -> Option<Self> {
        let valid = text.len() == Self::LEN && text.bytes().all(|b| b.is_ascii_alphanumeric());
        valid.then(|| Self(text.to_owned()))
    }

    /// Gives the handle's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Public on the wire, but half of a cookie all the same: logs get the session's id.
        f.write_str("Handle(..)")
    }
}

impl<'de> Deserialize<'de> for Handle {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?)
            .ok_or_else(|| de::Error::custom("a handle is 32 letters or digits"))
    }
}
