//! Limits of connections: clients that send too much, too slowly, or only occupy connections.

use std::net::SocketAddr;
use std::time::Duration;

use multi_session::{Clock, HistoryKind, NewHistoryEntry, UserId};
use server::{ConnectionLimits, listen};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::time::timeout;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::harness::{FIREFOX, TestApp, text};

/// A timeout that is far longer than anything takes.
const PATIENCE: Duration = Duration::from_secs(20);

const LIMITS: ConnectionLimits = ConnectionLimits {
    connections: 2,
    head_bytes: 8 * 1024,
    headers: 20,
    head_time: Duration::from_millis(400),
    write_time: Duration::from_millis(400),
};

async fn serve(limits: ConnectionLimits) -> (TestApp, SocketAddr, DropGuard) {
    let app = TestApp::start().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let stop = CancellationToken::new();
    tokio::spawn(listen(listener, app.router(), limits, stop.clone()));
    (app, address, stop.drop_guard())
}

async fn connect(address: SocketAddr) -> TcpStream {
    TcpStream::connect(address).await.expect("a connection")
}

/// Sends bytes, and returns the answer until the connection is closed.
async fn answer(connection: &mut TcpStream, sent: &str) -> String {
    // The server may have closed it before everything is sent.
    let _ = connection.write_all(sent.as_bytes()).await;
    let mut bytes = Vec::new();
    // Closing with unread bytes is a reset.
    let _ = timeout(PATIENCE, connection.read_to_end(&mut bytes)).await.expect("it is closed in time");
    String::from_utf8(bytes).expect("text")
}

fn status(answer: &str) -> &str {
    answer.split(' ').nth(1).unwrap_or_default()
}

const GET: &str = "GET /healthz HTTP/1.1\r\nhost: x\r\n";

#[tokio::test]
async fn a_head_that_is_too_large_or_has_too_many_headers_is_431() {
    let (_app, address, _stop) = serve(LIMITS).await;
    let fits = format!("{GET}x: {}\r\nconnection: close\r\n\r\n", "x".repeat(4 * 1024));
    assert_eq!(status(&answer(&mut connect(address).await, &fits).await), "200");
    let large = |bytes: usize| format!("{GET}x: {}\r\n\r\n", "x".repeat(bytes));
    let many = format!("{GET}{}\r\n", "x: y\r\n".repeat(30));
    for sent in [large(9 * 1024), large(8 * 1024 - GET.len() - 6), large(20 * 1024), many] {
        let answer = answer(&mut connect(address).await, &sent).await;
        assert_eq!(status(&answer), "431", "{} bytes", sent.len());
        let (head, body) = answer.split_once("\r\n\r\n").expect("a body");
        assert!(head.contains("content-type: application/json"), "{head}");
        let body: serde_json::Value = serde_json::from_str(body).expect("JSON");
        assert_eq!(body["code"], "REQUEST_HEADER_FIELDS_TOO_LARGE");
    }
    // The last byte that fits.
    let fits = large(8 * 1024 - GET.len() - 7);
    assert_eq!(fits.len(), 8 * 1024);
    let mut connection = connect(address).await;
    connection.write_all(fits.as_bytes()).await.expect("a request");
    let mut begun = [0; 12];
    connection.read_exact(&mut begun).await.expect("an answer");
    assert_eq!(&begun, b"HTTP/1.1 200");
}

#[tokio::test]
async fn the_default_limit_of_a_head_is_the_documented_one() {
    let (_app, address, _stop) = serve(ConnectionLimits::default()).await;
    for (bytes, expected) in [(31 * 1024, "200"), (33 * 1024, "431"), (47 * 1024, "431")] {
        let sent = format!("{GET}connection: close\r\nx: {}\r\n\r\n", "x".repeat(bytes));
        assert_eq!(status(&answer(&mut connect(address).await, &sent).await), expected, "{bytes}");
    }
}

