//! Ending and extending sessions, and password changes.

use std::time::Duration;

use super::*;

const REVOKED: EndedReason = EndedReason::Revoked;

/// The result names the user of the session.
pub async fn session_is_ended_by_its_id_or_its_handle(store: Arc<dyn Store>) {
    let (ada, sessions) = signed_in(&store, "ada", &["one", "two", "three"]).await;
    let by = actor(&sessions[0]);
    let ended = store.end_by_id(by, &session_id("two"), REVOKED, NOW).await.expect("an answer");
    let expected = Ended { id: session_id("two"), user_id: ada.user.id.clone(), reason: REVOKED };
    assert_eq!(ended, Some(expected));
    let ended = store.end_by_handle(by, &handle("three"), REVOKED, NOW).await.expect("an answer");
    assert_eq!(ended.map(|ended| ended.id), Some(session_id("three")));
    let ended = store.end_by_id(by, &session_id("one"), REVOKED, NOW).await.expect("an answer");
    assert_eq!(ended.map(|ended| ended.id), Some(session_id("one")), "it may end itself");
    assert!(live(&store, &ada, NOW).await.is_empty());
}

/// The first ending stays.
pub async fn session_ends_only_once(store: Arc<dyn Store>) {
    let (_, sessions) = signed_in(&store, "ada", &["one", "two"]).await;
    let by = actor(&sessions[0]);
    store.end_by_id(by, &session_id("two"), REVOKED, NOW).await.expect("an answer").expect("it ends");
    let later = NOW.plus(Duration::from_secs(1));
    let reason = EndedReason::SignedOut;
    assert_eq!(store.end_by_id(by, &session_id("two"), reason, later).await.expect("an answer"), None);
    assert_eq!(store.end_by_handle(by, &handle("two"), reason, later).await.expect("an answer"), None);
    assert_eq!(store.end_held(&[&session_id("two")], None, reason, later).await.expect("an answer"), []);
    assert_eq!(store.end_all(by, false, reason, later).await.expect("an answer"), Some(vec![]));
    let end = find(&store, "two").await.end.expect("it has ended");
    assert_eq!((end.reason, end.at), (REVOKED, NOW));
}

/// It looks like an unknown session.
pub async fn session_of_another_user_stays(store: Arc<dyn Store>) {
    let (_, ada) = signed_in(&store, "ada", &["a1"]).await;
    let (grace, _) = signed_in(&store, "grace", &["g1"]).await;
    let by = actor(&ada[0]);
    assert_eq!(store.end_by_id(by, &session_id("g1"), REVOKED, NOW).await.expect("an answer"), None);
    assert_eq!(store.end_by_handle(by, &handle("g1"), REVOKED, NOW).await.expect("an answer"), None);
    assert_eq!(store.end_by_id(by, &session_id("unknown"), REVOKED, NOW).await.expect("an answer"), None);
    assert_eq!(store.end_by_handle(by, &handle("unknown"), REVOKED, NOW).await.expect("an answer"), None);
    store.end_all(by, true, REVOKED, NOW).await.expect("an answer").expect("it is live");
    assert_eq!(live(&store, &grace, NOW).await, ["g1"]);
}

/// A session that has ended cannot act.
pub async fn ended_or_expired_actor_ends_no_session(store: Arc<dyn Store>) {
    let (ada, sessions) = signed_in(&store, "ada", &["one", "two"]).await;
    let new = session_at(&ada, "new", NOW.plus(HOUR));
    open(&store, None, &new, &limit(5, &[])).await.expect("a sign-in");
    store.end_held(&[&session_id("one")], None, EndedReason::SignedOut, NOW).await.expect("an answer");
    for (by, now) in [(&sessions[0], NOW), (&sessions[1], NOW.plus(HOUR))] {
        let by = actor(by);
        assert_eq!(store.end_by_id(by, &session_id("new"), REVOKED, now).await.expect("an answer"), None);
        assert_eq!(store.end_by_handle(by, &handle("new"), REVOKED, now).await.expect("an answer"), None);
        assert_eq!(store.end_all(by, true, REVOKED, now).await.expect("an answer"), None);
        assert_eq!(store.end_all(by, false, REVOKED, now).await.expect("an answer"), None);
        let renewal = renewal("renewed", now);
        let next = NextSession::Renewed(&renewal);
        let changed = change_password(&store, by, &ada.password_hash, "other", next, false, now).await;
        assert_eq!(changed.expect("an answer"), None);
    }
    assert_eq!(live(&store, &ada, NOW.plus(HOUR)).await, ["new"]);
}

