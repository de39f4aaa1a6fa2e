//! Tickets: sign-ins for which the person chooses a device to sign out.

use std::sync::atomic::{AtomicBool, Ordering};

use super::naming::PATIENCE;
use super::proofs::{CHANGES, change};
use super::subjects::{begin, subject};
use super::*;
use crate::{
    Browser, Change, Client, Code, DeviceChoice, Error, HistoryFilter, HistoryKind, Keep, ManualClock,
    Options, Proof, Sessions, SignInMethod, SignInTicket, StoredTicket, Undo,
};

/// How often a race is repeated, because either side may win.
const ROUNDS: usize = 16;

/// Sessions without eviction.
fn limited(store: &Arc<dyn Store>, maximum: u32) -> (Sessions, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::new(NOW));
    let options = Options::builder().maximum_sessions(maximum).revoke_oldest_on_max(false);
    let builder = Sessions::builder(Arc::clone(store)).clock(Arc::clone(&clock) as _);
    (builder.options(options.build().expect("valid limits")).build(), clock)
}

async fn sign_in(sessions: &Sessions, browser: &Browser, of: &Subject) -> crate::Result<Browser> {
    let proof = Proof::by("code").at(sessions.epoch(&of.id).await?);
    sessions.begin(browser, &Client::default(), of.clone(), proof, Keep::Window).await
}

/// The browsers of a user on so many devices.
async fn on_devices(sessions: &Sessions, of: &Subject, number: usize) -> Vec<Browser> {
    let mut browsers = Vec::new();
    for _ in 0..number {
        browsers.push(sign_in(sessions, &Browser::default(), of).await.expect("a sign-in"));
    }
    browsers
}

fn at_limit(refused: crate::Result<Browser>) -> (SignInTicket, DeviceChoice) {
    match refused {
        Err(Error::LimitReached { ticket, choice }) => (ticket, *choice),
        other => panic!("not refused by the limit: {other:?}"),
    }
}

/// The ticket of a sign-in in another browser.
async fn refused(sessions: &Sessions, of: &Subject) -> (SignInTicket, DeviceChoice) {
    at_limit(sign_in(sessions, &Browser::default(), of).await)
}

async fn choose(sessions: &Sessions, ticket: &SignInTicket, id: &SessionId) -> crate::Result<Browser> {
    sessions.begin_instead(&Browser::default(), &Client::default(), ticket, id, None).await
}

fn active(browser: &Browser) -> SessionId {
    browser.active().expect("it is signed in").session.id.clone()
}

async fn live_ids(store: &Arc<dyn Store>, of: &Subject) -> Vec<SessionId> {
    let live = store.live_of_user(&of.id, NOW).await.expect("a list");
    live.into_iter().map(|stored| stored.session.id.clone()).collect()
}

fn stored_ticket(name: u8, of: &Subject, epoch: crate::Epoch) -> StoredTicket {
    StoredTicket {
        hash: SecretHash::from_bytes(&[name; 32]).expect("32 bytes"),
        user_id: of.id.clone(),
        epoch,
        keep: Keep::Remembered,
        signed_in_with: SignInMethod::PASSWORD,
        expires_at: NOW.plus(HOUR),
    }
}

async fn is_found(store: &Arc<dyn Store>, ticket: &StoredTicket, now: Timestamp) -> bool {
    store.find_ticket(&ticket.hash, now).await.expect("an answer").is_some()
}

#[track_caller]
fn assert_void(outcome: crate::Result<Browser>) {
    assert!(matches!(outcome, Err(Error::Refused(Code::InvalidTicket))), "{outcome:?}");
}

