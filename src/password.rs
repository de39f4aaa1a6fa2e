//! Passwords: hashed with argon2id, off the async threads, a bounded number at once.

use std::fmt::Write;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{self, PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use subtle::ConstantTimeEq;
use tokio::sync::Semaphore;
use unicode_normalization::UnicodeNormalization;

use crate::{Code, Error, Random, Result};

/// How many passwords are hashed at once, and how many may wait.
#[derive(Clone, Copy, Debug)]
pub struct PasswordLimits {
    /// How many are hashed at once: one takes 19 MiB and a core.
    pub at_once: NonZeroUsize,
    /// How many may wait for their turn; the next one is refused.
    pub waiting: usize,
}

impl Default for PasswordLimits {
    /// One per core, and 256 waiting.
    fn default() -> Self {
        Self { at_once: std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN), waiting: 256 }
    }
}

/// Hashes and checks passwords.
#[derive(Debug)]
pub(crate) struct Passwords {
    turns: Arc<Semaphore>,
    waiting: AtomicUsize,
    limits: PasswordLimits,
    /// Compared with when there is no account, so that it takes the same time.
    nobody: String,
}

/// OWASP's password storage sheet: 19 MiB, 2 passes, 1 lane.
const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;

impl Passwords {
    pub(crate) const MINIMUM_CHARACTERS: usize = 8;
    pub(crate) const MAXIMUM_CHARACTERS: usize = 128;

    pub(crate) fn new(limits: PasswordLimits, random: &dyn Random) -> Self {
        let mut unguessable = [0; 32];
        random.fill(&mut unguessable);
        let salt = salt(random);
        let nobody = hash(&unguessable, salt).unwrap_or_default();
        Self {
            turns: Arc::new(Semaphore::new(limits.at_once.get())),
            waiting: AtomicUsize::new(0),
            limits,
            nobody,
        }
    }

    /// Checks a new password's length, in characters.
    pub(crate) fn check_length(password: &str) -> Result<(), Code> {
        match password.chars().count() {
            0..Self::MINIMUM_CHARACTERS => Err(Code::PasswordTooShort),
            Self::MINIMUM_CHARACTERS..=Self::MAXIMUM_CHARACTERS => Ok(()),
            _ => Err(Code::PasswordTooLong),
        }
    }

    /// Hashes a password into PHC format.
    pub(crate) async fn hash(&self, random: &dyn Random, password: &str) -> Result<String> {
        let password = normalised(password);
        let salt = salt(random);
        self.run(move || hash(&password, salt)).await?
    }

    /// Tells whether the password is the hashed one; without a hash it takes as long and says no.
    pub(crate) async fn verify(&self, password: &str, hashed: Option<&str>) -> Result<bool> {
        let known = hashed.is_some();
        let password = normalised(password);
        let hashed = hashed.unwrap_or(&self.nobody).to_owned();
        let matches = self.run(move || verify(&password, &hashed)).await??;
        Ok(matches && known)
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
        let turn = match Arc::clone(&self.turns).try_acquire_owned() {
            Ok(turn) => turn,
            Err(_) => {
                let _place = Place::take(&self.waiting, self.limits.waiting)?;
                Arc::clone(&self.turns)
                    .acquire_owned()
                    .await
                    .map_err(|error| Error::Password(error.to_string()))?
            }
        };
        tokio::task::spawn_blocking(move || {
            // A caller that goes away leaves the work running: the turn stays taken until it is done.
            let _turn = turn;
            work()
        })
        .await
        .map_err(|error| Error::Password(error.to_string()))
    }
}

/// A place among the waiting, given back when dropped.
struct Place<'a>(&'a AtomicUsize);

