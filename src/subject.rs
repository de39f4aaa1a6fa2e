//! Users who sign in, as the application knows them.

use crate::{Code, Timestamp, User, UserId};

const MAXIMUM_NAME_CHARACTERS: usize = 100;
const MAXIMUM_EMAIL_LEN: usize = 320;
const MAXIMUM_IMAGE_LEN: usize = 2048;

/// Checks and trims a name.
pub(crate) fn checked_name(name: &str) -> Result<&str, Code> {
    let name = name.trim();
    // PostgreSQL cannot store NUL in text.
    if name.chars().count() > MAXIMUM_NAME_CHARACTERS || name.contains('\0') {
        return Err(Code::InvalidName);
    }
    Ok(name)
}

/// Checks the address of a picture.
pub(crate) fn check_image(image: Option<&str>) -> Result<(), Code> {
    check_text(image, MAXIMUM_IMAGE_LEN)
}

fn check_text(text: Option<&str>, maximum_len: usize) -> Result<(), Code> {
    match text {
        Some(text) if text.len() > maximum_len || text.contains('\0') => Err(Code::ValidationError),
        _ => Ok(()),
    }
}

/// A user who signs in: the id, and what lists show.
///
/// [`Sessions::begin`](crate::Sessions::begin) keeps a copy of it for the lists. It follows yours with every sign-in,
/// unless the user has an account here, whose profile [`Accounts`](crate::Accounts) keeps.
///
/// # Examples
///
/// ```
/// use multi_session::{Subject, UserId};
///
/// let ada = Subject::new(UserId::new("4711")?).name("Ada").email("ada@example.org".to_owned());
/// assert_eq!(ada.image, None);
/// # Ok::<(), multi_session::InvalidId>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Subject {
    /// The user's id, which never changes.
    pub id: UserId,
    /// The name: at most 100 characters.
    pub name: String,
    /// An email address to show. Two users may have the same one.
    pub email: Option<String>,
    /// The address of a picture: at most 2,048 bytes.
    pub image: Option<String>,
}

impl Subject {
    /// A user of whom only the id is known.
    pub fn new(id: UserId) -> Self {
        Self { id, name: String::new(), email: None, image: None }
    }

    /// Sets the name.
    #[must_use]
    pub fn name(self, name: impl Into<String>) -> Self {
        Self { name: name.into(), ..self }
    }

    /// Sets the address that is shown; `None` for none.
    #[must_use]
    pub fn email(self, email: impl Into<Option<String>>) -> Self {
        Self { email: email.into(), ..self }
    }

    /// Sets the address of the picture; `None` for none.
    #[must_use]
    pub fn image(self, image: impl Into<Option<String>>) -> Self {
        Self { image: image.into(), ..self }
    }

    /// Checks that a store can keep it. [`Sessions::begin`](crate::Sessions::begin) does this too.
    ///
    /// # Errors
    ///
    /// [`Code::InvalidName`] or [`Code::ValidationError`] when a text is too long or holds a NUL.
    pub fn check(&self) -> Result<(), Code> {
        checked_name(&self.name)?;
        check_image(self.image.as_deref())?;
        check_text(self.email.as_deref(), MAXIMUM_EMAIL_LEN)
    }

    /// The user that is stored for somebody who signs in for the first time.
    pub fn first_seen(&self, now: Timestamp) -> User {
        User {
            id: self.id.clone(),
            name: self.name.clone(),
            email: self.email.clone().unwrap_or_default(),
            email_verified: false,
            image: self.image.clone(),
            created_at: now,
            updated_at: now,
        }
    }
}

impl From<&User> for Subject {
    fn from(user: &User) -> Self {
        let email = Some(user.email.clone()).filter(|email| !email.is_empty());
        Self { id: user.id.clone(), name: user.name.clone(), email, image: user.image.clone() }
    }
}
