//! The changes that a store announces.

use std::time::Duration;

use super::*;
use crate::{Change, Changes};

/// The timeout for an announced change: far more than it needs.
const PATIENCE: Duration = Duration::from_secs(10);

pub(super) async fn next(changes: &mut Changes) -> Change {
    let change = tokio::time::timeout(PATIENCE, changes.next()).await;
    change.expect("a change is told in time").expect("the store is there")
}

/// The changes from now on, without those from before that are still on their way.
pub(super) async fn from_now(store: &Arc<dyn Store>) -> Changes {
    let mut changes = store.changes();
    store.announce(marker()).await.expect("it is told");
    while next(&mut changes).await != marker() {}
    changes
}

/// A marker. When it arrives, all earlier changes have arrived.
pub(super) fn marker() -> Change {
    Change::Switched { user: user("nobody").user.id, from: session_id("x"), to: session_id("y") }
}

/// Waits for this many changed sessions and returns their names, sorted.
async fn changed_sessions(changes: &mut Changes, user: &NewUser, count: usize) -> Vec<String> {
    let mut told = Vec::new();
    while told.len() < count {
        let change = next(changes).await;
        let Change::Sessions { user: of, ids } = change else { panic!("{change:?}") };
        assert_eq!(of, user.user.id);
        told.extend(ids.iter().map(name));
    }
    told.sort();
    told
}

/// One change for each user.
pub async fn sign_in_is_announced_with_the_sessions_it_ended(store: Arc<dyn Store>) {
    let (grace, _) = signed_in(&store, "grace", &["g1"]).await;
    let mut changes = from_now(&store).await;
    let ada = user("ada");
    open(&store, Some(&ada), &session(&ada, "one"), &limit(5, &[])).await.expect("a sign-up");
    assert_eq!(changed_sessions(&mut changes, &ada, 1).await, ["one"]);
    open(&store, None, &session(&ada, "two"), &limit(5, &["one"])).await.expect("a sign-in");
    assert_eq!(changed_sessions(&mut changes, &ada, 2).await, ["one", "two"]);

    open(&store, None, &session(&ada, "three"), &limit(1, &["g1"])).await.expect("a sign-in");
    let mut heard = [next(&mut changes).await, next(&mut changes).await];
    heard.sort_by_key(|change| matches!(change, Change::Sessions { user, .. } if *user == ada.user.id));
    let [of_grace, of_ada] = heard;
    assert_eq!(of_grace, Change::Sessions { user: grace.user.id.clone(), ids: vec![session_id("g1")] });
    let Change::Sessions { ids, .. } = of_ada else { panic!("{of_ada:?}") };
    assert_eq!(ids.len(), 2, "{ids:?}");
}

/// By id, by handle, all, held, by a password change, and by expiry.
pub async fn every_way_to_end_a_session_is_announced(store: Arc<dyn Store>) {
    let reason = EndedReason::Revoked;
    let (ada, sessions) = signed_in(&store, "ada", &["a", "b", "c", "d", "e", "f"]).await;
    let by = actor(&sessions[0]);
    let mut changes = from_now(&store).await;
    store.end_by_id(by, &session_id("b"), reason, NOW).await.expect("an answer");
    assert_eq!(changed_sessions(&mut changes, &ada, 1).await, ["b"]);
    store.end_by_handle(by, &handle("c"), reason, NOW).await.expect("an answer");
    assert_eq!(changed_sessions(&mut changes, &ada, 1).await, ["c"]);
    store.end_held(&[&session_id("d")], None, reason, NOW).await.expect("an answer");
    assert_eq!(changed_sessions(&mut changes, &ada, 1).await, ["d"]);
    store.end_all(by, false, reason, NOW).await.expect("an answer");
    assert_eq!(changed_sessions(&mut changes, &ada, 2).await, ["e", "f"]);
    let new = session(&ada, "new");
    let anew = NextSession::New(&new);
    change_password(&store, by, &ada.password_hash, "other", anew, false, NOW).await.expect("an answer");
    assert_eq!(changed_sessions(&mut changes, &ada, 2).await, ["a", "new"]);
    store.sweep(NOW.plus(HOUR), Timestamp::default(), 10).await.expect("a sweep");
    assert_eq!(changed_sessions(&mut changes, &ada, 1).await, ["new"]);
}

/// One session, all of a user, all of everybody, and by disabling a user.
pub async fn sessions_ended_by_an_operator_are_announced(store: Arc<dyn Store>) {
    let (ada, _) = signed_in(&store, "ada", &["a", "b", "one"]).await;
    let (grace, _) = signed_in(&store, "grace", &["c"]).await;
    let (mia, _) = signed_in(&store, "mia", &["d", "e"]).await;
    let mut changes = from_now(&store).await;
    store.end_by_operator(&operator(), &session_id("one"), NOW).await.expect("an answer");
    assert_eq!(changed_sessions(&mut changes, &ada, 1).await, ["one"]);
    store.disable_user(&operator(), &mia.user.id, NOW).await.expect("an answer");
    assert_eq!(changed_sessions(&mut changes, &mia, 2).await, ["d", "e"]);
    store.end_of_user(&operator(), &ada.user.id, NOW).await.expect("an answer");
    assert_eq!(changed_sessions(&mut changes, &ada, 2).await, ["a", "b"]);
    store.end_of_everybody(NOW, 10).await.expect("an answer");
    assert_eq!(changed_sessions(&mut changes, &grace, 1).await, ["c"]);
}

