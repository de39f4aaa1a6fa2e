//! Operator commands, with and without a running server, and operators' programs.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use multi_session::PostgresTestDatabase;
use serde_json::Value;
use tempfile::TempDir;

use crate::process::{Process, command, request};

/// A database and the folder in which the program runs.
pub(crate) struct Place {
    pub(crate) folder: TempDir,
    /// `None` is the SQLite file in the folder.
    pub(crate) postgres: Option<PostgresTestDatabase>,
}

impl Place {
    pub(crate) async fn each() -> [Self; 2] {
        let folder = || TempDir::new().expect("a folder");
        let postgres = Some(PostgresTestDatabase::empty().await);
        [Self { folder: folder(), postgres: None }, Self { folder: folder(), postgres }]
    }

    pub(crate) fn command(&self) -> Command {
        let mut command = command(self.folder.path());
        command.env_remove("SUDO_USER").env("USER", "ops");
        if let Some(database) = &self.postgres {
            command.env("DATABASE_URL", database.url());
        }
        command
    }

    /// The output of a successful `multi-session sessions …`.
    #[track_caller]
    pub(crate) fn sessions(&self, arguments: &[&str]) -> String {
        let output = run(self.command(), arguments);
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("text")
    }

    /// The output and log of a successful run.
    #[track_caller]
    pub(crate) fn does(&self, arguments: &[&str]) -> (String, String) {
        let mut command = self.command();
        command.args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped());
        let output = command.output().expect("it runs");
        let log = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{arguments:?}: {log}");
        (String::from_utf8(output.stdout).expect("text"), log)
    }

    /// The operator acts, latest first.
    fn acts(&self, arguments: &[&str]) -> Vec<Value> {
        let (printed, _) = self.does(&[&["operator-acts", "--json"], arguments].concat());
        serde_json::from_str(&printed).expect("a list")
    }

    fn list(&self, arguments: &[&str]) -> Vec<Value> {
        let printed = self.sessions(&[&["list", "--json", "--user"], arguments].concat());
        serde_json::from_str(&printed).expect("a list")
    }
}

/// A user is erased from the shell. The running server refuses the cookie immediately.
#[tokio::test]
async fn operator_erases_a_user_with_all_data() {
    for place in Place::each().await {
        let process = Process::start_as(place.command());
        let cookies = enter(process.address, "sign-up", "ada");
        let mut forget = place.command();
        forget.args(["users", "forget", "ada@example.org", "--yes"]).stderr(Stdio::piped());
        let output = forget.output().expect("it runs");
        let log = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{log}");
        assert!(log.contains("who had 1 session") && !log.contains("ada@example.org"), "{log}");
        let answer = request(process.address, "GET", "/api/auth/get-session", &cookies, "");
        assert_eq!(answer.expect("an answer").2, Value::Null);
        let again = forget.output().expect("it runs");
        assert!(!again.status.success());
        assert!(String::from_utf8_lossy(&again.stderr).contains("there is no user with that email or id"));
        // The email is free again.
        enter(process.address, "sign-up", "ada");
    }
}

fn run(mut command: Command, arguments: &[&str]) -> Output {
    command.arg("sessions").args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.output().expect("it runs")
}

