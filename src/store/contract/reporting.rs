//! Reports ("This wasn't me").

use super::mailing::{claim, hash, kinds, token};
use super::*;
use crate::{Change, MailKind, Purpose, Rotation};

const ROUNDS: usize = 16;

fn rotation(name: &str) -> Rotation {
    Rotation { handle: handle(name), secret_hash: hash(9) }
}

async fn report(store: &Arc<dyn Store>, by: &NewSession, name: &str, lock: bool) -> Option<Vec<Ended>> {
    let rotation = rotation(&format!("x{}", by.session.handle.as_str().trim_start_matches('0')));
    report_session(store, actor(by), &session_id(name), &rotation, lock, NOW).await.expect("an answer")
}

async fn is_locked(store: &Arc<dyn Store>, name: &str) -> bool {
    let email = format!("{name}@example.org");
    store.password_of(&email).await.expect("an answer").expect("an account").is_locked
}

/// In one transaction.
pub async fn a_report_ends_the_others_rotates_the_actor_and_locks_the_password(store: Arc<dyn Store>) {
    let (ada, sessions) = signed_in(&store, "ada", &["one", "two", "three"]).await;
    let (grace, _) = signed_in(&store, "grace", &["g1"]).await;
    let ended = report(&store, &sessions[0], "two", true).await.expect("it is another one");
    assert_eq!(names(&ended, EndedReason::Reported), ["three", "two"]);
    let end = find(&store, "three").await.end.expect("it has ended");
    assert_eq!((end.reason, end.by), (EndedReason::Reported, Some(ender("one"))));
    assert_eq!(live(&store, &ada, NOW).await, ["one"]);

    let rotated = find(&store, "one").await.stored;
    let expected = Session { handle: handle("xone"), ..sessions[0].session.clone() };
    assert_eq!((rotated.session, rotated.authenticated_at), (expected, NOW));
    assert_eq!(rotated.secret_hash.as_bytes(), hash(9).as_bytes());
    assert!(store.find_by_handle(&handle("one")).await.expect("an answer").is_none());

    assert!(is_locked(&store, "ada").await && !is_locked(&store, "grace").await);
    let mail = claim(&store, NOW).await.pop().expect("it is due");
    assert_eq!((mail.kind, mail.session_id), (MailKind::PasswordLocked, Some(session_id("two"))));
    assert_eq!(mail.user, ada.user);
    assert_eq!(live(&store, &grace, NOW).await, ["g1"]);
}

/// The person may be worried because it ended.
pub async fn ended_session_can_be_reported_and_its_ending_stays(store: Arc<dyn Store>) {
    let (ada, sessions) = signed_in(&store, "ada", &["one", "two", "three"]).await;
    let ended = [&sessions[1].session.id];
    store.end_held(&ended, None, EndedReason::SignedOut, NOW).await.expect("an answer");
    let ended = report(&store, &sessions[0], "two", true).await.expect("it is kept");
    assert_eq!(names(&ended, EndedReason::Reported), ["three"]);
    assert_eq!(find(&store, "two").await.end.expect("it has ended").reason, EndedReason::SignedOut);
    assert_eq!(live(&store, &ada, NOW).await, ["one"]);
}

/// Without mails nobody could unlock the account.
pub async fn report_locks_only_if_asked_and_mails_about_it_once(store: Arc<dyn Store>) {
    let (ada, sessions) = signed_in(&store, "ada", &["one", "two"]).await;
    assert!(report(&store, &sessions[0], "two", false).await.is_some());
    assert!(!is_locked(&store, "ada").await && claim(&store, NOW).await.is_empty());
    let mut acting = sessions[0].clone();
    acting.session.handle = handle("one");
    for _ in 0..3 {
        assert!(report(&store, &acting, "two", true).await.is_some());
    }
    assert_eq!(kinds(&store, NOW).await, [MailKind::PasswordLocked]);
    assert_eq!(live(&store, &ada, NOW).await, ["one"]);
}

