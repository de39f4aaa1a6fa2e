//! The public half of a session cookie.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// The public name of a session on the wire (Better Auth's `token`): 32 letters or digits.
///
/// It names the held-session cookie and is the part before the dot in the cookie's value. It opens nothing
/// without the secret behind the dot. New handles consist of lower-case letters and digits.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Handle([u8; Self::LEN]);

impl Handle {
    /// The length in bytes.
    pub const LEN: usize = 32;

    /// Reads a handle; `None` if it is malformed.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes: [u8; Self::LEN] = text.as_bytes().try_into().ok()?;
        bytes.iter().all(u8::is_ascii_alphanumeric).then_some(Self(bytes))
    }

    /// The handle as text.
    pub fn as_str(&self) -> &str {
        // Handles are ASCII.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // It is public on the wire, but still half of a cookie. Logs use the session's id.
        f.write_str("Handle(..)")
    }
}

impl Serialize for Handle {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Handle {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?)
            .ok_or_else(|| de::Error::custom("a handle is 32 letters or digits"))
    }
}
