//! A store of another crate, which this one is to the library: it counts what it is asked, and asks another one.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use multi_session::{
    AccountStore, Actor, Alongside, Begun, Change, ChangeError, Changes, Deliverer, DeviceKey, DueEvent,
    DueMail, Ended, EndedReason, Epoch, Found, Handle, HistoryQuery, KnownDevice, Limit, MemoryStore,
    NewHistoryEntry, NewMail, NewOperatorAct, NewSession, NextSession, Operator, OperatorAct, OperatorStore,
    OutboxStore, Page, PasswordOf, Purpose, Renewal, Rotation, SecretHash, SessionId, Statistics, Store,
    StoreError, StoredHistoryEntry, StoredSession, StoredToken, Subject, Superseded, Timestamp, Touch,
    Transaction, Undo, Undoable, User, UserId,
};

/// Counts the calls to a store.
struct CountingStore<S> {
    store: S,
    calls: AtomicU64,
}

impl<S> CountingStore<S> {
    fn new(store: S) -> Self {
        Self { store, calls: AtomicU64::new(0) }
    }

    fn counted(&self) -> &S {
        self.calls.fetch_add(1, Ordering::Relaxed);
        &self.store
    }
}

/// Writes methods that count and ask the other store.
macro_rules! counted {
    ($trait:ident { $($method:ident($($argument:ident: $type:ty),*) -> $answer:ty;)* } $($rest:tt)*) => {
        #[async_trait]
        impl<S: Store> $trait for CountingStore<S> {
            $(async fn $method(&self, $($argument: $type),*) -> $answer {
                self.counted().$method($($argument),*).await
            })*

            $($rest)*
        }
    };
}

