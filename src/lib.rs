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
//! | `engine` | [`Sessions`]: every rule of sessions, over any [`Store`] |
//! | `accounts` | [`Accounts`]: e-mail address and password, on top of [`Sessions`] |
//! | `sqlite` | [`SqliteStore`], the embedded store of one node |
//! | `postgres` | [`PostgresStore`], the store that several nodes share |
//! | `import-better-auth` | `import_better_auth`: moves users and living sessions here |
//! | `geoip` | `GeoIp`: the places of addresses, from a MaxMind database on this machine |
//! | `axum` | [`http`]: cookies, origin checks and the tower layer |
//! | `openapi` | `utoipa::ToSchema` for the shared types and [`Code`], for an OpenAPI document |
//! | `api` | [`api`]: the REST API and its OpenAPI document; it includes `axum`, `openapi` and `accounts`, whose endpoints are served only where [`Api::accounts`](api::Api::accounts) adds them |
//! | `reference` | the API's page for people, with Swagger UI (1 MB in the program); it includes `api` |
//! | `test-support` | a clock that tests move by hand, [`MemoryStore`], and [`contract`]: what every store must hold |
//!
//! # Invariants
//!
//! - Without features this crate reads no clock, no environment and no socket.
//! - Every rule is a method of [`Sessions`] or [`Accounts`]; HTTP handlers and server functions hold none.
//! - A [`Session`] can be shown to its owner; a [`Secret`] cannot be printed or serialised.
//! - SQL is in `src/store` only; `Set-Cookie` is written in `src/http/layer.rs` only.
//! - A session that has ended is never live again, and a store that does not answer signs nobody out.
//!
#![cfg_attr(
    feature = "sqlite",
    doc = r#"
# Examples

Two browsers of one person, whom your own login has verified; the first ends the second's session.

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

// The phone's cookies open nothing any more.
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

#[cfg(feature = "accounts")]
pub use accounts::{
    Accounts, AccountsBuilder, ChangePassword, Letter, PasswordIfSet, PasswordLimits, Reauthenticate,
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
        Sessions, SessionsBuilder, SignOutScope, Swept, Target, Told, Watch,
    },
    store::{
        AccountStore, Actor, Alongside, Begun, ChangeContext, ChangeError, ConsumerLease, Deliverer,
        DueEvent, DueMail, End, Ended, Ender, Found, HistoryQuery, Limit, NewHistoryEntry, NewMail,
        NewOperatorAct, NewSession, NextSession, OperatorAct, OperatorActKind, OperatorStore, OutboxStore,
        Page, PasswordOf, Renewal, Rotation, Statistics, Store, StoreError, StoredHistoryEntry,
        StoredSession, StoredTicket, StoredToken, Superseded, Touch, Transaction, Undo, Undoable,
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
        Import, ImportStore, ImportedRestrictions, ImportedSession, Restricted, TakeError, Taken,
    },
};

#[cfg(any(feature = "postgres", feature = "sqlite"))]
pub use store::SessionCacheStatistics;
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

/// Holds the README's examples to what compiles.
#[cfg(all(doctest, feature = "axum", feature = "sqlite"))]
#[doc = include_str!("../README.md")]
struct Readme;
