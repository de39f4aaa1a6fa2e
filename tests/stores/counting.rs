//! A store outside of the library: it counts its calls and passes them to another store.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use multi_session::{
    AccountStatus, AccountStore, Actor, Alongside, Begun, Browser, Change, ChangeError, Changes, Client,
    ConsumerBacklog, ConsumerLease, Deliverer, DeviceKey, DueEvent, DueMail, Ended, EndedReason, Epoch,
    Found, Handle, HistoryQuery, Keep, KnownDevice, Limit, MemoryStore, NewHistoryEntry, NewMail,
    NewOperatorAct, NewSession, NextSession, Operator, OperatorAct, OperatorStore, Options, OutboxEvent,
    OutboxStore, Page, Presented, Proof, Purpose, Renewal, Rotation, SecretHash, SessionEvent, SessionId,
    Sessions, Statistics, Store, StoreError, StoredHistoryEntry, StoredPassword, StoredSession, StoredTicket,
    StoredToken, StreamItem, Subject, Superseded, Timestamp, Touch, Transaction, Undo, Undoable, User,
    UserId,
};
use tokio::sync::{mpsc, oneshot};
use tokio::task::yield_now;
use tokio::time::timeout;

/// Counts the calls to a store.
struct CountingStore<S> {
    store: S,
    calls: Mutex<Vec<&'static str>>,
    /// Whether it never answers calls that delete events.
    is_stuck: bool,
}

impl<S> CountingStore<S> {
    fn new(store: S) -> Self {
        Self { store, calls: Mutex::default(), is_stuck: false }
    }

    fn counted(&self, method: &'static str) -> &S {
        self.calls.lock().expect("no panic").push(method);
        &self.store
    }

    fn calls(&self) -> usize {
        self.calls.lock().expect("no panic").len()
    }

    fn calls_of(&self, method: &str) -> usize {
        self.calls.lock().expect("no panic").iter().filter(|call| **call == method).count()
    }
}

/// Writes methods that count and call the other store.
macro_rules! counted {
    ($trait:ident { $($method:ident($($argument:ident: $type:ty),*) -> $answer:ty;)* } $($rest:tt)*) => {
        #[async_trait]
        impl<S: Store> $trait for CountingStore<S> {
            $(async fn $method(&self, $($argument: $type),*) -> $answer {
                self.counted(stringify!($method)).$method($($argument),*).await
            })*

            $($rest)*
        }
    };
}

