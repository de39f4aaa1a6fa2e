//! Erasing a user.

use super::*;
use crate::{Change, HistoryQuery};

const ALL: HistoryQuery<'_> = HistoryQuery { session: None, kinds: &[], before: None, limit: 1_000 };

/// Other users stay, and the ended sessions are announced.
pub async fn erased_user_leaves_nothing_and_is_announced(store: Arc<dyn Store>) {
    let (ada, _) = signed_in(&store, "ada", &["one", "two", "ended"]).await;
    let (grace, _) = signed_in(&store, "grace", &["other"]).await;
    let ended = store.end_held(&[&session_id("ended")], None, EndedReason::SignedOut, NOW).await;
    assert_eq!(ended.expect("an answer").len(), 1);
    let mut changes = store.changes();
    let gone = vec![session_id("two"), session_id("one")];
    let erased = store.forget_user(&operator(), &ada.user.id, NOW).await.expect("an answer");
    assert_eq!(erased, Some(gone.clone()));
    let change = Change::Sessions { user: ada.user.id.clone(), ids: gone };
    while let Some(told) =
        tokio::time::timeout(super::naming::PATIENCE, changes.next()).await.expect("it is told in time")
    {
        if told == change {
            break;
        }
    }

    let ids = ["one", "two", "ended"].map(session_id);
    assert!(store.find(&ids.each_ref()).await.expect("an answer").is_empty());
    assert!(store.live_by_handles(&[&handle("one")], NOW).await.expect("an answer").is_empty());
    assert!(store.find_user(&ada.user.id).await.expect("an answer").is_none());
    assert!(store.password_of(&ada.user.email).await.expect("an answer").is_none());
    assert!(store.history(&ada.user.id, ALL).await.expect("a history").is_empty());
    assert_eq!(live(&store, &grace, NOW).await, ["other"]);
    assert_eq!(store.history(&grace.user.id, ALL).await.expect("a history").len(), 1);

    // The email is free again, and a new account with it has no old data.
    let again = NewUser { user: User { id: UserId::new("user-again").expect("an id"), ..ada.user }, ..ada };
    open(&store, Some(&again), &session(&again, "new"), &limit(5, &[])).await.expect("a sign-up");
    assert_eq!(store.history(&again.user.id, ALL).await.expect("a history").len(), 1);
}

/// Neither a second time nor for a user who never existed.
pub async fn erasing_an_unknown_user_does_nothing(store: Arc<dyn Store>) {
    let (ada, _) = signed_in(&store, "ada", &[]).await;
    assert_eq!(store.forget_user(&operator(), &ada.user.id, NOW).await.expect("an answer"), None);
    signed_in(&store, "ada", &["one"]).await;
    let by = operator();
    let both =
        tokio::join!(store.forget_user(&by, &ada.user.id, NOW), store.forget_user(&by, &ada.user.id, NOW));
    let both = [both.0.expect("an answer"), both.1.expect("an answer")];
    assert_eq!(both.iter().filter(|gone| gone.is_some()).count(), 1);
}

/// It comes first and is erased with the user, or it comes later and is refused.
pub async fn sign_in_during_an_erasure_leaves_nothing(store: Arc<dyn Store>) {
    for round in 0..8 {
        let name = format!("ada{round}");
        let (ada, _) = signed_in(&store, &name, &[&format!("first{round}")]).await;
        let new = session(&ada, &format!("second{round}"));
        let opening = {
            let (store, proving) = (Arc::clone(&store), proving(&store, &ada).await);
            tokio::spawn(async move { open(&store, None, &new, &proving).await })
        };
        let gone = store.forget_user(&operator(), &ada.user.id, NOW).await;
        let gone = gone.expect("an answer").expect("a user");
        match opening.await.expect("no panic") {
            Ok(_) => assert_eq!(gone.len(), 2),
            Err(error) => assert!(matches!(error, ChangeError::ProofOutdated), "{error}"),
        }
        assert_eq!(live(&store, &ada, NOW).await, Vec::<String>::new());
    }
}
