//! kill -9 under load: answered changes survive. And browsers that disconnect halfway.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::process::{Process, command, request};

const ROUNDS: usize = 3;
const CLIENTS: usize = 4;
const ANSWERS_A_ROUND: usize = 24;

#[test]
fn every_answered_sign_in_works_and_every_answered_revocation_holds() {
    let folder = TempDir::new().expect("a folder");
    let live = Mutex::new(Vec::<String>::new());
    let ended = Mutex::new(Vec::<String>::new());
    let unknown = Mutex::new(0);

    for round in 0..ROUNDS {
        let process = Process::start(folder.path());
        let address = process.address;
        let stop = AtomicBool::new(false);
        let answered = || live.lock().expect("the list").len() + ended.lock().expect("the list").len();
        let goal = answered() + ANSWERS_A_ROUND;
        std::thread::scope(|scope| {
            for client in 0..CLIENTS {
                let (live, ended, unknown, stop) = (&live, &ended, &unknown, &stop);
                scope.spawn(move || {
                    let mut number = 0;
                    while !stop.load(Ordering::SeqCst) {
                        number += 1;
                        let email = format!("user-{round}-{client}-{number}@example.org");
                        let body = format!(r#"{{"name":"U","email":"{email}","password":"correct horse"}}"#);
                        let Some((200, cookies, _)) =
                            request(address, "POST", "/api/auth/sign-up/email", "", &body)
                        else {
                            continue;
                        };
                        let cookies = cookies.join("; ");
                        if number % 2 == 0 {
                            live.lock().expect("the list").push(cookies);
                            continue;
                        }
                        let path = "/api/auth/multi-session/revoke-all";
                        match request(address, "POST", path, &cookies, "{}") {
                            Some((200, ..)) => ended.lock().expect("the list").push(cookies),
                            // Without an answer it may have ended or not.
                            _ => *unknown.lock().expect("the count") += 1,
                        }
                    }
                });
            }
            let deadline = Instant::now() + Duration::from_secs(60);
            while answered() < goal {
                assert!(Instant::now() < deadline, "the server answers too slowly");
                std::thread::yield_now();
            }
            process.kill();
            stop.store(true, Ordering::SeqCst);
        });
    }

    let process = Process::start(folder.path());
    let (live, ended) = (live.into_inner().expect("the list"), ended.into_inner().expect("the list"));
    assert!(live.len() >= 5 && ended.len() >= 5, "{} live, {} ended", live.len(), ended.len());
    for (cookies, is_live) in live.iter().map(|it| (it, true)).chain(ended.iter().map(|it| (it, false))) {
        let answer = request(process.address, "GET", "/api/auth/get-session", cookies, "");
        let (status, _, session) = answer.expect("an answer");
        assert_eq!(status, 200);
        assert_eq!(session.is_object(), is_live, "an answered write was lost");
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
