//! The rules, one method per verb.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::task::TaskTracker;
use tracing::Instrument;

use crate::activity::Activity;
use crate::engine::history::Refused;
use crate::engine::mail::Outbox;
use crate::engine::steps::Steps;
use crate::engine::upkeep::Readiness;
use crate::hub::{Hub, StreamLimits};
use crate::password::Passwords;
use crate::store::Actor;
use crate::throttle::Throttle;
use crate::{
    Browser, Clock, Code, Handle, Held, IpMode, Options, OsRandom, PasswordLimits, Places, Random, Result,
    SessionId, Store, SystemClock, Timestamp,
};

mod address;
mod change_password;
mod current;
mod fall_over;
mod history;
mod known_devices;
mod list;
mod mail;
mod operate;
mod reauthenticate;
mod rename;
mod report;
mod reset_password;
mod revoke;
mod set_active;
mod sign_in;
mod sign_out;
mod steps;
mod throttled;
mod undo_revoke;
mod upkeep;
mod watch;

pub use change_password::ChangePassword;
pub use history::{HistoryExport, HistoryFilter};
pub use operate::KnownSession;
pub use reauthenticate::Reauthenticate;
pub use report::Reported;
pub use reset_password::{RequestPasswordReset, ResetPassword};
pub use sign_in::{SignIn, SignUp};
pub use sign_out::SignOutScope;
pub use upkeep::Swept;
pub use watch::{Told, Watch};

/// Everything that people and programs can do with sessions; cheap to clone.
///
/// Every method takes who acts: the [`Browser`] that [`Engine::current`] made of a request's cookies. Those that
/// change what the browser holds give the next [`Browser`], whose cookies the HTTP layer then sends.
#[derive(Clone)]
pub struct Engine(Arc<Inner>);

struct Inner {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    steps: Steps,
    random: Arc<dyn Random>,
    options: Options,
    passwords: Passwords,
    activity: Activity,
    refused: Refused,
    hub: Arc<Hub>,
    /// `None` where failed sign-ins make nobody wait.
    throttle: Option<Throttle>,
    /// Whether somebody sends mails.
    mail: bool,
    outbox: Outbox,
    ip_mode: IpMode,
    /// `None` where nobody knows places.
    places: Option<Arc<dyn Places>>,
    retention: Duration,
    history_retention: Duration,
    /// What runs to its end whether somebody waits for it or not.
    work: TaskTracker,
    readiness: Readiness,
}

/// Names the session that a call is about.
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

impl Engine {
    /// Starts with the machine's clock and randomness.
    pub fn new(store: Arc<dyn Store>, options: Options) -> Self {
        Self::builder(store).options(options).build()
    }

    /// Starts an engine over `store` whose other parts can be set.
    pub fn builder(store: Arc<dyn Store>) -> EngineBuilder {
        EngineBuilder {
            store,
            clock: Arc::new(SystemClock),
            random: Arc::new(OsRandom),
            options: Options::default(),
            password_limits: PasswordLimits::default(),
            stream_limits: StreamLimits::default(),
            throttle: false,
            mail: false,
            ip_mode: IpMode::default(),
            places: None,
            retention: EngineBuilder::RETENTION,
            history_retention: EngineBuilder::HISTORY_RETENTION,
        }
    }

    /// The limits in force.
    pub fn options(&self) -> &Options {
        &self.0.options
    }

    /// The present moment, as the engine sees it.
    pub fn now(&self) -> Timestamp {
        self.0.steps.now(&*self.0.clock)
    }

    /// A moment that only goes forward, for what is kept in memory alone: how long somebody waits.
    fn steady(&self) -> Timestamp {
        Timestamp::default().plus(self.0.clock.steady())
    }

    /// Runs `work` to its end, also if this future is dropped: whoever waits for an answer may go away, and what was
    /// begun must not stop half way. [`Engine::shut_down`] waits for it.
    ///
    /// [`SessionLayer`](crate::http::SessionLayer) does so with every request.
    pub async fn finish<T: Send + 'static>(&self, work: impl Future<Output = T> + Send + 'static) -> T {
        match self.0.work.spawn(work.in_current_span()).await {
            Ok(output) => output,
            Err(error) => match error.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                // The runtime is about to stop, and with it whoever waits.
                Err(_cancelled) => std::future::pending().await,
            },
        }
    }

    /// A random time below so many milliseconds, so that not everybody acts at once.
    fn spread(&self, milliseconds: u64) -> Duration {
        let mut bytes = [0; 8];
        self.0.random.fill(&mut bytes);
        Duration::from_millis(u64::from_be_bytes(bytes) % milliseconds)
    }

    /// Holds that the active session's person proved not long ago who they are (ASVS 5.0, 7.5.2). It stands before
    /// writes that end other sessions, never before a list.
    fn fresh_actor<'a>(&self, browser: &'a Browser) -> Result<Actor<'a>> {
        let active = browser.signed_in()?;
        if self.options().is_fresh(active.authenticated_at, self.now()) {
            Self::actor(browser)
        } else {
            Err(Code::SessionNotFresh.into())
        }
    }

    fn actor(browser: &Browser) -> Result<Actor<'_>> {
        let held = browser.signed_in()?;
        Ok(Actor { session: &held.session.id, user: &held.user.id })
    }
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine").field("options", &self.0.options).finish_non_exhaustive()
    }
}

