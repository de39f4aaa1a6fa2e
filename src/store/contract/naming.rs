//! Names of devices.

use std::time::Duration;

use super::*;
use crate::Change;

/// The timeout for an announced change: far more than it needs.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);

async fn rename(store: &Arc<dyn Store>, by: &NewSession, name: &str, to: Option<&str>) -> bool {
    store.rename(actor(by), &session_id(name), to, NOW).await.expect("an answer")
}

/// Wherever the session is read, also as the one that ended another, until the name is removed.
pub async fn renamed_device_has_its_name(store: Arc<dyn Store>) {
    let (ada, sessions) = signed_in(&store, "ada", &["one", "two"]).await;
    assert_eq!(find(&store, "one").await.stored.device_name, None);
    assert!(rename(&store, &sessions[1], "one", Some("Work ☕")).await);
    assert!(
        rename(&store, &sessions[1], "one", Some("Work ☕")).await,
        "the same name once more is no error"
    );
    let live = store.live_of_user(&ada.user.id, NOW).await.expect("a list");
    let names: Vec<_> = live.iter().map(|stored| stored.device_name.as_deref()).collect();
    assert_eq!(names, [None, Some("Work ☕")]);
    let held = store.live_by_handles(&[&handle("one")], NOW).await.expect("an answer");
    assert_eq!(held[0].device_name.as_deref(), Some("Work ☕"));

    let ended = store.end_by_id(actor(&sessions[0]), &session_id("two"), EndedReason::Revoked, NOW).await;
    assert!(ended.expect("an answer").is_some());
    let by = find(&store, "two").await.end.expect("it has ended").by.expect("an actor");
    assert_eq!(by.device_name.as_deref(), Some("Work ☕"));

    assert!(rename(&store, &sessions[0], "one", None).await);
    assert_eq!(find(&store, "one").await.stored.device_name, None);
}

/// Whoever asks.
pub async fn device_of_another_user_cannot_be_renamed(store: Arc<dyn Store>) {
    signed_in(&store, "ada", &["one"]).await;
    let (_, sessions) = signed_in(&store, "grace", &["other"]).await;
    assert!(!rename(&store, &sessions[0], "one", Some("Mine")).await);
    assert!(!rename(&store, &sessions[0], "unknown", Some("Mine")).await);
    assert_eq!(find(&store, "one").await.stored.device_name, None);
}

/// Neither as the actor nor as the target.
pub async fn ended_session_cannot_rename_or_be_renamed(store: Arc<dyn Store>) {
    let (_, sessions) = signed_in(&store, "ada", &["one", "two"]).await;
    let ended = store.end_held(&[&session_id("two")], None, EndedReason::SignedOut, NOW).await;
    assert_eq!(ended.expect("an answer").len(), 1);
    assert!(!rename(&store, &sessions[0], "two", Some("Gone")).await);
    assert!(!rename(&store, &sessions[1], "one", Some("Gone")).await);
    assert_eq!(find(&store, "one").await.stored.device_name, None);
}

/// Setting the same name again is not announced.
pub async fn rename_is_announced_if_the_name_changes(store: Arc<dyn Store>) {
    let (ada, sessions) = signed_in(&store, "ada", &["one"]).await;
    let mut changes = store.changes();
    assert!(!rename(&store, &sessions[0], "unknown", Some("Work")).await);
    assert!(rename(&store, &sessions[0], "one", Some("Work")).await);
    let renamed = Change::Renamed { user: ada.user.id.clone(), id: session_id("one") };
    let told = async {
        loop {
            match changes.next().await.expect("the store is there") {
                // Earlier changes may arrive as well.
                Change::Sessions { .. } => {}
                change => return change,
            }
        }
    };
    assert_eq!(tokio::time::timeout(PATIENCE, told).await.expect("it is told in time"), renamed);
}
