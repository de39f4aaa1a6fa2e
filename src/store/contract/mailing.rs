//! The mail queue, and mailed links.

use std::time::Duration;

use super::*;
use crate::{DueMail, MailKind, Purpose, StoredToken};

const MINUTE: Duration = Duration::from_secs(60);
const LEASE: Duration = Duration::from_secs(5 * 60);
const RESET: Purpose = Purpose::ResetPassword;

pub(super) fn hash(number: u8) -> SecretHash {
    SecretHash::from_bytes(&[number; 32]).expect("32 bytes")
}

/// A token that is valid for half an hour from `now`.
pub(super) fn token(user: &NewUser, number: u8, purpose: Purpose, now: Timestamp) -> StoredToken {
    StoredToken {
        hash: hash(number),
        user_id: user.user.id.clone(),
        purpose,
        session_id: None,
        redirect_to: None,
        created_at: now,
        expires_at: now.plus(30 * MINUTE),
    }
}

pub(super) async fn claim(store: &Arc<dyn Store>, now: Timestamp) -> Vec<DueMail> {
    store.claim_mails(now, now.plus(LEASE), 10).await.expect("an answer")
}

/// The kinds of the mails that are due.
pub(super) async fn kinds(store: &Arc<dyn Store>, now: Timestamp) -> Vec<MailKind> {
    claim(store, now).await.into_iter().map(|mail| mail.kind).collect()
}

async fn request(store: &Arc<dyn Store>, name: &str, now: Timestamp) -> bool {
    let email = format!("{name}@example.org");
    store.request_reset(&email, None, now).await.expect("an answer")
}

/// With its user and the address that the link leads to.
pub async fn reset_mail_is_queued_only_for_a_known_email(store: Arc<dyn Store>) {
    let (ada, _) = signed_in(&store, "ada", &["one"]).await;
    assert!(!request(&store, "nobody", NOW).await);
    assert!(store.request_reset("ada@example.org", Some("/reset"), NOW).await.expect("an answer"));
    let mails = claim(&store, NOW).await;
    assert_eq!(mails.len(), 1);
    assert_eq!((&mails[0].user, mails[0].kind), (&ada.user, MailKind::PasswordReset));
    assert_eq!((mails[0].redirect_to.as_deref(), &mails[0].session_id), (Some("/reset"), &None));
    assert_eq!((mails[0].created_at, mails[0].attempts), (NOW, 1));
    assert_eq!(store.waiting_mails().await.expect("an answer"), 1, "until it is sent");
    store.drop_mail(mails[0].seq).await.expect("it is sent");
    assert_eq!(store.waiting_mails().await.expect("an answer"), 0);
}

/// However often a reset is requested.
pub async fn mailbox_gets_one_reset_a_minute_and_five_an_hour(store: Arc<dyn Store>) {
    let (ada, _) = signed_in(&store, "ada", &["one"]).await;
    signed_in(&store, "grace", &["g1"]).await;
    let mut now = NOW;
    for number in 0..5 {
        assert!(request(&store, "ada", now).await, "{number}");
        assert!(!request(&store, "ada", now).await, "one waits already");
        let mail = claim(&store, now).await.pop().expect("it is due");
        store.put_token(&token(&ada, number, RESET, now)).await.expect("it is stored");
        store.drop_mail(mail.seq).await.expect("it is sent");
        assert!(!request(&store, "ada", now.plus(MINUTE / 2)).await, "half a minute later");
        now = now.plus(MINUTE);
    }
    assert!(!request(&store, "ada", now).await, "five in the last hour");
    assert!(request(&store, "grace", now).await, "another user is as before");
    assert!(request(&store, "ada", NOW.plus(HOUR)).await, "an hour after the first");
}

