//! A model of the caches of several nodes, and of several processes on one file. It runs their protocols in
//! random order, with pauses, crashes, and lost and late messages, and checks the answer of every request: it
//! must not be older than a change that was answered before the request arrived.
//!
//! The wall clock is not part of it: the protocols use only monotonic clocks, which run at different rates
//! here. `MODEL_SEEDS=n` runs n seeds, `MODEL_SEED=n` only that one.

use std::collections::BTreeMap;
use std::time::Instant;

use self::nodes::Cluster;
use self::processes::Processes;
use super::cache::Cache;

mod nodes;
mod processes;

const SEEDS: u64 = 3_000;
/// How many seeds are tried at most until a mistake is found.
const MOST_SEEDS: u64 = 10_000;
const SESSIONS: usize = 3;
/// Time is in nanoseconds since the start.
const MS: u64 = 1_000_000;

/// Lists the mistakes once, as an enum and as a constant.
macro_rules! mistakes {
    ($($mistake:ident,)*) => {
        /// A mistake in the code that uses the protocol. The model must find it.
        #[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
        enum Mistake {
            $($mistake,)*
        }
        use Mistake::*;

        const MISTAKES: &[Mistake] = &[$($mistake,)*];
    };
}

mistakes! {
    LeaseOnceTheRenewalReturned,
    LeaseFromWhenTheTokenCameBack,
    AcknowledgesBeforeItApplies,
    ReadsNodesBeforeTheCommit,
    ForgetsNodesTooEarly,
    ForgetsNodesThatRenewed,
    RenewalsRepeat,
    DoesNotClearOnReconnect,
    AnswersAtOnceIfNothingChanged,
    TrustsANewServer,
    KnowsAServerSinceTheCommit,
    // The mistakes above are for nodes, those below for processes on one file, and these two for both.
    NotesAfterTheQuery,
    InvalidatesOnlyIfChanged,
    IncrementsBeforeTheCommit,
    IncrementsWithoutMark,
    IncrementsOnlyIfChanged,
}

type Totals = BTreeMap<&'static str, u64>;
/// Reused caches, because creating one takes long.
type Spare = Vec<Cache<usize, u64>>;
type Action<M> = Box<dyn FnOnce(&mut M)>;

/// SplitMix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    fn index(&mut self, length: usize) -> usize {
        usize::try_from(self.below(length as u64)).expect("an index")
    }

    fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// Mostly short, sometimes longer than a lease.
    fn delay(&mut self) -> u64 {
        let most = match self.below(100) {
            0..2 => 3_500,
            2..12 => 400,
            _ => 4,
        };
        self.below(most * MS)
    }

    fn often_long(&mut self, percent: u64) -> u64 {
        if self.chance(percent) { self.below(2_500 * MS) } else { self.delay() }
    }
}

fn owner(session: usize) -> String {
    format!("s{session}")
}

/// A request, and the oldest version that may answer it.
#[derive(Clone, Copy)]
struct Request {
    session: usize,
    least: u64,
}

impl Request {
    fn check(self, version: u64, stale: &mut Option<String>) {
        let Self { session, least } = self;
        if version < least {
            *stale = Some(format!("version {version} of session {session} after {least} had been answered"));
        }
    }
}

/// The state of a run that both models share.
struct Trial {
    random: Random,
    mistake: Option<Mistake>,
    totals: Totals,
    stale: Option<String>,
    start: Instant,
    spare: Spare,
}

impl Trial {
    fn new(seed: u64, mistake: Option<Mistake>, spare: &mut Spare) -> Self {
        let (random, spare) = (Random(seed), std::mem::take(spare));
        Self { random, mistake, totals: Totals::new(), stale: None, start: Instant::now(), spare }
    }

    fn makes(&self, mistake: Mistake) -> bool {
        self.mistake == Some(mistake)
    }

    fn count(&mut self, what: &'static str) {
        *self.totals.entry(what).or_default() += 1;
    }

