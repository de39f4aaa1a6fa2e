//! Acts of operators.

use super::mailing::{claim, hash, kinds, token};
use super::*;
use crate::{
    HistoryKind, HistoryQuery, MailKind, NewOperatorAct, OperatorAct, OperatorActKind, Purpose, Undo,
};

const ROUNDS: usize = 16;
const REASON: EndedReason = EndedReason::Operator;

/// The acts, oldest first: operator, act, user, session, and how many sessions ended.
async fn acts(store: &Arc<dyn Store>) -> Vec<String> {
    let mut acts = store.operator_acts(None, 100).await.expect("the acts");
    acts.reverse();
    acts.iter().map(words).collect()
}

fn words(act: &OperatorAct) -> String {
    let mut words = vec![act.operator.clone(), act.act.clone()];
    words.extend(act.user_id.as_ref().map(ToString::to_string));
    words.extend(act.session_id.as_ref().map(ToString::to_string));
    words.push(act.ended.to_string());
    words.join(" ")
}

async fn disable(store: &Arc<dyn Store>, user: &NewUser, now: Timestamp) -> Vec<Ended> {
    store.disable_user(&operator(), &user.user.id, now).await.expect("an answer").expect("a user")
}

async fn enable(store: &Arc<dyn Store>, user: &NewUser, now: Timestamp) {
    assert!(store.enable_user(&operator(), &user.user.id, now).await.expect("an answer"));
}

async fn is_disabled(store: &Arc<dyn Store>, user: &NewUser) -> bool {
    store.password_of(&user.user.email).await.expect("an answer").expect("an account").is_disabled
}

/// A second attempt, and one on an unknown session, end nothing but are recorded as acts.
pub async fn operator_ends_a_session_of_any_user(store: Arc<dyn Store>) {
    let (ada, _) = signed_in(&store, "ada", &["one", "two"]).await;
    let later = NOW.plus(Duration::from_secs(1));
    let ended = store.end_by_operator(&operator(), &session_id("one"), later).await.expect("an answer");
    let expected = Ended { id: session_id("one"), user_id: ada.user.id.clone(), reason: REASON };
    assert_eq!(ended, Some(expected));
    let end = find(&store, "one").await.end.expect("it has ended");
    assert_eq!((end.reason, end.at, end.by), (REASON, later, None));
    for name in ["one", "unknown"] {
        let again = store.end_by_operator(&operator(), &session_id(name), later).await;
        assert_eq!(again.expect("an answer"), None, "{name}");
    }
    assert_eq!(live(&store, &ada, later).await, ["two"]);
    assert_eq!(
        acts(&store).await,
        [
            "cli:test revoke user-ada session-one 1",
            "cli:test revoke session-one 0",
            "cli:test revoke session-unknown 0",
        ]
    );
}

/// Each has its operator and its time.
pub async fn operator_acts_are_read_in_pages_latest_first(store: Arc<dyn Store>) {
    let (ada, _) = signed_in(&store, "ada", &["one", "two"]).await;
    let other = Operator::new("token:1a2b3c4d");
    store.end_of_user(&operator(), &ada.user.id, NOW).await.expect("an answer");
    store.end_of_user(&other, &user("nobody").user.id, NOW).await.expect("an answer");
    disable(&store, &ada, NOW).await;
    enable(&store, &ada, NOW).await;
    let later = NOW.plus(Duration::from_secs(1));
    let everybody = NewOperatorAct::new(&other, OperatorActKind::RevokeEverybody, later);
    store.record_act(&NewOperatorAct { ended: 7, ..everybody }).await.expect("it is kept");
    assert_eq!(
        acts(&store).await,
        [
            "cli:test revoke_user user-ada 2",
            "token:1a2b3c4d revoke_user user-nobody 0",
            "cli:test disable user-ada 0",
            "cli:test enable user-ada 0",
            "token:1a2b3c4d revoke_everybody 7",
        ]
    );
    let all = store.operator_acts(None, 100).await.expect("the acts");
    assert_eq!((all[0].at, all[1].at), (later, NOW));
    let mut before = None;
    let mut paged = Vec::new();
    for expected in [2, 2, 1, 0] {
        let page = store.operator_acts(before, 2).await.expect("the acts");
        assert_eq!(page.len(), expected);
        before = page.last().map(|last| last.seq).or(before);
        paged.extend(page);
    }
    assert_eq!(paged, all);
}

