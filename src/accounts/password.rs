//! Hashing passwords with argon2id, on threads of low priority, a bounded number at once.

use std::fmt::Write;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use argon2::password_hash::phc::{Output, ParamsString, PasswordHash, Salt};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use subtle::ConstantTimeEq;
use tokio::sync::{Semaphore, oneshot};
use unicode_normalization::UnicodeNormalization;

use super::metrics;
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

/// A typed password, normalised and of an accepted length. Only such passwords are hashed.
///
/// The same characters typed on another keyboard are the same password (NIST SP 800-63B, 3.1.1.2), so the
/// length is counted after normalisation.
#[derive(Clone)]
pub(crate) struct Typed(String);

impl Typed {
    const MINIMUM_CHARACTERS: usize = 8;
    const MAXIMUM_CHARACTERS: usize = 128;

    /// Checks a password that is to be compared with a stored one.
    pub(crate) fn current(text: &str) -> Result<Self, Code> {
        let normalised: String = text.nfkc().collect();
        match normalised.chars().count() {
            0..=Self::MAXIMUM_CHARACTERS => Ok(Self(normalised)),
            _ => Err(Code::PasswordTooLong),
        }
    }

    /// Checks a password that is to be stored.
    pub(crate) fn new(text: &str) -> Result<Self, Code> {
        let typed = Self::current(text)?;
        match typed.0.chars().count() {
            0..Self::MINIMUM_CHARACTERS => Err(Code::PasswordTooShort),
            _ => Ok(typed),
        }
    }
}

/// Hashes and checks passwords.
#[derive(Debug)]
pub(crate) struct Passwords {
    turns: Arc<Semaphore>,
    waiting: AtomicUsize,
    limits: PasswordLimits,
    cost: Params,
    memory: Arc<Memory>,
    /// The hash to compare with if there is no account, so that the answer takes the same time. Its bytes are
    /// random, because it need not be the hash of anything.
    nobody: String,
}

const ALGORITHM: Algorithm = Algorithm::Argon2id;
const VERSION: Version = Version::V0x13;
/// What hashing costs, from OWASP's password storage cheat sheet: 19 MiB, 2 passes, 1 lane.
pub(crate) const COST: Params = cost(19_456, 2);
/// As little as argon2id allows, for tests.
#[cfg(feature = "test-support")]
pub(crate) const LOWEST_COST: Params = cost(Params::MIN_M_COST, 1);

const fn cost(memory_kib: u32, passes: u32) -> Params {
    match Params::new(memory_kib, passes, 1, None) {
        Ok(params) => params,
        Err(_) => panic!("argon2id refuses its parameters"),
    }
}

/// How much the threads that hash add to their "nice" value.
#[cfg(target_os = "linux")]
const NICER: i32 = 10;

impl Passwords {
    pub(crate) fn new(limits: PasswordLimits, cost: Params, random: &dyn Random) -> Self {
        let mut output = [0; Params::DEFAULT_OUTPUT_LEN];
        random.fill(&mut output);
        Self {
            turns: Arc::new(Semaphore::new(limits.at_once.get())),
            waiting: AtomicUsize::new(0),
            limits,
            memory: Arc::default(),
            nobody: phc(&cost, &salt(random), &output).unwrap_or_default(),
            cost,
        }
    }

    /// Hashes a password into PHC format.
    pub(crate) async fn hash(&self, random: &dyn Random, password: &Typed) -> Result<String> {
        let password = password.clone();
        let (salt, cost) = (salt(random), self.cost.clone());
        self.run(move |memory| hash(cost, password.0.as_bytes(), salt, memory)).await?
    }

    /// Whether the password matches the hash. Without a hash it takes as long and returns `false`.
    pub(crate) async fn verify(&self, password: &Typed, hashed: Option<&str>) -> Result<bool> {
        let known = hashed.is_some();
        let password = password.clone();
        let hashed = hashed.unwrap_or(&self.nobody).to_owned();
        let matches = self.run(move |memory| verify(password.0.as_bytes(), &hashed, memory)).await??;
        Ok(matches && known)
    }

