//! The server: configuration, pages, mail and shutdown around the library.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use multi_session::{
    Accounts, GeoIpError, InvalidOptions, PasswordIfSet, Sessions, Store, StoreError, StreamLimits,
};
use tokio::net::TcpListener;
use tokio::task::{JoinHandle, JoinSet};
use tokio_util::sync::CancellationToken;

mod addresses;
mod backup;
mod config;
mod database;
mod health;
mod import;
mod listen;
mod mail;
mod metrics;
mod open_files;
mod operate;
mod operator_token;
mod pages;
mod rate_limit;
mod router;
mod service;
mod shutdown;
mod site;
pub mod telemetry;
mod trace_context;
mod webhooks;

use self::metrics::Exporter;

pub use self::metrics::{describe_metrics, metrics_recorder};
pub use addresses::Addresses;
pub use backup::back_up;
pub use config::{
    AddressMode, BetterAuthImport, Command, Config, ImportFrom, Level, ListScope, LogFormat, OperatorActs,
    SessionsCommand, SessionsList, Switch, UsersCommand, WebhooksCommand,
};
pub use database::DatabaseUrl;
pub use health::check_health;
pub use import::import;
pub use listen::{ConnectionLimits, listen};
pub use mail::{Mailer, SmtpUrl};
pub use operate::{operate, operate_users, operate_webhooks, operator_acts};
pub use operator_token::{OperatorTokenHash, print_operator_token};
pub use router::{Server, router};
pub use service::{Color, Logo};
pub use webhooks::{WebhookSecret, WebhookUrl, Webhooks};

/// How long running requests may take after the server was told to stop.
const GRACE: Duration = Duration::from_secs(10);

/// How long webhooks that are being sent may take after everything else has ended.
const WEBHOOKS_GRACE: Duration = Duration::from_secs(10);

