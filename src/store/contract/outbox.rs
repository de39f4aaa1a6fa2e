//! Events for the consumers of the outbox.

use std::collections::HashSet;

use super::*;
use crate::{ConsumerBacklog, ConsumerLease, Deliverer, DueEvent, OutboxEvent, Undo};

const LEASE: Duration = Duration::from_secs(60);
const AUDIT: Deliverer<'_> = Deliverer { consumer: "audit", id: "one" };
const OTHER_NODE: Deliverer<'_> = Deliverer { id: "two", ..AUDIT };
const MAIL: Deliverer<'_> = Deliverer { consumer: "mail", ..AUDIT };

async fn claim(store: &Arc<dyn Store>, by: Deliverer<'_>, now: Timestamp) -> Option<Vec<DueEvent>> {
    match store.lease_consumer(by, LEASE, now).await.expect("an answer") {
        ConsumerLease::Held => Some(store.due_events(by, None, 100, now).await.expect("a list")),
        _ => None,
    }
}

/// Delivers the first due event of each user.
async fn deliver_firsts(store: &Arc<dyn Store>, by: Deliverer<'_>) -> Vec<OutboxEvent> {
    let due = claim(store, by, NOW).await.expect("the lease");
    let ids: Vec<_> = due.iter().map(|due| due.event.id).collect();
    store.drop_events(by, &ids).await.expect("they are deleted");
    due.into_iter().map(|due| due.event).collect()
}

/// Delivers all events and returns them as text.
async fn deliver_all(store: &Arc<dyn Store>, by: Deliverer<'_>) -> Vec<String> {
    let mut told = Vec::new();
    loop {
        let events = deliver_firsts(store, by).await;
        if events.is_empty() {
            return told;
        }
        told.extend(events.iter().map(words));
    }
}

/// The kind of the event, its session, and the acting session.
fn words(event: &OutboxEvent) -> String {
    let mut words = format!("{:?}", event.kind);
    if let Some(id) = &event.session_id {
        words += &format!(" {}", name(id));
    }
    if let Some(by) = &event.by {
        words += &format!(" by {}", name(by));
    }
    words
}

async fn fail(store: &Arc<dyn Store>, by: Deliverer<'_>, due: &DueEvent, retry_at: Option<Timestamp>) {
    store.fail_event(by, due.event.id, retry_at, "it is down").await.expect("an answer");
}

async fn add(store: &Arc<dyn Store>, consumer: &str) {
    store.add_consumer(consumer).await.expect("it is added");
}

/// Every kind of change.
pub async fn every_change_has_an_event(store: Arc<dyn Store>) {
    add(&store, "audit").await;
    let ada = user("ada");
    let one =
        NewSession { new_device: true, signed_in_with: Some(SignInMethod::PASSWORD), ..session(&ada, "one") };
    open(&store, Some(&ada), &one, &limit(5, &[])).await.expect("a sign-up");
    open(&store, None, &session(&ada, "two"), &limit(5, &[])).await.expect("a sign-in");
    let begun = deliver_firsts(&store, AUDIT).await.pop().expect("an event");
    assert_eq!((begun.user_id, begun.at), (ada.user.id.clone(), NOW));
    assert_eq!(begun.session_id, Some(session_id("one")));
    assert_eq!(deliver_all(&store, AUDIT).await, ["NewDevice one", "Begun { signed_in_with: None } two"]);

    let (by, two) = (actor(&one), session_id("two"));
    assert!(store.rename(by, &two, Some("kitchen"), NOW).await.expect("an answer"));
    assert!(store.prove(by, &renewal("new", NOW), None, NOW).await.expect("an answer"));
    store.end_by_id(by, &two, EndedReason::Revoked, NOW).await.expect("an answer").expect("it ends");
    let ended_after = NOW.minus(Duration::from_secs(10));
    let undo = Undo { actor: by, id: &two, ended_after, maximum: 5 };
    assert!(store.undo_revoke(undo, NOW).await.expect("an answer"));
    let rotation =
        Rotation { handle: handle("rotated"), secret_hash: SecretHash::from_bytes(&[9; 32]).expect("32") };
    report_session(&store, by, &two, &rotation, true, NOW).await.expect("an answer").expect("a report");
    assert_eq!(
        deliver_all(&store, AUDIT).await,
        [
            "Renamed { name: Some(\"kitchen\") } two by one",
            "Renewed { with: None } one by one",
            "Ended { reason: Revoked } two by one",
            "RevokeUndone two by one",
            "Ended { reason: Reported } two by one",
            "Reported two by one",
        ]
    );

    store.credentials_changed_of(&ada.user.id, None, NOW).await.expect("an answer").expect("it is changed");
    open(&store, None, &session_at(&ada, "old", NOW.minus(HOUR)), &limit(5, &[])).await.expect("a sign-in");
    store.sweep(NOW, Timestamp::default(), 10).await.expect("it expires");
    store.disable_user(&operator(), &ada.user.id, NOW).await.expect("an answer").expect("a user");
    store.enable_user(&operator(), &ada.user.id, NOW).await.expect("an answer");
    assert_eq!(
        deliver_all(&store, AUDIT).await,
        [
            "CredentialsChanged",
            "Ended { reason: PasswordChanged } one",
            "Begun { signed_in_with: None } old",
            "Ended { reason: Expired } old",
            "Disabled",
            "Enabled",
        ]
    );
}

