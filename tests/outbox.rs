//! Callbacks that get the events of the outbox.

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use multi_session::{
    Browser, Change, Client, Code, ConsumerBacklog, EndedReason, Keep, ManualClock, MemoryStore, Operator,
    Outbox, OutboxEvent, OutboxEventKind, Proof, Sessions, Store, Subject, Timestamp, UserId,
};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// A timeout that is far longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(20);

struct Nodes {
    store: Arc<dyn Store>,
    clock: Arc<ManualClock>,
}

impl Nodes {
    fn new() -> Self {
        let clock = Arc::new(ManualClock::new(Timestamp::from_unix_ms(1_795_000_000_000)));
        Self { store: Arc::new(MemoryStore::default()), clock }
    }

    /// Another node over the same store.
    fn start(&self) -> Sessions {
        Sessions::builder(Arc::clone(&self.store)).clock(Arc::clone(&self.clock) as _).build()
    }

    /// Moves the clock forward and wakes the consumers.
    async fn advance(&self, by: Duration) {
        self.clock.advance(by);
        self.wake().await;
    }

    async fn wake(&self) {
        self.store.announce(Change::Gap).await.expect("it is told");
    }
}

async fn sign_in(sessions: &Sessions, name: &str) -> Browser {
    let user = Subject::new(UserId::new(name).expect("an id"));
    let client = Client::default();
    let begun = sessions.begin(&Browser::default(), &client, user, Proof::by("code"), Keep::Remembered).await;
    begun.expect("a session")
}

/// A consumer that runs.
struct Running {
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Running {
    async fn stop(self) {
        drop(self.stop);
        timeout(PATIENCE, self.task).await.expect("it stops in time").expect("no panic");
    }

    /// Like a crash: nothing is finished.
    async fn kill(self) {
        self.task.abort();
        assert!(self.task.await.is_err_and(|error| error.is_cancelled()));
    }
}

type Events = mpsc::UnboundedReceiver<OutboxEvent>;
type EventSender = mpsc::UnboundedSender<OutboxEvent>;

/// Runs a consumer whose callback first passes the event to the test.
fn run<Fut>(
    outbox: Outbox,
    tell: EventSender,
    then: impl Fn(OutboxEvent) -> Fut + Send + Sync + 'static,
) -> Running
where
    Fut: Future<Output = Result<(), &'static str>> + Send + 'static,
{
    let (stop, stopped) = oneshot::channel();
    let task = tokio::spawn(outbox.run(async { drop(stopped.await) }, move |event: OutboxEvent| {
        // The test may have stopped listening.
        let _ = tell.send(event.clone());
        then(event)
    }));
    Running { stop, task }
}

async fn take(_event: OutboxEvent) -> Result<(), &'static str> {
    Ok(())
}

async fn next(told: &mut Events) -> OutboxEvent {
    timeout(PATIENCE, told.recv()).await.expect("it is told in time").expect("a consumer")
}

async fn audit(sessions: &Sessions) -> Outbox {
    // It then polls every second, and the lease does not expire on a busy machine.
    sessions.outbox("audit").await.expect("it is added").lease(Duration::from_secs(12))
}

