//! Lookups and lists.

use std::time::Duration;

use super::*;
use crate::{AccountStatus, HistoryKind, NewHistoryEntry};

/// Every column is read back, also with text in many scripts.
pub async fn a_session_is_read_as_it_was_written(store: Arc<dyn Store>) {
    let mut user = user("ada");
    user.user.name = "Ada \u{1F469}\u{200D}\u{1F4BB} O'Brien \\ \"x\" ünïcödé".to_owned();
    user.user.image = Some("https://example.org/ada.png?a=1&b=2".to_owned());
    let mut new = session(&user, "one");
    new.remember = false;
    new.shared_computer = true;
    new.session.ip_address = String::new();
    new.session.user_agent = "x".repeat(512);
    new.session.client_hints = brave();
    new.secret_hash =
        SecretHash::from_bytes(&std::array::from_fn::<u8, 32, _>(|at| at as u8 * 8)).expect("32");
    open(&store, Some(&user), &new, &limit(5, &[])).await.expect("a sign-up");

    let mut stored = store.live_by_handles(&[&handle("one")], NOW).await.expect("an answer");
    assert_eq!(stored.len(), 1);
    let stored = stored.pop().expect("one");
    assert_eq!(stored.session, new.session);
    assert_eq!(stored.user, user.user);
    assert_eq!(stored.secret_hash.as_bytes(), new.secret_hash.as_bytes());
    assert_eq!((stored.remember, stored.shared_computer), (false, true));
    assert_eq!(stored.last_active_at, NOW);
    assert_eq!(store.live_of_user(&user.user.id, NOW).await.expect("a list")[0].session, new.session);
    let found = store.find_by_handle(&handle("one")).await.expect("an answer").expect("it is kept");
    assert_eq!(found.stored.session, new.session);
    assert!(found.end.is_none());
}

/// At the time of its expiry it is no longer live.
pub async fn a_session_is_live_until_the_millisecond_it_expires(store: Arc<dyn Store>) {
    let (ada, _) = signed_in(&store, "ada", &["one"]).await;
    let expiry = NOW.plus(HOUR);
    assert_eq!(live(&store, &ada, expiry.minus(Duration::from_millis(1))).await, ["one"]);
    assert!(live(&store, &ada, expiry).await.is_empty());
    assert!(store.live_by_handles(&[&handle("one")], expiry).await.expect("an answer").is_empty());
}

/// Ended, expired and unknown sessions are left out.
pub async fn only_live_sessions_are_found_by_their_handles(store: Arc<dyn Store>) {
    let (_, ada) = signed_in(&store, "ada", &["a1", "a2"]).await;
    signed_in(&store, "grace", &["g1"]).await;
    let ended = store.end_by_id(actor(&ada[0]), &session_id("a2"), EndedReason::Revoked, NOW).await;
    assert!(ended.expect("an answer").is_some());
    let handles = ["a1", "a2", "g1", "unknown"].map(handle);
    let handles: Vec<_> = handles.iter().collect();
    let found = store.live_by_handles(&handles, NOW).await.expect("an answer");
    let mut found: Vec<_> = found.iter().map(|stored| name(&stored.session.id)).collect();
    found.sort();
    assert_eq!(found, ["a1", "g1"]);
}

/// By creation, and only those of that user.
pub async fn the_live_sessions_of_a_user_are_listed_newest_first(store: Arc<dyn Store>) {
    let (ada, _) = signed_in(&store, "ada", &["c", "a", "b"]).await;
    signed_in(&store, "grace", &["g1"]).await;
    assert_eq!(live(&store, &ada, NOW).await, ["b", "a", "c"]);
    assert!(live(&store, &user("nobody"), NOW).await.is_empty());
}

/// Reason, time and device, as long as it is stored.
pub async fn ended_session_tells_how_and_by_which_device_it_ended(store: Arc<dyn Store>) {
    let (_, ada) = signed_in(&store, "ada", &["one", "two", "three"]).await;
    let at = NOW.plus(Duration::from_secs(5));
    store.end_by_id(actor(&ada[0]), &session_id("two"), EndedReason::Revoked, at).await.expect("an answer");
    store.end_held(&[&session_id("three")], None, EndedReason::SignedOut, at).await.expect("an answer");

    let end = find(&store, "two").await.end.expect("it has ended");
    assert_eq!((end.reason, end.at), (EndedReason::Revoked, at));
    assert_eq!(end.by, Some(ender("one")));
    let end = store.find_by_handle(&handle("three")).await.expect("an answer").expect("it is kept").end;
    let end = end.expect("it has ended");
    assert_eq!((end.reason, end.by), (EndedReason::SignedOut, None));
    assert!(find(&store, "one").await.end.is_none());
}

