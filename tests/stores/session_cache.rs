//! Cached sessions are never older than a change that was answered, by this process or another one.

use std::time::Duration;

use multi_session::{
    Actor, Alongside, EndedReason, Handle, Limit, NewSession, NextSession, Operator, Page, PostgresOptions,
    PostgresStore, PostgresTestDatabase, Renewal, Rotation, SecretHash, SessionCacheStatistics,
    SqliteOptions, SqliteStore, Store, StoredSession, Subject, Touch, Undo, UserId,
};
use tempfile::TempDir;

use crate::opening::{limit, open};
use crate::postgres::{NOW, session, user};

const HOUR: Duration = Duration::from_secs(60 * 60);

/// Two stores on one database, each with a session cache.
struct Two<'a, S> {
    here: &'a S,
    there: &'a S,
    statistics: fn(&S) -> SessionCacheStatistics,
}

impl<S: Store> Two<'_, S> {
    /// Reads a session and the list of its user from both until they answer from the cache. Returns the user.
    async fn warm(&self, handle: &Handle) -> UserId {
        let user = self.ask(self.here, handle).await.expect("a live session").user.id.clone();
        for store in [self.here, self.there] {
            self.until_hit(store, async || _ = self.ask(store, handle).await).await;
            self.until_hit(store, async || _ = self.list(store, &user).await).await;
        }
        user
    }

    async fn until_hit(&self, store: &S, look: impl AsyncFn()) {
        let hits = (self.statistics)(store).hits;
        while (self.statistics)(store).hits == hits {
            look().await;
            tokio::task::yield_now().await;
        }
    }

    /// Makes a change and checks that both stores see it at once. Returns the session as they see it.
    async fn after<T>(
        &self,
        handle: &Handle,
        change: impl AsyncFnOnce(&S) -> T,
    ) -> Option<std::sync::Arc<StoredSession>> {
        let user = self.warm(handle).await;
        change(self.here).await;
        // These are not cached.
        let page = Page { ended: false, after: None, limit: 100 };
        let mut live = self.there.of_user(&user, page, NOW).await.expect("an answer");
        live.sort_by_key(|found| std::cmp::Reverse(found.stored.session.created_at));
        let live: Vec<_> = live.iter().map(|found| format!("{:?}", found.stored)).collect();
        assert_eq!(self.list(self.here, &user).await, live, "the list where the change was made");
        assert_eq!(self.list(self.there, &user).await, live, "the list elsewhere");
        let (here, there) = (self.ask(self.here, handle).await, self.ask(self.there, handle).await);
        // Sessions found by their handle are not cached.
        let stored = self.there.find_by_handle(handle).await.expect("an answer");
        let stored = stored.filter(|found| found.end.is_none()).map(|found| found.stored);
        let shown = |it: &StoredSession| format!("{it:?}");
        let expected = stored.as_ref().map(shown);
        assert_eq!(here.as_deref().map(shown), expected, "where the change was made");
        assert_eq!(there.as_deref().map(shown), expected, "elsewhere");
        there
    }

    async fn list(&self, store: &S, user: &UserId) -> Vec<String> {
        let live = store.live_of_user(user, NOW).await.expect("a list");
        live.iter().map(|stored| format!("{stored:?}")).collect()
    }

    async fn ask(&self, store: &S, handle: &Handle) -> Option<std::sync::Arc<StoredSession>> {
        store.live_by_handles(&[handle], NOW).await.expect("an answer").pop()
    }
}

fn actor(of: &NewSession) -> Actor<'_> {
    Actor { session: &of.session.id, user: &of.session.user_id }
}

fn renewal(name: &str) -> Renewal {
    let handle = Handle::parse(&format!("{name:0>32}")).expect("a handle");
    let secret_hash = SecretHash::from_bytes(&[8; 32]).expect("32 bytes");
    Renewal { handle, secret_hash, expires_at: NOW.plus(HOUR), verified_with: None }
}

