//! The account history.

use super::*;
use crate::{Change, HistoryKind, HistoryQuery, NewHistoryEntry, StoredHistoryEntry, Undo, device_of};

const ALL: HistoryQuery<'_> = HistoryQuery { session: None, kinds: &[], before: None, limit: 1_000 };

async fn read(store: &Arc<dyn Store>, user: &NewUser, query: HistoryQuery<'_>) -> Vec<StoredHistoryEntry> {
    store.history(&user.user.id, query).await.expect("a history")
}

/// The history, oldest first: kind, session, actor and detail.
async fn lines(store: &Arc<dyn Store>, user: &NewUser) -> Vec<String> {
    let mut entries = read(store, user, ALL).await;
    entries.reverse();
    entries.iter().map(words).collect()
}

fn words(entry: &StoredHistoryEntry) -> String {
    let mut words = vec![entry.kind.expect("a kind that is known").as_str().to_owned()];
    words.extend(entry.session_id.as_ref().map(name));
    words.extend(entry.by.as_ref().map(|(by, ..)| format!("by {}", name(by))));
    words.extend(entry.detail.as_ref().map(|detail| format!("({detail})")));
    words.join(" ")
}

fn moved(name: &str, at: Timestamp, ip_address: &str) -> Touch {
    Touch { ip_address: Some(ip_address.to_owned()), ..touch(name, at) }
}

/// From its begin to its end.
pub async fn changes_of_a_session_are_in_the_history_in_order(store: Arc<dyn Store>) {
    let (ada, sessions) = signed_in(&store, "ada", &["one", "two"]).await;
    let soon = NOW.plus(Duration::from_secs(1));
    let verified_with = Some(SignInMethod::from_static("passkey"));
    let renewal = Renewal { verified_with, ..renewal("renewed", soon) };
    assert!(store.prove(actor(&sessions[0]), &renewal, None, soon).await.expect("an answer"));
    let reason = EndedReason::Revoked;
    let ended = store.end_by_id(actor(&sessions[0]), &session_id("two"), reason, soon).await;
    assert!(ended.expect("an answer").is_some());
    store.end_of_user(&operator(), &ada.user.id, soon).await.expect("an answer");
    assert_eq!(
        lines(&store, &ada).await,
        [
            "signed_in one",
            "signed_in two",
            "reauthenticated one by one (passkey)",
            "ended two by one (revoked)",
            "ended one (operator)",
        ]
    );

    let mut entries = read(&store, &ada, ALL).await;
    entries.reverse();
    assert_eq!(entries.iter().map(|entry| entry.at).collect::<Vec<_>>(), [NOW, NOW, soon, soon, soon]);
    let (began, ended) = (&entries[1], &entries[3]);
    assert_eq!((&*began.user_agent, &*began.ip_address), ("agent of two", "203.0.113.7"));
    assert_eq!((&*ended.user_agent, &*ended.ip_address), ("agent of two", "203.0.113.7"));
    let (_, by_user_agent, by_device_name) = ended.by.as_ref().expect("an actor");
    assert_eq!((&**by_user_agent, by_device_name), ("agent of one", &None));
    assert_eq!(entries[4].ip_address, "", "an operator's address is not the session's");

    let expired = session_at(&ada, "three", soon);
    open(&store, None, &expired, &limit(5, &[])).await.expect("a sign-in");
    store.sweep(soon.plus(2 * HOUR), Timestamp::default(), 10).await.expect("a sweep");
    let last = read(&store, &ada, ALL).await.remove(0);
    assert_eq!((words(&last).as_str(), last.at), ("ended three (expired)", soon.plus(HOUR)));
}

/// Those of the session itself and of the actor.
pub async fn client_hints_are_kept_in_the_history(store: Arc<dyn Store>) {
    let (ada, _) = signed_in(&store, "ada", &["one"]).await;
    let mut with_hints = session(&ada, "two");
    with_hints.session.client_hints = brave();
    open(&store, None, &with_hints, &limit(5, &[])).await.expect("a sign-in");
    let actor = Actor { session: &session_id("two"), user: &ada.user.id };
    store.end_by_id(actor, &session_id("one"), EndedReason::Revoked, NOW).await.expect("an answer");
    let found = find(&store, "one").await;
    let ender = found.end.and_then(|end| end.by).expect("an actor");
    assert_eq!(device_of(&ender.user_agent).label, "Brave 142");

    let entries = read(&store, &ada, ALL).await;
    let (ended, began) = (&entries[0], &entries[1]);
    assert_eq!(
        (words(began).as_str(), words(ended).as_str()),
        ("signed_in two", "ended one by two (revoked)")
    );
    assert_eq!(device_of(&began.user_agent).label, "Brave 142");
    let (_, by_user_agent, _) = ended.by.as_ref().expect("an actor");
    assert_eq!(device_of(by_user_agent).label, "Brave 142");
}

