//! Logging to standard error.

use std::error::Error;
use std::io::IsTerminal;

use http::Request;
use multi_session::http::SessionHttp;
use tracing::Span;
use tracing_subscriber::EnvFilter;

use crate::{LogFormat, trace_context};

/// Starts logging at the level of `RUST_LOG`, by default `info`. Panics are logged too.
pub fn init(format: LogFormat) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let log =
        tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_target(false);
    // Control codes are for terminals. NO_COLOR turns them off there too.
    let log = if std::io::stderr().is_terminal() { log } else { log.with_ansi(false) };
    match format {
        LogFormat::Text => log.init(),
        // The list of spans includes the current one.
        LogFormat::Json => log.json().flatten_event(true).with_current_span(false).init(),
    }
    std::panic::set_hook(Box::new(|panic| {
        let location = panic.location().map(ToString::to_string).unwrap_or_default();
        // The message of a panic can contain a person's input, so only its location is logged.
        tracing::error!(location, "a panic");
    }));
}

/// The part of an API path before a mailed secret.
const RESET_PASSWORD: &str = "/reset-password/";

/// The fields in the log lines of a request: its path without a mailed secret, and its trace id if the sender gives
/// one. Never its query, which can contain a person's input.
pub(crate) fn request_span<B>(request: &Request<B>) -> Span {
    let path = without_secret(request.uri().path());
    let trace_id = trace_context::trace_id(request.headers());
    tracing::info_span!("request", method = %request.method(), path, trace_id)
}

fn without_secret(path: &str) -> &str {
    let secret = path.strip_prefix(SessionHttp::API_PATH).and_then(|rest| rest.strip_prefix(RESET_PASSWORD));
    secret.map_or(path, |secret| &path[..path.len() - secret.len()])
}

/// An error and what caused it, in one line.
pub fn with_causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mailed_secret_is_not_logged() {
        assert_eq!(without_secret("/api/auth/reset-password/secret"), "/api/auth/reset-password/");
        assert_eq!(without_secret("/api/auth/reset-password"), "/api/auth/reset-password");
        assert_eq!(without_secret("/sessions"), "/sessions");
    }
}
