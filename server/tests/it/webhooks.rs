//! Webhooks, as a real HTTP server receives them: through failures, a killed server, and over two nodes.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, post};
use clap::Parser;
use multi_session::{Change, ConsumerBacklog, PostgresTestDatabase, SqliteStore, WebhookType};
use serde_json::{Value, json};
use server::{Config, Webhooks};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::harness::{DAY, FIREFOX, MINUTE, SAFARI, TestApp, text};
use crate::invariants::page;
use crate::mail_tls::certificate;
use crate::process::{Process, command, free_address, request};

/// Far more than anything here takes.
const PATIENCE: Duration = Duration::from_secs(60);
/// The secrets that the standard's own examples have.
const SECRET: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
const OLD_SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// How many clients load a server at the same time.
const CLIENTS: usize = 4;

/// What a receiver answers.
#[derive(Clone, Copy, Debug)]
enum Reply {
    Status(u16),
    /// Redirects to a path of the same server.
    Redirect,
    /// Nothing, ever.
    Silence,
}

/// A webhook as it was received.
#[derive(Clone, Debug)]
struct Received {
    headers: HeaderMap,
    raw: Bytes,
    body: Value,
}

impl Received {
    fn header(&self, name: &str) -> &str {
        self.headers[name].to_str().expect("text")
    }

    fn id(&self) -> String {
        self.header("webhook-id").to_owned()
    }

    fn user(&self) -> String {
        text(&self.body["data"]["userId"])
    }

    fn kind(&self) -> String {
        text(&self.body["type"])
    }

    /// Holds that it is signed with a secret, as the standard's own library sees it.
    #[track_caller]
    fn assert_signed(&self, secret: &str) {
        let webhook = standardwebhooks::Webhook::new(secret).expect("a secret");
        let seconds = self.header("webhook-timestamp").parse().expect("a number");
        let expected = webhook.sign(&self.id(), seconds, &self.raw).expect("a signature");
        let signed: Vec<_> = self.header("webhook-signature").split(' ').collect();
        assert!(signed.contains(&&*expected), "{signed:?}");
    }
}

#[derive(Default)]
struct Inbox {
    /// What the next webhooks are answered; after that, what `usual` says.
    next: VecDeque<Reply>,
    is_silent: bool,
    received: Vec<Received>,
    /// Those that were answered with success.
    accepted: Vec<Received>,
    /// Whose webhooks are being answered now.
    under_way: Vec<String>,
    followed: usize,
    overlaps: usize,
}

impl Inbox {
    /// What was taken, without what was sent again, by user.
    fn taken(&self) -> BTreeMap<String, Vec<Value>> {
        let mut seen = BTreeSet::new();
        let mut taken = BTreeMap::<_, Vec<_>>::new();
        for received in self.accepted.iter().filter(|received| seen.insert(received.id())) {
            taken.entry(received.user()).or_default().push(received.body.clone());
        }
        taken
    }
}

/// What a receiver has, how often something happened to it, and when it ends its silence.
type Shared = Arc<(Mutex<Inbox>, watch::Sender<usize>, Notify)>;

/// A program that receives webhooks; it is gone when dropped.
struct Receiver {
    address: SocketAddr,
    inbox: Shared,
    serving: JoinHandle<()>,
}

/// A webhook that is being answered, of this user.
struct UnderWay(Shared, String);

impl Drop for UnderWay {
    fn drop(&mut self) {
        let mut inbox = self.0.0.lock().expect("no panic");
        let at = inbox.under_way.iter().position(|user| *user == self.1).expect("it is under way");
        inbox.under_way.remove(at);
    }
}

