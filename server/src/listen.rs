//! Limits of connections: their number, the time and size of a request's head, and how long an answer may
//! wait to be read.
//!
//! hyper serves them, as in `axum::serve`, which has no such limits.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_io_timeout::TimeoutStream;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;

use explained::Explained;

mod explained;

/// How long to wait before accepting again if the system has no room for another connection.
const PAUSE: Duration = Duration::from_secs(1);

/// Limits of connections and request heads.
#[derive(Clone, Copy, Debug)]
pub struct ConnectionLimits {
    /// How many connections are open at once. More wait in the system's queue.
    pub connections: usize,
    /// The maximum size of a request's head, in bytes. A larger one is answered 431.
    pub head_bytes: usize,
    /// The maximum number of headers of a request. More are answered 431.
    pub headers: usize,
    /// How long the head of the next request may take, counted from the previous answer. Then the connection
    /// is closed.
    pub head_time: Duration,
    /// How long a client may read nothing of its answer. Then the connection is closed and its memory freed.
    pub write_time: Duration,
}

impl Default for ConnectionLimits {
    /// 12 000 connections; heads of 32 KiB and 100 headers, within 75 seconds; answers not read for 30
    /// seconds. Proxies keep idle connections for 60 seconds, and closing one under their next request would
    /// cause an error.
    fn default() -> Self {
        Self {
            connections: 12_000,
            head_bytes: 32 * 1024,
            headers: 100,
            head_time: Duration::from_secs(75),
            write_time: Duration::from_secs(30),
        }
    }
}

/// Serves connections until `stop`, then finishes running requests.
pub async fn listen(listener: TcpListener, app: Router, limits: ConnectionLimits, stop: CancellationToken) {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(limits.head_time)
        .max_headers(limits.headers)
        // The buffer size alone would accept heads that are half as large again.
        .max_header_size(limits.head_bytes)
        .max_buf_size(limits.head_bytes);
    let room = Arc::new(Semaphore::new(limits.connections));
    let connections = TaskTracker::new();
    while let Some((connection, peer, place)) = stop.run_until_cancelled(next(&listener, &room)).await {
        let (http, app, stop) = (http.clone(), app.clone(), stop.clone());
        connections.spawn(async move {
            serve(http, connection, limits.write_time, peer, app, stop).await;
            drop(place);
        });
    }
    drop(listener);
    connections.close();
    connections.wait().await;
}

/// Waits until there is room for a connection, and then for a connection.
async fn next(
    listener: &TcpListener,
    room: &Arc<Semaphore>,
) -> (TcpStream, SocketAddr, OwnedSemaphorePermit) {
    let place = Arc::clone(room).acquire_owned().await.expect("it is never closed");
    loop {
        match listener.accept().await {
            Ok((connection, peer)) => return (connection, peer, place),
            Err(error) if is_of_one_connection(&error) => {}
            Err(error) => {
                tracing::error!(%error, "a connection could not be accepted");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

/// Whether the error concerns only the connection that was being accepted.
fn is_of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};

    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

async fn serve(
    http: http1::Builder,
    connection: TcpStream,
    write_time: Duration,
    peer: SocketAddr,
    app: Router,
    stop: CancellationToken,
) {
    // Otherwise the small packet of an event would wait for the acknowledgement of the previous one, up to 40
    // ms.
    if let Err(error) = connection.set_nodelay(true) {
        tracing::debug!(%error, "TCP_NODELAY could not be set on a connection");
    }
    let mut connection = TimeoutStream::new(Explained::new(connection));
    connection.set_write_timeout(Some(write_time));
    let answer = service_fn(move |request| answer(app.clone(), peer, request));
    let mut connection = pin!(http.serve_connection(TokioIo::new(Box::pin(connection)), answer));
    let served = tokio::select! {
        served = connection.as_mut() => served,
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = served {
        tracing::debug!(%error, "a connection ended early");
    }
}

async fn answer(
    app: Router,
    peer: SocketAddr,
    mut request: Request<Incoming>,
) -> Result<Response<Body>, Infallible> {
    request.extensions_mut().insert(ConnectInfo(peer));
    app.oneshot(request.map(Body::new)).await
}