/// Although the new session is stored after the others have ended.
pub async fn history_names_the_sign_in_that_ended_other_sessions(store: Arc<dyn Store>) {
    let (ada, _) = signed_in(&store, "ada", &["one", "two"]).await;
    open(&store, None, &session(&ada, "three"), &limit(2, &["two"])).await.expect("a sign-in");
    open(&store, None, &session(&ada, "four"), &limit(2, &[])).await.expect("a sign-in");
    let told = lines(&store, &ada).await;
    assert_eq!(
        told[2..],
        ["signed_in three", "ended two by three (replaced)", "signed_in four", "ended one by four (evicted)",]
    );
    let last = read(&store, &ada, ALL).await.remove(0);
    assert_eq!(last.by.expect("an actor").1, "agent of four");
}

/// Setting the same name again writes no entry.
pub async fn rename_is_in_the_history_with_the_previous_label(store: Arc<dyn Store>) {
    let (ada, sessions) = signed_in(&store, "ada", &["one", "two"]).await;
    for name in [Some("Work"), Some("Work"), Some("Home"), None] {
        assert!(store.rename(actor(&sessions[1]), &session_id("one"), name, NOW).await.expect("an answer"));
    }
    let told = lines(&store, &ada).await;
    assert_eq!(told[2..], ["renamed one by two (Work)", "renamed one by two (Home)", "renamed one by two"]);
    let before: Vec<_> = read(&store, &ada, ALL).await.into_iter().map(|entry| entry.device_name).collect();
    assert_eq!(before[..3], [Some("Home".to_owned()), Some("Work".to_owned()), None]);
    // Earlier entries keep the name from their time.
    let ended = store.end_by_id(actor(&sessions[1]), &session_id("one"), EndedReason::Revoked, NOW).await;
    assert!(ended.expect("an answer").is_some());
    assert_eq!(read(&store, &ada, ALL).await[0].device_name, None);
}

/// Each entry has the address of its device and that of the acting device.
pub async fn history_has_the_addresses_of_both_devices(store: Arc<dyn Store>) {
    let (ada, sessions) = signed_in(&store, "ada", &["one", "two", "three"]).await;
    let soon = NOW.plus(Duration::from_secs(1));
    let (one, two) = ("198.51.100.1", "198.51.100.2");
    store.touch(&[moved("one", soon, one), moved("two", soon, two)]).await.expect("a write");
    let by = actor(&sessions[0]);
    assert!(store.rename(by, &session_id("two"), Some("Work"), soon).await.expect("an answer"));
    let switched = NewHistoryEntry {
        by_session: Some(session_id("one")),
        ip_address: Some("192.0.2.1".to_owned()),
        ..NewHistoryEntry::new(HistoryKind::Switched, ada.user.id.clone(), Some(session_id("one")), soon)
    };
    store.record(&[switched], None).await.expect("a write");
    let ended = store.end_by_id(by, &session_id("two"), EndedReason::Revoked, soon).await;
    assert!(ended.expect("an answer").is_some());
    let undo = Undo { actor: by, id: &session_id("two"), ended_after: NOW, maximum: 5 };
    assert!(store.undo_revoke(undo, soon).await.expect("an answer"));
    store.end_of_user(&operator(), &ada.user.id, soon).await.expect("an answer");
    let of_kind = async |kind| {
        let entries = read(&store, &ada, HistoryQuery { kinds: &[kind], ..ALL }).await;
        let told = entries.iter().map(|entry| {
            let about = entry.session_id.as_ref().map(name).unwrap_or_default();
            format!("{about} at {}, done at {}", entry.device_address(), entry.ip_address)
        });
        let mut told: Vec<_> = told.collect();
        told.sort();
        told
    };
    let away = format!("two at {two}, done at {one}");
    assert_eq!(of_kind(HistoryKind::Renamed).await, std::slice::from_ref(&away));
    assert_eq!(of_kind(HistoryKind::RevokeUndone).await, std::slice::from_ref(&away));
    assert_eq!(
        of_kind(HistoryKind::Ended).await,
        [
            format!("one at {one}, done at "),
            "three at 203.0.113.7, done at ".to_owned(),
            format!("two at {two}, done at "),
            away,
        ]
    );
    assert_eq!(of_kind(HistoryKind::Switched).await, ["one at 192.0.2.1, done at 192.0.2.1"]);
    assert_eq!(
        of_kind(HistoryKind::AddressChanged).await,
        [format!("one at {one}, done at {one}"), format!("two at {two}, done at {two}")]
    );
    let signed_in = of_kind(HistoryKind::SignedIn).await;
    assert_eq!(signed_in[0], "one at 203.0.113.7, done at 203.0.113.7");
}

