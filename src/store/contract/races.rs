//! Simultaneous calls.

use std::time::Duration;

use super::*;
use crate::{Accounts, Browser, Client, Presented, Sessions, SignIn, SignUp, Target, Undo};

/// How often a race is repeated, because either side may win.
const ROUNDS: usize = 20;
const REVOKED: EndedReason = EndedReason::Revoked;

async fn open_at_once(
    store: &Arc<dyn Store>,
    sessions: Vec<(Option<NewUser>, NewSession)>,
    limit: Limit,
) -> Vec<Result<Vec<Ended>, ChangeError>> {
    let opening: Vec<_> = sessions
        .into_iter()
        .map(|(user, new)| {
            let (store, limit) = (Arc::clone(store), limit.clone());
            tokio::spawn(async move { open(&store, user.as_ref(), &new, &limit).await })
        })
        .collect();
    let mut outcomes = Vec::new();
    for opening in opening {
        outcomes.push(opening.await.expect("no panic"));
    }
    outcomes
}

/// At no moment. Every sign-in succeeds, and each evicted session ends once.
pub async fn sixty_four_simultaneous_sign_ins_never_exceed_the_maximum(store: Arc<dyn Store>) {
    let (ada, _) = signed_in(&store, "ada", &["first"]).await;
    let sessions = (0..64).map(|number| (None, session(&ada, &format!("s{number}")))).collect();
    let seen = {
        let (store, user) = (Arc::clone(&store), ada.user.id.clone());
        tokio::spawn(async move {
            let mut most = 0;
            // 65 were stored, and all but five have ended.
            loop {
                let live = store.live_of_user(&user, NOW).await.expect("a list");
                most = most.max(live.len());
                if store.find(&[&session_id("last")]).await.expect("an answer").len() == 1 {
                    return most;
                }
            }
        })
    };
    let outcomes = open_at_once(&store, sessions, limit(5, &[])).await;
    let mut ended = Vec::new();
    for outcome in outcomes {
        ended.extend(names(&outcome.expect("a sign-in"), EndedReason::Evicted));
    }
    ended.sort();
    let all = ended.len();
    ended.dedup();
    assert_eq!((all, ended.len()), (60, 60));
    assert_eq!(live(&store, &ada, NOW).await.len(), 5);
    open(&store, None, &session(&ada, "last"), &limit(5, &[])).await.expect("a sign-in");
    assert!(seen.await.expect("no panic") <= 5);
}

/// The others are refused.
pub async fn without_eviction_exactly_the_maximum_of_simultaneous_sign_ins_succeeds(store: Arc<dyn Store>) {
    let (ada, _) = signed_in(&store, "ada", &["first"]).await;
    let sessions = (0..64).map(|number| (None, session(&ada, &format!("s{number}")))).collect();
    let outcomes = open_at_once(&store, sessions, refusing(5, &[])).await;
    let (opened, refused): (Vec<_>, Vec<_>) = outcomes.into_iter().partition(Result::is_ok);
    assert_eq!(opened.len(), 4);
    refused.into_iter().for_each(assert_limit_reached);
    assert_eq!(live(&store, &ada, NOW).await.len(), 5);
}

/// The other one is no longer live and cannot act.
pub async fn one_of_two_sessions_that_end_each_other_wins(store: Arc<dyn Store>) {
    for round in 0..ROUNDS {
        let names = [format!("a{round}"), format!("b{round}")];
        let (user, pair) = signed_in(&store, &format!("u{round}"), &[&names[0], &names[1]]).await;
        let end = |by: usize, other: usize, all: bool| {
            let (store, by, other) = (Arc::clone(&store), pair[by].clone(), pair[other].clone());
            tokio::spawn(async move {
                let by = actor(&by);
                if all {
                    store.end_all(by, false, REVOKED, NOW).await.expect("an answer").is_some()
                } else {
                    store.end_by_id(by, &other.session.id, REVOKED, NOW).await.expect("an answer").is_some()
                }
            })
        };
        let (one, other) = (end(0, 1, round % 2 == 0), end(1, 0, round % 4 < 2));
        let won = [one.await.expect("no panic"), other.await.expect("no panic")];
        assert_ne!(won[0], won[1], "round {round}");
        let winner = usize::from(won[1]);
        assert_eq!(live(&store, &user, NOW).await, [names[winner].as_str()]);
    }
}

