//! Passwords: hashed with argon2id, off the async threads, a bounded number at once.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{self, PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
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

fn verify(password: &[u8], hashed: &str) -> Result<bool> {
    let hashed = PasswordHash::new(hashed).map_err(|error| Error::Password(error.to_string()))?;
    match argon2()?.verify_password(password, &hashed) {
        Ok(()) => Ok(true),
        Err(password_hash::Error::PasswordInvalid) => Ok(false),
        Err(error) => Err(Error::Password(error.to_string())),
    }
}