/// The entry has the address of the other browser.
pub async fn another_browser_is_in_the_history_once_and_an_update_is_not(store: Arc<dyn Store>) {
    let (ada, sessions) = signed_in(&store, "ada", &["one", "two"]).await;
    let soon = NOW.plus(Duration::from_secs(1));
    let updated = Touch { user_agent: Some("updated".to_owned()), ..touch("one", soon) };
    store.touch(&[updated, touch("two", soon)]).await.expect("a write");
    let stored = find(&store, "one").await.stored;
    assert_eq!(
        (stored.last_user_agent.as_deref(), &*stored.session.user_agent),
        (Some("updated"), "agent of one")
    );
    assert_eq!(find(&store, "two").await.stored.last_user_agent, None);
    assert_eq!(lines(&store, &ada).await.len(), 2, "an update is nothing new");

    let other =
        |address| Touch { other_user_agent: Some("a thief".to_owned()), ..moved("one", soon, address) };
    store.touch(&[other("198.51.100.9")]).await.expect("a write");
    store.touch(&[other("198.51.100.9")]).await.expect("a write");
    let stored = find(&store, "one").await.stored;
    assert_eq!(
        (stored.last_user_agent.as_deref(), stored.other_user_agent.as_deref()),
        (Some("updated"), Some("a thief"))
    );
    let mut entries = read(&store, &ada, HistoryQuery { kinds: &[HistoryKind::BrowserChanged], ..ALL }).await;
    assert_eq!(entries.len(), 1);
    let entry = entries.remove(0);
    assert_eq!((words(&entry).as_str(), entry.at), ("browser_changed one by one", soon));
    assert_eq!((&*entry.user_agent, entry.device_address()), ("updated", "203.0.113.7"));
    let by = entry.by.expect("an actor");
    assert_eq!((&*by.1, by.2, &*entry.ip_address), ("a thief", None, "198.51.100.9"));

    // Later entries have the current user agent.
    let ended = store.end_by_id(actor(&sessions[0]), &session_id("two"), EndedReason::Revoked, soon).await;
    assert!(ended.expect("an answer").is_some());
    let last = read(&store, &ada, ALL).await.remove(0);
    assert_eq!(last.by.expect("an actor").1, "updated");
    assert_eq!(
        find(&store, "two").await.end.expect("it has ended").by.expect("an actor").user_agent,
        "updated"
    );
}

/// Even if the session returned to its old address before the write.
pub async fn each_address_of_one_batch_is_in_the_history(store: Arc<dyn Store>) {
    let (ada, _) = signed_in(&store, "ada", &["one", "two"]).await;
    let soon = |second| NOW.plus(Duration::from_secs(second));
    let batch = [
        moved("one", soon(1), "198.51.100.9"),
        moved("two", soon(1), "192.0.2.2"),
        moved("one", soon(2), "203.0.113.7"),
    ];
    store.touch(&batch).await.expect("a write");
    let stored = find(&store, "one").await.stored;
    assert_eq!((stored.last_address(), stored.last_active_at), ("203.0.113.7", soon(2)));
    assert_eq!(stored.last_ip_address, None, "it is back at the address of its sign-in");
    let one = session_id("one");
    let kinds = &[HistoryKind::AddressChanged];
    let entries = read(&store, &ada, HistoryQuery { session: Some(&one), kinds, ..ALL }).await;
    let told: Vec<_> = entries.iter().map(|entry| (entry.at, &*entry.ip_address)).collect();
    assert_eq!(told, [(soon(2), "203.0.113.7"), (soon(1), "198.51.100.9")]);
}