    /// Returns the caches, and the counts of what happened.
    fn ends(
        self,
        spare: &mut Spare,
        caches: impl Iterator<Item = Cache<usize, u64>>,
    ) -> Result<Totals, String> {
        *spare = self.spare;
        spare.extend(caches);
        self.stale.map_or(Ok(self.totals), Err)
    }
}

type Run = fn(u64, Option<Mistake>, &mut Spare) -> Result<Totals, String>;

/// The counts over all seeds. Fails at the first answer that is out of date.
fn run_all(name: &str, run: Run) -> Totals {
    let number = |name| std::env::var(name).ok().map(|it| it.parse().expect("a number"));
    let only: Option<u64> = number("MODEL_SEED");
    let seeds = only.map_or(0..number("MODEL_SEEDS").unwrap_or(SEEDS), |seed| seed..seed + 1);
    let (mut totals, mut spare) = (Totals::new(), Spare::new());
    for seed in seeds {
        let of_seed =
            run(seed, None, &mut spare).unwrap_or_else(|stale| panic!("{name}, seed {seed}: {stale}"));
        of_seed.into_iter().for_each(|(what, times)| *totals.entry(what).or_default() += times);
    }
    // A single seed need not cover everything.
    if only.is_some() { Totals::new() } else { totals }
}

/// Checks that each of these happened at least so often per thousand seeds. Otherwise the model proves
/// nothing.
fn assert_went_through(totals: &Totals, least: &[(&str, u64)]) {
    let seeds = std::env::var("MODEL_SEEDS").map_or(SEEDS, |it| it.parse().expect("a number"));
    for (what, least) in least.iter().filter(|_| !totals.is_empty()) {
        let times = totals.get(what).copied().unwrap_or_default();
        assert!(times >= least * seeds / 1_000, "{what}: {times} times, of {totals:?}");
    }
}

#[test]
fn node_never_answers_from_before_an_answered_change() {
    let totals = run_all("nodes", Cluster::run);
    assert_went_through(
        &totals,
        &[("hits", 20_000), ("misses", 20_000), ("requests without a lease", 10_000)],
    );
    assert_went_through(&totals, &[("changes made", 3_000), ("changes found", 1_000)]);
    assert_went_through(&totals, &[("acknowledged by all", 2_000), ("waits for silent nodes", 700)]);
    assert_went_through(&totals, &[("waits for any lease", 1_000), ("nodes forgotten", 200)]);
    assert_went_through(&totals, &[("unknown outcomes", 1_000), ("crashes before the answer", 200)]);
    assert_went_through(&totals, &[("pauses", 400), ("cuts", 1_500), ("deaths", 700)]);
    assert_went_through(&totals, &[("stops", 100), ("failovers", 400)]);
}

#[test]
fn process_never_answers_from_before_an_answered_change() {
    let totals = run_all("processes", Processes::run);
    assert_went_through(
        &totals,
        &[("hits", 10_000), ("misses", 10_000), ("requests during an increment", 1_000)],
    );
    assert_went_through(&totals, &[("changes made", 1_500), ("changes found", 400)]);
    assert_went_through(&totals, &[("deaths", 1_000), ("crashes before the answer", 200)]);
}

#[test]
fn model_finds_each_known_mistake() {
    let mut spare = Spare::new();
    let mut finds = |run: Run, can_make: fn(&Mistake) -> bool| {
        for mistake in MISTAKES.iter().filter(|mistake| can_make(mistake)) {
            let found = (0..MOST_SEEDS).find(|seed| run(*seed, Some(*mistake), &mut spare).is_err());
            assert!(found.is_some(), "{mistake:?} is not found");
        }
    };
    finds(Cluster::run, |mistake| *mistake <= InvalidatesOnlyIfChanged);
    finds(Processes::run, |mistake| *mistake >= NotesAfterTheQuery);
}
