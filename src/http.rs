//! Sessions behind Axum: cookies, origin checks, the layer that joins them to requests, and extractors for handlers.
//!
//! ```text
//! request ─► SessionLayer: origin check ─► cookies ─► Sessions::current ─► SessionRequest in the extensions
//!              ─► handler: extracts SessionRequest or SignedIn, and calls its verbs
//!              ─► SessionLayer: writes the difference as Set-Cookie
//! ```
//!
//! # Examples
//!
//! A handler of your own login:
//!
//! ```
//! use axum::{extract::State, response::Redirect};
//! use multi_session::{Proof, Sessions, Subject, UserId, http::{Problem, SessionRequest, SignedIn}};
//!
//! # struct Person { name: String }
//! # async fn verify(_: &UserId, _: &str) -> Result<Person, Problem> { Ok(Person { name: "Ada".to_owned() }) }
//! async fn signed_in(
//!     request: SessionRequest,
//!     sessions: State<Sessions>,
//!     id: UserId,
//!     code: String,
//! ) -> Result<Redirect, Problem> {
//!     let epoch = sessions.epoch(&id).await?;
//!     let person = verify(&id, &code).await?;
//!     request.begin(Subject::new(id).name(person.name), Proof::by("code").at(epoch)).await?;
//!     Ok(Redirect::to("/"))
//! }
//!
//! async fn hello(SignedIn(held): SignedIn) -> String {
//!     format!("Hello, {}!", held.user.name)
//! }
//! ```

mod client_address;
mod cookie;
mod layer;
mod origin;
mod problem;
mod session_http;
mod session_request;
mod signed_in;

use std::borrow::Cow;

pub use client_address::ClientAddress;
pub use cookie::CookieNames;
pub use layer::{SessionLayer, SessionService};
pub use origin::TrustedOrigins;
pub use problem::Problem;
pub use session_http::{InvalidSetting, SessionHttp};
pub use session_request::SessionRequest;
pub use signed_in::SignedIn;

/// A header as text. Invalid bytes become replacement characters, so that they cannot hide the rest of the
/// value.
fn text(value: &http::HeaderValue) -> Cow<'_, str> {
    String::from_utf8_lossy(value.as_bytes())
}