/// Otherwise nothing changes.
pub async fn only_another_session_of_the_live_actors_user_can_be_reported(store: Arc<dyn Store>) {
    let (ada, sessions) = signed_in(&store, "ada", &["one", "two", "ended"]).await;
    let (grace, g1) = signed_in(&store, "grace", &["g1"]).await;
    let ended = [&sessions[2].session.id];
    store.end_held(&ended, None, EndedReason::SignedOut, NOW).await.expect("an answer");
    for (by, name) in [
        (&sessions[0], "one"),
        (&sessions[0], "g1"),
        (&sessions[0], "unknown"),
        (&sessions[2], "two"),
        (&g1[0], "two"),
    ] {
        assert!(report(&store, by, name, true).await.is_none(), "{name}");
    }
    let rotation = rotation("late");
    let late =
        report_session(&store, actor(&sessions[0]), &session_id("two"), &rotation, true, NOW.plus(HOUR))
            .await;
    assert!(late.expect("an answer").is_none(), "an expired actor");
    assert_eq!(live(&store, &ada, NOW).await, ["two", "one"]);
    assert_eq!(live(&store, &grace, NOW).await, ["g1"]);
    assert_eq!(find(&store, "one").await.stored.session, sessions[0].session);
    assert!(!is_locked(&store, "ada").await && claim(&store, NOW).await.is_empty());
}

/// Until a mailed link has set a new one.
pub async fn locked_password_cannot_sign_in_or_be_changed(store: Arc<dyn Store>) {
    let (ada, sessions) = signed_in(&store, "ada", &["one", "two"]).await;
    report(&store, &sessions[0], "two", true).await.expect("it is another one");
    let new = session(&ada, "new");
    let before = proving(&store, &ada).await;
    let refused = open(&store, None, &new, &before).await;
    assert!(matches!(refused, Err(ChangeError::UserLocked)), "{refused:?}");
    let from = &ada.password_hash;
    let renewal = renewal("renewed", NOW);
    let next = NextSession::Renewed(&renewal);
    let changed = change_password(&store, actor(&sessions[0]), from, "new", next, false, NOW).await;
    assert!(changed.expect("an answer").is_none());
    store.rehash_password(&ada.user.id, from, "rehashed", NOW).await.expect("an answer");

    store.put_token(&token(&ada, 1, Purpose::ResetPassword, NOW)).await.expect("it is stored");
    let reset = reset_password(&store, &hash(1), "new", false, NOW).await.expect("an answer");
    assert_eq!(names(&reset.expect("the link is good").1, EndedReason::PasswordChanged), ["one"]);
    assert!(!is_locked(&store, "ada").await);
    let old = open(&store, None, &new, &before).await;
    assert!(matches!(old, Err(ChangeError::ProofOutdated)), "the old one is not good any more");
    open(&store, None, &new, &proving(&store, &ada).await).await.expect("a sign-in");
    assert_eq!(live(&store, &ada, NOW).await, ["new"]);
}

/// It returns the link to set a new password and invalidates all other links.
pub async fn a_report_by_mail_ends_every_session_and_locks_the_password_once(store: Arc<dyn Store>) {
    let (ada, _) = signed_in(&store, "ada", &["one", "two"]).await;
    let (grace, _) = signed_in(&store, "grace", &["g1"]).await;
    for (number, purpose) in [(1, Purpose::NotMe), (2, Purpose::NotMe), (3, Purpose::ResetPassword)] {
        store.put_token(&token(&ada, number, purpose, NOW)).await.expect("it is stored");
    }
    let until = NOW.plus(HOUR);
    let reported = report_by_mail(&store, &hash(1), &hash(4), until, NOW).await.expect("an answer");
    let (user, ended) = reported.expect("the link is good");
    assert_eq!(
        (user, names(&ended, EndedReason::Reported)),
        (ada.user.id.clone(), vec!["one".to_owned(), "two".to_owned()])
    );
    assert!(is_locked(&store, "ada").await);
    for number in [1, 2] {
        let again = report_by_mail(&store, &hash(number), &hash(5), until, NOW).await.expect("an answer");
        assert!(again.is_none(), "{number}");
    }
    assert!(reset_password(&store, &hash(3), "old", false, NOW).await.expect("an answer").is_none());
    assert!(reset_password(&store, &hash(4), "new", false, NOW).await.expect("an answer").is_some());
    assert!(!is_locked(&store, "ada").await);
    assert_eq!(live(&store, &grace, NOW).await, ["g1"]);
}

