//! The promises to users, spoken by actors: browsers that keep their cookies, against a server with its own
//! database and a clock that stands still. With MULTI_SESSION_TEST_STORE=postgres, under scripts/with-postgres.sh, the
//! databases are PostgreSQL's.

mod harness;

mod better_auth;
mod bodies;
mod choose_device;
mod configuration;
mod connections;
mod cookies;
mod crash;
mod csrf;
mod email_addresses;
mod error_page;
mod events;
mod expiry;
mod fall_over;
mod forms;
mod geo_database;
mod history;
mod import;
mod invariants;
mod known_devices;
mod late_answers;
mod limit;
mod list;
mod mail;
mod mail_tls;
mod openapi;
mod operators;
mod pages;
mod parity;
mod passwords;
mod places;
mod process;
mod properties;
mod rate_limit;
mod recognize;
mod reference;
mod rename;
mod report;
mod revoke;
mod set_active;
mod shared_computer;
mod sign_in;
mod sign_in_methods;
mod sign_out;
mod smtp;
mod standards;
mod step_up;
mod store;
mod throttle;
mod unavailable;
mod undo;
mod user_agents;
mod webhooks;