/// No other email has one.
pub async fn a_password_hash_is_found_by_its_email(store: Arc<dyn Store>) {
    let (ada, _) = signed_in(&store, "ada", &["one"]).await;
    let found = store.password_of("ada@example.org").await.expect("an answer").expect("an account");
    assert_eq!(found.user, ada.user);
    assert_eq!(found.password_hash, Some(ada.password_hash));
    assert!(store.password_of("grace@example.org").await.expect("an answer").is_none());
}

/// Newest first, either the live ones or all that are stored. Each is on exactly one page.
pub async fn sessions_of_a_user_are_listed_in_pages(store: Arc<dyn Store>) {
    let (ada, sessions) = signed_in(&store, "ada", &["one", "two", "three", "four"]).await;
    signed_in(&store, "grace", &["g1"]).await;
    let at = NOW.plus(Duration::from_secs(5));
    store
        .end_by_id(actor(&sessions[0]), &session_id("two"), EndedReason::Revoked, at)
        .await
        .expect("an answer");
    let page = async |ended, after: Option<&str>, limit, now| -> Vec<String> {
        let after = after.map(session_id);
        let page = Page { ended, after: after.as_ref(), limit };
        let found = store.of_user(&ada.user.id, page, now).await.expect("a list");
        found.iter().map(|found| name(&found.stored.session.id)).collect()
    };
    assert_eq!(page(false, None, 10, NOW).await, ["four", "three", "one"]);
    assert_eq!(page(true, None, 10, NOW).await, ["four", "three", "two", "one"]);
    assert_eq!(page(true, None, 3, NOW).await, ["four", "three", "two"]);
    assert_eq!(page(true, Some("two"), 3, NOW).await, ["one"]);
    assert_eq!(page(false, Some("two"), 3, NOW).await, ["one"]);
    assert!(page(true, Some("unknown"), 3, NOW).await.is_empty());
    assert!(page(false, None, 10, NOW.plus(HOUR)).await.is_empty(), "an expired one is not live");
    assert_eq!(page(true, None, 10, NOW.plus(HOUR)).await.len(), 4);

    let all = Page { ended: true, after: None, limit: 10 };
    let found = store.of_user(&ada.user.id, all, NOW).await.expect("a list");
    assert_eq!(found[0].stored.session, sessions[3].session);
    assert_eq!(found[0].stored.user, ada.user);
    let end = found[2].end.as_ref().expect("it has ended");
    assert_eq!((end.reason, end.at), (EndedReason::Revoked, at));
    assert_eq!(end.by, Some(ender("one")));
}

/// The latest first. Sessions that a new sign-in replaced are left out.
pub async fn recently_ended_sessions_are_listed_by_their_end(store: Arc<dyn Store>) {
    let (ada, sessions) = signed_in(&store, "ada", &["one", "two", "three", "four"]).await;
    let (_, grace) = signed_in(&store, "grace", &["g1", "g2"]).await;
    let end = async |by: &NewSession, ended: &str, at| {
        let outcome = store.end_by_id(actor(by), &session_id(ended), EndedReason::Revoked, at).await;
        assert!(outcome.expect("an answer").is_some());
    };
    let second = |number| NOW.plus(Duration::from_secs(number));
    end(&sessions[0], "three", second(1)).await;
    end(&sessions[0], "two", second(2)).await;
    end(&grace[0], "g2", second(3)).await;
    open(&store, None, &session_at(&ada, "five", second(4)), &limit(5, &["four"])).await.expect("a sign-in");
    let ended = async |after, limit| -> Vec<String> {
        let found = store.ended_of_user(&ada.user.id, after, limit).await.expect("a list");
        found.iter().map(|found| name(&found.stored.session.id)).collect()
    };
    assert_eq!(ended(NOW, 10).await, ["two", "three"]);
    assert_eq!(ended(NOW, 1).await, ["two"]);
    assert_eq!(ended(second(1), 10).await, ["two"]);
    assert!(ended(second(2), 10).await.is_empty());
    let found = store.ended_of_user(&ada.user.id, NOW, 1).await.expect("a list");
    let end = found[0].end.as_ref().expect("it has ended");
    assert_eq!((end.reason, end.at, &end.by), (EndedReason::Revoked, second(2), &Some(ender("one"))));
}

/// An unknown id finds nobody.
pub async fn a_user_is_found_by_its_id(store: Arc<dyn Store>) {
    let (ada, _) = signed_in(&store, "ada", &["one"]).await;
    assert_eq!(store.find_user(&ada.user.id).await.expect("an answer"), Some(ada.user));
    assert_eq!(store.find_user(&user("nobody").user.id).await.expect("an answer"), None);
}

