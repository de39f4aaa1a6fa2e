//! Sends mails over SMTP.
//!
//! lettre does the SMTP: maintained since 2014, used by most Rust web programs, MIT. It uses rustls and the
//! operating system's root certificates, like the connections to the database.

use std::convert::Infallible;
use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use lettre::message::Mailbox;
use lettre::transport::smtp;
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use multi_session::{Accounts, Mail};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing::Instrument;
use url::{Host, Url};

use crate::{Config, ServerError, telemetry};

mod text;

/// The timeout for connecting to the mail server.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(30);
/// The timeout for a whole mail, well below its lease. A mail server may take ten minutes to confirm a mail.
/// Giving up earlier would send it twice (RFC 5321, 4.5.3.2.6).
const AT_MOST: Duration = Duration::from_secs(12 * 60);
/// How many mails are sent at the same time. A slow mail delays others only when this many are slow.
const ON_THEIR_WAY: usize = 50;
/// How long mails may still take after the server was told to stop: longer than mail servers usually need,
/// and within the 30 seconds that Kubernetes gives a process.
const GRACE: Duration = Duration::from_secs(20);
/// How often to look for mails that have become due, or that other nodes have left behind.
const EVERY: Duration = Duration::from_secs(10);

/// The URL of a mail server. Its printed form has neither user nor password.
#[derive(Clone)]
pub struct SmtpUrl(String);

impl FromStr for SmtpUrl {
    type Err = Infallible;

    // It is checked later: clap's error message would print the whole URL.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(text.to_owned()))
    }
}

impl SmtpUrl {
    /// The URL for lettre: `smtp://` requires STARTTLS, unless the mail server is on this machine or the URL
    /// has `?tls=`.
    fn for_transport(&self) -> Option<String> {
        let mut url = Url::parse(&self.0).ok()?;
        let asks_for_tls = url.query_pairs().any(|(name, _)| name == "tls");
        if url.scheme() == "smtp" && !asks_for_tls && !is_this_machine(url.host_str()?) {
            url.query_pairs_mut().append_pair("tls", "required");
        }
        Some(url.to_string())
    }
}

/// Whether a host is this machine.
pub(crate) fn is_this_machine(host: &str) -> bool {
    match Host::parse(host) {
        Ok(Host::Domain(name)) => {
            name == "localhost" || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
        }
        Ok(Host::Ipv4(address)) => address.is_loopback(),
        Ok(Host::Ipv6(address)) => address.is_loopback(),
        Err(_) => false,
    }
}

impl fmt::Debug for SmtpUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let url = Url::parse(&self.0).ok();
        match url.as_ref().and_then(|url| Some((url.scheme(), url.host_str()?))) {
            Some((scheme, host)) => write!(f, "{scheme}://{host}"),
            None => f.write_str("…"),
        }
    }
}

impl fmt::Display for SmtpUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// Sends the mails of accounts. Cheap to clone.
#[derive(Clone)]
pub struct Mailer(Arc<Inner>);

struct Inner {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    base_url: String,
    look: text::Look,
    /// The timeout for a whole mail.
    at_most: Duration,
    /// How many mails are sent at the same time.
    on_their_way: usize,
    /// How long they may still take after the server was told to stop.
    grace: Duration,
}

impl Mailer {
    /// Reads the configuration. `None` if no mail server is configured. It connects with the first mail.
    ///
    /// # Errors
    ///
    /// [`ServerError::Config`] when the URL or the sender's address is invalid.
    pub fn new(config: &Config) -> Result<Option<Self>, ServerError> {
        let refused = |why: &str| ServerError::Config(why.to_owned());
        let Some(url) = &config.smtp_url else { return Ok(None) };
        let from = config.mail_from.as_deref().filter(|from| !from.is_empty());
        let from =
            from.ok_or_else(|| refused("MULTI_SESSION_SMTP_URL needs MULTI_SESSION_MAIL_FROM beside it"))?;
        let from = from.parse().map_err(|_| {
            refused(
                "MULTI_SESSION_MAIL_FROM must be as in no-reply@example.org or Name <no-reply@example.org>",
            )
        })?;
        // The message does not repeat the URL, which may contain a password.
        let invalid =
            || refused("MULTI_SESSION_SMTP_URL must be as in smtp://user:password@host:port or smtps://…");
        let url = url.for_transport().ok_or_else(invalid)?;
        let transport = AsyncSmtpTransport::<Tokio1Executor>::from_url(&url).map_err(|_| invalid())?;
        // Do not reuse connections: if a mail timed out, the next mail on its connection could read the
        // answer to the earlier one.
        let pool = smtp::PoolConfig::new().max_size(0);
        let transport = transport.timeout(Some(CONNECT_TIMEOUT)).pool_config(pool).build();
        let base_url = config.base_url().trim_end_matches('/').to_owned();
        let look = text::Look::new(config);
        let (at_most, on_their_way, grace) = (AT_MOST, ON_THEIR_WAY, GRACE);
        Ok(Some(Self(Arc::new(Inner { transport, from, base_url, look, at_most, on_their_way, grace }))))
    }

