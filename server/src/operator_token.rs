//! The tokens of operators' programs, as they are configured and made.

use std::convert::Infallible;
use std::fmt;
use std::io::{self, Write};
use std::str::FromStr;

use multi_session::api::OperatorTokens;

use crate::ServerError;

/// The hash of a token, as it is configured: checked when the server starts, and never printed.
#[derive(Clone)]
pub struct OperatorTokenHash(String);

impl FromStr for OperatorTokenHash {
    type Err = Infallible;

    // Whatever is wrong with it is said later: clap's own message would print it, and somebody may have given the token.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(text.trim().to_owned()))
    }
}

impl fmt::Debug for OperatorTokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OperatorTokenHash(..)")
    }
}

/// The tokens that are taken.
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
    fn what_is_no_hash_is_refused_and_not_printed() {
        let error = tokens(&[OperatorTokenHash("mso_abc".to_owned())]).expect_err("it is refused");
        assert!(
            !format!("{error} {error:?} {:?}", OperatorTokenHash("mso_abc".to_owned())).contains("mso_abc")
        );
        assert!(tokens(&[OperatorTokenHash(String::new())]).is_ok());
    }
}
