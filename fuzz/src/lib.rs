//! The fuzz targets: the properties of server/tests/it/properties.rs, over servers with a store in memory.
#![forbid(unsafe_code)]

use std::sync::{Mutex, PoisonError};

use tokio::runtime::{Builder, Runtime};

#[path = "../../server/tests/it/properties/attacked.rs"]
mod attacked;
#[path = "../../server/tests/it/properties/frames.rs"]
mod frames;

use attacked::{Attacked, HTTPS, LOCAL};

/// The servers are restarted after so many inputs, because a store in memory keeps its whole history.
const INPUTS: u32 = 10_000;

/// Both kinds of servers, whose cookies have different names.
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

fn check(holds: impl AsyncFnOnce(&Servers)) {
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

/// Checks the property for a cookie header.
pub fn cookies(header: &[u8]) {
    check(async |servers: &Servers| {
        servers.local.hold_cookies(header).await;
        servers.https.hold_cookies(header).await;
    });
}

/// Checks the property for other headers, such as `origin: null | accept: text/html`.
pub fn headers(line: &[u8]) {
    check(async |servers: &Servers| servers.local.hold_headers(line).await);
}

/// Checks the property for a body of the REST API.
pub fn bodies(body: &[u8]) {
    check(async |servers: &Servers| servers.local.hold_bodies(body).await);
}

/// Checks the property for the form of a server function.
pub fn forms(form: &[u8]) {
    check(async |servers: &Servers| servers.local.hold_forms(form).await);
}

/// Checks the property for a text: as a stream, as an event, as the id of an event, and as a device name in
/// an event.
pub fn events(text: &[u8]) {
    frames::hold_frames(text);
    let text = String::from_utf8_lossy(text);
    attacked::hold_event_texts(&text);
    check(async |servers: &Servers| servers.local.hold_events(&text).await);
}

/// Checks the property for the files in the arguments, such as an input that cargo-fuzz has found.
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
