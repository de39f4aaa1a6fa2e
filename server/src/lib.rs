//! Turns the library into a process: configuration, REST, pages, background jobs, shutdown.

use std::net::SocketAddr;
use std::time::Duration;

use axum::serve::ListenerExt;
use multi_session::{Engine, InvalidOptions, StoreError, StreamLimits};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

mod api;
mod body;
mod config;
mod database;
mod import;
mod jobs;
mod openapi;
mod pages;
mod rate_limit;
mod router;
mod shutdown;
mod site;
pub mod telemetry;

pub use config::{BetterAuthImport, Command, Config, ImportFrom, Level, ListScope, Switch};
pub use database::DatabaseUrl;
pub use import::import;
pub use router::{Server, router};

/// How long requests under way may take once the server was told to stop.
const GRACE: Duration = Duration::from_secs(10);

/// Why the server did not start or did not end well.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServerError {
    /// The limits of sessions are refused.
    #[error("the configuration is refused")]
    Options(#[from] InvalidOptions),
    /// A part of the configuration is refused.
    #[error("the configuration is refused: {0}")]
    Config(String),
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
    #[error("{address} cannot be listened on")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Serving failed.
    #[error("serving failed")]
    Serve(#[source] std::io::Error),
    /// An import failed, and nothing of it was kept.
    #[error("nothing was imported")]
    Import(#[source] multi_session::ImportError),
    /// What was buffered could not be written at the end.
    #[error("the last activity could not be written")]
    Flush(#[source] multi_session::Error),
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

/// Serves until the process is told to stop, then finishes what is under way and writes what is buffered.
///
/// # Errors
///
/// [`ServerError`].
pub async fn serve(config: Config) -> Result<(), ServerError> {
    let options = config.session_options()?;
    let store = database::open(&config).await?;
    // The engine hashes a password once when it starts, which is no work for an async thread.
    let streams = StreamLimits { per_node: config.maximum_streams, ..StreamLimits::default() };
    let builder = Engine::builder(store).options(options).stream_limits(streams);
    let engine = tokio::task::spawn_blocking(move || builder.build())
        .await
        .map_err(|error| ServerError::Config(error.to_string()))?;
    let app = router(&Server::new(&config, engine.clone())?);

    let address = config.site_addr;
    let listener =
        TcpListener::bind(address).await.map_err(|source| ServerError::Listen { address, source })?;
    tracing::info!("serving {} on {}", config.base_url(), listener.local_addr().unwrap_or(address));

    let stop = CancellationToken::new();
    let jobs = jobs::start(engine.clone(), stop.clone());
    let told = shutdown::told_to_stop();
    let stopping = stop.clone();
    let streams = engine.clone();
    // An event of a stream is a small packet that would wait for the last one's receipt, up to 40 ms.
    let listener = listener.tap_io(|connection| {
        if let Err(error) = connection.set_nodelay(true) {
            tracing::debug!(%error, "a connection sends small packets late");
        }
    });
    let serving = axum::serve(listener, app.into_make_service_with_connect_info::<SocketAddr>())
        .with_graceful_shutdown(async move {
            told.await;
            tracing::info!("stopping: no new connections, finishing what is under way");
            stopping.cancel();
            streams.close_streams();
        })
        .into_future();

    let overdue = async {
        stop.cancelled().await;
        tokio::time::sleep(GRACE).await;
    };
    let served = tokio::select! {
        served = serving => served,
        () = overdue => {
            tracing::warn!("some requests took longer than {GRACE:?} and were cut off");
            Ok(())
        }
    };
    stop.cancel();
    jobs.wait().await;
    let flushed = engine.shut_down().await;
    served.map_err(ServerError::Serve)?;
    flushed.map_err(ServerError::Flush)?;
    tracing::info!("stopped");
    Ok(())
}
