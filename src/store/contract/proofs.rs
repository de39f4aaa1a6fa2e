//! Proofs and credential epochs.

use super::subjects::{begin, session_of, subject};
use super::*;
use crate::Epoch;

/// How often a race is repeated, because either side may win.
const ROUNDS: usize = 16;

async fn epoch(store: &Arc<dyn Store>, of: &Subject) -> Epoch {
    store.epoch(&of.id).await.expect("an answer")
}

/// Begins a session with a proof that was checked at an epoch.
async fn begin_at(
    store: &Arc<dyn Store>,
    of: &Subject,
    name: &str,
    epoch: Epoch,
) -> Result<Begun, ChangeError> {
    let limit = Limit { epoch: Some(epoch), ..limit(5, &[]) };
    store.begin(of, &session_of(of, name), &limit, None).await
}

/// The changes, without passwords, that invalidate all earlier proofs.
pub(super) const CHANGES: [&str; 5] = ["renewed", "replaced", "changed", "reported", "disabled"];

/// Makes such a change in the session of this name.
pub(super) async fn change(store: &Arc<dyn Store>, what: &str, of: &Subject, name: &str) {
    let by = session_of(of, name);
    let renewal = renewal(&format!("{name}r"), NOW);
    let changed = match what {
        "renewed" => store.credentials_changed(actor(&by), NextSession::Renewed(&renewal), None, NOW).await,
        "replaced" => {
            let new = session_of(of, &format!("{name}n"));
            store.credentials_changed(actor(&by), NextSession::New(&new), None, NOW).await
        }
        "changed" => store.credentials_changed_of(&of.id, None, NOW).await,
        "reported" => store.report_of(&of.id, None, true, None, NOW).await,
        _ => store.disable_user(&operator(), &of.id, NOW).await.map_err(ChangeError::Store),
    };
    changed.expect("an answer").expect("it is changed");
}

/// Also, for accounts, a changed, reset or locked password.
pub async fn every_credential_change_begins_an_epoch(store: Arc<dyn Store>) {
    for (number, what) in CHANGES.into_iter().enumerate() {
        let ada = subject(&format!("ada{number}"));
        begin(&store, &ada, &format!("s{number}")).await;
        let before = epoch(&store, &ada).await;
        change(&store, what, &ada, &format!("s{number}")).await;
        assert_ne!(epoch(&store, &ada).await, before, "{what}");
    }
    let (ada, sessions) = signed_in(&store, "ada", &["one", "two"]).await;
    let of = Subject::from(&ada.user);
    let known = store.password_of(&ada.user.email).await.expect("an answer").expect("an account");
    let mut before = epoch(&store, &of).await;
    assert_eq!(known.epoch, before);
    let mut assert_changed = async |what: &str| {
        let now = epoch(&store, &of).await;
        assert_ne!(std::mem::replace(&mut before, now), now, "{what}");
    };
    let renewal = renewal("renewed", NOW);
    let next = NextSession::Renewed(&renewal);
    let changed =
        change_password(&store, actor(&sessions[0]), &ada.password_hash, "new", next, false, NOW).await;
    changed.expect("an answer").expect("it is changed");
    assert_changed("a changed password").await;
    let rotation = Rotation { handle: handle("rotated"), secret_hash: sessions[0].secret_hash };
    let by = actor(&sessions[0]);
    let reported = report_session(&store, by, &session_id("two"), &rotation, true, NOW).await;
    reported.expect("an answer").expect("it is reported");
    assert_changed("a locked account").await;
    store.put_token(&mailing::token(&ada, 1, Purpose::ResetPassword, NOW)).await.expect("it is stored");
    let reset = reset_password(&store, &mailing::hash(1), "newer", false, NOW).await;
    reset.expect("an answer").expect("the link is good");
    assert_changed("a reset password").await;
}

/// It neither begins a session nor makes one fresh. A proof without an epoch does both.
pub async fn proof_of_an_earlier_epoch_is_refused(store: Arc<dyn Store>) {
    let ada = subject("ada");
    begin(&store, &ada, "one").await;
    let before = epoch(&store, &ada).await;
    change(&store, "renewed", &ada, "one").await;
    let refused = begin_at(&store, &ada, "two", before).await;
    assert!(matches!(refused, Err(ChangeError::ProofOutdated)), "{refused:?}");
    let one = session_of(&ada, "one");
    let refused = store.prove(actor(&one), &renewal("late", NOW), Some(before), NOW).await;
    assert!(matches!(refused, Err(ChangeError::ProofOutdated)), "{refused:?}");
    assert_eq!(find(&store, "one").await.stored.session.handle, handle("oner"));
    let present = Some(epoch(&store, &ada).await);
    for (number, epoch) in [present, None].into_iter().enumerate() {
        let renewal = renewal(&format!("again{number}"), NOW);
        assert!(store.prove(actor(&one), &renewal, epoch, NOW).await.expect("it counts"));
        let limit = Limit { epoch, ..limit(5, &[]) };
        let new = session_of(&ada, &format!("new{number}"));
        store.begin(&ada, &new, &limit, None).await.expect("it counts");
    }
}