/// It is looked up by its hash.
pub async fn ticket_is_found_as_stored_until_it_expires(store: Arc<dyn Store>) {
    let ada = subject("ada");
    begin(&store, &ada, "one").await;
    let epoch = store.epoch(&ada.id).await.expect("an answer");
    for (name, keep) in [(1, Keep::Remembered), (2, Keep::Window), (3, Keep::SharedComputer)] {
        let signed_in_with = SignInMethod::from_static("oidc:google");
        let ticket = StoredTicket { keep, signed_in_with, ..stored_ticket(name, &ada, epoch) };
        store.put_ticket(&ticket).await.expect("a write");
        let found = store.find_ticket(&ticket.hash, NOW).await.expect("an answer").expect("it is there");
        assert_eq!(found.hash.as_bytes(), ticket.hash.as_bytes());
        assert_eq!((found.user_id, found.epoch, found.keep), (ada.id.clone(), epoch, keep));
        assert_eq!((found.signed_in_with, found.expires_at), (ticket.signed_in_with.clone(), NOW.plus(HOUR)));
        assert!(is_found(&store, &ticket, NOW.plus(HOUR).minus(Duration::from_millis(1))).await);
        assert!(!is_found(&store, &ticket, NOW.plus(HOUR)).await, "it is too late");
    }
    assert!(!is_found(&store, &stored_ticket(4, &ada, epoch), NOW).await);
}

/// Every kind of credential change, and also a lock or a disabled user.
pub async fn ticket_is_valid_until_a_credential_changes(store: Arc<dyn Store>) {
    for (number, what) in CHANGES.into_iter().enumerate() {
        let ada = subject(&format!("ada{number}"));
        begin(&store, &ada, &format!("s{number}")).await;
        let epoch = store.epoch(&ada.id).await.expect("an answer");
        let ticket = stored_ticket(u8::try_from(number).expect("a few"), &ada, epoch);
        store.put_ticket(&ticket).await.expect("a write");
        assert!(is_found(&store, &ticket, NOW).await, "{what}");
        change(&store, what, &ada, &format!("s{number}")).await;
        assert!(!is_found(&store, &ticket, NOW).await, "{what}");
    }
}

/// At most its limit. Valid tickets stay.
pub async fn sweep_deletes_expired_tickets(store: Arc<dyn Store>) {
    let ada = subject("ada");
    begin(&store, &ada, "one").await;
    let epoch = store.epoch(&ada.id).await.expect("an answer");
    let all: Vec<_> = (0..4).map(|name| stored_ticket(name, &ada, epoch)).collect();
    for (number, ticket) in all.iter().enumerate() {
        let expires_at = if number == 3 { NOW.plus(HOUR) } else { NOW };
        store.put_ticket(&StoredTicket { expires_at, ..ticket.clone() }).await.expect("a write");
    }
    let kept = async || {
        let mut kept = 0;
        for ticket in &all {
            // With an earlier time, tickets that were not deleted are valid again.
            kept += usize::from(is_found(&store, ticket, NOW.minus(HOUR)).await);
        }
        kept
    };
    assert_eq!(kept().await, 4);
    store.sweep(NOW, Timestamp::default(), 2).await.expect("a sweep");
    assert_eq!(kept().await, 2);
    store.sweep(NOW, Timestamp::default(), 2).await.expect("a sweep");
    assert_eq!(kept().await, 1);
    assert!(is_found(&store, &all[3], NOW).await);
}

/// Erasing a user deletes their tickets.
pub async fn ticket_is_deleted_with_its_user(store: Arc<dyn Store>) {
    let (sessions, _) = limited(&store, 1);
    let ada = subject("ada");
    on_devices(&sessions, &ada, 1).await;
    let (ticket, choice) = refused(&sessions, &ada).await;
    store.forget_user(&operator(), &ada.id, NOW).await.expect("an answer").expect("she was there");
    assert_void(choose(&sessions, &ticket, &choice.devices[0].id).await);
}