    /// How many wait for their turn, and how many are being hashed.
    pub(crate) fn load(&self) -> (usize, usize) {
        let running = self.limits.at_once.get().saturating_sub(self.turns.available_permits());
        (self.waiting.load(Ordering::Relaxed), running)
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Vec<Block>) -> T + Send + 'static,
    ) -> Result<T> {
        let since = Instant::now();
        let turn = match Arc::clone(&self.turns).try_acquire_owned() {
            Ok(turn) => turn,
            Err(_) => {
                let place = Place::take(&self.waiting, self.limits.waiting);
                let _place = place.inspect_err(|_| metrics::password_refused())?;
                Arc::clone(&self.turns)
                    .acquire_owned()
                    .await
                    .map_err(|error| Error::Password(error.to_string()))?
            }
        };
        metrics::password_waited(since.elapsed());
        let memory = Arc::clone(&self.memory);
        let (sender, done) = oneshot::channel();
        // A new thread costs a thousandth of a hash. On a thread of tokio's the low priority would remain.
        let thread = thread::Builder::new().name("password".to_owned()).spawn(move || {
            lower_priority();
            // If the caller is dropped, the work continues, and keeps its turn until it is done. The turn ends before the
            // answer, or the next request would be refused while this slow thread ends.
            let done = memory.lend(work);
            drop(turn);
            let _ = sender.send(done);
        });
        // The system has no more threads.
        thread.map_err(|error| {
            tracing::warn!(%error, "no thread to hash a password");
            BUSY
        })?;
        done.await.map_err(|_| failed("the thread panicked"))
    }
}

/// Lets the other threads of the process run first, so that requests are answered while many people sign in.
/// Only Linux has priorities of single threads.
fn lower_priority() {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::nice(NICER) {
        tracing::debug!(%error, "passwords are hashed at normal priority");
    }
}

/// The memory for hashing passwords, as much as was ever used at once. If it were freed after each hash, each
/// thread's allocator would keep some of it, and each hash would wait for new pages from the system.
#[derive(Debug, Default)]
struct Memory(Mutex<Vec<Vec<Block>>>);

