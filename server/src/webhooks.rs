//! Webhooks: each URL is a consumer of the outbox and gets its events over HTTP.
//!
//! hyper sends them, as it also serves requests. hyper-rustls (of the rustls project, MIT or Apache) adds TLS with the
//! operating system's root certificates. Neither follows redirects, and of the answer only the status is read.

use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use http::header::{CONTENT_TYPE, USER_AGENT};
use http::{Request, StatusCode, Uri};
use http_body_util::Full;
use hyper::body::Bytes;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::{Client, Error as ClientError};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use multi_session::{Outbox, OutboxEvent, Sessions, Timestamp, Webhook};
use rustls::crypto::ring;
use rustls::{ClientConfig, RootCertStore};
use sha2::{Digest, Sha256};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::mail::is_this_machine;
use crate::{Config, ServerError};

/// The prefix of the consumers' names.
const PREFIX: &str = "webhook:";
/// How old an event may get before it is given up.
const RETRIED_FOR: Duration = Duration::from_secs(3 * 24 * 60 * 60);
/// How long a receiver may take to answer, as Standard Webhooks recommends.
const TIMEOUT: Duration = Duration::from_secs(15);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long an idle connection is kept: less than most servers keep one.
const IDLE: Duration = Duration::from_secs(20);
/// How often a start tries to add a new URL to the outbox, and how long it waits between.
const TRIES: u32 = 5;
const RETRY_AFTER: Duration = Duration::from_secs(1);
/// How many bytes a secret has (Standard Webhooks: 192 to 512 bits).
const SECRET_BYTES: std::ops::RangeInclusive<usize> = 24..=64;

/// A URL that webhooks are sent to. Its printed form has neither path nor query, which can contain a secret.
#[derive(Clone)]
pub struct WebhookUrl(String);

/// The configured secrets of a URL. They are never printed.
#[derive(Clone)]
pub struct WebhookSecret(String);

// They are checked later: clap's error message would print them.
impl FromStr for WebhookUrl {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(text.trim().to_owned()))
    }
}

impl FromStr for WebhookSecret {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(text.trim().to_owned()))
    }
}

impl fmt::Debug for WebhookUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let origin = Url::parse(&self.0).map(|url| url.origin()).ok().filter(url::Origin::is_tuple);
        f.write_str(&origin.map_or_else(|| "…".to_owned(), |origin| origin.ascii_serialization()))
    }
}

impl fmt::Debug for WebhookSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WebhookSecret(..)")
    }
}

/// Sends webhooks. Cheap to clone.
#[derive(Clone)]
pub struct Webhooks {
    endpoints: Vec<Arc<Endpoint>>,
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    timeout: Duration,
}

/// A URL with its keys.
pub(crate) struct Endpoint {
    /// A short id for commands and logs, derived from the URL, which is long and can contain a secret.
    pub(crate) id: String,
    /// The URL without path and query.
    pub(crate) origin: String,
    uri: Uri,
    /// The current key first.
    keys: Vec<Hmac<Sha256>>,
    /// Whether webhooks are sent unencrypted over the network.
    is_unencrypted: bool,
}

