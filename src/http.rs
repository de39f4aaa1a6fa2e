//! The engine behind Axum: cookies, origin checks, and the layer that joins them to requests.
//!
//! ```text
//! request ─► SessionLayer: origin check ─► cookies ─► Engine::current ─► RequestState in the extensions
//!              ─► handler: reads the Browser, calls one Engine method, sets the next Browser
//!              ─► SessionLayer: writes the difference as Set-Cookie
//! ```

mod client_address;
mod cookie;
mod layer;
mod origin;
mod problem;
mod request_state;

use std::borrow::Cow;

pub use client_address::ClientAddress;
pub use cookie::CookieNames;
pub use layer::{SessionLayer, SessionService};
pub use origin::{InvalidOrigin, TrustedOrigins};
pub use problem::Problem;
pub use request_state::RequestState;

/// A header as text. Bytes that are no text become a replacement character, so that they hide nothing beside them.
fn text(value: &http::HeaderValue) -> Cow<'_, str> {
    String::from_utf8_lossy(value.as_bytes())
}
