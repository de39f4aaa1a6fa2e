//! Typed identifiers, so that an argument swap does not compile.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Why a text is not an identifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an identifier must be 1 to 64 letters, digits, hyphens or underscores")]
pub struct InvalidId;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        ///
        /// It is cheap to clone.
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Creates an identifier from text.
            ///
            /// # Errors
            ///
            /// [`InvalidId`] unless it is 1 to 64 letters, digits, hyphens or underscores.
            pub fn new(text: impl Into<String>) -> Result<Self, InvalidId> {
                let text = text.into();
                let valid = (1..=64).contains(&text.len())
                    && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
                if valid { Ok(Self(text.into())) } else { Err(InvalidId) }
            }

            /// The identifier as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }

            #[cfg(feature = "engine")]
            pub(crate) fn from_uuid(uuid: uuid::Uuid) -> Self {
                Self(uuid.to_string().into())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Self::new(String::deserialize(deserializer)?).map_err(de::Error::custom)
            }
        }
    };
}

id! {
    /// The id of a session in lists and calls. It opens nothing, and the handle cannot be derived from it.
    ///
    /// New ids are version 7 UUIDs. It is a text, so that ids of an older system can be kept.
    SessionId
}

id! {
    /// The id of a user.
    UserId
}

#[cfg(feature = "engine")]
impl UserId {
    /// Creates a new id, a version 7 UUID, for a user who has no id in another system.
    pub fn generate(random: &dyn crate::Random, now: crate::Timestamp) -> Self {
        Self::from_uuid(crate::random::uuid_v7(random, now))
    }
}
