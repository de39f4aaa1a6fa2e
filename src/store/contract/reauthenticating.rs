//! Re-authentication and superseded credentials.

use std::time::Duration;

use super::changes::{from_now, next};
use super::*;
use crate::{Change, Rotation};

const LATER: Duration = Duration::from_secs(60);

/// Checks that the first of two sessions has another credential and other times but is otherwise unchanged,
/// and that the second is unchanged. Returns the user of the first.
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
    live.user.clone()
}

/// At the time of the sign-in.
pub async fn session_begins_authenticated(store: Arc<dyn Store>) {
    signed_in(&store, "ada", &["one"]).await;
    assert_eq!(find(&store, "one").await.stored.authenticated_at, NOW);
    let live = store.live_by_handles(&[&handle("one")], NOW).await.expect("an answer");
    assert_eq!(live[0].authenticated_at, NOW);
}

/// The old handle finds nothing any more, and the row stays the same.
pub async fn a_reauthentication_replaces_the_credential_and_keeps_the_session(store: Arc<dyn Store>) {
    let (ada, sessions) = signed_in(&store, "ada", &["one", "two"]).await;
    let now = NOW.plus(LATER);
    let renewal = renewal("renewed", now);
    assert!(store.prove(actor(&sessions[0]), &renewal, None, now).await.expect("an answer"));
    assert_eq!(first_is_renewed(&store, &sessions, &renewal, now).await, ada.user);
}

/// Not an ended, expired, foreign or unknown one.
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
        let renewed = store.prove(by, &renewal("renewed", now), None, now).await;
        assert!(!renewed.expect("an answer"), "{by:?}");
    }
    assert!(store.find_by_handle(&handle("renewed")).await.expect("an answer").is_none());
    assert!(live(&store, &ada, NOW.plus(HOUR)).await.is_empty());
    assert_eq!(find(&store, "g1").await.stored.session, grace[0].session);
}

/// A re-authentication is not a new sign-in: the oldest session is the one that began first.
pub async fn reauthenticated_session_keeps_its_age_for_eviction(store: Arc<dyn Store>) {
    let (ada, sessions) = signed_in(&store, "ada", &["one", "two"]).await;
    let renewed = store.prove(actor(&sessions[0]), &renewal("renewed", NOW), None, NOW).await;
    assert!(renewed.expect("an answer"));
    assert_eq!(live(&store, &ada, NOW).await, ["two", "one"]);
    let ended = open(&store, None, &session(&ada, "three"), &limit(2, &[])).await.expect("a sign-in");
    assert_eq!(names(&ended, EndedReason::Evicted), ["one"]);
}

/// The current password was verified, so a change that ends no session is a re-authentication.
pub async fn password_change_replaces_the_credential_and_keeps_the_sessions(store: Arc<dyn Store>) {
    let (ada, sessions) = signed_in(&store, "ada", &["one", "two"]).await;
    let now = NOW.plus(LATER);
    let (by, renewal) = (actor(&sessions[0]), renewal("renewed", now));
    let next = NextSession::Renewed(&renewal);
    let changed = change_password(&store, by, &ada.password_hash, "other", next, false, now).await;
    assert_eq!(changed.expect("an answer"), Some(vec![]));
    let user = first_is_renewed(&store, &sessions, &renewal, now).await;
    assert_eq!(user, User { updated_at: now, ..ada.user.clone() });
    assert_eq!(live(&store, &ada, now).await, ["two", "one"]);
    let known = store.password_of("ada@example.org").await.expect("an answer").expect("an account");
    assert_eq!(known.password_hash.as_deref(), Some("other"));
}

/// The superseded credentials among these, each with the present one of its session.
async fn superseded(store: &Arc<dyn Store>, names: &[&str], now: Timestamp) -> Vec<(String, String, bool)> {
    let handles: Vec<Handle> = names.iter().map(|name| handle(name)).collect();
    let asked: Vec<&Handle> = handles.iter().collect();
    let found = store.superseded_by_handles(&asked, now).await.expect("an answer");
    let text = |handle: &Handle| handle.as_str().trim_start_matches('0').to_owned();
    let mut found: Vec<_> = found
        .into_iter()
        .map(|it| (text(&it.handle), text(&it.session.session.handle), it.session.credential_is_new))
        .collect();
    found.sort();
    found
}

fn replaced(before: &str, now: &str, is_new: bool) -> (String, String, bool) {
    (before.to_owned(), now.to_owned(), is_new)
}

