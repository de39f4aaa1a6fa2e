//! Mails over TLS and with a password: both go only to the right mail server.

use std::sync::Arc;

use multi_session::{AccountStore, SqliteStore, Timestamp};
use rcgen::CertifiedKey;
use tempfile::TempDir;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivatePkcs8KeyDer;

use crate::process::{Process, command, request};
use crate::smtp::{MailServer, PATIENCE, Tls, USERS_PASSWORD};

const GRACE: &str = "grace@example.org";
/// The mail server's user and password, encoded for a URL.
const LOGIN: &str = "ada%40example.org:p%3Ass%2Fw%3Frd";
/// A time at which every queued mail is due.
const LATER: Timestamp = Timestamp::from_unix_ms(4_102_444_800_000);

/// A self-signed certificate in PEM, and a TLS acceptor with it.
pub(crate) fn certificate(name: &str) -> (String, TlsAcceptor) {
    let certified = rcgen::generate_simple_self_signed([name.to_owned()]);
    let CertifiedKey { cert, signing_key } = certified.expect("a certificate");
    let key = PrivatePkcs8KeyDer::from(signing_key.serialize_der());
    let config = ServerConfig::builder().with_no_client_auth();
    let config = config.with_single_cert(vec![cert.der().clone()], key.into()).expect("its key");
    (cert.pem(), TlsAcceptor::from(Arc::new(config)))
}

/// The URL for TLS from the start or for STARTTLS.
fn url(scheme: &str, login: &str, mails: &MailServer) -> String {
    let tls = if scheme == "smtp" { "?tls=required" } else { "" };
    format!("{scheme}://{login}@localhost:{}{tls}", mails.address.port())
}

/// The program with a mail server, and its log so far.
struct Program {
    folder: TempDir,
    process: Process,
    lines: UnboundedReceiver<String>,
    log: String,
}

impl Program {
    /// Starts it. It trusts only the certificates in `roots`.
    fn start(url: &str, roots: &str) -> Self {
        let folder = TempDir::new().expect("a folder");
        let file = folder.path().join("roots.pem");
        std::fs::write(&file, roots).expect("the roots");
        let mut program = command(folder.path());
        program.env("MULTI_SESSION_SMTP_URL", url).env("MULTI_SESSION_MAIL_FROM", "no-reply@example.org");
        program.env("SSL_CERT_FILE", file).env_remove("SSL_CERT_DIR");
        let (process, said) = Process::start_with_lines(program);
        let (hear, lines) = unbounded_channel();
        std::thread::spawn(move || {
            for line in said {
                // Keep reading even if nobody listens any more, so that the program never blocks.
                let _ = hear.send(line + "\n");
            }
        });
        Self { folder, process, lines, log: String::new() }
    }

