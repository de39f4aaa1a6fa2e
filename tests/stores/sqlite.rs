//! The embedded store: a file for each test.

use std::sync::Arc;
use std::time::{Duration, Instant};

use multi_session::{
    Accounts, Actor, Change, EndedReason, Handle, ManualClock, NewOperatorAct, NewSession, Operator,
    OperatorActKind, OperatorStore, SecretHash, Session, SessionId, Sessions, SqliteStore, Store, StoreError,
    Timestamp, Touch, User, UserId,
};
use sqlx::Connection;
use sqlx::sqlite::SqliteConnection;
use tempfile::TempDir;

use crate::opening::{NewUser, open};
use crate::{email_keys, flushing, import, outbox};

const NOW: Timestamp = Timestamp::from_unix_ms(1_795_000_000_000);

async fn new_store() -> (SqliteStore, TempDir) {
    let folder = TempDir::new().expect("a folder");
    let url = format!("sqlite://{}", folder.path().join("test.db").display());
    (SqliteStore::open(&url).await.expect("a database"), folder)
}

async fn make() -> (Arc<dyn Store>, TempDir) {
    let (store, folder) = new_store().await;
    (Arc::new(store), folder)
}

multi_session::store_contract!(make());

#[tokio::test]
async fn no_statement_scans_a_table() {
    let (store, _folder) = new_store().await;
    let plans = store.explain().await.expect("the plans");
    assert!(plans.len() > 15);
    for (name, steps) in plans {
        for step in steps {
            let scans_a_table = step.starts_with("SCAN ")
                && !step.contains("json_each")
                && !step.contains("CONSTANT ROW")
                && !step.contains("batch")
                && step != "SCAN firsts";
            assert!(!scans_a_table, "{name}: {step}");
        }
    }
}

