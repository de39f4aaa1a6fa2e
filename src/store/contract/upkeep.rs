//! Background work: activity, sweeps, and closing.

use std::time::Duration;

use super::*;
use crate::StoreError;

/// A later time in the store stays.
pub async fn activity_is_written_and_never_moves_backwards(store: Arc<dyn Store>) {
    signed_in(&store, "ada", &["one", "two"]).await;
    let (soon, later) = (NOW.plus(Duration::from_secs(1)), NOW.plus(Duration::from_secs(2)));
    let batch = [touch("one", later), touch("two", soon), touch("unknown", soon)];
    store.touch(&batch).await.expect("a write");
    store.touch(&[touch("one", soon), touch("two", later)]).await.expect("a write");
    for name in ["one", "two"] {
        assert_eq!(find(&store, name).await.stored.last_active_at, later, "{name}");
    }
}

/// A late write changes nothing.
pub async fn activity_of_an_ended_session_stays_unchanged(store: Arc<dyn Store>) {
    signed_in(&store, "ada", &["one"]).await;
    store.end_held(&[&session_id("one")], None, EndedReason::SignedOut, NOW).await.expect("an answer");
    store.touch(&[touch("one", NOW.plus(Duration::from_secs(1)))]).await.expect("a write");
    assert_eq!(find(&store, "one").await.stored.last_active_at, NOW);
}

/// Live sessions stay.
pub async fn sweep_marks_expired_sessions_with_the_time_they_expired(store: Arc<dyn Store>) {
    let (ada, _) = signed_in(&store, "ada", &["one"]).await;
    let later = NOW.plus(HOUR).plus(Duration::from_secs(1));
    open(&store, None, &session_at(&ada, "two", later), &limit(5, &[])).await.expect("a sign-in");
    assert_eq!(store.sweep(later, Timestamp::default(), 10).await.expect("a sweep"), (1, 0));
    let end = find(&store, "one").await.end.expect("it has ended");
    assert_eq!((end.reason, end.at, end.by), (EndedReason::Expired, NOW.plus(HOUR), None));
    assert_eq!(live(&store, &ada, later).await, ["two"]);
    assert_eq!(store.sweep(later, Timestamp::default(), 10).await.expect("a sweep"), (0, 0));
}

/// Those that ended at or before the given time. Users stay.
pub async fn sweep_deletes_sessions_after_their_retention(store: Arc<dyn Store>) {
    signed_in(&store, "ada", &["old", "young", "live"]).await;
    let reason = EndedReason::SignedOut;
    store.end_held(&[&session_id("old")], None, reason, NOW).await.expect("an answer");
    let later = NOW.plus(Duration::from_millis(1));
    store.end_held(&[&session_id("young")], None, reason, later).await.expect("an answer");
    assert_eq!(store.sweep(later, NOW, 10).await.expect("a sweep"), (0, 1));
    assert!(store.find(&[&session_id("old")]).await.expect("an answer").is_empty());
    assert!(find(&store, "young").await.end.is_some());
    assert!(find(&store, "live").await.end.is_none());
    assert!(store.password_of("ada@example.org").await.expect("an answer").is_some());
}

/// For each kind of row. The rest waits for the next sweep.
pub async fn sweep_respects_its_limit(store: Arc<dyn Store>) {
    signed_in(&store, "ada", &["a", "b", "c", "d", "e"]).await;
    let later = NOW.plus(HOUR);
    let before = NOW.minus(HOUR);
    for expired in [2, 2, 1, 0] {
        assert_eq!(store.sweep(later, before, 2).await.expect("a sweep"), (expired, 0));
    }
    for deleted in [2, 2, 1, 0] {
        assert_eq!(store.sweep(later, later, 2).await.expect("a sweep"), (0, deleted));
    }
}

/// It must not look empty, because nobody may be signed out by that.
pub async fn a_closed_store_is_unavailable(store: Arc<dyn Store>) {
    let (ada, sessions) = signed_in(&store, "ada", &["one"]).await;
    store.close().await;
    let refusal = |error| match error {
        ChangeError::Store(error) => error,
        error => panic!("{error}"),
    };
    let by = actor(&sessions[0]);
    let answers = [
        store.live_by_handles(&[&handle("one")], NOW).await.map(drop),
        store.find(&[&session_id("one")]).await.map(drop),
        store.password_of("ada@example.org").await.map(drop),
        store.end_by_id(by, &session_id("one"), EndedReason::Revoked, NOW).await.map(drop),
        store.end_all(by, true, EndedReason::Revoked, NOW).await.map(drop),
        store.extend(by, NOW.plus(HOUR), NOW.plus(2 * HOUR), NOW).await.map(drop),
        store.prove(by, &renewal("renewed", NOW), None, NOW).await.map(drop).map_err(refusal),
        open(&store, None, &session(&ada, "new"), &limit(5, &[])).await.map(drop).map_err(refusal),
        store.touch(&[touch("one", NOW)]).await,
        store.ping().await,
        store.check_writes().await,
    ];
    for (number, answer) in answers.into_iter().enumerate() {
        assert!(matches!(answer, Err(StoreError::Unavailable(_))), "{number}: {answer:?}");
    }
}