/// In either order.
pub async fn session_ended_while_it_is_extended_stays_ended(store: Arc<dyn Store>) {
    let (ada, sessions) = signed_in(&store, "ada", &["first"]).await;
    for round in 0..ROUNDS {
        let new = session(&ada, &format!("s{round}"));
        open(&store, None, &new, &limit(1_000, &[])).await.expect("a sign-in");
        let extending = {
            let (store, new) = (Arc::clone(&store), new.clone());
            let (from, to) = (new.session.expires_at, new.session.expires_at.plus(HOUR));
            tokio::spawn(async move { store.extend(actor(&new), from, to, NOW).await })
        };
        let ended = store.end_by_id(actor(&sessions[0]), &new.session.id, REVOKED, NOW).await;
        assert!(ended.expect("an answer").is_some(), "extended or not, it was live");
        extending.await.expect("no panic").expect("an answer");
        assert_eq!(live(&store, &ada, NOW).await, ["first"]);
        assert!(store.live_by_handles(&[&new.session.handle], NOW).await.expect("an answer").is_empty());
    }
}

/// In either order. Neither credential opens it.
pub async fn session_ended_while_it_is_reauthenticated_stays_ended(store: Arc<dyn Store>) {
    let (ada, sessions) = signed_in(&store, "ada", &["first"]).await;
    for round in 0..ROUNDS {
        let new = session(&ada, &format!("s{round}"));
        open(&store, None, &new, &limit(1_000, &[])).await.expect("a sign-in");
        let renewal = renewal(&format!("r{round}"), NOW);
        let renewing = {
            let (store, new, renewal) = (Arc::clone(&store), new.clone(), renewal.clone());
            tokio::spawn(async move { store.prove(actor(&new), &renewal, None, NOW).await })
        };
        let ended = if round % 2 == 0 {
            store.end_by_id(actor(&sessions[0]), &new.session.id, REVOKED, NOW).await.expect("an answer")
        } else {
            store
                .end_all(actor(&sessions[0]), false, REVOKED, NOW)
                .await
                .expect("an answer")
                .expect("live")
                .pop()
        };
        assert_eq!(ended.expect("renewed or not, it was live").id, new.session.id);
        renewing.await.expect("no panic").expect("an answer");
        let handles = [&new.session.handle, &renewal.handle];
        assert!(store.live_by_handles(&handles, NOW).await.expect("an answer").is_empty());
        assert_eq!(live(&store, &ada, NOW).await, ["first"]);
        let again = store.prove(actor(&new), &renewal, None, NOW).await;
        assert!(!again.expect("an answer"), "round {round}: it lives again");
    }
}

/// In either order. Neither credential opens it, and the password change is complete or not made.
pub async fn session_ended_while_its_password_is_changed_stays_ended(store: Arc<dyn Store>) {
    let (ada, sessions) = signed_in(&store, "ada", &["first"]).await;
    let mut hash = ada.password_hash.clone();
    for round in 0..ROUNDS {
        let new = session(&ada, &format!("s{round}"));
        open(&store, None, &new, &limit(1_000, &[])).await.expect("a sign-in");
        let (renewal, to) = (renewal(&format!("r{round}"), NOW), format!("changed in round {round}"));
        let changing = {
            let (store, new, renewal) = (Arc::clone(&store), new.clone(), renewal.clone());
            let (from, to) = (hash.clone(), to.clone());
            tokio::spawn(async move {
                let next = NextSession::Renewed(&renewal);
                change_password(&store, actor(&new), &from, &to, next, false, NOW).await
            })
        };
        let ended = store.end_by_id(actor(&sessions[0]), &new.session.id, REVOKED, NOW).await;
        assert!(ended.expect("an answer").is_some(), "renewed or not, it was live");
        let changed = changing.await.expect("no panic").expect("an answer").is_some();
        let handles = [&new.session.handle, &renewal.handle];
        assert!(store.live_by_handles(&handles, NOW).await.expect("an answer").is_empty());
        assert_eq!(live(&store, &ada, NOW).await, ["first"]);
        if changed {
            hash = to;
        }
        let known = store.password_of("ada@example.org").await.expect("an answer").expect("an account");
        assert_eq!(known.password_hash.as_ref(), Some(&hash), "round {round}: changed: {changed}");
        let next = NextSession::Renewed(&renewal);
        let again = change_password(&store, actor(&new), &hash, "too late", next, false, NOW).await;
        assert!(again.expect("an answer").is_none(), "round {round}: it lives again");
    }
}

