//! How long a sign-in waits after others have failed (OWASP ASVS 5.0, 6.3.1; NIST SP 800-63B-4, 3.2.2).
//!
//! Failures are counted for an account from one network, for an account from wherever, and for a network whichever the
//! account. The first slows that network at that account. The other two slow strangers only, so that nobody locks the
//! owner of an account out, or a whole office: see [`Wait::Stranger`].

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sha2::{Digest, Sha256};

use crate::{Random, Timestamp};

/// After so many failures the wait begins: people mistype.
const FREE_OF_PAIR: u32 = 2;
const FREE_OF_ACCOUNT: u32 = 10;
const FREE_OF_NETWORK: u32 = 20;
/// The first wait; each further failure doubles it.
const FIRST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_secs(15 * 60);
/// Shorter, since the owner may be a stranger as well: on a new device in a new place.
const LONGEST_WAIT_OF_STRANGERS: Duration = Duration::from_secs(60);
/// After so long without a try all is forgotten.
const QUIET: Duration = Duration::from_secs(60 * 60);
/// How many counts are kept: some 6 MB.
const CAPACITY: usize = 50_000;

/// Counts failed sign-ins, in memory and of this process alone.
pub(crate) struct Throttle {
    /// So that whoever reads the memory cannot look for e-mails in it.
    key: [u8; 32],
    capacity: usize,
    tallies: Mutex<HashMap<Key, Tally>>,
}

/// Who tries: an account, whether there is one or not, and a network.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Try {
    account: Account,
    network: Option<Network>,
}

/// A keyed hash of an e-mail.
type Account = [u8; 16];

/// One home or one machine: an IPv4 address, or a /64 of IPv6.
///
/// Not a /24 of IPv4: neighbours at a provider have nothing to do with each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Network(IpAddr);

impl Network {
    /// The network of an address.
    pub(crate) fn of(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
            IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() >> 64 << 64)),
            v4 => v4,
        })
    }
}

impl std::fmt::Display for Network {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Key {
    Pair(Account, Option<Network>),
    Account(Account),
    Network(Network),
}

impl Key {
    fn wait_after(self, failures: u32) -> Duration {
        let (free, longest) = match self {
            Self::Pair(..) => (FREE_OF_PAIR, LONGEST_WAIT),
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
    until: Timestamp,
}

/// Why a try has to wait, and how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wait {
    /// This network has failed at this account, or tries right now.
    Pair(Duration),
    /// Others have failed at this account, or this network at other accounts: it holds only for a browser without a
    /// session of the account, in a network that the account was never signed in from.
    Stranger(Duration),
}

/// A try that was admitted. It counts as a failure from its beginning, so that many at once are not all admitted, and
/// until it is said to be none: whoever goes away before the answer has failed.
#[must_use]
pub(crate) struct Admitted<'a> {
    throttle: &'a Throttle,
    of: Try,
    as_stranger: bool,
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

    /// Names who tries; the e-mail is in lower case.
    pub(crate) fn of(&self, email: &str, network: Option<Network>) -> Try {
        // A key of one length before the text: with it SHA-256 is a keyed hash where nobody can choose what follows.
        let hash = Sha256::new().chain_update(self.key).chain_update(email).finalize();
        let mut account = [0; 16];
        account.copy_from_slice(&hash[..16]);
        Try { account, network }
    }

    /// Lets a try through and counts it, or says how long it has to wait; that a try had to wait makes nobody wait
    /// longer.
    pub(crate) fn admit(&self, of: Try, is_known: bool, now: Timestamp) -> Result<Admitted<'_>, Wait> {
        let mut tallies = self.lock();
        let wait = |key: Key| {
            let tally = tallies.get(&key).filter(|tally| now.since(tally.last) < QUIET);
            tally.map_or(Duration::ZERO, |tally| tally.until.since(now))
        };
        let of_pair = wait(of.pair());
        if of_pair > Duration::ZERO {
            return Err(Wait::Pair(of_pair));
        }
        if !is_known {
            let of_strangers = of.strangers().map(wait).max().unwrap_or_default();
            if of_strangers > Duration::ZERO {
                return Err(Wait::Stranger(of_strangers));
            }
        }
        let counted = std::iter::once(of.pair()).chain(of.strangers().filter(|_| !is_known));
        for key in counted {
            self.make_room(&mut tallies, now);
            let tally = tallies.entry(key).or_insert(Tally { failures: 0, last: now, until: now });
            if now.since(tally.last) >= QUIET {
                tally.failures = 0;
            }
            tally.failures = tally.failures.saturating_add(1);
            tally.last = now;
            tally.until = now.plus(key.wait_after(tally.failures));
        }
        Ok(Admitted { throttle: self, of, as_stranger: !is_known })
    }