/// Events are written in the transaction of the change.
pub async fn refused_changes_have_no_event(store: Arc<dyn Store>) {
    let (ada, _) = signed_in(&store, "ada", &["one"]).await;
    add(&store, "audit").await;
    assert_limit_reached(open(&store, None, &session(&ada, "two"), &refusing(1, &[])).await);
    let id = UserId::new("user-other").expect("an id");
    let other = NewUser { user: User { id, ..ada.user.clone() }, ..ada.clone() };
    let taken = open(&store, Some(&other), &session(&other, "three"), &limit(5, &[])).await;
    assert_email_taken(taken);
    assert_eq!(deliver_all(&store, AUDIT).await, Vec::<String>::new());
}

/// Neither before it is added nor after it is removed.
pub async fn no_events_are_kept_for_an_unknown_consumer(store: Arc<dyn Store>) {
    let lease = store.lease_consumer(AUDIT, LEASE, NOW).await.expect("an answer");
    assert_eq!(lease, ConsumerLease::NoSuchConsumer);
    assert!(!store.remove_consumer("audit").await.expect("an answer"));
    signed_in(&store, "ada", &["one"]).await;
    add(&store, "audit").await;
    add(&store, "audit").await;
    assert_eq!(claim(&store, AUDIT, NOW).await, Some(Vec::new()), "from then on");
    signed_in(&store, "grace", &["two"]).await;
    assert!(store.remove_consumer("audit").await.expect("an answer"));
    assert_eq!(claim(&store, AUDIT, NOW).await, None, "it is gone");
    signed_in(&store, "edsger", &["three"]).await;
    add(&store, "audit").await;
    assert_eq!(claim(&store, AUDIT, NOW).await, Some(Vec::new()), "and its events with it");
}

/// Not even those of changes that had already begun.
pub async fn consumer_removed_during_changes_leaves_no_events(store: Arc<dyn Store>) {
    let (ada, _) = signed_in(&store, "ada", &["first"]).await;
    for round in 0..4 {
        add(&store, "audit").await;
        let changes: Vec<_> = (0..8)
            .map(|number| {
                let (store, new) = (Arc::clone(&store), session(&ada, &format!("s{round}n{number}")));
                tokio::spawn(async move { open(&store, None, &new, &limit(1_000, &[])).await })
            })
            .collect();
        assert!(store.remove_consumer("audit").await.expect("an answer"));
        for change in changes {
            change.await.expect("no panic").expect("a sign-in is not refused for it");
        }
        add(&store, "audit").await;
        assert_eq!(claim(&store, AUDIT, NOW).await, Some(Vec::new()));
        assert!(store.remove_consumer("audit").await.expect("an answer"));
    }
}

