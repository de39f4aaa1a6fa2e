//! Multi-device sessions: a user sees every device they are signed in on, switches accounts, and revokes one session, the
//! others or all. A revoked session is refused immediately, on every node.
//!
//! There are three ways to use it.
//!
//! # Run the server
//!
//! The program `multi-session` of the repository has pages, accounts and this crate's REST API. `make run` builds it and
//! serves `http://127.0.0.1:3000`. It needs no configuration; `target/release/multi-session --help` lists the settings.
//! Read `docs/configuration.md` and `docs/operating.md`.
//!
//! # Put it behind a Better Auth front end
//!
//! The REST API answers as [Better Auth](https://better-auth.com) does, so `createAuthClient` with `multiSessionClient()`
//! works as it is. Serve `/api/auth` on the origin of your pages, either by the server or by [`Api`](api::Api) in your own
//! router:
//!
//! ```no_run
//! # #[cfg(feature = "api")]
//! # mod example {
//! use axum::Router;
//! use multi_session::{Accounts, http::SessionHttp};
//!
//! fn router(accounts: &Accounts) -> Result<Router, Box<dyn std::error::Error>> {
//!     let http = SessionHttp::new(accounts.sessions(), "https://app.example.org")?;
//!     Ok(Router::new().merge(http.api().accounts(accounts)))
//! }
//! # }
//! ```
//!
//! `import_better_auth` moves users, passwords and live sessions. Read `docs/better-auth.md` and `docs/rest.md`.
//!
//! # Embed it
//!
//! Your app keeps its users and its login. It verifies a person, and begins a session for a [`Subject`] with a [`Proof`]:
//!
//! 1. Open a store, such as [`SqliteStore`], and build [`Sessions`] over it.
//! 2. Put the layer of [`SessionHttp`](http::SessionHttp) around your routes. It checks origins, and reads and writes the
//!    cookies.
//! 3. Read [`Sessions::epoch`], verify the person, and call [`SessionRequest::begin`](http::SessionRequest::begin).
//! 4. Take [`SignedIn`](http::SignedIn) as an argument of handlers that need a session.
//! 5. Spawn [`Sessions::run`] once, and call [`Sessions::shut_down`] at the end.
//!
//! ```no_run
//! # #[cfg(all(feature = "axum", feature = "sqlite"))]
//! # mod example {
//! use axum::{Router, response::Redirect, routing::{get, post}};
//! use multi_session::http::{Problem, SessionHttp, SessionRequest, SignedIn};
//! use multi_session::{Proof, Sessions, SqliteStore, Subject, UserId};
//!
//! async fn app() -> Result<Router, Box<dyn std::error::Error>> {
//!     let store = SqliteStore::open("sqlite://data/app.db").await?;
//!     let sessions = Sessions::builder(std::sync::Arc::new(store)).proofs(["code"]).build();
//!     // The public origin, as browsers see it. At another address, forms are refused.
//!     let http = SessionHttp::new(&sessions, "https://app.example.org")?.with_sign_in_path("/login");
//!     let hello = async |SignedIn(held): SignedIn| format!("Hello, {}!", held.user.name);
//!     Ok(Router::new().route("/hello", get(hello)).route("/login", post(log_in)).layer(http.layer()))
//! }
//!
//! async fn log_in(request: SessionRequest) -> Result<Redirect, Problem> {
//!     let id = UserId::new("4711").expect("a valid id");
//!     let epoch = request.sessions().epoch(&id).await?;
//!     // … verify the person …
//!     request.begin(Subject::new(id).name("Ada"), Proof::by("code").at(epoch)).await?;
//!     Ok(Redirect::to("/hello"))
//! }
//! # }
//! ```
//!
//! `docs/embedding.md` has a complete server, step-up, callbacks and PostgreSQL. The package `multi-session-leptos` mounts
//! the pages in a Leptos app. To write a store of your own, see [`Store`] and [`contract`].
//!
//! # Terms
//!
//! A *session* is one sign-in of one user in one browser. A browser *holds* a session if it has the session's cookie. It
//! may hold sessions of several users (*accounts*), at most one of each. The *active* session is the held one that requests
//! act as. *Current* is the active session of the browser that asks. A *device* is what people call a row of the list.
//!
//! # Features
//!
//! | feature | adds |
//! |---|---|
//! | none | the shared types: they compile to WebAssembly and do no I/O |
//! | `engine` | [`Sessions`]: every rule of sessions, over any [`Store`] |
//! | `accounts` | [`Accounts`]: email address and password, on top of [`Sessions`] |
//! | `sqlite` | [`SqliteStore`], the embedded store of one node |
//! | `postgres` | [`PostgresStore`], the store that several nodes share |
//! | `import-better-auth` | `import_better_auth`: moves users and live sessions here |
//! | `geoip` | `GeoIp`: the places of addresses, from a MaxMind database on this machine |
//! | `axum` | [`http`]: cookies, origin checks and the tower layer |
//! | `openapi` | `utoipa::ToSchema` for the shared types and [`Code`], for an OpenAPI document |
//! | `api` | [`api`]: the REST API and its OpenAPI document. It includes `axum`, `openapi` and `accounts`; the endpoints of accounts are served only if [`Api::accounts`](api::Api::accounts) adds them |
//! | `reference` | the API's page for people, with Swagger UI (1 MB in the program). It includes `api` |
//! | `test-support` | a clock that tests move by hand, [`MemoryStore`], weak hashes of passwords for fast tests, and [`contract`]: what every store must hold |
//!
//! # Invariants
//!
//! - Without features this crate reads no clock, no environment and no socket.
//! - Every rule is a method of [`Sessions`] or [`Accounts`]; HTTP handlers and server functions contain none.
//! - A [`Session`] can be shown to its owner; a [`Secret`] cannot be printed or serialized.
//! - SQL is in `src/store` only; `Set-Cookie` is written in `src/http/layer.rs` only.
//! - A session that has ended is never live again, except by [`Sessions::undo_revoke`] within ten seconds. A store that does
//!   not answer signs nobody out.
#![cfg_attr(
    feature = "sqlite",
    doc = r#"