/// The least recently used device is first.
pub async fn sign_in_at_the_limit_is_refused_with_a_ticket_and_the_devices(store: Arc<dyn Store>) {
    let (sessions, clock) = limited(&store, 3);
    let ada = subject("ada");
    let browsers = on_devices(&sessions, &ada, 3).await;
    sessions.touch(&active(&browsers[0]), NOW.plus(Duration::from_secs(60)));
    clock.advance(Duration::from_secs(120));
    let (ticket, choice) = refused(&sessions, &ada).await;
    assert_eq!(choice.maximum, 3);
    assert_eq!(choice.expires_at, NOW.plus(Duration::from_secs(120)).plus(SignInTicket::LIFETIME));
    let devices: Vec<_> = choice.devices.iter().map(|row| row.id.clone()).collect();
    assert_eq!(devices.len(), 3);
    assert_eq!(devices[2], active(&browsers[0]), "it was used last");
    assert!(choice.devices.iter().all(|row| !row.is_current && !row.is_held));
    let again = sessions.device_choice(&Browser::default(), &ticket).await.expect("it counts");
    assert_eq!(again.devices, choice.devices, "to look at them uses nothing up");
    assert_eq!(live_ids(&store, &ada).await.len(), 3, "nothing has changed");
    let other = SignInTicket::generate(&crate::OsRandom);
    let unknown = sessions.device_choice(&Browser::default(), &other).await;
    assert!(matches!(unknown, Err(Error::Refused(Code::InvalidTicket))));
}

/// The session has the options of the refused sign-in, and the history says which device was evicted by
/// which.
pub async fn only_the_chosen_device_is_evicted(store: Arc<dyn Store>) {
    let (sessions, _) = limited(&store, 3);
    let ada = subject("ada");
    let browsers = on_devices(&sessions, &ada, 3).await;
    let (ticket, _) = refused(&sessions, &ada).await;
    let chosen = active(&browsers[1]);
    let mut changes = store.changes();
    let next = choose(&sessions, &ticket, &chosen).await.expect("a sign-in");
    let new = active(&next);
    assert_eq!(live_ids(&store, &ada).await, [new.clone(), active(&browsers[2]), active(&browsers[0])]);
    let held = next.active().expect("it is signed in");
    assert_eq!(
        (held.keep(), held.signed_in_with.clone()),
        (Keep::Window, Some(SignInMethod::from_static("code")))
    );
    let end = store.find(&[&chosen]).await.expect("an answer").pop().and_then(|it| it.end).expect("it ended");
    assert_eq!((end.reason, end.by.expect("an actor").id), (EndedReason::Evicted, new.clone()));
    let expected = Change::Sessions { user: ada.id.clone(), ids: vec![chosen.clone(), new.clone()] };
    // Earlier changes may arrive as well.
    let told = async { while changes.next().await.expect("the store is there") != expected {} };
    tokio::time::timeout(PATIENCE, told).await.expect("it is told in time");

    assert_void(choose(&sessions, &ticket, &active(&browsers[0])).await);
    // An eviction cannot be undone.
    let by = Actor { session: &new, user: &ada.id };
    let undo = Undo { actor: by, id: &chosen, ended_after: NOW.minus(HOUR), maximum: 5 };
    assert!(!store.undo_revoke(undo, NOW).await.expect("an answer"));
    sessions.flush().await.expect("a write");
    let kinds = vec![HistoryKind::PasswordRefused, HistoryKind::SignedIn, HistoryKind::Ended];
    let filter = HistoryFilter { kinds, limit: 10, ..HistoryFilter::default() };
    let entries = sessions.history(&next, &filter).await.expect("a history").entries;
    let refused: Vec<_> = entries.iter().filter(|it| it.kind == HistoryKind::PasswordRefused).collect();
    assert_eq!(refused.len(), 1, "the sign-in was refused once");
    assert_eq!(refused[0].refusal, Some(crate::Refusal::LimitReached));
}

/// Only a sign-in without a ticket makes use of the room.
pub async fn chosen_device_is_evicted_even_if_there_is_room_by_now(store: Arc<dyn Store>) {
    let (sessions, _) = limited(&store, 2);
    let ada = subject("ada");
    let browsers = on_devices(&sessions, &ada, 2).await;
    let (ticket, _) = refused(&sessions, &ada).await;
    sessions.sign_out(&browsers[0], crate::SignOutScope::Account).await.expect("a sign-out");
    let next = choose(&sessions, &ticket, &active(&browsers[1])).await.expect("a sign-in");
    assert_eq!(live_ids(&store, &ada).await, [active(&next)]);
}