async fn receive(State(shared): State<Shared>, headers: HeaderMap, raw: Bytes) -> Response {
    let (inbox, count, heard) = &*shared;
    let received = Received { body: serde_json::from_slice(&raw).expect("JSON"), headers, raw };
    assert_eq!(received.header("content-type"), "application/json");
    let user = received.user();
    let reply = {
        let mut inbox = inbox.lock().expect("no panic");
        inbox.overlaps += usize::from(inbox.under_way.contains(&user));
        inbox.under_way.push(user.clone());
        inbox.received.push(received.clone());
        let usual = if inbox.is_silent { Reply::Silence } else { Reply::Status(204) };
        inbox.next.pop_front().unwrap_or(usual)
    };
    // Also where the other side goes away before it is answered.
    let is_answered = UnderWay(Arc::clone(&shared), user);
    count.send_modify(|count| *count += 1);
    // The others of the user would be here by now if they were sent at the same time.
    tokio::task::yield_now().await;
    let answer = match reply {
        Reply::Status(status) => StatusCode::from_u16(status).expect("a status").into_response(),
        Reply::Redirect => (StatusCode::FOUND, [(header::LOCATION, "/elsewhere")]).into_response(),
        Reply::Silence => {
            heard.notified().await;
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
    };
    drop(is_answered);
    if answer.status().is_success() {
        inbox.lock().expect("no panic").accepted.push(received);
    }
    count.send_modify(|count| *count += 1);
    answer
}

async fn elsewhere(State(shared): State<Shared>) -> StatusCode {
    shared.0.lock().expect("no panic").followed += 1;
    StatusCode::NO_CONTENT
}

impl Receiver {
    async fn start() -> Self {
        Self::start_on("127.0.0.1:0".parse().expect("an address")).await
    }

    async fn start_on(address: SocketAddr) -> Self {
        let listener = TcpListener::bind(address).await.expect("a port");
        let address = listener.local_addr().expect("its address");
        let inbox: Shared = Arc::new((Mutex::default(), watch::Sender::new(0), Notify::new()));
        let routes =
            Router::new().route("/hooks/{secret}", post(receive)).route("/elsewhere", any(elsewhere));
        let routes = routes.with_state(Arc::clone(&inbox));
        let serving = tokio::spawn(async move { axum::serve(listener, routes).await.expect("it serves") });
        Self { address, inbox, serving }
    }

    fn url(&self) -> String {
        url(self.address)
    }

    fn inbox<T>(&self, read: impl FnOnce(&mut Inbox) -> T) -> T {
        read(&mut self.inbox.0.lock().expect("no panic"))
    }

    fn answers_next(&self, replies: &[Reply]) {
        self.inbox(|inbox| inbox.next.extend(replies));
    }

    fn be_silent(&self, is_silent: bool) {
        self.inbox(|inbox| inbox.is_silent = is_silent);
        if !is_silent {
            self.inbox.2.notify_waiters();
        }
    }

    /// Waits until what was received is enough.
    async fn until(&self, what: &str, is_enough: impl Fn(&Inbox) -> bool) {
        let mut count = self.inbox.1.subscribe();
        let reached = async {
            while !self.inbox(|inbox| is_enough(inbox)) {
                count.changed().await.expect("it serves");
            }
        };
        if timeout(PATIENCE, reached).await.is_err() {
            panic!(
                "{what}: {:?}",
                self.inbox(|inbox| inbox.accepted.iter().map(Received::kind).collect::<Vec<_>>())
            );
        }
    }

    fn taken(&self) -> BTreeMap<String, Vec<Value>> {
        self.inbox(|inbox| inbox.taken())
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// What stands in its path is a secret to some services.
fn url(address: SocketAddr) -> String {
    format!("http://{address}/hooks/s3cret")
}

/// The webhooks of a server with these URLs, as its flags say.
fn webhooks(urls: &[String], secrets: &[&str]) -> Webhooks {
    let flags = ["multi-session", "--webhook-url", &urls.join(","), "--webhook-secret", &secrets.join(",")];
    let webhooks = Webhooks::new(&Config::parse_from(flags)).expect("a valid configuration");
    webhooks.expect("webhooks").with_timeout(Duration::from_secs(3))
}

/// Waits until the backlogs of the webhooks are as they should be.
pub(crate) async fn backlogs(
    app: &TestApp,
    is_so: impl Fn(&[ConsumerBacklog]) -> bool,
) -> Vec<ConsumerBacklog> {
    let mut last = Vec::new();
    let reached = async {
        loop {
            last = app.sessions.outbox_consumers().await.expect("a list");
            if is_so(&last) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let reached = timeout(PATIENCE, reached).await;
    assert!(reached.is_ok(), "{last:?}");
    last
}

async fn advance(app: &TestApp, by: Duration) {
    app.advance(by);
    app.store.announce(Change::Gap).await.expect("it is told");
}

fn kinds(events: &[Value]) -> Vec<&str> {
    events.iter().map(|event| event["type"].as_str().expect("a type")).collect()
}

#[tokio::test]
async fn webhook_that_fails_is_sent_again_in_order_and_holds_up_no_other_url() {
    let (flaky, healthy, down) = (Receiver::start().await, Receiver::start().await, free_address());
    let both = format!("{SECRET} {OLD_SECRET}");
    let webhooks = webhooks(&[flaky.url(), healthy.url(), url(down)], &[&both, SECRET, SECRET]);
    let (app, stop) = (TestApp::start().await, CancellationToken::new());
    let mut delivering = webhooks.start(&app.sessions, &stop).await.expect("it starts");
    flaky.answers_next(&[Reply::Status(500), Reply::Redirect, Reply::Silence, Reply::Status(410)]);

    let laptop = app.sign_up(FIREFOX, "ada").await;
    let user = text(&laptop.get_session().await["user"]["id"]);
    let phone = app.sign_in(SAFARI, "ada").await.current_id().await;
    laptop.revoke(&phone).await.ok();
    let expected = ["session.begun", "session.begun", "session.new_device", "session.ended"];
    healthy.until("the healthy one gets all of them", |inbox| inbox.accepted.len() == expected.len()).await;
    for error in [
        "it answered 500",
        "it answered 302, and redirects are not followed",
        "it did not answer within 3s",
        "it answered 410",
    ] {
        backlogs(&app, |all| all.iter().any(|it| it.last_error.as_deref() == Some(error))).await;
        assert_eq!(flaky.taken(), BTreeMap::new(), "the first event of the user is first");
        advance(&app, 10 * MINUTE).await;
    }
    flaky.until("the flaky one gets all of them", |inbox| inbox.accepted.len() == expected.len()).await;

    for receiver in [&flaky, &healthy] {
        let taken = receiver.taken();
        let events = &taken[&user];
        assert_eq!(kinds(events), expected);
        let laptop = laptop.current_id().await;
        let data = json!({ "userId": user, "sessionId": phone, "by": laptop, "reason": "revoked" });
        assert_eq!(events[3]["data"], data);
        assert_eq!(receiver.inbox(|inbox| (inbox.followed, inbox.overlaps)), (0, 0));
        for received in receiver.inbox(|inbox| inbox.received.clone()) {
            received.assert_signed(SECRET);
            assert!(received.raw.len() < multi_session::Webhook::MAXIMUM_BYTES);
        }
    }
    let attempts = flaky.inbox(|inbox| inbox.received.clone());
    let first: Vec<_> = attempts.iter().take_while(|it| it.id() == attempts[0].id()).collect();
    assert_eq!(first.len(), 5, "sent again with the same id");
    assert_eq!(first[0].raw, first[4].raw);
    attempts.iter().for_each(|received| received.assert_signed(OLD_SECRET));

    // The third one was down all the time, and comes back.
    let all = backlogs(&app, |all| all.iter().map(|it| it.waiting).sum::<u64>() == 4).await;
    let waiting = all.iter().find(|it| it.waiting == 4).expect("a webhook");
    assert_eq!((waiting.failing, waiting.given_up), (1, 0));
    let error = waiting.last_error.as_deref().expect("an error");
    assert!(error.starts_with("it cannot be reached: ") && error.contains("refused"), "{error}");
    let back = Receiver::start_on(down).await;
    let comes_back = timeout(PATIENCE, async {
        while back.inbox(|inbox| inbox.accepted.is_empty()) {
            // A try from before it was back may fail only now.
            advance(&app, 10 * MINUTE).await;
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    });
    comes_back.await.expect("it is sent to the third one");
    back.until("the third one gets all of them", |inbox| inbox.accepted.len() == expected.len()).await;
    assert_eq!(kinds(&back.taken()[&user]), expected);
    backlogs(&app, |all| all.iter().all(|it| it.waiting == 0 && it.given_up == 0)).await;
    stop.cancel();
    while delivering.join_next().await.is_some() {}
}

#[tokio::test]
async fn webhook_is_given_up_after_three_days_and_sent_when_it_is_retried() {
    let (down, stop) = (free_address(), CancellationToken::new());
    let app = TestApp::start().await;
    let webhooks = webhooks(&[url(down)], &[SECRET]);
    let mut delivering = webhooks.start(&app.sessions, &stop).await.expect("it starts");
    app.sign_up(FIREFOX, "ada").await;
    backlogs(&app, |all| all[0].failing == 1).await;
    // Events are written by the clock of the database, which is ahead of the clock of the test.
    advance(&app, 36_500 * DAY).await;
    let all = timeout(PATIENCE, async {
        loop {
            let all = app.sessions.outbox_consumers().await.expect("a list");
            if all[0].given_up == 1 {
                return all;
            }
            advance(&app, 10 * MINUTE).await;
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    });
    let all = all.await.expect("it is given up after some tries");
    assert_eq!(all[0].waiting, 0);

    let back = Receiver::start_on(down).await;
    assert_eq!(app.sessions.retry_outbox(&all[0].name).await.expect("an answer"), 1);
    app.store.announce(Change::Gap).await.expect("it is told");
    back.until("it comes", |inbox| inbox.accepted.len() == 1).await;
    assert_eq!(back.inbox(|inbox| inbox.accepted[0].kind()), "session.begun");
    stop.cancel();
    while delivering.join_next().await.is_some() {}
}

/// What happened, as far as it was answered.
#[derive(Default)]
struct Load {
    /// The types of the events that each user must have.
    expected: BTreeMap<String, Vec<&'static str>>,
    /// Users of whom a call was not answered, so that more may have happened.
    unsure: BTreeSet<String>,
}

impl Load {
    /// A new user signs in on two devices and revokes the second one, each at the next node; `false` if a call was not
    /// answered.
    fn add(&mut self, nodes: &[SocketAddr], name: &str) -> bool {
        let body = format!(r#"{{"name":"{name}","email":"{name}@example.org","password":"correct horse"}}"#);
        let call = |step: usize, path: &str, cookies: &str, body: &str| {
            request(nodes[step % nodes.len()], "POST", &format!("/api/auth/{path}"), cookies, body)
        };
        let Some((200, cookies, signed_up)) = call(0, "sign-up/email", "", &body) else { return false };
        let user = text(&signed_up["user"]["id"]);
        let mut happened = vec!["session.begun"];
        let cookies = cookies.join("; ");
        let second: (_, _, _, &[_]) = ("sign-in/email", "", &*body, &["session.begun", "session.new_device"]);
        let third: (_, _, _, &[_]) = ("multi-session/revoke-others", &*cookies, "{}", &["session.ended"]);
        for (step, (path, cookies, body, tells)) in [(1, second), (2, third)] {
            match call(step, path, cookies, body) {
                Some((200, ..)) => happened.extend(tells),
                Some((status, ..)) => panic!("{path}: {status}"),
                None => {
                    self.unsure.insert(user.clone());
                    break;
                }
            }
        }
        let is_answered = !self.unsure.contains(&user);
        self.expected.insert(user, happened);
        is_answered
    }

    fn merge(&mut self, other: Self) {
        self.expected.extend(other.expected);
        self.unsure.extend(other.unsure);
    }

    fn is_in(&self, taken: &BTreeMap<String, Vec<Value>>) -> bool {
        self.expected.iter().all(|(user, happened)| taken.get(user).map_or(0, Vec::len) >= happened.len())
    }

    /// Waits until all of it was received, and holds that it came in order: an event is sent again only until the next one
    /// of its user. Gives how many events were sent and how often.
    async fn is_received(&self, receiver: &Receiver) -> (usize, usize) {
        receiver.until("all of them", |inbox| self.is_in(&inbox.taken())).await;
        let taken = receiver.taken();
        for (user, happened) in &self.expected {
            let kinds = kinds(&taken[user]);
            let is_sure = !self.unsure.contains(user);
            assert!(kinds.starts_with(happened) && (!is_sure || kinds.len() == happened.len()), "{kinds:?}");
        }
        let received = receiver.inbox(|inbox| inbox.received.clone());
        let mut by_user = BTreeMap::<_, Vec<_>>::new();
        let own = standardwebhooks::Webhook::new(SECRET).expect("a secret");
        for received in &received {
            own.verify(&received.raw, &received.headers).expect("the standard's own library takes it");
            by_user.entry(received.user()).or_default().push(received.id());
        }
        for ids in by_user.values_mut() {
            ids.dedup();
            let different: BTreeSet<_> = ids.iter().collect();
            assert_eq!(different.len(), ids.len(), "an earlier event came after a later one: {ids:?}");
        }
        (by_user.values().map(Vec::len).sum(), received.len())
    }
}

/// Some clients that load the nodes at the same time, each until one does not answer any more.
async fn load_until_killed(nodes: Vec<SocketAddr>, round: usize) -> Load {
    let clients = (0..CLIENTS).map(|client| {
        let nodes = nodes.clone();
        tokio::task::spawn_blocking(move || {
            let mut load = Load::default();
            let mut number = 0;
            while load.add(&nodes, &format!("r{round}c{client}n{number}")) {
                number += 1;
            }
            load
        })
    });
    let mut load = Load::default();
    for client in clients.collect::<Vec<_>>() {
        load.merge(client.await.expect("no panic"));
    }
    load
}

/// The program in a folder, which sends webhooks there.
fn sends(folder: &Path, url: &str) -> Command {
    let mut command = command(folder);
    command.env("MULTI_SESSION_WEBHOOK_URL", url).env("MULTI_SESSION_WEBHOOK_SECRET", SECRET);
    command
}

/// What time does to the lease of a killed node; a test does not wait that minute.
const END_LEASES: &str = "update outbox_consumers set lease_until = 1";

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_and_order_is_kept_when_the_server_is_killed() {
    const ROUNDS: usize = 3;
    let (folder, receiver) = (TempDir::new().expect("a folder"), Receiver::start().await);
    let mut load = Load::default();
    for round in 0..ROUNDS {
        let process = Process::start_as(sends(folder.path(), &receiver.url()));
        receiver.answers_next(&[Reply::Status(500), Reply::Redirect]);
        let before = receiver.inbox(|inbox| inbox.accepted.len());
        let loading = tokio::spawn(load_until_killed(vec![process.address], round));
        receiver.until("some of them", |inbox| inbox.accepted.len() >= before + 60).await;
        receiver.be_silent(true);
        let sent = receiver.inbox(|inbox| inbox.received.len());
        receiver.until("some that are not answered", |inbox| inbox.received.len() >= sent + 3).await;
        process.kill();
        load.merge(loading.await.expect("no panic"));
        let url = format!("sqlite://{}", folder.path().join("data/test.db").display());
        let store = SqliteStore::open_existing(&url).await.expect("its database");
        store.execute(END_LEASES).await.expect("it is over");
        receiver.be_silent(false);
    }
    let process = Process::start_as(sends(folder.path(), &receiver.url()));
    assert!(load.add(&[process.address], "last"));
    let (events, requests) = load.is_received(&receiver).await;
    assert!(requests > events + ROUNDS, "{events} events in {requests} requests");
    assert_eq!(process.stop("-TERM").code(), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn two_nodes_send_each_event_once_and_the_second_goes_on_when_the_first_is_killed() {
    let (folder, receiver) = (TempDir::new().expect("a folder"), Receiver::start().await);
    let database = PostgresTestDatabase::empty().await;
    let start = || {
        let mut command = sends(folder.path(), &receiver.url());
        command.env("DATABASE_URL", database.url());
        Process::start_as(command)
    };
    let (first, second) = (start(), start());
    let nodes = vec![first.address, second.address];
    let mut load = Load::default();
    for number in 0..8 {
        assert!(load.add(&nodes, &format!("u{number}")));
    }
    let (events, requests) = load.is_received(&receiver).await;
    assert_eq!((events, requests), (32, 32), "each is sent once");

    let loading = tokio::spawn(load_until_killed(nodes, 0));
    receiver.until("some of them", |inbox| inbox.accepted.len() >= 100).await;
    receiver.be_silent(true);
    let sent = receiver.inbox(|inbox| inbox.received.len());
    receiver.until("some that are not answered", |inbox| inbox.received.len() >= sent + 3).await;
    first.kill();
    load.merge(loading.await.expect("no panic"));
    database.execute(END_LEASES).await.map(drop).expect("it is over");
    receiver.be_silent(false);
    assert!(load.add(&[second.address], "last"));
    let (events, requests) = load.is_received(&receiver).await;
    assert!(requests > events, "{events} events in {requests} requests");
    assert_eq!(receiver.inbox(|inbox| inbox.overlaps), 0, "one of a user at a time");
    assert_eq!(second.stop("-TERM").code(), Some(0));
}

/// What a command prints and logs, and whether it succeeds.
fn does(mut command: Command, arguments: &[&str]) -> (bool, String, String) {
    command.arg("webhooks").args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped());
    let output = command.output().expect("it runs");
    let text = |bytes| String::from_utf8(bytes).expect("text");
    let (printed, log) = (text(output.stdout), text(output.stderr));
    assert!(!format!("{printed}{log}").contains("s3cret"), "{printed}{log}");
    (output.status.success(), printed, log)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_lists_tests_retries_and_removes_webhooks() {
    let (folder, down) = (TempDir::new().expect("a folder"), free_address());
    let configured = || sends(folder.path(), &url(down));
    let list = |command: Command| {
        let (_, printed, _) = does(command, &["list", "--json"]);
        serde_json::from_str::<Vec<Value>>(&printed).expect("a list")
    };
    let (process, log) = Process::start_with_log(configured());
    let body = r#"{"name":"Ada","email":"ada@example.org","password":"correct horse"}"#;
    request(process.address, "POST", "/api/auth/sign-up/email", "", body).expect("an answer");
    let failed = async {
        loop {
            match &*list(configured()) {
                [webhook] if webhook["failing"] == 1 => return webhook.clone(),
                others => assert_eq!(others.len(), 1),
            }
        }
    };
    let webhook = timeout(PATIENCE, failed).await.expect("it fails in time");
    assert_eq!((&webhook["waiting"], &webhook["givenUp"]), (&json!(1), &json!(0)));
    assert_eq!(webhook["url"], format!("http://{down}"));
    assert!(text(&webhook["lastError"]).starts_with("it cannot be reached"), "{webhook}");
    let id = text(&webhook["id"]);
    let (_, table, _) = does(configured(), &["list"]);
    assert!(table.starts_with("ID ") && table.contains(&id), "{table}");

    let (received, printed, log_of_test) = does(configured(), &["test"]);
    assert!(!received && printed.contains("it cannot be reached"), "{printed}");
    assert!(log_of_test.contains("webhooks that did not receive the test: 1"), "{log_of_test}");
    process.stop("-TERM");
    let log = log.join().expect("the log");
    assert!(!log.contains("s3cret") && !log.contains("whsec_") && log.contains(&id), "{log}");

    let receiver = Receiver::start_on(down).await;
    let (received, printed, _) = does(configured(), &["test"]);
    assert!(received && printed.contains("received"), "{printed}");
    let test = receiver.inbox(|inbox| inbox.received.remove(0));
    assert_eq!(test.kind(), "webhook.test");
    test.assert_signed(SECRET);
    assert!(!does(configured(), &["retry", "nobody"]).0);
    let (done, _, said) = does(configured(), &["retry", &id]);
    assert!(done && said.contains("sends 1 event again"), "{said}");
    let process = Process::start_as(configured());
    let is_begun = |inbox: &Inbox| inbox.accepted.iter().any(|it| it.kind() == "session.begun");
    receiver.until("it is sent again", is_begun).await;
    let refused = does(configured(), &["remove", &id]);
    assert!(!refused.0 && refused.2.contains("is configured"), "{}", refused.2);
    process.stop("-TERM");

    let (_, table, _) = does(command(folder.path()), &["list"]);
    assert!(table.contains("not configured"), "{table}");
    assert!(does(command(folder.path()), &["remove", &id]).0);
    assert_eq!(list(command(folder.path())), Vec::<Value>::new());
    let nothing = does(command(folder.path()), &["test"]);
    assert!(!nothing.0 && nothing.2.contains("no webhook is configured"), "{}", nothing.2);
}

#[test]
fn plain_http_to_another_machine_is_warned_of() {
    let folder = TempDir::new().expect("a folder");
    for (url, is_warned) in [("http://192.0.2.1/s3cret", true), ("http://127.0.0.1:1/s3cret", false)] {
        let (process, log) = Process::start_with_log(sends(folder.path(), url));
        assert_eq!(process.stop("-TERM").code(), Some(0));
        let log = log.join().expect("the log");
        assert_eq!(log.contains("are not encrypted: use https"), is_warned, "{log}");
        assert!(!log.contains("s3cret"), "{log}");
    }
}

/// Takes one request over TLS; `false` if the other side refuses the certificate.
async fn receives_over_tls(acceptor: tokio_rustls::TlsAcceptor, listener: TcpListener) -> bool {
    let (stream, _) = listener.accept().await.expect("a connection");
    let Ok(mut stream) = acceptor.accept(stream).await else { return false };
    let mut head = Vec::new();
    while !head.ends_with(b"}") {
        if stream.read_buf(&mut head).await.unwrap_or(0) == 0 {
            return false;
        }
    }
    stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await.expect("it is sent");
    let _ = stream.flush().await;
    true
}

#[tokio::test(flavor = "multi_thread")]
async fn webhook_goes_over_tls_only_to_whom_the_roots_vouch_for() {
    let folder = TempDir::new().expect("a folder");
    let ((roots, known), (_, unknown)) = (certificate("localhost"), certificate("localhost"));
    std::fs::write(folder.path().join("roots.pem"), roots).expect("the roots");
    for (acceptor, is_known) in [(known, true), (unknown, false)] {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("https://localhost:{}/s3cret", listener.local_addr().expect("its address").port());
        let mut command = sends(folder.path(), &url);
        command.env("SSL_CERT_FILE", folder.path().join("roots.pem")).env_remove("SSL_CERT_DIR");
        let testing = tokio::task::spawn_blocking(move || does(command, &["test"]));
        let receiving = timeout(PATIENCE, receives_over_tls(acceptor, listener));
        assert_eq!(receiving.await.expect("it is asked in time"), is_known);
        let (received, printed, _) = testing.await.expect("no panic");
        assert_eq!((received, printed.contains("certificate")), (is_known, !is_known), "{printed}");
    }
}

#[tokio::test]
async fn every_webhook_is_in_the_openapi_document_and_on_its_page_with_the_same_example() {
    let app = TestApp::start().await;
    let document = app.browser(FIREFOX).get("/api/auth/openapi.json").await.ok();
    let described = document["webhooks"].as_object().expect("webhooks");
    let types: BTreeSet<_> = WebhookType::ALL.iter().map(|kind| kind.as_str()).collect();
    assert_eq!(described.keys().map(String::as_str).collect::<BTreeSet<_>>(), types);
    let page = page("docs/webhooks.md");
    let blocks = page.split("```json\n").skip(1).filter_map(|rest| rest.split("```").next());
    let shown: Vec<Value> = blocks.map(|block| serde_json::from_str(block).expect("JSON")).collect();
    assert_eq!(shown.len(), types.len());
    for (name, item) in described {
        let operation = &item["post"];
        let content = &operation["requestBody"]["content"]["application/json"];
        let example = &content["example"];
        assert_eq!(example["type"], **name);
        assert!(shown.contains(example), "{name} is not shown as {example}");
        let described = text(&operation["description"]);
        assert!(page.contains(&format!("| `{name}` | {described} |")), "| `{name}` | {described} |");
        let schema = json!({ "components": document["components"], "allOf": [content["schema"]] });
        let validator = jsonschema::draft202012::options().build(&schema).expect("a schema");
        assert!(validator.is_valid(example), "{example}");
        let mut strange = example.clone();
        strange["type"] = json!("session.forgotten");
        assert!(!validator.is_valid(&strange), "the types are listed");
    }
}