/// Every kind of change, and its effect.
async fn every_change_is_seen_at_once<S: Store>(two: Two<'_, S>) {
    let ada = user("ada");
    let own = NewSession { new_device: false, ..session(&ada, "own") };
    open(two.here, Some(&ada), &own).await.expect("a sign-up");
    let mut phone = NewSession { new_device: true, ..session(&ada, "phone") };
    phone.session.created_at = NOW.plus(Duration::from_secs(1));
    open(two.here, None, &phone).await.expect("a sign-in");
    let (id, handle) = (&phone.session.id, &phone.session.handle);
    let revoke = async |store: &S| store.end_by_id(actor(&own), id, EndedReason::Revoked, NOW).await;
    let undo = async |store: &S| {
        let ended_after = NOW.minus(Duration::from_secs(10));
        store.undo_revoke(Undo { actor: actor(&own), id, ended_after, maximum: 5 }, NOW).await
    };

    let known = two.after(handle, async |it| it.rename(actor(&own), id, Some("Kitchen"), NOW).await).await;
    assert_eq!(known.expect("live").device_name.as_deref(), Some("Kitchen"));
    let later = NOW.plus(Duration::from_secs(30));
    two.warm(handle).await;
    two.here.touch(&[Touch::new(id.clone(), later)]).await.expect("it is written");
    let live = two.here.live_of_user(&ada.user.id, NOW).await.expect("a list");
    assert_eq!(live[0].last_active_at, later, "what this process has written");
    let mut other = NewSession { new_device: false, ..session(&ada, "other") };
    other.session.created_at = later;
    two.after(handle, async |it| open(it, None, &other).await.expect("a sign-in")).await;
    two.after(handle, async |it| {
        it.end_by_id(actor(&own), &other.session.id, EndedReason::Revoked, NOW).await
    })
    .await;
    let known = two.after(handle, async |it| it.recognize(actor(&own), id, NOW, NOW).await).await;
    assert!(!known.expect("live").new_device);
    assert!(two.after(handle, revoke).await.is_none());
    assert!(two.ask(two.there, handle).await.is_none(), "also when it is asked for again");
    undo(two.there).await.expect("an answer");
    assert!(two.ask(two.here, handle).await.is_some(), "it lives again");

    // The profile of a user without an account is updated.
    let grace = session(&user("grace"), "grace");
    let begin = async |store: &S, name: &str, new: &NewSession| {
        let subject = Subject::new(new.session.user_id.clone()).name(name);
        let limit = Limit { maximum: 5, ..limit() };
        store.begin(&subject, new, &limit, None::<&dyn Alongside>).await.expect("a sign-in");
    };
    begin(two.here, "Grace", &grace).await;
    let later = session(&user("grace"), "later");
    let known =
        two.after(&grace.session.handle, async |store| begin(store, "Grace Hopper", &later).await).await;
    assert_eq!(known.expect("live").user.name, "Grace Hopper");

    let proved = renewal("proved");
    assert!(two.after(handle, async |it| it.prove(actor(&phone), &proved, None, NOW).await).await.is_none());
    let known = two.after(&proved.handle, async |it| it.use_credential(actor(&phone), &proved.handle).await);
    assert!(!known.await.expect("live").credential_is_new);
    let changed = renewal("changed");
    let next = NextSession::Renewed(&changed);
    let known = two.after(&proved.handle, async |it| {
        it.credentials_changed(actor(&phone), next, None, NOW).await.expect("an answer")
    });
    assert!(known.await.is_none());
    let own_handle = &own.session.handle;
    let known = two.after(own_handle, async |it| it.epoch(&ada.user.id).await).await;
    assert_eq!(known.expect("live").user.updated_at, NOW);
    let reported = Rotation { handle: renewal("rotated").handle, secret_hash: changed.secret_hash };
    let known = two.after(&changed.handle, async |it| {
        it.report(actor(&own), id, &reported, false, None, NOW).await.expect("an answer")
    });
    assert!(known.await.is_none());
    let by = Operator::new("cli:test");
    let known = two.after(&reported.handle, async |it| it.disable_user(&by, &ada.user.id, NOW).await);
    assert!(known.await.is_none());
    let known = two.after(&later.session.handle, async |it| {
        it.forget_user(&by, &grace.session.user_id, NOW).await.expect("an answer")
    });
    assert!(known.await.is_none());
    assert!((two.statistics)(two.there).hits > 10);
}

