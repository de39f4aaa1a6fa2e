//! `GET /healthz` and `GET /readyz`, for process managers and load balancers, and the command `health`.

use std::io::{self, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::time::Duration;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use multi_session::http::Problem;

use crate::{Config, Server, ServerError};

/// How long the command waits for a connection, and then for the answer.
const PATIENCE: Duration = Duration::from_secs(2);

/// Answers while the process is alive.
pub(crate) async fn healthz() -> &'static str {
    "ok"
}

/// Answers 200 if the database can be read and written.
pub(crate) async fn readyz(State(server): State<Server>) -> Response {
    match server.sessions.ping().await {
        Ok(()) => "ok".into_response(),
        Err(error) => Problem::from(error).into_response(),
    }
}

/// Checks that the server on the configured address is alive. A container has no other program to do this.
///
/// # Errors
///
/// [`ServerError::Health`] if it does not answer within four seconds, or not with 200.
pub fn check_health(config: &Config) -> Result<(), ServerError> {
    let address = reachable(config.site_addr);
    ask(address).map_err(|source| ServerError::Health { address, source })
}

/// This blocks, which is fine: nothing else runs in the process.
fn ask(address: SocketAddr) -> io::Result<()> {
    const ALIVE: &[u8] = b"HTTP/1.1 200 ";
    let mut connection = TcpStream::connect_timeout(&address, PATIENCE)?;
    connection.set_read_timeout(Some(PATIENCE))?;
    write!(connection, "GET /healthz HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n")?;
    let mut answer = [0; ALIVE.len()];
    connection.read_exact(&mut answer)?;
    if answer != ALIVE {
        return Err(io::Error::other(format!("it answers {}", String::from_utf8_lossy(&answer))));
    }
    Ok(())
}

/// The address to reach a server on this machine that listens on `address`.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader};
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn server_on_all_addresses_is_asked_on_loopback() {
        for (listens_on, asked_at) in [
            ("0.0.0.0:3000", "127.0.0.1:3000"),
            ("[::]:3000", "[::1]:3000"),
            ("192.0.2.1:80", "192.0.2.1:80"),
        ] {
            let address = listens_on.parse().expect("an address");
            assert_eq!(reachable(address).to_string(), asked_at);
        }
    }

    #[test]
    fn only_a_server_that_answers_200_is_alive() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("its address");
        let answers = ["HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 503 Service Unavailable\r\n\r\n", ""];
        let asked = answers.map(|answer| {
            std::thread::scope(|scope| {
                let asking = scope.spawn(|| ask(address));
                let (mut connection, _) = listener.accept().expect("a connection");
                // Read everything: unread data would reset the connection.
                let head = BufReader::new(&connection).lines().map_while(Result::ok);
                assert_eq!(head.take_while(|line| !line.is_empty()).count(), 3);
                connection.write_all(answer.as_bytes()).expect("it is sent");
                drop(connection);
                asking.join().expect("no panic").map_err(|error| error.to_string())
            })
        });
        assert_eq!(asked[0], Ok(()));
        assert_eq!(asked[1], Err("it answers HTTP/1.1 503 ".to_owned()));
        assert!(asked[2].is_err());
        drop(listener);
        assert!(ask(address).is_err(), "nobody listens");
    }
}