/// Why the server did not start or did not end well.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServerError {
    /// The limits of sessions are invalid.
    #[error("the configuration is invalid")]
    Options(#[from] InvalidOptions),
    /// The configuration is invalid.
    #[error("the configuration is invalid: {0}")]
    Config(String),
    /// The GeoIP database cannot be opened.
    #[error("the database of places {} cannot be opened", .path.display())]
    Places {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: GeoIpError,
    },
    /// The database cannot be opened or brought up to date.
    #[error("the database {url} cannot be opened")]
    Database {
        /// The database.
        url: DatabaseUrl,
        /// Why.
        #[source]
        source: StoreError,
    },
    /// The address cannot be listened on.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The address of the metrics cannot be listened on.
    #[error("cannot listen on {address} for metrics (MULTI_SESSION_METRICS_ADDR)")]
    ListenMetrics {
        /// The address.
        address: SocketAddr,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The limit of open files leaves none for connections.
    #[error(
        "the limit of open files is {limit}, which leaves none for connections: raise it to {needed} (ulimit -n, LimitNOFILE)"
    )]
    OpenFiles {
        /// The limit of open files.
        limit: u64,
        /// How many open files the configuration needs.
        needed: u64,
    },
    /// The server did not answer that it is alive.
    #[error("the server on {address} is not alive")]
    Health {
        /// The address that was asked.
        address: SocketAddr,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The copy of the database could not be written.
    #[error("the backup {} was not written", .file.display())]
    Backup {
        /// The file.
        file: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// An import failed, and nothing was stored.
    #[error("nothing was imported")]
    Import(#[source] multi_session::ImportError),
    /// There is no user or session as an operator named it.
    #[error("{0}")]
    NotFound(String),
    /// An operator's command failed.
    #[error("the command failed")]
    Operate(#[source] multi_session::Error),
    /// Events cannot be kept for webhooks.
    #[error("the database cannot keep events for webhooks")]
    Webhooks(#[source] multi_session::Error),
    /// Webhooks did not receive a test.
    #[error("webhooks that did not receive the test: {0}")]
    WebhookTest(usize),
    /// The answer could not be printed.
    #[error("the answer could not be printed")]
    Print(#[source] std::io::Error),
    /// Buffered writes failed at shutdown.
    #[error("the last activity, refused passwords or requests for mails could not be written and are lost")]
    Flush(#[source] multi_session::Error),
    /// At shutdown, the mail server had not answered for some mails, so they may or may not arrive.
    #[error(
        "the mail server had not answered for {0} mails: they are sent again in fifteen minutes, and may arrive twice"
    )]
    Mails(usize),
}

/// Brings the database's schema up to date.
///
/// # Errors
///
/// [`ServerError::Database`].
pub async fn migrate(config: &Config) -> Result<(), ServerError> {
    let store = database::open(config).await?;
    store.close().await;
    tracing::info!("the database is up to date");
    Ok(())
}

/// Serves until the process is told to stop, then finishes running requests and writes what is buffered.
///
/// # Errors
///
/// [`ServerError`].
pub async fn serve(config: Config) -> Result<(), ServerError> {
    let options = config.session_options()?;
    let mailer = Mailer::new(&config)?;
    let webhooks = Webhooks::new(&config)?;
    let room = open_files::room(&config)?;
    // Before the store is opened, so that its operations are counted.
    let exporter = match config.metrics_addr {
        Some(address) => Some(Exporter::bind(address).await?),
        None => None,
    };
    // This blocks while it reads a file, which is fine before serving.
    let addresses = Addresses::new(&config)?;
    let store: Arc<dyn Store> = database::open(&config).await?;
    let proofs = PasswordIfSet::new(Arc::clone(&store));
    let builder = Sessions::builder(store).options(options).proofs_of(Arc::new(proofs));
    let builder = builder.stream_limits(StreamLimits::of_node(room.streams));
    let sessions = addresses.set(builder.history_retention(config.history_retention)).build();
    let builder = Accounts::builder(sessions.clone()).throttle(config.is_throttled()).mail(mailer.is_some());
    let accounts = builder.build();
    let app = router(&Server::new(&config, accounts.clone())?);

    // From here on, a signal leads to a graceful stop.
    let stopped = shutdown::stop_signal();
    let address = config.site_addr;
    let listener =
        TcpListener::bind(address).await.map_err(|source| ServerError::Listen { address, source })?;
    tracing::info!("serving {} on {}", config.base_url(), listener.local_addr().unwrap_or(address));

    let stop = CancellationToken::new();
    // Before serving, so that no event is missed.
    let mut delivering = match webhooks {
        Some(webhooks) => webhooks.start(&sessions, &stop).await?,
        None => JoinSet::new(),
    };
    let upkeep = tokio::spawn(accounts.clone().run(stop.clone().cancelled_owned()));
    let exporting = exporter.map(|it| tokio::spawn(it.run(accounts.clone(), stop.clone())));
    let sending = mailer.map(|mailer| tokio::spawn(mailer.run(accounts.clone(), stop.clone())));
    let stopping = stop.clone();
    let limits = ConnectionLimits { connections: room.connections, ..ConnectionLimits::default() };
    tokio::spawn(async move {
        stopped.await;
        tracing::info!("stopping: no new connections, finishing running requests");
        stopping.cancel();
    });
    let serving = listen(listener, app, limits, stop.clone());

    let overdue = async {
        stop.cancelled().await;
        tokio::time::sleep(GRACE).await;
    };
    tokio::select! {
        () = serving => {}
        () = overdue => tracing::warn!("some requests took longer than {GRACE:?} and were cut off"),
    }
    // Do not wait for a running scrape.
    exporting.iter().for_each(JoinHandle::abort);
    if let Err(error) = upkeep.await {
        tracing::error!(%error, "upkeep has failed");
    }
    // Flush before waiting for mails, so that nothing is lost if the process is killed while it waits.
    if let Err(error) = sessions.flush().await {
        tracing::warn!("{}", telemetry::with_causes(&error));
    }
    let cut_off = match sending {
        // If the task panicked, that was logged and its mails were cut off.
        Some(sending) => sending.await.unwrap_or(1),
        None => 0,
    };
    // Wait for the answers to webhooks that were sent. What is cut off is sent again.
    let delivered = async { while delivering.join_next().await.is_some() {} };
    if tokio::time::timeout(WEBHOOKS_GRACE, delivered).await.is_err() {
        tracing::warn!("some webhooks took longer than {WEBHOOKS_GRACE:?} and were cut off");
    }
    let flushed = accounts.shut_down().await;
    flushed.map_err(ServerError::Flush)?;
    if cut_off > 0 {
        return Err(ServerError::Mails(cut_off));
    }
    tracing::info!("stopped");
    Ok(())
}