/// Whatever strangers request in the owner's name, the owner has a link that works for another quarter of an
/// hour, and that leads to the requested page or to our own.
pub async fn strangers_who_ask_for_resets_leave_the_owner_a_usable_link(store: Arc<dyn Store>) {
    let (ada, _) = signed_in(&store, "ada", &["one"]).await;
    let mut links: Vec<(Option<String>, Timestamp)> = Vec::new();
    for minute in 0..180_u32 {
        let now = NOW.plus(minute * MINUTE);
        let nowhere: Vec<_> = (0..3).map(|number| format!("/nowhere/{minute}/{number}")).collect();
        let asked = nowhere.iter().map(|to| Some(to.as_str())).chain([Some("/front-end/reset")]);
        for to in asked.chain((minute % 2 == 0).then_some(None)) {
            store.request_reset("ada@example.org", to, now).await.expect("an answer");
            for mail in claim(&store, now).await {
                links.push((mail.redirect_to.clone(), now));
                let number = u8::try_from(links.len()).expect("few links");
                let sent = StoredToken { redirect_to: mail.redirect_to, ..token(&ada, number, RESET, now) };
                store.put_token(&sent).await.expect("it is stored");
                store.drop_mail(mail.seq).await.expect("it is sent");
            }
        }
        let is_usable = |(to, at): &(Option<String>, Timestamp)| {
            to.as_deref().is_none_or(|to| to == "/front-end/reset") && now.since(*at) <= 15 * MINUTE
        };
        assert!(links.iter().any(is_usable), "minute {minute}: {links:?}");
        let in_hour = links.iter().filter(|(_, at)| now.since(*at) < HOUR).count();
        assert!(in_hour <= 9, "minute {minute}: {in_hour} links in an hour");
    }
}

/// Ten requests at once queue one mail.
pub async fn one_of_simultaneous_reset_requests_is_queued(store: Arc<dyn Store>) {
    signed_in(&store, "ada", &["one"]).await;
    let requests: Vec<_> = (0..10)
        .map(|_| {
            let store = Arc::clone(&store);
            tokio::spawn(async move { request(&store, "ada", NOW).await })
        })
        .collect();
    let mut put_out = 0;
    for request in requests {
        put_out += u32::from(request.await.expect("no panic"));
    }
    assert_eq!((put_out, claim(&store, NOW).await.len()), (1, 1));
}

/// Then another sender can claim it.
pub async fn mail_is_claimed_by_one_sender_until_its_lease_expires(store: Arc<dyn Store>) {
    let (ada, _) = signed_in(&store, "ada", &["one"]).await;
    for minute in [2, 0, 1] {
        let new = session_at(&ada, &format!("m{minute}"), NOW.plus(minute * MINUTE));
        let new = NewSession { new_device: true, ..new };
        open(&store, None, &new, &limit(5, &[])).await.expect("a sign-in");
    }
    assert!(claim(&store, NOW.minus(MINUTE)).await.is_empty(), "none is due");
    let first = store.claim_mails(NOW.plus(MINUTE), NOW.plus(LEASE), 1).await.expect("an answer");
    assert_eq!((first.len(), first[0].created_at), (1, NOW), "the oldest");
    assert_eq!(first[0].session_id, Some(session_id("m0")));
    let claims: Vec<_> = (0..8)
        .map(|_| {
            let store = Arc::clone(&store);
            tokio::spawn(async move { claim(&store, NOW.plus(2 * MINUTE)).await })
        })
        .collect();
    let mut claimed = Vec::new();
    for claim in claims {
        claimed.extend(claim.await.expect("no panic"));
    }
    let mut seqs: Vec<i64> = claimed.iter().map(|mail| mail.seq).collect();
    seqs.sort_unstable();
    seqs.dedup();
    assert_eq!((claimed.len(), seqs.len()), (2, 2), "each by one");
    let again = claim(&store, NOW.plus(LEASE)).await;
    assert_eq!((again.len(), again[0].seq, again[0].attempts), (1, first[0].seq, 2));
}

/// A failed mail is postponed, and a sent one is removed.
pub async fn failed_mail_is_due_later_and_sent_mail_never(store: Arc<dyn Store>) {
    signed_in(&store, "ada", &["one"]).await;
    assert!(request(&store, "ada", NOW).await);
    let seq = claim(&store, NOW).await[0].seq;
    store.put_off_mail(seq, NOW.plus(MINUTE)).await.expect("it is put off");
    assert!(claim(&store, NOW.plus(MINUTE / 2)).await.is_empty());
    let again = claim(&store, NOW.plus(MINUTE)).await;
    assert_eq!((again[0].seq, again[0].attempts), (seq, 2));
    store.drop_mail(seq).await.expect("it is sent");
    assert!(claim(&store, NOW.plus(24 * HOUR)).await.is_empty());
}

/// Neither mails that were postponed nor those that were sent before the clock was set back count.
pub async fn clock_set_back_delays_no_mail(store: Arc<dyn Store>) {
    let (ada, _) = signed_in(&store, "ada", &["one"]).await;
    store.put_token(&token(&ada, 1, RESET, NOW.plus(HOUR))).await.expect("it is stored");
    assert!(request(&store, "ada", NOW).await, "what is from the future does not count");
    let seq = claim(&store, NOW).await[0].seq;
    store.put_off_mail(seq, NOW.plus(2 * HOUR)).await.expect("it is put off");
    assert!(claim(&store, NOW).await.is_empty(), "it is not too far");
    let again = claim(&store, NOW.minus(MINUTE)).await;
    assert_eq!((again.len(), again[0].seq), (1, seq));
}

