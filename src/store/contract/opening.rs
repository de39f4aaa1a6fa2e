//! Sign-up, sign-in, and eviction.

use std::time::Duration;

use super::devices::key;
use super::*;

/// Neither the user nor the session.
pub async fn sign_up_with_a_taken_email_stores_nothing(store: Arc<dyn Store>) {
    signed_in(&store, "ada", &["one"]).await;
    let mut other = user("other");
    other.user.email = "ada@example.org".to_owned();
    let new = session(&other, "two");
    assert_email_taken(open(&store, Some(&other), &new, &limit(5, &[])).await);
    assert!(store.find_by_handle(&handle("two")).await.expect("an answer").is_none());
    let found = store.password_of("ada@example.org").await.expect("an answer").expect("an account");
    assert_eq!(found.user.name, "ada");
}

/// And no second account can be created with another spelling.
pub async fn an_account_is_found_by_every_spelling_of_its_email(store: Arc<dyn Store>) {
    const SPELLINGS: [&str; 3] = [
        "zo\u{e9}@b\u{fc}cherei.example",
        "zoe\u{301}@bu\u{308}cherei.example",
        "zo\u{e9}@xn--bcherei-n2a.example",
    ];
    for (number, spelling) in SPELLINGS.into_iter().enumerate() {
        let mut zoe = user(&format!("zoe{number}"));
        zoe.user.email = spelling.to_owned();
        let new = NewSession { device_keys: vec![key(1)], ..session(&zoe, &format!("s{number}")) };
        let opened = open(&store, Some(&zoe), &new, &limit(5, &[])).await;
        if number > 0 {
            assert_email_taken(opened);
            continue;
        }
        opened.expect("a sign-up");
        for spelling in SPELLINGS {
            let found = store.password_of(spelling).await.expect("an answer").expect("an account");
            assert_eq!(found.user, zoe.user, "as it was typed");
            assert!(store.is_known_device(spelling, &key(1)).await.expect("an answer"), "{spelling}");
        }
    }
    assert!(store.password_of("zoe@xn--bcherei-n2a.example").await.expect("an answer").is_none());
    assert!(store.request_reset(SPELLINGS[1], None, NOW).await.expect("an answer"));
}

/// It is refused because the browser holds as many accounts as allowed.
pub async fn a_refused_sign_up_leaves_no_user(store: Arc<dyn Store>) {
    signed_in(&store, "ada", &["one"]).await;
    let grace = user("grace");
    let refused = open(&store, Some(&grace), &session(&grace, "two"), &refusing(1, &["one"])).await;
    assert!(matches!(refused, Err(ChangeError::BrowserFull)), "{refused:?}");
    assert!(store.password_of("grace@example.org").await.expect("an answer").is_none());
    open(&store, Some(&grace), &session(&grace, "two"), &refusing(1, &[])).await.expect("a sign-up");
}

/// The new session is named as the one that replaced it.
pub async fn session_of_the_same_user_in_the_browser_is_replaced(store: Arc<dyn Store>) {
    let (ada, _) = signed_in(&store, "ada", &["one"]).await;
    let ended = open(&store, None, &session(&ada, "two"), &limit(5, &["one"])).await.expect("a sign-in");
    assert_eq!(names(&ended, EndedReason::Replaced), ["one"]);
    assert_eq!(live(&store, &ada, NOW).await, ["two"]);
    let by = find(&store, "one").await.end.expect("it has ended").by.expect("an actor");
    assert_eq!(by.id, session_id("two"));
}

/// As long as there is room.
pub async fn sessions_of_the_user_in_other_browsers_stay(store: Arc<dyn Store>) {
    let (ada, _) = signed_in(&store, "ada", &["one"]).await;
    let (grace, _) = signed_in(&store, "grace", &["g1"]).await;
    let ended = open(&store, None, &session(&ada, "two"), &limit(2, &["g1"])).await.expect("a sign-in");
    assert!(ended.is_empty(), "{ended:?}");
    assert_eq!(live(&store, &ada, NOW).await, ["two", "one"]);
    assert_eq!(live(&store, &grace, NOW).await, ["g1"]);
}