/// The extension is based on the old expiry.
pub async fn session_extended_while_it_is_reauthenticated_keeps_its_new_expiry(store: Arc<dyn Store>) {
    let (_, sessions) = signed_in(&store, "ada", &["one"]).await;
    let by = &sessions[0];
    let mut from = by.session.expires_at;
    for round in 0..ROUNDS {
        let now = NOW.plus(Duration::from_millis(round as u64));
        let extending = {
            let (store, of, to) = (Arc::clone(&store), by.clone(), now.plus(HOUR));
            tokio::spawn(async move { store.extend(actor(&of), from, to, now).await })
        };
        let renewal = renewal(&format!("r{round}"), now);
        assert!(store.prove(actor(by), &renewal, None, now).await.expect("an answer"));
        extending.await.expect("no panic").expect("an answer");
        let stored = find(&store, "one").await.stored;
        assert_eq!(stored.session.expires_at, renewal.expires_at, "round {round}");
        assert_eq!(stored.authenticated_at, now);
        from = renewal.expires_at;
    }
}

/// The other one and the old one open nothing.
pub async fn one_credential_of_two_simultaneous_reauthentications_is_current(store: Arc<dyn Store>) {
    let (ada, sessions) = signed_in(&store, "ada", &["one"]).await;
    let mut before = sessions[0].session.handle.clone();
    for round in 0..ROUNDS {
        let handles = [format!("a{round}"), format!("b{round}")];
        let renew = |name: &str| {
            let (store, by, renewal) = (Arc::clone(&store), sessions[0].clone(), renewal(name, NOW));
            tokio::spawn(async move { store.prove(actor(&by), &renewal, None, NOW).await })
        };
        let (one, other) = (renew(&handles[0]), renew(&handles[1]));
        assert!(one.await.expect("no panic").expect("an answer"));
        assert!(other.await.expect("no panic").expect("an answer"));
        let [one, other] = handles.map(|name| handle(&name));
        let live = store.live_by_handles(&[&before, &one, &other], NOW).await.expect("an answer");
        assert_eq!(live.len(), 1, "round {round}");
        assert_eq!(live[0].session.id, session_id("one"));
        assert_ne!(live[0].session.handle, before);
        before = live[0].session.handle.clone();
    }
    assert_eq!(self::live(&store, &ada, NOW).await, ["one"]);
}

/// A session that the revocation does not list began after it.
pub async fn sign_in_during_a_revocation_of_all_is_live_or_ended_by_it(store: Arc<dyn Store>) {
    let (ada, sessions) = signed_in(&store, "ada", &["first"]).await;
    for round in 0..ROUNDS {
        let new = session(&ada, &format!("s{round}"));
        let opening = {
            let (store, new) = (Arc::clone(&store), new.clone());
            tokio::spawn(async move { open(&store, None, &new, &limit(5, &[])).await })
        };
        let ended = store.end_all(actor(&sessions[0]), false, REVOKED, NOW).await;
        let ended = names(&ended.expect("an answer").expect("the actor is live"), REVOKED);
        opening.await.expect("no panic").expect("a sign-in");
        let new = name(&new.session.id);
        let live = live(&store, &ada, NOW).await;
        assert_ne!(live.contains(&new), ended.contains(&new), "round {round}");
        assert!(live.contains(&"first".to_owned()));
    }
}

/// In either order. Afterwards no revocation can be undone.
pub async fn undo_during_a_revocation_of_the_others_does_not_survive_it(store: Arc<dyn Store>) {
    let (ada, sessions) = signed_in(&store, "ada", &["first"]).await;
    for round in 0..ROUNDS {
        let revoked = session(&ada, &format!("r{round}"));
        let other = session(&ada, &format!("s{round}"));
        for new in [&revoked, &other] {
            open(&store, None, new, &limit(5, &[])).await.expect("a sign-in");
        }
        let ended = store.end_by_id(actor(&sessions[0]), &revoked.session.id, REVOKED, NOW).await;
        ended.expect("an answer").expect("it was live");
        let undo = |of: &NewSession| {
            let (store, by, of) = (Arc::clone(&store), sessions[0].clone(), of.session.id.clone());
            tokio::spawn(async move {
                let ended_after = NOW.minus(Duration::from_secs(5));
                let undo = Undo { actor: actor(&by), id: &of, ended_after, maximum: 5 };
                store.undo_revoke(undo, NOW).await.expect("an answer")
            })
        };
        let undoing = undo(&revoked);
        let ended = store.end_all(actor(&sessions[0]), false, REVOKED, NOW).await;
        let ended = names(&ended.expect("an answer").expect("the actor is live"), REVOKED);
        let is_undone = undoing.await.expect("no panic");
        assert_eq!(ended.contains(&name(&revoked.session.id)), is_undone, "round {round}: it ended twice");
        assert!(ended.contains(&name(&other.session.id)), "round {round}");
        assert_eq!(live(&store, &ada, NOW).await, ["first"], "round {round}");
        for of in [&revoked, &other] {
            assert!(!undo(of).await.expect("no panic"), "round {round}: it lives again");
        }
    }
}

