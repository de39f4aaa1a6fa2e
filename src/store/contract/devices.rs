//! The keys by which an account recognizes browsers.

use std::time::Duration;

use super::*;
use crate::{DeviceKey, HistoryKind, HistoryQuery, KnownDevice, MailKind, Purpose, Rotation, StoredToken};

pub(super) fn key(number: u8) -> DeviceKey {
    DeviceKey::from_bytes(&[number; 32]).expect("32 bytes")
}

fn from(user: &NewUser, name: &str, at: Timestamp, keys: &[u8]) -> NewSession {
    NewSession { device_keys: keys.iter().map(|it| key(*it)).collect(), ..session_at(user, name, at) }
}

async fn known(store: &Arc<dyn Store>, user: &NewUser) -> Vec<KnownDevice> {
    let mut known = store.known_devices(&user.user.id).await.expect("a list");
    known.sort_by_key(|known| *known.key.as_bytes());
    known
}

fn seen(number: u8, seen_at: Timestamp) -> KnownDevice {
    KnownDevice { key: key(number), seen_at, is_forgotten: false }
}

/// Each key has the time of the last sign-in with it, and belongs to one account only.
pub async fn browser_is_recognized_by_its_keys_from_earlier_sign_ins(store: Arc<dyn Store>) {
    let (grace, _) = signed_in(&store, "grace", &["g1"]).await;
    let ada = user("ada");
    open(&store, Some(&ada), &from(&ada, "one", NOW, &[1, 2]), &limit(5, &[])).await.expect("a sign-up");
    assert_eq!(known(&store, &ada).await, [seen(1, NOW), seen(2, NOW)]);
    let later = NOW.plus(HOUR);
    open(&store, None, &from(&ada, "two", later, &[2, 3]), &limit(5, &[])).await.expect("a sign-in");
    assert_eq!(known(&store, &ada).await, [seen(1, NOW), seen(2, later), seen(3, later)]);
    assert_eq!(known(&store, &grace).await, []);
}

/// Only devices of that account, and not after a report has forgotten them.
pub async fn known_devices_of_an_account_are_found_by_its_email(store: Arc<dyn Store>) {
    let (ada, grace) = (user("ada"), user("grace"));
    let one = from(&ada, "one", NOW, &[1]);
    open(&store, Some(&ada), &one, &limit(5, &[])).await.expect("a sign-up");
    open(&store, Some(&grace), &from(&grace, "g1", NOW, &[2]), &limit(5, &[])).await.expect("a sign-up");
    open(&store, None, &session(&ada, "two"), &limit(5, &[])).await.expect("a sign-in");
    let is_known =
        async |email: &str, number| store.is_known_device(email, &key(number)).await.expect("an answer");
    assert!(is_known("ada@example.org", 1).await);
    assert!(!is_known("ada@example.org", 2).await);
    assert!(!is_known("nobody@example.org", 1).await);
    let rotation = Rotation { handle: handle("rotated"), secret_hash: one.secret_hash };
    let report = report_session(&store, actor(&one), &session_id("two"), &rotation, false, NOW).await;
    report.expect("an answer").expect("it is reported");
    assert!(!is_known("ada@example.org", 1).await);
    assert!(is_known("grace@example.org", 2).await);
}

/// The user's known devices stay unchanged.
pub async fn refused_sign_in_adds_no_known_device(store: Arc<dyn Store>) {
    let (ada, _) = signed_in(&store, "ada", &["one"]).await;
    assert_limit_reached(open(&store, None, &from(&ada, "two", NOW, &[1]), &refusing(1, &[])).await);
    assert_eq!(known(&store, &ada).await, []);
}

