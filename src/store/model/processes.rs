//! Several processes on one SQLite file.

use super::Mistake::*;
use super::{Action, Mistake, Request, SESSIONS, Spare, Totals, Trial, owner};
use crate::store::cache::Cache;

/// Several processes on one file. Each step continues any of them.
pub(super) struct Processes {
    trial: Trial,
    versions: [u64; SESSIONS],
    /// The counter of changes beside the database.
    counter: u64,
    processes: Vec<Process>,
    /// The pending actions, each with its process.
    going_on: Vec<(usize, Action<Self>)>,
    answered: [u64; SESSIONS],
}

struct Process {
    cache: Cache<usize, u64>,
    /// Twice its own increments of the counter, and one more during an increment.
    own: u64,
    lives: bool,
    /// The sessions of changes that are committed but not answered.
    unanswered: Vec<usize>,
}

impl Processes {
    pub(super) fn run(seed: u64, mistake: Option<Mistake>, spare: &mut Spare) -> Result<Totals, String> {
        let mut it = Self {
            trial: Trial::new(seed, mistake, spare),
            versions: [1; SESSIONS],
            counter: 0,
            processes: Vec::new(),
            going_on: Vec::new(),
            answered: [0; SESSIONS],
        };
        (0..3).for_each(|_| it.starts());
        for _ in 0..400 {
            if it.trial.stale.is_none() {
                it.goes_on();
            }
        }
        it.trial.ends(spare, it.processes.into_iter().map(|process| process.cache))
    }

    fn starts(&mut self) {
        let cache = self.trial.spare.pop().unwrap_or_else(|| Cache::new(16));
        cache.clear();
        self.processes.push(Process { cache, own: 0, lives: true, unanswered: Vec::new() });
    }

    fn some_process(&mut self) -> usize {
        let living: Vec<_> = (0..self.processes.len()).filter(|it| self.processes[*it].lives).collect();
        living[self.trial.random.index(living.len())]
    }

    fn goes_on(&mut self) {
        let (process, session) = (self.some_process(), self.trial.random.index(SESSIONS));
        match self.trial.random.below(100) {
            0..15 if self.going_on.len() < 8 => self.arrives(process, session),
            15 => self.begins(process, session, false),
            16 => self.dies(process),
            _ if self.going_on.is_empty() => {}
            _ => {
                let next = self.trial.random.index(self.going_on.len());
                self.going_on.swap_remove(next).1(self);
            }
        }
    }

    fn then(&mut self, process: usize, action: impl FnOnce(&mut Self) + 'static) {
        self.going_on.push((process, Box::new(action)));
    }

    fn dies(&mut self, process: usize) {
        self.trial.count("deaths");
        self.processes[process].lives = false;
        self.going_on.retain(|(of, _)| *of != process);
        self.starts();
        for session in std::mem::take(&mut self.processes[process].unanswered) {
            self.trial.count("crashes before the answer");
            let another = self.some_process();
            self.begins(another, session, true);
        }
    }

    fn arrives(&mut self, process: usize, session: usize) {
        let request = Request { session, least: self.answered[session] };
        self.then(process, move |it| {
            let own = it.processes[process].own;
            it.then(process, move |it| {
                let counter = it.counter;
                it.then(process, move |it| {
                    let is_steady = own % 2 == 0 && it.processes[process].own == own;
                    let generation = is_steady.then(|| counter.wrapping_sub(own / 2));
                    it.then(process, move |it| it.looks_up(process, request, generation));
                });
            });
        });
    }

    fn looks_up(&mut self, process: usize, request: Request, generation: Option<u64>) {
        let cache = &self.processes[process].cache;
        let noted = generation.map(|generation| cache.note(generation, self.trial.start));
        if let Some(version) = noted.and_then(|noted| cache.get(&request.session, &noted)) {
            request.check(version, &mut self.trial.stale);
            return self.trial.count("hits");
        }
        self.trial.count(if noted.is_some() { "misses" } else { "requests during an increment" });
        self.then(process, move |it| {
            let version = it.versions[request.session];
            it.then(process, move |it| {
                let (start, late) = (it.trial.start, it.trial.makes(NotesAfterTheQuery));
                let cache = &it.processes[process].cache;
                if let Some((generation, noted)) = generation.zip(noted) {
                    let noted = if late { cache.note(generation, start) } else { noted };
                    cache.insert(request.session, &owner(request.session), version, noted);
                }
                request.check(version, &mut it.trial.stale);
            });
        });
    }

    fn begins(&mut self, process: usize, session: usize, nothing: bool) {
        if self.trial.makes(IncrementsBeforeTheCommit) {
            self.increments(process, move |it| it.commits(process, session, nothing));
        } else {
            self.then(process, move |it| it.commits(process, session, nothing));
        }
    }

    fn commits(&mut self, process: usize, session: usize, nothing: bool) {
        self.versions[session] += u64::from(!nothing);
        let version = self.versions[session];
        if !nothing && self.trial.random.chance(20) {
            let another = self.some_process();
            self.begins(another, session, true);
        }
        self.processes[process].unanswered.push(session);
        self.then(process, move |it| {
            if !nothing || !it.trial.makes(InvalidatesOnlyIfChanged) {
                it.processes[process].cache.invalidate(&owner(session));
            }
            let answers = move |it: &mut Self| it.is_answered(process, session, version, nothing);
            if it.trial.makes(IncrementsBeforeTheCommit) || nothing && it.trial.makes(IncrementsOnlyIfChanged)
            {
                it.then(process, answers);
            } else {
                it.increments(process, answers);
            }
        });
    }

    /// Increments the counter, once no other increment of the process is running.
    fn increments(&mut self, process: usize, done: impl FnOnce(&mut Self) + 'static) {
        self.then(process, move |it| {
            if it.processes[process].own % 2 == 1 {
                return it.increments(process, done);
            }
            let marks = !it.trial.makes(IncrementsWithoutMark);
            it.processes[process].own += u64::from(marks);
            it.then(process, move |it| {
                it.counter += 1;
                it.then(process, move |it| {
                    it.processes[process].own += 2 - u64::from(marks);
                    it.then(process, done);
                });
            });
        });
    }

    fn is_answered(&mut self, process: usize, session: usize, version: u64, nothing: bool) {
        self.trial.count(if nothing { "changes found" } else { "changes made" });
        self.answered[session] = self.answered[session].max(version);
        let unanswered = &mut self.processes[process].unanswered;
        unanswered.iter().position(|it| *it == session).map(|at| unanswered.swap_remove(at));
    }
}