# Examples

Two browsers of one person, whom your own login has verified. The first one revokes the session of the second.

```
use std::sync::Arc;
use multi_session::{
    Browser, Client, Keep, Options, Presented, Proof, Sessions, SqliteStore, Subject, Target, UserId,
};

# #[tokio::main(flavor = "current_thread")]
# async fn main() -> Result<(), Box<dyn std::error::Error>> {
# let folder = tempfile::tempdir()?;
# let url = format!("sqlite://{}", folder.path().join("doc.db").display());
let sessions = Sessions::new(Arc::new(SqliteStore::open(&url).await?), Options::default());

let ada = Subject::new(UserId::new("4711")?).name("Ada");
let proof = Proof::by("code").at(sessions.epoch(&ada.id).await?);
let curl = Client { user_agent: Some("curl/8.5.0".to_owned()), ..Client::default() };
let nobody = Browser::default();
let laptop = sessions.begin(&nobody, &curl, ada.clone(), proof.clone(), Keep::Remembered).await?;
let phone = sessions.begin(&nobody, &Client::default(), ada, proof, Keep::Remembered).await?;

let rows = sessions.list(&laptop).await?;
assert_eq!(rows.len(), 2);
sessions.revoke(&laptop, &Target::Id(rows[1].id.clone())).await?;

// The phone is signed out.
let phone = sessions.current(&Presented::of(&phone), &Client::default()).await?;
assert!(phone.active().is_none());
# Ok(())
# }
```
"#
)]

mod account_status;
mod client_hints;
mod code;
mod device;
mod event;
mod handle;
mod history;
mod id;
#[cfg(feature = "openapi")]
mod openapi;
mod options;
mod outbox;
mod session;
mod sign_in_method;
mod timestamp;
mod user;
mod webhook;

#[cfg(feature = "accounts")]
mod accounts;
#[cfg(feature = "engine")]
mod activity;
#[cfg(feature = "api")]
pub mod api;
#[cfg(feature = "engine")]
mod browser;
#[cfg(feature = "engine")]
mod change;
#[cfg(feature = "engine")]
mod clock;
#[cfg(feature = "engine")]
mod credential;
#[cfg(feature = "engine")]
mod email_key;
#[cfg(feature = "engine")]
mod error;
#[cfg(feature = "geoip")]
mod geoip;
#[cfg(feature = "axum")]
pub mod http;
#[cfg(feature = "engine")]
mod hub;
#[cfg(feature = "import-better-auth")]
mod import;
#[cfg(feature = "engine")]
mod ip_mode;
#[cfg(feature = "engine")]
mod known_device;
#[cfg(feature = "engine")]
mod mail;
#[cfg(feature = "engine")]
pub mod metrics;
#[cfg(feature = "engine")]
mod network;
#[cfg(feature = "engine")]
mod operator;
#[cfg(feature = "engine")]
mod place;
#[cfg(feature = "engine")]
mod proof;
#[cfg(feature = "engine")]
mod random;
#[cfg(feature = "engine")]
mod sessions;
#[cfg(feature = "engine")]
mod store;
#[cfg(feature = "engine")]
mod subject;
#[cfg(feature = "engine")]
mod ticket;
#[cfg(feature = "engine")]
mod user_agent;

