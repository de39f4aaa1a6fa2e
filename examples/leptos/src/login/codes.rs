//! The users and their codes, in the app's own database.

use leptos::prelude::*;
use multi_session::{OsRandom, Proof, Random, Sessions, UserId};
use sqlx::SqlitePool;

/// The tables of the app.
pub const TABLES: &str = "
    create table if not exists users (id integer primary key, email text not null unique);
    create table if not exists codes (user_id text primary key, code text, expires_at integer, tries integer);";

/// Creates a code for a user, valid for ten minutes, and writes it to the log. There is at most one code a
/// minute.
pub async fn make(email: &str) -> Result<(), ServerFnError> {
    let user = user_of(email).await?;
    let mut bytes = [0; 8];
    OsRandom.fill(&mut bytes);
    let code = format!("{:06}", u64::from_be_bytes(bytes) % 1_000_000);
    let put = "insert into codes values ($1, $2, unixepoch() + 600, 0) on conflict (user_id) do update
        set code = $2, expires_at = unixepoch() + 600, tries = 0 where expires_at < unixepoch() + 540";
    if sqlx::query(put).bind(user.as_str()).bind(&code).execute(&database()).await?.rows_affected() == 1 {
        tracing::info!("the code for {email} is {code}");
    }
    Ok(())
}

/// Verifies a code. Each works once, and not after five tries. The epoch is read first, so that a code from
/// before a credential change is refused.
pub async fn verify(
    sessions: &Sessions,
    email: &str,
    code: &str,
) -> Result<Option<(UserId, Proof)>, ServerFnError> {
    let (user, database) = (user_of(email).await?, database());
    let epoch = sessions.epoch(&user).await?;
    let tried =
        "update codes set tries = tries + 1 where user_id = $1 and tries < 5 and expires_at > unixepoch()";
    let used = "delete from codes where user_id = $1 and code = $2";
    let is_right = sqlx::query(tried).bind(user.as_str()).execute(&database).await?.rows_affected() == 1
        && sqlx::query(used).bind(user.as_str()).bind(code).execute(&database).await?.rows_affected() == 1;
    Ok(is_right.then(|| (user, Proof::by("code").at(epoch))))
}

/// The id of the user with this address. Creates the user if there is none.
async fn user_of(email: &str) -> Result<UserId, ServerFnError> {
    let make = "insert into users (email) values ($1) on conflict do update set email = $1 returning id";
    let id: i64 = sqlx::query_scalar(make).bind(email).fetch_one(&database()).await?;
    Ok(UserId::new(id.to_string())?)
}

fn database() -> SqlitePool {
    expect_context()
}
