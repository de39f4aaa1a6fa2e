//! Adds a body to the answers that hyper gives to invalid requests.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::StatusCode;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// A connection that adds a body to hyper's own error answers.
pub(super) struct Explained {
    connection: TcpStream,
    /// The answer that replaces hyper's, and how much of it was written.
    instead: Option<(Vec<u8>, usize)>,
}

impl Explained {
    pub(super) fn new(connection: TcpStream) -> Self {
        Self { connection, instead: None }
    }
}

/// The answer that replaces `sent`, if that is one of hyper's own.
fn explained(sent: &[u8]) -> Option<Vec<u8>> {
    let status = sent.strip_prefix(b"HTTP/1.1 ")?.get(..3)?;
    let status: u16 = std::str::from_utf8(status).ok()?.parse().ok()?;
    let (code, message) = match status {
        400 => ("BAD_REQUEST", "This is not an HTTP request"),
        414 => ("URI_TOO_LONG", "The address is too long"),
        431 => (
            "REQUEST_HEADER_FIELDS_TOO_LARGE",
            "The request's headers are too large or too many. If a browser sent it, delete its cookies for this site.",
        ),
        _ => return None,
    };
    let (head, after) = std::str::from_utf8(sent).ok()?.split_once("\r\n\r\n")?;
    if !after.is_empty() || !head.lines().any(|line| line.eq_ignore_ascii_case("content-length: 0")) {
        return None;
    }
    let reason = StatusCode::from_u16(status).ok()?.canonical_reason()?;
    let body = serde_json::json!({ "message": message, "code": code }).to_string();
    let answer = format!(
        "HTTP/1.1 {status} {reason}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\
         cache-control: no-store\r\nx-content-type-options: nosniff\r\nconnection: close\r\n\r\n{body}",
        body.len()
    );
    Some(answer.into_bytes())
}

impl AsyncRead for Explained {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.connection).poll_read(cx, buf)
    }
}

impl AsyncWrite for Explained {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, sent: &[u8]) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        if this.instead.is_none() {
            this.instead = explained(sent).map(|answer| (answer, 0));
        }
        let Some((answer, written)) = &mut this.instead else {
            return Pin::new(&mut this.connection).poll_write(cx, sent);
        };
        while *written < answer.len() {
            match ready!(Pin::new(&mut this.connection).poll_write(cx, &answer[*written..]))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                more => *written += more,
            }
        }
        this.instead = None;
        Poll::Ready(Ok(sent.len()))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        sent: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match sent.iter().find(|part| !part.is_empty()) {
            Some(first) if self.instead.is_some() || explained(first).is_some() => self.poll_write(cx, first),
            _ => Pin::new(&mut self.connection).poll_write_vectored(cx, sent),
        }
    }

    fn is_write_vectored(&self) -> bool {
        self.connection.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.connection).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.connection).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_with_a_body_or_another_status_are_unchanged() {
        let bare = "HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-length: 0\r\n\r\n";
        let answer = String::from_utf8(explained(bare.as_bytes()).expect("another answer")).expect("text");
        let (head, body) = answer.split_once("\r\n\r\n").expect("a body");
        assert!(head.contains(&format!("\r\ncontent-length: {}\r\n", body.len())), "{head}");
        assert!(head.starts_with("HTTP/1.1 431 Request Header Fields Too Large\r\n"), "{head}");
        for other in [
            "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n",
            "HTTP/1.1 400 Bad Request\r\ncontent-length: 2\r\n\r\n{}",
            "HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\nHTTP/1.1 200 OK\r\n",
            "{}",
        ] {
            assert_eq!(explained(other.as_bytes()), None, "{other}");
        }
    }
}
