//! Accounts with an email address and a password, on top of [`Sessions`]. They use only the public API that
//! an application with its own login can use too.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use crate::{AcceptedProofs, Result, Sessions, SignInMethod, Store, User, UserId};

mod attempt;
mod change_password;
pub(crate) mod email;
mod mail;
mod metrics;
mod password;
mod reauthenticate;
mod report;
mod reset_password;
mod sign_in;
mod sign_up;
mod stored;
mod throttle;

use mail::MailQueue;
use password::Passwords;
use throttle::Throttle;

pub use change_password::ChangePassword;
pub use email::is_email;
pub use mail::Mail;
pub use password::PasswordLimits;
pub use reauthenticate::Reauthenticate;
pub use reset_password::{RequestPasswordReset, ResetPassword};
pub use sign_in::SignIn;
pub use sign_up::SignUp;

pub(crate) use self::metrics::describe as describe_metrics;
#[cfg(feature = "import-better-auth")]
pub(crate) use password::is_better_auth;
#[cfg(feature = "import-better-auth")]
pub(crate) use sign_up::name_or_local_part;
#[cfg(feature = "test-support")]
pub(crate) use stored::{
    AddAccount, MailAboutLock, MailAboutNewDevice, NewPassword, ReportByMail, ResetByMail,
};

const SWEEP_EVERY: Duration = Duration::from_secs(60);

/// Sign-up, sign-in, password change and reset by email address and password, and the mails about them; cheap to clone.
///
/// # Examples
///
/// ```
/// use std::sync::Arc;
/// use multi_session::{Accounts, Browser, Client, MemoryStore, PasswordIfSet, Sessions, SignUp};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let store = Arc::new(MemoryStore::default());
/// // A step-up accepts the password of an account that has one.
/// let proofs = PasswordIfSet::new(store.clone());
/// let sessions = Sessions::builder(store).proofs_of(Arc::new(proofs)).build();
/// let accounts = Accounts::builder(sessions).build();
/// let ada = SignUp {
///     name: "Ada".to_owned(),
///     email: "ada@example.org".to_owned(),
///     password: "correct horse".to_owned(),
///     image: None,
///     remember: true,
///     shared_computer: false,
/// };
/// let browser = accounts.sign_up(&Browser::default(), &Client::default(), ada).await?;
/// assert_eq!(accounts.sessions().list(&browser).await?.len(), 1);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Accounts(Arc<Inner>);

struct Inner {
    sessions: Sessions,
    passwords: Passwords,
    /// `None` if failed sign-ins cause no wait.
    throttle: Option<Throttle>,
    /// Whether mails are sent.
    mail: bool,
    mail_queue: MailQueue,
}

impl Accounts {
    /// Starts a builder over `sessions`. Build the sessions with [`PasswordIfSet`] or with proofs of your own. Without
    /// them, people who must step up are told to sign in again.
    pub fn builder(sessions: Sessions) -> AccountsBuilder {
        AccountsBuilder {
            sessions,
            password_limits: PasswordLimits::default(),
            hash_cost: password::COST,
            throttle: false,
            mail: false,
        }
    }

    /// The sessions of these accounts.
    pub fn sessions(&self) -> &Sessions {
        &self.0.sessions
    }