impl<'a> Place<'a> {
    fn take(waiting: &'a AtomicUsize, places: usize) -> Result<Self> {
        let place = Self(waiting);
        if waiting.fetch_add(1, Ordering::SeqCst) < places {
            Ok(place)
        } else {
            Err(Error::Busy { retry_after: Duration::from_secs(5) })
        }
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

/// The same characters typed on another keyboard are the same password (NIST SP 800-63B, 3.1.1.2).
fn normalised(password: &str) -> Vec<u8> {
    password.nfkc().collect::<String>().into_bytes()
}

fn argon2() -> Result<Argon2<'static>> {
    let params =
        Params::new(MEMORY_KIB, PASSES, LANES, None).map_err(|error| Error::Password(error.to_string()))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn salt(random: &dyn Random) -> [u8; 16] {
    let mut bytes = [0; 16];
    random.fill(&mut bytes);
    bytes
}

fn hash(password: &[u8], salt: [u8; 16]) -> Result<String> {
    let hashed = argon2()?
        .hash_password_with_salt(password, &salt)
        .map_err(|error| Error::Password(error.to_string()))?;
    Ok(hashed.to_string())
}

/// Whether a stored hash is in the form of an older system, so that the next right password replaces it.
pub(crate) fn is_outdated(hashed: &str) -> bool {
    !hashed.starts_with('$')
}

/// Whether a text has the form of Better Auth's hashes: `hex(salt of 16 bytes):hex(64 bytes)`.
pub(crate) fn is_better_auth(hashed: &str) -> bool {
    let is_hex = |text: &str| text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    hashed
        .split_once(':')
        .is_some_and(|(salt, key)| salt.len() == 32 && key.len() == 128 && is_hex(salt) && is_hex(key))
}

/// Better Auth's own: scrypt with N = 16384, r = 16, p = 1 over the salt's text, not its bytes.
///
/// It takes about four times as long as argon2id, so until its first sign-in an imported account can be told from
/// an unknown one by the time of the answer; the first right password replaces it.
fn verify_better_auth(password: &[u8], hashed: &str) -> Result<bool> {
    let failed = |what: &str| Error::Password(what.to_owned());
    if !is_better_auth(hashed) {
        return Err(failed("a stored hash has no form that is known"));
    }
    let (salt, key) = hashed.split_once(':').ok_or_else(|| failed("a stored hash has no salt"))?;
    let params = scrypt::Params::new(14, 16, 1).map_err(|_| failed("scrypt refuses its parameters"))?;
    let mut computed = [0; 64];
    scrypt::scrypt(password, salt.as_bytes(), &params, &mut computed)
        .map_err(|_| failed("scrypt refuses its output's length"))?;
    let mut text = String::with_capacity(128);
    for byte in computed {
        let _ = write!(text, "{byte:02x}");
    }
    Ok(text.as_bytes().ct_eq(key.as_bytes()).into())
}

fn verify(password: &[u8], hashed: &str) -> Result<bool> {
    if is_outdated(hashed) {
        return verify_better_auth(password, hashed);
    }
    let hashed = PasswordHash::new(hashed).map_err(|error| Error::Password(error.to_string()))?;
    match argon2()?.verify_password(password, &hashed) {
        Ok(()) => Ok(true),
        Err(password_hash::Error::PasswordInvalid) => Ok(false),
        Err(error) => Err(Error::Password(error.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Written by Better Auth 1.7.25's own `hashPassword`.
    const THEIRS: &str = "bec9de764d0c91aec0a5b53f398529bc:f611109c36710f661495b70dfc860081d8888325d69d385b50154266c770ccb9e3bba76a17a3d78e31acdaa0c86bde66c9f9c263c1af83e87f6fd86a248a8638";

    #[test]
    fn a_hash_of_better_auth_is_verified() {
        assert!(is_outdated(THEIRS) && is_better_auth(THEIRS));
        assert!(verify(&normalised("correct horse battery"), THEIRS).expect("a hash"));
        assert!(!verify(&normalised("correct horse batterz"), THEIRS).expect("a hash"));
        for other in ["", "x", ":", &THEIRS[1..], &THEIRS.replace(':', "-"), &THEIRS.to_uppercase()] {
            assert!(!is_better_auth(other));
            assert!(verify(b"correct horse battery", other).is_err());
        }
    }
}
