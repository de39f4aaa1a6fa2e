//! Load: people sign up and out, and the answered requests are recorded.

use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::process::request;

const CLIENTS: usize = 4;

/// The cookies of sessions whose sign-up or end was answered. A session whose end was requested but not answered is in
/// neither list.
#[derive(Default)]
pub(crate) struct Answered {
    live: Mutex<Vec<String>>,
    ended: Mutex<Vec<String>>,
}

impl Answered {
    /// Signs people up while `act` runs, and signs every second one out again. It stops when `act` returns or panics.
    pub(crate) fn during<T>(&self, address: SocketAddr, name: &str, act: impl FnOnce() -> T) -> T {
        let stop = AtomicBool::new(false);
        std::thread::scope(|scope| {
            for client in 0..CLIENTS {
                let stop = &stop;
                scope.spawn(move || self.collect(address, &format!("{name}-{client}"), stop));
            }
            let acted = catch_unwind(AssertUnwindSafe(act));
            stop.store(true, Ordering::SeqCst);
            acted.unwrap_or_else(|panic| resume_unwind(panic))
        })
    }

    fn collect(&self, address: SocketAddr, name: &str, stop: &AtomicBool) {
        let mut number = 0;
        while !stop.load(Ordering::SeqCst) {
            number += 1;
            let body = format!(
                r#"{{"name":"U","email":"user-{name}-{number}@example.org","password":"correct horse"}}"#
            );
            let Some((200, cookies, _)) = request(address, "POST", "/api/auth/sign-up/email", "", &body)
            else {
                continue;
            };
            let cookies = cookies.join("; ");
            if number % 2 == 0 {
                self.live.lock().expect("the list").push(cookies);
            } else if revoke_all(address, &cookies) {
                self.ended.lock().expect("the list").push(cookies);
            }
        }
    }

    pub(crate) fn live(&self) -> Vec<String> {
        self.live.lock().expect("the list").clone()
    }

    pub(crate) fn ended(&self) -> Vec<String> {
        self.ended.lock().expect("the list").clone()
    }

    pub(crate) fn count(&self) -> usize {
        self.live().len() + self.ended().len()
    }

    /// Waits until so many sign-ups and ends were answered.
    pub(crate) fn wait_for(&self, count: usize) {
        let deadline = Instant::now() + Duration::from_secs(60);
        while self.count() < count {
            assert!(Instant::now() < deadline, "the server answers too slowly");
            std::thread::yield_now();
        }
    }
}

/// Ends every session of a user. `false` without an answer.
pub(crate) fn revoke_all(address: SocketAddr, cookies: &str) -> bool {
    let answer = request(address, "POST", "/api/auth/multi-session/revoke-all", cookies, "{}");
    matches!(answer, Some((200, ..)))
}

pub(crate) fn is_signed_in(address: SocketAddr, cookies: &str) -> bool {
    let answer = request(address, "GET", "/api/auth/get-session", cookies, "");
    let (status, _, session) = answer.expect("an answer");
    assert_eq!(status, 200);
    session.is_object()
}