/// Why a webhook was not delivered. It never contains the URL or text of the answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotDelivered {
    #[error("it answered {}, and redirects are not followed", .0.as_u16())]
    Redirect(StatusCode),
    #[error("it answered {}", .0.as_u16())]
    Status(StatusCode),
    #[error("it did not answer within {0:?}")]
    Timeout(Duration),
    #[error("it cannot be reached")]
    Unreachable(#[source] ClientError),
    #[error("the body cannot be written")]
    Body(#[source] serde_json::Error),
    #[error("the request cannot be made")]
    Request(#[source] http::Error),
}

impl Webhooks {
    /// Reads the configuration. `None` if no URL is configured. It connects with the first event.
    ///
    /// # Errors
    ///
    /// [`ServerError::Config`] when a URL or a secret is invalid.
    pub fn new(config: &Config) -> Result<Option<Self>, ServerError> {
        let (urls, secrets) = (&config.webhook_url, &config.webhook_secret);
        // An empty variable sets nothing. An empty item among others is an error, because it would shift the pairs.
        if urls.iter().all(|url| url.0.is_empty()) && secrets.iter().all(|secret| secret.0.is_empty()) {
            return Ok(None);
        }
        if urls.len() != secrets.len() {
            return Err(ServerError::Config(format!(
                "MULTI_SESSION_WEBHOOK_URL has {} and MULTI_SESSION_WEBHOOK_SECRET {}: set a secret for each URL, in the \
                 same order",
                urls.len(),
                secrets.len()
            )));
        }
        let mut endpoints: Vec<Arc<Endpoint>> = Vec::new();
        for (url, secret) in urls.iter().zip(secrets) {
            let endpoint =
                Endpoint::new(url, secret).map_err(|error| ServerError::Config(error.to_owned()))?;
            if endpoints.iter().any(|other| other.id == endpoint.id) {
                return Err(ServerError::Config("MULTI_SESSION_WEBHOOK_URL has a URL twice".to_owned()));
            }
            endpoints.push(Arc::new(endpoint));
        }
        Ok(Some(Self { endpoints, client: client(), timeout: TIMEOUT }))
    }

    /// Sets how long a receiver may take to answer, by default 15 seconds.
    #[must_use]
    pub fn with_timeout(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }

    /// Stores events for each URL from now on, and sends them until `stop`. Then it finishes those that are being sent.
    ///
    /// # Errors
    ///
    /// [`ServerError::Webhooks`] when the database fails.
    pub async fn start(
        &self,
        sessions: &Sessions,
        stop: &CancellationToken,
    ) -> Result<JoinSet<()>, ServerError> {
        let mut delivering = JoinSet::new();
        let mut outboxes = Vec::new();
        for endpoint in &self.endpoints {
            outboxes.push(outbox(sessions, endpoint).await?);
        }
        for (endpoint, outbox) in self.endpoints.iter().zip(outboxes) {
            let Endpoint { id, origin, is_unencrypted, .. } = &**endpoint;
            tracing::info!("webhooks are sent to {origin} ({id})");
            if *is_unencrypted {
                tracing::warn!("webhooks to {origin} ({id}) are not encrypted: use https");
            }
            let outbox = outbox.give_up_after(RETRIED_FOR);
            let (webhooks, endpoint, clock) = (self.clone(), Arc::clone(endpoint), sessions.clone());
            delivering.spawn(outbox.run(stop.clone().cancelled_owned(), move |event| {
                let (webhooks, endpoint, now) = (webhooks.clone(), Arc::clone(&endpoint), clock.now());
                async move { webhooks.deliver(&endpoint, &event, now).await }
            }));
        }
        Ok(delivering)
    }

    pub(crate) fn endpoints(&self) -> impl Iterator<Item = &Endpoint> {
        self.endpoints.iter().map(|endpoint| &**endpoint)
    }

    async fn deliver(
        &self,
        endpoint: &Endpoint,
        event: &OutboxEvent,
        now: Timestamp,
    ) -> Result<(), NotDelivered> {
        let (id, webhook) = (Webhook::id(event), Webhook::from(event));
        self.send(endpoint, &id, &webhook, now).await?;
        tracing::debug!("sent the webhook {} {id} to {}", webhook.kind.as_str(), endpoint.id);
        Ok(())
    }

    /// Sends a test event.
    pub(crate) async fn test(&self, endpoint: &Endpoint, now: Timestamp) -> Result<(), NotDelivered> {
        let id = format!("evt_test_{}", now.unix_ms());
        self.send(endpoint, &id, &Webhook::test(now), now).await
    }

    async fn send(
        &self,
        endpoint: &Endpoint,
        id: &str,
        webhook: &Webhook,
        now: Timestamp,
    ) -> Result<(), NotDelivered> {
        let body = serde_json::to_vec(webhook).map_err(NotDelivered::Body)?;
        let request = endpoint.request(id, now, body).map_err(NotDelivered::Request)?;
        match tokio::time::timeout(self.timeout, self.client.request(request)).await {
            Ok(Ok(answer)) if answer.status().is_success() => Ok(()),
            Ok(Ok(answer)) if answer.status().is_redirection() => {
                Err(NotDelivered::Redirect(answer.status()))
            }
            Ok(Ok(answer)) => Err(NotDelivered::Status(answer.status())),
            Ok(Err(error)) => Err(NotDelivered::Unreachable(error)),
            Err(_) => Err(NotDelivered::Timeout(self.timeout)),
        }
    }
}

/// Adds the consumer of an endpoint. A new one waits for running changes, and tries again if they take long.
async fn outbox(sessions: &Sessions, endpoint: &Endpoint) -> Result<Outbox, ServerError> {
    let mut tries = 1;
    loop {
        match sessions.outbox(&endpoint.consumer()).await {
            Err(error) if tries < TRIES => {
                let cause = &error as &dyn std::error::Error;
                tracing::warn!(cause, "events for webhooks cannot be kept yet: trying again");
                tries += 1;
                tokio::time::sleep(RETRY_AFTER).await;
            }
            outcome => return outcome.map_err(ServerError::Webhooks),
        }
    }
}

impl fmt::Debug for Webhooks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.endpoints().map(|endpoint| &endpoint.origin)).finish()
    }
}

