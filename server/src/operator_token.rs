//! Tokens for operators' programs: configuration and generation.

use std::convert::Infallible;
use std::fmt;
use std::io::{self, Write};
use std::str::FromStr;

use multi_session::api::OperatorTokens;

use crate::ServerError;

/// The configured hash of a token. It is checked when the server starts, and never printed.
#[derive(Clone)]
pub struct OperatorTokenHash(String);

impl FromStr for OperatorTokenHash {
    type Err = Infallible;

    // Errors are reported later, because clap's own message would print the value, which may be the token
    // itself.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(text.trim().to_owned()))
    }
}

impl fmt::Debug for OperatorTokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OperatorTokenHash(..)")
    }
}

/// The accepted tokens.
pub(crate) fn tokens(hashes: &[OperatorTokenHash]) -> Result<OperatorTokens, ServerError> {
    let hashes = hashes.iter().map(|hash| &*hash.0).filter(|hash| !hash.is_empty());
    OperatorTokens::of_hashes(hashes).map_err(|error| {
        ServerError::Config(format!(
            "MULTI_SESSION_OPERATOR_TOKEN_HASH: {error}; `multi-session operator-token` prints a token and its hash"
        ))
    })
}

/// Prints a new token and its hash.
///
/// # Errors
///
/// [`ServerError::Print`].
pub fn print_operator_token() -> Result<(), ServerError> {
    let (token, hash) = OperatorTokens::generate();
    let mut out = io::stdout().lock();
    writeln!(out, "token  {token}\nhash   {hash}").map_err(ServerError::Print)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invalid_hash_is_refused_and_not_printed() {
        let error = tokens(&[OperatorTokenHash("mso_abc".to_owned())]).expect_err("it is refused");
        assert!(
            !format!("{error} {error:?} {:?}", OperatorTokenHash("mso_abc".to_owned())).contains("mso_abc")
        );
        assert!(tokens(&[OperatorTokenHash(String::new())]).is_ok());
    }
}