/// Entries of other kinds and of other users stay.
pub async fn the_latest_thousand_entries_of_each_kind_are_kept(store: Arc<dyn Store>) {
    let (ada, _) = signed_in(&store, "ada", &["one"]).await;
    let (grace, _) = signed_in(&store, "grace", &["other"]).await;
    let entry = |user: &NewUser, number: usize| NewHistoryEntry {
        detail: Some(number.to_string()),
        ..NewHistoryEntry::new(HistoryKind::Renamed, user.user.id.clone(), None, NOW)
    };
    store.record(&[entry(&grace, 0)], None).await.expect("a write");
    let entries: Vec<_> = (0..1_003).map(|number| entry(&ada, number)).collect();
    for batch in entries.chunks(100) {
        store.record(batch, None).await.expect("a write");
    }
    let renamed = HistoryQuery { kinds: &[HistoryKind::Renamed], limit: 2_000, ..ALL };
    let kept = read(&store, &ada, renamed).await;
    assert_eq!(kept.len(), 1_000);
    assert_eq!((kept[0].detail.as_deref(), kept[999].detail.as_deref()), (Some("1002"), Some("3")));
    assert_eq!(read(&store, &grace, renamed).await.len(), 1);
    assert_eq!(read(&store, &ada, HistoryQuery { kinds: &[HistoryKind::SignedIn], ..ALL }).await.len(), 1);
}

/// With the previous address. An unchanged address or a late write adds no entry.
pub async fn new_address_is_in_the_history_once(store: Arc<dyn Store>) {
    let (ada, sessions) = signed_in(&store, "ada", &["one", "two"]).await;
    let soon = NOW.plus(Duration::from_secs(1));
    for address in ["198.51.100.1", "198.51.100.1", "2001:db8::1"] {
        store.touch(&[moved("one", soon, address), touch("two", soon)]).await.expect("a write");
    }
    store.touch(&[touch("one", soon)]).await.expect("a write");
    assert_eq!(find(&store, "one").await.stored.last_address(), "2001:db8::1");
    assert_eq!(find(&store, "two").await.stored.last_address(), "203.0.113.7");
    assert_eq!(find(&store, "one").await.stored.session.ip_address, "203.0.113.7", "where it began stays");
    let told = lines(&store, &ada).await;
    assert_eq!(
        told[2..],
        ["address_changed one by one (203.0.113.7)", "address_changed one by one (198.51.100.1)"]
    );
    let last = read(&store, &ada, ALL).await.remove(0);
    assert_eq!((last.at, &*last.ip_address), (soon, "2001:db8::1"));

    store
        .end_by_id(actor(&sessions[0]), &session_id("two"), EndedReason::Revoked, soon)
        .await
        .expect("an end");
    assert_eq!(read(&store, &ada, ALL).await[0].ip_address, "2001:db8::1", "where the actor is now");
    store.touch(&[moved("two", soon, "198.51.100.2")]).await.expect("a write");
    assert_eq!(read(&store, &ada, ALL).await.len(), 5);
}

/// A rehash of the same password adds no entry.
pub async fn password_change_is_in_the_history_with_the_sessions_it_ended(store: Arc<dyn Store>) {
    let (ada, sessions) = signed_in(&store, "ada", &["one", "two"]).await;
    store.rehash_password(&ada.user.id, "hash of ada", "rehashed", NOW).await.expect("a write");
    let new = session(&ada, "new");
    let next = NextSession::New(&new);
    let changed = change_password(&store, actor(&sessions[0]), "rehashed", "changed", next, false, NOW).await;
    assert!(changed.expect("an answer").is_some());
    let mut told = lines(&store, &ada).await.split_off(2);
    told[1..3].sort();
    assert_eq!(
        told,
        [
            "password_changed one by one",
            "ended one by one (password_changed)",
            "ended two by one (password_changed)",
            "signed_in new",
        ]
    );
}

