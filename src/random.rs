//! The source of randomness.

use uuid::Uuid;

use crate::Timestamp;

/// Gives random bytes. The crate has no other source of randomness.
pub trait Random: Send + Sync {
    /// Fills the bytes from a cryptographically secure source.
    fn fill(&self, bytes: &mut [u8]);
}

/// The operating system's generator.
#[derive(Clone, Copy, Debug, Default)]
pub struct OsRandom;

impl Random for OsRandom {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that asks the system; without randomness no sign-in may go on"
    )]
    fn fill(&self, bytes: &mut [u8]) {
        getrandom::fill(bytes).expect("the operating system gives random bytes");
    }
}

/// Generates a version 7 UUID.
pub(crate) fn uuid_v7(random: &dyn Random, now: Timestamp) -> Uuid {
    let mut bytes = [0; 10];
    random.fill(&mut bytes);
    let ms = u64::try_from(now.unix_ms()).unwrap_or(0);
    uuid::Builder::from_unix_timestamp_millis(ms, &bytes).into_uuid()
}