/// Each has all events and its own lease.
pub async fn consumers_are_independent(store: Arc<dyn Store>) {
    add(&store, "audit").await;
    add(&store, "mail").await;
    signed_in(&store, "ada", &["one", "two"]).await;
    let expected = ["Begun { signed_in_with: None } one", "Begun { signed_in_with: None } two"];
    assert_eq!(deliver_all(&store, AUDIT).await, expected);
    let due = claim(&store, MAIL, NOW).await.expect("the lease").pop().expect("an event");
    store.drop_events(AUDIT, &[due.event.id]).await.expect("an answer");
    fail(&store, MAIL, &due, Some(NOW.plus(LEASE))).await;
    assert_eq!(deliver_all(&store, AUDIT).await, Vec::<String>::new());
    assert!(store.remove_consumer("audit").await.expect("an answer"));
    let due = claim(&store, MAIL, NOW.plus(LEASE)).await.expect("the lease").pop().expect("an event");
    assert_eq!((words(&due.event), due.attempts), (expected[0].to_owned(), 1));
}

/// Even with many simultaneous changes, and while events are delivered.
pub async fn events_of_a_user_are_in_the_order_of_the_changes(store: Arc<dyn Store>) {
    const CHANGES: usize = 8;
    let (ada, _) = signed_in(&store, "ada", &["first"]).await;
    for number in 0..CHANGES {
        let new = session_at(&ada, &format!("old{number}"), NOW.minus(HOUR));
        open(&store, None, &new, &limit(1_000, &[])).await.expect("a sign-in");
    }
    add(&store, "audit").await;
    let mut changes: Vec<_> = (0..CHANGES)
        .map(|number| {
            let (store, new) = (Arc::clone(&store), session(&ada, &format!("new{number}")));
            tokio::spawn(async move {
                open(&store, None, &new, &limit(1_000, &[])).await.expect("a sign-in");
                let ended = store.end_held(&[&new.session.id], None, EndedReason::SignedOut, NOW).await;
                assert_eq!(ended.expect("an answer").len(), 1);
            })
        })
        .collect();
    changes.push({
        let store = Arc::clone(&store);
        tokio::spawn(async move {
            let mut expired = 0;
            while expired < CHANGES as u64 {
                expired += store.sweep(NOW, Timestamp::default(), 3).await.expect("an answer").0;
            }
        })
    });
    let mut told = Vec::new();
    let mut left = 3 * CHANGES;
    while left > 0 {
        let events = deliver_firsts(&store, AUDIT).await;
        assert!(events.len() <= 1, "one of a user at a time");
        left -= events.len();
        told.extend(events);
    }
    for change in changes {
        change.await.expect("no panic");
    }
    assert!(told.windows(2).all(|pair| pair[0].id < pair[1].id), "{told:?}");
    let mut begun = HashSet::new();
    for event in &told {
        let words = words(event);
        match words.split(' ').next_back().expect("a name") {
            name if words.starts_with("Begun") => assert!(begun.insert(name.to_owned()), "{told:?}"),
            name if name.starts_with("new") => assert!(begun.contains(name), "{told:?}"),
            _ => {}
        }
    }
    assert_eq!(deliver_all(&store, AUDIT).await, Vec::<String>::new());
}