#[tokio::test]
async fn callback_gets_events_in_order() {
    let nodes = Nodes::new();
    let sessions = nodes.start();
    let (tell, mut told) = mpsc::unbounded_channel();
    let running = run(audit(&sessions).await, tell, take);
    let (laptop, phone) = (sign_in(&sessions, "ada").await, sign_in(&sessions, "ada").await);
    sessions.revoke_others(&laptop).await.expect("the phone ends");
    let laptop = laptop.active().expect("it is signed in").session.id.clone();
    let phone = phone.active().expect("it is signed in").session.id.clone();
    let begun = [next(&mut told).await, next(&mut told).await];
    assert_eq!(
        begun.each_ref().map(|event| event.session_id.clone()),
        [Some(laptop.clone()), Some(phone.clone())]
    );
    assert!(
        matches!(&begun[0].kind, OutboxEventKind::Begun { signed_in_with: Some(how) } if how.as_str() == "code")
    );
    assert_eq!(next(&mut told).await.kind, OutboxEventKind::NewDevice, "the first browser is none");
    let ended = next(&mut told).await;
    assert_eq!(ended.kind, OutboxEventKind::Ended { reason: EndedReason::Revoked });
    assert_eq!((ended.user_id.as_str(), ended.session_id, ended.by), ("ada", Some(phone), Some(laptop)));
    assert_eq!(ended.at, sessions.now());
    running.stop().await;
    let (tell, mut told) = mpsc::unbounded_channel();
    let running = run(audit(&sessions).await, tell, take);
    sessions.forget(&Operator::new("test"), &ended.user_id).await.expect("an answer").expect("a user");
    assert_eq!(next(&mut told).await.kind, OutboxEventKind::Erased, "what was delivered is not repeated");
    running.stop().await;
}

#[tokio::test]
async fn failed_event_is_retried_and_delays_only_its_user() {
    let nodes = Nodes::new();
    let sessions = nodes.start();
    let (tell, mut told) = mpsc::unbounded_channel();
    let calls = AtomicU32::new(0);
    let running = run(audit(&sessions).await, tell, move |event: OutboxEvent| {
        let call = if event.user_id.as_str() == "ada" { calls.fetch_add(1, Ordering::SeqCst) } else { 2 };
        async move {
            match call {
                0 => Err("the audit table is locked"),
                1 => panic!("a bug"),
                _ => Ok(()),
            }
        }
    });
    sign_in(&sessions, "ada").await;
    let first = next(&mut told).await;
    sign_in(&sessions, "ada").await;
    for (delay, name) in [(5, "grace"), (10, "edsger")] {
        sign_in(&sessions, name).await;
        assert_eq!(next(&mut told).await.user_id.as_str(), name);
        nodes.advance(Duration::from_secs(delay)).await;
        assert_eq!(next(&mut told).await, first, "it failed and then panicked");
    }
    let second = next(&mut told).await;
    assert_eq!(second.user_id.as_str(), "ada");
    assert!(second.id > first.id, "the next one after the one before it");
    running.stop().await;
}

/// Waits until so many events are failing and given up, the last one with this error.
async fn backlog(sessions: &Sessions, failing: u64, given_up: u64, error: &str) -> ConsumerBacklog {
    let reached = async {
        loop {
            let backlog = sessions.outbox_consumers().await.expect("a list").remove(0);
            let is_failing = (backlog.failing, backlog.given_up) == (failing, given_up);
            if is_failing && backlog.last_error.as_deref() == Some(error) {
                return backlog;
            }
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, reached).await.expect("it fails in time")
}

/// What the callback of a test fails with, one after the other.
const ERRORS: [&str; 10] = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "the audit table is locked"];