/// The ended sessions, and the new credential of the actor.
pub async fn report_is_announced(store: Arc<dyn Store>) {
    let (ada, sessions) = signed_in(&store, "ada", &["one", "two"]).await;
    let mut changes = store.changes();
    report(&store, &sessions[0], "two", true).await.expect("it is another one");
    let mut left = vec![
        Change::Sessions { user: ada.user.id.clone(), ids: vec![session_id("two")] },
        Change::Reauthenticated { user: ada.user.id.clone(), id: session_id("one") },
    ];
    while !left.is_empty() {
        let told = tokio::time::timeout(std::time::Duration::from_secs(10), changes.next()).await;
        let told = told.expect("in time").expect("a change");
        left.retain(|expected| *expected != told);
    }
}

/// In either order, no session with the reported password stays.
pub async fn sign_in_during_a_report_is_refused_or_ended(store: Arc<dyn Store>) {
    for round in 0..ROUNDS {
        let names = [format!("a{round}"), format!("b{round}")];
        let (ada, sessions) = signed_in(&store, &format!("u{round}"), &[&names[0], &names[1]]).await;
        let signing_in = {
            let (new, proving) = (session(&ada, &format!("t{round}")), proving(&store, &ada).await);
            let store = Arc::clone(&store);
            tokio::spawn(async move { open(&store, None, &new, &proving).await })
        };
        report(&store, &sessions[0], &names[1], true).await.expect("it is another one");
        let signed_in = signing_in.await.expect("no panic");
        assert!(matches!(signed_in, Ok(_) | Err(ChangeError::UserLocked)), "{signed_in:?}");
        assert_eq!(live(&store, &ada, NOW).await, [names[0].as_str()], "round {round}");
    }
}

/// In either order.
pub async fn session_extended_while_it_is_reported_stays_ended(store: Arc<dyn Store>) {
    for round in 0..ROUNDS {
        let names = [format!("a{round}"), format!("b{round}")];
        let (ada, sessions) = signed_in(&store, &format!("u{round}"), &[&names[0], &names[1]]).await;
        let extending = {
            let (store, of) = (Arc::clone(&store), sessions[1].clone());
            let from = of.session.expires_at;
            tokio::spawn(async move { store.extend(actor(&of), from, from.plus(HOUR), NOW).await })
        };
        let ended = report(&store, &sessions[0], &names[1], true).await.expect("it is another one");
        extending.await.expect("no panic").expect("an answer");
        assert_eq!(ended.len(), 1, "round {round}");
        assert_eq!(live(&store, &ada, NOW).await, [names[0].as_str()]);
    }
}

/// The other one ends.
pub async fn one_of_two_sessions_that_report_each_other_wins(store: Arc<dyn Store>) {
    for round in 0..ROUNDS {
        let names = [format!("a{round}"), format!("b{round}")];
        let (ada, sessions) = signed_in(&store, &format!("u{round}"), &[&names[0], &names[1]]).await;
        let reporting = |by: usize, other: usize| {
            let (store, by, other) = (Arc::clone(&store), sessions[by].clone(), names[other].clone());
            tokio::spawn(async move { report(&store, &by, &other, true).await.is_some() })
        };
        let (one, other) = (reporting(0, 1), reporting(1, 0));
        let won = [one.await.expect("no panic"), other.await.expect("no panic")];
        assert_ne!(won[0], won[1], "round {round}");
        assert_eq!(live(&store, &ada, NOW).await, [names[usize::from(won[1])].as_str()]);
        assert_eq!(kinds(&store, NOW).await.len(), 1);
    }
}