counted! { Store {
    live_by_handles(handles: &[&Handle], now: Timestamp) -> Result<Vec<StoredSession>, StoreError>;
    live_of_user(user: &UserId, now: Timestamp) -> Result<Vec<StoredSession>, StoreError>;
    find(ids: &[&SessionId]) -> Result<Vec<Found>, StoreError>;
    find_by_handle(handle: &Handle) -> Result<Option<Found>, StoreError>;
    of_user(user: &UserId, page: Page<'_>, now: Timestamp) -> Result<Vec<Found>, StoreError>;
    known_devices(user: &UserId) -> Result<Vec<KnownDevice>, StoreError>;
    find_user(id: &UserId) -> Result<Option<User>, StoreError>;
    statistics(now: Timestamp, since: Timestamp) -> Result<Statistics, StoreError>;
    epoch(user: &UserId) -> Result<Epoch, StoreError>;
    begin(subject: &Subject, session: &NewSession, limit: &Limit, alongside: Option<&dyn Alongside>) -> Result<Begun, ChangeError>;
    prove(actor: Actor<'_>, renewal: &Renewal, epoch: Option<Epoch>, now: Timestamp) -> Result<bool, ChangeError>;
    extend(id: &SessionId, from: Timestamp, to: Timestamp, now: Timestamp) -> Result<bool, StoreError>;
    superseded_by_handles(handles: &[&Handle], now: Timestamp) -> Result<Vec<Superseded>, StoreError>;
    use_credential(actor: Actor<'_>, handle: &Handle) -> Result<(), StoreError>;
    rename(actor: Actor<'_>, id: &SessionId, name: Option<&str>, now: Timestamp) -> Result<bool, StoreError>;
    end_by_id(actor: Actor<'_>, id: &SessionId, reason: EndedReason, now: Timestamp) -> Result<Option<Ended>, StoreError>;
    end_by_handle(actor: Actor<'_>, handle: &Handle, reason: EndedReason, now: Timestamp) -> Result<Option<Ended>, StoreError>;
    end_all(actor: Actor<'_>, own: bool, reason: EndedReason, now: Timestamp) -> Result<Option<Vec<Ended>>, StoreError>;
    undo_revoke(undo: Undo<'_>, now: Timestamp) -> Result<bool, StoreError>;
    undoable_by_handles(handles: &[&Handle], ended_after: Timestamp, now: Timestamp) -> Result<Vec<Undoable>, StoreError>;
    make_ends_final(user: &UserId, ended_after: Timestamp) -> Result<(), StoreError>;
    make_all_ends_final(ended_after: Timestamp) -> Result<(), StoreError>;
    end_held(ids: &[&SessionId], by: Option<&SessionId>, reason: EndedReason, now: Timestamp) -> Result<Vec<Ended>, StoreError>;
    credentials_changed(actor: Actor<'_>, next: NextSession<'_>, alongside: Option<&dyn Alongside>, now: Timestamp) -> Result<Option<Vec<Ended>>, ChangeError>;
    credentials_changed_of(user: &UserId, alongside: Option<&dyn Alongside>, now: Timestamp) -> Result<Option<Vec<Ended>>, ChangeError>;
    report(actor: Actor<'_>, id: &SessionId, rotation: &Rotation, lock: bool, alongside: Option<&dyn Alongside>, now: Timestamp) -> Result<Option<Vec<Ended>>, ChangeError>;
    report_of(user: &UserId, id: Option<&SessionId>, lock: bool, alongside: Option<&dyn Alongside>, now: Timestamp) -> Result<Option<Vec<Ended>>, ChangeError>;
    touch(batch: &[Touch]) -> Result<(), StoreError>;
    sweep(now: Timestamp, delete_before: Timestamp, limit: u32) -> Result<(u64, u64), StoreError>;
    history(user: &UserId, query: HistoryQuery<'_>) -> Result<Vec<StoredHistoryEntry>, StoreError>;
    record(entries: &[NewHistoryEntry], change: Option<Change>) -> Result<(), StoreError>;
    forget_history(before: Timestamp, limit: u32) -> Result<u64, StoreError>;
    announce(change: Change) -> Result<(), StoreError>;
    ping() -> Result<(), StoreError>;
    check_writes() -> Result<(), StoreError>;
    close() -> ();
} fn changes(&self) -> Changes {
    self.counted().changes()
} }

counted! { AccountStore {
    password_of(email: &str) -> Result<Option<PasswordOf>, StoreError>;
    has_password(user: &UserId) -> Result<bool, StoreError>;
    is_known_device(email: &str, key: &DeviceKey) -> Result<bool, StoreError>;
    rehash_password(user: &UserId, from: &str, to: &str, now: Timestamp) -> Result<(), StoreError>;
    add_account(tx: &mut Transaction<'_>, user: &UserId, email: &str, hash: &str, now: Timestamp) -> Result<bool, StoreError>;
    change_password(tx: &mut Transaction<'_>, user: &UserId, from: &str, to: &str, now: Timestamp) -> Result<bool, StoreError>;
    set_password(tx: &mut Transaction<'_>, user: &UserId, to: &str, now: Timestamp) -> Result<(), StoreError>;
    use_token(tx: &mut Transaction<'_>, hash: &SecretHash, purpose: Purpose, now: Timestamp) -> Result<Option<StoredToken>, StoreError>;
    add_token(tx: &mut Transaction<'_>, token: &StoredToken) -> Result<(), StoreError>;
    add_mail(tx: &mut Transaction<'_>, mail: &NewMail) -> Result<(), StoreError>;
    drop_resets(tx: &mut Transaction<'_>, user: &UserId) -> Result<(), StoreError>;
    request_reset(email: &str, redirect_to: Option<&str>, now: Timestamp) -> Result<bool, StoreError>;
    claim_mails(now: Timestamp, lease_until: Timestamp, limit: u32) -> Result<Vec<DueMail>, StoreError>;
    drop_mail(seq: i64) -> Result<(), StoreError>;
    put_off_mail(seq: i64, due_at: Timestamp) -> Result<(), StoreError>;
    put_token(token: &StoredToken) -> Result<(), StoreError>;
    find_token(hash: &SecretHash, purpose: Purpose, now: Timestamp) -> Result<Option<StoredToken>, StoreError>;
    sweep_tokens(now: Timestamp, limit: u32) -> Result<u64, StoreError>;
} }

counted! { OperatorStore {
    end_by_operator(by: &Operator, id: &SessionId, now: Timestamp) -> Result<Option<Ended>, StoreError>;
    end_of_user(by: &Operator, user: &UserId, now: Timestamp) -> Result<Vec<Ended>, StoreError>;
    end_of_everybody(now: Timestamp, limit: u32) -> Result<Vec<Ended>, StoreError>;
    disable_user(by: &Operator, user: &UserId, now: Timestamp) -> Result<Option<Vec<Ended>>, StoreError>;
    enable_user(by: &Operator, user: &UserId, now: Timestamp) -> Result<bool, StoreError>;
    allow_password_alone(by: &Operator, user: &UserId, now: Timestamp) -> Result<bool, StoreError>;
    forget_user(by: &Operator, user: &UserId, now: Timestamp) -> Result<Option<Vec<SessionId>>, StoreError>;
    record_act(act: &NewOperatorAct) -> Result<(), StoreError>;
    operator_acts(before: Option<i64>, limit: u32) -> Result<Vec<OperatorAct>, StoreError>;
    forget_acts(before: Timestamp, limit: u32) -> Result<u64, StoreError>;
} }

counted! { OutboxStore {
    add_consumer(name: &str) -> Result<(), StoreError>;
    remove_consumer(name: &str) -> Result<bool, StoreError>;
    claim_events(by: Deliverer<'_>, lease: Duration, limit: u32, now: Timestamp) -> Result<Option<Vec<DueEvent>>, StoreError>;
    settle_event(by: Deliverer<'_>, id: i64, retry_at: Option<Timestamp>) -> Result<(), StoreError>;
    release_consumer(by: Deliverer<'_>) -> Result<(), StoreError>;
    forget_events(before: Timestamp, limit: u32) -> Result<u64, StoreError>;
} }

async fn make() -> (Arc<dyn Store>, ()) {
    (Arc::new(CountingStore::new(MemoryStore::default())), ())
}

multi_session::store_contract!(make());

#[tokio::test]
async fn store_of_another_crate_is_asked_once_for_each_request() {
    use multi_session::{Browser, Client, Keep, Options, Presented, Proof, Sessions};

    let store = Arc::new(CountingStore::new(MemoryStore::default()));
    let sessions = Sessions::new(Arc::clone(&store) as _, Options::default());
    let (nobody, client) = (Browser::default(), Client::default());
    let ada = Subject::new(UserId::new("ada").expect("an id"));
    let begun = sessions.begin(&nobody, &client, ada, Proof::by("code"), Keep::Remembered).await;
    let browser = begun.expect("a session");
    let before = store.calls.load(Ordering::Relaxed);
    let current = sessions.current(&Presented::of(&browser), &client).await.expect("an answer");
    assert!(current.active().is_some());
    assert_eq!(store.calls.load(Ordering::Relaxed), before + 1);
}
