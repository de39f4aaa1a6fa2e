//! What proving once more who one is stores.

use std::time::Duration;

use super::*;

const LATER: Duration = Duration::from_secs(60);

/// Holds that the first of two sessions has another credential and all else but its times as it was, and that the second
/// is as it was; gives the user of the first.
async fn first_is_renewed(
    store: &Arc<dyn Store>,
    sessions: &[NewSession],
    renewal: &Renewal,
    now: Timestamp,
) -> User {
    let before = &sessions[0].session;
    assert!(store.live_by_handles(&[&before.handle], now).await.expect("an answer").is_empty());
    assert!(store.find_by_handle(&before.handle).await.expect("an answer").is_none());
    let live = store.live_by_handles(&[&renewal.handle], now).await.expect("an answer").pop();
    let live = live.expect("it is live");
    let expected = Session {
        handle: renewal.handle.clone(),
        expires_at: renewal.expires_at,
        updated_at: now,
        ..before.clone()
    };
    assert_eq!(live.session, expected);
    assert_eq!(live.secret_hash.as_bytes(), renewal.secret_hash.as_bytes());
    assert_eq!((live.authenticated_at, live.last_active_at), (now, NOW));
    let other = find(store, &name(&sessions[1].session.id)).await;
    assert!(other.end.is_none());
    let other = other.stored;
    assert_eq!((other.session, other.authenticated_at), (sessions[1].session.clone(), NOW));
    assert_eq!(other.secret_hash.as_bytes(), sessions[1].secret_hash.as_bytes());
    live.user
}

/// The moment of the sign-in.
pub async fn a_session_is_authenticated_when_it_begins(store: Arc<dyn Store>) {
    signed_in(&store, "ada", &["one"]).await;
    assert_eq!(find(&store, "one").await.stored.authenticated_at, NOW);
    let live = store.live_by_handles(&[&handle("one")], NOW).await.expect("an answer");
    assert_eq!(live[0].authenticated_at, NOW);
}

/// The credential so far is dead, and the row is the same one.
pub async fn a_reauthentication_replaces_the_credential_and_keeps_the_session(store: Arc<dyn Store>) {
    let (ada, sessions) = signed_in(&store, "ada", &["one", "two"]).await;
    let now = NOW.plus(LATER);
    let renewal = renewal("renewed", now);
    assert!(store.reauthenticate(actor(&sessions[0]), &renewal, now).await.expect("an answer"));
    assert_eq!(first_is_renewed(&store, &sessions, &renewal, now).await, ada.user);
}

/// No ended, expired, foreign or unknown one.
pub async fn only_a_live_session_of_the_actors_user_is_reauthenticated(store: Arc<dyn Store>) {
    let (ada, sessions) = signed_in(&store, "ada", &["ended", "expired"]).await;
    let (_, grace) = signed_in(&store, "grace", &["g1"]).await;
    let ended = [&sessions[0].session.id];
    store.end_held(&ended, None, EndedReason::SignedOut, NOW).await.expect("an answer");
    let unknown = session_id("unknown");
    for (by, now) in [
        (actor(&sessions[0]), NOW),
        (actor(&sessions[1]), NOW.plus(HOUR)),
        (Actor { session: &grace[0].session.id, user: &ada.user.id }, NOW),
        (Actor { session: &unknown, user: &ada.user.id }, NOW),
    ] {
        let renewed = store.reauthenticate(by, &renewal("renewed", now), now).await;
        assert!(!renewed.expect("an answer"), "{by:?}");
    }
    assert!(store.find_by_handle(&handle("renewed")).await.expect("an answer").is_none());
    assert!(live(&store, &ada, NOW.plus(HOUR)).await.is_empty());
    assert_eq!(find(&store, "g1").await.stored.session, grace[0].session);
}

/// It is no new sign-in: the oldest is who signed in first.
pub async fn a_reauthenticated_session_keeps_its_place_among_the_oldest(store: Arc<dyn Store>) {
    let (ada, sessions) = signed_in(&store, "ada", &["one", "two"]).await;
    let renewed = store.reauthenticate(actor(&sessions[0]), &renewal("renewed", NOW), NOW).await;
    assert!(renewed.expect("an answer"));
    assert_eq!(live(&store, &ada, NOW).await, ["two", "one"]);
    let ended = store.open(None, &session(&ada, "three"), &limit(2, &[])).await.expect("a sign-in");
    assert_eq!(names(&ended, EndedReason::Evicted), ["one"]);
}

/// Who changes it has typed the one so far: it is a re-authentication, where it ends nothing.
pub async fn a_changed_password_replaces_the_credential_and_keeps_the_sessions(store: Arc<dyn Store>) {
    let (ada, sessions) = signed_in(&store, "ada", &["one", "two"]).await;
    let now = NOW.plus(LATER);
    let (by, renewal) = (actor(&sessions[0]), renewal("renewed", now));
    let next = NextSession::Renewed(&renewal);
    let changed = store.change_password(by, &ada.password_hash, "other", next, false, now).await;
    assert_eq!(changed.expect("an answer"), Some(vec![]));
    let user = first_is_renewed(&store, &sessions, &renewal, now).await;
    assert_eq!(user, User { updated_at: now, ..ada.user.clone() });
    assert_eq!(live(&store, &ada, now).await, ["two", "one"]);
    let known = store.password_of("ada@example.org").await.expect("an answer").expect("an account");
    assert_eq!(known.password_hash.as_deref(), Some("other"));
}