/// If there is none, the person can choose another device with the same ticket.
pub async fn choosing_an_ended_device_signs_in_if_there_is_room(store: Arc<dyn Store>) {
    let (sessions, _) = limited(&store, 2);
    let (ada, grace) = (subject("ada"), subject("grace"));
    let browsers = on_devices(&sessions, &ada, 2).await;
    let of_grace = on_devices(&sessions, &grace, 1).await;
    let (ticket, _) = refused(&sessions, &ada).await;
    let gone = active(&browsers[0]);
    let out = sessions.sign_out(&browsers[0], crate::SignOutScope::Account).await.expect("a sign-out");
    let again = sign_in(&sessions, &out, &ada).await.expect("there is room");
    for unsuitable in [&gone, &active(&of_grace[0]), &session_id("unknown")] {
        let (same, choice) = at_limit(choose(&sessions, &ticket, unsuitable).await);
        assert_eq!(same.to_text(), ticket.to_text());
        let mut offered: Vec<_> = choice.devices.into_iter().map(|row| row.id).collect();
        offered.sort();
        let mut there = vec![active(&browsers[1]), active(&again)];
        there.sort();
        assert_eq!(offered, there);
    }
    assert_eq!(live_ids(&store, &grace).await.len(), 1);
    sessions.sign_out(&again, crate::SignOutScope::Account).await.expect("a sign-out");
    let next = choose(&sessions, &ticket, &gone).await.expect("there is room");
    assert_eq!(live_ids(&store, &ada).await, [active(&next), active(&browsers[1])]);
}

/// Sessions of other users are never evicted, even if the browser holds them.
pub async fn chosen_session_of_another_account_in_the_browser_stays(store: Arc<dyn Store>) {
    let (ada, _) = signed_in(&store, "ada", &["a1", "a2"]).await;
    let (grace, _) = signed_in(&store, "grace", &["g1"]).await;
    let limit = Limit { chosen: Some(session_id("g1")), ..refusing(2, &["g1"]) };
    assert_limit_reached(open(&store, None, &session(&ada, "a3"), &limit).await);
    assert_eq!(live(&store, &grace, NOW).await, ["g1"]);
    assert_eq!(live(&store, &ada, NOW).await, ["a2", "a1"]);
}

/// The number of sessions stays the same, unless the oldest are evicted anyway.
pub async fn after_a_lowered_maximum_one_chosen_device_makes_room_for_one(store: Arc<dyn Store>) {
    let (ada, _) = signed_in(&store, "ada", &["a", "b", "c", "d"]).await;
    let chosen = |name| Some(session_id(name));
    let limit = Limit { chosen: chosen("c"), ..refusing(2, &[]) };
    let ended = open(&store, None, &session(&ada, "e"), &limit).await.expect("a sign-in");
    assert_eq!(names(&ended, EndedReason::Evicted), ["c"]);
    assert_eq!(live(&store, &ada, NOW).await, ["e", "d", "b", "a"]);
    let limit = Limit { chosen: chosen("d"), ..super::limit(2, &[]) };
    let ended = open(&store, None, &session(&ada, "f"), &limit).await.expect("a sign-in");
    assert_eq!(names(&ended, EndedReason::Evicted), ["a", "b", "d"]);
    assert_eq!(live(&store, &ada, NOW).await, ["f", "e"]);
}

/// And the refusal ends no session.
pub async fn ticket_can_still_be_used_after_a_refusal(store: Arc<dyn Store>) {
    let (sessions, _) = limited(&store, 1);
    let (ada, grace) = (subject("ada"), subject("grace"));
    let browsers = on_devices(&sessions, &ada, 1).await;
    let (ticket, _) = refused(&sessions, &ada).await;
    let full = on_devices(&sessions, &grace, 1).await.remove(0);
    let chosen = active(&browsers[0]);
    let client = Client::default();
    let refused = sessions.begin_instead(&full, &client, &ticket, &chosen, None).await;
    assert!(matches!(refused, Err(Error::Refused(Code::MaximumAccountsReached))), "{refused:?}");
    assert_eq!(live_ids(&store, &ada).await.len(), 1);
    choose(&sessions, &ticket, &chosen).await.expect("it still counts");
}