counted! { Store {
    live_by_handles(handles: &[&Handle], now: Timestamp) -> Result<Vec<Arc<StoredSession>>, StoreError>;
    live_of_user(user: &UserId, now: Timestamp) -> Result<Vec<Arc<StoredSession>>, StoreError>;
    find(ids: &[&SessionId]) -> Result<Vec<Found>, StoreError>;
    find_by_handle(handle: &Handle) -> Result<Option<Found>, StoreError>;
    of_user(user: &UserId, page: Page<'_>, now: Timestamp) -> Result<Vec<Found>, StoreError>;
    ended_of_user(user: &UserId, after: Timestamp, limit: u32) -> Result<Vec<Found>, StoreError>;
    known_devices(user: &UserId) -> Result<Vec<KnownDevice>, StoreError>;
    find_user(id: &UserId) -> Result<Option<User>, StoreError>;
    statistics(now: Timestamp, since: Timestamp) -> Result<Statistics, StoreError>;
    epoch(user: &UserId) -> Result<Epoch, StoreError>;
    account_status(user: &UserId, refused_after: Timestamp) -> Result<AccountStatus, StoreError>;
    begin(subject: &Subject, session: &NewSession, limit: &Limit, alongside: Option<&dyn Alongside>) -> Result<Begun, ChangeError>;
    put_ticket(ticket: &StoredTicket) -> Result<(), StoreError>;
    find_ticket(hash: &SecretHash, now: Timestamp) -> Result<Option<StoredTicket>, StoreError>;
    use_ticket(tx: &mut Transaction<'_>, hash: &SecretHash, now: Timestamp) -> Result<bool, StoreError>;
    prove(actor: Actor<'_>, renewal: &Renewal, epoch: Option<Epoch>, now: Timestamp) -> Result<bool, ChangeError>;
    extend(actor: Actor<'_>, from: Timestamp, to: Timestamp, now: Timestamp) -> Result<bool, StoreError>;
    superseded_by_handles(handles: &[&Handle], now: Timestamp) -> Result<Vec<Superseded>, StoreError>;
    use_credential(actor: Actor<'_>, handle: &Handle) -> Result<(), StoreError>;
    rename(actor: Actor<'_>, id: &SessionId, name: Option<&str>, now: Timestamp) -> Result<bool, StoreError>;
    recognize(actor: Actor<'_>, id: &SessionId, new_since: Timestamp, now: Timestamp) -> Result<Option<bool>, StoreError>;
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
    self.counted("changes").changes()
} }

counted! { AccountStore {
    password_of(email: &str) -> Result<Option<StoredPassword>, StoreError>;
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
    waiting_mails() -> Result<u64, StoreError>;
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
    lease_consumer(by: Deliverer<'_>, lease: Duration, now: Timestamp) -> Result<ConsumerLease, StoreError>;
    due_events(by: Deliverer<'_>, after: Option<&UserId>, limit: u32, now: Timestamp) -> Result<Vec<DueEvent>, StoreError>;
    fail_event(by: Deliverer<'_>, id: i64, retry_at: Option<Timestamp>, error: &str) -> Result<(), StoreError>;
    retry_events(consumer: &str) -> Result<u64, StoreError>;
    consumers() -> Result<Vec<ConsumerBacklog>, StoreError>;
    release_consumer(by: Deliverer<'_>) -> Result<(), StoreError>;
    forget_events(before: Timestamp, limit: u32) -> Result<u64, StoreError>;
} async fn drop_events(&self, by: Deliverer<'_>, ids: &[i64]) -> Result<(), StoreError> {
    if self.is_stuck {
        std::future::pending::<()>().await;
    }
    self.counted("drop_events").drop_events(by, ids).await
} }

async fn make() -> (Arc<dyn Store>, ()) {
    (Arc::new(CountingStore::new(MemoryStore::default())), ())
}

multi_session::store_contract!(make());

async fn sign_in(sessions: &Sessions, name: &str) -> Browser {
    let (nobody, client) = (Browser::default(), Client::default());
    let user = Subject::new(UserId::new(name).expect("an id"));
    let begun = sessions.begin(&nobody, &client, user, Proof::by("code"), Keep::Remembered).await;
    begun.expect("a session")
}

#[tokio::test]
async fn each_request_calls_the_store_once() {
    let store = Arc::new(CountingStore::new(MemoryStore::default()));
    let sessions = Sessions::new(Arc::clone(&store) as _, Options::default());
    let browser = sign_in(&sessions, "ada").await;
    let before = store.calls();
    let current = sessions.current(&Presented::of(&browser), &Client::default()).await.expect("an answer");
    assert!(current.active().is_some());
    assert_eq!(store.calls(), before + 1);
}

#[tokio::test]
async fn activity_of_many_sessions_is_written_in_parts() {
    let store = Arc::new(CountingStore::new(MemoryStore::default()));
    let sessions = Sessions::new(Arc::clone(&store) as _, Options::default());
    for number in 0..1_200 {
        sessions.touch(&SessionId::new(format!("s{number}")).expect("an id"), sessions.now());
    }
    assert_eq!(sessions.flush().await.expect("a write"), 1_200);
    assert_eq!(store.calls_of("touch"), 3);
    assert_eq!(sessions.flush().await.expect("nothing to write"), 0);
    assert_eq!(store.calls_of("touch"), 3);
}

#[tokio::test]
async fn changes_that_wait_are_read_by_one_query_and_told_in_order() {
    let store = Arc::new(CountingStore::new(MemoryStore::default()));
    let sessions = Sessions::new(Arc::clone(&store) as _, Options::default());
    let mut devices = Vec::new();
    for _ in 0..4 {
        devices.push(sign_in(&sessions, "ada").await.active().expect("a session").session.clone());
    }
    let browser = sign_in(&sessions, "ada").await;
    let mut watch = sessions.watch(&browser, &Client::default(), None).expect("a stream");
    watch.next().await.expect("the list");
    let following = tokio::spawn({
        let sessions = sessions.clone();
        async move { sessions.follow().await }
    });
    while store.calls_of("changes") < 1 {
        yield_now().await;
    }
    let before = store.calls_of("find");
    for device in &devices {
        let (user, ids) = (device.user_id.clone(), vec![device.id.clone()]);
        store.announce(Change::Sessions { user, ids }).await.expect("it is announced");
    }
    for device in &devices {
        let (_, item) = timeout(PATIENCE, watch.next()).await.expect("it is told in time").expect("an event");
        let StreamItem::Event(event) = item else { panic!("{item:?}") };
        assert!(matches!(&*event, SessionEvent::Created { row } if row.id == device.id), "{event:?}");
    }
    assert_eq!(store.calls_of("find"), before + 1);
    following.abort();
}

/// A timeout that is far longer than anything here takes, and shorter than that of a callback.
const PATIENCE: Duration = Duration::from_secs(30);
/// Long, so that it is extended only once in a test.
const LONG_LEASE: Duration = Duration::from_secs(60 * 60);

#[tokio::test]
async fn lease_is_written_once_for_many_events() {
    let store = Arc::new(CountingStore::new(MemoryStore::default()));
    let sessions = Sessions::new(Arc::clone(&store) as _, Options::default());
    let outbox = sessions.outbox("audit").await.expect("it is added").lease(LONG_LEASE);
    let (tell, mut events) = mpsc::unbounded_channel();
    let running = tokio::spawn(outbox.run(std::future::pending(), move |event| {
        let told = tell.send(event);
        async { told }
    }));
    for number in 0..10 {
        sign_in(&sessions, &format!("u{number}")).await;
        timeout(PATIENCE, events.recv()).await.expect("it is delivered in time").expect("an event");
    }
    assert_eq!(store.calls_of("lease_consumer"), 1);
    running.abort();
}

#[tokio::test]
async fn node_without_the_lease_makes_no_calls_after_a_change() {
    let store = Arc::new(CountingStore::new(MemoryStore::default()));
    let sessions = Sessions::new(Arc::clone(&store) as _, Options::default());
    let outbox = sessions.outbox("audit").await.expect("it is added").lease(LONG_LEASE);
    let another = Deliverer { consumer: "audit", id: "another" };
    store.lease_consumer(another, LONG_LEASE, sessions.now()).await.expect("an answer");
    let running =
        tokio::spawn(outbox.run(std::future::pending(), async |_: OutboxEvent| Ok::<_, StoreError>(())));
    while store.calls_of("lease_consumer") < 2 {
        yield_now().await;
    }
    sign_in(&sessions, "ada").await;
    let before = store.calls();
    for _ in 0..100 {
        yield_now().await;
    }
    assert_eq!(store.calls(), before);
    running.abort();
}

/// Signals when it is dropped.
struct Dropped(Option<oneshot::Sender<()>>);

impl Drop for Dropped {
    fn drop(&mut self) {
        let _ = self.0.take().map(|tell| tell.send(()));
    }
}

#[tokio::test]
async fn callbacks_are_cut_off_when_the_lease_expires_even_if_the_store_hangs() {
    let store = CountingStore { is_stuck: true, ..CountingStore::new(MemoryStore::default()) };
    let sessions = Sessions::new(Arc::new(store), Options::default());
    let outbox = sessions.outbox("audit").await.expect("it is added").lease(Duration::from_secs(3));
    let (tell, cut_off) = oneshot::channel();
    let tell = Mutex::new(Some(tell));
    let running = tokio::spawn(outbox.run(std::future::pending(), move |event: OutboxEvent| {
        let is_graces = event.user_id.as_str() == "grace";
        let guard = is_graces.then(|| Dropped(tell.lock().expect("no panic").take()));
        async move {
            if guard.is_some() {
                std::future::pending::<()>().await;
            }
            Ok::<_, StoreError>(())
        }
    }));
    sign_in(&sessions, "grace").await;
    sign_in(&sessions, "ada").await;
    timeout(PATIENCE, cut_off).await.expect("it is cut off in time").expect("it was called");
    running.abort();
}
