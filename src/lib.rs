//! Many sign-ins for one person, each visible and each revocable at once.
//!
//! # Words
//!
//! A *session* is one sign-in of one user in one browser. A browser *holds* a session when it has that
//! session's cookie; it may hold sessions of several users (*accounts*), at most one of each. The *active*
//! session is the held one that requests act as. *Current* is the active session of the browser that asks.
//! A *device* is what a person calls a row of the list.
//!
//! # Features
//!
//! | feature | adds |
//! |---|---|
//! | none | the shared types: they compile to WebAssembly and do no I/O |
//! | `engine` | [`Engine`]: every rule, over any [`Store`] |
//! | `sqlite` | [`SqliteStore`], the embedded store of one node |
//! | `postgres` | [`PostgresStore`], the store that several nodes share |
//! | `import-better-auth` | `import_better_auth`: moves users and living sessions here |
//! | `geoip` | `GeoIp`: the places of addresses, from a MaxMind database on this machine |
//! | `axum` | [`http`]: cookies, origin checks and the tower layer |
//! | `openapi` | `utoipa::ToSchema` for the shared types and [`Code`], for an OpenAPI document |
//! | `test-support` | a clock that tests move by hand, [`MemoryStore`], and [`contract`]: what every store must hold |
//!
//! # Invariants
//!
//! - Without features this crate reads no clock, no environment and no socket.
//! - Every rule is a method of [`Engine`]; HTTP handlers and server functions hold none.
//! - A [`Session`] can be shown to its owner; a [`Secret`] cannot be printed or serialised.
//! - SQL is in `src/store` only; `Set-Cookie` is written in `src/http/layer.rs` only.
//! - A session that has ended is never live again, and a store that does not answer signs nobody out.
//!
#![cfg_attr(
    feature = "sqlite",
    doc = r#"
# Examples

Two browsers of one person; the first ends the second's session.

```
use std::sync::Arc;
use multi_session::{Client, Browser, Engine, Options, Presented, SignIn, SignUp, SqliteStore, Target};

# #[tokio::main(flavor = "current_thread")]
# async fn main() -> Result<(), Box<dyn std::error::Error>> {
# let folder = tempfile::tempdir()?;
# let url = format!("sqlite://{}", folder.path().join("doc.db").display());
let engine = Engine::new(Arc::new(SqliteStore::open(&url).await?), Options::default());

let laptop = Client { user_agent: Some("curl/8.5.0".to_owned()), ..Client::default() };
let laptop = engine.sign_up(&Browser::default(), &laptop, SignUp {
    name: "Ada".to_owned(),
    email: "ada@example.org".to_owned(),
    password: "correct horse".to_owned(),
    image: None,
    remember: true,
    shared_computer: false,
}).await?;
let phone = engine.sign_in(&Browser::default(), &Client::default(), SignIn {
    email: "ada@example.org".to_owned(),
    password: "correct horse".to_owned(),
    remember: true,
    shared_computer: false,
}).await?;

let rows = engine.list(&laptop).await?;
assert_eq!(rows.len(), 2);
engine.revoke(&laptop, &Target::Id(rows[1].id.clone())).await?;

// The phone's cookies open nothing any more.
let phone = engine.current(&Presented::of(&phone), &Client::default()).await?;
assert!(phone.active().is_none());
# Ok(())
# }
```
"#
)]

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
mod session;
mod timestamp;
mod user;

#[cfg(feature = "engine")]
mod activity;
#[cfg(feature = "engine")]
mod browser;
#[cfg(feature = "engine")]
mod change;
#[cfg(feature = "engine")]
mod clock;
#[cfg(feature = "engine")]
mod credential;
#[cfg(feature = "engine")]
mod email;
#[cfg(feature = "engine")]
mod engine;
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
mod operator;
#[cfg(feature = "engine")]
mod password;
#[cfg(feature = "engine")]
mod place;
#[cfg(feature = "engine")]
mod random;
#[cfg(feature = "engine")]
mod store;
#[cfg(feature = "engine")]
mod throttle;
#[cfg(feature = "engine")]
mod user_agent;

pub use client_hints::ClientHints;
pub use code::Code;
pub use device::{Device, DeviceKind};
pub use event::{EndedBy, Ending, SessionEvent};
pub use handle::Handle;
pub use history::{HistoryActor, HistoryEntry, HistoryKind, HistoryPage, Refusal};
pub use id::{InvalidId, SessionId, UserId};
pub use options::{InvalidOptions, Keep, Options, OptionsBuilder, Preset};
pub use session::{DeviceSession, EndedCount, EndedReason, Session, SignedInFrom};
pub use timestamp::Timestamp;
pub use user::User;

#[cfg(feature = "engine")]
pub use {
    browser::{Browser, Client, Held, Presented, Standing},
    change::{Change, Changes},
    clock::{Clock, SystemClock},
    credential::{Credential, Secret, SecretHash},
    email::{email_key, is_email},
    engine::{
        ChangePassword, Engine, EngineBuilder, HistoryExport, HistoryFilter, KnownSession, Reauthenticate,
        Reported, RequestPasswordReset, ResetPassword, SignIn, SignOutScope, SignUp, Swept, Target, Told,
        Watch,
    },
    error::{Error, Result},
    hub::{EventId, StreamLimits},
    ip_mode::IpMode,
    known_device::{DeviceKey, DeviceToken, KnownDevice},
    mail::{Letter, MailKind, MailToken, Purpose},
    operator::Operator,
    password::PasswordLimits,
    place::Places,
    random::{OsRandom, Random},
    store::{
        Actor, DueMail, End, Ended, Ender, Found, HistoryQuery, Limit, MailStore, NewHistoryEntry, NewMail,
        NewOperatorAct, NewSession, NewUser, NextSession, OpenError, OperatorAct, OperatorActKind,
        OperatorStore, Page, PasswordOf, Renewal, Rotation, Statistics, Store, StoreError,
        StoredHistoryEntry, StoredSession, StoredToken, Superseded, Touch, Undo, Undoable,
    },
    throttle::Network,
    user_agent::device_of,
};

#[cfg(feature = "geoip")]
pub use geoip::{GeoIp, GeoIpError};
#[cfg(feature = "postgres")]
pub use store::postgres::PostgresStore;
#[cfg(all(feature = "postgres", feature = "test-support"))]
pub use store::postgres::test_database::PostgresTestDatabase;
#[cfg(feature = "import-better-auth")]
pub use {
    import::{ImportCounts, ImportError, ImportOptions, ImportProgress, ImportReport, import_better_auth},
    store::better_auth::{BetterAuthSource, InvalidSourceName, SourceError, SourceName},
    store::import::{
        Import, ImportStore, ImportedRestrictions, ImportedSession, Restricted, TakeError, Taken,
    },
};

#[cfg(feature = "sqlite")]
pub use store::sqlite::SqliteStore;
#[cfg(feature = "test-support")]
pub use {
    clock::ManualClock,
    store::{contract, memory::MemoryStore},
};

/// Holds the README's examples to what compiles.
#[cfg(all(doctest, feature = "axum", feature = "sqlite"))]
#[doc = include_str!("../README.md")]
struct Readme;
