//! What authorises an operator's program: a bearer token, of which the server knows the SHA-256 only.

use std::convert::Infallible;
use std::fmt;
use std::io::{self, Write};
use std::str::FromStr;

use multi_session::{OsRandom, Random};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::ServerError;

/// What tokens begin with, so that a scanner of sources knows one when it sees it.
const PREFIX: &str = "mso_";
/// How much of a hash names its token in the log.
const NAME_LEN: usize = 8;

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
#[derive(Clone)]
pub(crate) struct OperatorTokens(Vec<[u8; 32]>);

impl OperatorTokens {
    pub(crate) fn new(hashes: &[OperatorTokenHash]) -> Result<Self, ServerError> {
        let hashes = hashes.iter().filter(|hash| !hash.0.is_empty());
        hashes.map(|hash| from_hex(&hash.0).ok_or_else(refused)).collect::<Result<_, _>>().map(Self)
    }

    /// Whether operators have endpoints at all.
    pub(crate) fn are_taken(&self) -> bool {
        !self.0.is_empty()
    }

    /// What the log calls the owner of this token; `None` for a token that is not taken. All are compared, in a time
    /// that does not depend on them.
    pub(crate) fn name(&self, token: &str) -> Option<String> {
        let presented: [u8; 32] = Sha256::digest(token).into();
        let known = self.0.iter().fold(false, |known, hash| known | bool::from(hash.ct_eq(&presented)));
        known.then(|| hex(&presented)[..NAME_LEN].to_owned())
    }
}

fn refused() -> ServerError {
    let says = "MULTI_SESSION_OPERATOR_TOKEN_HASH is no SHA-256 in 64 hexadecimal digits: `multi-session \
                operator-token` prints a token and its hash";
    ServerError::Config(says.to_owned())
}

fn from_hex(text: &str) -> Option<[u8; 32]> {
    let bytes = text.as_bytes();
    if bytes.len() != 64 || !bytes.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    let mut hash = [0; 32];
    for (byte, at) in hash.iter_mut().zip((0..64).step_by(2)) {
        *byte = u8::from_str_radix(&text[at..at + 2], 16).ok()?;
    }
    Some(hash)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Prints a new token and its hash.
///
/// # Errors
///
/// [`ServerError::Print`].
pub fn print_operator_token() -> Result<(), ServerError> {
    let mut bytes = [0; 32];
    OsRandom.fill(&mut bytes);
    let token = format!("{PREFIX}{}", hex(&bytes));
    let hash = hex(&Sha256::digest(&token));
    let mut out = io::stdout().lock();
    writeln!(out, "token  {token}\nhash   {hash}").map_err(ServerError::Print)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(hashes: &[&str]) -> Result<OperatorTokens, ServerError> {
        let hashes: Vec<OperatorTokenHash> =
            hashes.iter().map(|hash| OperatorTokenHash((*hash).into())).collect();
        OperatorTokens::new(&hashes)
    }

    #[test]
    fn a_token_is_known_by_its_hash() {
        // printf secret | sha256sum
        let hash = "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b";
        let other = "0".repeat(64);
        let tokens = tokens(&[&other, &hash.to_uppercase(), ""]).expect("hashes");
        assert_eq!(tokens.name("secret").as_deref(), Some("2bb80d53"));
        for other in ["", "Secret", "secret ", hash] {
            assert_eq!(tokens.name(other), None, "{other:?} was taken");
        }
    }

    #[test]
    fn what_is_no_hash_is_refused_and_not_printed() {
        assert!(!tokens(&[""]).expect("none").are_taken());
        for text in ["mso_abc", &"g".repeat(64), &"0".repeat(63), &"é".repeat(32)] {
            let error = tokens(&[text]).err().expect("it is refused");
            assert!(!error.to_string().contains(text), "{error}");
            assert!(!format!("{:?}", OperatorTokenHash(text.to_owned())).contains(text));
        }
    }
}