impl Endpoint {
    /// Checks a URL and its secrets. The error does not repeat them.
    fn new(url: &WebhookUrl, secrets: &WebhookSecret) -> Result<Self, &'static str> {
        let url = Url::parse(&url.0).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
        let mut url = url.ok_or("MULTI_SESSION_WEBHOOK_URL must be as in https://example.org/webhooks")?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err("MULTI_SESSION_WEBHOOK_URL must not have a user or a password: webhooks are signed");
        }
        url.set_fragment(None);
        let host = url.host_str().ok_or("MULTI_SESSION_WEBHOOK_URL has no host")?;
        let invalid = "MULTI_SESSION_WEBHOOK_SECRET must be whsec_ and the base64 of 24 to 64 random bytes: \
                       `openssl rand -base64 32` prints such base64";
        let keys = secrets.0.split_ascii_whitespace().map(key).collect::<Option<Vec<_>>>();
        let hash = Sha256::digest(url.as_str());
        Ok(Self {
            id: hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect(),
            origin: url.origin().ascii_serialization(),
            is_unencrypted: url.scheme() == "http" && !is_this_machine(host),
            keys: keys.filter(|keys| !keys.is_empty()).ok_or(invalid)?,
            uri: url.as_str().parse().map_err(|_| "MULTI_SESSION_WEBHOOK_URL is too long")?,
        })
    }

    /// The name of its consumer of the outbox.
    pub(crate) fn consumer(&self) -> String {
        format!("{PREFIX}{}", self.id)
    }

    /// The id of the endpoint whose events the consumer gets; `None` for other consumers.
    pub(crate) fn id_of(consumer: &str) -> Option<&str> {
        consumer.strip_prefix(PREFIX)
    }

    fn request(&self, id: &str, now: Timestamp, body: Vec<u8>) -> Result<Request<Full<Bytes>>, http::Error> {
        let seconds = now.unix_ms().div_euclid(1_000);
        Request::post(self.uri.clone())
            .header(CONTENT_TYPE, "application/json")
            .header(USER_AGENT, concat!("multi-session/", env!("CARGO_PKG_VERSION")))
            .header("webhook-id", id)
            .header("webhook-timestamp", seconds)
            .header("webhook-signature", self.sign(id, seconds, &body))
            .body(Full::from(body))
    }

    /// One signature per key. While a key is being replaced, receivers accept any of them.
    fn sign(&self, id: &str, seconds: i64, body: &[u8]) -> String {
        let signatures = self.keys.iter().map(|key| {
            let mut mac = key.clone();
            mac.update(format!("{id}.{seconds}.").as_bytes());
            mac.update(body);
            format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
        });
        signatures.collect::<Vec<_>>().join(" ")
    }
}

fn key(secret: &str) -> Option<Hmac<Sha256>> {
    let bytes = STANDARD.decode(secret.strip_prefix("whsec_")?).ok()?;
    SECRET_BYTES.contains(&bytes.len()).then(|| Hmac::new_from_slice(&bytes).ok())?
}

