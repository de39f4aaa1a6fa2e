//! Metrics for Prometheus, on an address of their own. `docs/metrics.md` lists them.
//!
//! The crates metrics and metrics-exporter-prometheus record and format them: maintained since 2018, used by most Rust
//! servers, MIT and Apache 2.0. Only the exporter's recorder is used; HTTP is served as everywhere else in this server.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use ::metrics::{counter, describe_counter, describe_gauge, describe_histogram, gauge};
use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::StatusCode;
use http::header::CONTENT_TYPE;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle, PrometheusRecorder};
use multi_session::Accounts;
use tokio::net::TcpListener;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use crate::{ConnectionLimits, ServerError, listen, rate_limit, telemetry};

mod requests;

pub(crate) use requests::{Requests, RequestsLayer};

/// The bucket bounds of all histograms, in seconds: an answer from memory takes about 20 µs, a request may wait for
/// seconds.
const BUCKETS: [f64; 16] = [
    0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
];
/// How often samples of histograms are summed up. Until then each sample takes 16 bytes.
const ADD_UP_EVERY: Duration = Duration::from_secs(1);
/// How often sessions, mails and events in the database are counted.
const COUNT_EVERY: Duration = Duration::from_secs(60);
/// The maximum number of connections. Prometheus needs one.
const CONNECTIONS: usize = 8;
/// The text format of Prometheus.
const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";

const BUILD_INFO: &str = "multi_session_build_info";
const RATE_LIMITED: &str = "multi_session_rate_limited_total";

/// The recorder of all metrics. Install it before the server is built.
///
/// # Panics
///
/// Never: the bounds of the histograms are not empty.
pub fn metrics_recorder() -> PrometheusRecorder {
    PrometheusBuilder::new().set_buckets(&BUCKETS).expect("there are bounds").build_recorder()
}

/// Registers the metrics of the server and the library with the installed recorder. Metrics with known labels start at
/// zero.
pub fn describe_metrics() {
    multi_session::metrics::describe();
    describe_gauge!(BUILD_INFO, "Always 1; the label has the version.");
    describe_counter!(requests::REQUESTS, "Answered HTTP requests by route, method and status.");
    describe_histogram!(
        requests::SECONDS,
        "Time from the head of an HTTP request to the head of its answer, by route."
    );
    describe_counter!(
        RATE_LIMITED,
        "HTTP requests that were refused by the rate limit of their address, by limit."
    );
    gauge!(BUILD_INFO, "version" => env!("CARGO_PKG_VERSION")).set(1);
    for limit in rate_limit::LIMITS {
        counter!(RATE_LIMITED, "limit" => limit).increment(0);
    }
}

/// Counts a request that was refused by the rate limit of its address.
pub(crate) fn rate_limited(limit: &'static str) {
    counter!(RATE_LIMITED, "limit" => limit).increment(1);
}

/// Serves the metrics of the process.
pub(crate) struct Exporter {
    listener: TcpListener,
    metrics: PrometheusHandle,
}

impl Exporter {
    /// Listens on the address and starts recording.
    ///
    /// # Errors
    ///
    /// [`ServerError::ListenMetrics`], and [`ServerError::Config`] if the process already has a recorder.
    pub(crate) async fn bind(address: SocketAddr) -> Result<Self, ServerError> {
        let listener = TcpListener::bind(address).await;
        let listener = listener.map_err(|source| ServerError::ListenMetrics { address, source })?;
        let recorder = metrics_recorder();
        let metrics = recorder.handle();
        ::metrics::set_global_recorder(recorder).map_err(|error| ServerError::Config(error.to_string()))?;
        describe_metrics();
        let address = listener.local_addr().unwrap_or(address);
        tracing::info!("metrics are on http://{address}/metrics");
        if !is_private(address.ip()) {
            tracing::warn!(
                "metrics are served on {}, which is not a private address: whoever can connect to it can read them. \
                 Set MULTI_SESSION_METRICS_ADDR to a loopback or private address, or keep others out with a firewall",
                address.ip()
            );
        }
        Ok(Self { listener, metrics })
    }

    /// Serves metrics until `stop`.
    pub(crate) async fn run(self, accounts: Accounts, stop: CancellationToken) {
        let Self { listener, metrics } = self;
        let app = router(Exported { accounts: accounts.clone(), metrics: metrics.clone() });
        let limits = ConnectionLimits { connections: CONNECTIONS, ..ConnectionLimits::default() };
        let adding_up = async {
            let mut ticks = ticks(ADD_UP_EVERY);
            while stop.run_until_cancelled(ticks.tick()).await.is_some() {
                let metrics = metrics.clone();
                // It takes some milliseconds for 100 000 samples.
                let _ = tokio::task::spawn_blocking(move || metrics.run_upkeep()).await;
            }
        };
        let counting = async {
            let mut ticks = ticks(COUNT_EVERY);
            while stop.run_until_cancelled(ticks.tick()).await.is_some() {
                if let Err(error) = accounts.measure_store().await {
                    let cause = telemetry::with_causes(&error);
                    tracing::warn!(cause, "live sessions and mails could not be counted: retrying later");
                }
            }
        };
        tokio::join!(listen(listener, app, limits, stop.clone()), adding_up, counting);
    }
}

#[derive(Clone)]
struct Exported {
    accounts: Accounts,
    metrics: PrometheusHandle,
}

fn router(exported: Exported) -> Router {
    Router::new().route("/metrics", get(export)).with_state(exported)
}

async fn export(State(Exported { accounts, metrics }): State<Exported>) -> Response {
    accounts.measure();
    match tokio::task::spawn_blocking(move || metrics.render()).await {
        Ok(text) => ([(CONTENT_TYPE, TEXT)], text).into_response(),
        Err(_panicked) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

fn ticks(every: Duration) -> tokio::time::Interval {
    let mut ticks = interval(every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}

/// Whether an address cannot be reached from the internet. The unspecified address (`0.0.0.0`, `::`) may be reachable.
fn is_private(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => address.is_loopback() || address.is_private() || address.is_link_local(),
        IpAddr::V6(address) => {
            address.is_loopback() || address.is_unique_local() || address.is_unicast_link_local()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_addresses_are_recognized() {
        for (address, expected) in [
            ("127.0.0.1", true),
            ("10.1.2.3", true),
            ("172.16.0.1", true),
            ("192.168.1.5", true),
            ("169.254.0.1", true),
            ("::1", true),
            ("fd00::1", true),
            ("fe80::1", true),
            ("::ffff:10.0.0.1", true),
            ("0.0.0.0", false),
            ("::", false),
            ("203.0.113.7", false),
            ("2001:db8::1", false),
        ] {
            assert_eq!(is_private(address.parse().expect("an address")), expected, "{address}");
        }
    }
}