/// The order of insertion counts.
pub async fn the_first_created_session_is_evicted_even_if_the_clock_was_set_back(store: Arc<dyn Store>) {
    let (ada, _) = signed_in(&store, "ada", &["one", "two"]).await;
    let earlier = NOW.minus(Duration::from_secs(60));
    let late = session_at(&ada, "late", earlier);
    let ended = open(&store, None, &late, &limit(2, &[])).await.expect("a sign-in");
    assert_eq!(names(&ended, EndedReason::Evicted), ["one"]);
    let ended = open(&store, None, &session(&ada, "four"), &limit(2, &[])).await.expect("a sign-in");
    assert_eq!(names(&ended, EndedReason::Evicted), ["two"]);
    assert_eq!(live(&store, &ada, NOW).await, ["four", "late"]);
}

/// Whichever user it belongs to.
pub async fn the_oldest_account_of_a_full_browser_is_evicted(store: Arc<dyn Store>) {
    let (grace, _) = signed_in(&store, "grace", &["g1", "elsewhere"]).await;
    let (linus, _) = signed_in(&store, "linus", &["l1"]).await;
    let ada = user("ada");
    let new = session(&ada, "a1");
    let ended = open(&store, Some(&ada), &new, &limit(2, &["l1", "g1"])).await.expect("a sign-up");
    assert_eq!(names(&ended, EndedReason::Evicted), ["g1"]);
    assert_eq!(ended[0].user_id, grace.user.id);
    assert_eq!(live(&store, &grace, NOW).await, ["elsewhere"]);
    assert_eq!(live(&store, &linus, NOW).await, ["l1"]);
}

/// The session that would have been replaced stays too.
pub async fn without_eviction_a_refused_sign_in_changes_nothing(store: Arc<dyn Store>) {
    let (ada, _) = signed_in(&store, "ada", &["one", "two", "three"]).await;
    assert_limit_reached(open(&store, None, &session(&ada, "four"), &refusing(2, &["one"])).await);
    assert_limit_reached(open(&store, None, &session(&ada, "four"), &refusing(3, &[])).await);
    assert_eq!(live(&store, &ada, NOW).await, ["three", "two", "one"]);
    assert!(store.find_by_handle(&handle("four")).await.expect("an answer").is_none());
}

/// So signing in again in the same browser is never refused and evicts no other session.
pub async fn replaced_session_makes_room_for_the_new_one(store: Arc<dyn Store>) {
    let (ada, _) = signed_in(&store, "ada", &["one", "two"]).await;
    let again = session(&ada, "again");
    let ended = open(&store, None, &again, &refusing(2, &["two"])).await.expect("a sign-in");
    assert_eq!(names(&ended, EndedReason::Replaced), ["two"]);
    let once_more = session(&ada, "more");
    let ended = open(&store, None, &once_more, &limit(2, &["again"])).await.expect("a sign-in");
    assert_eq!((ended.len(), names(&ended, EndedReason::Replaced)), (1, vec!["again".to_owned()]));
    assert_eq!(live(&store, &ada, NOW).await, ["more", "one"]);
}

/// Neither for the user nor for the browser.
pub async fn ended_and_expired_sessions_do_not_count_for_the_limit(store: Arc<dyn Store>) {
    let (ada, sessions) = signed_in(&store, "ada", &["one", "two"]).await;
    signed_in(&store, "grace", &["g1"]).await;
    store.end_by_id(actor(&sessions[0]), &session_id("two"), EndedReason::Revoked, NOW).await.expect("it");
    let fits = refusing(2, &["two"]);
    assert!(open(&store, None, &session(&ada, "three"), &fits).await.expect("a sign-in").is_empty());
    let later = NOW.plus(HOUR);
    let fits = refusing(1, &["g1", "three"]);
    let next = session_at(&ada, "next", later);
    assert!(open(&store, None, &next, &fits).await.expect("a sign-in").is_empty());
    assert_eq!(live(&store, &ada, later).await, ["next"]);
}

/// All surplus sessions end.
pub async fn lowered_maximum_is_enforced_at_the_next_sign_in(store: Arc<dyn Store>) {
    let (ada, _) = signed_in(&store, "ada", &["a", "b", "c", "d", "e"]).await;
    let ended = open(&store, None, &session(&ada, "f"), &limit(2, &["c"])).await.expect("a sign-in");
    assert_eq!(names(&ended, EndedReason::Replaced), ["c"]);
    assert_eq!(names(&ended, EndedReason::Evicted), ["a", "b", "d"]);
    assert_eq!(live(&store, &ada, NOW).await, ["f", "e"]);
}