/// The current password was verified, so the session is fresh, and the history has an entry for every proof.
pub async fn password_change_that_keeps_sessions_is_in_the_history_with_its_proof(store: Arc<dyn Store>) {
    let (ada, sessions) = signed_in(&store, "ada", &["one", "two"]).await;
    let soon = NOW.plus(Duration::from_secs(1));
    let (by, renewal) = (actor(&sessions[0]), renewal("renewed", soon));
    let next = NextSession::Renewed(&renewal);
    let changed = change_password(&store, by, &ada.password_hash, "changed", next, false, soon).await;
    assert!(changed.expect("an answer").is_some());
    let told = lines(&store, &ada).await;
    assert_eq!(told[2..], ["password_changed one by one", "reauthenticated one by one"]);
}

/// With the change that belongs to them.
pub async fn recorded_entries_are_read_back_and_announced(store: Arc<dyn Store>) {
    let (ada, sessions) = signed_in(&store, "ada", &["one", "two"]).await;
    assert!(
        store.rename(actor(&sessions[0]), &session_id("one"), Some("Work"), NOW).await.expect("an answer")
    );
    let mut changes = store.changes();
    let (user, one) = (ada.user.id.clone(), session_id("one"));
    let change = Change::Switched { user: user.clone(), from: session_id("two"), to: one.clone() };
    let switched = NewHistoryEntry {
        by_session: Some(session_id("two")),
        ip_address: Some("198.51.100.1".to_owned()),
        ..NewHistoryEntry::new(HistoryKind::Switched, user.clone(), Some(one.clone()), NOW)
    };
    let exported = NewHistoryEntry {
        by_session: Some(one.clone()),
        ..NewHistoryEntry::new(HistoryKind::Exported, user.clone(), Some(one), NOW)
    };
    let refused = NewHistoryEntry {
        user_agent: Some("a stranger".to_owned()),
        detail: Some("locked".to_owned()),
        ip_address: Some("198.51.100.2".to_owned()),
        ..NewHistoryEntry::new(HistoryKind::PasswordRefused, user, None, NOW)
    };
    store.record(&[switched, exported, refused], Some(change.clone())).await.expect("a write");
    loop {
        match tokio::time::timeout(super::naming::PATIENCE, changes.next()).await.expect("it is told in time")
        {
            Some(told) if told == change => break,
            // Earlier changes may arrive as well.
            Some(_) => {}
            None => panic!("the store is gone"),
        }
    }
    let entries = read(&store, &ada, HistoryQuery { limit: 3, ..ALL }).await;
    let [refused, exported, switched] = &entries[..] else { panic!("{entries:?}") };
    assert_eq!(words(switched), "switched one by two");
    assert_eq!((&*switched.user_agent, &*switched.ip_address), ("agent of one", "198.51.100.1"));
    assert_eq!(switched.device_name.as_deref(), Some("Work"));
    assert_eq!(words(exported), "exported one by one");
    let by = (session_id("one"), "agent of one".to_owned(), Some("Work".to_owned()));
    assert_eq!((exported.by.as_ref(), &*exported.ip_address), (Some(&by), "203.0.113.7"));
    assert_eq!(words(refused), "password_refused (locked)");
    assert_eq!((&*refused.user_agent, &*refused.ip_address), ("a stranger", "198.51.100.2"));
}

/// And unknown users have no history.
pub async fn refused_changes_leave_no_history(store: Arc<dyn Store>) {
    let (ada, sessions) = signed_in(&store, "ada", &["one", "two"]).await;
    let (_, others) = signed_in(&store, "grace", &["other"]).await;
    assert!(open(&store, None, &session(&ada, "three"), &refusing(2, &[])).await.is_err());
    let by = actor(&others[0]);
    assert!(
        store
            .end_by_id(by, &session_id("one"), EndedReason::Revoked, NOW)
            .await
            .expect("an answer")
            .is_none()
    );
    assert!(!store.rename(by, &session_id("one"), Some("Mine"), NOW).await.expect("an answer"));
    let (by, new, renewal) = (actor(&sessions[0]), session(&ada, "new"), renewal("renewed", NOW));
    for next in [NextSession::New(&new), NextSession::Renewed(&renewal)] {
        let changed = change_password(&store, by, "another hash", "changed", next, false, NOW).await;
        assert!(changed.expect("an answer").is_none());
    }
    let nobody = UserId::new("user-nobody").expect("an id");
    let entry = NewHistoryEntry::new(HistoryKind::PasswordRefused, nobody, None, NOW);
    store.record(&[entry], None).await.expect("a write");
    store.record(&[], None).await.expect("a write");
    assert_eq!(lines(&store, &ada).await, ["signed_in one", "signed_in two"]);
}

