//! A mail server with as much SMTP (RFC 5321) as clients need, optionally with TLS and a password. It keeps
//! the mails that it receives.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, watch};
use tokio::task::{JoinHandle, JoinSet};
use tokio_rustls::TlsAcceptor;

/// The user and password of a mail server. In a URL both are percent-encoded.
const USER: &str = "ada@example.org";
pub(crate) const USERS_PASSWORD: &str = "p:ss/w?rd";

/// The timeout for mails.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// A received mail.
#[derive(Clone, Debug)]
pub(crate) struct Mail {
    pub(crate) to: String,
    /// Its headers and its text, as received.
    pub(crate) text: String,
}

impl Mail {
    /// A header's value.
    #[track_caller]
    pub(crate) fn header(&self, name: &str) -> &str {
        let head = self.text.split("\r\n\r\n").next().expect("a head");
        let found = head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
        found.unwrap_or_else(|| panic!("no {name} in {head}"))
    }

    /// The plain text.
    pub(crate) fn plain(&self) -> String {
        let (head, body) = self.text.split_once("\r\n\r\n").expect("a head");
        let delimiter = format!("\r\n--{}", boundary(head));
        // The first delimiter may begin the body.
        let body = format!("\r\n{body}");
        let mut parts = body.split(&delimiter).filter_map(|part| part.split_once("\r\n\r\n"));
        let plain = parts.find(|(head, _)| head.contains("Content-Type: text/plain"));
        let (head, text) = plain.expect("a plain part");
        if head.contains("quoted-printable") { decoded(text) } else { text.to_owned() }
    }

    /// Its only link, from the path on.
    #[track_caller]
    pub(crate) fn link(&self) -> String {
        let plain = self.plain();
        let mut links = plain.lines().filter_map(|line| line.strip_prefix(crate::harness::ORIGIN));
        let link = links.next().expect("a link").to_owned();
        assert_eq!(links.next(), None, "one link");
        link
    }

    /// The token in its link to one of our pages.
    #[track_caller]
    pub(crate) fn token(&self) -> String {
        self.link().split_once("?token=").expect("a token").1.to_owned()
    }
}

/// The delimiter of the parts of a mail with this head (RFC 2046, 5.1.1).
fn boundary(head: &str) -> String {
    let head = head.replace("\r\n ", " ").replace("\r\n\t", " ");
    let kind = head.lines().find_map(|line| line.strip_prefix("Content-Type: ")).expect("a kind");
    let (_, boundary) = kind.split_once("boundary=").expect("a boundary");
    let boundary = match boundary.strip_prefix('"') {
        Some(quoted) => quoted.split('"').next(),
        None => boundary.split([';', ' ']).next(),
    };
    boundary.expect("its text").to_owned()
}

/// Reads quoted-printable (RFC 2045, 6.7).
fn decoded(body: &str) -> String {
    let body = body.replace("=\r\n", "");
    // The break after a last `=` belongs to the delimiter.
    let mut parts = body.strip_suffix('=').unwrap_or(&body).split('=');
    let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        bytes.push(u8::from_str_radix(&part[..2], 16).expect("two digits"));
        bytes.extend(part[2..].bytes());
    }
    String::from_utf8(bytes).expect("text")
}

/// When a mail server begins TLS.
pub(crate) enum Tls {
    Never,
    /// After STARTTLS, which it offers.
    Starttls(TlsAcceptor),
    /// From the start.
    AtOnce(TlsAcceptor),
}

/// A mail server of a test. Dropping it stops it.
pub(crate) struct MailServer {
    pub(crate) address: SocketAddr,
    office: Arc<Office>,
    listening: JoinHandle<()>,
}

/// Its settings and its state.
struct Office {
    tls: Tls,
    /// Whether it requires the password.
    has_user: bool,
    taken: Mutex<Vec<Mail>>,
    came: Notify,
    /// Recipients that it refuses.
    refused: Mutex<Vec<String>>,
    /// Every command that it received, and whether that was over TLS.
    heard: Mutex<Vec<(bool, String)>>,
    /// Whether it delays its answers to mails.
    is_silent: watch::Sender<bool>,
}

impl Drop for MailServer {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

impl MailServer {
    pub(crate) async fn start() -> Self {
        Self::start_at(any_port()).await
    }

