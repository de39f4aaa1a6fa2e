//! Undoing revocations, the only way in which an ended session becomes live again.

use std::time::Duration;

use super::naming::PATIENCE;
use super::*;
use crate::{
    Change, DeviceKey, HistoryKind, HistoryQuery, MailKind, ManualClock, Operator, Rotation, Sessions,
    StoredToken, Undo,
};

const LATER: Timestamp = Timestamp::from_unix_ms(1_795_000_005_000);

fn undo<'a>(by: &'a NewSession, id: &'a SessionId) -> Undo<'a> {
    Undo { actor: actor(by), id, ended_after: NOW.minus(Duration::from_secs(5)), maximum: 5 }
}

async fn is_undone(store: &Arc<dyn Store>, by: &NewSession, name: &str) -> bool {
    store.undo_revoke(undo(by, &session_id(name)), LATER).await.expect("an answer")
}

async fn revoke(store: &Arc<dyn Store>, by: &NewSession, name: &str) {
    end(store, by, name, EndedReason::Revoked).await;
}

async fn end(store: &Arc<dyn Store>, by: &NewSession, name: &str, reason: EndedReason) {
    let ended = store.end_by_id(actor(by), &session_id(name), reason, NOW).await;
    ended.expect("an answer").expect("it was live");
}

async fn history(
    store: &Arc<dyn Store>,
    user: &NewUser,
) -> Vec<(HistoryKind, Option<String>, Option<String>)> {
    let query = HistoryQuery { session: None, kinds: &[], before: None, limit: 20 };
    let history = store.history(&user.user.id, query).await.expect("a history");
    history
        .into_iter()
        .map(|it| (it.kind.expect("known"), it.session_id.as_ref().map(name), it.by.map(|by| name(&by.0))))
        .collect()
}

/// Once, and the history says who undid it.
pub async fn undone_revocation_restores_the_session_as_it_was(store: Arc<dyn Store>) {
    let (ada, sessions) = signed_in(&store, "ada", &["one", "two"]).await;
    revoke(&store, &sessions[0], "two").await;
    assert_eq!(live(&store, &ada, NOW).await, ["one"]);
    let mut changes = store.changes();
    assert!(is_undone(&store, &sessions[0], "two").await);
    assert_eq!(live(&store, &ada, LATER).await, ["two", "one"]);
    let found = find(&store, "two").await;
    assert!(found.end.is_none());
    assert_eq!(found.stored.session, sessions[1].session);
    let of = |kind, of: &str, by: &str| (kind, Some(of.to_owned()), Some(by.to_owned()));
    assert_eq!(
        history(&store, &ada).await[..2],
        [of(HistoryKind::RevokeUndone, "two", "one"), of(HistoryKind::Ended, "two", "one")]
    );
    let told = Change::Sessions { user: ada.user.id.clone(), ids: vec![session_id("two")] };
    let telling = async {
        while let Some(change) = changes.next().await {
            if change == told {
                return;
            }
        }
        panic!("it was not told");
    };
    tokio::time::timeout(PATIENCE, telling).await.expect("it is told");
    assert!(!is_undone(&store, &sessions[0], "two").await, "it lives");

    revoke(&store, &sessions[0], "two").await;
    assert_eq!(live(&store, &ada, NOW).await, ["one"], "it can end again");
    assert!(is_undone(&store, &sessions[0], "two").await);
}

/// Not another session of the user, not another user, and not a session that has ended itself.
pub async fn only_the_session_that_revoked_can_undo(store: Arc<dyn Store>) {
    let (ada, sessions) = signed_in(&store, "ada", &["one", "two", "three"]).await;
    let (_, grace) = signed_in(&store, "grace", &["g1"]).await;
    revoke(&store, &sessions[0], "two").await;
    assert!(!is_undone(&store, &sessions[2], "two").await);
    assert!(!is_undone(&store, &grace[0], "two").await);
    assert!(!is_undone(&store, &sessions[0], "unknown").await);
    assert!(!is_undone(&store, &sessions[1], "two").await, "least of all itself");
    revoke(&store, &sessions[2], "one").await;
    assert!(!is_undone(&store, &sessions[0], "two").await);
    assert_eq!(live(&store, &ada, NOW).await, ["three"]);
}

