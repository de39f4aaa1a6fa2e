//! kill -9 under load: answered changes survive. And browsers that disconnect halfway.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use tempfile::TempDir;

use crate::load::{Answered, is_signed_in};
use crate::process::{Process, command, request};

const ROUNDS: usize = 3;
const ANSWERS_A_ROUND: usize = 24;

#[test]
fn every_answered_sign_in_works_and_every_answered_revocation_holds() {
    let folder = TempDir::new().expect("a folder");
    let answered = Answered::default();
    for round in 0..ROUNDS {
        let process = Process::start(folder.path());
        let goal = answered.count() + ANSWERS_A_ROUND;
        answered.during(process.address, &round.to_string(), || {
            answered.wait_for(goal);
            process.kill();
        });
    }

    let process = Process::start(folder.path());
    let (live, ended) = (answered.live(), answered.ended());
    assert!(live.len() >= 5 && ended.len() >= 5, "{} live, {} ended", live.len(), ended.len());
    for (cookies, is_live) in live.iter().map(|it| (it, true)).chain(ended.iter().map(|it| (it, false))) {
        assert_eq!(is_signed_in(process.address, cookies), is_live, "an answered write was lost");
    }
}

/// Eight browsers disconnect three hundred times, each time at another moment. Pages that are still being
/// rendered must not panic because their request is gone. Each browser waits for every tenth page, so that
/// the server can keep up.
#[cfg(unix)]
#[test]
fn pages_of_disconnected_browsers_are_rendered_without_an_error() {
    let folder = TempDir::new().expect("a folder");
    let (process, log) = Process::start_with_log(command(folder.path()));
    let address = process.address;
    let body = r#"{"name":"Ada","email":"ada@example.org","password":"correct horse"}"#;
    let answer = request(address, "POST", "/api/auth/sign-up/email", "", body);
    let (_, cookies, _) = answer.expect("an answer");
    let cookies = cookies.join("; ");
    std::thread::scope(|scope| {
        for client in 0..8_u64 {
            let cookies = &cookies;
            scope.spawn(move || {
                for round in 0..300_u64 {
                    let path = ["/sessions", "/change-password", "/history"][(round % 3) as usize];
                    if round % 10 == 9 {
                        let (status, ..) = request(address, "GET", path, cookies, "").expect("a page");
                        assert_eq!(status, 200, "{path}");
                        continue;
                    }
                    let head = format!("GET {path} HTTP/1.1\r\nhost: {address}\r\ncookie: {cookies}\r\n\r\n");
                    let mut stream = TcpStream::connect(address).expect("a connection");
                    stream.write_all(head.as_bytes()).expect("it is sent");
                    // A different fraction of the page's time for each.
                    let moment = Duration::from_micros((client * 300 + round * 7) % 4_000 + 1);
                    stream.set_read_timeout(Some(moment)).expect("a time");
                    let _ = stream.read(&mut [0; 1]);
                }
            });
        }
    });
    assert_eq!(process.stop("-TERM").code(), Some(0));
    let log = log.join().expect("a log");
    assert!(!log.contains("ERROR"), "{log}");
}