/// An actor is refused if the session does not belong to the user.
pub async fn actor_of_another_user_ends_nothing(store: Arc<dyn Store>) {
    let (ada, _) = signed_in(&store, "ada", &["a1", "a2"]).await;
    let (_, grace) = signed_in(&store, "grace", &["g1"]).await;
    let by = Actor { session: &grace[0].session.id, user: &ada.user.id };
    assert_eq!(store.end_by_id(by, &session_id("a1"), REVOKED, NOW).await.expect("an answer"), None);
    assert_eq!(store.end_by_handle(by, &handle("a1"), REVOKED, NOW).await.expect("an answer"), None);
    assert_eq!(store.end_all(by, false, REVOKED, NOW).await.expect("an answer"), None);
    let renewal = renewal("renewed", NOW);
    let next = NextSession::Renewed(&renewal);
    let changed = change_password(&store, by, &ada.password_hash, "other", next, false, NOW).await;
    assert_eq!(changed.expect("an answer"), None);
    assert_eq!(live(&store, &ada, NOW).await, ["a2", "a1"]);
}

/// The result lists all ended sessions.
pub async fn end_all_ends_the_actors_own_session_only_if_asked(store: Arc<dyn Store>) {
    let (ada, sessions) = signed_in(&store, "ada", &["one", "two", "three"]).await;
    let by = actor(&sessions[1]);
    let ended = store.end_all(by, false, REVOKED, NOW).await.expect("an answer").expect("it is live");
    assert_eq!(names(&ended, REVOKED), ["one", "three"]);
    assert_eq!(live(&store, &ada, NOW).await, ["two"]);
    let ended = store.end_all(by, true, REVOKED, NOW).await.expect("an answer").expect("it is live");
    assert_eq!(names(&ended, REVOKED), ["two"]);
    assert!(live(&store, &ada, NOW).await.is_empty());
}

/// The result leaves out sessions that had already ended.
pub async fn held_sessions_of_any_user_end(store: Arc<dyn Store>) {
    let (ada, sessions) = signed_in(&store, "ada", &["a1", "a2"]).await;
    let (grace, _) = signed_in(&store, "grace", &["g1", "g2"]).await;
    store.end_by_id(actor(&sessions[0]), &session_id("a2"), REVOKED, NOW).await.expect("an answer");
    let held = ["a1", "a2", "g1", "unknown"].map(session_id);
    let held: Vec<_> = held.iter().collect();
    let reason = EndedReason::SignedOut;
    let ended = store.end_held(&held, Some(&session_id("a1")), reason, NOW).await.expect("an answer");
    assert_eq!(names(&ended, reason), ["a1", "g1"]);
    assert!(live(&store, &ada, NOW).await.is_empty());
    assert_eq!(live(&store, &grace, NOW).await, ["g2"]);
}

/// Sessions of other users stay, and no session is named as the cause.
pub async fn an_operator_ends_all_sessions_of_a_user(store: Arc<dyn Store>) {
    let reason = EndedReason::Operator;
    let (ada, sessions) = signed_in(&store, "ada", &["a1", "a2", "a3"]).await;
    let (grace, _) = signed_in(&store, "grace", &["g1"]).await;
    store.end_by_id(actor(&sessions[0]), &session_id("a2"), REVOKED, NOW).await.expect("an answer");
    let later = NOW.plus(Duration::from_secs(1));
    let ended = store.end_of_user(&operator(), &ada.user.id, later).await.expect("an answer");
    assert_eq!(names(&ended, reason), ["a1", "a3"]);
    assert!(live(&store, &ada, later).await.is_empty());
    assert_eq!(live(&store, &grace, later).await, ["g1"]);
    let end = find(&store, "a1").await.end.expect("it has ended");
    assert_eq!((end.reason, end.at, end.by), (reason, later, None));
    assert_eq!(find(&store, "a2").await.end.expect("it has ended").reason, REVOKED);
    assert_eq!(store.end_of_user(&operator(), &ada.user.id, later).await.expect("an answer"), []);
    assert_eq!(store.end_of_user(&operator(), &user("nobody").user.id, later).await.expect("an answer"), []);
}

/// The last batch is empty. Ended sessions do not count for the limit of a batch.
pub async fn operator_ends_all_sessions_in_bounded_batches(store: Arc<dyn Store>) {
    let reason = EndedReason::Operator;
    let (ada, sessions) = signed_in(&store, "ada", &["a1", "a2", "a3"]).await;
    let (grace, _) = signed_in(&store, "grace", &["g1", "g2"]).await;
    store.end_by_id(actor(&sessions[0]), &session_id("a1"), REVOKED, NOW).await.expect("an answer");
    let mut all = Vec::new();
    for expected in [3, 1, 0] {
        let ended = store.end_of_everybody(NOW, 3).await.expect("an answer");
        assert_eq!(ended.len(), expected);
        all.extend(ended);
    }
    assert_eq!(names(&all, reason), ["a2", "a3", "g1", "g2"]);
    assert!(live(&store, &ada, NOW).await.is_empty() && live(&store, &grace, NOW).await.is_empty());
    assert_eq!(find(&store, "a1").await.end.expect("it has ended").reason, REVOKED);
    let new = session_at(&ada, "new", NOW.plus(HOUR));
    open(&store, None, &new, &limit(5, &[])).await.expect("a later sign-in");
    assert_eq!(live(&store, &ada, NOW.plus(HOUR)).await, ["new"]);
}