pub use account_status::AccountStatus;
pub use client_hints::ClientHints;
pub use code::Code;
pub use device::{Device, DeviceKind};
pub use event::{EndedBy, Ending, SessionEvent};
pub use handle::Handle;
pub use history::{HistoryActor, HistoryEntry, HistoryKind, HistoryPage, Refusal};
pub use id::{InvalidId, SessionId, UserId};
pub use options::{InvalidOptions, Keep, Options, OptionsBuilder, Preset};
pub use outbox::{OutboxEvent, OutboxEventKind};
pub use session::{
    DeviceSession, EndedCount, EndedDeviceSession, EndedReason, NEW_DEVICE_FOR, Session, SignedInFrom,
    UNDO_WINDOW,
};
pub use sign_in_method::SignInMethod;
pub use timestamp::Timestamp;
pub use user::User;
pub use webhook::{Webhook, WebhookData, WebhookType};

#[cfg(feature = "accounts")]
pub use accounts::{
    Accounts, AccountsBuilder, ChangePassword, Mail, PasswordIfSet, PasswordLimits, Reauthenticate,
    RequestPasswordReset, ResetPassword, SignIn, SignUp, is_email,
};
#[cfg(feature = "engine")]
pub use {
    browser::{Browser, Client, Held, Presented, Standing},
    change::{Change, Changes},
    clock::{Clock, SystemClock},
    credential::{Credential, Secret, SecretHash},
    email_key::email_key,
    error::{Error, Result},
    hub::{EventId, StreamLimits},
    ip_mode::IpMode,
    known_device::{DeviceKey, DeviceToken, KnownDevice},
    mail::{MailKind, MailToken, Purpose},
    network::Network,
    operator::Operator,
    place::Places,
    proof::{Epoch, Proof},
    random::{OsRandom, Random},
    sessions::{
        AcceptedProofs, HistoryExport, HistoryFilter, KnownSession, Others, Outbox, Reportable, Reported,
        Sessions, SessionsBuilder, SignOutScope, StreamItem, Swept, Target, Watch,
    },
    store::{
        AccountStore, Actor, Alongside, Begun, ChangeContext, ChangeError, ConsumerBacklog, ConsumerLease,
        Deliverer, DueEvent, DueMail, End, Ended, EndingSession, Found, HistoryQuery, Limit, NewHistoryEntry,
        NewMail, NewOperatorAct, NewSession, NextSession, OperatorAct, OperatorActKind, OperatorStore,
        OutboxStore, Page, PoolLoad, Renewal, Rotation, SessionCacheStatistics, Statistics, Store,
        StoreError, StoreLoad, StoredHistoryEntry, StoredPassword, StoredSession, StoredTicket, StoredToken,
        Superseded, Touch, Transaction, Undo, Undoable,
    },
    subject::Subject,
    ticket::{DeviceChoice, SignInTicket},
    user_agent::device_of,
};

#[cfg(feature = "geoip")]
pub use geoip::{GeoIp, GeoIpError};
#[cfg(all(feature = "postgres", feature = "test-support"))]
pub use store::postgres::test_database::PostgresTestDatabase;
#[cfg(feature = "postgres")]
pub use store::postgres::{PostgresOptions, PostgresStore};
#[cfg(feature = "import-better-auth")]
pub use {
    import::{ImportCounts, ImportError, ImportOptions, ImportProgress, ImportReport, import_better_auth},
    store::better_auth::{BetterAuthSource, InvalidSourceName, SourceError, SourceName},
    store::import::{
        Import, ImportOutcome, ImportRowError, ImportStore, ImportedRestrictions, ImportedSession, Restricted,
    },
};

#[cfg(feature = "sqlite")]
pub use store::sqlite::{SqliteOptions, SqliteStore};
#[cfg(feature = "test-support")]
pub use {
    clock::ManualClock,
    store::{
        contract,
        memory::{MemoryStore, MemoryTables},
    },
};

/// Compiles the examples of the README and of the page about embedding.
#[cfg(all(doctest, feature = "api", feature = "postgres", feature = "sqlite"))]
mod documents {
    #[doc = include_str!("../README.md")]
    struct Readme;
    #[doc = include_str!("../docs/embedding.md")]
    struct Embedding;
}
