//! An Axum app with its own users and its own login by one-time codes. The sessions are multi-session's.
//!
//! The app keeps `users`, `codes` and `audit` in a database of its own. It verifies a person, and then begins a session.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Form, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use maud::{DOCTYPE, Markup, html};
use multi_session::http::{Problem, SessionHttp, SessionRequest, SignedIn};
use multi_session::{
    Code, DeviceSession, Error, Options, OsRandom, OutboxEvent, OutboxEventKind, Proof, Random, SessionId,
    Sessions, SignOutScope, SqliteStore, Subject, Target, UserId,
};
use serde::Deserialize;
use sqlx::SqlitePool;
use tokio::signal::ctrl_c;
#[cfg(unix)]
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// The tables of the app.
const TABLES: &str = "
    create table if not exists users (id integer primary key, email text not null unique);
    create table if not exists codes (user_id text primary key, code text, expires_at integer, tries integer);
    create table if not exists audit (event integer primary key, user_id text not null, reason text not null);";

type Outcome<T> = Result<T, Failure>;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let setting = |name, default: &str| std::env::var(name).unwrap_or_else(|_| default.to_owned());
    tracing_subscriber::fmt().with_env_filter(setting("RUST_LOG", "info")).init();
    let (folder, address) = (setting("DATA", "data"), setting("ADDRESS", "127.0.0.1:4000"));
    let fresh_age = Duration::from_secs(setting("FRESH_AGE", "86400").parse()?);

    let store = SqliteStore::open(&format!("sqlite://{folder}/sessions.db")).await?;
    let options = Options::builder().fresh_age(fresh_age).build()?;
    // A step-up accepts a code.
    let sessions = Sessions::builder(Arc::new(store)).options(options).proofs(["code"]).build();
    let database = SqlitePool::connect(&format!("sqlite://{folder}/app.db?mode=rwc")).await?;
    sqlx::raw_sql(TABLES).execute(&database).await?;

    let listener = tokio::net::TcpListener::bind(address).await?;
    let address = listener.local_addr()?;
    let http = SessionHttp::new(&sessions, &format!("http://{address}"))?.with_sign_in_path("/login");
    let router = Router::new()
        .route("/", get(devices_page))
        .route("/devices", get(devices))
        .route("/devices/revoke", post(revoke))
        .route("/devices/revoke-others", post(revoke_others))
        .route("/login", get(login_page).post(send_code))
        .route("/login/code", post(log_in))
        .route("/confirm", get(confirm_page).post(send_confirm_code))
        .route("/confirm/code", post(confirm))
        .route("/sign-out", post(sign_out))
        .layer(http.layer())
        .with_state(database.clone())
        .into_make_service_with_connect_info::<SocketAddr>(); // with the addresses of browsers, for the layer

    // Background tasks: upkeep, and the callback that gets ended sessions.
    let stop = CancellationToken::new();
    let upkeep = tokio::spawn(sessions.clone().run(stop.clone().cancelled_owned()));
    let (outbox, stopped) = (sessions.outbox("audit").await?, stop.clone().cancelled_owned());
    let outbox = tokio::spawn(outbox.run(stopped, move |event| audit(database.clone(), event)));

    let signal = stop_signal();
    tracing::info!("listening on http://{address}");
    let stopped = async move {
        signal.await;
        stop.cancel();
    };
    axum::serve(listener, router).with_graceful_shutdown(stopped).await?;
    tokio::try_join!(upkeep, outbox)?;
    Ok(sessions.shut_down().await?)
}

/// Waits for Ctrl-C, or for SIGTERM from systemd, Docker or Kubernetes. Both are caught from this call on.
fn stop_signal() -> impl Future<Output = ()> {
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

/// Writes ended sessions to the app's own table. An event may be delivered twice, so its id is the key.
async fn audit(database: SqlitePool, event: OutboxEvent) -> sqlx::Result<()> {
    let OutboxEventKind::Ended { reason } = event.kind else { return Ok(()) };
    let write = sqlx::query("insert or ignore into audit (event, user_id, reason) values ($1, $2, $3)");
    let write = write.bind(event.id).bind(event.user_id.as_str()).bind(reason.as_str());
    write.execute(&database).await.map(drop)
}

/// The fields of the forms.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Fields {
    email: String,
    code: String,
    id: String,
}

/// Creates a code for a user, valid for ten minutes, and writes it to the log instead of a mail. There is at
/// most one code a minute, because each can be tried five times.
async fn make_code(db: &SqlitePool, user: &UserId, email: &str) -> Outcome<()> {
    let mut bytes = [0; 8];
    OsRandom.fill(&mut bytes);
    let code = format!("{:06}", u64::from_be_bytes(bytes) % 1_000_000);
    let put = "insert into codes values ($1, $2, unixepoch() + 600, 0) on conflict (user_id) do update
        set code = $2, expires_at = unixepoch() + 600, tries = 0 where expires_at < unixepoch() + 540";
    if sqlx::query(put).bind(user.as_str()).bind(&code).execute(db).await?.rows_affected() == 1 {
        tracing::info!("the code for {email} is {code}");
    }
    Ok(())
}