/// Builds an [`Engine`].
#[must_use]
pub struct EngineBuilder {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    options: Options,
    password_limits: PasswordLimits,
    stream_limits: StreamLimits,
    throttle: bool,
    mail: bool,
    ip_mode: IpMode,
    places: Option<Arc<dyn Places>>,
    retention: Duration,
    history_retention: Duration,
}

impl EngineBuilder {
    /// How long ended sessions are kept by default: 90 days.
    pub const RETENTION: Duration = Duration::from_secs(90 * 24 * 60 * 60);
    /// How long it is kept by default what happened to accounts: 400 days.
    pub const HISTORY_RETENTION: Duration = Duration::from_secs(400 * 24 * 60 * 60);
    /// How long that is kept at least: a day. Whether a revocation can still be undone is read there.
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

    /// Sets how many passwords are hashed at once, and how many may wait.
    pub fn password_limits(mut self, limits: PasswordLimits) -> Self {
        self.password_limits = limits;
        self
    }

    /// Sets how many live streams there may be.
    pub fn stream_limits(mut self, limits: StreamLimits) -> Self {
        self.stream_limits = limits;
        self
    }

    /// Sets whether tries with a password wait after others have failed, by default not.
    ///
    /// It goes by the address that [`Client`](crate::Client) tells: behind a proxy it must be the browser's and not the
    /// proxy's. It is counted in memory, so each node counts for itself.
    pub fn throttle(mut self, throttle: bool) -> Self {
        self.throttle = throttle;
        self
    }

    /// Sets whether something sends what [`Engine::due_letters`] gives, by default not.
    ///
    /// Without it no mail is written, and what needs one is refused: passwords cannot be reset.
    pub fn mail(mut self, mail: bool) -> Self {
        self.mail = mail;
        self
    }

    /// Sets how much of addresses is written down and shown, by default all.
    ///
    /// It holds for what is written from now on: what was written before stays as it is. Whole addresses are in memory
    /// still, where tries with a password are counted.
    pub fn ip_mode(mut self, mode: IpMode) -> Self {
        self.ip_mode = mode;
        self
    }

    /// Sets who knows where addresses are, by default nobody.
    ///
    /// A place is looked up when an address is shown and is never stored: it is that of the address as it is kept.
    pub fn places(mut self, places: Arc<dyn Places>) -> Self {
        self.places = Some(places);
        self
    }

    /// Sets how long ended sessions are kept before [`Engine::sweep`] deletes them.
    pub fn retention(mut self, retention: Duration) -> Self {
        self.retention = retention;
        self
    }

    /// Sets how long it is kept what happened to accounts, before [`Engine::sweep`] deletes it; a time below
    /// [`EngineBuilder::SHORTEST_HISTORY_RETENTION`] counts as that.
    pub fn history_retention(mut self, retention: Duration) -> Self {
        self.history_retention = retention.max(Self::SHORTEST_HISTORY_RETENTION);
        self
    }

    /// Gives the engine. It hashes one password, about 30 ms, for comparisons with unknown e-mails.
    pub fn build(self) -> Engine {
        let passwords = Passwords::new(self.password_limits, &*self.random);
        let hub = Hub::new(self.stream_limits, &*self.random);
        let throttle = self.throttle.then(|| Throttle::new(&*self.random));
        Engine(Arc::new(Inner {
            store: self.store,
            steps: Steps::new(&*self.clock),
            clock: self.clock,
            random: self.random,
            options: self.options,
            passwords,
            activity: Activity::default(),
            refused: Refused::default(),
            hub,
            throttle,
            mail: self.mail,
            outbox: Outbox::default(),
            ip_mode: self.ip_mode,
            places: self.places,
            retention: self.retention,
            history_retention: self.history_retention,
            work: TaskTracker::new(),
            readiness: Readiness::default(),
        }))
    }
}