/// By kind, by session, or by both.
pub async fn history_is_read_in_pages_and_filtered(store: Arc<dyn Store>) {
    let (ada, sessions) = signed_in(&store, "ada", &["one", "two", "three"]).await;
    for ended in ["two", "three"] {
        let ended = store.end_by_id(actor(&sessions[0]), &session_id(ended), EndedReason::Revoked, NOW).await;
        assert!(ended.expect("an answer").is_some());
    }
    let mut before = None;
    let mut paged = Vec::new();
    for expected in [2, 2, 1, 0] {
        let page = read(&store, &ada, HistoryQuery { before, limit: 2, ..ALL }).await;
        assert_eq!(page.len(), expected);
        before = page.last().map(|last| last.seq).or(before);
        paged.extend(page);
    }
    assert_eq!(paged, read(&store, &ada, ALL).await);
    let ended = read(&store, &ada, HistoryQuery { kinds: &[HistoryKind::Ended], ..ALL }).await;
    assert_eq!(
        ended.iter().map(words).collect::<Vec<_>>(),
        ["ended three by one (revoked)", "ended two by one (revoked)"]
    );
    let kinds = &[HistoryKind::Ended, HistoryKind::SignedIn];
    let of_two = session_id("two");
    let query = HistoryQuery { session: Some(&of_two), kinds, ..ALL };
    let of_two: Vec<_> = read(&store, &ada, query).await.iter().map(words).collect();
    assert_eq!(of_two, ["ended two by one (revoked)", "signed_in two"]);
    assert!(read(&store, &ada, HistoryQuery { kinds: &[HistoryKind::Exported], ..ALL }).await.is_empty());
}

/// Not even by the id of one of the user's sessions.
pub async fn history_of_another_user_is_not_read(store: Arc<dyn Store>) {
    let (ada, _) = signed_in(&store, "ada", &["one"]).await;
    let (grace, _) = signed_in(&store, "grace", &["other"]).await;
    assert_eq!(lines(&store, &grace).await, ["signed_in other"]);
    let other = session_id("other");
    assert!(read(&store, &ada, HistoryQuery { session: Some(&other), ..ALL }).await.is_empty());
}

/// Sessions have a shorter retention.
pub async fn history_outlives_its_sessions_and_is_deleted_after_its_retention(store: Arc<dyn Store>) {
    let (ada, _) = signed_in(&store, "ada", &["one", "two"]).await;
    let later = NOW.plus(Duration::from_secs(1));
    store.end_of_user(&operator(), &ada.user.id, later).await.expect("an answer");
    assert_eq!(store.sweep(later, later, 10).await.expect("a sweep"), (0, 2));
    assert_eq!(read(&store, &ada, ALL).await[0].user_agent, "agent of two");
    assert_eq!(store.forget_history(NOW, 1).await.expect("a sweep"), 1);
    assert_eq!(store.forget_history(NOW, 10).await.expect("a sweep"), 1);
    assert_eq!(store.forget_history(NOW, 10).await.expect("a sweep"), 0);
    assert_eq!(read(&store, &ada, ALL).await.len(), 2);
}

/// Each change exactly once.
pub async fn simultaneous_changes_are_all_in_the_history(store: Arc<dyn Store>) {
    let (ada, _) = signed_in(&store, "ada", &["first"]).await;
    let mut acts = Vec::new();
    for number in 0..24 {
        let (store, new) = (Arc::clone(&store), session(&ada, &format!("n{number}")));
        acts.push(tokio::spawn(async move {
            open(&store, None, &new, &limit(3, &[])).await.expect("a sign-in");
            let renewal = renewal(&format!("r{number}"), NOW);
            store.prove(actor(&new), &renewal, None, NOW).await.expect("an answer")
        }));
    }
    let mut renewed = 0;
    for act in acts {
        renewed += usize::from(act.await.expect("no panic"));
    }
    let of = async |kind| read(&store, &ada, HistoryQuery { kinds: &[kind], ..ALL }).await.len();
    assert_eq!(of(HistoryKind::SignedIn).await, 25);
    assert_eq!(of(HistoryKind::Ended).await, 22);
    assert_eq!(of(HistoryKind::Reauthenticated).await, renewed);
}
