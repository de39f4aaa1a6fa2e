//! The rules, one method per verb.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use async_trait::async_trait;
use tokio_util::task::TaskTracker;
use tracing::Instrument;

use crate::activity::Activity;
use crate::hub::{Hub, StreamLimits};
use crate::sessions::clock_jumps::ClockJumps;
use crate::sessions::history::Refused;
use crate::sessions::upkeep::Readiness;
use crate::store::Actor;
use crate::{
    Browser, Clock, Error, Handle, Held, IpMode, Options, OsRandom, Places, Random, Result, SessionId,
    SignInMethod, Store, SystemClock, Timestamp, UserId,
};

mod account_status;
mod address;
mod begin;
mod begin_instead;
mod clock_jumps;
mod credentials_changed;
mod current;
mod fall_over;
mod history;
mod known_devices;
mod list;
mod list_ended;
mod operate;
mod outbox;
mod prove;
mod recognize;
mod rename;
mod report;
mod revoke;
mod set_active;
mod sign_out;
mod undo_revoke;
mod upkeep;
mod watch;

pub use credentials_changed::Others;
pub use history::{HistoryExport, HistoryFilter};
pub use operate::KnownSession;
pub use outbox::Outbox;
pub use report::{Reportable, Reported};
pub use sign_out::SignOutScope;
pub use upkeep::Swept;
pub use watch::{StreamItem, Watch};

/// Everything that people and programs can do with sessions. It is cheap to clone.
///
/// Every method takes the [`Browser`] that acts, which [`Sessions::current`] makes from a request's cookies. Methods
/// that change what the browser holds return the next [`Browser`], whose cookies the HTTP layer then sends.
#[derive(Clone)]
pub struct Sessions(Arc<Inner>);

struct Inner {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    clock_jumps: ClockJumps,
    random: Arc<dyn Random>,
    options: Options,
    proofs: Arc<dyn AcceptedProofs>,
    activity: Activity,
    refused: Refused,
    hub: Arc<Hub>,
    ip_mode: IpMode,
    /// `None` if addresses have no places.
    places: Option<Arc<dyn Places>>,
    retention: Duration,
    history_retention: Duration,
    /// The tasks of [`Sessions::finish`], which run to their end even if nobody waits for them.
    work: TaskTracker,
    readiness: Readiness,
}

/// Tells which proofs an application accepts for a step-up.
#[async_trait]
pub trait AcceptedProofs: Send + Sync {
    /// The methods by which a user can be verified again.
    ///
    /// # Errors
    ///
    /// When they cannot be determined.
    async fn of(&self, user: &UserId) -> Result<Vec<SignInMethod>>;
}

#[async_trait]
impl AcceptedProofs for Vec<SignInMethod> {
    /// The same methods for everybody.
    async fn of(&self, _user: &UserId) -> Result<Vec<SignInMethod>> {
        Ok(self.clone())
    }
}

/// The session that a call is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// By its id, as in lists.
    Id(SessionId),
    /// By its handle, as the Better Auth client does.
    Handle(Handle),
}

impl Target {
    fn is(&self, held: &Held) -> bool {
        match self {
            Self::Id(id) => held.session.id == *id,
            Self::Handle(handle) => held.session.handle == *handle,
        }
    }
}

impl Sessions {
    /// Starts with the machine's clock and randomness.
    pub fn new(store: Arc<dyn Store>, options: Options) -> Self {
        Self::builder(store).options(options).build()
    }

    /// Starts a builder over `store`.
    pub fn builder(store: Arc<dyn Store>) -> SessionsBuilder {
        SessionsBuilder {
            store,
            clock: Arc::new(SystemClock),
            random: Arc::new(OsRandom),
            options: Options::default(),
            proofs: Arc::new(Vec::new()),
            stream_limits: StreamLimits::default(),
            ip_mode: IpMode::default(),
            places: None,
            retention: SessionsBuilder::RETENTION,
            history_retention: SessionsBuilder::HISTORY_RETENTION,
        }
    }

    /// The limits in force.
    pub fn options(&self) -> &Options {
        &self.0.options
    }

    /// The store.
    pub fn store(&self) -> &Arc<dyn Store> {
        &self.0.store
    }

    /// Where the time comes from.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.0.clock
    }

    /// Where randomness comes from.
    pub fn random(&self) -> &Arc<dyn Random> {
        &self.0.random
    }

    /// The present moment.
    pub fn now(&self) -> Timestamp {
        self.0.clock_jumps.now(&*self.0.clock)
    }

    /// Runs `work` to its end, even if this future is dropped, for example because the client disconnects.
    /// [`Sessions::shut_down`] waits for it.
    ///
    /// [`SessionLayer`](crate::http::SessionLayer) does this for every request.
    pub fn finish<T, W>(&self, work: W) -> impl Future<Output = T> + Send + use<T, W>
    where
        T: Send + 'static,
        W: Future<Output = T> + Send + 'static,
    {
        // In a box at once, because a request is large and would be moved with what contains it.
        let mut work = Box::pin(work);
        let tasks = self.0.work.clone();
        async move {
            // The client cannot disconnect during the first poll, and a request that is answered from memory
            // needs no other.
            if let Poll::Ready(output) = poll_fn(|context| Poll::Ready(work.as_mut().poll(context))).await {
                return output;
            }
            match tasks.spawn(work.in_current_span()).await {
                Ok(output) => output,
                Err(error) => match error.try_into_panic() {
                    Ok(panic) => std::panic::resume_unwind(panic),
                    // The runtime is about to stop, and the caller with it.
                    Err(_cancelled) => std::future::pending().await,
                },
            }
        }
    }

    /// The methods by which the active user can be verified again, for the step-up page: see
    /// [`SessionsBuilder::proofs_of`].
    ///
    /// # Errors
    ///
    /// [`Code::Unauthorized`](crate::Code::Unauthorized) when signed out; when they cannot be determined.
    pub async fn accepted_proofs(&self, browser: &Browser) -> Result<Vec<SignInMethod>> {
        self.0.proofs.of(&browser.signed_in()?.user.id).await
    }

    /// A random time below so many milliseconds, so that not all clients act at once.
    fn spread(&self, milliseconds: u64) -> Duration {
        let mut bytes = [0; 8];
        self.0.random.fill(&mut bytes);
        Duration::from_millis(u64::from_be_bytes(bytes) % milliseconds)
    }

    /// Returns the active session as the actor, if it is fresh (ASVS 5.0, 7.5.2). Required before changes
    /// that end other sessions, never before reading a list.
    async fn fresh_actor<'a>(&self, browser: &'a Browser) -> Result<Actor<'a>> {
        let active = browser.signed_in()?;
        if self.options().is_fresh(active.authenticated_at, self.now()) {
            return Self::actor(browser);
        }
        Err(Error::SessionNotFresh { proofs: self.accepted_proofs(browser).await? })
    }

    fn actor(browser: &Browser) -> Result<Actor<'_>> {
        let held = browser.signed_in()?;
        Ok(Actor { session: &held.session.id, user: &held.user.id })
    }
}