#[tokio::test]
async fn event_that_fails_for_too_long_is_given_up_until_it_is_retried() {
    let nodes = Nodes::new();
    let sessions = nodes.start();
    let (tell, mut told) = mpsc::unbounded_channel();
    let is_down = Arc::new(AtomicBool::new(true));
    let down = Arc::clone(&is_down);
    let outbox = audit(&sessions).await.give_up_after(Duration::from_secs(60));
    let failures = AtomicUsize::new(0);
    let running = run(outbox, tell, move |_event| {
        let is_down = down.load(Ordering::SeqCst);
        let error = ERRORS[failures.fetch_add(usize::from(is_down), Ordering::SeqCst).min(ERRORS.len() - 1)];
        async move { if is_down { Err(error) } else { Ok(()) } }
    });
    sign_in(&sessions, "ada").await;
    let first = next(&mut told).await;
    // However late it is, it is retried some times.
    for error in &ERRORS[..9] {
        backlog(&sessions, 1, 0, error).await;
        if *error == ERRORS[8] {
            sign_in(&sessions, "ada").await;
        }
        nodes.advance(Duration::from_secs(10 * 60)).await;
        assert_eq!(next(&mut told).await, first, "it is retried after error {error}");
    }
    let second = next(&mut told).await;
    assert!(second.id > first.id, "the others do not wait for it");
    let backlog = backlog(&sessions, 1, 1, ERRORS[9]).await;
    assert_eq!(backlog.last_error.as_deref(), Some(ERRORS[9]));

    is_down.store(false, Ordering::SeqCst);
    assert_eq!(sessions.retry_outbox("audit").await.expect("an answer"), 2);
    nodes.wake().await;
    assert_eq!([next(&mut told).await, next(&mut told).await], [first, second]);
    assert_eq!(next(&mut told).await.kind, OutboxEventKind::NewDevice);
    running.stop().await;
    assert_eq!(sessions.outbox_consumers().await.expect("a list")[0].waiting, 0);
}

#[tokio::test]
async fn hanging_callback_delays_only_its_user() {
    let nodes = Nodes::new();
    let sessions = nodes.start();
    let (tell, mut told) = mpsc::unbounded_channel();
    let running = run(audit(&sessions).await, tell, async |event: OutboxEvent| {
        if event.user_id.as_str() == "ada" {
            std::future::pending::<()>().await;
        }
        Ok(())
    });
    sign_in(&sessions, "ada").await;
    sign_in(&sessions, "ada").await;
    assert_eq!(next(&mut told).await.user_id.as_str(), "ada");
    for name in ["grace", "edsger", "barbara"] {
        sign_in(&sessions, name).await;
        assert_eq!(next(&mut told).await.user_id.as_str(), name);
    }
    running.kill().await;
}

#[tokio::test]
async fn one_node_delivers_and_another_takes_over_when_it_stops() {
    let nodes = Nodes::new();
    let (here, there) = (nodes.start(), nodes.start());
    let (tell_here, mut told_here) = mpsc::unbounded_channel();
    let (tell_there, mut told_there) = mpsc::unbounded_channel();
    let running_here = run(audit(&here).await, tell_here, take);
    sign_in(&here, "ada").await;
    next(&mut told_here).await;
    let running_there = run(audit(&there).await, tell_there, take);
    for name in ["grace", "edsger", "barbara"] {
        sign_in(&there, name).await;
        assert_eq!(next(&mut told_here).await.user_id.as_str(), name);
    }
    assert!(told_there.try_recv().is_err(), "one at a time");
    running_here.stop().await;
    sign_in(&here, "ada").await;
    next(&mut told_there).await;
    running_there.stop().await;
}

#[tokio::test]
async fn event_of_a_dead_node_is_delivered_again_by_another() {
    let nodes = Nodes::new();
    let (here, there) = (nodes.start(), nodes.start());
    let (tell, mut told) = mpsc::unbounded_channel();
    let dying = run(audit(&here).await, tell, async |_event| std::future::pending().await);
    sign_in(&here, "ada").await;
    sign_in(&here, "ada").await;
    let cut_off = next(&mut told).await;
    dying.kill().await;
    let (tell, mut told) = mpsc::unbounded_channel();
    let running = run(audit(&there).await, tell, take);
    // A change wakes it before the lease has expired.
    sign_in(&there, "grace").await;
    nodes.advance(Duration::from_secs(60)).await;
    let mut again = Vec::new();
    while again.len() < 4 {
        again.push(next(&mut told).await);
    }
    again.sort_by_key(|event| event.id);
    assert_eq!(again[0], cut_off);
    let users: Vec<_> = again.iter().map(|event| event.user_id.as_str()).collect();
    assert_eq!(users, ["ada", "ada", "ada", "grace"], "nothing is lost");
    running.stop().await;
}

