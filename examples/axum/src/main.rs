//! An Axum app with its own users and its own login by one-time codes. The sessions are multi-session's.
//!
//! The app keeps `users`, `codes` and `audit` in a database of its own. It verifies a person, and then begins a session.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Context;
use axum::extract::{Form, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use maud::{DOCTYPE, Markup, html};
use multi_session::http::{Problem, SessionHttp, SessionRequest, SignedIn};
use multi_session::{
    Code, DeviceSession, Error, OsRandom, OutboxEvent, OutboxEventKind, Proof, Random, SessionId, Sessions,
    SignOutScope, SqliteStore, Subject, Target, UserId,
};
use serde::Deserialize;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePool};

/// The tables of the app.
const TABLES: &str = "
    create table if not exists users (id integer primary key, email text not null unique);
    create table if not exists codes (user_id integer primary key, code text, expires_at integer, tries integer);
    create table if not exists audit (event integer primary key, user_id text not null, reason text not null);";

type Outcome<T> = Result<T, Failure>;

#[derive(Clone)]
struct App {
    sessions: Sessions,
    database: SqlitePool,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    tracing_subscriber::fmt().with_env_filter("info").init();
    let setting = |name, default: &str| std::env::var(name).unwrap_or_else(|_| default.to_owned());
    let (folder, address) = (setting("DATA", "data"), setting("ADDRESS", "127.0.0.1:4000"));

    let store = SqliteStore::open(&format!("sqlite://{folder}/sessions.db")).await?;
    // Whoever must step up is told that a code will do.
    let sessions = Sessions::builder(Arc::new(store)).proofs(["code"]).build();
    let database = SqliteConnectOptions::new().filename(format!("{folder}/app.db")).create_if_missing(true);
    let database = SqlitePool::connect_with(database).await?;
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
        .route("/confirm", get(confirm_page).post(confirm))
        .route("/sign-out", post(sign_out))
        .layer(http.layer())
        .with_state(App { sessions: sessions.clone(), database: database.clone() })
        // The layer reads the address of the browser from the connection.
        .into_make_service_with_connect_info::<SocketAddr>();

    // What runs beside the requests: upkeep, and the callback that hears of ended sessions.
    let upkeep = sessions.clone();
    tokio::spawn(async move { upkeep.run(std::future::pending()).await });
    let outbox = sessions.outbox("audit").await?;
    tokio::spawn(outbox.run(std::future::pending(), move |event| audit(database.clone(), event)));

    tracing::info!("listening on http://{address}");
    let stopped = async { tokio::signal::ctrl_c().await.unwrap_or_default() };
    axum::serve(listener, router).with_graceful_shutdown(stopped).await?;
    Ok(sessions.shut_down().await?)
}

/// Writes ended sessions to the app's own table. An event may come twice: its id is the key.
async fn audit(database: SqlitePool, event: OutboxEvent) -> sqlx::Result<()> {
    let OutboxEventKind::Ended { reason } = event.kind else { return Ok(()) };
    let write = sqlx::query("insert or ignore into audit (event, user_id, reason) values ($1, $2, $3)");
    let write = write.bind(event.id).bind(event.user_id.as_str()).bind(reason.as_str());
    write.execute(&database).await.map(drop)
}

/// What the forms send.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Fields {
    email: String,
    code: String,
    id: String,
}

impl App {
    /// Makes a code for a user, good for ten minutes, and writes it to the log instead of a mail.
    async fn send_code(&self, user: i64, email: &str) -> Outcome<()> {
        let mut bytes = [0; 8];
        OsRandom.fill(&mut bytes);
        let code = format!("{:06}", u64::from_be_bytes(bytes) % 1_000_000);
        let put = "insert or replace into codes values ($1, $2, unixepoch() + 600, 0)";
        sqlx::query(put).bind(user).bind(&code).execute(&self.database).await?;
        tracing::info!("the code for {email} is {code}");
        Ok(())
    }

    /// Verifies a code; each works once, and after five tries no more.
    async fn verify(&self, user: i64, code: &str) -> Outcome<bool> {
        let tried = "update codes set tries = tries + 1 where user_id = $1 and tries < 5 and expires_at > unixepoch()";
        let counted = sqlx::query(tried).bind(user).execute(&self.database).await?;
        let used = sqlx::query("delete from codes where user_id = $1 and code = $2").bind(user).bind(code);
        Ok(counted.rows_affected() == 1 && used.execute(&self.database).await?.rows_affected() == 1)
    }

    async fn find(&self, email: &str) -> Outcome<Option<i64>> {
        let find = sqlx::query_scalar("select id from users where email = $1").bind(email);
        Ok(find.fetch_optional(&self.database).await?)
    }
}

async fn send_code(app: State<App>, form: Form<Fields>) -> Outcome<Markup> {
    let make = sqlx::query("insert or ignore into users (email) values ($1)").bind(&form.email);
    make.execute(&app.database).await?;
    let user = app.find(&form.email).await?.context("the user was just made")?;
    app.send_code(user, &form.email).await?;
    Ok(code_page("/login/code", Some(&form.email), None))
}

/// The login: the epoch is read before the code is verified, so that nobody gets in with a code from before a change.
async fn log_in(app: State<App>, request: SessionRequest, form: Form<Fields>) -> Outcome<Response> {
    let wrong = || code_page("/login/code", Some(&form.email), Some("This code is wrong or has expired."));
    let Some(user) = app.find(&form.email).await? else { return Ok(wrong().into_response()) };
    let id = UserId::new(user.to_string())?;
    let epoch = app.sessions.epoch(&id).await?;
    if !app.verify(user, &form.code).await? {
        return Ok(wrong().into_response());
    }
    let subject = Subject::new(id).name(&form.email).email(form.email.clone());
    request.begin(subject, Proof::by("code").at(epoch)).await?;
    Ok(Redirect::to("/").into_response())
}

/// The step-up: the same kind of code makes the session fresh again.
async fn confirm_page(app: State<App>, SignedIn(held): SignedIn) -> Outcome<Markup> {
    app.send_code(held.user.id.as_str().parse()?, &held.user.email).await?;
    Ok(code_page("/confirm", None, None))
}

async fn confirm(
    app: State<App>,
    SignedIn(held): SignedIn,
    request: SessionRequest,
    form: Form<Fields>,
) -> Outcome<Response> {
    let epoch = app.sessions.epoch(&held.user.id).await?;
    if !app.verify(held.user.id.as_str().parse()?, &form.code).await? {
        return Ok(code_page("/confirm", None, Some("This code is wrong or has expired.")).into_response());
    }
    request.prove(Proof::by("code").at(epoch)).await?;
    Ok(Redirect::to("/").into_response())
}

async fn devices(_: SignedIn, request: SessionRequest) -> Outcome<Json<Vec<DeviceSession>>> {
    Ok(Json(request.list().await?))
}

async fn revoke(_: SignedIn, request: SessionRequest, form: Form<Fields>) -> Outcome<Redirect> {
    request.revoke(&Target::Id(SessionId::new(&form.id)?)).await?;
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
            label { "E-mail " input type="email" name="email" autocomplete="username" required; }
            button { "Send me a code" }
        }
    })
}

fn code_page(action: &str, email: Option<&str>, problem: Option<&str>) -> Markup {
    page(html! {
        @if let Some(problem) = problem { p role="alert" { (problem) } }
        form method="post" action=(action) {
            @if let Some(email) = email { input type="hidden" name="email" value=(email); }
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

/// Why a request failed: whoever must step up is sent to do so.
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