impl std::fmt::Debug for Sessions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sessions").field("options", &self.0.options).finish_non_exhaustive()
    }
}

/// Builds [`Sessions`].
#[must_use]
pub struct SessionsBuilder {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    options: Options,
    proofs: Arc<dyn AcceptedProofs>,
    stream_limits: StreamLimits,
    ip_mode: IpMode,
    places: Option<Arc<dyn Places>>,
    retention: Duration,
    history_retention: Duration,
}

impl SessionsBuilder {
    /// How long ended sessions are kept by default: 90 days.
    pub const RETENTION: Duration = Duration::from_secs(90 * 24 * 60 * 60);
    /// How long account histories are kept by default: 400 days.
    pub const HISTORY_RETENTION: Duration = Duration::from_secs(400 * 24 * 60 * 60);
    /// The shortest retention of account histories: a day, because undoing a revocation reads them.
    pub const SHORTEST_HISTORY_RETENTION: Duration = Duration::from_secs(24 * 60 * 60);

    /// Sets the limits of sessions.
    pub fn options(mut self, options: Options) -> Self {
        self.options = options;
        self
    }

    /// Sets where the time comes from.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Sets where randomness comes from.
    pub fn random(mut self, random: Arc<dyn Random>) -> Self {
        self.random = random;
        self
    }

    /// Sets the proofs that your application accepts for a step-up from everybody, by default none.
    /// [`Error::SessionNotFresh`] lists them.
    ///
    /// # Panics
    ///
    /// If one is not the name of a [`SignInMethod`].
    ///
    /// # Examples
    ///
    /// ```
    /// # use multi_session::{MemoryStore, Sessions};
    /// # let store = std::sync::Arc::new(MemoryStore::default());
    /// let sessions = Sessions::builder(store).proofs(["code", "passkey"]).build();
    /// ```
    pub fn proofs(self, methods: impl IntoIterator<Item = &'static str>) -> Self {
        let methods: Vec<_> = methods.into_iter().map(SignInMethod::from_static).collect();
        self.proofs_of(Arc::new(methods))
    }

    /// Sets the source of the proofs that your application accepts from each user.
    pub fn proofs_of(mut self, proofs: Arc<dyn AcceptedProofs>) -> Self {
        self.proofs = proofs;
        self
    }

    /// Sets how many live streams there may be.
    pub fn stream_limits(mut self, limits: StreamLimits) -> Self {
        self.stream_limits = limits;
        self
    }

    /// Sets how much of addresses is stored and shown, by default all.
    ///
    /// It applies to what is stored from now on; older rows stay as they are. Whole addresses are still in memory,
    /// where password attempts are counted.
    pub fn ip_mode(mut self, mode: IpMode) -> Self {
        self.ip_mode = mode;
        self
    }

    /// Sets how places of addresses are looked up. By default there are no places.
    ///
    /// A place is looked up when an address is shown, and never stored. It is the place of the stored address.
    pub fn places(mut self, places: Arc<dyn Places>) -> Self {
        self.places = Some(places);
        self
    }

    /// Sets how long ended sessions are kept before [`Sessions::sweep`] deletes them.
    pub fn retention(mut self, retention: Duration) -> Self {
        self.retention = retention;
        self
    }

    /// Sets how long the account history is kept before [`Sessions::sweep`] deletes it; a time below
    /// [`SessionsBuilder::SHORTEST_HISTORY_RETENTION`] counts as that.
    pub fn history_retention(mut self, retention: Duration) -> Self {
        self.history_retention = retention.max(Self::SHORTEST_HISTORY_RETENTION);
        self
    }

    /// Builds the sessions.
    pub fn build(self) -> Sessions {
        let hub = Hub::new(self.stream_limits, &*self.random);
        Sessions(Arc::new(Inner {
            store: self.store,
            clock_jumps: ClockJumps::new(&*self.clock),
            clock: self.clock,
            random: self.random,
            options: self.options,
            proofs: self.proofs,
            activity: Activity::default(),
            refused: Refused::default(),
            hub,
            ip_mode: self.ip_mode,
            places: self.places,
            retention: self.retention,
            history_retention: self.history_retention,
            work: TaskTracker::new(),
            readiness: Readiness::default(),
        }))
    }
}