#[tokio::test]
async fn malformed_request_is_400_and_ambiguous_length_is_refused() {
    let (_app, address, _stop) = serve(LIMITS).await;
    for sent in [
        "nonsense\r\n\r\n",
        "GET /healthz HTTP/1.1\r\nhost : x\r\n\r\n",
        "POST /fn/sign-in HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nxx",
    ] {
        let answer = answer(&mut connect(address).await, sent).await;
        assert_eq!(status(&answer), "400", "{sent}");
        assert!(answer.contains(r#""code":"BAD_REQUEST""#), "{answer}");
    }
}

#[tokio::test]
async fn unfinished_head_closes_the_connection() {
    let (_app, address, _stop) = serve(LIMITS).await;
    for begun in ["", "GET /healthz", GET] {
        let answer = answer(&mut connect(address).await, begun).await;
        assert!(!answer.contains("200"), "{begun:?}: {answer}");
    }
    // A connection is not kept open for a next request that does not come either.
    let answer = answer(&mut connect(address).await, &format!("{GET}\r\n")).await;
    assert_eq!(status(&answer), "200");
}

#[tokio::test]
async fn unfinished_body_changes_nothing() {
    let (app, address, _stop) = serve(LIMITS).await;
    let ada = app.sign_up(FIREFOX, "ada").await;
    let cookies: Vec<String> = ada.cookies().iter().map(|(name, value)| format!("{name}={value}")).collect();
    let head = format!(
        "POST /api/auth/multi-session/revoke-all HTTP/1.1\r\nhost: x\r\norigin: http://127.0.0.1:3000\r\n\
         cookie: {}\r\ncontent-type: application/json\r\ncontent-length: 10\r\n\r\n{{}}",
        cookies.join("; ")
    );
    assert_eq!(status(&answer(&mut connect(address).await, &head).await), "400");
    assert_eq!(ada.whoami().await, "ada");
}

#[tokio::test]
async fn too_large_body_is_413_before_it_is_complete() {
    let (_app, address, _stop) = serve(LIMITS).await;
    let head = "POST /api/auth/sign-in/email HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n";
    let chunk = format!("10000\r\n{}\r\n", "x".repeat(0x10000));
    let sent = format!("{head}transfer-encoding: chunked\r\n\r\n{chunk}{chunk}");
    assert_eq!(status(&answer(&mut connect(address).await, &sent).await), "413");
}

#[tokio::test]
async fn stream_may_last_longer_than_the_head_timeout() {
    let (app, address, _stop) = serve(LIMITS).await;
    let ada = app.sign_up(FIREFOX, "ada").await;
    let cookies: Vec<String> = ada.cookies().iter().map(|(name, value)| format!("{name}={value}")).collect();
    let mut stream = connect(address).await;
    let get = format!(
        "GET /api/auth/multi-session/events HTTP/1.1\r\nhost: x\r\ncookie: {}\r\n\r\n",
        cookies.join("; ")
    );
    stream.write_all(get.as_bytes()).await.expect("a request");
    let mut heard = String::new();
    hear(&mut stream, &mut heard, "event: snapshot").await;
    tokio::time::sleep(3 * LIMITS.head_time).await;
    app.sign_in(FIREFOX, "ada").await;
    hear(&mut stream, &mut heard, r#""type":"created""#).await;
}

#[tokio::test]
async fn unread_answer_closes_the_connection() {
    let (app, address, _stop) = serve(ConnectionLimits { head_time: PATIENCE, ..LIMITS }).await;
    let ada = app.sign_up(FIREFOX, "ada").await;
    let user = UserId::new(text(&ada.get_session().await["user"]["id"])).expect("an id");
    // More than the buffers between server and client hold.
    let entry = NewHistoryEntry {
        detail: Some("x".repeat(8 * 1024)),
        ..NewHistoryEntry::new(HistoryKind::Renamed, user, None, app.clock.now())
    };
    app.store.record(&vec![entry; 1_000], None).await.expect("a write");
    let cookies: Vec<String> = ada.cookies().iter().map(|(name, value)| format!("{name}={value}")).collect();
    let get = format!("GET /history/export HTTP/1.1\r\nhost: x\r\ncookie: {}\r\n\r\n", cookies.join("; "));
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.set_recv_buffer_size(16 * 1024).expect("a small buffer");
    let mut unread = socket.connect(address).await.expect("a connection");
    unread.write_all(get.as_bytes()).await.expect("a request");
    // Both connections are in use until the server closes one.
    let idle = connect(address).await;
    let mut waiting = connect(address).await;
    assert_eq!(status(&answer(&mut waiting, &format!("{GET}connection: close\r\n\r\n")).await), "200");
    drop(idle);
    let broken_off = answer(&mut unread, "").await;
    assert_eq!(status(&broken_off), "200");
    assert!(!broken_off.ends_with("0\r\n\r\n"), "it does not look whole");
}

/// Reads until this text has arrived.
async fn hear(stream: &mut TcpStream, heard: &mut String, what: &str) {
    while !heard.contains(what) {
        let mut bytes = [0; 4096];
        let read = timeout(PATIENCE, stream.read(&mut bytes)).await.expect("in time").expect("bytes");
        assert_ne!(read, 0, "the stream is over: {heard}");
        heard.push_str(&String::from_utf8_lossy(&bytes[..read]));
    }
}

#[tokio::test]
async fn connections_beyond_the_limit_wait() {
    let patient = ConnectionLimits { head_time: PATIENCE, ..LIMITS };
    let (_app, address, _stop) = serve(patient).await;
    let mut places = Vec::new();
    for _ in 0..patient.connections {
        let mut connection = connect(address).await;
        connection.write_all(format!("{GET}\r\n").as_bytes()).await.expect("a request");
        // It is connected: it was answered, and stays open.
        assert_ne!(connection.read(&mut [0; 1024]).await.expect("an answer"), 0);
        places.push(connection);
    }
    let mut waiting = connect(address).await;
    let get = format!("{GET}connection: close\r\n\r\n");
    let answered = answer(&mut waiting, &get);
    let mut answered = std::pin::pin!(answered);
    let early = timeout(Duration::from_millis(300), answered.as_mut()).await;
    assert!(early.is_err(), "{early:?}");
    places.pop();
    assert_eq!(status(&answered.await), "200");
}

#[tokio::test]
async fn shutdown_finishes_running_requests_and_accepts_no_new_ones() {
    let app = TestApp::start().await;
    let ada = app.sign_up(FIREFOX, "ada").await;
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let stop = CancellationToken::new();
    let limits = ConnectionLimits { head_time: PATIENCE, ..LIMITS };
    let served = tokio::spawn(listen(listener, app.router(), limits, stop.clone()));
    let idle = connect(address).await;
    let mut under_way = connect(address).await;
    let body = r#"{"email":"ada@example.org","password":"correct horse battery"}"#;
    let head = format!(
        "POST /api/auth/sign-in/email HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n\
         content-length: {}\r\nexpect: 100-continue\r\n\r\n",
        body.len()
    );
    under_way.write_all(head.as_bytes()).await.expect("a head");
    // The head was read: the server asks for the body.
    let mut asked = [0; 25];
    under_way.read_exact(&mut asked).await.expect("it goes on");
    assert!(asked.starts_with(b"HTTP/1.1 100 "));
    stop.cancel();
    assert_eq!(status(&answer(&mut under_way, body).await), "200");
    timeout(PATIENCE, served).await.expect("it ends in time").expect("no panic");
    drop(idle);
    assert!(TcpStream::connect(address).await.is_err());
    assert_eq!(ada.list().await.len(), 2);
}