/// The window excludes its last moment. An expired session is never restored.
pub async fn revocation_can_be_undone_only_in_time(store: Arc<dyn Store>) {
    let (ada, sessions) = signed_in(&store, "ada", &["one", "two"]).await;
    revoke(&store, &sessions[0], "two").await;
    let id = session_id("two");
    let late = Undo { ended_after: NOW, ..undo(&sessions[0], &id) };
    assert!(!store.undo_revoke(late, LATER).await.expect("an answer"));
    let just = Undo { ended_after: NOW.minus(Duration::from_millis(1)), ..late };
    let renewal = renewal("renewed", NOW);
    assert!(store.prove(actor(&sessions[0]), &renewal, None, NOW).await.expect("an answer"));
    let expired = sessions[1].session.expires_at;
    assert!(!store.undo_revoke(just, expired).await.expect("an answer"), "it would have ended by now");
    assert!(store.undo_revoke(just, LATER).await.expect("an answer"));
    assert_eq!(live(&store, &ada, LATER).await, ["two", "one"]);
}

/// Nobody knows how long ago it was. A small difference between the clocks of two nodes does not matter.
pub async fn revocation_from_before_the_clock_was_set_back_cannot_be_undone(store: Arc<dyn Store>) {
    let (ada, sessions) = signed_in(&store, "ada", &["one", "two"]).await;
    revoke(&store, &sessions[0], "two").await;
    let id = session_id("two");
    let window = Duration::from_secs(10);
    let at = |now: Timestamp| (Undo { ended_after: now.minus(window), ..undo(&sessions[0], &id) }, now);
    for (now, is_undone) in
        [(NOW.minus(HOUR), false), (NOW.minus(window), false), (NOW.minus(window / 2), true)]
    {
        let (undo, now) = at(now);
        assert_eq!(store.undo_revoke(undo, now).await.expect("an answer"), is_undone, "{now}");
    }
    assert_eq!(live(&store, &ada, NOW).await, ["two", "one"]);
}

/// Only those until now.
pub async fn revocations_of_all_users_are_made_final(store: Arc<dyn Store>) {
    let (_, sessions) = signed_in(&store, "ada", &["one", "two", "three"]).await;
    let (_, hers) = signed_in(&store, "grace", &["g1", "g2"]).await;
    revoke(&store, &sessions[0], "two").await;
    revoke(&store, &hers[0], "g2").await;
    store.make_all_ends_final(NOW.minus(Duration::from_millis(1))).await.expect("an answer");
    assert!(!is_undone(&store, &sessions[0], "two").await);
    assert!(!is_undone(&store, &hers[0], "g2").await);
    revoke(&store, &sessions[0], "three").await;
    assert!(is_undone(&store, &sessions[0], "three").await);
}

/// Only sessions that were revoked from a list can.
pub async fn sessions_that_ended_otherwise_cannot_be_restored(store: Arc<dyn Store>) {
    let (ada, sessions) = signed_in(&store, "ada", &["one", "two"]).await;
    for (round, reason) in
        EndedReason::ALL.iter().copied().filter(|it| *it != EndedReason::Revoked).enumerate()
    {
        let name = format!("other{round}");
        open(&store, None, &session(&ada, &name), &limit(50, &[])).await.expect("a sign-in");
        end(&store, &sessions[0], &name, reason).await;
        assert!(!is_undone(&store, &sessions[0], &name).await, "{reason:?}");
    }
    let own =
        store.end_held(&[&session_id("two")], Some(&session_id("two")), EndedReason::Revoked, NOW).await;
    assert_eq!(own.expect("an answer").len(), 1);
    assert!(!is_undone(&store, &sessions[0], "two").await);
    assert_eq!(live(&store, &ada, NOW).await, ["one"]);
}

/// Whether it ended other sessions or not.
pub async fn after_a_new_password_no_revocation_can_be_undone(store: Arc<dyn Store>) {
    let (ada, sessions) = signed_in(&store, "ada", &["one", "two"]).await;
    revoke(&store, &sessions[0], "two").await;
    let (by, renewal) = (actor(&sessions[0]), renewal("renewed", NOW));
    let next = NextSession::Renewed(&renewal);
    let changed = change_password(&store, by, &ada.password_hash, "another", next, false, NOW).await;
    changed.expect("an answer").expect("it is changed");
    assert!(!is_undone(&store, &sessions[0], "two").await);
    open(&store, None, &session(&ada, "three"), &limit(5, &[])).await.expect("a sign-in");
    revoke(&store, &sessions[0], "three").await;
    assert!(is_undone(&store, &sessions[0], "three").await, "what was revoked since is");
}