/// With any kind of proof.
pub async fn locked_user_cannot_sign_in_until_a_credential_changes(store: Arc<dyn Store>) {
    let ada = subject("ada");
    begin(&store, &ada, "one").await;
    begin(&store, &ada, "two").await;
    let one = session_of(&ada, "one");
    let rotation = Rotation { handle: handle("rotated"), secret_hash: one.secret_hash };
    let reported = store.report(actor(&one), &session_id("two"), &rotation, true, None, NOW).await;
    assert_eq!(reported.expect("an answer").expect("it is another one").len(), 1);
    let locked = begin_at(&store, &ada, "three", epoch(&store, &ada).await).await;
    assert!(matches!(locked, Err(ChangeError::UserLocked)), "{locked:?}");
    let unsaid = store.begin(&ada, &session_of(&ada, "three"), &limit(5, &[]), None).await;
    assert!(matches!(unsaid, Err(ChangeError::UserLocked)), "{unsaid:?}");
    let proved = store.prove(actor(&one), &renewal("proved", NOW), None, NOW).await;
    assert!(matches!(proved, Err(ChangeError::UserLocked)), "{proved:?}");
    store.credentials_changed_of(&ada.id, None, NOW).await.expect("an answer").expect("it is changed");
    begin(&store, &ada, "three").await;
    let live = store.live_of_user(&ada.id, NOW).await.expect("a list");
    assert_eq!(live.len(), 1, "the others ended with the change");
}

/// Although each has read that the user is unknown.
pub async fn two_simultaneous_first_sessions_both_begin(store: Arc<dyn Store>) {
    for round in 0..ROUNDS {
        let ada = subject(&format!("ada{round}"));
        let opening = ["a", "b", "c"].map(|name| {
            let (store, ada, name) = (Arc::clone(&store), ada.clone(), format!("{name}{round}"));
            tokio::spawn(async move { begin_at(&store, &ada, &name, Epoch::UNKNOWN).await })
        });
        for opening in opening {
            opening.await.expect("no panic").expect("a session");
        }
        assert_eq!(store.live_of_user(&ada.id, NOW).await.expect("a list").len(), 3);
    }
}

/// In either order.
pub async fn session_that_begins_during_a_credential_change_is_refused_or_ended(store: Arc<dyn Store>) {
    for what in CHANGES.into_iter().chain(["erased"]) {
        for round in 0..ROUNDS {
            let (ada, name) = (subject(&format!("{what}{round}")), format!("{what}{round}"));
            begin(&store, &ada, &name).await;
            let epoch = epoch(&store, &ada).await;
            let beginning = {
                let (store, ada, name) = (Arc::clone(&store), ada.clone(), format!("{name}x"));
                tokio::spawn(async move { begin_at(&store, &ada, &name, epoch).await })
            };
            if what == "erased" {
                let erased = store.forget_user(&operator(), &ada.id, NOW).await.expect("an answer");
                erased.expect("a user");
            } else {
                change(&store, what, &ada, &name).await;
            }
            let begun = beginning.await.expect("no panic");
            if let Err(error) = &begun {
                let expected = match what {
                    "reported" => matches!(error, ChangeError::UserLocked),
                    "disabled" => matches!(error, ChangeError::UserDisabled),
                    _ => matches!(error, ChangeError::ProofOutdated),
                };
                assert!(expected, "{what}, round {round}: {error}");
            }
            let live = store.live_of_user(&ada.id, NOW).await.expect("a list");
            let live: Vec<_> = live.iter().map(|it| self::name(&it.session.id)).collect();
            let began_before = begun.is_ok();
            match what {
                // The other sessions stay, and the new one if it began before the change.
                "renewed" => assert_eq!(live.len(), 1 + usize::from(began_before), "round {round}"),
                "replaced" => assert_eq!(live, [format!("{name}n")], "round {round}"),
                _ => assert!(live.is_empty(), "{what}, round {round}: {live:?}"),
            }
        }
    }
}

/// In either order, the proof is from before the change.
pub async fn session_proved_during_a_report_is_not_fresh_afterwards(store: Arc<dyn Store>) {
    for round in 0..ROUNDS {
        let (ada, name) = (subject(&format!("ada{round}")), format!("s{round}"));
        begin(&store, &ada, &name).await;
        let (one, epoch) = (session_of(&ada, &name), epoch(&store, &ada).await);
        let proving = {
            let (store, one, renewal) = (Arc::clone(&store), one.clone(), renewal(&format!("r{round}"), NOW));
            tokio::spawn(async move { store.prove(actor(&one), &renewal, Some(epoch), NOW).await })
        };
        let reported = store.report_of(&ada.id, None, true, None, NOW).await;
        assert_eq!(reported.expect("an answer").expect("a user").len(), 1, "round {round}");
        let proved = proving.await.expect("no panic");
        assert!(matches!(proved, Ok(_) | Err(ChangeError::UserLocked)), "{proved:?}");
        assert!(store.live_of_user(&ada.id, NOW).await.expect("a list").is_empty());
    }
}
