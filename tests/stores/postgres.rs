//! The store for several nodes: a database for each test.

use std::net::SocketAddr;
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use multi_session::{
    AccountStore, Actor, Change, ChangeError, Changes, EndedReason, Handle, ImportStore, NewOperatorAct,
    NewSession, Operator, OperatorActKind, OperatorStore, Options, OutboxEvent, OutboxStore, PostgresStore,
    PostgresTestDatabase, SecretHash, Session, SessionId, Sessions, Store, StoreError, Timestamp, User,
    UserId, contract,
};
use sqlx::{Connection, Executor, PgConnection};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, oneshot, watch};

use crate::opening::{NewUser, open};
use crate::{email_keys, flushing, import, outbox};

pub(crate) const NOW: Timestamp = Timestamp::from_unix_ms(1_795_000_000_000);

async fn make() -> (Arc<dyn Store>, PostgresTestDatabase) {
    let database = PostgresTestDatabase::migrated().await;
    (Arc::new(node(&database).await), database)
}

multi_session::store_contract!(make());

/// The same with `sessions` partitioned, as docs/operating.md describes for very many sessions.
pub(crate) mod partitioned {
    use super::*;

    const DOCUMENTED: &str = include_str!("../../docs/partition-sessions.sql");
    /// Four partitions instead of 32: each new connection reads the definitions of all of them.
    static FEWER: LazyLock<String> = LazyLock::new(|| {
        let fewer = [("0..31 loop", "0..3 loop"), ("modulus 32", "modulus 4")];
        fewer.iter().fold(DOCUMENTED.to_owned(), |statements, (all, few)| {
            assert!(statements.contains(all), "the documented statements have no {all}");
            statements.replace(all, few)
        })
    });

    async fn split_by(statements: &'static str) -> (Arc<dyn Store>, PostgresTestDatabase) {
        let database = PostgresTestDatabase::changed_by(statements).await;
        (Arc::new(node(&database).await), database)
    }

    pub(crate) async fn as_documented() -> (Arc<dyn Store>, PostgresTestDatabase) {
        split_by(DOCUMENTED).await
    }

    async fn make() -> (Arc<dyn Store>, PostgresTestDatabase) {
        split_by(&FEWER).await
    }

    multi_session::store_contract!(make());

    #[tokio::test]
    async fn no_statement_scans_a_table() {
        let (_store, database) = as_documented().await;
        super::no_plan_scans_a_table(&node(&database).await).await;
    }
}

pub(crate) async fn node(database: &PostgresTestDatabase) -> PostgresStore {
    PostgresStore::open(&database.url(), PostgresStore::CONNECTIONS).await.expect("a database")
}

pub(crate) fn user(name: &str) -> NewUser {
    let id = UserId::new(name).expect("an id");
    let user = User::new(id, name, format!("{name}@example.org"), NOW);
    NewUser { user, password_hash: "a hash".to_owned() }
}

pub(crate) fn session(user: &NewUser, name: &str) -> NewSession {
    let id = SessionId::new(name).expect("an id");
    let handle = Handle::parse(&format!("{name:0>32}")).expect("a handle");
    let session = Session::new(id, handle, user.user.id.clone(), NOW, NOW.plus(Duration::from_secs(60)));
    NewSession {
        session,
        secret_hash: SecretHash::from_bytes(&[7; 32]).expect("32 bytes"),
        remember: true,
        shared_computer: false,
        new_device: false,
        device_keys: Vec::new(),
        signed_in_with: None,
    }
}

pub(crate) async fn sign_up(
    store: &PostgresStore,
    name: &str,
    session_name: &str,
) -> Result<NewSession, ChangeError> {
    let user = user(name);
    let new = session(&user, session_name);
    open(store, Some(&user), &new).await.map(|_| new)
}

pub(crate) async fn next(changes: &mut Changes) -> Change {
    let change = tokio::time::timeout(Duration::from_secs(10), changes.next()).await;
    change.expect("a change is told in time").expect("the store is there")
}