#[tokio::test]
async fn change_by_another_process_is_seen_at_once_with_sqlite() {
    let folder = TempDir::new().expect("a folder");
    let url = format!("sqlite://{}", folder.path().join("test.db").display());
    let here = SqliteStore::open(&url).await.expect("a database");
    let there = SqliteStore::open(&url).await.expect("a database");
    let statistics = |store: &SqliteStore| store.session_cache().expect("it keeps sessions");
    every_change_is_seen_at_once(Two { here: &here, there: &there, statistics }).await;
}

async fn caching(database: &PostgresTestDatabase) -> PostgresStore {
    let options = PostgresOptions::default().session_cache(1_000);
    PostgresStore::open_with(&database.url(), 4, &options).await.expect("a database")
}

fn of_postgres(store: &PostgresStore) -> SessionCacheStatistics {
    store.session_cache().expect("it keeps sessions")
}

#[tokio::test]
async fn change_by_another_node_is_seen_at_once_with_postgres() {
    let database = PostgresTestDatabase::migrated().await;
    let (here, there) = (caching(&database).await, caching(&database).await);
    every_change_is_seen_at_once(Two { here: &here, there: &there, statistics: of_postgres }).await;
    assert!(of_postgres(&here).waits > 0, "it waited for the other node");
    here.close().await;
    there.close().await;
    let left = "do $$ begin if exists (select 1 from cache_nodes) then raise exception 'still there'; end if; end $$";
    database.execute(left).await.map(drop).expect("both have left");
}

#[tokio::test]
async fn node_without_a_cache_waits_for_those_with_one() {
    let database = PostgresTestDatabase::migrated().await;
    let here = crate::postgres::node(&database).await;
    let there = caching(&database).await;
    let ada = user("ada");
    let one = session(&ada, "one");
    open(&here, Some(&ada), &one).await.expect("a sign-up");
    for round in 0..20 {
        while of_postgres(&there).hits <= round {
            there.live_by_handles(&[&one.session.handle], NOW).await.expect("an answer");
        }
        let name = format!("name {round}");
        assert!(here.rename(actor(&one), &one.session.id, Some(&name), NOW).await.expect("an answer"));
        let known = there.live_by_handles(&[&one.session.handle], NOW).await.expect("an answer");
        assert_eq!(known[0].device_name.as_deref(), Some(&*name));
    }
}

#[tokio::test]
async fn dead_node_delays_only_one_change() {
    let database = PostgresTestDatabase::migrated().await;
    let here = caching(&database).await;
    let ada = user("ada");
    let one = session(&ada, "one");
    open(&here, Some(&ada), &one).await.expect("a sign-up");
    let dead = "insert into cache_nodes (node, renewal) values ('dead', 1)";
    database.execute(dead).await.map(drop).expect("a row");
    let mut times = Vec::new();
    for name in ["first", "second", "third"] {
        let since = std::time::Instant::now();
        here.rename(actor(&one), &one.session.id, Some(name), NOW).await.expect("an answer");
        times.push(since.elapsed());
    }
    assert!(times[0] >= Duration::from_secs(2), "{times:?}");
    assert!(times[1] < Duration::from_secs(2) && times[2] < Duration::from_secs(2), "{times:?}");
}

#[tokio::test]
async fn store_without_a_cache_queries_every_time() {
    let folder = TempDir::new().expect("a folder");
    let url = format!("sqlite://{}", folder.path().join("test.db").display());
    let options = SqliteOptions::default().session_cache(0);
    assert_eq!(SqliteStore::open_with(&url, &options).await.expect("a database").session_cache(), None);
    let database = PostgresTestDatabase::migrated().await;
    assert_eq!(crate::postgres::node(&database).await.session_cache(), None);
}
