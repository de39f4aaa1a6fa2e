//! Answers and bodies that several endpoints have.

use serde::Serialize;
use utoipa::ToSchema;

use crate::{Session, User};

/// A session and its user, in Better Auth's shape.
#[derive(Serialize, ToSchema)]
pub(super) struct SessionAndUser<'a> {
    pub(super) session: &'a Session,
    pub(super) user: &'a User,
}

/// It was done.
#[derive(Serialize, ToSchema)]
pub(super) struct Done {
    /// Always true.
    status: bool,
}

impl Done {
    pub(super) const DONE: Self = Self { status: true };
}

/// A body without fields: what it has is not read.
#[derive(ToSchema)]
pub(super) struct NoFields {}
