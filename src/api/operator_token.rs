//! Bearer tokens for operators' programs. The server knows only their SHA-256.

use std::fmt;

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::{OsRandom, Random};

/// The prefix of tokens, so that secret scanners recognize them.
const PREFIX: &str = "mso_";
/// How many digits of the hash name a token in the log.
const NAME_LEN: usize = 8;

/// The accepted tokens, by their SHA-256. None by default.
#[derive(Clone, Default)]
pub struct OperatorTokens(Vec<[u8; 32]>);

/// An invalid hash of an operator token. It is not printed, because it may be the token itself.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the hash of an operator token must be a SHA-256 in 64 hexadecimal digits")]
pub struct InvalidTokenHash;

impl OperatorTokens {
    /// Reads the hashes from hexadecimal digits.
    ///
    /// # Errors
    ///
    /// [`InvalidTokenHash`].
    pub fn of_hashes<'a>(hashes: impl IntoIterator<Item = &'a str>) -> Result<Self, InvalidTokenHash> {
        hashes
            .into_iter()
            .map(|hash| from_hex(hash).ok_or(InvalidTokenHash))
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// Generates a token, and its hash for [`OperatorTokens::of_hashes`].
    pub fn generate() -> (String, String) {
        let mut bytes = [0; 32];
        OsRandom.fill(&mut bytes);
        let token = format!("{PREFIX}{}", hex(&bytes));
        let hash = hex(&Sha256::digest(&token));
        (token, hash)
    }

    /// Whether there are any tokens, and so the endpoints for operators.
    pub(super) fn are_taken(&self) -> bool {
        !self.0.is_empty()
    }

    /// The name of this token's owner in the log; `None` if the token is not accepted. All hashes are
    /// compared in constant time.
    pub(super) fn name(&self, token: &str) -> Option<String> {
        let presented: [u8; 32] = Sha256::digest(token).into();
        let known = self.0.iter().fold(false, |known, hash| known | bool::from(hash.ct_eq(&presented)));
        known.then(|| hex(&presented)[..NAME_LEN].to_owned())
    }
}

impl fmt::Debug for OperatorTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OperatorTokens").finish_non_exhaustive()
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn token_is_recognized_by_its_hash() {
        // printf secret | sha256sum
        let hash = "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b";
        let (token, generated) = OperatorTokens::generate();
        let tokens = OperatorTokens::of_hashes([&*generated, &hash.to_uppercase()]).expect("hashes");
        assert_eq!(tokens.name("secret").as_deref(), Some("2bb80d53"));
        assert_eq!(tokens.name(&token).as_deref(), Some(&generated[..NAME_LEN]));
        for other in ["", "Secret", "secret ", hash] {
            assert_eq!(tokens.name(other), None, "{other:?} was taken");
        }
    }

    #[test]
    fn invalid_hash_is_refused() {
        for text in ["", "mso_abc", &"g".repeat(64), &"0".repeat(63), &"é".repeat(32)] {
            assert_eq!(OperatorTokens::of_hashes([text]).err(), Some(InvalidTokenHash), "{text:?} was taken");
        }
    }
}