/// If the sign-in is refused, there is no mail.
pub async fn mail_about_a_sign_in_is_queued_only_if_it_was_stored(store: Arc<dyn Store>) {
    let (ada, _) = signed_in(&store, "ada", &["one"]).await;
    open(&store, None, &session(&ada, "known"), &limit(5, &[])).await.expect("a sign-in");
    assert!(claim(&store, NOW).await.is_empty(), "of a known device");
    let new = NewSession { new_device: true, ..session(&ada, "two") };
    assert_limit_reached(open(&store, None, &new, &refusing(1, &[])).await);
    assert!(claim(&store, NOW).await.is_empty());
    open(&store, None, &new, &limit(5, &[])).await.expect("a sign-in");
    let mail = claim(&store, NOW).await.pop().expect("it is due");
    assert_eq!((mail.kind, mail.session_id), (MailKind::NewDevice, Some(session_id("two"))));
    assert_eq!(mail.user, ada.user);
}

/// It names the session that changed the password, and is only queued if asked for.
pub async fn mail_about_a_password_is_queued_only_if_it_changed(store: Arc<dyn Store>) {
    let (ada, sessions) = signed_in(&store, "ada", &["one", "two"]).await;
    let by = actor(&sessions[0]);
    let renewal = renewal("renewed", NOW);
    let renewed = NextSession::Renewed(&renewal);
    let stale = change_password(&store, by, "stale", "new", renewed, true, NOW).await;
    assert!(stale.expect("an answer").is_none());
    let unasked = change_password(&store, by, &ada.password_hash, "new", renewed, false, NOW).await;
    assert!(unasked.expect("an answer").is_some());
    assert!(claim(&store, NOW).await.is_empty());
    let new = session(&ada, "three");
    let told = change_password(&store, by, "new", "newer", NextSession::New(&new), true, NOW).await;
    let ended = told.expect("an answer").expect("it is changed");
    assert_eq!(names(&ended, EndedReason::PasswordChanged), ["one", "two"]);
    let mails = claim(&store, NOW).await;
    assert_eq!((mails.len(), mails[0].kind), (1, MailKind::PasswordChanged));
    assert_eq!((&mails[0].session_id, mails[0].created_at), (&Some(session_id("one")), NOW));
    assert_eq!(mails[0].user.id, ada.user.id);
}

/// It expires after half an hour, to the millisecond. Looking it up does not use it up.
pub async fn link_is_valid_for_its_purpose_until_it_expires(store: Arc<dyn Store>) {
    let (ada, _) = signed_in(&store, "ada", &["one"]).await;
    store.put_token(&token(&ada, 1, RESET, NOW)).await.expect("it is stored");
    let last = NOW.plus(30 * MINUTE).minus(Duration::from_millis(1));
    for now in [NOW, last, last] {
        let found = store.find_token(&hash(1), RESET, now).await.expect("an answer").expect("it is good");
        assert_eq!((found.user_id, found.expires_at), (ada.user.id.clone(), NOW.plus(30 * MINUTE)));
    }
    for (number, purpose, now) in
        [(2, RESET, NOW), (1, Purpose::NotMe, NOW), (1, RESET, NOW.plus(30 * MINUTE))]
    {
        let found = store.find_token(&hash(number), purpose, now).await.expect("an answer");
        assert!(found.is_none(), "{number} {purpose:?}");
    }
    let too_late = reset_password(&store, &hash(1), "new", true, NOW.plus(30 * MINUTE)).await;
    assert!(too_late.expect("an answer").is_none());
    let other = report_by_mail(&store, &hash(1), &hash(3), NOW.plus(HOUR), NOW).await;
    assert!(other.expect("an answer").is_none(), "it is for something else");
    assert_eq!(live(&store, &ada, NOW).await, ["one"]);
}