    /// Sends the mails that are due and returns how many were sent. The others are tried again later.
    pub async fn deliver(&self, accounts: &Accounts) -> usize {
        let mut sending = JoinSet::new();
        while self.begin(accounts, &mut sending).await > 0 {}
        sending.join_all().await.into_iter().filter(|sent| *sent).count()
    }

    /// Sends mails as they become due until `stop`, then waits for those that are being sent. Returns for how
    /// many the mail server had not answered: they are sent again after their lease.
    pub(crate) async fn run(self, accounts: Accounts, stop: CancellationToken) -> usize {
        let Inner { on_their_way, grace, .. } = *self.0;
        let mut sending = JoinSet::new();
        while !stop.is_cancelled() {
            while sending.try_join_next().is_some() {}
            if sending.len() >= on_their_way {
                // Requests for mails are handled even if the mail server is slow, so that the queue does not
                // fill up.
                self.look_up(&accounts).await;
            } else if self.begin(&accounts, &mut sending).await > 0 {
                continue;
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = accounts.wait_for_mails() => {}
                // Mails may have become due.
                () = tokio::time::sleep(EVERY) => {}
                // At the limit, a finished mail makes room for the next one. Below the limit, no mail is
                // waiting for room.
                Some(_) = sending.join_next(), if sending.len() >= on_their_way => {}
            }
        }
        let arrive = async { while sending.join_next().await.is_some() {} };
        let _ = tokio::time::timeout(grace, arrive).await;
        sending.len()
    }

    async fn look_up(&self, accounts: &Accounts) {
        if let Err(error) = accounts.look_up_requests().await {
            tracing::warn!(
                cause = telemetry::with_causes(&error),
                "requests for mails could not be looked up: retrying later"
            );
        }
    }

    /// Begins to send the mails that are due and returns their number.
    async fn begin(&self, accounts: &Accounts, sending: &mut JoinSet<bool>) -> usize {
        let mails = match accounts.due_mails().await {
            Ok(mails) => mails,
            Err(error) => {
                tracing::warn!(
                    cause = telemetry::with_causes(&error),
                    "due mails could not be read: retrying later"
                );
                return 0;
            }
        };
        let number = mails.len();
        for mail in mails {
            let (mailer, accounts) = (self.clone(), accounts.clone());
            let span = tracing::info_span!("mail", kind = mail.kind.as_str());
            sending.spawn(async move { mailer.send(&accounts, &mail).await }.instrument(span));
        }
        number
    }

    async fn send(&self, accounts: &Accounts, mail: &Mail) -> bool {
        let Inner { from, base_url, look, .. } = &*self.0;
        let cause = match text::written(mail, from.clone(), base_url, look) {
            Ok(message) => self.post(message).await.err(),
            Err(error) => Some(telemetry::with_causes(&error)),
        };
        let noted = match &cause {
            None => accounts.mail_sent(mail).await,
            Some(cause) => {
                tracing::warn!(kind = mail.kind.as_str(), cause, "a mail could not be sent: retrying later");
                accounts.mail_failed(mail).await
            }
        };
        if let Err(error) = noted {
            tracing::warn!(
                cause = telemetry::with_causes(&error),
                "the outcome of a mail could not be recorded"
            );
        }
        cause.is_none()
    }

