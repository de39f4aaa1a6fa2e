//! New devices that the person confirms.

use super::changes::{from_now, marker, next};
use super::*;
use crate::{Change, HistoryKind, HistoryQuery};

/// Before every session.
const EARLIER: Timestamp = Timestamp::from_unix_ms(NOW.unix_ms() - 1);

/// An account with a session of a known browser, and then these of new ones.
async fn with_new_devices(store: &Arc<dyn Store>, name: &str, new: &[&str]) -> Vec<NewSession> {
    let (user, mut sessions) = signed_in(store, name, &[name]).await;
    for name in new {
        let new = NewSession { new_device: true, ..session(&user, name) };
        open(store, None, &new, &limit(1_000, &[])).await.expect("a sign-in");
        sessions.push(new);
    }
    sessions
}

async fn recognize(store: &Arc<dyn Store>, by: &NewSession, name: &str) -> Option<bool> {
    store.recognize(actor(by), &session_id(name), EARLIER, NOW).await.expect("an answer")
}

async fn is_new(store: &Arc<dyn Store>, name: &str) -> bool {
    find(store, name).await.stored.new_device
}

/// Wherever the session is read. Other sessions keep theirs.
pub async fn recognized_device_loses_its_new_device_mark(store: Arc<dyn Store>) {
    let sessions = with_new_devices(&store, "ada", &["one", "two"]).await;
    assert_eq!(recognize(&store, &sessions[0], "one").await, Some(true));
    assert_eq!(recognize(&store, &sessions[0], "one").await, Some(true), "once more is no error");
    assert_eq!((is_new(&store, "one").await, is_new(&store, "two").await), (false, true));
    assert_eq!(recognize(&store, &sessions[1], "two").await, Some(true), "it can vouch for others now");
    assert!(!is_new(&store, "two").await);
}

/// Whether it still counts as new or not.
pub async fn session_cannot_recognize_itself(store: Arc<dyn Store>) {
    let sessions = with_new_devices(&store, "ada", &["one"]).await;
    for new_since in [EARLIER, NOW] {
        let own = &sessions[1].session.id;
        let outcome = store.recognize(actor(&sessions[1]), own, new_since, NOW).await;
        assert_eq!(outcome.expect("an answer"), Some(false));
    }
    assert!(is_new(&store, "one").await);
}

/// Until the acting one no longer counts as new.
pub async fn two_new_devices_cannot_recognize_each_other(store: Arc<dyn Store>) {
    let sessions = with_new_devices(&store, "ada", &["one", "two"]).await;
    assert_eq!(recognize(&store, &sessions[1], "two").await, Some(false));
    assert_eq!(recognize(&store, &sessions[2], "one").await, Some(false));
    assert!(is_new(&store, "one").await && is_new(&store, "two").await);
    let outcome = store.recognize(actor(&sessions[1]), &session_id("two"), NOW, NOW).await;
    assert_eq!(outcome.expect("an answer"), Some(true));
    assert!(!is_new(&store, "two").await);
}

/// An intruder's browser is already known at its next sign-in.
pub async fn later_session_cannot_recognize_an_earlier_one(store: Arc<dyn Store>) {
    let (user, sessions) = signed_in(&store, "ada", &["laptop"]).await;
    let (new, later) = (NewSession { new_device: true, ..session(&user, "phone") }, session(&user, "tablet"));
    for session in [&new, &later] {
        open(&store, None, session, &limit(1_000, &[])).await.expect("a sign-in");
    }
    assert_eq!(recognize(&store, &later, "phone").await, Some(false));
    assert!(is_new(&store, "phone").await);
    assert_eq!(recognize(&store, &sessions[0], "phone").await, Some(true));
}

/// And the actor must be live too.
pub async fn only_a_live_session_of_the_actors_user_is_recognized(store: Arc<dyn Store>) {
    let sessions = with_new_devices(&store, "ada", &["one", "ended"]).await;
    let grace = with_new_devices(&store, "grace", &[]).await;
    let ended = store.end_held(&[&session_id("ended")], None, EndedReason::SignedOut, NOW).await;
    assert_eq!(ended.expect("an answer").len(), 1);
    assert_eq!(recognize(&store, &grace[0], "one").await, None);
    for name in ["ended", "unknown"] {
        assert_eq!(recognize(&store, &sessions[0], name).await, None);
    }
    assert_eq!(recognize(&store, &sessions[2], "one").await, None);
    assert!(is_new(&store, "one").await && is_new(&store, "ended").await);
}

/// Refused calls, and those without a mark to clear, are neither.
pub async fn recognition_is_announced_and_in_the_history_once(store: Arc<dyn Store>) {
    let sessions = with_new_devices(&store, "ada", &["one"]).await;
    let mut changes = from_now(&store).await;
    assert_eq!(recognize(&store, &sessions[1], "one").await, Some(false));
    assert_eq!(recognize(&store, &sessions[0], "one").await, Some(true));
    assert_eq!(recognize(&store, &sessions[0], "one").await, Some(true));
    store.announce(marker()).await.expect("it is told");
    let by = actor(&sessions[0]);
    let told = Change::Recognized { user: by.user.clone(), id: session_id("one") };
    assert_eq!([next(&mut changes).await, next(&mut changes).await], [told, marker()]);
    let kinds = &[HistoryKind::Recognized];
    let query = HistoryQuery { session: None, kinds, before: None, limit: 10 };
    let entries = store.history(by.user, query).await.expect("a history");
    let [entry] = &*entries else { panic!("{entries:?}") };
    assert_eq!(entry.session_id, Some(session_id("one")));
    assert_eq!(entry.by.as_ref().map(|(id, ..)| id), Some(by.session));
}