/// From a list or by a mail.
pub async fn after_a_report_no_revocation_can_be_undone(store: Arc<dyn Store>) {
    let (ada, sessions) = signed_in(&store, "ada", &["one", "two", "three"]).await;
    revoke(&store, &sessions[0], "two").await;
    let rotation = Rotation { handle: handle("rotated"), secret_hash: sessions[0].secret_hash };
    let report =
        report_session(&store, actor(&sessions[0]), &session_id("three"), &rotation, false, NOW).await;
    report.expect("an answer").expect("it is reported");
    for name in ["two", "three"] {
        assert!(!is_undone(&store, &sessions[0], name).await, "{name}");
    }

    let (grace, sessions) = signed_in(&store, "grace", &["g1", "g2"]).await;
    revoke(&store, &sessions[0], "g2").await;
    let hash = SecretHash::from_bytes(&[5; 32]).expect("32 bytes");
    let token = StoredToken {
        hash,
        user_id: grace.user.id.clone(),
        purpose: MailKind::NewDevice.purpose(),
        session_id: None,
        redirect_to: None,
        created_at: NOW,
        expires_at: NOW.plus(HOUR),
    };
    store.put_token(&token).await.expect("it is stored");
    let reset = SecretHash::from_bytes(&[6; 32]).expect("32 bytes");
    let reported = report_by_mail(&store, &hash, &reset, NOW.plus(HOUR), NOW).await;
    reported.expect("an answer").expect("it is reported");
    assert!(!is_undone(&store, &sessions[0], "g2").await);
    assert_eq!(
        (live(&store, &ada, NOW).await, live(&store, &grace, NOW).await),
        (vec!["one".to_owned()], vec![])
    );
}

/// However short the retention of histories is: the report is read there.
pub async fn after_a_report_and_a_sweep_no_revocation_can_be_undone(store: Arc<dyn Store>) {
    let (ada, sessions) = signed_in(&store, "ada", &["one", "two", "three"]).await;
    revoke(&store, &sessions[0], "two").await;
    let rotation = Rotation { handle: handle("rotated"), secret_hash: sessions[0].secret_hash };
    let report =
        report_session(&store, actor(&sessions[0]), &session_id("three"), &rotation, false, NOW).await;
    report.expect("an answer").expect("it is reported");
    let clock = Arc::new(ManualClock::new(LATER));
    let builder = Sessions::builder(Arc::clone(&store)).clock(clock).history_retention(Duration::ZERO);
    builder.build().sweep().await.expect("a sweep");
    assert!(!is_undone(&store, &sessions[0], "two").await);
    assert_eq!(live(&store, &ada, LATER).await, ["one"]);
}

/// Whatever made it final. Later revocations can be undone.
pub async fn final_revocation_cannot_be_undone(store: Arc<dyn Store>) {
    let (ada, sessions) = signed_in(&store, "ada", &["one", "two", "three"]).await;
    let (grace, _) = signed_in(&store, "grace", &["g1"]).await;
    revoke(&store, &sessions[0], "two").await;
    let before = NOW.minus(Duration::from_secs(5));
    store.make_ends_final(&grace.user.id, before).await.expect("an answer");
    store.make_ends_final(&ada.user.id, NOW).await.expect("an answer");
    let two = handle("two");
    let found = async || {
        let found = store.undoable_by_handles(&[&two], before, LATER).await.expect("an answer");
        found.into_iter().map(|found| found.user_id).collect::<Vec<_>>()
    };
    assert_eq!(found().await, std::slice::from_ref(&ada.user.id), "those were others'");
    store.make_ends_final(&ada.user.id, before).await.expect("an answer");
    assert!(found().await.is_empty());
    assert!(!is_undone(&store, &sessions[0], "two").await);
    revoke(&store, &sessions[0], "three").await;
    assert!(is_undone(&store, &sessions[0], "three").await);
    assert_eq!(live(&store, &ada, LATER).await, ["three", "one"]);

    revoke(&store, &sessions[0], "three").await;
    let operator = Operator::new("cli:test");
    let ended = store.end_by_operator(&operator, &session_id("three"), NOW).await.expect("an answer");
    assert!(ended.is_none(), "it had ended");
    assert!(!is_undone(&store, &sessions[0], "three").await);
}