/// So only one of many simultaneous requests extends it.
pub async fn live_session_is_extended_only_from_its_known_expiry(store: Arc<dyn Store>) {
    let (ada, sessions) = signed_in(&store, "ada", &["one"]).await;
    let (one, from) = (actor(&sessions[0]), NOW.plus(HOUR));
    let (to, now) = (NOW.plus(2 * HOUR), NOW.plus(Duration::from_secs(60)));
    assert!(store.extend(one, from, to, now).await.expect("an answer"));
    let extended = find(&store, "one").await.stored.session;
    assert_eq!((extended.expires_at, extended.updated_at, extended.created_at), (to, now, NOW));
    assert!(!store.extend(one, from, to, now).await.expect("an answer"), "it is elsewhere now");
    let live = store.live_by_handles(&[&handle("one")], now).await.expect("an answer");
    assert_eq!(live[0].session, extended, "wherever it is read");
    let unknown = Actor { session: &session_id("unknown"), user: &ada.user.id };
    assert!(!store.extend(unknown, from, to, now).await.expect("an answer"));
}

/// Neither one that was ended nor one that has expired.
pub async fn an_ended_session_is_never_extended(store: Arc<dyn Store>) {
    let (ada, sessions) = signed_in(&store, "ada", &["ended", "expired"]).await;
    let (from, to) = (NOW.plus(HOUR), NOW.plus(2 * HOUR));
    store.end_held(&[&session_id("ended")], None, REVOKED, NOW).await.expect("an answer");
    assert!(!store.extend(actor(&sessions[0]), from, to, NOW).await.expect("an answer"));
    assert!(!store.extend(actor(&sessions[1]), from, to, from).await.expect("an answer"));
    assert!(live(&store, &ada, from).await.is_empty());
}

/// The hash, the old sessions and the new one change in one transaction.
pub async fn password_change_ends_all_sessions_except_the_new_one(store: Arc<dyn Store>) {
    let (ada, sessions) = signed_in(&store, "ada", &["one", "two"]).await;
    let now = NOW.plus(Duration::from_secs(60));
    let new = session_at(&ada, "new", now);
    let next = NextSession::New(&new);
    let ended = change_password(&store, actor(&sessions[0]), &ada.password_hash, "other", next, false, now)
        .await
        .expect("an answer")
        .expect("a change");
    assert_eq!(names(&ended, EndedReason::PasswordChanged), ["one", "two"]);
    assert_eq!(live(&store, &ada, now).await, ["new"]);
    let known = store.password_of("ada@example.org").await.expect("an answer").expect("an account");
    assert_eq!((known.password_hash.as_deref(), known.user.updated_at), (Some("other"), now));
}

/// Only the hash and the credential of the actor's session change.
pub async fn password_change_keeps_sessions_unless_asked(store: Arc<dyn Store>) {
    let (ada, sessions) = signed_in(&store, "ada", &["one", "two"]).await;
    let (by, renewal) = (actor(&sessions[0]), renewal("renewed", NOW));
    let next = NextSession::Renewed(&renewal);
    let changed = change_password(&store, by, &ada.password_hash, "other", next, false, NOW).await;
    assert_eq!(changed.expect("an answer"), Some(vec![]));
    assert_eq!(live(&store, &ada, NOW).await, ["two", "one"]);
    let known = store.password_of("ada@example.org").await.expect("an answer").expect("an account");
    assert_eq!(known.password_hash.as_deref(), Some("other"));
}

/// Otherwise no session ends or begins, and no credential changes.
pub async fn password_changes_only_if_the_known_hash_is_current(store: Arc<dyn Store>) {
    let (ada, sessions) = signed_in(&store, "ada", &["one", "two"]).await;
    let (by, new, renewal) = (actor(&sessions[0]), session(&ada, "new"), renewal("renewed", NOW));
    for next in [NextSession::New(&new), NextSession::Renewed(&renewal)] {
        let changed = change_password(&store, by, "stale", "other", next, false, NOW).await;
        assert_eq!(changed.expect("an answer"), None);
    }
    assert_eq!(live(&store, &ada, NOW).await, ["two", "one"]);
    assert_eq!(find(&store, "one").await.stored.session, sessions[0].session);
    let known = store.password_of("ada@example.org").await.expect("an answer").expect("an account");
    assert_eq!(known.password_hash, Some(ada.password_hash));
}

/// Nothing else changes. A password that was changed meanwhile stays.
pub async fn rehash_is_stored_only_if_the_known_hash_is_current(store: Arc<dyn Store>) {
    let (ada, _) = signed_in(&store, "ada", &["one"]).await;
    let (id, later) = (&ada.user.id, NOW.plus(HOUR));
    for (from, to, expected) in
        [("stale", "other", ada.password_hash.as_str()), (&ada.password_hash, "other", "other")]
    {
        store.rehash_password(id, from, to, later).await.expect("an answer");
        let known = store.password_of("ada@example.org").await.expect("an answer").expect("an account");
        assert_eq!(known.password_hash.as_deref(), Some(expected));
        assert_eq!(known.user.updated_at, NOW);
    }
    assert_eq!(live(&store, &ada, NOW).await, ["one"]);
}