/// Each device is evicted once.
pub async fn simultaneous_tickets_never_exceed_the_maximum(store: Arc<dyn Store>) {
    let (sessions, _) = limited(&store, 3);
    let ada = subject("ada");
    let browsers = on_devices(&sessions, &ada, 3).await;
    let mut tickets = Vec::new();
    for _ in 0..24 {
        tickets.push(refused(&sessions, &ada).await.0);
    }
    let is_over = Arc::new(AtomicBool::new(false));
    let seen = {
        let (store, ada, is_over) = (Arc::clone(&store), ada.clone(), Arc::clone(&is_over));
        tokio::spawn(async move {
            let mut numbers = Vec::new();
            while !is_over.load(Ordering::Relaxed) {
                numbers.push(live_ids(&store, &ada).await.len());
            }
            numbers
        })
    };
    let choosing: Vec<_> = tickets
        .iter()
        .enumerate()
        .map(|(number, ticket)| {
            let (sessions, ticket) = (sessions.clone(), ticket.clone());
            let chosen = active(&browsers[number % 3]);
            tokio::spawn(async move { choose(&sessions, &ticket, &chosen).await })
        })
        .collect();
    let (mut won, mut lost) = (Vec::new(), Vec::new());
    for choosing in choosing {
        match choosing.await.expect("no panic") {
            Ok(browser) => won.push(active(&browser)),
            refused => lost.push(at_limit(refused).0),
        }
    }
    is_over.store(true, Ordering::Relaxed);
    let numbers = seen.await.expect("no panic");
    assert!(numbers.iter().all(|number| *number == 3), "{numbers:?}");
    won.sort();
    let mut live = live_ids(&store, &ada).await;
    live.sort();
    assert_eq!(live, won);
    assert_eq!(lost.len(), 21);
    choose(&sessions, &lost[0], &won[0]).await.expect("it still counts");
}

/// The other calls get the error for a used ticket, whichever device they chose.
pub async fn ticket_used_several_times_at_once_signs_in_once(store: Arc<dyn Store>) {
    let (sessions, _) = limited(&store, 4);
    for round in 0..ROUNDS {
        let ada = subject(&format!("ada{round}"));
        let browsers = on_devices(&sessions, &ada, 4).await;
        let (ticket, _) = refused(&sessions, &ada).await;
        let choosing: Vec<_> = browsers
            .iter()
            .map(|browser| {
                let (sessions, ticket, chosen) = (sessions.clone(), ticket.clone(), active(browser));
                tokio::spawn(async move { choose(&sessions, &ticket, &chosen).await })
            })
            .collect();
        let mut won = 0;
        for choosing in choosing {
            match choosing.await.expect("no panic") {
                Ok(_) => won += 1,
                refused => assert_void(refused),
            }
        }
        assert_eq!((won, live_ids(&store, &ada).await.len()), (1, 4), "round {round}");
    }
}

/// In either order.
pub async fn ticket_used_during_a_credential_change_leaves_no_session(store: Arc<dyn Store>) {
    let (sessions, _) = limited(&store, 1);
    for round in 0..ROUNDS {
        let ada = subject(&format!("ada{round}"));
        let browsers = on_devices(&sessions, &ada, 1).await;
        let (ticket, _) = refused(&sessions, &ada).await;
        let choosing = {
            let (sessions, ticket, chosen) = (sessions.clone(), ticket.clone(), active(&browsers[0]));
            tokio::spawn(async move { choose(&sessions, &ticket, &chosen).await })
        };
        let changed = store.credentials_changed_of(&ada.id, None, NOW).await;
        changed.expect("an answer").expect("she is known");
        if let refused @ Err(_) = choosing.await.expect("no panic") {
            assert_void(refused);
        }
        assert!(live_ids(&store, &ada).await.is_empty(), "round {round}");
    }
}