/// The history entry follows the one of the sign-in.
pub async fn sign_in_on_a_new_device_is_marked_and_in_the_history(store: Arc<dyn Store>) {
    let (ada, _) = signed_in(&store, "ada", &["one"]).await;
    let new = NewSession { new_device: true, ..session(&ada, "two") };
    open(&store, None, &new, &limit(5, &[])).await.expect("a sign-in");
    assert!(find(&store, "two").await.stored.new_device);
    assert!(!find(&store, "one").await.stored.new_device);
    let query = HistoryQuery { session: None, kinds: &[], before: None, limit: 10 };
    let history = store.history(&ada.user.id, query).await.expect("a history");
    let told: Vec<_> =
        history.iter().map(|it| (it.kind.expect("known"), it.session_id.as_ref().map(name))).collect();
    let of = |kind, name: &str| (kind, Some(name.to_owned()));
    assert_eq!(
        told,
        [
            of(HistoryKind::NewDevice, "two"),
            of(HistoryKind::SignedIn, "two"),
            of(HistoryKind::SignedIn, "one"),
        ]
    );
    assert_eq!((history[0].ip_address.as_str(), history[0].at), ("203.0.113.7", NOW));
}

/// Until the next sign-in with them. Reports by a session and by mail, and only for that user.
pub async fn report_forgets_the_known_devices(store: Arc<dyn Store>) {
    let (ada, grace) = (user("ada"), user("grace"));
    let one = from(&ada, "one", NOW, &[1]);
    open(&store, Some(&ada), &one, &limit(5, &[])).await.expect("a sign-up");
    open(&store, Some(&grace), &from(&grace, "g1", NOW, &[1]), &limit(5, &[])).await.expect("a sign-up");
    open(&store, None, &from(&ada, "two", NOW, &[2]), &limit(5, &[])).await.expect("a sign-in");
    let rotation = Rotation { handle: handle("rotated"), secret_hash: one.secret_hash };
    let report = report_session(&store, actor(&one), &session_id("two"), &rotation, false, NOW).await;
    report.expect("an answer").expect("it is reported");
    let forgotten = |number| KnownDevice { is_forgotten: true, ..seen(number, NOW) };
    assert_eq!(known(&store, &ada).await, [forgotten(1), forgotten(2)]);
    assert_eq!(known(&store, &grace).await, [seen(1, NOW)]);

    open(&store, None, &from(&ada, "three", NOW, &[2]), &limit(5, &[])).await.expect("a sign-in");
    assert_eq!(known(&store, &ada).await, [forgotten(1), seen(2, NOW)]);

    let hash = SecretHash::from_bytes(&[5; 32]).expect("32 bytes");
    let token = StoredToken {
        hash,
        user_id: ada.user.id.clone(),
        purpose: MailKind::NewDevice.purpose(),
        session_id: None,
        redirect_to: None,
        created_at: NOW,
        expires_at: NOW.plus(HOUR),
    };
    assert_eq!(token.purpose, Purpose::NotMe);
    store.put_token(&token).await.expect("it is stored");
    let reset = SecretHash::from_bytes(&[6; 32]).expect("32 bytes");
    let reported = report_by_mail(&store, &hash, &reset, NOW.plus(HOUR), NOW).await;
    reported.expect("an answer").expect("it is reported");
    assert_eq!(known(&store, &ada).await, [forgotten(1), forgotten(2)]);
}

/// Otherwise frequent sign-ins would fill the table.
pub async fn the_hundred_most_recent_keys_are_kept(store: Arc<dyn Store>) {
    let ada = user("ada");
    open(&store, Some(&ada), &from(&ada, "s0", NOW, &[0]), &limit(5, &[])).await.expect("a sign-up");
    for number in 1..=101_u8 {
        let at = NOW.plus(Duration::from_secs(number.into()));
        let new = from(&ada, &format!("s{number}"), at, &[number]);
        open(&store, None, &new, &limit(5, &[])).await.expect("a sign-in");
    }
    let known = known(&store, &ada).await;
    assert_eq!(known.len(), 100);
    assert_eq!(known[0].key, key(2));
}
