//! The person behind an account.

use serde::{Deserialize, Serialize};

#[cfg(feature = "engine")]
use crate::Code;
use crate::{Timestamp, UserId};

#[cfg(feature = "engine")]
const MAXIMUM_NAME_CHARACTERS: usize = 100;
#[cfg(feature = "engine")]
const MAXIMUM_IMAGE_LEN: usize = 2048;

/// Checks what a person is to be called, and trims it.
#[cfg(feature = "engine")]
pub(crate) fn checked_name(name: &str) -> Result<&str, Code> {
    let name = name.trim();
    // PostgreSQL has no NUL in its texts.
    if name.chars().count() > MAXIMUM_NAME_CHARACTERS || name.contains('\0') {
        return Err(Code::InvalidName);
    }
    Ok(name)
}

/// What a person is called: where no name is given, what stands before the @. Some front ends ask for none, and a list
/// needs one.
#[cfg(feature = "engine")]
pub(crate) fn name_or_local_part(name: &str, email: &str) -> String {
    if name.is_empty() { email.split('@').next().unwrap_or(email) } else { name }.to_owned()
}

/// Checks the address of a picture.
#[cfg(feature = "engine")]
pub(crate) fn check_image(image: Option<&str>) -> Result<(), Code> {
    match image {
        Some(image) if image.len() > MAXIMUM_IMAGE_LEN || image.contains('\0') => Err(Code::ValidationError),
        _ => Ok(()),
    }
}

/// A user as its owner may see it, in Better Auth's shape.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct User {
    /// Names the user.
    pub id: UserId,
    /// What the person is called.
    pub name: String,
    /// The address that signs in, in lower case.
    #[cfg_attr(feature = "openapi", schema(format = "email"))]
    pub email: String,
    /// Whether the address was shown to be the person's.
    pub email_verified: bool,
    /// The address of a picture.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub image: Option<String>,
    /// When the account was made.
    pub created_at: Timestamp,
    /// When the account was last changed.
    pub updated_at: Timestamp,
}