/// Both succeed, and one of them reports the replaced session.
pub async fn two_simultaneous_sign_ins_in_one_browser_replace_its_session_once(store: Arc<dyn Store>) {
    let (ada, _) = signed_in(&store, "ada", &["held0"]).await;
    for round in 0..ROUNDS {
        let held = format!("held{round}");
        let pair =
            [format!("held{}", round + 1), format!("b{round}")].map(|name| (None, session(&ada, &name)));
        let outcomes = open_at_once(&store, pair.to_vec(), limit(1_000, &[&held])).await;
        let mut replaced = Vec::new();
        for outcome in outcomes {
            replaced.extend(names(&outcome.expect("a sign-in"), EndedReason::Replaced));
        }
        assert_eq!(replaced, [held]);
    }
}

/// There is no deadlock.
pub async fn simultaneous_account_changes_in_one_browser_cause_no_error(store: Arc<dyn Store>) {
    let (ada, _) = signed_in(&store, "ada", &["a0"]).await;
    let (grace, _) = signed_in(&store, "grace", &["g0"]).await;
    for round in 0..ROUNDS {
        let held = [format!("a{round}"), format!("g{round}")];
        let held = [held[0].as_str(), held[1].as_str()];
        let next = round + 1;
        let pair = vec![
            (None, session(&ada, &format!("a{next}"))),
            (None, session(&grace, &format!("g{next}"))),
            (
                Some(user(&format!("new{round}"))),
                session(&user(&format!("new{round}")), &format!("n{round}")),
            ),
        ];
        let leaving = {
            let (store, ids) = (Arc::clone(&store), held.map(session_id));
            tokio::spawn(async move { store.end_held(&[&ids[1], &ids[0]], None, REVOKED, NOW).await })
        };
        for outcome in open_at_once(&store, pair, limit(4, &held)).await {
            outcome.expect("a sign-in");
        }
        leaving.await.expect("no panic").expect("an answer");
        assert_eq!(live(&store, &ada, NOW).await, [format!("a{next}")]);
        assert_eq!(live(&store, &grace, NOW).await, [format!("g{next}")]);
    }
}

/// The others are refused because the email is taken.
pub async fn one_of_simultaneous_sign_ups_with_one_email_succeeds(store: Arc<dyn Store>) {
    let sign_ups = (0..16).map(|number| {
        let mut new = user(&format!("u{number}"));
        new.user.email = "ada@example.org".to_owned();
        let session = session(&new, &format!("s{number}"));
        (Some(new), session)
    });
    let outcomes = open_at_once(&store, sign_ups.collect(), limit(5, &[])).await;
    let (opened, refused): (Vec<_>, Vec<_>) = outcomes.into_iter().partition(Result::is_ok);
    assert_eq!(opened.len(), 1);
    refused.into_iter().for_each(assert_email_taken);
}

/// The other one knows only the old password, and its session keeps its credential.
pub async fn one_of_two_simultaneous_password_changes_succeeds(store: Arc<dyn Store>) {
    let (ada, sessions) = signed_in(&store, "ada", &["one", "two"]).await;
    let mut from = ada.password_hash.clone();
    for round in 0..ROUNDS {
        let changing: Vec<_> = sessions
            .iter()
            .enumerate()
            .map(|(number, by)| {
                let (store, by, from) = (Arc::clone(&store), by.clone(), from.clone());
                let to = format!("{number} in round {round}");
                let renewal = renewal(&format!("r{number}x{round}"), NOW);
                tokio::spawn(async move {
                    let next = NextSession::Renewed(&renewal);
                    let changed = change_password(&store, actor(&by), &from, &to, next, false, NOW).await;
                    changed.expect("an answer").map(|_| (to, renewal.handle))
                })
            })
            .collect();
        let mut changed = Vec::new();
        for changing in changing {
            changed.extend(changing.await.expect("no panic"));
        }
        assert_eq!(changed.len(), 1, "{changed:?}");
        let known = store.password_of("ada@example.org").await.expect("an answer").expect("an account");
        let (to, won) = changed.remove(0);
        assert_eq!(known.password_hash.as_ref(), Some(&to));
        let both = [0, 1].map(|number| handle(&format!("r{number}x{round}")));
        let live = store.live_by_handles(&both.each_ref(), NOW).await.expect("an answer");
        assert_eq!(live.iter().map(|stored| &stored.session.handle).collect::<Vec<_>>(), [&won]);
        from = to;
    }
}