impl Memory {
    fn lend<T>(&self, work: impl FnOnce(&mut Vec<Block>) -> T) -> T {
        let mut memory = self.lock().pop().unwrap_or_default();
        let done = work(&mut memory);
        self.lock().push(memory);
        done
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Vec<Block>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

const BUSY: Error = Error::Busy { retry_after: Duration::from_secs(5) };

/// A place in the queue. Dropping it frees the place.
struct Place<'a>(&'a AtomicUsize);

impl<'a> Place<'a> {
    fn take(waiting: &'a AtomicUsize, places: usize) -> Result<Self> {
        let place = Self(waiting);
        if waiting.fetch_add(1, Ordering::SeqCst) < places { Ok(place) } else { Err(BUSY) }
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

fn salt(random: &dyn Random) -> [u8; 16] {
    let mut bytes = [0; 16];
    random.fill(&mut bytes);
    bytes
}

fn hash(cost: Params, password: &[u8], salt: [u8; 16], memory: &mut Vec<Block>) -> Result<String> {
    let mut output = [0; Params::DEFAULT_OUTPUT_LEN];
    let argon2 = Argon2::new(ALGORITHM, VERSION, cost);
    fill(&argon2, password, &salt, &mut output, memory)?;
    phc(argon2.params(), &salt, &output)
}

/// What is stored of a hash, in PHC format.
fn phc(cost: &Params, salt: &[u8], output: &[u8]) -> Result<String> {
    let hashed = PasswordHash {
        algorithm: ALGORITHM.ident(),
        version: Some(VERSION.into()),
        params: ParamsString::try_from(cost).map_err(failed)?,
        salt: Some(Salt::new(salt).map_err(failed)?),
        hash: Some(Output::new(output).map_err(failed)?),
    };
    Ok(hashed.to_string())
}

fn fill(
    argon2: &Argon2<'_>,
    password: &[u8],
    salt: &[u8],
    out: &mut [u8],
    memory: &mut Vec<Block>,
) -> Result<()> {
    memory.resize(argon2.params().block_count(), Block::default());
    argon2.hash_password_into_with_memory(password, salt, out, &mut **memory).map_err(failed)
}

fn failed(error: impl std::fmt::Display) -> Error {
    Error::Password(error.to_string())
}

/// Whether a stored hash comes from another system and is replaced at the next right password.
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

/// Verifies a hash of Better Auth: scrypt with N = 16384, r = 16, p = 1 over the salt's text, not its bytes.
///
/// It takes about four times as long as argon2id. So until the first right password replaces the hash, the
/// time of the answer reveals that an imported account exists.
fn verify_better_auth(password: &[u8], hashed: &str) -> Result<bool> {
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

fn verify(password: &[u8], hashed: &str, memory: &mut Vec<Block>) -> Result<bool> {
    if is_outdated(hashed) {
        return verify_better_auth(password, hashed);
    }
    let hashed = PasswordHash::new(hashed).map_err(failed)?;
    let (Some(salt), Some(expected)) = (&hashed.salt, &hashed.hash) else {
        return Err(failed("a stored hash has no salt or no key"));
    };
    let algorithm = Algorithm::try_from(hashed.algorithm.as_str()).map_err(failed)?;
    let version = hashed.version.map_or(Ok(Version::default()), Version::try_from).map_err(failed)?;
    let argon2 = Argon2::new(algorithm, version, Params::try_from(&hashed).map_err(failed)?);
    let mut computed = vec![0; expected.len()];
    fill(&argon2, password, salt, &mut computed, memory)?;
    Ok(computed.ct_eq(expected.as_bytes()).into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::OsRandom;

    /// Written by Better Auth 1.7.25's own `hashPassword`.
    const THEIRS: &str = "bec9de764d0c91aec0a5b53f398529bc:f611109c36710f661495b70dfc860081d8888325d69d385b50154266c770ccb9e3bba76a17a3d78e31acdaa0c86bde66c9f9c263c1af83e87f6fd86a248a8638";

    #[test]
    fn a_hash_of_better_auth_is_verified() {
        assert!(is_outdated(THEIRS) && is_better_auth(THEIRS));
        let memory = &mut Vec::new();
        assert!(verify(b"correct horse battery", THEIRS, memory).expect("a hash"));
        assert!(!verify(b"correct horse batterz", THEIRS, memory).expect("a hash"));
        for other in ["", "x", ":", &THEIRS[1..], &THEIRS.replace(':', "-"), &THEIRS.to_uppercase()] {
            assert!(!is_better_auth(other));
            assert!(verify(b"correct horse battery", other, memory).is_err());
        }
    }

    #[tokio::test]
    async fn whoever_has_an_answer_finds_its_turn_free() {
        let limits = PasswordLimits { at_once: std::num::NonZeroUsize::MIN, waiting: 0 };
        let passwords = Passwords::new(limits, COST, &OsRandom);
        for _ in 0..1_000 {
            passwords.run(|_| ()).await.expect("a turn");
        }
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn passwords_are_hashed_at_low_priority() {
        let passwords = Passwords::new(PasswordLimits::default(), COST, &OsRandom);
        let nice = || rustix::process::getpriority_process(None).expect("a priority");
        let hashing = passwords.run(move |_| nice()).await.expect("a thread");
        // 19 is the lowest priority.
        assert_eq!(hashing, (nice() + NICER).min(19));
    }

    #[tokio::test]
    async fn an_unknown_account_is_checked_like_a_wrong_password_and_never_matches() {
        let passwords = Passwords::new(PasswordLimits::default(), COST, &OsRandom);
        assert!(passwords.memory.lock().is_empty());
        let typed = Typed::new("correct horse").expect("a password");
        assert!(!passwords.verify(&typed, None).await.expect("an answer"));
        // It took the memory of a real hash.
        assert_eq!(
            passwords.memory.lock().iter().map(Vec::len).collect::<Vec<_>>(),
            [COST.m_cost() as usize]
        );
    }

    #[test]
    fn password_length_is_counted_after_normalisation() {
        let new = |text: &str| Typed::new(text).map(|typed| typed.0.chars().count());
        for e in ["é", "e\u{301}"] {
            assert_eq!(new(&e.repeat(128)), Ok(128), "{e:?}");
            assert_eq!(new(&e.repeat(129)), Err(Code::PasswordTooLong), "{e:?}");
            assert_eq!(new(&e.repeat(8)), Ok(8), "{e:?}");
            assert_eq!(new(&e.repeat(7)), Err(Code::PasswordTooShort), "{e:?}");
            assert!(Typed::current(&e.repeat(129)).is_err() && Typed::current("").is_ok(), "{e:?}");
        }
        // One character that normalises to three.
        assert_eq!(new(&"ﬃ".repeat(43)), Err(Code::PasswordTooLong));
        assert_eq!(new(&"ﬃ".repeat(3)), Ok(9));
    }

    /// The hashes of "password" with "somesalt", from the tests of the reference implementation.
    const REFERENCE: [&str; 2] = [
        "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
        "$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc",
    ];

    #[test]
    fn one_memory_serves_hashes_of_every_size() {
        let memory = &mut Vec::new();
        let ours = hash(COST, b"password", *b"sixteen bytes...", memory).expect("a hash");
        assert!(ours.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{ours}");
        for _ in 0..2 {
            for hashed in REFERENCE.into_iter().chain([ours.as_str()]) {
                assert!(verify(b"password", hashed, memory).expect("an answer"), "{hashed}");
                assert!(!verify(b"passwore", hashed, memory).expect("an answer"), "{hashed}");
            }
        }
    }
}