#[tokio::test]
async fn commits_of_other_processes_are_announced_as_a_gap() {
    let (here, folder) = new_store().await;
    let url = format!("sqlite://{}", folder.path().join("test.db").display());
    let there = SqliteStore::open_existing(&url).await.expect("it is there");
    let mut changes = here.changes();
    let (new_user, new) = sign_up("ada");
    let by = Operator::new("cli:test");
    open(&here, Some(&new_user), &new).await.expect("a sign-up");
    // Longer than two checks of the file.
    let since = Instant::now();
    while since.elapsed() < Duration::from_millis(2_200) {
        let at = NOW.plus(since.elapsed());
        here.touch(&[Touch::new(new.session.id.clone(), at)]).await.expect("a write");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let mut others = here.changes();
    while let Ok(Some(change)) = tokio::time::timeout(Duration::ZERO, changes.next()).await {
        assert_ne!(change, Change::Gap, "nobody else has written");
    }

    there.end_of_user(&by, &new_user.user.id, NOW).await.expect("an answer");
    assert!(here.live_of_user(&new_user.user.id, NOW).await.expect("a list").is_empty(), "at once");
    let told = tokio::time::timeout(Duration::from_secs(10), others.next()).await;
    assert_eq!(told.expect("it is told in time"), Some(Change::Gap));
}

/// Simulates a full disk, when SQLite itself rolls the whole transaction back.
const FULL_DISK: &str = "create trigger full_disk before insert on sessions
    begin select raise(rollback, 'database or disk is full'); end;
    create trigger full_disk_too before update on sessions
    begin select raise(rollback, 'database or disk is full'); end";

#[tokio::test]
async fn changes_work_again_after_a_failed_transaction() {
    let (store, folder) = new_store().await;
    let (ada, one) = sign_up("ada");
    open(&store, Some(&ada), &one).await.expect("a sign-up");
    let (_, mut two) = sign_up("two");
    two.session.user_id = ada.user.id.clone();
    let actor = Actor { session: &one.session.id, user: &ada.user.id };
    let touch = Touch::new(one.session.id.clone(), NOW);

    by_hand(&folder, FULL_DISK).await.expect("two triggers");
    // Each kind of change twice, because the second one gets the connection of the first.
    for _ in 0..2 {
        let failed = [
            open(&store, None, &two).await.map(drop).map_err(|error| error.to_string()),
            store.rename(actor, &one.session.id, Some("a"), NOW).await.map(drop).map_err(|it| it.to_string()),
            store
                .end_all(actor, true, EndedReason::Revoked, NOW)
                .await
                .map(drop)
                .map_err(|it| it.to_string()),
            store.touch(std::slice::from_ref(&touch)).await.map_err(|it| it.to_string()),
        ];
        for outcome in failed {
            assert_eq!(outcome, Err("the database is unavailable".to_owned()));
        }
    }
    by_hand(&folder, "drop trigger full_disk; drop trigger full_disk_too").await.expect("they go");

    store.check_writes().await.expect("it takes writes");
    store.touch(&[touch]).await.expect("a write");
    assert!(store.rename(actor, &one.session.id, Some("kitchen"), NOW).await.expect("an answer"));
    open(&store, None, &two).await.expect("a sign-in");
    let ended = store.end_all(actor, true, EndedReason::Revoked, NOW).await.expect("an answer");
    assert_eq!(ended.expect("the actor is live").len(), 2);
}

#[tokio::test]
async fn open_existing_does_not_create_a_file() {
    let folder = TempDir::new().expect("a folder");
    let url = format!("sqlite://{}", folder.path().join("data/test.db").display());
    let nowhere = SqliteStore::open_existing(&url).await;
    assert!(matches!(nowhere, Err(StoreError::Unavailable(_))), "{nowhere:?}");
    assert_eq!(std::fs::read_dir(folder.path()).expect("the folder").count(), 0);
}

#[tokio::test]
async fn users_of_the_previous_version_get_email_keys_at_start() {
    let (store, folder) = new_store().await;
    by_hand(&folder, email_keys::USERS).await.expect("they are stored");
    email_keys::each_is_found_by_the_stored_spelling(&store).await;
    let url = format!("sqlite://{}", folder.path().join("test.db").display());
    for _ in 0..2 {
        email_keys::each_is_found_by_its_key(&SqliteStore::open(&url).await.expect("it starts")).await;
    }
}

fn sign_up(name: &str) -> (NewUser, NewSession) {
    let id = UserId::new(name).expect("an id");
    let user = User::new(id, name, format!("{name}@example.org"), NOW);
    let id = SessionId::new(format!("session-{name}")).expect("an id");
    let handle = Handle::parse(&format!("{name:0>32}")).expect("a handle");
    let session = Session::new(id, handle, user.id.clone(), NOW, NOW.plus(Duration::from_secs(60)));
    let secret_hash = SecretHash::from_bytes(&[7; 32]).expect("32 bytes");
    let new = NewSession {
        session,
        secret_hash,
        remember: true,
        shared_computer: false,
        new_device: false,
        device_keys: Vec::new(),
        signed_in_with: None,
    };
    (NewUser { user, password_hash: "a hash".to_owned() }, new)
}

/// Runs a statement like somebody with access to the file. Returns SQLite's error if it is refused.
async fn by_hand(folder: &TempDir, statement: &'static str) -> Result<(), String> {
    let url = format!("sqlite://{}", folder.path().join("test.db").display());
    let mut connection = SqliteConnection::connect(&url).await.expect("a connection");
    let done = sqlx::raw_sql(statement).execute(&mut connection).await;
    done.map(drop).map_err(|error| error.to_string())
}

async fn refused_by_hand(folder: &TempDir, statement: &'static str) -> String {
    by_hand(folder, statement).await.expect_err("it is refused")
}

#[tokio::test]
async fn operator_acts_cannot_be_rewritten_by_hand() {
    let (store, folder) = new_store().await;
    let act = NewOperatorAct::new(&Operator::new("cli:test"), OperatorActKind::RevokeEverybody, NOW);
    store.record_act(&act).await.expect("it is kept");
    let refused = refused_by_hand(&folder, "update operator_acts set operator = 'cli:nobody'").await;
    assert!(refused.contains("acts of operators are never rewritten"), "{refused}");
    let acts = store.operator_acts(None, 10).await.expect("the acts");
    assert_eq!(acts.iter().map(|act| &*act.operator).collect::<Vec<_>>(), ["cli:test"]);
}

#[tokio::test]
async fn history_cannot_be_rewritten_by_hand() {
    let (store, folder) = new_store().await;
    let (new_user, new) = sign_up("ada");
    open(&store, Some(&new_user), &new).await.expect("a sign-up");
    let refused = refused_by_hand(&folder, "update history set ip_address = '192.0.2.1'").await;
    assert!(refused.contains("history is never rewritten"), "{refused}");
}

#[tokio::test]
async fn ended_session_cannot_be_revived_by_hand() {
    let (store, folder) = new_store().await;
    let (new_user, new) = sign_up("ada");
    open(&store, Some(&new_user), &new).await.expect("a sign-up");
    store.end_held(&[&new.session.id], None, EndedReason::SignedOut, NOW).await.expect("an answer");
    for statement in [
        "update sessions set ended_at = null, ended_reason = null",
        "update sessions set ended_at = ended_at + 1",
        "update sessions set expires_at = expires_at + 1",
    ] {
        let refused = refused_by_hand(&folder, statement).await;
        assert!(refused.contains("an ended session stays ended"), "{statement}: {refused}");
    }
}

#[tokio::test]
async fn revoked_session_can_be_restored_by_hand_only_in_its_window() {
    let (store, folder) = new_store().await;
    let (new_user, one) = sign_up("ada");
    open(&store, Some(&new_user), &one).await.expect("a sign-up");
    let (_, mut two) = sign_up("two");
    two.session.user_id = new_user.user.id.clone();
    open(&store, None, &two).await.expect("a sign-in");
    let revoke = async || {
        let actor = Actor { session: &one.session.id, user: &one.session.user_id };
        let ended = store.end_by_id(actor, &two.session.id, EndedReason::Revoked, NOW).await;
        ended.expect("an answer").expect("it ends");
    };
    macro_rules! back {
        ($and:literal) => {
            concat!(
                "update sessions set ended_at = null, ended_reason = null, ended_by = null",
                $and,
                " where ended_at is not null"
            )
        };
    }
    let stays_ended = async |statement: &'static str| {
        let refused = refused_by_hand(&folder, statement).await;
        assert!(refused.contains("an ended session stays ended"), "{statement}: {refused}");
    };
    revoke().await;
    for statement in [
        back!(""),
        back!(", undone_at = ended_at - 1"),
        back!(", undone_at = ended_at + 10000"),
        back!(", undone_at = ended_at, expires_at = expires_at + 1"),
    ] {
        stays_ended(statement).await;
    }
    by_hand(&folder, back!(", undone_at = ended_at + 9999")).await.expect("it lives again");
    let live = store.live_of_user(&new_user.user.id, NOW).await.expect("a list");
    assert_eq!(live.len(), 2);

    revoke().await;
    let make_final = "update sessions set is_final = true where ended_at is not null";
    by_hand(&folder, make_final).await.expect("it is made final");
    stays_ended(back!(", undone_at = ended_at")).await;
    stays_ended("update sessions set is_final = false where ended_at is not null").await;
}

