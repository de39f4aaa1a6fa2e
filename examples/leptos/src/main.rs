//! The server: the app's pages and server functions, and the sessions around them.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use example_leptos::{TABLES, app::*};
use leptos::prelude::*;
use leptos_axum::{LeptosRoutes, generate_route_list};
use multi_session::{Sessions, SqliteStore}; // multi-session
use sqlx::SqlitePool;
use tokio::signal::ctrl_c;
#[cfg(unix)]
use tokio::signal::unix::{SignalKind, signal};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let setting = |name, default: &str| std::env::var(name).unwrap_or_else(|_| default.to_owned());
    tracing_subscriber::fmt().with_env_filter(setting("RUST_LOG", "info")).init();
    let (folder, address) = (setting("DATA", "data"), setting("ADDRESS", "127.0.0.1:4001"));
    let leptos = LeptosOptions::builder()
        .output_name("example-leptos")
        .site_root(setting("SITE", "target/example-site"))
        .hash_files(true)
        .hash_file(Arc::from("example-leptos.txt"))
        .build();
    let database = SqlitePool::connect(&format!("sqlite://{folder}/app.db?mode=rwc")).await?;
    sqlx::raw_sql(TABLES).execute(&database).await?;
    let listener = tokio::net::TcpListener::bind(address).await?;
    let address = listener.local_addr()?;

    let store = SqliteStore::open(&format!("sqlite://{folder}/sessions.db")).await?; // multi-session
    let fresh = Duration::from_secs(setting("FRESH_AGE", "86400").parse()?); // multi-session
    let options = multi_session::Options::builder().fresh_age(fresh).build()?; // multi-session
    let sessions = Sessions::builder(Arc::new(store)).options(options).proofs(["code"]).build(); // multi-session
    let http = multi_session_leptos::session_http(&sessions, &format!("http://{address}"), SESSIONS)?; // multi-session
    let upkeep = tokio::spawn(sessions.clone().run(stopped())); // multi-session

    let document = leptos.clone();
    let pages = Router::new().leptos_routes_with_context(
        &leptos,
        generate_route_list(App),
        move || provide_context(database.clone()),
        move || shell(document.clone()),
    );
    let app = multi_session_leptos::router(pages, &http, SESSIONS) // multi-session
        .fallback(leptos_axum::file_and_error_handler(shell))
        .with_state(leptos);

    let stopped = stopped();
    tracing::info!("listening on http://{address}");
    let app = app.into_make_service_with_connect_info::<SocketAddr>(); // multi-session
    axum::serve(listener, app).with_graceful_shutdown(stopped).await?;
    upkeep.await?; // multi-session
    Ok(sessions.shut_down().await?) // multi-session
}

/// Waits for Ctrl-C, or for SIGTERM from systemd, Docker or Kubernetes. Both are caught from this call on.
fn stopped() -> impl Future<Output = ()> {
    #[cfg(unix)]
    let signals = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()));
    async move {
        #[cfg(unix)]
        if let (Ok(mut interrupt), Ok(mut terminate)) = signals {
            tokio::select! { _ = interrupt.recv() => {} _ = terminate.recv() => {} }
            return;
        }
        ctrl_c().await.unwrap_or_default();
    }
}