/// They contain only the id of an erased user. Erasing an unknown user is not recorded.
pub async fn operator_acts_outlive_their_users_and_are_deleted_after_their_retention(store: Arc<dyn Store>) {
    let (ada, _) = signed_in(&store, "ada", &["one"]).await;
    store.end_of_user(&operator(), &ada.user.id, NOW).await.expect("an answer");
    let later = NOW.plus(Duration::from_secs(1));
    let erased = store.forget_user(&operator(), &ada.user.id, later).await.expect("an answer");
    assert_eq!(erased, Some(vec![]));
    assert_eq!(store.forget_user(&operator(), &ada.user.id, later).await.expect("an answer"), None);
    let nobody = user("nobody").user.id;
    assert_eq!(store.disable_user(&operator(), &nobody, later).await.expect("an answer"), None);
    assert!(!store.enable_user(&operator(), &nobody, later).await.expect("an answer"));
    assert_eq!(acts(&store).await, ["cli:test revoke_user user-ada 1", "cli:test forget user-ada 0"]);
    assert_eq!(store.forget_acts(NOW.minus(HOUR), 10).await.expect("a sweep"), 0);
    assert_eq!(store.forget_acts(later, 1).await.expect("a sweep"), 1);
    assert_eq!(acts(&store).await.len(), 1);
    assert_eq!(store.forget_acts(later, 10).await.expect("a sweep"), 1);
    assert!(acts(&store).await.is_empty());
}

/// Other users are not affected. Repeated calls add no history entry.
pub async fn disabled_user_is_signed_out_and_cannot_sign_in_until_enabled(store: Arc<dyn Store>) {
    let (ada, _) = signed_in(&store, "ada", &["one", "two"]).await;
    let (grace, _) = signed_in(&store, "grace", &["g1"]).await;
    let later = NOW.plus(Duration::from_secs(1));
    assert_eq!(names(&disable(&store, &ada, later).await, REASON), ["one", "two"]);
    assert!(disable(&store, &ada, later).await.is_empty());
    assert!(is_disabled(&store, &ada).await && !is_disabled(&store, &grace).await);
    let end = find(&store, "one").await.end.expect("it has ended");
    assert_eq!((end.reason, end.at, end.by), (REASON, later, None));
    for limit in [proving(&store, &ada).await, limit(5, &[]), limit(5, &["g1"])] {
        let refused = open(&store, None, &session_at(&ada, "new", later), &limit).await;
        assert!(matches!(refused, Err(ChangeError::UserDisabled)), "{refused:?}");
    }
    assert!(live(&store, &ada, later).await.is_empty());
    assert_eq!(live(&store, &grace, later).await, ["g1"]);
    let known = store.find_user(&ada.user.id).await.expect("an answer");
    assert_eq!(known.as_ref(), Some(&ada.user), "as it was");

    for _ in 0..2 {
        enable(&store, &ada, later).await;
    }
    assert!(!is_disabled(&store, &ada).await);
    assert!(live(&store, &ada, later).await.is_empty(), "nothing lives again");
    open(&store, None, &session_at(&ada, "new", later), &proving(&store, &ada).await)
        .await
        .expect("a sign-in");
    assert_eq!(live(&store, &ada, later).await, ["new"]);

    let kinds = &[HistoryKind::Disabled, HistoryKind::Enabled];
    let query = HistoryQuery { session: None, kinds, before: None, limit: 10 };
    let history = store.history(&ada.user.id, query).await.expect("a history");
    let told: Vec<_> = history.iter().map(|entry| (entry.kind, entry.at)).collect();
    assert_eq!(told, [(Some(HistoryKind::Enabled), later), (Some(HistoryKind::Disabled), later)]);
    assert!(history.iter().all(|entry| entry.session_id.is_none() && entry.by.is_none()));
    assert!(store.history(&grace.user.id, query).await.expect("a history").is_empty());
}

