//! An application with its own login: nobody has a password.

use std::sync::Arc;
use std::time::Duration;

use multi_session::{
    Browser, Client, Code, Error, HistoryFilter, HistoryKind, Keep, ManualClock, MemoryStore, Operator,
    Others, Proof, Sessions, SignInMethod, Subject, Timestamp, UserId,
};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

fn start() -> (Sessions, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::new(Timestamp::from_unix_ms(1_795_000_000_000)));
    let builder = Sessions::builder(Arc::new(MemoryStore::default())).clock(Arc::clone(&clock) as _);
    (builder.proofs(["code", "passkey"]).build(), clock)
}

fn ada() -> Subject {
    Subject::new(UserId::new("4711").expect("an id")).name("Ada")
}

async fn sign_in(sessions: &Sessions) -> Browser {
    let proof = Proof::by("code").at(sessions.epoch(&ada().id).await.expect("an answer"));
    let begun = sessions.begin(&Browser::default(), &Client::default(), ada(), proof, Keep::Remembered).await;
    begun.expect("a session")
}

#[tokio::test]
async fn new_proof_allows_everything_a_password_does() {
    let (sessions, clock) = start();
    let (laptop, phone) = (sign_in(&sessions).await, sign_in(&sessions).await);
    let phone = phone.active().expect("it is signed in").session.id.clone();
    clock.advance(2 * DAY);
    let client = Client::default();
    let not_fresh = [
        sessions.revoke_others(&laptop).await.map(drop),
        sessions.export_history(&laptop, &client).await.map(drop),
        sessions.report(&laptop, &phone, false).await.map(drop),
    ];
    for refused in not_fresh {
        let Err(Error::SessionNotFresh { proofs }) = refused else { panic!("{refused:?}") };
        assert_eq!(proofs.iter().map(SignInMethod::as_str).collect::<Vec<_>>(), ["code", "passkey"]);
    }
    let laptop = sessions.prove(&laptop, &client, Proof::by("passkey")).await.expect("it is fresh");
    let active = laptop.active().expect("it is signed in");
    assert_eq!(active.signed_in_with, Some(SignInMethod::from_static("code")), "as it began");
    let filter =
        HistoryFilter { kinds: vec![HistoryKind::Reauthenticated], limit: 1, ..HistoryFilter::default() };
    let page = sessions.history(&laptop, &filter).await.expect("a history");
    assert_eq!(page.entries[0].signed_in_with, Some(SignInMethod::from_static("passkey")));
    sessions.export_history(&laptop, &client).await.expect("an export");
    let (laptop, reported) = sessions.report(&laptop, &phone, false).await.expect("a report");
    assert_eq!((reported.ended, reported.is_locked), (1, false));
    sign_in(&sessions).await;
    let (_, ended) = sessions.revoke_others(&laptop).await.expect("it is fresh");
    assert_eq!(ended.0, 1);
    let gone = sessions.forget(&Operator::new("test"), &ada().id).await.expect("an answer");
    assert_eq!(gone.map(|gone| gone.0), Some(1));
}

#[tokio::test]
async fn locking_report_blocks_sign_in_until_a_credential_changes() {
    let (sessions, _) = start();
    let (laptop, phone) = (sign_in(&sessions).await, sign_in(&sessions).await);
    let phone = phone.active().expect("it is signed in").session.id.clone();
    let (laptop, reported) = sessions.report(&laptop, &phone, true).await.expect("a report");
    assert!(reported.is_locked);
    let client = Client::default();
    let proof = Proof::by("code").at(sessions.epoch(&ada().id).await.expect("an answer"));
    let refused = sessions.begin(&Browser::default(), &client, ada(), proof, Keep::Window).await;
    assert!(refused.is_err_and(|error| error.code() == Code::PasswordResetRequired));
    sessions.flush().await.expect("a write");
    let kinds = vec![HistoryKind::PasswordRefused];
    let filter = HistoryFilter { kinds, limit: 10, ..HistoryFilter::default() };
    assert_eq!(sessions.history(&laptop, &filter).await.expect("a history").entries.len(), 1);
    let laptop = sessions.credentials_changed(&laptop, &client, Others::Keep).await.expect("it is changed");
    sign_in(&sessions).await;
    assert_eq!(sessions.list(&laptop).await.expect("a list").len(), 2);
}

#[tokio::test]
async fn proof_from_before_a_credential_change_is_refused() {
    let (sessions, _) = start();
    let laptop = sign_in(&sessions).await;
    let stale = Proof::by("code").at(sessions.epoch(&ada().id).await.expect("an answer"));
    let client = Client::default();
    let changed = sessions.credentials_changed(&laptop, &client, Others::End).await.expect("it is changed");
    let begun = sessions.begin(&Browser::default(), &client, ada(), stale.clone(), Keep::Remembered).await;
    assert!(matches!(begun, Err(Error::ProofOutdated)), "{begun:?}");
    let proved = sessions.prove(&changed, &client, stale).await;
    assert!(matches!(proved, Err(Error::ProofOutdated)), "{proved:?}");
    assert_eq!(
        sessions.list(&changed).await.expect("a list").len(),
        1,
        "the new session took the place of all"
    );
}

#[tokio::test]
async fn live_streams_end_when_run_stops() {
    let (sessions, _) = start();
    let laptop = sign_in(&sessions).await;
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let upkeep = tokio::spawn(sessions.clone().run(async { stopped.await.unwrap_or_default() }));
    let mut watch = sessions.watch(&laptop, &Client::default(), None).expect("a stream");
    watch.next().await.expect("the list");
    drop(stop);
    assert!(watch.next().await.is_none(), "a graceful shutdown waits for it");
    upkeep.await.expect("no panic");
}