    /// Grace signs up, and asks for a new password.
    fn is_asked_for_a_mail(&self) {
        let grace = format!(r#"{{"name":"Grace","email":"{GRACE}","password":"correct horse"}}"#);
        let who = format!(r#"{{"email":"{GRACE}"}}"#);
        for (path, body) in [("/api/auth/sign-up/email", grace), ("/api/auth/request-password-reset", who)] {
            let answer = request(self.process.address, "POST", path, "", &body);
            assert_eq!(answer.expect("an answer").0, 200, "{path}");
        }
    }

    /// Waits until the log has a line with this.
    async fn says(&mut self, what: &str) {
        let heard = async {
            while let Some(line) = self.lines.recv().await {
                self.log.push_str(&line);
                if line.contains(what) {
                    return true;
                }
            }
            false
        };
        let heard = timeout(PATIENCE, heard).await;
        assert!(heard.is_ok_and(|heard| heard), "{what} is not in the log: {}", self.log);
    }

    /// Ends it. Returns its log, and the recipients of the mails that are still queued.
    async fn end(self) -> (String, Vec<String>) {
        let Self { folder, process, mut lines, mut log } = self;
        process.kill();
        while let Some(line) = lines.recv().await {
            log.push_str(&line);
        }
        for secret in [USERS_PASSWORD, "p%3Ass", "@", "%40"] {
            assert!(!log.contains(secret), "{secret} is in the log: {log}");
        }
        let url = format!("sqlite://{}", folder.path().join("data/test.db").display());
        let store = SqliteStore::open_existing(&url).await.expect("its database");
        let kept = store.claim_mails(LATER, LATER, 10).await.expect("an answer");
        (log, kept.into_iter().map(|mail| mail.user.email).collect())
    }
}

/// Checks that a mail arrives at this mail server.
async fn it_is_sent(mails: &MailServer, url: &str, roots: &str) {
    let mut program = Program::start(url, roots);
    program.is_asked_for_a_mail();
    let mail = mails.next().await;
    assert_eq!((mail.to.as_str(), mail.header("Subject")), (GRACE, "Reset your Multi-session password"));
    assert!(mail.plain().contains("/reset-password?token="), "{}", mail.plain());
    program.says("a mail was sent").await;
    let (_, kept) = program.end().await;
    assert!(kept.is_empty(), "{kept:?}");
}

/// Checks that a mail is not sent for this reason, and stays queued.
async fn it_is_kept(url: &str, roots: &str, cause: &str) {
    let mut program = Program::start(url, roots);
    program.is_asked_for_a_mail();
    program.says("a mail could not be sent").await;
    let (log, kept) = program.end().await;
    assert!(log.contains(cause), "{log}");
    assert_eq!(kept, [GRACE]);
}

#[tokio::test(flavor = "multi_thread")]
async fn mail_uses_starttls_and_sends_no_password_before_it() {
    let (roots, acceptor) = certificate("localhost");
    let mails = MailServer::start_for_its_user(Tls::Starttls(acceptor)).await;
    it_is_sent(&mails, &url("smtp", LOGIN, &mails), &roots).await;
    assert_eq!(mails.heard_in_the_clear(), ["EHLO", "STARTTLS"]);
    assert_eq!(mails.heard_over_tls(), ["EHLO", "AUTH", "MAIL", "RCPT", "DATA"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn mail_uses_tls_from_the_start() {
    let (roots, acceptor) = certificate("localhost");
    let mails = MailServer::start_for_its_user(Tls::AtOnce(acceptor)).await;
    it_is_sent(&mails, &url("smtps", LOGIN, &mails), &roots).await;
    assert_eq!(mails.heard_over_tls(), ["EHLO", "AUTH", "MAIL", "RCPT", "DATA"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn mail_server_with_an_untrusted_certificate_gets_neither_password_nor_mail() {
    let (_, unknown) = certificate("localhost");
    let (roots, another) = certificate("mail.example.org");
    for (scheme, tls, heard) in [
        ("smtp", Tls::Starttls(unknown.clone()), &["EHLO", "STARTTLS"][..]),
        ("smtps", Tls::AtOnce(unknown), &[]),
        // Its certificate is trusted, but for another name.
        ("smtps", Tls::AtOnce(another), &[]),
    ] {
        let mails = MailServer::start_for_its_user(tls).await;
        it_is_kept(&url(scheme, LOGIN, &mails), &roots, "certificate").await;
        assert_eq!(mails.heard_in_the_clear(), heard);
        assert!(mails.heard_over_tls().is_empty(), "{:?}", mails.heard_over_tls());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn mail_server_without_tls_gets_neither_password_nor_mail() {
    let (roots, _) = certificate("localhost");
    let mails = MailServer::start_for_its_user(Tls::Never).await;
    it_is_kept(&url("smtp", LOGIN, &mails), &roots, "STARTTLS").await;
    assert_eq!(mails.heard_in_the_clear(), ["EHLO"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn refused_smtp_password_is_not_logged_and_the_mail_is_kept() {
    let (roots, acceptor) = certificate("localhost");
    let mails = MailServer::start_for_its_user(Tls::Starttls(acceptor)).await;
    let wrong = format!("{LOGIN}%21");
    it_is_kept(&url("smtp", &wrong, &mails), &roots, "the mail server answered 535").await;
    assert_eq!(mails.heard_over_tls(), ["EHLO", "AUTH"]);
}