/// With the time that is now in the row.
pub async fn activity_is_announced_as_written(store: Arc<dyn Store>) {
    let (ada, _) = signed_in(&store, "ada", &["one"]).await;
    let (soon, later) = (NOW.plus(Duration::from_secs(1)), NOW.plus(Duration::from_secs(2)));
    let mut changes = from_now(&store).await;
    for at in [later, soon] {
        store.touch(&[touch("one", at)]).await.expect("a write");
        let expected = Change::Touched(vec![(ada.user.id.clone(), session_id("one"), later)]);
        assert_eq!(next(&mut changes).await, expected);
    }
}

/// So that streams with the old credential end.
pub async fn only_committed_reauthentications_are_announced(store: Arc<dyn Store>) {
    let (ada, sessions) = signed_in(&store, "ada", &["one", "two"]).await;
    let mut changes = from_now(&store).await;
    let unknown = session_id("unknown");
    let nobody = Actor { session: &unknown, user: &ada.user.id };
    assert!(!store.prove(nobody, &renewal("none", NOW), None, NOW).await.expect("an answer"));
    let by = actor(&sessions[0]);
    assert!(store.prove(by, &renewal("renewed", NOW), None, NOW).await.expect("an answer"));
    let expected = Change::Reauthenticated { user: ada.user.id.clone(), id: session_id("one") };
    assert_eq!(next(&mut changes).await, expected);
}

/// Because its session gets another credential.
pub async fn password_change_that_keeps_sessions_is_announced_as_a_reauthentication(store: Arc<dyn Store>) {
    let (ada, sessions) = signed_in(&store, "ada", &["one", "two"]).await;
    let mut changes = from_now(&store).await;
    let (by, renewal) = (actor(&sessions[0]), renewal("renewed", NOW));
    let renewed = NextSession::Renewed(&renewal);
    let changed = change_password(&store, by, &ada.password_hash, "other", renewed, false, NOW).await;
    assert!(changed.expect("an answer").is_some());
    let expected = Change::Reauthenticated { user: ada.user.id.clone(), id: session_id("one") };
    assert_eq!(next(&mut changes).await, expected);
}

/// Also a change that is in no row.
pub async fn announced_change_reaches_all_receivers(store: Arc<dyn Store>) {
    let switched =
        Change::Switched { user: user("ada").user.id, from: session_id("one"), to: session_id("two") };
    let (mut one, mut other) = (store.changes(), store.changes());
    store.announce(switched.clone()).await.expect("it is told");
    assert_eq!(next(&mut one).await, switched);
    assert_eq!(next(&mut other).await, switched);
}

/// Changes that were refused or rolled back, or that ended nothing.
pub async fn refused_changes_are_not_announced(store: Arc<dyn Store>) {
    let (ada, sessions) = signed_in(&store, "ada", &["one", "two"]).await;
    let by = actor(&sessions[0]);
    let mut changes = from_now(&store).await;
    assert_limit_reached(open(&store, None, &session(&ada, "three"), &refusing(1, &["one"])).await);
    assert_email_taken(open(&store, Some(&ada), &session(&ada, "three"), &limit(5, &[])).await);
    let none = store.end_by_id(by, &session_id("unknown"), EndedReason::Revoked, NOW).await;
    assert_eq!(none.expect("an answer"), None);
    let new = session(&ada, "new");
    let renewal = renewal("renewed", NOW);
    for next in [NextSession::New(&new), NextSession::Renewed(&renewal)] {
        let none = change_password(&store, by, "stale", "other", next, false, NOW).await;
        assert_eq!(none.expect("an answer"), None);
    }
    store.end_by_id(by, &session_id("two"), EndedReason::Revoked, NOW).await.expect("an answer");
    assert_eq!(changed_sessions(&mut changes, &ada, 1).await, ["two"], "something else was told before");
}

/// A change is announced only after its commit.
pub async fn announced_change_can_be_read_at_once(store: Arc<dyn Store>) {
    let (ada, sessions) = signed_in(&store, "ada", &["one"]).await;
    let mut changes = from_now(&store).await;
    for number in 0..20 {
        let name = format!("s{number}");
        let opened = {
            let (store, new) = (Arc::clone(&store), session(&ada, &name));
            tokio::spawn(async move { open(&store, None, &new, &limit(1_000, &[])).await })
        };
        assert_eq!(changed_sessions(&mut changes, &ada, 1).await, [name.as_str()]);
        assert!(find(&store, &name).await.end.is_none());
        let ended = {
            let (store, by, name) = (Arc::clone(&store), sessions[0].clone(), name.clone());
            tokio::spawn(async move {
                store.end_by_id(actor(&by), &session_id(&name), EndedReason::Revoked, NOW).await
            })
        };
        assert_eq!(changed_sessions(&mut changes, &ada, 1).await, [name.as_str()]);
        assert!(find(&store, &name).await.end.is_some());
        opened.await.expect("no panic").expect("a sign-in");
        ended.await.expect("no panic").expect("an answer").expect("it ended");
    }
}

/// Even if the messages of the database are short.
pub async fn many_sessions_that_end_at_once_are_all_announced(store: Arc<dyn Store>) {
    let names: Vec<String> = (0..250).map(|number| format!("{number:03}{}", "x".repeat(29))).collect();
    let sessions: Vec<&str> = names.iter().map(String::as_str).collect();
    let (ada, opened) = signed_in(&store, "ada", &sessions).await;
    let mut changes = from_now(&store).await;
    store.end_all(actor(&opened[0]), true, EndedReason::Revoked, NOW).await.expect("an answer");
    assert_eq!(changed_sessions(&mut changes, &ada, 250).await, names);
}