pub(crate) fn began(new: &NewSession) -> Change {
    Change::Sessions { user: new.session.user_id.clone(), ids: vec![new.session.id.clone()] }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn several_nodes_start_at_once_on_an_empty_database() {
    let database = Arc::new(PostgresTestDatabase::empty().await);
    let starting: Vec<_> = (0..6)
        .map(|number| {
            let database = Arc::clone(&database);
            tokio::spawn(async move {
                let node = node(&database).await;
                sign_up(&node, &format!("u{number}"), &format!("s{number}")).await.expect("a sign-up");
            })
        })
        .collect();
    for starting in starting {
        starting.await.expect("it starts");
    }
}

#[tokio::test]
async fn users_of_the_previous_version_get_email_keys_at_start() {
    let database = PostgresTestDatabase::migrated().await;
    let store = node(&database).await;
    database.execute(email_keys::USERS).await.map(drop).expect("they are stored");
    email_keys::each_is_found_by_the_stored_spelling(&store).await;
    let (one, other) = tokio::join!(node(&database), node(&database));
    for node in [one, other] {
        email_keys::each_is_found_by_its_key(&node).await;
    }
}

#[tokio::test]
async fn history_cannot_be_rewritten_by_hand() {
    let database = PostgresTestDatabase::migrated().await;
    sign_up(&node(&database).await, "ada", "one").await.expect("a sign-up");
    let rewritten = database.execute("update history set ip_address = '192.0.2.1'").await;
    let refused = rewritten.err().expect("it is refused");
    assert!(refused.contains("history is never rewritten"), "{refused}");
}

#[tokio::test]
async fn operator_acts_cannot_be_rewritten_by_hand() {
    let database = PostgresTestDatabase::migrated().await;
    let act = NewOperatorAct::new(&Operator::new("cli:test"), OperatorActKind::RevokeEverybody, NOW);
    node(&database).await.record_act(&act).await.expect("it is kept");
    let rewritten = database.execute("update operator_acts set operator = 'cli:nobody'").await;
    let refused = rewritten.err().expect("it is refused");
    assert!(refused.contains("acts of operators are never rewritten"), "{refused}");
}

/// A sequence also counts refused attempts, so the database rolls only the first one back.
#[tokio::test]
async fn change_rolled_back_by_the_database_is_retried() {
    let database = PostgresTestDatabase::empty().await;
    let node = node(&database).await;
    let refuse_once = "create sequence tries;
        create function refuse_once() returns trigger language plpgsql as $$
        begin
            if nextval('tries') % 2 = 1 then
                raise exception 'another change goes first' using errcode = 'serialization_failure';
            end if;
            return new;
        end
        $$;
        create trigger refuse_once before insert or update on sessions for each row execute function refuse_once();";
    database.execute(refuse_once).await.expect("a trigger");
    let new = sign_up(&node, "ada", "one").await.expect("a sign-up");
    let ended = node.end_of_user(&Operator::new("cli:test"), &new.session.user_id, NOW).await;
    assert_eq!(ended.expect("an answer").len(), 1);
}

#[tokio::test]
async fn node_receives_changes_of_another() {
    let database = PostgresTestDatabase::migrated().await;
    let (here, there) = (node(&database).await, node(&database).await);
    let mut changes = here.changes();
    let new = sign_up(&there, "ada", "one").await.expect("a sign-up");
    assert_eq!(next(&mut changes).await, began(&new));
}

#[tokio::test]
async fn event_of_a_change_on_another_node_is_delivered_at_once() {
    let database = PostgresTestDatabase::migrated().await;
    let (here, there) = (node(&database).await, node(&database).await);
    let sessions = Sessions::new(Arc::new(here), Options::default());
    let outbox = sessions.outbox("audit").await.expect("it is added");
    let (tell, mut told) = mpsc::unbounded_channel();
    let (stop, stopped) = oneshot::channel::<()>();
    let running = tokio::spawn(outbox.run(async { drop(stopped.await) }, move |event: OutboxEvent| {
        let told = tell.send((event.session_id, Instant::now()));
        async { told }
    }));
    let mut delays = Vec::new();
    for number in 0..4 {
        let name = format!("s{number}");
        sign_up(&there, &format!("u{number}"), &name).await.expect("a sign-up");
        let since = Instant::now();
        let (id, at) = told.recv().await.expect("it runs");
        assert_eq!(id.as_ref().map(SessionId::as_str), Some(&*name));
        delays.push(at.saturating_duration_since(since));
    }
    // It polls when it starts, and without notifications every five seconds.
    assert!(delays[1..].iter().min() < Some(&Duration::from_secs(1)), "{delays:?}");
    drop(stop);
    running.await.expect("it stops");
}

#[tokio::test]
async fn store_recovers_after_a_server_restart_and_announces_a_gap() {
    let database = PostgresTestDatabase::migrated().await;
    let node = node(&database).await;
    let mut changes = node.changes();
    let new = sign_up(&node, "ada", "one").await.expect("a sign-up");
    assert_eq!(next(&mut changes).await, began(&new));

    database.disconnect_all().await;
    assert_eq!(next(&mut changes).await, Change::Gap);
    // A recently used connection is not tested first: its request fails, and only that.
    let mut failures = 0;
    while let Err(error) = node.ping().await {
        assert!(matches!(error, StoreError::Unavailable(_)), "{error:?}");
        failures += 1;
    }
    assert!(failures <= PostgresStore::CONNECTIONS, "{failures}");
    let new = sign_up(&node, "grace", "two").await.expect("a sign-up");
    assert_eq!(next(&mut changes).await, began(&new));
}

/// Existing connections get an error when they write, and new ones are read-only from the start.
const DEMOTE: &str = "create function refuse() returns trigger language plpgsql as $$
    begin
        raise exception 'cannot execute INSERT in a read-only transaction' using errcode = '25006';
    end
    $$;
    create trigger demoted before insert on sessions for each statement execute function refuse();
    do $$ begin
        execute format('alter database %I set default_transaction_read_only = on', current_database());
    end $$";
const PROMOTE: &str = "begin read write;
    drop trigger demoted on sessions;
    do $$ begin
        execute format('alter database %I reset default_transaction_read_only', current_database());
    end $$;
    commit";

#[tokio::test]
async fn connections_to_a_demoted_primary_are_replaced_by_writable_ones() {
    // Not a database that another test gets afterwards.
    let database = PostgresTestDatabase::empty().await;
    let node = node(&database).await;
    let mut changes = node.changes();
    let new = sign_up(&node, "ada", "one").await.expect("a sign-up");
    assert_eq!(next(&mut changes).await, began(&new));
    // Several connections are open.
    let live = || node.live_of_user(&new.session.user_id, NOW);
    let (one, two, three) = tokio::join!(live(), live(), live());
    assert!([one, two, three].iter().all(|list| list.as_ref().is_ok_and(|list| list.len() == 1)));

    database.execute(DEMOTE).await.map(drop).expect("it is demoted");
    let refused = sign_up(&node, "grace", "two").await;
    assert!(matches!(refused, Err(ChangeError::Store(StoreError::Unavailable(_)))), "{refused:?}");
    // None of the old connections is used any more, not even for reading.
    for _ in 0..4 {
        let read = live().await;
        assert!(matches!(read, Err(StoreError::Unavailable(_))), "{read:?}");
    }
    let why = PostgresStore::open(&database.url(), 1).await.expect_err("it is read-only");
    assert!(format!("{why:?}").contains("must name the primary"), "{why:?}");

    database.execute(PROMOTE).await.map(drop).expect("it is promoted");
    let since = Instant::now();
    assert_eq!(next(&mut changes).await, Change::Gap, "the connection that listens is another one too");
    let new = sign_up(&node, "grace", "two").await.expect("a sign-up");
    assert_eq!(next(&mut changes).await, began(&new));
    assert!(since.elapsed() < Duration::from_secs(3), "{:?}", since.elapsed());
}

#[tokio::test]
async fn change_with_a_lost_connection_fails_and_is_not_half_made() {
    let database = PostgresTestDatabase::migrated().await;
    let node = node(&database).await;
    sign_up(&node, "ada", "one").await.expect("a sign-up");
    let held = database.execute("begin; lock table sessions in exclusive mode").await.expect("a lock");
    let (outcome, ()) = tokio::join!(sign_up(&node, "grace", "two"), database.disconnect_waiting());
    drop(held);
    assert!(matches!(outcome, Err(ChangeError::Store(StoreError::Unavailable(_)))), "{outcome:?}");
    assert!(node.password_of("grace@example.org").await.expect("an answer").is_none());
    sign_up(&node, "grace", "two").await.expect("the next try succeeds");
}

#[tokio::test]
async fn a_change_that_waits_too_long_is_unavailable() {
    let database = PostgresTestDatabase::migrated().await;
    let node = node(&database).await;
    let new = sign_up(&node, "ada", "one").await.expect("a sign-up");
    let held = database.execute("begin; select 1 from users for update").await.expect("a lock");
    let since = Instant::now();
    let ended = node.end_held(&[&new.session.id], None, EndedReason::SignedOut, NOW).await;
    assert!(matches!(ended, Err(StoreError::Unavailable(_))), "{ended:?}");
    assert!(since.elapsed() < Duration::from_secs(8), "{:?}", since.elapsed());
    let live = node.live_of_user(&new.session.user_id, NOW).await.expect("readers go on");
    assert_eq!(live.len(), 1);
    drop(held);
}

/// A network between a node and the server.
struct Network {
    address: SocketAddr,
    silent: watch::Sender<bool>,
}

impl Network {
    async fn before(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let (silent, is_silent) = watch::channel(false);
        tokio::spawn(async move {
            while let Ok((mut node, _)) = listener.accept().await {
                let mut is_silent = is_silent.clone();
                tokio::spawn(async move {
                    let mut server = TcpStream::connect(server).await.expect("a connection");
                    let silence = async { is_silent.wait_for(|silent| *silent).await.map(drop) };
                    tokio::select! {
                        _ = tokio::io::copy_bidirectional(&mut node, &mut server) => {}
                        // The connection stays open, but nothing goes through.
                        _ = silence => std::future::pending().await,
                    }
                });
            }
        });
        Self { address, silent }
    }
}

#[tokio::test]
async fn silent_network_makes_the_store_unavailable() {
    let database = PostgresTestDatabase::migrated().await;
    let mut url = url::Url::parse(&database.url()).expect("a URL");
    let server = url.socket_addrs(|| None).expect("an address")[0];
    let network = Network::before(server).await;
    url.set_port(Some(network.address.port())).expect("a port");
    url.set_ip_host(network.address.ip()).expect("a host");
    let node = PostgresStore::open(url.as_str(), 2).await.expect("a database");
    let new = sign_up(&node, "ada", "one").await.expect("a sign-up");
    network.silent.send(true).expect("somebody listens");
    let held = [&new.session.id];
    let (read, changed) = tokio::join!(
        node.live_of_user(&new.session.user_id, NOW),
        node.end_held(&held, None, EndedReason::SignedOut, NOW),
    );
    assert!(matches!(read, Err(StoreError::Unavailable(_))), "{read:?}");
    assert!(matches!(changed, Err(StoreError::Unavailable(_))), "{changed:?}");

    // After one call has timed out, the next one fails at once.
    node.ping().await.expect_err("it is silent");
    let since = Instant::now();
    node.ping().await.expect_err("it is silent");
    assert!(since.elapsed() < Duration::from_secs(1), "{:?}", since.elapsed());
}

#[tokio::test]
async fn ended_session_cannot_be_revived_by_hand() {
    let database = PostgresTestDatabase::migrated().await;
    let node = node(&database).await;
    let new = sign_up(&node, "ada", "one").await.expect("a sign-up");
    let reason = EndedReason::SignedOut;
    node.end_held(&[&new.session.id], None, reason, NOW).await.expect("an answer");
    for statement in [
        "update sessions set ended_at = null, ended_reason = null",
        "update sessions set ended_at = ended_at + 1",
        "update sessions set expires_at = expires_at + 1",
    ] {
        let refused = database.execute(statement).await.err().expect("it is refused");
        assert!(refused.contains("an ended session stays ended"), "{refused}");
    }
}

#[tokio::test]
async fn revoked_session_can_be_restored_by_hand_only_in_its_window() {
    let database = PostgresTestDatabase::migrated().await;
    let node = node(&database).await;
    let one = sign_up(&node, "ada", "one").await.expect("a sign-up");
    let two = session(&user("ada"), "two");
    open(&node, None, &two).await.expect("a sign-in");
    let actor = Actor { session: &one.session.id, user: &one.session.user_id };
    node.end_by_id(actor, &two.session.id, EndedReason::Revoked, NOW)
        .await
        .expect("an answer")
        .expect("it ends");
    macro_rules! back {
        ($and:literal) => {
            concat!(
                "update sessions set ended_at = null, ended_reason = null, ended_by = null",
                $and,
                " where ended_at is not null"
            )
        };
    }
    for statement in [
        back!(""),
        back!(", undone_at = ended_at - 1"),
        back!(", undone_at = ended_at + 10000"),
        back!(", undone_at = ended_at, expires_at = expires_at + 1"),
        "update sessions set is_final = true where ended_at is not null",
        back!(", undone_at = ended_at"),
        "update sessions set is_final = false where ended_at is not null",
    ] {
        let done = database.execute(statement).await;
        if statement.contains("= true") {
            done.expect("it is made final");
        } else {
            let refused = done.err().expect("it is refused");
            assert!(refused.contains("an ended session stays ended"), "{statement}: {refused}");
        }
    }
}

#[tokio::test]
async fn missing_server_is_unavailable_and_the_error_says_why() {
    let nowhere = PostgresStore::open("postgres://nobody:secret@127.0.0.1:1/nothing", 1).await;
    let error = nowhere.expect_err("nobody listens there");
    assert!(matches!(error, StoreError::Unavailable(_)), "{error:?}");
    let told = format!("{error:?}");
    assert!(told.contains("ConnectionRefused"), "{told}");
    assert!(!told.contains("secret"), "{told}");
}

#[tokio::test]
async fn no_statement_scans_a_table() {
    let database = PostgresTestDatabase::migrated().await;
    no_plan_scans_a_table(&node(&database).await).await;
}

async fn no_plan_scans_a_table(store: &PostgresStore) {
    let plans = store.explain().await.expect("the plans");
    assert!(plans.len() > 15);
    for (name, steps) in plans {
        for step in steps {
            // Joins by hash or merge read whole tables or indexes.
            for whole in ["Seq Scan", "Hash Cond", "Merge Cond"] {
                assert!(!step.contains(whole), "{name}: {step}");
            }
        }
    }
}

/// The planner joins tables that it knows to be small in another way than unknown or large ones.
#[tokio::test]
async fn sweep_respects_its_limit_if_the_planner_expects_few_rows() {
    let database = PostgresTestDatabase::migrated().await;
    let store = node(&database).await;
    let later = NOW.plus(Duration::from_secs(60));
    sign_up(&store, "mia", "one").await.expect("a sign-up");
    drop(database.execute("analyze").await.expect("statistics of one row"));
    assert_eq!(store.sweep(later, later, 10).await.expect("a sweep"), (1, 1));
    contract::upkeep::sweep_respects_its_limit(Arc::new(store)).await;
}

#[tokio::test]
async fn cancelled_flush_loses_nothing() {
    let database = PostgresTestDatabase::migrated().await;
    let again = async || Arc::new(node(&database).await) as Arc<dyn Store>;
    flushing::cancelled_flush_loses_nothing(again().await, again).await;
}

#[tokio::test]
async fn mail_of_a_later_version_is_left_to_its_nodes_and_delays_no_others() {
    let database = PostgresTestDatabase::migrated().await;
    let store = node(&database).await;
    for name in ["ada", "grace"] {
        let user = user(name);
        let new = NewSession { new_device: true, ..session(&user, name) };
        open(&store, Some(&user), &new).await.expect("a sign-up");
    }
    let later = "update mails set kind = 'of-a-later-version' where user_id = 'ada'";
    database.execute(later).await.map(drop).expect("a change");
    let to = async || {
        let mails = store.claim_mails(NOW, NOW.plus(Duration::from_secs(60)), 10).await.expect("an answer");
        mails.into_iter().map(|mail| mail.user.name).collect::<Vec<_>>()
    };
    assert_eq!(to().await, ["grace"]);
    let known = "update mails set kind = 'new-device' where user_id = 'ada'";
    database.execute(known).await.map(drop).expect("a change");
    assert_eq!(to().await, ["ada"], "nobody had taken it");
}

#[tokio::test]
async fn events_of_a_later_version_delay_only_their_users() {
    let database = PostgresTestDatabase::migrated().await;
    outbox::events_of_a_later_version_delay_only_their_users(&node(&database).await, async |statement| {
        database.execute(statement).await.map(drop).expect("a change");
    })
    .await;
}

/// Such a change has read that there is no consumer.
#[tokio::test]
async fn a_new_consumer_waits_for_changes_that_have_begun() {
    const WAITS: &str = "select exists (select 1 from pg_stat_activity \
                         where datname = current_database() and wait_event_type = 'Lock')";
    let database = PostgresTestDatabase::migrated().await;
    let store = Arc::new(node(&database).await);
    sign_up(&store, "ada", "one").await.expect("a sign-up");
    let mut change = PgConnection::connect(&database.url()).await.expect("a connection");
    let mut monitor = PgConnection::connect(&database.url()).await.expect("a connection");
    let begin = "begin; insert into history (user_id, at, kind, user_agent, ip_address) \
                 values ('ada', 1, 'disabled', '', '')";
    change.execute(begin).await.expect("a change");
    let adding = {
        let store = Arc::clone(&store);
        tokio::spawn(async move { store.add_consumer(outbox::AUDIT.consumer).await })
    };
    let mut is_waiting = false;
    while !is_waiting && !adding.is_finished() {
        is_waiting = sqlx::query_scalar(WAITS).fetch_one(&mut monitor).await.expect("an answer");
    }
    assert!(!adding.is_finished(), "the change would be made after it without an event");
    change.execute("commit").await.expect("it is made");
    adding.await.expect("no panic").expect("it is added");
}

#[tokio::test]
async fn import_updates_from_the_other_system() {
    let database = PostgresTestDatabase::migrated().await;
    import::import_updates_from_the_other_system(&node(&database).await).await;
}

#[tokio::test]
async fn changes_made_here_survive_an_import() {
    let database = PostgresTestDatabase::migrated().await;
    import::changes_made_here_stay(&node(&database).await).await;
}

#[tokio::test]
async fn user_disabled_here_stays_disabled_after_an_import() {
    let database = PostgresTestDatabase::migrated().await;
    import::user_disabled_here_stays_disabled(&node(&database).await).await;
}

#[tokio::test]
async fn import_applies_restrictions_of_the_other_system() {
    let database = PostgresTestDatabase::migrated().await;
    import::restrictions_of_the_other_system_apply(&node(&database).await).await;
}

#[tokio::test]
async fn streams_get_the_list_again_after_an_import() {
    let database = PostgresTestDatabase::migrated().await;
    let (here, there) = (node(&database).await, node(&database).await);
    let mut changes = here.changes();
    there.begin_import(NOW).await.expect("a transaction").commit().await.expect("durable");
    assert_eq!(next(&mut changes).await, Change::Gap);
}