    pub(crate) async fn start_at(address: SocketAddr) -> Self {
        Self::open(address, Tls::Never, false).await
    }

    /// Starts one that requires the password. It also asks for it without TLS, so that a client that waits
    /// for TLS does so by itself.
    pub(crate) async fn start_for_its_user(tls: Tls) -> Self {
        Self::open(any_port(), tls, true).await
    }

    async fn open(address: SocketAddr, tls: Tls, has_user: bool) -> Self {
        let listener = TcpListener::bind(address).await.expect("a port");
        let address = listener.local_addr().expect("its address");
        let office = Arc::new(Office {
            tls,
            has_user,
            taken: Mutex::default(),
            came: Notify::new(),
            refused: Mutex::default(),
            heard: Mutex::default(),
            is_silent: watch::Sender::new(false),
        });
        let listening = tokio::spawn({
            let office = Arc::clone(&office);
            async move {
                let mut serving = JoinSet::new();
                while let Ok((stream, _)) = listener.accept().await {
                    let office = Arc::clone(&office);
                    serving.spawn(async move { serve(stream, &office).await });
                }
            }
        });
        Self { address, office, listening }
    }

    /// Its URL.
    pub(crate) fn url(&self) -> String {
        format!("smtp://{}", self.address)
    }

    /// The mails since the last call.
    pub(crate) fn taken(&self) -> Vec<Mail> {
        std::mem::take(&mut *self.office.taken.lock().expect("the mails"))
    }

    /// The only mail since the last call.
    #[track_caller]
    pub(crate) fn one(&self) -> Mail {
        let mut taken = self.taken();
        assert_eq!(taken.len(), 1, "{taken:?}");
        taken.remove(0)
    }

    /// Waits for the next mail.
    pub(crate) async fn next(&self) -> Mail {
        let next = async {
            loop {
                if let Some(mail) = self.first() {
                    return mail;
                }
                // This also wakes for a mail that came after the check.
                self.office.came.notified().await;
            }
        };
        tokio::time::timeout(PATIENCE, next).await.expect("a mail")
    }

    fn first(&self) -> Option<Mail> {
        let mut taken = self.office.taken.lock().expect("the mails");
        (!taken.is_empty()).then(|| taken.remove(0))
    }

    pub(crate) fn refuses(&self, recipient: &str) {
        self.office.refused.lock().expect("the list").push(recipient.to_owned());
    }

    /// Sets whether it delays its answers to mails, like a slow server.
    pub(crate) fn be_silent(&self, is_silent: bool) {
        self.office.is_silent.send_replace(is_silent);
    }

    /// The commands that it received in plain text.
    pub(crate) fn heard_in_the_clear(&self) -> Vec<String> {
        self.heard(false)
    }

    /// The commands that it received over TLS.
    pub(crate) fn heard_over_tls(&self) -> Vec<String> {
        self.heard(true)
    }

    /// Without QUIT, which may arrive at any time.
    fn heard(&self, over_tls: bool) -> Vec<String> {
        let heard = self.office.heard.lock().expect("the commands");
        let meant = heard.iter().filter(|(over, verb)| *over == over_tls && verb != "QUIT");
        meant.map(|(_, verb)| verb.clone()).collect()
    }
}

fn any_port() -> SocketAddr {
    "127.0.0.1:0".parse().expect("an address")
}

impl Office {
    fn begins_tls(&self, over_tls: bool) -> bool {
        !over_tls && matches!(self.tls, Tls::Starttls(_))
    }

    /// Its answer to EHLO.
    fn offers(&self, over_tls: bool) -> String {
        let starttls = if self.begins_tls(over_tls) { "250-STARTTLS\r\n" } else { "" };
        let auth = if self.has_user { "250-AUTH PLAIN\r\n" } else { "" };
        format!("250-test\r\n{starttls}{auth}250 8BITMIME")
    }

