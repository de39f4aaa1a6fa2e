//! The contract suite on every store, and tests that are particular to each.

mod better_auth;
mod counting;
mod email_keys;
mod flushing;
mod import;
mod measure;
mod memory;
mod migrations;
mod opening;
mod outbox;
mod postgres;
mod session_cache;
mod sharing;
mod sqlite;
mod upgrade;