/// Until it releases the lease or the lease expires. Then another one gets its events.
pub async fn only_one_deliverer_gets_events_at_a_time(store: Arc<dyn Store>) {
    add(&store, "audit").await;
    signed_in(&store, "ada", &["one"]).await;
    let claims: Vec<_> = (0..8)
        .map(|number| {
            let (store, id) = (Arc::clone(&store), number.to_string());
            tokio::spawn(async move {
                let by = Deliverer { id: &id, ..AUDIT };
                let due = claim(&store, by, NOW).await;
                (id, due)
            })
        })
        .collect();
    let mut leased = Vec::new();
    for claim in claims {
        let (id, due) = claim.await.expect("no panic");
        leased.extend(due.map(|due| (id, due)));
    }
    let [(id, due)] = &*leased else { panic!("{leased:?}") };
    let (holder, event) = (Deliverer { id, ..AUDIT }, due[0].event.clone());
    assert_eq!(claim(&store, holder, NOW).await.as_ref(), Some(due), "it has it");
    store.drop_events(OTHER_NODE, &[event.id]).await.expect("an answer");
    store.release_consumer(OTHER_NODE).await.expect("an answer");

    let later = NOW.plus(LEASE);
    assert_eq!(claim(&store, OTHER_NODE, later.minus(Duration::from_millis(1))).await, None);
    assert_eq!(claim(&store, OTHER_NODE, later).await.as_ref(), Some(due), "its lease is over");
    assert_eq!(store.due_events(holder, None, 100, later).await.expect("a list"), []);
    store.drop_events(holder, &[event.id]).await.expect("an answer");
    fail(&store, holder, &due[0], Some(later.plus(LEASE))).await;
    fail(&store, holder, &due[0], None).await;
    store.release_consumer(holder).await.expect("an answer");
    let lease = store.lease_consumer(holder, LEASE, later).await.expect("an answer");
    assert_eq!(lease, ConsumerLease::HeldByAnother);

    store.release_consumer(OTHER_NODE).await.expect("it lets go");
    assert_eq!(claim(&store, holder, later).await.as_ref(), Some(due), "at once");
    let set_back = NOW.minus(HOUR);
    assert_eq!(claim(&store, OTHER_NODE, set_back).await.as_ref(), Some(due), "the clock was set back");
}

/// Until the next attempt.
pub async fn failed_event_delays_only_its_user(store: Arc<dyn Store>) {
    add(&store, "audit").await;
    signed_in(&store, "ada", &["a1", "a2"]).await;
    signed_in(&store, "grace", &["g1", "g2"]).await;
    let due = claim(&store, AUDIT, NOW).await.expect("the lease");
    assert_eq!(due.iter().map(|due| due.attempts).collect::<Vec<_>>(), [0, 0], "one of each user");
    assert_eq!(store.due_events(AUDIT, None, 1, NOW).await.expect("a list"), due[..1]);
    let after = Some(&due[0].event.user_id);
    assert_eq!(store.due_events(AUDIT, after, 1, NOW).await.expect("a list"), due[1..]);
    let after = Some(&due[1].event.user_id);
    assert_eq!(store.due_events(AUDIT, after, 1, NOW).await.expect("a list"), []);
    let later = NOW.plus(Duration::from_secs(10));
    fail(&store, AUDIT, &due[0], Some(later)).await;
    assert_eq!(
        deliver_all(&store, AUDIT).await,
        ["Begun { signed_in_with: None } g1", "Begun { signed_in_with: None } g2"]
    );
    for now in [later, NOW.minus(2 * HOUR)] {
        let again = claim(&store, AUDIT, now).await.expect("the lease");
        assert_eq!(again, [DueEvent { attempts: 1, ..due[0].clone() }], "also where the clock was set back");
    }
    store.drop_events(AUDIT, &[due[0].event.id]).await.expect("it is deleted");
    assert_eq!(deliver_all(&store, AUDIT).await, ["Begun { signed_in_with: None } a2"]);
}