    /// Whether this is the password of its user (RFC 4616).
    fn is_of_its_user(&self, line: &str) -> bool {
        let proof = BASE64_STANDARD.encode(format!("\0{USER}\0{USERS_PASSWORD}"));
        line == format!("AUTH PLAIN {proof}")
    }
}

const GREETING: &str = "220 test";

async fn serve(mut stream: TcpStream, office: &Office) -> Option<()> {
    if let Tls::AtOnce(acceptor) = &office.tls {
        let mut stream = acceptor.accept(stream).await.ok()?;
        say(&mut stream, GREETING).await?;
        return converse(stream, true, office).await.map(drop);
    }
    say(&mut stream, GREETING).await?;
    let stream = converse(stream, false, office).await?;
    let Tls::Starttls(acceptor) = &office.tls else { return None };
    let stream = acceptor.accept(stream).await.ok()?;
    converse(stream, true, office).await.map(drop)
}

/// Answers until the client disconnects. Returns the stream to continue over TLS.
async fn converse<S>(stream: S, over_tls: bool, office: &Office) -> Option<S>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut stream = BufReader::new(stream);
    let offers = office.offers(over_tls);
    let mut is_known = !office.has_user;
    let mut to = String::new();
    while let Some(line) = next_line(&mut stream).await {
        let verb = line.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
        office.heard.lock().expect("the commands").push((over_tls, verb.clone()));
        let answer = match verb.as_str() {
            "EHLO" => offers.as_str(),
            "STARTTLS" if office.begins_tls(over_tls) => {
                say(&mut stream, "220 go on").await?;
                return Some(stream.into_inner());
            }
            "AUTH" if office.has_user => {
                is_known = office.is_of_its_user(&line);
                // Like real mail servers, it says more than a log should contain.
                if is_known { "235 2.7.0 welcome" } else { "535 5.7.8 ada@example.org has another password" }
            }
            "MAIL" if !is_known => "530 5.7.0 who is it?",
            "HELO" | "MAIL" | "NOOP" | "RSET" => "250 ok",
            "RCPT" => {
                to = line.split(['<', '>']).nth(1)?.to_owned();
                let is_refused = office.refused.lock().expect("the list").contains(&to);
                if is_refused { "550 5.1.1 <nobody@example.org> is unknown" } else { "250 ok" }
            }
            "DATA" => {
                say(&mut stream, "354 go on").await?;
                let mut text = String::new();
                loop {
                    let line = next_line(&mut stream).await?;
                    if line == "." {
                        break;
                    }
                    text.push_str(line.strip_prefix('.').unwrap_or(&line));
                    text.push_str("\r\n");
                }
                office.taken.lock().expect("the mails").push(Mail { to: to.clone(), text });
                office.came.notify_one();
                office.is_silent.subscribe().wait_for(|is_silent| !is_silent).await.ok()?;
                "250 taken"
            }
            "QUIT" => "221 bye",
            _ => "502 not here",
        };
        say(&mut stream, answer).await?;
    }
    None
}

/// The next line without its end.
async fn next_line<S: AsyncBufRead + Unpin>(stream: &mut S) -> Option<String> {
    let mut line = String::new();
    let read = stream.read_line(&mut line).await.ok()?;
    (read > 0).then(|| line.trim_end_matches(['\r', '\n']).to_owned())
}

async fn say<S: AsyncWrite + Unpin>(stream: &mut S, text: &str) -> Option<()> {
    stream.write_all(format!("{text}\r\n").as_bytes()).await.ok()?;
    // TLS may buffer written data.
    stream.flush().await.ok()
}

/// After a soft line break a token continues with any base64url characters, which may look like the beginning
/// of a delimiter.
#[test]
fn secret_that_resembles_the_delimiter_is_read_completely() {
    for (parameters, part) in [("\r\n boundary=\"pa:rt\"", "pa:rt"), (" boundary=part; a=b", "part")] {
        let text = format!(
            "Subject: Choose a new password\r\nContent-Type: multipart/alternative;{parameters}\r\nMIME-Version: 1.0\r\n\r\n\
             --{part}\r\nContent-Type: text/plain; charset=utf-8\r\n\
             Content-Transfer-Encoding: quoted-printable\r\n\r\n\
             Choose one:\r\n{}/reset-password?token=3DAAAA=\r\n--BB-=\r\nCCCC\r\n=\r\n\
             --{part}\r\nContent-Type: text/html; charset=utf-8\r\n\r\nno link\r\n--{part}--\r\n",
            crate::harness::ORIGIN
        );
        let mail = Mail { to: String::new(), text };
        assert_eq!(mail.token(), "AAAA--BB-CCCC");
    }
}