/// There is no deadlock.
pub async fn activity_is_written_while_sessions_end(store: Arc<dyn Store>) {
    let names: Vec<String> = (0..40).map(|number| format!("s{number}")).collect();
    let sessions: Vec<&str> = names.iter().map(String::as_str).collect();
    let (ada, opened) = signed_in(&store, "ada", &sessions).await;
    let touching: Vec<_> = (0..4)
        .map(|number| {
            let (store, names) = (Arc::clone(&store), names.clone());
            tokio::spawn(async move {
                for round in 0..5_u64 {
                    let at = NOW.plus(Duration::from_millis(round));
                    let mut batch: Vec<_> = names.iter().map(|name| touch(name, at)).collect();
                    if number % 2 == 0 {
                        batch.reverse();
                    }
                    store.touch(&batch).await.expect("a write");
                }
            })
        })
        .collect();
    for new in &opened[1..20] {
        let ended = store.end_by_id(actor(&opened[0]), &new.session.id, REVOKED, NOW).await;
        assert!(ended.expect("an answer").is_some());
    }
    let ended = store.end_all(actor(&opened[0]), false, REVOKED, NOW).await.expect("an answer");
    assert_eq!(ended.expect("the actor is live").len(), 20);
    for touching in touching {
        touching.await.expect("every write succeeds");
    }
    assert_eq!(live(&store, &ada, NOW).await, ["s0"]);
    assert_eq!(find(&store, "s0").await.stored.last_active_at, NOW.plus(Duration::from_millis(4)));
}

/// As on two nodes.
pub async fn two_simultaneous_sweeps_sweep_each_session_once(store: Arc<dyn Store>) {
    let names: Vec<String> = (0..30).map(|number| format!("s{number}")).collect();
    let sessions: Vec<&str> = names.iter().map(String::as_str).collect();
    signed_in(&store, "ada", &sessions).await;
    let later = NOW.plus(HOUR);
    let sweep = |before: Timestamp| {
        let store = Arc::clone(&store);
        tokio::spawn(async move {
            let mut sum = (0, 0);
            loop {
                let (expired, deleted) = store.sweep(later, before, 4).await.expect("a sweep");
                if expired + deleted == 0 {
                    return sum;
                }
                sum = (sum.0 + expired, sum.1 + deleted);
            }
        })
    };
    for (before, expected) in [(Timestamp::default(), (30, 0)), (later, (0, 30))] {
        let (one, other) = (sweep(before), sweep(before));
        let (one, other) = (one.await.expect("no panic"), other.await.expect("no panic"));
        assert_eq!((one.0 + other.0, one.1 + other.1), expected);
    }
}

/// Whatever the switch answered, the next request finds that the session has ended.
pub async fn session_ended_while_it_becomes_active_is_not_used(store: Arc<dyn Store>) {
    let sessions = Sessions::new(Arc::clone(&store), crate::Options::default());
    let accounts = Accounts::builder(sessions.clone()).weak_hashes().build();
    let client = Client::default();
    let sign_up = |name: &str| SignUp {
        name: name.to_owned(),
        email: format!("{name}@example.org"),
        password: "correct horse".to_owned(),
        image: None,
        remember: true,
        shared_computer: false,
    };
    let elsewhere = accounts.sign_up(&Browser::default(), &client, sign_up("ada")).await.expect("a sign-up");
    for round in 0..3 {
        let form = SignIn {
            email: "ada@example.org".to_owned(),
            password: "correct horse".to_owned(),
            remember: true,
            shared_computer: false,
        };
        let shared = accounts.sign_in(&Browser::default(), &client, form).await.expect("a sign-in");
        let ada = Target::Id(shared.active().expect("ada").session.id.clone());
        let shared =
            accounts.sign_up(&shared, &client, sign_up(&format!("grace{round}"))).await.expect("both");
        let switching = {
            let (sessions, shared, ada) = (sessions.clone(), shared.clone(), ada.clone());
            tokio::spawn(async move { sessions.set_active(&shared, &Client::default(), &ada).await })
        };
        sessions.revoke(&elsewhere, &ada).await.expect("a revocation");
        let switched = switching.await.expect("no panic").expect("the browser held it");
        let next = sessions.current(&Presented::of(&switched), &Client::default()).await.expect("an answer");
        assert!(next.active().is_none(), "round {round}: somebody acts as an ended session");
        assert_eq!(next.held().len(), 1);
    }
}
