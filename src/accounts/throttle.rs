//! How long a password attempt waits after failed ones (OWASP ASVS 5.0, 6.3.1; NIST SP 800-63B-4, 3.2.2).
//!
//! Every attempt is counted four times: for the browser's live session of the account, for the account from
//! this network, for the account from anywhere, and for the network at any account. A browser with a live
//! session waits only for its own failures. A network that the account has signed in from waits only for its
//! own failures at this account. Everybody else waits for all of them. So attackers slow down only strangers,
//! and a copied cookie gives no free guesses.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sha2::{Digest, Sha256};

use crate::{Network, Random, SessionId, Timestamp};

/// How many failures cause no wait, because people mistype.
const FREE_OF_PAIR: u32 = 2;
const FREE_OF_ACCOUNT: u32 = 10;
const FREE_OF_NETWORK: u32 = 20;
/// The first wait. Each further failure doubles it.
const FIRST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_secs(15 * 60);
/// Shorter, because the owner may look like a stranger: on a new device in a new place.
const LONGEST_WAIT_OF_STRANGERS: Duration = Duration::from_secs(60);
/// After this time without an attempt, the failures are forgotten.
const QUIET: Duration = Duration::from_secs(60 * 60);
/// How many counters are kept, about 6 MB.
const CAPACITY: usize = 50_000;

/// Counts failed password attempts, in the memory of this process.
pub(crate) struct Throttle {
    /// With this key a memory dump contains no email addresses.
    key: [u8; 32],
    capacity: usize,
    tallies: Mutex<HashMap<Key, Tally>>,
}

/// The keys of an attempt: the account (existing or not), the network, and the live session of the account,
/// if any.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Try {
    account: KeyedHash,
    network: Option<Network>,
    session: Option<KeyedHash>,
}

/// A keyed hash of an email or of a session id.
type KeyedHash = [u8; 16];

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Key {
    Session(KeyedHash),
    Pair(KeyedHash, Option<Network>),
    Account(KeyedHash),
    Network(Network),
}

impl Key {
    fn wait_after(self, failures: u32) -> Duration {
        let (free, longest) = match self {
            Self::Session(_) | Self::Pair(..) => (FREE_OF_PAIR, LONGEST_WAIT),
            Self::Account(_) => (FREE_OF_ACCOUNT, LONGEST_WAIT_OF_STRANGERS),
            Self::Network(_) => (FREE_OF_NETWORK, LONGEST_WAIT),
        };
        match failures.saturating_sub(free) {
            0 => Duration::ZERO,
            more => (FIRST_WAIT * 2_u32.saturating_pow((more - 1).min(16))).min(longest),
        }
    }
}

#[derive(Clone, Copy, Debug)]
struct Tally {
    failures: u32,
    last: Timestamp,
}

/// Why an attempt has to wait, and how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wait {
    /// This network has failed at this account, or has a running attempt.
    Pair(Duration),
    /// Others have failed at this account, or this network at other accounts. A network that the account has
    /// signed in from does not wait for this.
    Stranger(Duration),
}

/// An admitted attempt. It counts as a failure from the start until it succeeds, so that many simultaneous
/// attempts are not all admitted, and a cancelled one counts as failed.
#[must_use]
pub(crate) struct Admitted<'a> {
    throttle: &'a Throttle,
    of: Try,
    at: Timestamp,
    /// The earlier times of the counters.
    before: Vec<(Key, Timestamp)>,
}

impl Throttle {
    pub(crate) fn new(random: &dyn Random) -> Self {
        Self::with_capacity(random, CAPACITY)
    }

    fn with_capacity(random: &dyn Random, capacity: usize) -> Self {
        let mut key = [0; 32];
        random.fill(&mut key);
        Self { key, capacity, tallies: Mutex::default() }
    }

    /// The keys of an attempt at the account of an email key, with or without a live session of it.
    pub(crate) fn of(&self, email_key: &str, network: Option<Network>, session: Option<&SessionId>) -> Try {
        let session = session.map(|id| self.hash(id.as_str()));
        Try { account: self.hash(email_key), network, session }
    }