fn client() -> Client<HttpsConnector<HttpConnector>, Full<Bytes>> {
    // Without root certificates every https URL fails, and the log says so. Plain http needs none.
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("ring has the cipher suites of TLS 1.2 and 1.3")
        .with_root_certificates(roots)
        .with_no_client_auth();
    let mut connector = HttpConnector::new();
    connector.enforce_http(false);
    connector.set_connect_timeout(Some(CONNECT_TIMEOUT));
    let connector = HttpsConnectorBuilder::new()
        .with_tls_config(config)
        .https_or_http()
        .enable_http1()
        .wrap_connector(connector);
    Client::builder(TokioExecutor::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(IDLE)
        .build(connector)
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    const SECRET: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
    const ANOTHER: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    fn endpoint(secrets: &str) -> Endpoint {
        let url = WebhookUrl("https://example.org/hooks".to_owned());
        Endpoint::new(&url, &WebhookSecret(secrets.to_owned())).expect("an endpoint")
    }

    /// The example in the libraries of Standard Webhooks.
    #[test]
    fn signature_matches_the_example_of_the_standard() {
        const ID: &str = "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk";
        const BODY: &[u8] = br#"{"email":"test@example.com","username":"test_user"}"#;
        let expected = "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=";
        assert_eq!(endpoint(SECRET).sign(ID, 1_649_367_553, BODY), expected);
        let both = endpoint(&format!("{SECRET} {ANOTHER}")).sign(ID, 1_649_367_553, BODY);
        let (first, second) = both.split_once(' ').expect("two signatures");
        assert_eq!(first, expected);
        assert!(second.starts_with("v1,") && second != first);
    }

    fn new(urls: &str, secrets: &str) -> Result<Option<Webhooks>, ServerError> {
        let flags = ["multi-session", "--webhook-url", urls, "--webhook-secret", secrets];
        Webhooks::new(&Config::parse_from(flags))
    }

    #[test]
    fn configuration_errors_do_not_show_secrets() {
        assert!(new("", "").expect("no webhook").is_none());
        let two = new(
            "https://a.example/s3cret, http://127.0.0.1:8080/?key=s3cret",
            &format!("{SECRET},{ANOTHER}"),
        );
        let two = two.expect("two webhooks").expect("two webhooks");
        assert_eq!(format!("{two:?}"), r#"["https://a.example", "http://127.0.0.1:8080"]"#);
        for (urls, secrets) in [
            ("https://s3cret.example", ""),
            ("", SECRET),
            ("https://a.example/s3cret,https://b.example", SECRET),
            ("https://a.example/s3cret,https://a.example/s3cret", &format!("{SECRET},{SECRET}")),
            ("https://ada:s3cret@a.example", SECRET),
            ("ftp://a.example/s3cret", SECRET),
            ("s3cret", SECRET),
            ("https://a.example", "s3cret"),
            ("https://a.example", "whsec_s3cret"),
            ("https://a.example", "C2FVsBQIhrscChlQIMV+b5sSYspob7oD"),
        ] {
            let error = new(urls, secrets).expect_err("it is refused").to_string();
            assert!(error.contains("MULTI_SESSION_WEBHOOK_") && !error.contains("s3cret"), "{error}");
        }
    }

    #[test]
    fn secrets_are_not_printed() {
        let config = Config::parse_from([
            "multi-session",
            "--webhook-url",
            "https://a.example/s3cret?key=s3cret,s3cret",
            "--webhook-secret",
            "s3cret",
        ]);
        let printed = format!("{config:?}");
        assert!(printed.contains("https://a.example") && !printed.contains("s3cret"), "{printed}");
    }

    #[test]
    fn only_plain_http_to_other_machines_is_unencrypted() {
        for (url, expected) in [
            ("https://example.org", false),
            ("http://127.0.0.1:8080", false),
            ("http://localhost/hooks", false),
            ("http://[::1]:8080", false),
            ("http://10.0.0.7", true),
            ("http://example.org", true),
        ] {
            let endpoint = Endpoint::new(&WebhookUrl(url.to_owned()), &WebhookSecret(SECRET.to_owned()));
            assert_eq!(endpoint.expect("an endpoint").is_unencrypted, expected, "{url}");
        }
    }
}