/// Submits a form to sign up or in, and returns the cookies.
fn enter(address: SocketAddr, how: &str, name: &str) -> String {
    let body = format!(r#"{{"name":"{name}","email":"{name}@example.org","password":"correct horse"}}"#);
    let path = format!("/api/auth/{how}/email");
    let (status, cookies, _) = request(address, "POST", &path, "", &body).expect("an answer");
    assert_eq!(status, 200);
    cookies.join("; ")
}

fn session(address: SocketAddr, cookies: &str) -> Value {
    request(address, "GET", "/api/auth/get-session", cookies, "").expect("an answer").2["session"].clone()
}

fn id(address: SocketAddr, cookies: &str) -> String {
    session(address, cookies)["id"].as_str().expect("signed in").to_owned()
}

/// A live stream over its own connection, after the first list.
struct Stream(BufReader<TcpStream>);

impl Stream {
    fn open(address: SocketAddr, cookies: &str) -> Self {
        let mut connection = TcpStream::connect(address).expect("a connection");
        connection.set_read_timeout(Some(Duration::from_secs(20))).expect("a bound");
        let text = format!(
            "GET /api/auth/multi-session/events HTTP/1.1\r\nhost: {address}\r\ncookie: {cookies}\r\n\r\n"
        );
        connection.write_all(text.as_bytes()).expect("a request");
        let mut stream = Self(BufReader::new(connection));
        stream.line("event: snapshot");
        stream
    }

    /// Reads until a line that begins so.
    fn line(&mut self, start: &str) -> String {
        loop {
            let mut line = String::new();
            assert_ne!(self.0.read_line(&mut line).expect("a line in time"), 0, "the stream is over");
            if line.starts_with(start) {
                return line;
            }
        }
    }

    /// Reads until the event that this session has ended.
    fn ended(mut self, id: &str) -> Value {
        loop {
            let line = self.line("data: {");
            let event: Value = serde_json::from_str(&line["data: ".len()..]).expect("JSON");
            if event["type"] == "ended" && event["id"] == id {
                return event;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn asvs_7_4_5_operator_ends_sessions_of_a_running_server_and_their_pages_show_why() {
    for place in Place::each().await {
        let server = Process::start_as(place.command());
        let address = server.address;
        let (laptop, grace) = (enter(address, "sign-up", "ada"), enter(address, "sign-up", "grace"));
        let phone = enter(address, "sign-in", "ada");
        let phone_id = id(address, &phone);

        let stream = Stream::open(address, &phone);
        place.sessions(&["revoke", &phone_id]);
        assert!(session(address, &phone).is_null(), "refused at once");
        let ended = stream.ended(&phone_id);
        assert_eq!((&ended["reason"], &ended["by"]), (&"operator".into(), &Value::Null));
        assert!(!session(address, &laptop).is_null());

        let laptop_id = id(address, &laptop);
        let stream = Stream::open(address, &laptop);
        place.sessions(&["revoke-user", "ADA@example.org"]);
        assert!(session(address, &laptop).is_null(), "refused at once");
        assert_eq!(stream.ended(&laptop_id)["reason"], "operator");
        assert!(!session(address, &grace).is_null());

        place.sessions(&["revoke-everybody", "--yes"]);
        assert!(session(address, &grace).is_null(), "refused at once");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn operator_disables_and_enables_a_user_of_a_running_server() {
    for place in Place::each().await {
        let server = Process::start_as(place.command());
        let address = server.address;
        let ada = enter(address, "sign-up", "ada");
        let ada_id = id(address, &ada);
        let stream = Stream::open(address, &ada);
        let (_, log) = place.does(&["users", "disable", "ADA@example.org"]);
        assert!(log.contains("and ended 1 session") && !log.contains("example.org"), "{log}");
        assert!(session(address, &ada).is_null(), "refused at once");
        assert_eq!(stream.ended(&ada_id)["reason"], "operator");

        let sign_in = |password: &str| {
            let body = format!(r#"{{"email":"ada@example.org","password":"{password}"}}"#);
            let answer = request(address, "POST", "/api/auth/sign-in/email", "", &body).expect("an answer");
            (answer.0, answer.2["code"].as_str().unwrap_or_default().to_owned())
        };
        assert_eq!(sign_in("correct horse"), (403, "USER_DISABLED".to_owned()));
        assert_eq!(sign_in("another horse"), (401, "INVALID_EMAIL_OR_PASSWORD".to_owned()));
        place.does(&["users", "disable", "ada@example.org"]);

        let (_, log) = place.does(&["users", "enable", "ada@example.org"]);
        assert!(log.contains("they can sign in again") && !log.contains("example.org"), "{log}");
        assert!(session(address, &ada).is_null(), "nothing lives again");
        assert_eq!(sign_in("correct horse").0, 200);
    }
}

/// Even after the user is erased. Latest first, with the operator.
#[tokio::test(flavor = "multi_thread")]
async fn every_operator_act_is_stored_with_its_operator() {
    for place in Place::each().await {
        let server = Process::start_as(place.command());
        let address = server.address;
        let ada = enter(address, "sign-up", "ada");
        let user = session(address, &ada)["userId"].as_str().expect("an id").to_owned();
        let ada_id = id(address, &ada);
        place.sessions(&["revoke", &ada_id]);
        let unknown = run(place.command(), &["revoke", "unknown"]);
        assert_eq!(unknown.status.code(), Some(1), "there is none");
        for _ in 0..2 {
            enter(address, "sign-in", "ada");
        }
        place.sessions(&["revoke-user", &user]);
        enter(address, "sign-in", "ada");
        place.does(&["users", "disable", &user]);
        place.does(&["users", "enable", &user]);
        enter(address, "sign-in", "ada");
        place.sessions(&["revoke-everybody", "--yes"]);
        place.does(&["users", "forget", &user, "--yes"]);

        let acts = place.acts(&[]);
        let told: Vec<String> = acts.iter().map(|act| format!("{} {}", act["act"], act["ended"])).collect();
        assert_eq!(
            told,
            [
                r#""forget" 0"#,
                r#""revoke_everybody" 1"#,
                r#""revoke_everybody_begun" 0"#,
                r#""enable" 0"#,
                r#""disable" 1"#,
                r#""revoke_user" 2"#,
                r#""revoke" 0"#,
                r#""revoke" 1"#,
            ]
        );
        assert!(acts.iter().all(|act| act["operator"] == "cli:ops"), "{acts:?}");
        assert_eq!((&acts[0]["userId"], &acts[7]["userId"]), (&Value::from(&*user), &Value::from(&*user)));
        assert_eq!(acts[7]["sessionId"], *ada_id);
        assert_eq!((&acts[6]["sessionId"], &acts[6]["userId"]), (&Value::from("unknown"), &Value::Null));

        let page = place.acts(&["--limit", "3"]);
        assert_eq!(page, acts[..3]);
        let before = page[2]["id"].to_string();
        assert_eq!(place.acts(&["--before", &before]), acts[3..]);
        let (table, _) = place.does(&["operator-acts"]);
        let rows: Vec<&str> = table.lines().collect();
        assert_eq!(rows.len(), 9, "{table}");
        assert!(rows[0].starts_with("TIME ") && rows[0].ends_with("  SESSION"), "{table}");
        assert!(rows[3].contains("  cli:ops   revoke everybody begun  0 "), "{table}");
        assert!(rows[8].ends_with(&*ada_id) && !table.contains("example.org"), "{table}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn operator_lists_and_counts_sessions_even_while_no_server_runs() {
    for place in Place::each().await {
        let server = Process::start_as(place.command());
        let first = enter(server.address, "sign-up", "ada");
        enter(server.address, "sign-up", "grace");
        let (first, user) = {
            let session = session(server.address, &first);
            (session["id"].clone(), session["userId"].as_str().expect("an id").to_owned())
        };
        for _ in 0..2 {
            enter(server.address, "sign-in", "ada");
        }
        server.kill();

        let live = place.list(&["ada@example.org"]);
        assert_eq!(live, place.list(&[&user]), "by email or by id");
        assert_eq!(live.len(), 3);
        assert_eq!(live[2]["id"], first, "the newest first");
        assert_eq!(live[0]["ipAddress"], "127.0.0.1");
        assert_eq!(live[0]["ended"], Value::Null);

        place.sessions(&["revoke", first.as_str().expect("an id")]);
        assert_eq!(place.list(&["ada@example.org"]).len(), 2);
        let all = place.list(&["ada@example.org", "--ended"]);
        assert_eq!(all[2]["ended"]["reason"], "operator");
        let page = place.list(&["ada@example.org", "--ended", "--limit", "2"]);
        assert_eq!(page, all[..2]);
        let after = page[1]["id"].as_str().expect("an id");
        assert_eq!(place.list(&["ada@example.org", "--ended", "--after", after]), all[2..]);

        let table = place.sessions(&["list", "--user", "ada@example.org", "--ended"]);
        let rows: Vec<&str> = table.lines().collect();
        assert_eq!(rows.len(), 4, "{table}");
        assert!(rows[0].starts_with("ID ") && rows[0].ends_with("  STATE"), "{table}");
        assert!(rows[1].contains("127.0.0.1") && rows[1].ends_with("  live"), "{table}");
        assert!(rows[3].contains("  operator 2"), "{table}");

        let counted = place.sessions(&["stats"]);
        let numbers: Vec<&str> = counted.lines().filter_map(|line| line.split_whitespace().last()).collect();
        assert_eq!(numbers, ["3", "2", "4", "1", "1"], "{counted}");
        let counted: Value = serde_json::from_str(&place.sessions(&["stats", "--json"])).expect("numbers");
        assert_eq!(counted["liveSessions"], 3);
        assert_eq!(counted["endedInTheLastDay"]["operator"], 1);
    }
}

#[test]
fn operator_in_another_folder_sees_which_file_is_missing() {
    let folder = TempDir::new().expect("a folder");
    let mut elsewhere = command(folder.path());
    elsewhere.env_remove("DATABASE_URL");
    let log = run(elsewhere, &["stats"]).stderr;
    let file = folder.path().join("data/multi-session.db");
    let says = format!("the database sqlite://{} cannot be opened", file.display());
    assert!(String::from_utf8_lossy(&log).contains(&says), "{}", String::from_utf8_lossy(&log));
}

#[test]
fn operator_gets_an_error_for_unknown_users_and_sessions() {
    let folder = TempDir::new().expect("a folder");
    let says = |folder: &Path, arguments: &[&str], code: i32, says: &str| {
        let output = run(command(folder), arguments);
        let log = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {log}");
        assert!(log.contains(says), "{arguments:?}: {log}");
        assert!(!log.contains("example.org"), "{arguments:?}: {log}");
    };
    says(folder.path(), &["stats"], 1, "cannot be opened");
    assert_eq!(std::fs::read_dir(folder.path()).expect("the folder").count(), 0, "nothing was made");
    assert!(command(folder.path()).arg("migrate").status().expect("it runs").success());
    says(
        folder.path(),
        &["revoke", "unknown"],
        1,
        "session unknown is not live: it has ended or does not exist",
    );
    says(folder.path(), &["revoke", "not an id"], 1, "is not a session id");
    says(folder.path(), &["revoke-user", "nobody@example.org"], 1, "there is no user with that email or id");
    says(folder.path(), &["list", "--user", "nobody"], 1, "there is no user with that email or id");
    says(folder.path(), &["revoke-everybody"], 2, "--yes");
    says(folder.path(), &["list"], 2, "--user");
    says(folder.path(), &["list", "--user", "x", "--limit", "1001"], 2, "--limit");
    for act in ["disable", "enable"] {
        let mut command = command(folder.path());
        command.args(["users", act, "nobody@example.org"]).stderr(Stdio::piped());
        let output = command.output().expect("it runs");
        let log = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{act}: {log}");
        assert!(log.contains("there is no user with that email or id"), "{act}: {log}");
        assert!(!log.contains("example.org"), "{act}: {log}");
    }
}

mod over_the_api {
    use axum::http::Method;
    use serde_json::{Value, json};

    use crate::harness::{Answer, CHROME, DAY, FIREFOX, MINUTE, PASSWORD, TestApp, TestBrowser};
    use crate::mail::{reset, sign_in_with};
    use crate::smtp::MailServer;

    const TOKEN: &str = "mso_0123456789abcdef";
    /// printf TOKEN | sha256sum
    const HASH: &str = "68a2d922833af5fad2d20de6d7f0002d86e52a5490b98e5a2894d07e1e8dccd3";
    const USER: &str = "/api/auth/multi-session/operator/revoke-user";
    const EVERYBODY: &str = "/api/auth/multi-session/operator/revoke-everybody";
    const DISABLE: &str = "/api/auth/multi-session/operator/disable-user";
    const ENABLE: &str = "/api/auth/multi-session/operator/enable-user";
    const ALL: [&str; 4] = [USER, EVERYBODY, DISABLE, ENABLE];

    async fn with_token() -> TestApp {
        TestApp::start_with(&["--operator-token-hash", HASH]).await
    }

    async fn ask(browser: &TestBrowser, path: &str, authorization: Option<&str>, body: &Value) -> Answer {
        let mut headers = vec![("content-type", "application/json")];
        headers.extend(authorization.map(|value| ("authorization", value)));
        browser.send(Method::POST, path, &headers, Some(body.to_string())).await
    }

    #[tokio::test]
    async fn asvs_7_4_5_operator_program_ends_sessions_of_one_user_or_of_everybody() {
        let app = with_token().await;
        let (ada, grace) = (app.sign_up(FIREFOX, "ada").await, app.sign_up(FIREFOX, "grace").await);
        let phone = app.sign_in(CHROME, "ada").await;
        let (phone_id, mut stream) = (phone.current_id().await, phone.events(None).await);
        stream.snapshot().await;
        let program = app.browser("program/1.0");
        let bearer = format!("Bearer {TOKEN}");
        let user = json!({ "userId": ada.get_session().await["user"]["id"] });

        let answer = ask(&program, USER, Some(&bearer), &user).await;
        assert_eq!(answer.ok(), json!({ "status": true, "ended": 2 }));
        assert_eq!(answer.header("cache-control"), "no-store");
        assert!(answer.set_cookies().is_empty());
        assert_eq!((ada.whoami().await, phone.whoami().await), (String::new(), String::new()));
        let ended = stream.wait_for("ended", &phone_id).await;
        assert_eq!((&ended["reason"], &ended["by"]), (&json!("operator"), &Value::Null));
        stream.assert_ended().await;
        assert_eq!(grace.whoami().await, "grace");
        let again = ask(&program, USER, Some(&bearer), &user).await;
        assert_eq!(again.ok()["ended"], 0, "it can be asked again");
        let unknown = ask(&program, USER, Some(&bearer), &json!({ "userId": "nobody" })).await;
        assert_eq!(unknown.ok()["ended"], 0);
        ask(&program, USER, Some(&bearer), &json!({ "userId": "a b" }))
            .await
            .refused(400, "VALIDATION_ERROR");
        ask(&program, USER, Some(&bearer), &json!({})).await.refused(400, "VALIDATION_ERROR");

        let answer = ask(&program, EVERYBODY, Some(&format!("bearer {TOKEN}")), &json!({})).await;
        assert_eq!(answer.ok(), json!({ "status": true, "ended": 1 }));
        assert_eq!(grace.whoami().await, "");
    }

    /// The operator acts, oldest first.
    async fn acts(app: &TestApp) -> Vec<String> {
        let mut acts = app.sessions.operator_acts(None, 100).await.expect("the acts");
        acts.reverse();
        acts.iter().map(|act| format!("{} {} {}", act.operator, act.act, act.ended)).collect()
    }

    #[tokio::test]
    async fn operator_program_disables_and_enables_a_user() {
        let app = with_token().await;
        let (ada, grace) = (app.sign_up(FIREFOX, "ada").await, app.sign_up(FIREFOX, "grace").await);
        let phone = app.sign_in(CHROME, "ada").await;
        let program = app.browser("program/1.0");
        let bearer = format!("Bearer {TOKEN}");
        let user = json!({ "userId": ada.get_session().await["user"]["id"] });

        let answer = ask(&program, DISABLE, Some(&bearer), &user).await;
        assert_eq!(answer.ok(), json!({ "status": true, "ended": 2 }));
        assert_eq!(answer.header("cache-control"), "no-store");
        let again = ask(&program, DISABLE, Some(&bearer), &user).await;
        assert_eq!(again.ok()["ended"], 0, "it can be asked again");
        let signed_in = (ada.whoami().await, phone.whoami().await, grace.whoami().await);
        assert_eq!(signed_in, (String::new(), String::new(), "grace".to_owned()));
        phone.sign_in("ada").await.refused(403, "USER_DISABLED");
        sign_in_with(&phone, "ada", "a wrong one").await.refused(401, "INVALID_EMAIL_OR_PASSWORD");
        app.sessions.flush().await.expect("a write");
        for path in [DISABLE, ENABLE] {
            let unknown = ask(&program, path, Some(&bearer), &json!({ "userId": "nobody" })).await;
            unknown.refused(404, "USER_NOT_FOUND");
            for body in [json!({ "userId": "a b" }), json!({})] {
                ask(&program, path, Some(&bearer), &body).await.refused(400, "VALIDATION_ERROR");
            }
        }

        assert_eq!(ask(&program, ENABLE, Some(&bearer), &user).await.ok(), json!({ "status": true }));
        assert_eq!(ada.whoami().await, "", "nothing lives again");
        phone.sign_in("ada").await.ok();
        let history =
            phone.get("/api/auth/multi-session/history?kinds=disabled,enabled,password_refused").await.ok();
        let entries = history["entries"].as_array().expect("a list");
        let told: Vec<String> =
            entries.iter().map(|entry| format!("{} {}", entry["kind"], entry["refusal"])).collect();
        assert_eq!(
            told,
            [
                r#""enabled" null"#,
                r#""password_refused" null"#,
                r#""password_refused" "disabled""#,
                r#""disabled" null"#
            ]
        );
        let page = phone.open("/history").await.text;
        for words in [
            "Account disabled by an administrator",
            "Correct password, but the account is disabled",
            "Account enabled by an administrator",
        ] {
            assert!(page.contains(words), "{words}: {page}");
        }
        assert!(!page.contains("token:"), "which operator is not for the person");
        let by = "token:68a2d922";
        let expected = ["disable 2", "disable 0", "enable 0"].map(|act| format!("{by} {act}"));
        assert_eq!(acts(&app).await, expected);
    }

    #[tokio::test]
    async fn disabled_user_gets_no_link_and_earlier_links_do_nothing() {
        let mails = MailServer::start().await;
        let url = mails.url();
        let mail = ["--smtp-url", &url, "--mail-from", "no-reply@example.org"];
        let app = TestApp::start_with(&[&["--operator-token-hash", HASH][..], &mail].concat()).await;
        let ada = app.sign_up(FIREFOX, "ada").await;
        let stranger = app.browser(CHROME);
        let request = async |email: &str| {
            let body = json!({ "email": email });
            stranger.post("/api/auth/request-password-reset", body).await.ok()
        };
        request("ada@example.org").await;
        assert_eq!(app.deliver().await, 1);
        let link = mails.one();
        let (program, bearer) = (app.browser("program/1.0"), format!("Bearer {TOKEN}"));
        let user = json!({ "userId": ada.get_session().await["user"]["id"] });
        ask(&program, DISABLE, Some(&bearer), &user).await.ok();

        app.advance(2 * MINUTE);
        assert_eq!(request("ada@example.org").await, request("nobody@example.org").await);
        assert_eq!(app.deliver().await, 0);
        assert!(stranger.open(&link.link()).await.text.contains("This link has expired or was already used"));
        reset(&stranger, &link.token(), "another good password").await.refused(400, "INVALID_TOKEN");
        sign_in_with(&stranger, "ada", PASSWORD).await.refused(403, "USER_DISABLED");

        ask(&program, ENABLE, Some(&bearer), &user).await.ok();
        reset(&stranger, &link.token(), "another good password").await.ok();
        sign_in_with(&stranger, "ada", "another good password").await.ok();
    }

    #[tokio::test]
    async fn acts_without_effect_are_stored_too_and_all_are_deleted_after_their_retention() {
        let app = with_token().await;
        app.sign_up(FIREFOX, "ada").await;
        let (program, bearer) = (app.browser("program/1.0"), format!("Bearer {TOKEN}"));
        ask(&program, USER, Some(&bearer), &json!({ "userId": "nobody" })).await.ok();
        ask(&program, EVERYBODY, Some(&bearer), &json!({})).await.ok();
        ask(&program, EVERYBODY, Some("Bearer mso_wrong"), &json!({})).await.refused(401, "UNAUTHORIZED");
        let by = "token:68a2d922";
        let expected = ["revoke_user 0", "revoke_everybody_begun 0", "revoke_everybody 1"];
        assert_eq!(acts(&app).await, expected.map(|act| format!("{by} {act}")));
        app.advance(399 * DAY);
        assert_eq!(app.sessions.sweep().await.expect("a sweep").forgotten_acts, 0);
        app.advance(DAY);
        assert_eq!(app.sessions.sweep().await.expect("a sweep").forgotten_acts, 3);
        assert!(acts(&app).await.is_empty());
    }

    #[tokio::test]
    async fn page_says_that_an_operator_ended_the_session() {
        let app = with_token().await;
        let ada = app.sign_up(FIREFOX, "ada").await;
        ask(&app.browser(CHROME), EVERYBODY, Some(&format!("Bearer {TOKEN}")), &json!({})).await.ok();
        let headers = [("accept", "text/html"), ("sec-fetch-site", "same-origin")];
        let moved = ada.send(Method::GET, "/sessions", &headers, None).await;
        let page = ada.send(Method::GET, moved.header("location"), &headers, None).await;
        assert!(page.text.contains("You were signed out by an administrator"), "{}", page.text);
    }

    #[tokio::test]
    async fn operator_endpoints_require_the_token() {
        let app = with_token().await;
        let ada = app.sign_up(FIREFOX, "ada").await;
        let user = json!({ "userId": ada.get_session().await["user"]["id"] });
        let wrong = format!("{}0", &TOKEN[..TOKEN.len() - 1]);
        let refused = [
            None,
            Some(""),
            Some("Bearer"),
            Some("Bearer "),
            Some(HASH),
            Some(TOKEN),
            Some("Basic bXNvXzA6"),
        ];
        let forged = [format!("Bearer {wrong}"), format!("Bearer {HASH}"), format!("Bearer {TOKEN} {TOKEN}")];
        for authorization in refused.into_iter().chain(forged.iter().map(|it| Some(it.as_str()))) {
            for path in ALL {
                // Not even with the cookies of a live session, from a page of ours.
                let answer = ask(&ada, path, authorization, &user).await;
                answer.refused(401, "UNAUTHORIZED");
                assert_eq!(answer.header("www-authenticate"), "Bearer");
                assert_eq!(answer.header("cache-control"), "no-store");
            }
        }
        let get =
            ada.send(Method::GET, EVERYBODY, &[("authorization", &format!("Bearer {TOKEN}"))], None).await;
        assert_eq!((get.status.as_u16(), get.text.as_str()), (404, ""));
        assert_eq!(ada.whoami().await, "ada");
    }

    #[tokio::test]
    async fn operator_endpoints_do_not_exist_without_the_setting() {
        let app = TestApp::start().await;
        let ada = app.sign_up(FIREFOX, "ada").await;
        for path in ALL {
            for authorization in [format!("Bearer {TOKEN}"), "Bearer ".to_owned()] {
                let program = app.browser("program/1.0");
                let answer = ask(&program, path, Some(&authorization), &json!({})).await;
                assert_eq!((answer.status.as_u16(), answer.text.as_str()), (404, ""));
            }
        }
        let document = ada.get("/api/auth/openapi.json").await.ok();
        assert!(ALL.iter().all(|path| document["paths"][path].is_null()));
        assert_eq!(ada.whoami().await, "ada");
    }

    #[tokio::test]
    async fn operator_endpoints_are_rate_limited() {
        let app = TestApp::start_with(&["--operator-token-hash", HASH, "--rate-limit", "on"]).await;
        let program = app.browser("program/1.0");
        let mut statuses = Vec::new();
        for _ in 0..130 {
            statuses.push(ask(&program, EVERYBODY, None, &json!({})).await.status.as_u16());
        }
        assert!(statuses.starts_with(&[401; 90]), "{statuses:?}");
        assert!(statuses.contains(&429), "{statuses:?}");
    }
}

#[test]
fn printed_token_works_and_is_not_logged() {
    let folder = TempDir::new().expect("a folder");
    let printed =
        command(folder.path()).arg("operator-token").stdout(Stdio::piped()).output().expect("it runs");
    let printed = String::from_utf8(printed.stdout).expect("text");
    let values: Vec<&str> = printed.lines().filter_map(|line| line.split_whitespace().last()).collect();
    let [token, hash] = values[..] else { panic!("{printed}") };
    assert!(token.starts_with("mso_") && token.len() == 68, "{printed}");

    let mut command = command(folder.path());
    command.env("MULTI_SESSION_OPERATOR_TOKEN_HASH", format!("{},{hash}", "0".repeat(64)));
    let (server, log) = Process::start_with_log(command);
    let ada = enter(server.address, "sign-up", "ada");
    let ask = |token: &str| {
        let mut stream = TcpStream::connect(server.address).expect("a connection");
        stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a bound");
        let text = format!(
            "POST /api/auth/multi-session/operator/revoke-everybody HTTP/1.1\r\nhost: x\r\n\
             authorization: Bearer {token}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
        );
        stream.write_all(text.as_bytes()).expect("a request");
        let mut answer = String::new();
        std::io::Read::read_to_string(&mut stream, &mut answer).expect("an answer");
        answer
    };
    assert!(ask("mso_wrong").starts_with("HTTP/1.1 401 "));
    assert!(!session(server.address, &ada).is_null());
    let answer = ask(token);
    assert!(answer.contains(r#"{"status":true,"ended":1}"#), "{answer}");
    assert!(session(server.address, &ada).is_null());
    server.kill();
    let log = log.join().expect("the log");
    assert!(log.contains(&format!("operator token:{} ended everybody's sessions", &hash[..8])), "{log}");
    for secret in [token, "mso_wrong", hash, "ada@example.org", "correct horse"] {
        assert!(!log.contains(secret), "{secret} is in the log: {log}");
    }
}
