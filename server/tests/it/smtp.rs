//! A mail server: it speaks as much SMTP (RFC 5321) as clients need, and keeps what it takes.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// A mail as it was taken.
#[derive(Clone, Debug)]
pub(crate) struct Mail {
    pub(crate) to: String,
    /// Its headers and its text, as they came.
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
        let part = self.text.split("Content-Type: text/plain").nth(1).expect("a plain part");
        let (head, body) = part.split_once("\r\n\r\n").expect("a body");
        let body = body.split("\r\n--").next().expect("its end");
        if head.contains("quoted-printable") { decoded(body) } else { body.to_owned() }
    }

    /// Its one link, from the path on.
    #[track_caller]
    pub(crate) fn link(&self) -> String {
        let plain = self.plain();
        let mut links = plain.lines().filter_map(|line| line.strip_prefix(crate::harness::ORIGIN));
        let link = links.next().expect("a link").to_owned();
        assert_eq!(links.next(), None, "one link");
        link
    }

    /// The secret in its link to one of our pages.
    #[track_caller]
    pub(crate) fn token(&self) -> String {
        self.link().split_once("?token=").expect("a token").1.to_owned()
    }
}

/// Reads quoted-printable (RFC 2045, 6.7).
fn decoded(body: &str) -> String {
    let mut parts = body.replace("=\r\n", "").split('=').map(str::to_owned).collect::<Vec<_>>().into_iter();
    let mut bytes = parts.next().unwrap_or_default().into_bytes();
    for part in parts {
        bytes.push(u8::from_str_radix(&part[..2], 16).expect("two digits"));
        bytes.extend(part[2..].bytes());
    }
    String::from_utf8(bytes).expect("text")
}

/// A mail server of a test; it goes when it is dropped.
pub(crate) struct MailServer {
    pub(crate) address: SocketAddr,
    taken: Arc<Mutex<Vec<Mail>>>,
    /// Recipients that it refuses.
    refused: Arc<Mutex<Vec<String>>>,
    listening: JoinHandle<()>,
}

impl Drop for MailServer {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

impl MailServer {
    pub(crate) async fn start() -> Self {
        Self::start_at("127.0.0.1:0".parse().expect("an address")).await
    }

    pub(crate) async fn start_at(address: SocketAddr) -> Self {
        let listener = TcpListener::bind(address).await.expect("a port");
        let address = listener.local_addr().expect("its address");
        let (taken, refused) = (Arc::<Mutex<Vec<Mail>>>::default(), Arc::<Mutex<Vec<String>>>::default());
        let listening = tokio::spawn({
            let (taken, refused) = (Arc::clone(&taken), Arc::clone(&refused));
            async move {
                let mut serving = tokio::task::JoinSet::new();
                while let Ok((stream, _)) = listener.accept().await {
                    let (taken, refused) = (Arc::clone(&taken), Arc::clone(&refused));
                    serving.spawn(async move { serve(stream, &taken, &refused).await });
                }
            }
        });
        Self { address, taken, refused, listening }
    }

    /// Its URL.
    pub(crate) fn url(&self) -> String {
        format!("smtp://{}", self.address)
    }

    /// What it has taken since it was last asked.
    pub(crate) fn taken(&self) -> Vec<Mail> {
        std::mem::take(&mut *self.taken.lock().expect("the mails"))
    }

    /// The one mail that it has taken since it was last asked.
    #[track_caller]
    pub(crate) fn one(&self) -> Mail {
        let mut taken = self.taken();
        assert_eq!(taken.len(), 1, "{taken:?}");
        taken.remove(0)
    }

    pub(crate) fn refuses(&self, recipient: &str) {
        self.refused.lock().expect("the list").push(recipient.to_owned());
    }
}

async fn serve(stream: TcpStream, taken: &Mutex<Vec<Mail>>, refused: &Mutex<Vec<String>>) -> Option<()> {
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read).lines();
    write.write_all(b"220 test\r\n").await.ok()?;
    let mut to = String::new();
    while let Some(line) = lines.next_line().await.ok()? {
        let verb = line.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
        let answer = match verb.as_str() {
            "EHLO" => "250-test\r\n250 8BITMIME",
            "HELO" | "MAIL" | "NOOP" | "RSET" => "250 ok",
            "RCPT" => {
                to = line.split(['<', '>']).nth(1)?.to_owned();
                let is_refused = refused.lock().expect("the list").contains(&to);
                if is_refused { "550 5.1.1 <nobody@example.org> is unknown" } else { "250 ok" }
            }
            "DATA" => {
                write.write_all(b"354 go on\r\n").await.ok()?;
                let mut text = String::new();
                loop {
                    let line = lines.next_line().await.ok()??;
                    if line == "." {
                        break;
                    }
                    text.push_str(line.strip_prefix('.').unwrap_or(&line));
                    text.push_str("\r\n");
                }
                taken.lock().expect("the mails").push(Mail { to: to.clone(), text });
                "250 taken"
            }
            "QUIT" => "221 bye",
            _ => "502 not here",
        };
        write.write_all(answer.as_bytes()).await.ok()?;
        write.write_all(b"\r\n").await.ok()?;
    }
    Some(())
}