/// Neither that one nor earlier ones. An actor that is not live makes nothing final.
pub async fn after_revoking_the_others_no_revocation_can_be_undone(store: Arc<dyn Store>) {
    let (ada, sessions) = signed_in(&store, "ada", &["one", "two", "three", "four"]).await;
    let (grace, hers) = signed_in(&store, "grace", &["g1", "g2"]).await;
    revoke(&store, &sessions[0], "two").await;
    revoke(&store, &hers[0], "g2").await;
    end(&store, &sessions[3], "four", EndedReason::SignedOut).await;
    let refused = store.end_all(actor(&sessions[3]), false, EndedReason::Revoked, NOW).await;
    assert_eq!(refused.expect("an answer"), None);
    assert!(is_undone(&store, &sessions[0], "two").await, "nothing else has happened");

    revoke(&store, &sessions[0], "two").await;
    let ended = store.end_all(actor(&sessions[0]), false, EndedReason::Revoked, NOW).await;
    let ended = ended.expect("an answer").expect("the actor is live");
    assert_eq!(names(&ended, EndedReason::Revoked), ["three"]);
    let both = ["two", "three"].map(handle);
    let before = NOW.minus(Duration::from_secs(5));
    let found = store.undoable_by_handles(&both.each_ref(), before, LATER).await.expect("an answer");
    assert!(found.is_empty(), "{found:?}");
    for name in ["two", "three"] {
        assert!(!is_undone(&store, &sessions[0], name).await, "{name}");
    }
    assert_eq!(live(&store, &ada, LATER).await, ["one"]);

    assert!(is_undone(&store, &hers[0], "g2").await, "it is another user's");
    assert_eq!(live(&store, &grace, LATER).await, ["g2", "g1"]);
    open(&store, None, &session(&ada, "five"), &limit(5, &[])).await.expect("a sign-in");
    revoke(&store, &sessions[0], "five").await;
    assert!(is_undone(&store, &sessions[0], "five").await, "what was revoked since is");
}

/// The sign-in that came meanwhile stays.
pub async fn revocation_cannot_be_undone_if_the_place_was_taken(store: Arc<dyn Store>) {
    let (ada, sessions) = signed_in(&store, "ada", &["one", "two"]).await;
    revoke(&store, &sessions[0], "two").await;
    open(&store, None, &session(&ada, "three"), &limit(2, &[])).await.expect("a sign-in");
    let id = session_id("two");
    let small = Undo { maximum: 2, ..undo(&sessions[0], &id) };
    assert!(!store.undo_revoke(small, LATER).await.expect("an answer"));
    assert!(store.undo_revoke(Undo { maximum: 3, ..small }, LATER).await.expect("an answer"));
}

/// Browsers keep its cookie, because it may be restored.
pub async fn recently_revoked_session_is_found_by_its_handle(store: Arc<dyn Store>) {
    let (_, sessions) = signed_in(&store, "ada", &["one", "two", "three", "four"]).await;
    revoke(&store, &sessions[0], "two").await;
    end(&store, &sessions[0], "three", EndedReason::Evicted).await;
    let all = ["one", "two", "three", "four", "unknown"].map(handle);
    let found = async |after| {
        let found = store.undoable_by_handles(&all.each_ref(), after, LATER).await.expect("an answer");
        assert!(found.iter().all(|found| found.secret_hash.as_bytes() == &[7; 32]));
        let mut found: Vec<_> = found.into_iter().map(|it| it.handle.as_str().to_owned()).collect();
        found.sort();
        found.into_iter().map(|handle| handle.trim_start_matches('0').to_owned()).collect::<Vec<_>>()
    };
    let before = NOW.minus(Duration::from_millis(1));
    assert_eq!(found(before).await, ["one", "two", "four"], "and those that live, as one may be back by now");
    assert_eq!(found(NOW).await, ["one", "four"]);
    revoke(&store, &sessions[3], "one").await;
    assert_eq!(found(before).await, ["one", "four"], "nobody is left who could take the other back");
}

/// In either order.
pub async fn undo_during_sign_ins_never_exceeds_the_maximum(store: Arc<dyn Store>) {
    for round in 0..8 {
        let name = format!("ada{round}");
        let names = [format!("a{round}"), format!("b{round}"), format!("c{round}")];
        let (ada, sessions) = signed_in(&store, &name, &[&names[0], &names[1]]).await;
        revoke(&store, &sessions[0], &names[1]).await;
        let new = NewSession {
            device_keys: vec![DeviceKey::from_bytes(&[1; 32]).expect("32 bytes")],
            ..session_at(&ada, &names[2], LATER)
        };
        let opening = {
            let store = Arc::clone(&store);
            tokio::spawn(async move { open(&store, None, &new, &refusing(2, &[])).await })
        };
        let id = session_id(&names[1]);
        let small = Undo { maximum: 2, ..undo(&sessions[0], &id) };
        let is_undone = store.undo_revoke(small, LATER).await.expect("an answer");
        let opened = opening.await.expect("no panic");
        assert_ne!(is_undone, opened.is_ok(), "one of both: {opened:?}");
        assert_eq!(live(&store, &ada, LATER).await.len(), 2);
    }
}