/// Verifies a code. Each works once, and not after five tries. The epoch is read first, so that a code from
/// before a credential change is refused.
async fn verify(db: &SqlitePool, sessions: &Sessions, user: &UserId, code: &str) -> Outcome<Option<Proof>> {
    let epoch = sessions.epoch(user).await?;
    let tried =
        "update codes set tries = tries + 1 where user_id = $1 and tries < 5 and expires_at > unixepoch()";
    let used = "delete from codes where user_id = $1 and code = $2";
    let is_right = sqlx::query(tried).bind(user.as_str()).execute(db).await?.rows_affected() == 1
        && sqlx::query(used).bind(user.as_str()).bind(code).execute(db).await?.rows_affected() == 1;
    Ok(is_right.then(|| Proof::by("code").at(epoch)))
}

/// The id of the user with this address. Creates the user if there is none.
async fn user_of(db: &SqlitePool, email: &str) -> Outcome<UserId> {
    let make = "insert into users (email) values ($1) on conflict do update set email = $1 returning id";
    let id: i64 = sqlx::query_scalar(make).bind(email).fetch_one(db).await?;
    Ok(UserId::new(id.to_string())?)
}

async fn send_code(db: State<SqlitePool>, form: Form<Fields>) -> Outcome<Markup> {
    make_code(&db, &user_of(&db, &form.email).await?, &form.email).await?;
    Ok(code_page("/login/code", &form.email, false))
}

async fn log_in(db: State<SqlitePool>, request: SessionRequest, form: Form<Fields>) -> Outcome<Response> {
    let user = user_of(&db, &form.email).await?;
    let Some(proof) = verify(&db, request.sessions(), &user, &form.code).await? else {
        return Ok(code_page("/login/code", &form.email, true).into_response());
    };
    request.begin(Subject::new(user).name(&form.email).email(form.email.clone()), proof).await?;
    Ok(Redirect::to("/").into_response())
}

/// The step-up: the same kind of code makes the session fresh again.
async fn confirm_page(_: SignedIn) -> Markup {
    page(html! {
        form method="post" action="/confirm" { button { "Send me a code to confirm that it is me" } }
    })
}

async fn send_confirm_code(db: State<SqlitePool>, SignedIn(held): SignedIn) -> Outcome<Markup> {
    make_code(&db, &held.user.id, &held.user.email).await?;
    Ok(code_page("/confirm/code", &held.user.email, false))
}

async fn confirm(db: State<SqlitePool>, request: SessionRequest, form: Form<Fields>) -> Outcome<Response> {
    let held = request.browser()?.signed_in()?.clone();
    let Some(proof) = verify(&db, request.sessions(), &held.user.id, &form.code).await? else {
        return Ok(code_page("/confirm/code", &held.user.email, true).into_response());
    };
    request.prove(proof).await?;
    Ok(Redirect::to("/").into_response())
}

async fn devices(_: SignedIn, request: SessionRequest) -> Outcome<Json<Vec<DeviceSession>>> {
    Ok(Json(request.list().await?))
}

async fn revoke(_: SignedIn, request: SessionRequest, form: Form<Fields>) -> Outcome<Redirect> {
    let id = SessionId::new(&form.id).map_err(|_| Error::from(Code::InvalidSessionToken))?;
    request.revoke(&Target::Id(id)).await?;
    Ok(Redirect::to("/"))
}

async fn revoke_others(_: SignedIn, request: SessionRequest) -> Outcome<Redirect> {
    request.revoke_others().await?;
    Ok(Redirect::to("/"))
}

async fn sign_out(request: SessionRequest) -> Outcome<Redirect> {
    request.sign_out(SignOutScope::Account).await?;
    Ok(Redirect::to("/login"))
}

async fn login_page() -> Markup {
    page(html! {
        form method="post" action="/login" {
            label { "Email " input type="email" name="email" autocomplete="username" required; }
            button { "Send me a code" }
        }
    })
}

fn code_page(action: &str, email: &str, is_wrong: bool) -> Markup {
    page(html! {
        @if is_wrong { p role="alert" { "This code is wrong or has expired." } }
        form method="post" action=(action) {
            input type="hidden" name="email" value=(email);
            label { "Code from the log " input name="code" inputmode="numeric" autocomplete="one-time-code" required; }
            button { "Continue" }
        }
    })
}

async fn devices_page(SignedIn(held): SignedIn, request: SessionRequest) -> Outcome<Markup> {
    let rows = request.list().await?;
    Ok(page(html! {
        p { "Signed in as " (held.user.email) }
        ul {
            @for row in &rows {
                li {
                    (row.device.label) " " (row.ip_address) @if row.is_current { " (current)" }
                    form method="post" action="/devices/revoke" {
                        button name="id" value=(row.id.as_str()) { "Revoke" }
                    }
                }
            }
        }
        form method="post" action="/devices/revoke-others" { button { "Revoke all others" } }
        form method="post" action="/sign-out" { button { "Sign out" } }
    }))
}

fn page(content: Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" { head { meta charset="utf-8"; title { "Devices" } } body { main { h1 { "Devices" } (content) } } }
    }
}

/// Why a request failed. If a step-up is needed, the answer redirects there.
struct Failure(anyhow::Error);

impl<E: Into<anyhow::Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        match self.0.downcast::<Error>() {
            Ok(Error::SessionNotFresh { .. }) => Redirect::to("/confirm").into_response(),
            Ok(error) => Problem::from(error).into_response(),
            Err(error) => {
                tracing::error!(cause = %error, "a request failed");
                Problem::from(Code::Internal).into_response()
            }
        }
    }
}