#[tokio::test]
async fn running_callback_is_finished_when_its_node_stops() {
    let nodes = Nodes::new();
    let sessions = nodes.start();
    let (tell, mut told) = mpsc::unbounded_channel();
    let (finish, finished) = oneshot::channel::<()>();
    let finished = Mutex::new(Some(finished));
    let is_done = Arc::new(AtomicBool::new(false));
    let done = Arc::clone(&is_done);
    let running = run(audit(&sessions).await, tell, move |_event| {
        let (finished, done) = (finished.lock().expect("no panic").take(), Arc::clone(&done));
        async move {
            let _ = finished.expect("one event").await;
            done.store(true, Ordering::SeqCst);
            Ok(())
        }
    });
    sign_in(&sessions, "ada").await;
    next(&mut told).await;
    drop(running.stop);
    sign_in(&sessions, "grace").await;
    drop(finish);
    timeout(PATIENCE, running.task).await.expect("it stops in time").expect("no panic");
    assert!(is_done.load(Ordering::SeqCst));
    let (tell, mut told) = mpsc::unbounded_channel();
    let running = run(audit(&sessions).await, tell, take);
    assert_eq!(next(&mut told).await.user_id.as_str(), "grace", "only what had not begun is left");
    running.stop().await;
}

#[tokio::test]
async fn removed_consumer_leaves_nothing() {
    let nodes = Nodes::new();
    let sessions = nodes.start();
    drop(audit(&sessions).await);
    sign_in(&sessions, "ada").await;
    assert!(sessions.remove_outbox("audit").await.expect("an answer"));
    assert!(!sessions.remove_outbox("audit").await.expect("an answer"));
    let (tell, mut told) = mpsc::unbounded_channel();
    let running = run(audit(&sessions).await, tell, take);
    sign_in(&sessions, "grace").await;
    assert_eq!(next(&mut told).await.user_id.as_str(), "grace");
    running.stop().await;
}

#[tokio::test]
async fn consumer_removed_and_added_again_continues() {
    let nodes = Nodes::new();
    let sessions = nodes.start();
    let (tell, mut told) = mpsc::unbounded_channel();
    let running = run(audit(&sessions).await, tell, take);
    sign_in(&sessions, "ada").await;
    next(&mut told).await;
    assert!(sessions.remove_outbox("audit").await.expect("an answer"));
    sign_in(&sessions, "grace").await;
    drop(audit(&sessions).await);
    sign_in(&sessions, "edsger").await;
    assert_eq!(next(&mut told).await.user_id.as_str(), "edsger");
    running.stop().await;
}

#[tokio::test]
async fn name_of_a_consumer_is_one_short_word() {
    let sessions = Nodes::new().start();
    for name in ["", "Audit", "two words", "nul\0", &"a".repeat(41)] {
        let refused = sessions.outbox(name).await.expect_err(name);
        assert_eq!(refused.code(), Code::InvalidName, "{name:?}");
        assert!(!sessions.remove_outbox(name).await.expect("an answer"), "{name:?}");
    }
}

/// The time of writing counts: this session expired weeks before the sweep that noticed it.
#[tokio::test]
async fn sweep_deletes_events_that_were_written_thirty_days_ago() {
    let nodes = Nodes::new();
    let sessions = nodes.start();
    let outbox = audit(&sessions).await;
    sign_in(&sessions, "ada").await;
    nodes.clock.advance(Outbox::RETENTION - Duration::from_secs(1));
    assert_eq!(sessions.sweep().await.expect("a sweep").forgotten_events, 0);
    nodes.clock.advance(3 * Outbox::RETENTION);
    assert_eq!(sessions.sweep().await.expect("a sweep").forgotten_events, 1, "the sign-in");
    let (tell, mut told) = mpsc::unbounded_channel();
    let running = run(outbox, tell, take);
    assert_eq!(next(&mut told).await.kind, OutboxEventKind::Ended { reason: EndedReason::Expired });
    running.stop().await;
}