/// They are kept, and come first after a retry.
pub async fn events_given_up_delay_nobody_until_they_are_retried(store: Arc<dyn Store>) {
    add(&store, "audit").await;
    add(&store, "mail").await;
    let (ada, _) = signed_in(&store, "ada", &["a1", "a2", "a3"]).await;
    signed_in(&store, "grace", &["g1", "g2"]).await;
    let due = claim(&store, AUDIT, NOW).await.expect("the lease");
    fail(&store, AUDIT, &due[0], None).await;
    let second = claim(&store, AUDIT, NOW).await.expect("the lease");
    assert_eq!(words(&second[0].event), "Begun { signed_in_with: None } a2");
    fail(&store, AUDIT, &second[0], None).await;
    fail(&store, AUDIT, &due[1], Some(NOW.plus(LEASE))).await;
    assert_eq!(deliver_all(&store, AUDIT).await, ["Begun { signed_in_with: None } a3"]);

    assert_eq!(store.retry_events("nobody").await.expect("an answer"), 0);
    assert_eq!(store.retry_events("mail").await.expect("an answer"), 0, "nothing has failed there");
    assert_eq!(store.retry_events("audit").await.expect("an answer"), 3);
    assert_eq!(claim(&store, AUDIT, NOW).await.expect("the lease"), due, "as if nothing had failed");
    fail(&store, AUDIT, &due[0], None).await;
    store.forget_user(&operator(), &ada.user.id, NOW).await.expect("an answer").expect("a user");
    assert_eq!(store.retry_events("audit").await.expect("an answer"), 0, "it is erased with its user");
    let mut told = deliver_all(&store, AUDIT).await;
    told.sort();
    let begun = ["g1", "g2"].map(|name| format!("Begun {{ signed_in_with: None }} {name}"));
    assert_eq!(told, [&begun[..], &["Erased".to_owned()]].concat());
}

/// Operators see how many events wait, and why.
pub async fn consumers_are_listed_with_their_backlog(store: Arc<dyn Store>) {
    assert_eq!(store.consumers().await.expect("a list"), []);
    add(&store, "mail").await;
    add(&store, "audit").await;
    signed_in(&store, "ada", &["a1", "a2"]).await;
    signed_in(&store, "grace", &["g1"]).await;
    let due = claim(&store, AUDIT, NOW).await.expect("the lease");
    let oldest = due.iter().map(|due| due.written_at).min();
    assert!(oldest.is_some_and(|at| at > Timestamp::default()));
    fail(&store, AUDIT, &due[0], Some(NOW.plus(LEASE))).await;
    store.fail_event(AUDIT, due[1].event.id, None, "it is gone").await.expect("an answer");
    let backlog = |name: &str| ConsumerBacklog { name: name.to_owned(), ..ConsumerBacklog::default() };
    let audit = ConsumerBacklog {
        waiting: 2,
        failing: 1,
        given_up: 1,
        oldest,
        last_error: Some("it is down".to_owned()),
        ..backlog("audit")
    };
    let [first, second] = &*store.consumers().await.expect("a list") else { panic!("two consumers") };
    assert_eq!(*first, audit);
    assert_eq!((second.waiting, second.failing, &second.last_error), (3, 0, &None));
    deliver_all(&store, MAIL).await;
    assert_eq!(store.consumers().await.expect("a list")[1], backlog("mail"));
}

/// Earlier events of the user are deleted.
pub async fn erased_user_has_an_event(store: Arc<dyn Store>) {
    add(&store, "audit").await;
    let (ada, _) = signed_in(&store, "ada", &["a1"]).await;
    signed_in(&store, "grace", &["g1"]).await;
    store.forget_user(&operator(), &ada.user.id, NOW).await.expect("an answer").expect("a user");
    let mut events = deliver_firsts(&store, AUDIT).await;
    events.sort_by_key(|event| event.id);
    assert_eq!(events.iter().map(words).collect::<Vec<_>>(), ["Begun { signed_in_with: None } g1", "Erased"]);
    assert_eq!(events[1].user_id, ada.user.id);
    assert_eq!(deliver_all(&store, AUDIT).await, Vec::<String>::new());
}

/// So a consumer that never runs does not fill the store.
pub async fn events_are_deleted_after_their_retention(store: Arc<dyn Store>) {
    add(&store, "audit").await;
    signed_in(&store, "ada", &["one", "two", "three"]).await;
    assert_eq!(store.forget_events(Timestamp::default(), 10).await.expect("an answer"), 0);
    let ages_later = NOW.plus(1_000_000 * HOUR);
    assert_eq!(store.forget_events(ages_later, 2).await.expect("an answer"), 2);
    assert_eq!(deliver_all(&store, AUDIT).await, ["Begun { signed_in_with: None } three"]);
}