/// Links from before work again once the user is enabled, unless they have expired.
pub async fn links_and_mails_of_a_disabled_user_do_nothing(store: Arc<dyn Store>) {
    let (ada, _) = signed_in(&store, "ada", &["one"]).await;
    let email = &ada.user.email;
    for (number, purpose) in [(1, Purpose::ResetPassword), (2, Purpose::NotMe)] {
        store.put_token(&token(&ada, number, purpose, NOW.minus(HOUR / 4))).await.expect("it is stored");
    }
    assert!(store.request_reset(email, None, NOW).await.expect("an answer"));
    disable(&store, &ada, NOW).await;
    assert!(claim(&store, NOW).await.is_empty(), "what waited is not sent");
    assert!(!store.request_reset(email, None, NOW).await.expect("an answer"));
    let found = store.find_token(&hash(1), Purpose::ResetPassword, NOW).await.expect("an answer");
    assert!(found.is_none());
    assert!(reset_password(&store, &hash(1), "new", true, NOW).await.expect("an answer").is_none());
    let reported = report_by_mail(&store, &hash(2), &hash(3), NOW.plus(HOUR), NOW).await;
    assert!(reported.expect("an answer").is_none());

    enable(&store, &ada, NOW).await;
    assert!(store.request_reset(email, None, NOW).await.expect("an answer"));
    assert_eq!(kinds(&store, NOW).await, [MailKind::PasswordReset]);
    let reset = reset_password(&store, &hash(1), "new", false, NOW).await.expect("an answer");
    assert!(reset.is_some(), "it was not used up");
}

/// Neither recent revocations nor the sessions that the operator ended.
pub async fn revocations_of_a_disabled_user_cannot_be_undone(store: Arc<dyn Store>) {
    let (ada, sessions) = signed_in(&store, "ada", &["one", "two", "three"]).await;
    let revoked = store.end_by_id(actor(&sessions[0]), &session_id("two"), EndedReason::Revoked, NOW).await;
    assert!(revoked.expect("an answer").is_some());
    disable(&store, &ada, NOW).await;
    let later = NOW.plus(Duration::from_secs(1));
    for is_enabled in [false, true] {
        if is_enabled {
            enable(&store, &ada, later).await;
            open(&store, None, &session_at(&ada, "new", later), &limit(5, &[])).await.expect("a sign-in");
        }
        for by in [&sessions[0], &session_at(&ada, "new", later)] {
            for id in ["one", "two", "three"].map(session_id) {
                let ended_after = NOW.minus(Duration::from_secs(5));
                let undo = Undo { actor: actor(by), id: &id, ended_after, maximum: 5 };
                assert!(!store.undo_revoke(undo, later).await.expect("an answer"), "{id:?}");
            }
        }
    }
    assert_eq!(live(&store, &ada, later).await, ["new"]);
}

/// In either order, it is refused or ended with the others.
pub async fn sign_in_while_the_user_is_disabled_leaves_no_session(store: Arc<dyn Store>) {
    for round in 0..ROUNDS {
        let (ada, _) = signed_in(&store, &format!("u{round}"), &[&format!("s{round}")]).await;
        let signing_in = {
            let (store, new) = (Arc::clone(&store), session(&ada, &format!("t{round}")));
            let proving = proving(&store, &ada).await;
            tokio::spawn(async move { open(&store, None, &new, &proving).await })
        };
        let ended = disable(&store, &ada, NOW).await;
        match signing_in.await.expect("no panic") {
            Ok(_) => assert_eq!(ended.len(), 2, "round {round}"),
            Err(error) => assert!(matches!(error, ChangeError::UserDisabled), "{error}"),
        }
        assert!(live(&store, &ada, NOW).await.is_empty(), "round {round}");
    }
}

/// In either order, its new session has ended or never began.
pub async fn password_change_while_the_user_is_disabled_leaves_no_session(store: Arc<dyn Store>) {
    for round in 0..ROUNDS {
        let (ada, sessions) = signed_in(&store, &format!("u{round}"), &[&format!("s{round}")]).await;
        let changing = {
            let (store, by, from) = (Arc::clone(&store), sessions[0].clone(), ada.password_hash.clone());
            let new = session(&ada, &format!("t{round}"));
            tokio::spawn(async move {
                change_password(&store, actor(&by), &from, "other", NextSession::New(&new), false, NOW).await
            })
        };
        let ended = disable(&store, &ada, NOW).await;
        changing.await.expect("no panic").expect("an answer");
        assert_eq!(ended.len(), 1, "round {round}: one was live, the old one or the new one");
        assert!(live(&store, &ada, NOW).await.is_empty(), "round {round}");
    }
}