    /// Forgets what is old, and where that is too little what counts least: few failures, long ago.
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
        // Each count is right by itself.
        self.tallies.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Try {
    fn pair(self) -> Key {
        Key::Pair(self.account, self.network)
    }

    fn strangers(self) -> impl Iterator<Item = Key> {
        std::iter::once(Key::Account(self.account)).chain(self.network.map(Key::Network))
    }
}

impl Admitted<'_> {
    /// The password was right: the pair begins anew, and for all others it is as if nobody had tried.
    pub(crate) fn succeeded(self) {
        self.throttle.lock().remove(&self.of.pair());
        self.take_back(self.of.strangers());
    }

    /// Nobody knows whether the password was right: it was not looked at.
    pub(crate) fn withdrawn(self) {
        self.take_back(std::iter::once(self.of.pair()));
        self.take_back(self.of.strangers());
    }

    fn take_back(&self, keys: impl Iterator<Item = Key>) {
        let mut tallies = self.throttle.lock();
        for key in keys.filter(|key| self.as_stranger || matches!(key, Key::Pair(..))) {
            let Some(tally) = tallies.get_mut(&key) else { continue };
            tally.failures = tally.failures.saturating_sub(1);
            // Nobody had to wait when it was admitted.
            tally.until = tally.last;
            if tally.failures == 0 {
                tallies.remove(&key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
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
    fn a_pair_waits_twice_as_long_each_time_up_to_a_quarter_of_an_hour() {
        let throttle = Throttle::new(&OsRandom);
        let of = throttle.of("ada@example.org", network("203.0.113.7"));
        let mut now = NOW;
        let mut waits = Vec::new();
        for _ in 0..14 {
            assert_eq!(fail(&throttle, of, now), Ok(()));
            match fail(&throttle, of, now) {
                Err(Wait::Pair(wait)) => {
                    waits.push(wait.as_secs());
                    now = now.plus(wait);
                }
                // The second of the free ones.
                outcome => assert_eq!(outcome, Ok(())),
            }
        }
        assert_eq!(waits[..4], [1, 2, 4, 8]);
        assert_eq!(waits.last(), Some(&900));
    }

    #[test]
    fn a_success_and_a_quiet_hour_begin_anew() {
        let throttle = Throttle::new(&OsRandom);
        let of = throttle.of("ada@example.org", network("203.0.113.7"));
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
    fn what_was_not_looked_at_does_not_count() {
        let throttle = Throttle::new(&OsRandom);
        let of = throttle.of("ada@example.org", None);
        for _ in 0..20 {
            throttle.admit(of, false, NOW).expect("nobody has failed").withdrawn();
        }
        assert!(throttle.lock().is_empty());
    }

    #[test]
    fn failures_from_many_networks_slow_strangers_only_and_a_minute_at_most() {
        let throttle = Throttle::new(&OsRandom);
        let of = |number: u32| throttle.of("ada@example.org", Some(Network::of(IpAddr::V4(number.into()))));
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
        let other = throttle.of("grace@example.org", network("203.0.113.7"));
        assert_eq!(fail(&throttle, other, now), Ok(()), "another account is as before");
    }

    #[test]
    fn failures_of_one_network_over_many_accounts_slow_it_at_accounts_it_does_not_know() {
        let throttle = Throttle::new(&OsRandom);
        let of = |name: u32, from: &str| throttle.of(&format!("{name}@example.org"), network(from));
        for name in 0..=FREE_OF_NETWORK {
            assert_eq!(fail(&throttle, of(name, "2001:db8::1"), NOW), Ok(()));
        }
        let wait = Wait::Stranger(Duration::from_secs(1));
        assert_eq!(fail(&throttle, of(99, "2001:db8::ffff:2"), NOW), Err(wait), "the same /64");
        assert_eq!(fail(&throttle, of(99, "2001:db8:0:1::1"), NOW), Ok(()), "another one");
        assert!(throttle.admit(of(98, "2001:db8::1"), true, NOW).is_ok());
    }

    #[test]
    fn memory_is_bounded_and_the_worst_are_remembered() {
        let throttle = Throttle::with_capacity(&OsRandom, 100);
        let worst = throttle.of("ada@example.org", network("203.0.113.7"));
        for _ in 0..3 {
            assert_eq!(fail(&throttle, worst, NOW), Ok(()));
        }
        for number in 0..1_000_u32 {
            let of =
                throttle.of(&format!("{number}@example.org"), Some(Network::of(IpAddr::V4(number.into()))));
            assert_eq!(fail(&throttle, of, NOW), Ok(()));
            assert!(throttle.lock().len() <= 100);
        }
        assert_eq!(fail(&throttle, worst, NOW), Err(Wait::Pair(Duration::from_secs(1))));
    }

    #[test]
    fn an_email_is_kept_as_a_keyed_hash() {
        let (one, other) = (Throttle::new(&OsRandom), Throttle::new(&OsRandom));
        let of = |throttle: &Throttle, email| throttle.of(email, None).account;
        assert_eq!(of(&one, "ada@example.org"), of(&one, "ada@example.org"));
        assert_ne!(of(&one, "ada@example.org"), of(&one, "grace@example.org"));
        assert_ne!(of(&one, "ada@example.org"), of(&other, "ada@example.org"));
    }
}