#[tokio::test]
async fn cancelled_flush_loses_nothing() {
    let (store, folder) = new_store().await;
    let url = format!("sqlite://{}", folder.path().join("test.db").display());
    let again = async || Arc::new(SqliteStore::open(&url).await.expect("a database")) as Arc<dyn Store>;
    flushing::cancelled_flush_loses_nothing(Arc::new(store), again).await;
}

#[tokio::test]
async fn mail_of_a_later_version_is_left_to_its_nodes_and_delays_no_others() {
    let (store, folder) = new_store().await;
    let clock = Arc::new(ManualClock::new(NOW));
    let sessions = Sessions::builder(Arc::new(store.clone())).clock(Arc::clone(&clock) as _).build();
    let accounts = Accounts::builder(sessions).weak_hashes().mail(true).build();
    for name in ["ada", "grace"] {
        let (new_user, new) = sign_up(name);
        let new = NewSession { new_device: true, ..new };
        open(&store, Some(&new_user), &new).await.expect("a sign-up");
    }
    by_hand(&folder, "update mails set kind = 'of-a-later-version' where user_id = 'ada'")
        .await
        .expect("a change");
    let to = async || {
        let mails = accounts.due_mails().await.expect("an answer");
        mails.iter().map(|mail| mail.to.clone()).collect::<Vec<_>>()
    };
    assert_eq!(to().await, ["grace@example.org"]);
    by_hand(&folder, "update mails set kind = 'new-device' where user_id = 'ada'").await.expect("a change");
    assert_eq!(to().await, ["ada@example.org"], "nobody had taken it");
}

#[tokio::test]
async fn events_of_a_later_version_delay_only_their_users() {
    let (store, _folder) = new_store().await;
    outbox::events_of_a_later_version_delay_only_their_users(&store, async |statement| {
        store.execute(statement).await.expect("a change");
    })
    .await;
}

#[tokio::test]
async fn mail_whose_link_cannot_be_created_delays_no_others() {
    let (store, folder) = new_store().await;
    let clock = Arc::new(ManualClock::new(NOW));
    let sessions = Sessions::builder(Arc::new(store.clone())).clock(Arc::clone(&clock) as _).build();
    let accounts = Accounts::builder(sessions).weak_hashes().mail(true).build();
    let mut names: Vec<String> = (0..15).map(|number| format!("broken{number}")).collect();
    names.push("ada".to_owned());
    for name in &names {
        let (new_user, new) = sign_up(name);
        let new = NewSession { new_device: true, ..new };
        open(&store, Some(&new_user), &new).await.expect("a sign-up");
    }
    let refuse = "create trigger broken before insert on mail_tokens when new.user_id like 'broken%' \
                  begin select raise(abort, 'refused'); end";
    by_hand(&folder, refuse).await.expect("a trigger");
    let mails = accounts.due_mails().await.expect("an answer");
    assert_eq!(mails.iter().map(|mail| &*mail.to).collect::<Vec<_>>(), ["ada@example.org"]);

    by_hand(&folder, "drop trigger broken").await.expect("it is dropped");
    assert!(accounts.due_mails().await.expect("an answer").is_empty(), "they wait");
    clock.advance(Duration::from_secs(60));
    let mails = accounts.due_mails().await.expect("an answer");
    assert_eq!(mails.len(), 10, "and are tried again after a minute, each by itself");
}

#[tokio::test]
async fn import_updates_from_the_other_system() {
    let (store, _folder) = new_store().await;
    import::import_updates_from_the_other_system(&store).await;
}

#[tokio::test]
async fn changes_made_here_survive_an_import() {
    let (store, _folder) = new_store().await;
    import::changes_made_here_stay(&store).await;
}

#[tokio::test]
async fn user_disabled_here_stays_disabled_after_an_import() {
    let (store, _folder) = new_store().await;
    import::user_disabled_here_stays_disabled(&store).await;
}

#[tokio::test]
async fn import_applies_restrictions_of_the_other_system() {
    let (store, _folder) = new_store().await;
    import::restrictions_of_the_other_system_apply(&store).await;
}
