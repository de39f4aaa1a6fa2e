//! PostgreSQL databases that several installations share with each other and with an application.

use std::str::FromStr;
use std::sync::Arc;

use multi_session::{
    Actor, Change, EndedReason, HistoryKind, HistoryQuery, Limit, Operator, OperatorStore, PostgresOptions,
    PostgresStore, PostgresTestDatabase, Store, Subject,
};
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};

use crate::opening::limit;
use crate::postgres::{NOW, began, next, node, session, sign_up, user};

/// A database without our tables, but with tables of the same names in the search path of an application.
const APPLICATION: &str = "drop schema public cascade;
    create schema public;
    create schema application;
    create table application.users (number int);
    create table application.sessions (number int);
    create table application.history (number int);
    create table application._sqlx_migrations (number int)";
/// Settings of its connections that we do not work with.
const SETTINGS: [(&str, &str); 4] = [
    ("search_path", "application"),
    ("default_transaction_isolation", "serializable"),
    ("synchronous_commit", "off"),
    ("statement_timeout", "1min"),
];

async fn pool(database: &PostgresTestDatabase) -> PgPool {
    let options = PgConnectOptions::from_str(&database.url()).expect("a URL").options(SETTINGS);
    PgPoolOptions::new().max_connections(16).connect_with(options).await.expect("a pool")
}

async fn installation(pool: &PgPool, schema: &str) -> PostgresStore {
    let options = PostgresOptions::default().schema(schema).session_cache(1_000);
    PostgresStore::with_pool(pool.clone(), &options).await.expect("an installation")
}

async fn shared() -> PostgresTestDatabase {
    let database = PostgresTestDatabase::empty().await;
    database.execute(APPLICATION).await.map(drop).expect("the application's tables");
    database
}

/// The contract suite next to an application in one database, in a schema whose name needs quotes, with the session
/// cache.
mod beside_an_application {
    use super::*;

    async fn make() -> (Arc<dyn Store>, (PgPool, PostgresTestDatabase)) {
        let database = PostgresTestDatabase::changed_by(APPLICATION).await;
        let pool = pool(&database).await;
        (Arc::new(installation(&pool, "Installation-1").await), (pool, database))
    }

    multi_session::store_contract!(make());
}

#[tokio::test]
async fn installations_in_one_database_are_independent() {
    let database = shared().await;
    let pool = pool(&database).await;
    let (one, two, default) =
        (installation(&pool, "one").await, installation(&pool, "Two").await, node(&database).await);
    let other_node = installation(&pool, "one").await;
    let mut changes = other_node.changes();
    // The same user and session in each. The installation whose changes are received is the last.
    for store in [&default, &two, &one] {
        sign_up(store, "ada", "first").await.expect("a sign-up");
    }
    let ada = user("ada");
    assert_eq!(next(&mut changes).await, began(&session(&ada, "first")));

    let second = session(&ada, "second");
    let begun = one.begin(&Subject::from(&ada.user), &second, &Limit { maximum: 1, ..limit() }, None).await;
    assert_eq!(begun.expect("a sign-in").ended.len(), 1, "one is evicted");
    let actor = Actor { session: &second.session.id, user: &ada.user.id };
    one.end_all(actor, true, EndedReason::SignedOut, NOW).await.expect("an answer");
    one.forget_user(&Operator::new("cli:test"), &ada.user.id, NOW).await.expect("an answer").expect("a user");
    for store in [&default, &two] {
        let live = store.live_of_user(&ada.user.id, NOW).await.expect("a list");
        assert_eq!(live.iter().map(|live| live.session.id.as_str()).collect::<Vec<_>>(), ["first"]);
        let query = HistoryQuery { session: None, kinds: &[], before: None, limit: 10 };
        let history = store.history(&ada.user.id, query).await.expect("a history");
        assert_eq!(history.iter().map(|entry| entry.kind).collect::<Vec<_>>(), [Some(HistoryKind::SignedIn)]);
    }
    let applied = "select (select count(*) from one._sqlx_migrations) = (select count(*) from \"Two\"._sqlx_migrations)";
    assert!(sqlx::query_scalar::<_, bool>(applied).fetch_one(&pool).await.expect("an answer"));
}

#[tokio::test]
async fn triggers_work_with_any_search_path() {
    let database = shared().await;
    let store = installation(&pool(&database).await, "one").await;
    sign_up(&store, "ada", "first").await.expect("a sign-up");
    let end = "set search_path = application;
        update one.sessions set ended_at = 1795000000001, ended_reason = 'revoked'";
    database.execute(end).await.map(drop).expect("a session ends");
    let query = HistoryQuery { session: None, kinds: &[HistoryKind::Ended], before: None, limit: 10 };
    assert_eq!(store.history(&user("ada").user.id, query).await.expect("a history").len(), 1);
}

#[tokio::test]
async fn pool_of_an_application_keeps_its_settings_and_outlives_the_store() {
    let database = shared().await;
    let pool = pool(&database).await;
    let store = installation(&pool, "one").await;
    sign_up(&store, "ada", "first").await.expect("a sign-up");
    store.check_writes().await.expect("it takes writes");
    store.announce(Change::Gap).await.expect("it is told");
    store.close().await;
    assert!(!pool.is_closed());
    let mut connections = Vec::new();
    for _ in 0..pool.size() {
        connections.push(pool.acquire().await.expect("a connection"));
    }
    for connection in &mut connections {
        for (name, expected) in SETTINGS {
            let setting = sqlx::query_scalar::<_, String>("select current_setting($1)").bind(name);
            assert_eq!(setting.fetch_one(&mut **connection).await.expect("a setting"), expected, "{name}");
        }
    }
}

#[tokio::test]
async fn installation_is_found_by_its_name_and_by_its_search_path() {
    let database = shared().await;
    let options = PostgresOptions::default().schema("one");
    let named = PostgresStore::open_with(&database.url(), 1, &options).await.expect("an installation");
    let new = sign_up(&named, "ada", "first").await.expect("a sign-up");
    // Like installations from before schemas could be named.
    let mut url = url::Url::parse(&database.url()).expect("a URL");
    url.query_pairs_mut().append_pair("options", "-c search_path=one");
    let by_path = PostgresStore::open(url.as_str(), 1).await.expect("the same installation");
    let live = by_path.live_of_user(&new.session.user_id, NOW).await.expect("a list");
    assert_eq!(live.len(), 1);

    let refused = PostgresStore::open_with(&database.url(), 1, &options.schema("a\"b")).await;
    assert!(format!("{refused:?}").contains("letters, digits"), "{refused:?}");
}
