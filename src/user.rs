//! The person behind an account.

use serde::{Deserialize, Serialize};

use crate::{Timestamp, UserId};

/// A user as its owner may see it, in Better Auth's shape.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct User {
    /// The user's id.
    pub id: UserId,
    /// The name.
    pub name: String,
    /// The email address of the account in lower case, or the one that the application provides; empty if there is
    /// none.
    #[cfg_attr(feature = "openapi", schema(format = "email"))]
    pub email: String,
    /// Whether the address was verified.
    pub email_verified: bool,
    /// The address of a picture.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub image: Option<String>,
    /// When the account was created.
    pub created_at: Timestamp,
    /// When the account was last changed.
    pub updated_at: Timestamp,
}

impl User {
    /// A user whose address is not verified.
    pub fn new(id: UserId, name: impl Into<String>, email: impl Into<String>, created_at: Timestamp) -> Self {
        Self {
            id,
            name: name.into(),
            email: email.into(),
            email_verified: false,
            image: None,
            created_at,
            updated_at: created_at,
        }
    }
}