/// Live ones at one time, and those that began or ended since another.
pub async fn live_begun_and_ended_sessions_are_counted(store: Arc<dyn Store>) {
    let empty = store.statistics(NOW, NOW.minus(HOUR)).await.expect("numbers");
    assert_eq!(empty, Statistics::default());
    let (_, ada) = signed_in(&store, "ada", &["a1", "a2", "a3"]).await;
    let (grace, _) = signed_in(&store, "grace", &["g1"]).await;
    let later = NOW.plus(HOUR / 2);
    let by = actor(&ada[0]);
    store.end_by_id(by, &session_id("a2"), EndedReason::Revoked, NOW).await.expect("an answer");
    store.end_by_id(by, &session_id("a3"), EndedReason::SignedOut, later).await.expect("an answer");
    let new = session_at(&grace, "g2", later);
    open(&store, None, &new, &limit(5, &[])).await.expect("a sign-in");

    let counted = store.statistics(later, NOW.minus(HOUR)).await.expect("numbers");
    let ended = vec![(EndedReason::SignedOut, 1), (EndedReason::Revoked, 1)];
    assert_eq!(counted, Statistics { live_sessions: 3, live_users: 2, sign_ins: 5, ended });
    let counted = store.statistics(NOW.plus(HOUR), NOW).await.expect("numbers");
    let ended = vec![(EndedReason::SignedOut, 1)];
    assert_eq!(counted, Statistics { live_sessions: 1, live_users: 1, sign_ins: 1, ended });
    store.sweep(NOW.plus(HOUR), Timestamp::default(), 10).await.expect("a sweep");
    let counted = store.statistics(NOW.plus(HOUR), NOW).await.expect("numbers");
    let ended = vec![(EndedReason::SignedOut, 1), (EndedReason::Expired, 2)];
    assert_eq!(counted, Statistics { live_sessions: 1, live_users: 1, sign_ins: 1, ended });
}

/// Only wrong proofs since the given time count, not right ones that were refused.
pub async fn account_status_has_the_lock_and_the_number_of_wrong_proofs(store: Arc<dyn Store>) {
    let (ada, sessions) = signed_in(&store, "ada", &["one", "two"]).await;
    let status = async |after| store.account_status(&ada.user.id, after).await.expect("an answer");
    assert_eq!(status(NOW.minus(HOUR)).await, AccountStatus::default());
    let refused = |user: &UserId, at, detail: Option<&str>| NewHistoryEntry {
        detail: detail.map(str::to_owned),
        ..NewHistoryEntry::new(HistoryKind::PasswordRefused, user.clone(), None, at)
    };
    let grace = signed_in(&store, "grace", &["g1"]).await.0.user.id;
    let entries = [
        refused(&ada.user.id, NOW, None),
        refused(&ada.user.id, NOW.plus(HOUR), None),
        refused(&ada.user.id, NOW.plus(HOUR), Some("locked")),
        refused(&grace, NOW, None),
    ];
    store.record(&entries, None).await.expect("it is written");
    assert_eq!(status(NOW.minus(HOUR)).await, AccountStatus::new(false, 2));
    assert_eq!(status(NOW).await, AccountStatus::new(false, 1));
    let rotation = Rotation { handle: handle("new"), secret_hash: sessions[0].secret_hash };
    let reported = store.report(actor(&sessions[0]), &session_id("two"), &rotation, true, None, NOW).await;
    assert!(reported.expect("an answer").is_some());
    assert_eq!(status(NOW.plus(HOUR)).await, AccountStatus::new(true, 0));
    let nobody = store.account_status(&user("nobody").user.id, NOW).await.expect("an answer");
    assert_eq!(nobody, AccountStatus::default());
}

/// Empty lists, unknown ids and unknown handles are no errors.
pub async fn empty_lookups_find_nothing(store: Arc<dyn Store>) {
    signed_in(&store, "ada", &["one"]).await;
    assert!(store.live_by_handles(&[], NOW).await.expect("an answer").is_empty());
    assert!(store.find(&[]).await.expect("an answer").is_empty());
    assert!(store.find(&[&session_id("unknown")]).await.expect("an answer").is_empty());
    assert!(store.find_by_handle(&handle("unknown")).await.expect("an answer").is_none());
    assert!(store.end_held(&[], None, EndedReason::Revoked, NOW).await.expect("an answer").is_empty());
    store.touch(&[]).await.expect("an answer");
    store.ping().await.expect("an answer");
}