/// Whether a proof, a new password or a report replaced it.
pub async fn superseded_credential_is_known_while_its_session_is_live(store: Arc<dyn Store>) {
    let (ada, sessions) = signed_in(&store, "ada", &["a", "b", "c", "d"]).await;
    assert!(superseded(&store, &["a", "b", "c", "d"], NOW).await.is_empty());
    let typed = store.prove(actor(&sessions[0]), &renewal("a2", NOW), None, NOW).await;
    assert!(typed.expect("an answer"));
    let anew = renewal("b2", NOW);
    let anew = NextSession::Renewed(&anew);
    let changed =
        change_password(&store, actor(&sessions[1]), &ada.password_hash, "other", anew, false, NOW).await;
    assert!(changed.expect("an answer").is_some());
    assert_eq!(
        superseded(&store, &["a", "a2", "b", "c"], NOW).await,
        [replaced("a", "a2", true), replaced("b", "b2", true)]
    );
    let rotation = Rotation { handle: handle("c2"), secret_hash: sessions[0].secret_hash };
    let report = report_session(&store, actor(&sessions[2]), &session_id("d"), &rotation, false, NOW).await;
    assert!(report.expect("an answer").is_some());
    assert_eq!(
        superseded(&store, &["a", "b", "c"], NOW).await,
        [replaced("c", "c2", false)],
        "it ends a and b, and the credential before at once"
    );
    let found = store.superseded_by_handles(&[&handle("c")], NOW).await.expect("an answer").remove(0);
    assert_eq!(found.secret_hash.as_bytes(), sessions[2].secret_hash.as_bytes());
    assert!(superseded(&store, &["c"], NOW.plus(HOUR)).await.is_empty(), "it has expired");
}

/// Only the use of the current credential. Earlier ones stay known.
pub async fn first_use_of_a_credential_is_recorded_and_announced_once(store: Arc<dyn Store>) {
    let (ada, sessions) = signed_in(&store, "ada", &["a", "b"]).await;
    let by = actor(&sessions[0]);
    let is_new = async |name| {
        let live = store.live_by_handles(&[&handle(name)], NOW).await.expect("an answer");
        live[0].credential_is_new
    };
    assert!(!is_new("a").await, "a sign-in replaces none");
    assert!(store.prove(by, &renewal("a2", NOW), None, NOW).await.expect("an answer"));
    assert!(store.prove(by, &renewal("a3", NOW), None, NOW).await.expect("an answer"));
    let mut changes = from_now(&store).await;
    let other = actor(&sessions[1]);
    for (actor, name) in [(by, "a"), (by, "a2"), (other, "a3"), (other, "b")] {
        store.use_credential(actor, &handle(name)).await.expect("an answer");
        assert!(is_new("a3").await, "{name}");
    }
    for _ in 0..2 {
        store.use_credential(by, &handle("a3")).await.expect("an answer");
        assert!(!is_new("a3").await);
    }
    assert_eq!(
        superseded(&store, &["a", "a2", "a3"], NOW).await,
        [replaced("a", "a3", false), replaced("a2", "a3", false)]
    );
    assert!(store.prove(by, &renewal("a4", NOW), None, NOW).await.expect("an answer"));
    for (name, is_dead) in [("a", true), ("a2", true), ("a3", false)] {
        let found = store.superseded_by_handles(&[&handle(name)], NOW).await.expect("an answer");
        assert_eq!(found[0].is_dead, is_dead, "{name}, after a3 was used");
    }
    let told = Change::Reauthenticated { user: ada.user.id.clone(), id: session_id("a") };
    assert_eq!(next(&mut changes).await, told);
    assert_eq!(next(&mut changes).await, told, "a3 was replaced");
    store.end_held(&[&session_id("b")], None, EndedReason::SignedOut, NOW).await.expect("an answer");
    assert!(matches!(next(&mut changes).await, Change::Sessions { .. }), "it was told once");
}

/// More answers are never on their way at once.
pub async fn the_last_eight_credentials_of_a_session_are_known(store: Arc<dyn Store>) {
    let (_, sessions) = signed_in(&store, "ada", &["a0", "b0"]).await;
    let names: Vec<String> = (0..11).map(|number| format!("a{number}")).collect();
    for name in &names[1..] {
        let renewed = store.prove(actor(&sessions[0]), &renewal(name, NOW), None, NOW).await;
        assert!(renewed.expect("an answer"));
    }
    assert!(store.prove(actor(&sessions[1]), &renewal("b1", NOW), None, NOW).await.expect("an answer"));
    let names: Vec<&str> = names.iter().map(String::as_str).chain(["b0"]).collect();
    let known: Vec<String> = superseded(&store, &names, NOW).await.into_iter().map(|it| it.0).collect();
    assert_eq!(known, ["a2", "a3", "a4", "a5", "a6", "a7", "a8", "a9", "b0"]);
}
