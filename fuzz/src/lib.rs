//! What the targets hold: the properties of server/tests/it/properties.rs, over servers with a store in memory.
#![forbid(unsafe_code)]

use std::sync::{Mutex, PoisonError};

use tokio::runtime::{Builder, Runtime};

#[path = "../../server/tests/it/properties/attacked.rs"]
mod attacked;
#[path = "../../server/tests/it/properties/frames.rs"]
mod frames;

use attacked::{Attacked, HTTPS, LOCAL};

/// After so many inputs the servers are made anew, since a store in memory keeps its whole history.
const INPUTS: u32 = 10_000;

/// Both kinds of servers: their cookies have other names.
struct Servers {
    runtime: Runtime,
    local: Attacked,
    https: Attacked,
    inputs: u32,
}

static SERVERS: Mutex<Option<Servers>> = Mutex::new(None);

impl Servers {
    fn start() -> Self {
        let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
        let local = runtime.block_on(Attacked::in_memory(&LOCAL));
        let https = runtime.block_on(Attacked::in_memory(&HTTPS));
        Self { runtime, local, https, inputs: 0 }
    }
}

fn hold(holds: impl AsyncFnOnce(&Servers)) {
    let mut kept = SERVERS.lock().unwrap_or_else(PoisonError::into_inner);
    let servers = kept.get_or_insert_with(Servers::start);
    servers.inputs += 1;
    let servers: &Servers = servers;
    servers.runtime.block_on(holds(servers));
    if servers.inputs == INPUTS {
        servers.runtime.block_on(servers.local.assert_untouched());
        servers.runtime.block_on(servers.https.assert_untouched());
        *kept = None;
    }
}

/// Holds it of a header of cookies.
pub fn cookies(header: &[u8]) {
    hold(async |servers: &Servers| {
        servers.local.hold_cookies(header).await;
        servers.https.hold_cookies(header).await;
    });
}

/// Holds it of other headers, as in `origin: null | accept: text/html`.
pub fn headers(line: &[u8]) {
    hold(async |servers: &Servers| servers.local.hold_headers(line).await);
}

/// Holds it of a body of the REST interface.
pub fn bodies(body: &[u8]) {
    hold(async |servers: &Servers| servers.local.hold_bodies(body).await);
}

/// Holds it of the form of a server function.
pub fn forms(form: &[u8]) {
    hold(async |servers: &Servers| servers.local.hold_forms(form).await);
}

/// Holds it of a text: as a stream, as an event, as the id of one, and as the name of a device that an event tells.
pub fn events(text: &[u8]) {
    frames::hold_frames(text);
    let text = String::from_utf8_lossy(text);
    attacked::hold_event_texts(&text);
    hold(async |servers: &Servers| servers.local.hold_events(&text).await);
}

/// Holds it of the files that the program is given, such as an input that cargo-fuzz has found.
///
/// # Errors
///
/// When one cannot be read.
pub fn replay(holds: fn(&[u8])) -> std::io::Result<()> {
    for path in std::env::args_os().skip(1) {
        holds(&std::fs::read(path)?);
    }
    Ok(())
}
