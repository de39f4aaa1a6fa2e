//! The state of the handlers.

use std::ops::Deref;
use std::sync::Arc;

use axum::body::Bytes;

use super::operator_token::OperatorTokens;
use crate::http::{Problem, SessionHttp};
use crate::{Accounts, Code, Sessions};

/// The state that every handler gets. Each request clones it.
#[derive(Clone, Debug)]
pub(super) struct ApiState(Arc<Settings>);

impl From<Settings> for ApiState {
    fn from(settings: Settings) -> Self {
        Self(Arc::new(settings))
    }
}

impl Deref for ApiState {
    type Target = Settings;

    fn deref(&self) -> &Settings {
        &self.0
    }
}

/// The sessions and how the API is configured.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    pub(super) sessions: Sessions,
    /// The accounts, if the API serves them.
    pub(super) accounts: Option<Accounts>,
    /// Whether a report locks the user, if the API serves no accounts.
    pub(super) locks_reported: bool,
    pub(super) http: SessionHttp,
    pub(super) operators: OperatorTokens,
    pub(super) lists_held_only: bool,
    /// Whether the document describes webhooks.
    pub(super) sends_webhooks: bool,
    /// The OpenAPI document.
    pub(super) document: Bytes,
}

impl Settings {
    /// The accounts, for endpoints that exist only with them.
    pub(super) fn accounts(&self) -> Result<&Accounts, Problem> {
        self.accounts.as_ref().ok_or_else(|| Code::Internal.into())
    }
}
