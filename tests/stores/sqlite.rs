//! The embedded store: a file for each test.

use std::sync::Arc;
use std::time::{Duration, Instant};

use multi_session::{
    Actor, Change, EndedReason, Handle, Limit, NewOperatorAct, NewSession, NewUser, Operator,
    OperatorActKind, OperatorStore, SecretHash, Session, SessionId, SqliteStore, Store, StoreError,
    Timestamp, Touch, User, UserId,
};
use sqlx::Connection;
use sqlx::sqlite::SqliteConnection;
use tempfile::TempDir;

use crate::import;

const NOW: Timestamp = Timestamp::from_unix_ms(1_795_000_000_000);

async fn open() -> (SqliteStore, TempDir) {
    let folder = TempDir::new().expect("a folder");
    let url = format!("sqlite://{}", folder.path().join("test.db").display());
    (SqliteStore::open(&url).await.expect("a database"), folder)
}

async fn make() -> (Arc<dyn Store>, TempDir) {
    let (store, folder) = open().await;
    (Arc::new(store), folder)
}

multi_session::store_contract!(make());

#[tokio::test]
async fn no_statement_scans_a_table() {
    let (store, _folder) = open().await;
    let plans = store.explain().await.expect("the plans");
    assert!(plans.len() > 15);
    for (name, steps) in plans {
        for step in steps {
            let scans_a_table = step.starts_with("SCAN ")
                && !step.contains("json_each")
                && !step.contains("CONSTANT ROW")
                && !step.contains("batch");
            assert!(!scans_a_table, "{name}: {step}");
        }
    }
}

#[tokio::test]
async fn what_another_process_commits_is_told_as_a_gap_and_what_this_one_does_is_not() {
    let (here, folder) = open().await;
    let url = format!("sqlite://{}", folder.path().join("test.db").display());
    let there = SqliteStore::open_existing(&url).await.expect("it is there");
    let mut changes = here.changes();
    let (new_user, new) = sign_up("ada");
    let limit = Limit { maximum: 5, revoke_oldest: true, held: Vec::new(), proved: None, mail: None };
    let by = Operator::new("cli:test");
    here.open(Some(&new_user), &new, &limit).await.expect("a sign-up");
    // For longer than it takes to look twice.
    let since = Instant::now();
    while since.elapsed() < Duration::from_millis(2_200) {
        let at = NOW.plus(since.elapsed());
        here.touch(&[Touch { session: new.session.id.clone(), at, ip_address: None }])
            .await
            .expect("a write");
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

#[tokio::test]
async fn a_file_that_must_be_there_is_not_made() {
    let folder = TempDir::new().expect("a folder");
    let url = format!("sqlite://{}", folder.path().join("data/test.db").display());
    let nowhere = SqliteStore::open_existing(&url).await;
    assert!(matches!(nowhere, Err(StoreError::Unavailable(_))), "{nowhere:?}");
    assert_eq!(std::fs::read_dir(folder.path()).expect("the folder").count(), 0);
}

fn sign_up(name: &str) -> (NewUser, NewSession) {
    let user = User {
        id: UserId::new(name).expect("an id"),
        name: name.to_owned(),
        email: format!("{name}@example.org"),
        email_verified: false,
        image: None,
        created_at: NOW,
        updated_at: NOW,
    };
    let session = Session {
        id: SessionId::new(format!("session-{name}")).expect("an id"),
        handle: Handle::parse(&format!("{name:0>32}")).expect("a handle"),
        user_id: user.id.clone(),
        expires_at: NOW.plus(Duration::from_secs(60)),
        created_at: NOW,
        updated_at: NOW,
        ip_address: String::new(),
        user_agent: String::new(),
    };
    let secret_hash = SecretHash::from_bytes(&[7; 32]).expect("32 bytes");
    let (remember, shared_computer, new_device, device_keys) = (true, false, false, Vec::new());
    (
        NewUser { user, password_hash: "a hash".to_owned() },
        NewSession { session, secret_hash, remember, shared_computer, new_device, device_keys },
    )
}

/// Does what somebody types into the file, or gives why SQLite refuses it.
async fn by_hand(folder: &TempDir, statement: &'static str) -> Result<(), String> {
    let url = format!("sqlite://{}", folder.path().join("test.db").display());
    let mut connection = SqliteConnection::connect(&url).await.expect("a connection");
    let done = sqlx::query(statement).execute(&mut connection).await;
    done.map(drop).map_err(|error| error.to_string())
}

async fn refused_by_hand(folder: &TempDir, statement: &'static str) -> String {
    by_hand(folder, statement).await.expect_err("it is refused")
}

#[tokio::test]
async fn acts_of_operators_are_never_rewritten_also_by_hand() {
    let (store, folder) = open().await;
    let act = NewOperatorAct::new(&Operator::new("cli:test"), OperatorActKind::RevokeEverybody, NOW);
    store.record_act(&act).await.expect("it is kept");
    let refused = refused_by_hand(&folder, "update operator_acts set operator = 'cli:nobody'").await;
    assert!(refused.contains("acts of operators are never rewritten"), "{refused}");
    let acts = store.operator_acts(None, 10).await.expect("the acts");
    assert_eq!(acts.iter().map(|act| &*act.operator).collect::<Vec<_>>(), ["cli:test"]);
}

#[tokio::test]
async fn history_is_never_rewritten_also_by_hand() {
    let (store, folder) = open().await;
    let (new_user, new) = sign_up("ada");
    let limit = Limit { maximum: 5, revoke_oldest: true, held: Vec::new(), proved: None, mail: None };
    store.open(Some(&new_user), &new, &limit).await.expect("a sign-up");
    let refused = refused_by_hand(&folder, "update history set ip_address = '192.0.2.1'").await;
    assert!(refused.contains("history is never rewritten"), "{refused}");
}

#[tokio::test]
async fn an_ended_session_stays_ended_also_by_hand() {
    let (store, folder) = open().await;
    let (new_user, new) = sign_up("ada");
    let limit = Limit { maximum: 5, revoke_oldest: true, held: Vec::new(), proved: None, mail: None };
    store.open(Some(&new_user), &new, &limit).await.expect("a sign-up");
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
async fn a_revoked_session_lives_again_by_hand_within_its_window_only() {
    let (store, folder) = open().await;
    let (new_user, one) = sign_up("ada");
    let limit = Limit { maximum: 5, revoke_oldest: true, held: Vec::new(), proved: None, mail: None };
    store.open(Some(&new_user), &one, &limit).await.expect("a sign-up");
    let (_, mut two) = sign_up("two");
    two.session.user_id = new_user.user.id.clone();
    store.open(None, &two, &limit).await.expect("a sign-in");
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
async fn an_import_follows_the_other_system() {
    let (store, _folder) = open().await;
    import::an_import_follows_the_other_system(&store).await;
}

#[tokio::test]
async fn what_was_changed_here_stays_in_an_import() {
    let (store, _folder) = open().await;
    import::what_was_changed_here_stays(&store).await;
}

#[tokio::test]
async fn who_is_disabled_here_stays_out_in_an_import() {
    let (store, _folder) = open().await;
    import::who_is_disabled_here_stays_out(&store).await;
}

#[tokio::test]
async fn an_import_holds_users_to_what_was_not_allowed_there() {
    let (store, _folder) = open().await;
    import::users_are_held_to_what_was_not_allowed_there(&store).await;
}