    /// Sends a message, or returns why that failed.
    async fn post(&self, message: Message) -> Result<(), String> {
        match tokio::time::timeout(self.0.at_most, self.0.transport.send(message)).await {
            Ok(sent) => sent.map(drop).map_err(|error| without_addresses(&error)),
            Err(_) => Err("the mail server did not answer in time".to_owned()),
        }
    }
}

impl fmt::Debug for Mailer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mailer").finish_non_exhaustive()
    }
}

/// Why a mail was not sent. Of the mail server's answer it has only the code, as the text may contain the
/// recipient's address.
fn without_addresses(error: &smtp::Error) -> String {
    match error.status() {
        Some(status) => format!("the mail server answered {status}"),
        None if error.is_response() => {
            "the mail server gave no answer, or none that was understood".to_owned()
        }
        None => telemetry::with_causes(error),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use multi_session::{AccountStore, Browser, Client, MemoryStore, RequestPasswordReset, Sessions, SignUp};
    use tokio::io::AsyncWriteExt;
    use tokio::net::TcpListener;

    use super::*;

    #[test]
    fn printed_smtp_url_has_no_credentials() {
        for (text, printed) in [
            ("smtp://ada:s3cret@mail.example.org:587", "smtp://mail.example.org"),
            ("smtps://ada%40example.org:s3cret@mail.example.org?tls=s3cret", "smtps://mail.example.org"),
            ("smtp://ada:s3cret/x@mail.example.org", "…"),
            ("ada:s3cret", "…"),
            ("s3cret", "…"),
        ] {
            let url = SmtpUrl(text.to_owned());
            assert!(!format!("{url:?} {url}").contains("s3cret"), "{url}");
            assert_eq!(url.to_string(), printed);
        }
    }

    #[test]
    fn remote_mail_server_requires_tls() {
        for (text, expected) in [
            ("smtp://mail.example.org", "smtp://mail.example.org?tls=required"),
            ("smtp://a:b@mail.example.org:587", "smtp://a:b@mail.example.org:587?tls=required"),
            ("smtp://mail.example.org?tls=opportunistic", "smtp://mail.example.org?tls=opportunistic"),
            ("smtps://mail.example.org", "smtps://mail.example.org"),
            ("smtp://127.0.0.1:2525", "smtp://127.0.0.1:2525"),
            ("smtp://localhost", "smtp://localhost"),
        ] {
            assert_eq!(SmtpUrl(text.to_owned()).for_transport().as_deref(), Some(expected));
        }
    }

    #[tokio::test]
    async fn configuration_errors_do_not_show_the_password() {
        let mailer = |flags: &[&str]| Mailer::new(&Config::parse_from(["multi-session"].iter().chain(flags)));
        assert!(mailer(&[]).expect("no mail").is_none());
        let from = ["--mail-from", "Ours <no-reply@example.org>"];
        for url in ["smtp://u:s3cret@mail.example.org", "smtps://mail.example.org:465", "smtp://[::1]:25"] {
            let flags = [&["--smtp-url", url][..], &from].concat();
            assert!(mailer(&flags).expect("a mail server").is_some(), "{url}");
        }
        for flags in [
            &["--smtp-url", "smtp://u:s3cret@mail.example.org"][..],
            &["--smtp-url", "http://u:s3cret@mail.example.org", from[0], from[1]],
            &["--smtp-url", "u:s3cret", from[0], from[1]],
            &["--smtp-url", "smtp://u:s3cret@mail.example.org?tls=never", from[0], from[1]],
            &["--smtp-url", "smtp://u:s3cret@mail.example.org", "--mail-from", "s3cret"],
        ] {
            let error = mailer(flags).expect_err("it is refused").to_string();
            assert!(error.contains("MULTI_SESSION_") && !error.contains("s3cret"), "{error}");
        }
    }

    /// A mailer for this mail server that sends one mail at a time and does not wait at shutdown.
    fn mailer_for(listener: &TcpListener) -> Mailer {
        let url = format!("smtp://{}", listener.local_addr().expect("its address"));
        let config =
            Config::parse_from(["multi-session", "--smtp-url", &url, "--mail-from", "us@example.org"]);
        let mailer = Mailer::new(&config).expect("a mail server").expect("one");
        let inner = Arc::into_inner(mailer.0).expect("nobody else has it");
        Mailer(Arc::new(Inner { on_their_way: 1, grace: Duration::ZERO, ..inner }))
    }

    fn ask(accounts: &Accounts, name: &str) -> multi_session::Result<()> {
        let form = RequestPasswordReset { email: format!("{name}@example.org"), redirect_to: None };
        accounts.request_password_reset(form)
    }

    /// Accounts with a requested mail to Ada, and with another user, Grace.
    async fn accounts_with_a_mail(store: Arc<MemoryStore>) -> Accounts {
        let accounts = Accounts::builder(Sessions::builder(store).build()).mail(true).build();
        for name in ["ada", "grace"] {
            let form = SignUp {
                name: name.to_owned(),
                email: format!("{name}@example.org"),
                password: "correct horse".to_owned(),
                image: None,
                remember: true,
                shared_computer: false,
            };
            let signed_up = accounts.sign_up(&Browser::default(), &Client::default(), form).await;
            signed_up.expect("an account");
        }
        ask(&accounts, "ada").expect("it is taken");
        accounts
    }

    #[tokio::test]
    async fn mail_without_an_answer_at_shutdown_is_counted_and_sent_again() {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let (mailer, store, stop) =
            (mailer_for(&listener), Arc::new(MemoryStore::default()), CancellationToken::new());
        let accounts = accounts_with_a_mail(Arc::clone(&store)).await;
        let running = tokio::spawn(mailer.run(accounts.clone(), stop.clone()));
        let _silent = listener.accept().await.expect("a connection");
        stop.cancel();
        assert_eq!(running.await.expect("no panic"), 1);
        let now = accounts.sessions().now();
        assert!(store.claim_mails(now, now, 10).await.expect("an answer").is_empty(), "not at once");
        let later = now.plus(Duration::from_secs(15 * 60));
        assert_eq!(store.claim_mails(later, later, 10).await.expect("an answer").len(), 1);
    }

    #[tokio::test]
    async fn password_resets_are_accepted_while_the_mail_server_hangs() {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let (mailer, store, stop) =
            (mailer_for(&listener), Arc::new(MemoryStore::default()), CancellationToken::new());
        let accounts = accounts_with_a_mail(Arc::clone(&store)).await;
        let running = tokio::spawn(mailer.run(accounts.clone(), stop.clone()));
        let _silent = listener.accept().await.expect("a connection");
        for number in 0..3_000 {
            ask(&accounts, &format!("nobody{number}")).unwrap_or_else(|error| panic!("{number}: {error}"));
            tokio::task::yield_now().await;
        }
        ask(&accounts, "grace").expect("it is taken");
        stop.cancel();
        running.await.expect("no panic");
        accounts.look_up_requests().await.expect("an answer");
        let now = accounts.sessions().now();
        let waiting = store.claim_mails(now, now, 10).await.expect("an answer");
        assert_eq!(waiting.iter().map(|mail| &*mail.user.name).collect::<Vec<_>>(), ["grace"]);
    }

    #[tokio::test]
    async fn bad_answers_of_the_mail_server_are_errors_and_not_logged() {
        let long = Duration::from_secs(60);
        for (said, at_most, cause) in [
            ("", Duration::from_millis(500), "the mail server did not answer in time"),
            ("ada@example.org\r\n", long, "the mail server gave no answer, or none that was understood"),
            ("554 ada@example.org\r\n", long, "the mail server answered 554"),
        ] {
            let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
            let inner = Arc::into_inner(mailer_for(&listener).0).expect("nobody else has it");
            let mailer = Mailer(Arc::new(Inner { at_most, ..inner }));
            let to = "ada@example.org".parse().expect("an address");
            let message = Message::builder().from(mailer.0.from.clone()).to(to).body(String::new());
            let served = async {
                let (mut stream, _) = listener.accept().await.expect("a connection");
                stream.write_all(said.as_bytes()).await.expect("it was said");
                stream
            };
            let posted = mailer.post(message.expect("a mail"));
            let (refused, _stream) = tokio::join!(posted, served);
            assert_eq!(refused.expect_err("it is not sent"), cause);
        }
    }
}
