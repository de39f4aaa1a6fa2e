//! Converts errors of sqlx.

use std::sync::Arc;

use crate::store::StoreError;

pub(in crate::store) type Result<T, E = StoreError> = std::result::Result<T, E>;

/// The database's error, if that is the cause.
pub(in crate::store) fn database_error(error: &StoreError) -> Option<&dyn sqlx::error::DatabaseError> {
    let (StoreError::Unavailable(cause) | StoreError::Corrupt(cause)) = error;
    cause.downcast_ref::<sqlx::Error>()?.as_database_error()
}

pub(in crate::store) fn unavailable(
    error: impl Into<Box<dyn std::error::Error + Send + Sync>>,
) -> StoreError {
    StoreError::Unavailable(Arc::from(error.into()))
}

pub(in crate::store) fn corrupt(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> StoreError {
    StoreError::Corrupt(Arc::from(error.into()))
}

/// For `?` in an [`Alongside`](crate::Alongside).
impl From<sqlx::Error> for crate::Error {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        use sqlx::Error::{ColumnDecode, ColumnNotFound, Decode, Encode, RowNotFound, TypeNotFound};
        match &error {
            ColumnDecode { .. }
            | ColumnNotFound(_)
            | Decode(_)
            | Encode(_)
            | RowNotFound
            | TypeNotFound { .. } => corrupt(error),
            sqlx::Error::Database(cause) if is_fault(&**cause) => corrupt(error),
            _ => unavailable(error),
        }
    }
}

/// Whether the cause is in our statements or data, so that a retry is useless. Everything else is a state of
/// the database.
fn is_fault(cause: &dyn sqlx::error::DatabaseError) -> bool {
    #[cfg(feature = "postgres")]
    if let Some(cause) = cause.try_downcast_ref::<sqlx::postgres::PgDatabaseError>() {
        // Classes of SQLSTATE: data exception, integrity constraint, syntax or access rule, internal error.
        return ["22", "23", "42", "XX"].iter().any(|class| cause.code().starts_with(class));
    }
    // A constraint that our own statements broke.
    !matches!(cause.kind(), sqlx::error::ErrorKind::Other)
}