    /// Finds a user by the email address of an account or by an id.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub async fn find_user(&self, name: &str) -> Result<Option<User>> {
        if name.contains('@') {
            let Ok(email) = email::normalise(name) else { return Ok(None) };
            return Ok(self.store().password_of(&email).await?.map(|known| known.user));
        }
        let Ok(id) = UserId::new(name) else { return Ok(None) };
        self.sessions().find_user(&id).await
    }

    /// Runs [`Sessions::run`] until `stop` is done, and deletes expired links of mails every minute. Call it instead of
    /// [`Sessions::run`].
    pub async fn run(self, stop: impl Future<Output = ()>) {
        let stopped = CancellationToken::new();
        let running = async {
            self.sessions().clone().run(stop).await;
            stopped.cancel();
        };
        let sweeping = async {
            let mut ticks = interval(SWEEP_EVERY);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            while stopped.run_until_cancelled(ticks.tick()).await.is_some() {
                if let Err(error) = self.sweep_links().await {
                    tracing::warn!(
                        cause = &error as &dyn std::error::Error,
                        "expired links could not be swept: retrying later"
                    );
                }
            }
        };
        tokio::join!(running, sweeping);
    }

    /// Sets the gauges of what this node does now: see [`Sessions::measure`](crate::Sessions::measure). Call it instead of that
    /// before metrics are exported.
    pub fn measure(&self) {
        self.sessions().measure();
        let (waiting, running) = self.0.passwords.load();
        self::metrics::set_passwords(waiting, running);
    }

    /// Counts what is in the database for its gauges: see [`Sessions::measure_store`](crate::Sessions::measure_store). Call it
    /// instead of that every minute.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub async fn measure_store(&self) -> Result<()> {
        self::metrics::set_mails_waiting(self.store().waiting_mails().await?);
        self.sessions().measure_store().await
    }

    /// Writes the buffers and closes the store. Call it instead of [`Sessions::shut_down`], in the same order.
    ///
    /// # Errors
    ///
    /// When a buffer could not be written; the store is closed all the same.
    pub async fn shut_down(&self) -> Result<()> {
        self.sessions().finish_all().await;
        let looked_up = self.look_up_requests().await;
        self.sessions().shut_down().await.and(looked_up)
    }

    fn store(&self) -> &Arc<dyn Store> {
        self.sessions().store()
    }
}

impl std::fmt::Debug for Accounts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Accounts").field("sessions", &self.0.sessions).finish_non_exhaustive()
    }
}

/// Builds [`Accounts`].
#[must_use]
pub struct AccountsBuilder {
    sessions: Sessions,
    password_limits: PasswordLimits,
    hash_cost: argon2::Params,
    throttle: bool,
    mail: bool,
}

impl AccountsBuilder {
    /// Sets how many passwords are hashed at once, and how many may wait.
    pub fn password_limits(mut self, limits: PasswordLimits) -> Self {
        self.password_limits = limits;
        self
    }

    /// Hashes passwords at the lowest cost, for fast tests of sign-ins. Such hashes protect nothing.
    #[cfg(feature = "test-support")]
    pub fn weak_hashes(mut self) -> Self {
        self.hash_cost = password::LOWEST_COST;
        self
    }

    /// Sets whether password attempts have to wait after failed ones. By default they do not.
    ///
    /// It uses the address in [`Client`](crate::Client): behind a proxy this must be the browser's address and not the
    /// proxy's. It counts in memory, so each node counts for itself.
    pub fn throttle(mut self, throttle: bool) -> Self {
        self.throttle = throttle;
        self
    }

    /// Sets whether something sends the mails of [`Accounts::due_mails`]. By default nothing does.
    ///
    /// Without it no mail is written, and calls that need one are refused: passwords cannot be reset.
    pub fn mail(mut self, mail: bool) -> Self {
        self.mail = mail;
        self
    }

    /// Builds the accounts.
    pub fn build(self) -> Accounts {
        let random = self.sessions.random();
        let passwords = Passwords::new(self.password_limits, self.hash_cost, &**random);
        let throttle = self.throttle.then(|| Throttle::new(&**random));
        Accounts(Arc::new(Inner {
            sessions: self.sessions,
            passwords,
            throttle,
            mail: self.mail,
            mail_queue: MailQueue::default(),
        }))
    }
}

/// Accepts the password from users who have one, for [`SessionsBuilder::proofs_of`](crate::SessionsBuilder::proofs_of).
#[derive(Clone)]
pub struct PasswordIfSet(Arc<dyn Store>);

impl PasswordIfSet {
    /// Uses this store to see who has one.
    pub fn new(store: Arc<dyn Store>) -> Self {
        Self(store)
    }
}

#[async_trait]
impl AcceptedProofs for PasswordIfSet {
    async fn of(&self, user: &UserId) -> Result<Vec<SignInMethod>> {
        let has_password = self.0.has_password(user).await?;
        Ok(has_password.then_some(SignInMethod::PASSWORD).into_iter().collect())
    }
}
