//! Errors of server functions.

use std::fmt;

use multi_session::{Code, SignInMethod};
use serde::{Deserialize, Serialize};

/// A refusal or failure, in the same JSON shape as in the REST API.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppError {
    /// The stable code, such as `INVALID_SESSION_TOKEN`; empty if there is none.
    #[serde(default)]
    pub code: String,
    /// The sentence for the person at the page.
    pub message: String,
    /// The number in that sentence, if there is one: see [`Code::sentence_with`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<u64>,
    /// With `SESSION_NOT_FRESH`, the ways to confirm that it's you.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub proofs: Vec<SignInMethod>,
}

impl AppError {
    /// The server could not be reached.
    pub(crate) fn unreachable() -> Self {
        Self {
            code: "UNREACHABLE".to_owned(),
            message: "We can't reach the server. Check your connection and try again.".to_owned(),
            number: None,
            proofs: Vec::new(),
        }
    }

    /// The error of a code, with the number for its sentence.
    pub(crate) fn with_number(code: Code, number: Option<u64>) -> Self {
        Self {
            code: code.as_str().to_owned(),
            message: code.sentence_with(number).into_owned(),
            number,
            proofs: Vec::new(),
        }
    }

    /// Whether this error has the given code.
    pub fn is(&self, code: Code) -> bool {
        self.code == code.as_str()
    }
}

impl From<Code> for AppError {
    fn from(code: Code) -> Self {
        Self::with_number(code, None)
    }
}

impl fmt::Display for AppError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for AppError {}