    fn hash(&self, text: &str) -> KeyedHash {
        // A fixed-length key before the text makes SHA-256 a keyed hash. Length extension does not matter,
        // because nobody sees the hashes.
        let hash = Sha256::new().chain_update(self.key).chain_update(text).finalize();
        let mut kept = [0; 16];
        kept.copy_from_slice(&hash[..16]);
        kept
    }

    /// Admits and counts an attempt, or returns how long to wait. An attempt that has to wait is not counted.
    pub(crate) fn admit(&self, of: Try, knows_network: bool, now: Timestamp) -> Result<Admitted<'_>, Wait> {
        let mut tallies = self.lock();
        let mut wait = |key: Key| tallies.get_mut(&key).map_or(Duration::ZERO, |tally| tally.wait(key, now));
        let of_session = of.session.map(|session| wait(Key::Session(session)));
        if of_session != Some(Duration::ZERO) {
            // The attempt is admitted as soon as either wait is over.
            let either = |other: Duration| of_session.map_or(other, |of_session| of_session.min(other));
            let of_pair = wait(of.pair());
            if of_pair > Duration::ZERO {
                return Err(Wait::Pair(either(of_pair)));
            }
            let of_strangers = of.strangers().map(wait).max().unwrap_or_default();
            if of_strangers > Duration::ZERO && !knows_network {
                return Err(Wait::Stranger(either(of_strangers)));
            }
        }
        let mut before = Vec::with_capacity(4);
        for key in of.own().chain(of.strangers()) {
            self.make_room(&mut tallies, now);
            let tally = tallies.entry(key).or_insert(Tally { failures: 0, last: now });
            if now.since(tally.last) >= QUIET {
                *tally = Tally { failures: 0, last: now };
            }
            before.push((key, tally.last));
            tally.failures = tally.failures.saturating_add(1);
            tally.last = now;
        }
        Ok(Admitted { throttle: self, of, at: now, before })
    }

    /// Removes old counters and, if these are too few, those with few failures long ago.
    fn make_room(&self, tallies: &mut HashMap<Key, Tally>, now: Timestamp) {
        if tallies.len() < self.capacity {
            return;
        }
        tallies.retain(|_, tally| now.since(tally.last) < QUIET);
        let keep = self.capacity / 4 * 3;
        if tallies.len() <= keep {
            return;
        }
        let mut all: Vec<(u32, Timestamp, Key)> =
            tallies.iter().map(|(key, tally)| (tally.failures, tally.last, *key)).collect();
        let goes = all.len() - keep;
        all.select_nth_unstable_by_key(goes, |(failures, last, _)| (*failures, *last));
        for (_, _, key) in &all[..goes] {
            tallies.remove(key);
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Key, Tally>> {
        // A panic cannot leave a counter inconsistent.
        self.tallies.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Tally {
    /// How long an attempt waits for these failures.
    fn wait(&mut self, key: Key, now: Timestamp) -> Duration {
        // If the clock was set back, the wait starts again with its usual length.
        self.last = self.last.min(now);
        if now.since(self.last) >= QUIET {
            return Duration::ZERO;
        }
        self.last.plus(key.wait_after(self.failures)).since(now)
    }
}

impl Try {
    fn pair(self) -> Key {
        Key::Pair(self.account, self.network)
    }

    /// The counters of the browser and of its network at this account.
    fn own(self) -> impl Iterator<Item = Key> {
        self.session.map(Key::Session).into_iter().chain([self.pair()])
    }

    /// The counters of everybody at this account, and of the network at all accounts.
    fn strangers(self) -> impl Iterator<Item = Key> {
        std::iter::once(Key::Account(self.account)).chain(self.network.map(Key::Network))
    }
}

impl Admitted<'_> {
    /// The password was right: resets the counters of the browser and its network, and takes the attempt back
    /// from the others.
    pub(crate) fn succeeded(self) {
        self.take_back();
        let mut tallies = self.throttle.lock();
        for key in self.of.own() {
            tallies.remove(&key);
        }
    }

    /// The password was not checked, so the attempt does not count.
    pub(crate) fn withdrawn(self) {
        self.take_back();
    }

    fn take_back(&self) {
        let mut tallies = self.throttle.lock();
        for (key, before) in &self.before {
            let Some(tally) = tallies.get_mut(key) else { continue };
            tally.failures = tally.failures.saturating_sub(1);
            // Unless there was another attempt since, waits count from the previous failure.
            if tally.last == self.at {
                tally.last = *before;
            }
            if tally.failures == 0 {
                tallies.remove(key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::*;
    use crate::OsRandom;

    const NOW: Timestamp = Timestamp::from_unix_ms(1_795_000_000_000);

    fn network(text: &str) -> Option<Network> {
        Some(Network::of(text.parse().expect("an address")))
    }

    fn fail(throttle: &Throttle, of: Try, now: Timestamp) -> Result<(), Wait> {
        throttle.admit(of, false, now).map(drop)
    }

    #[test]
    fn wait_of_a_network_at_an_account_doubles_up_to_fifteen_minutes() {
        let throttle = Throttle::new(&OsRandom);
        let of = throttle.of("ada@example.org", network("203.0.113.7"), None);
        let mut now = NOW;
        let mut waits = Vec::new();
        for _ in 0..14 {
            assert_eq!(fail(&throttle, of, now), Ok(()));
            match fail(&throttle, of, now) {
                Err(Wait::Pair(wait)) => {
                    waits.push(wait.as_secs());
                    now = now.plus(wait);
                }
                // The second free attempt.
                outcome => assert_eq!(outcome, Ok(())),
            }
        }
        assert_eq!(waits[..4], [1, 2, 4, 8]);
        assert_eq!(waits.last(), Some(&900));
    }

    #[test]
    fn success_and_a_quiet_hour_reset_the_wait() {
        let throttle = Throttle::new(&OsRandom);
        let of = throttle.of("ada@example.org", network("203.0.113.7"), None);
        for _ in 0..3 {
            assert_eq!(fail(&throttle, of, NOW), Ok(()));
        }
        let wait = Duration::from_secs(1);
        assert_eq!(fail(&throttle, of, NOW), Err(Wait::Pair(wait)));
        let after = NOW.plus(wait);
        throttle.admit(of, false, after).expect("the wait is over").succeeded();
        for _ in 0..3 {
            assert_eq!(fail(&throttle, of, after), Ok(()));
        }
        assert!(fail(&throttle, of, after).is_err());
        for _ in 0..3 {
            assert_eq!(fail(&throttle, of, after.plus(QUIET)), Ok(()));
        }
    }

    #[test]
    fn unchecked_attempt_does_not_count() {
        let throttle = Throttle::new(&OsRandom);
        let of = throttle.of("ada@example.org", None, None);
        for _ in 0..20 {
            throttle.admit(of, false, NOW).expect("nobody has failed").withdrawn();
        }
        assert!(throttle.lock().is_empty());
    }

    #[test]
    fn failures_from_many_networks_slow_only_strangers_and_at_most_a_minute() {
        let throttle = Throttle::new(&OsRandom);
        let of =
            |number: u32| throttle.of("ada@example.org", Some(Network::of(IpAddr::V4(number.into()))), None);
        let mut now = NOW;
        for number in 0..30 {
            if let Err(wait) = fail(&throttle, of(number), now) {
                let Wait::Stranger(wait) = wait else { panic!("{wait:?}") };
                assert!(wait <= LONGEST_WAIT_OF_STRANGERS && number > FREE_OF_ACCOUNT);
                throttle.admit(of(number), true, now).expect("no stranger").succeeded();
                now = now.plus(wait);
                assert_eq!(fail(&throttle, of(number), now), Ok(()));
            }
        }
        assert_eq!(fail(&throttle, of(99), now), Err(Wait::Stranger(LONGEST_WAIT_OF_STRANGERS)));
        let other = throttle.of("grace@example.org", network("203.0.113.7"), None);
        assert_eq!(fail(&throttle, other, now), Ok(()), "another account is as before");
    }

    #[test]
    fn failures_of_one_network_at_many_accounts_slow_it_at_unknown_accounts() {
        let throttle = Throttle::new(&OsRandom);
        let of = |name: u32, from: &str| throttle.of(&format!("{name}@example.org"), network(from), None);
        for name in 0..=FREE_OF_NETWORK {
            assert_eq!(fail(&throttle, of(name, "2001:db8::1"), NOW), Ok(()));
        }
        let wait = Wait::Stranger(Duration::from_secs(1));
        assert_eq!(fail(&throttle, of(99, "2001:db8::ffff:2"), NOW), Err(wait), "the same /64");
        assert_eq!(fail(&throttle, of(99, "2001:db8:0:1::1"), NOW), Ok(()), "another one");
        assert!(throttle.admit(of(98, "2001:db8::1"), true, NOW).is_ok());
    }

    #[test]
    fn live_session_waits_only_for_its_own_failures() {
        let throttle = Throttle::new(&OsRandom);
        let session = SessionId::new("one").expect("an id");
        let with_session = |number: u32| {
            let network = Some(Network::of(IpAddr::V4(number.into())));
            throttle.of("ada@example.org", network, Some(&session))
        };
        let neighbour = throttle.of("ada@example.org", Some(Network::of(IpAddr::V4(1_u32.into()))), None);
        for _ in 0..3 {
            assert_eq!(fail(&throttle, neighbour, NOW), Ok(()));
        }
        assert!(fail(&throttle, neighbour, NOW).is_err());
        throttle.admit(with_session(1), false, NOW).expect("the session has not failed").succeeded();
        let looked_at = (2..300).filter(|number| fail(&throttle, with_session(*number), NOW).is_ok()).count();
        // Together with the neighbour's three, these are the eleven attempts that everybody together has at
        // an account.
        assert_eq!(looked_at, 8);
        assert!(fail(&throttle, with_session(999), NOW).is_err());
        throttle.admit(with_session(999), true, NOW).expect("a known network").succeeded();
    }

    #[test]
    fn success_does_not_change_the_wait_of_strangers() {
        let throttle = Throttle::new(&OsRandom);
        let of =
            |number: u32| throttle.of("ada@example.org", Some(Network::of(IpAddr::V4(number.into()))), None);
        for number in 0..12 {
            let _ = fail(&throttle, of(number), NOW.plus(Duration::from_secs(number.into())));
        }
        let before = NOW.plus(Duration::from_secs(11));
        let waits = fail(&throttle, of(99), before);
        assert_eq!(waits, Err(Wait::Stranger(Duration::from_secs(2))));
        let later = before.plus(Duration::from_secs(1));
        throttle.admit(of(100), true, later).expect("a known network").succeeded();
        assert_eq!(fail(&throttle, of(99), later), Err(Wait::Stranger(Duration::from_secs(1))));
    }

    #[test]
    fn clock_set_back_makes_no_wait_longer() {
        let throttle = Throttle::new(&OsRandom);
        let of = throttle.of("ada@example.org", network("203.0.113.7"), None);
        for _ in 0..3 {
            assert_eq!(fail(&throttle, of, NOW), Ok(()));
        }
        let set_back = NOW.minus(Duration::from_secs(86_400));
        let second = Duration::from_secs(1);
        assert_eq!(fail(&throttle, of, set_back), Err(Wait::Pair(second)));
        assert_eq!(fail(&throttle, of, set_back.plus(second)), Ok(()));
    }

    #[test]
    fn memory_is_bounded_and_keeps_the_most_failures() {
        let throttle = Throttle::with_capacity(&OsRandom, 100);
        let worst = throttle.of("ada@example.org", network("203.0.113.7"), None);
        for _ in 0..3 {
            assert_eq!(fail(&throttle, worst, NOW), Ok(()));
        }
        for number in 0..1_000_u32 {
            let network = Some(Network::of(IpAddr::V4(number.into())));
            let of = throttle.of(&format!("{number}@example.org"), network, None);
            assert_eq!(fail(&throttle, of, NOW), Ok(()));
            assert!(throttle.lock().len() <= 100);
        }
        assert_eq!(fail(&throttle, worst, NOW), Err(Wait::Pair(Duration::from_secs(1))));
    }

    #[test]
    fn emails_are_stored_as_keyed_hashes() {
        let (one, other) = (Throttle::new(&OsRandom), Throttle::new(&OsRandom));
        let of = |throttle: &Throttle, email| throttle.of(email, None, None).account;
        assert_eq!(of(&one, "ada@example.org"), of(&one, "ada@example.org"));
        assert_ne!(of(&one, "ada@example.org"), of(&one, "grace@example.org"));
        assert_ne!(of(&one, "ada@example.org"), of(&other, "ada@example.org"));
    }
}
