//! Metrics of passwords and mails: see [`crate::metrics`].

use std::time::Duration;

use ::metrics::{counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};

use crate::MailKind;

const THROTTLED: &str = "multi_session_throttled_total";
const WAITING: &str = "multi_session_password_queue_waiting";
const RUNNING: &str = "multi_session_password_hashes_running";
const REFUSED: &str = "multi_session_password_queue_refused_total";
const WAIT_SECONDS: &str = "multi_session_password_queue_wait_seconds";
const MAILS: &str = "multi_session_mails_total";
const MAILS_WAITING: &str = "multi_session_mails_waiting";

/// How an attempt to send a mail ended.
#[derive(Clone, Copy, Debug)]
pub(super) enum MailOutcome {
    Sent,
    Failed,
    GivenUp,
}

impl MailOutcome {
    const ALL: [Self; 3] = [Self::Sent, Self::Failed, Self::GivenUp];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Failed => "failed",
            Self::GivenUp => "given_up",
        }
    }
}

/// Registers the metrics. Those with known labels start at zero.
pub(crate) fn describe() {
    describe_counter!(THROTTLED, "Attempts with a password that had to wait because earlier ones failed.");
    describe_gauge!(WAITING, "Passwords that wait to be hashed on this node.");
    describe_gauge!(RUNNING, "Passwords that are being hashed on this node.");
    describe_counter!(REFUSED, "Requests that were refused because the password queue was full.");
    describe_histogram!(WAIT_SECONDS, "How long passwords waited to be hashed.");
    describe_counter!(MAILS, "Attempts to send a mail, by kind and outcome.");
    describe_gauge!(MAILS_WAITING, "Mails in the queue in the database.");
    counter!(THROTTLED).increment(0);
    counter!(REFUSED).increment(0);
    let _ = histogram!(WAIT_SECONDS);
    for kind in MailKind::ALL {
        for outcome in MailOutcome::ALL {
            counter!(MAILS, "kind" => kind.as_str(), "outcome" => outcome.as_str()).increment(0);
        }
    }
}

pub(super) fn throttled() {
    counter!(THROTTLED).increment(1);
}

pub(super) fn password_waited(time: Duration) {
    histogram!(WAIT_SECONDS).record(time);
}

pub(super) fn password_refused() {
    counter!(REFUSED).increment(1);
}

/// Sets the gauges of the password queue.
pub(super) fn set_passwords(waiting: usize, running: usize) {
    gauge!(WAITING).set(waiting as f64);
    gauge!(RUNNING).set(running as f64);
}

pub(super) fn mail(kind: MailKind, outcome: MailOutcome) {
    counter!(MAILS, "kind" => kind.as_str(), "outcome" => outcome.as_str()).increment(1);
}

/// Sets the gauge of the mail queue.
pub(super) fn set_mails_waiting(number: u64) {
    gauge!(MAILS_WAITING).set(number as f64);
}