/// Other users are not affected.
pub async fn reset_sets_the_password_and_ends_every_session_once(store: Arc<dyn Store>) {
    let (ada, _) = signed_in(&store, "ada", &["one", "two"]).await;
    let (grace, _) = signed_in(&store, "grace", &["g1"]).await;
    for (number, user) in [(1, &ada), (2, &ada), (3, &grace)] {
        store.put_token(&token(user, number, RESET, NOW)).await.expect("it is stored");
    }
    store.put_token(&token(&ada, 4, Purpose::NotMe, NOW)).await.expect("it is stored");
    assert!(request(&store, "ada", NOW.plus(2 * MINUTE)).await);
    let now = NOW.plus(3 * MINUTE);
    let reset = reset_password(&store, &hash(1), "new", true, now).await.expect("an answer");
    let (user, ended) = reset.expect("the link is good");
    assert_eq!(user, ada.user.id);
    assert_eq!(names(&ended, EndedReason::PasswordChanged), ["one", "two"]);
    assert_eq!(find(&store, "one").await.end.expect("it has ended").by, None);
    let password = store.password_of("ada@example.org").await.expect("an answer").expect("an account");
    assert_eq!((password.password_hash.as_deref(), password.is_locked), (Some("new"), false));
    assert_eq!(password.user.updated_at, now);
    for number in [1, 2] {
        let again = reset_password(&store, &hash(number), "newer", true, now).await.expect("an answer");
        assert!(again.is_none(), "{number}");
    }
    let not_me = store.find_token(&hash(4), Purpose::NotMe, now).await.expect("an answer");
    assert!(not_me.is_none(), "every link of the user");
    assert_eq!(kinds(&store, now).await, [MailKind::PasswordChanged], "no link that is not needed any more");
    assert_eq!(live(&store, &grace, now).await, ["g1"]);
    assert!(store.find_token(&hash(3), RESET, now).await.expect("an answer").is_some());
}

/// Of two links of one user too, only one works.
pub async fn link_works_once_even_under_simultaneous_use(store: Arc<dyn Store>) {
    for round in 0..8 {
        let (ada, _) = signed_in(&store, &format!("u{round}"), &[&format!("s{round}")]).await;
        for number in [1, 2] {
            store.put_token(&token(&ada, round * 2 + number, RESET, NOW)).await.expect("it is stored");
        }
        let resets: Vec<_> = (0..6)
            .map(|number| {
                let (store, hash) = (Arc::clone(&store), hash(round * 2 + 1 + number % 2));
                tokio::spawn(
                    async move { reset_password(&store, &hash, &number.to_string(), false, NOW).await },
                )
            })
            .collect();
        let mut done = 0;
        for reset in resets {
            done += u32::from(reset.await.expect("no panic").expect("an answer").is_some());
        }
        assert_eq!(done, 1, "round {round}");
        assert!(live(&store, &ada, NOW).await.is_empty());
    }
}

/// In either order.
pub async fn sign_in_with_the_old_password_during_a_reset_leaves_no_session(store: Arc<dyn Store>) {
    for round in 0..16 {
        let (ada, _) = signed_in(&store, &format!("u{round}"), &[&format!("s{round}")]).await;
        store.put_token(&token(&ada, round + 1, RESET, NOW)).await.expect("it is stored");
        let signing_in = {
            let (store, new) = (Arc::clone(&store), session(&ada, &format!("t{round}")));
            let proving = proving(&store, &ada).await;
            tokio::spawn(async move { open(&store, None, &new, &proving).await })
        };
        let reset = reset_password(&store, &hash(round + 1), "new", false, NOW).await.expect("an answer");
        assert!(reset.is_some());
        let signed_in = signing_in.await.expect("no panic");
        assert!(matches!(signed_in, Ok(_) | Err(ChangeError::ProofOutdated)), "{signed_in:?}");
        assert!(live(&store, &ada, NOW).await.is_empty(), "round {round}");
    }
}

/// At most the limit at a time.
pub async fn expired_tokens_are_swept(store: Arc<dyn Store>) {
    let (ada, _) = signed_in(&store, "ada", &["one"]).await;
    for (number, minutes) in [(1, 0), (2, 1), (3, 2)] {
        let at = NOW.plus(minutes * MINUTE);
        store.put_token(&token(&ada, number, RESET, at)).await.expect("it is stored");
    }
    let now = NOW.plus(31 * MINUTE).plus(HOUR);
    assert_eq!(store.sweep_tokens(now, 1).await.expect("an answer"), 1);
    assert_eq!(store.sweep_tokens(now, 10).await.expect("an answer"), 1);
    assert_eq!(store.sweep_tokens(now, 10).await.expect("an answer"), 0);
    assert!(store.find_token(&hash(3), RESET, NOW).await.expect("an answer").is_some());
}
