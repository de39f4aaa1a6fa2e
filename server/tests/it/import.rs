//! Accounts imported from Better Auth.

use std::collections::BTreeMap;
use std::process::Stdio;
use std::time::Duration;

use axum::http::Method;
use multi_session::{
    Credential, ImportedRestrictions, ImportedSession, Operator, PostgresTestDatabase, Session, SessionId,
    Sessions, Timestamp, User, UserId,
};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::harness::{Answer, CHROME, DAY, FIREFOX, MINUTE, ORIGIN, PASSWORD, TestApp, TestBrowser, text};
use crate::mail::{reset, sign_in_with};
use crate::process::{Process, command, request};
use crate::smtp::MailServer;
use crate::standards::surfaces::HTTPS;

/// Better Auth's own hash of the tests' password.
const THEIRS: &str = "bec9de764d0c91aec0a5b53f398529bc:f611109c36710f661495b70dfc860081d8888325d69d385b50154266c770ccb9e3bba76a17a3d78e31acdaa0c86bde66c9f9c263c1af83e87f6fd86a248a8638";

/// A Better Auth database with ada, signed in from three places, one of them behind two proxies.
const THEIR_TABLES: &str = r#"
create table "user" (id text, email text, name text, image text, "emailVerified" boolean,
    "createdAt" timestamptz, "updatedAt" timestamptz);
create table "account" (id text, "userId" text, "providerId" text, password text, "updatedAt" timestamptz);
create table "session" (id text, "userId" text, token text, "ipAddress" text, "userAgent" text,
    "createdAt" timestamptz, "updatedAt" timestamptz, "expiresAt" timestamptz);
insert into "user" values ('ada', 'ada@example.org', 'ada', null, true, now(), now());
insert into "session"
    select 'session' || number, 'ada', lpad(number::text, 32, '0'), address, 'theirs', now(), now(),
        now() + interval '7 days'
    from (values (1, '203.0.113.7'), (2, '2001:db8:1:2::3'), (3, '198.51.100.77, 10.0.0.1'))
        as theirs (number, address);
"#;

/// Rows of plugins: a banned user, one with two-factor authentication, and an impersonated session.
const RESTRICTED: &str = r#"
alter table "user" add role text, add banned boolean, add "banExpires" timestamptz,
    add "twoFactorEnabled" boolean;
alter table "session" add "impersonatedBy" text;
create table "twoFactor" (id text, secret text, "backupCodes" text, "userId" text);
create table organization (id text);
insert into "user" select name, name || '@example.org', name, null, true, now(), now(), null, name = 'banned', null,
        name = 'careful'
    from (values ('banned'), ('careful')) as theirs (name);
insert into "account" select name, name, 'credential', 'bec9de764d0c91aec0a5b53f398529bc:f611109c36710f661495b70dfc860081d8888325d69d385b50154266c770ccb9e3bba76a17a3d78e31acdaa0c86bde66c9f9c263c1af83e87f6fd86a248a8638', now()
    from (values ('banned'), ('careful')) as theirs (name);
insert into "session"
    select 'support', 'ada', lpad('4', 32, '0'), '', 'theirs', now(), now(), now() + interval '1 hour', 'root';
"#;

/// The token of the first session, and Better Auth's signature of it with "their secret".
const TOKEN: &str = "00000000000000000000000000000001";
const SIGNATURE: &str = "3Gqbf9IeZlCw9X1yB%2Bb2fVzJTHK3%2F5vBP0852LQji%2BY%3D";

/// A server with the user ada, with a password hash of Better Auth or without a password.
async fn with_ada(hash: Option<&str>) -> TestApp {
    let app = TestApp::start().await;
    import_ada(&app, hash).await;
    app
}

pub(crate) async fn import_ada(app: &TestApp, hash: Option<&str>) -> UserId {
    let at = Timestamp::from_unix_ms(1_700_000_000_000);
    let id = UserId::new("aBcDeFgHiJkLmNoPqRsTuVwXyZ012345").expect("an id of Better Auth's");
    let mut user = User::new(id, "ada", "ada@example.org", at);
    user.email_verified = true;
    let mut import = app.store.begin_import(app.sessions.now()).await.expect("a transaction");
    import.user(&user).await.expect("taken");
    if let Some(hash) = hash {
        import.password(&user.id, hash, at).await.expect("taken");
    }
    import.commit().await.expect("durable");
    user.id
}

async fn restrict(app: &TestApp, user: &UserId, restrictions: ImportedRestrictions) {
    let mut import = app.store.begin_import(app.sessions.now()).await.expect("a transaction");
    import.restrict(user, restrictions).await.expect("taken");
    import.commit().await.expect("durable");
}

async fn hash(app: &TestApp) -> Option<String> {
    app.store.password_of("ada@example.org").await.expect("an answer").expect("a user").password_hash
}

#[tokio::test]
async fn first_right_password_replaces_the_imported_hash() {
    let app = with_ada(Some(THEIRS)).await;
    let browser = app.browser(FIREFOX);
    let wrong = json!({ "email": "ada@example.org", "password": "not the password" });
    browser.post("/api/auth/sign-in/email", wrong).await.refused(401, "INVALID_EMAIL_OR_PASSWORD");
    assert_eq!(hash(&app).await.as_deref(), Some(THEIRS));
    browser.sign_in("ada").await.ok();
    assert!(hash(&app).await.is_some_and(|hash| hash.starts_with("$argon2id$")));
    app.sign_in(FIREFOX, "ada").await;
}

#[tokio::test]
async fn imported_password_can_be_changed() {
    let app = with_ada(Some(THEIRS)).await;
    let browser = app.browser(FIREFOX);
    browser.sign_in("ada").await.ok();
    let body = json!({ "currentPassword": PASSWORD, "newPassword": "another password" });
    browser.post("/api/auth/change-password", body).await.ok();
    assert!(hash(&app).await.is_some_and(|hash| hash.starts_with("$argon2id$")));
}

#[tokio::test]
async fn an_account_without_a_password_is_refused_like_any_other() {
    let app = with_ada(None).await;
    let browser = app.browser(FIREFOX);
    browser.sign_in("ada").await.refused(401, "INVALID_EMAIL_OR_PASSWORD");
    let body = json!({ "name": "ada", "email": "ada@example.org", "password": PASSWORD });
    let taken = browser.post("/api/auth/sign-up/email", body).await;
    taken.refused(422, "USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL");
}

/// Nor with a password that a mailed link has set. In a live session the password still proves who acts.
#[tokio::test]
async fn imported_two_factor_user_cannot_sign_in_by_password_alone() {
    let mails = MailServer::start().await;
    let url = mails.url();
    let flags = ["--smtp-url", &url, "--mail-from", "no-reply@example.org"];
    let app = TestApp::start_with(&flags).await;
    let ada = import_ada(&app, Some(THEIRS)).await;
    let laptop = app.sign_in(FIREFOX, "ada").await;
    let needs_two_factor = ImportedRestrictions { is_banned: false, needs_two_factor: true };
    restrict(&app, &ada, needs_two_factor).await;

    let phone = app.browser(CHROME);
    phone.sign_in("ada").await.refused(403, "TWO_FACTOR_REQUIRED");
    sign_in_with(&phone, "ada", "a wrong one").await.refused(401, "INVALID_EMAIL_OR_PASSWORD");
    let form = "email=ada%40example.org&password=correct+horse+battery";
    phone.call("sign-in", form).await.refused(403, "TWO_FACTOR_REQUIRED");
    let refused = phone.submit("/sign-in", "sign-in", form).await;
    let page = phone.open(&refused.header("location").replace(ORIGIN, "")).await;
    assert!(page.text.contains("needs two-factor authentication"), "{}", page.text);
    let proof = json!({ "password": PASSWORD });
    laptop.post("/api/auth/multi-session/reauthenticate", proof).await.ok();
    let body = json!({ "currentPassword": PASSWORD, "newPassword": "another password" });
    laptop.post("/api/auth/change-password", body).await.ok();

    app.advance(2 * MINUTE);
    app.deliver().await;
    mails.taken();
    let body = json!({ "email": "ada@example.org" });
    phone.post("/api/auth/request-password-reset", body).await.ok();
    assert_eq!(app.deliver().await, 1);
    reset(&phone, &mails.one().token(), "a third password").await.ok();
    sign_in_with(&phone, "ada", "a third password").await.refused(403, "TWO_FACTOR_REQUIRED");

    let by = Operator::new("cli:test");
    app.sessions.allow_password_alone(&by, &ada).await.expect("it is allowed");
    sign_in_with(&phone, "ada", "a third password").await.ok();
    restrict(&app, &ada, needs_two_factor).await;
    sign_in_with(&app.browser(FIREFOX), "ada", "a third password").await.ok();
    app.sessions.flush().await.expect("a write");
    let history = phone.get("/api/auth/multi-session/history?kinds=password_refused").await.ok();
    let entries = history["entries"].as_array().expect("a list");
    assert_eq!(entries.iter().filter(|entry| entry["refusal"] == "two_factor").count(), 4);
}

#[tokio::test]
async fn imported_banned_user_cannot_sign_in() {
    let app = TestApp::start().await;
    let ada = import_ada(&app, Some(THEIRS)).await;
    restrict(&app, &ada, ImportedRestrictions { is_banned: true, needs_two_factor: false }).await;
    app.browser(FIREFOX).sign_in("ada").await.refused(403, "USER_DISABLED");
}

/// The program as a process: its output, Better Auth's cookies, and the operator's command.
#[tokio::test(flavor = "multi_thread")]
async fn import_reports_skipped_rows_and_what_to_do() {
    let theirs = PostgresTestDatabase::empty().await;
    theirs.execute(THEIR_TABLES).await.map(drop).expect("their tables");
    theirs.execute(RESTRICTED).await.map(drop).expect("their restrictions");
    let folder = TempDir::new().expect("a folder");
    let run = |arguments: &[&str], secrets: &str| {
        let mut command = command(folder.path());
        command.args(arguments).env("BETTER_AUTH_SECRET", "an old one").env("BETTER_AUTH_SECRETS", secrets);
        let output = command.stderr(Stdio::piped()).output().expect("it runs");
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let url = theirs.url();
    let import = ["import", "better-auth", "--from", &url];
    let (code, log) = run(&import, "their secret");
    assert_eq!(code, Some(1));
    assert!(log.contains("BETTER_AUTH_SECRETS must be") && !log.contains("their secret"), "{log}");
    let (code, log) = run(&import, "2:their secret,1:an old one");
    assert_eq!(code, Some(0), "{log}");
    for line in [
        "users: 3 imported",
        "banned in the source: 1 user. They are disabled here",
        "with two-factor authentication in the source: 1 user. They stay signed in",
        "sessions: 3 imported",
        "sessions in which an administrator acted as the user (impersonatedBy): 1, skipped",
        "not understood and not imported: organization, user.role",
    ] {
        assert!(log.contains(line), "{line}: {log}");
    }

    let mut serve = command(folder.path());
    serve.env("MULTI_SESSION_COOKIE_PREFIX", "better-auth");
    let server = Process::start_as(serve);
    let whoami = |token: &str, signature: &str| {
        let cookie = format!("better-auth.session_token={token}.{signature}");
        let answer = request(server.address, "GET", "/api/auth/get-session", &cookie, "").expect("an answer");
        answer.2["user"]["email"].clone()
    };
    assert_eq!(whoami(TOKEN, SIGNATURE), "ada@example.org", "the first secret signs");
    let sign_in = |name: &str| {
        let body = format!(r#"{{"email":"{name}@example.org","password":"{PASSWORD}"}}"#);
        let answer = request(server.address, "POST", "/api/auth/sign-in/email", "", &body);
        let (status, _, json) = answer.expect("an answer");
        (status, json["code"].as_str().unwrap_or_default().to_owned())
    };
    assert_eq!(sign_in("banned"), (403, "USER_DISABLED".to_owned()));
    assert_eq!(sign_in("careful"), (403, "TWO_FACTOR_REQUIRED".to_owned()));
    let (code, log) = run(&["users", "allow-password-alone", "careful@example.org"], "");
    assert!(code == Some(0) && log.contains("can sign in by password alone"), "{log}");
    assert_eq!(sign_in("careful").0, 200);
    let (code, _) = run(&["users", "allow-password-alone", "nobody@example.org"], "");
    assert_eq!(code, Some(1));

    let (code, log) = run(&[&import[..], &["--allow-password-alone"]].concat(), "2:their secret");
    assert_eq!(code, Some(0), "{log}");
    assert!(log.contains("1 user. They can sign in by password alone"), "{log}");
    let (code, log) = run(&[&import[..], &["--map", "user.shoeSize=x"]].concat(), "");
    assert!(code == Some(2) && log.contains("reads only these fields of user: id, email"), "{log}");
    let (code, log) = run(&[&import[..], &["--map", "user=people"]].concat(), "");
    assert!(code == Some(1) && log.contains(r#"no table for Better Auth's "user""#), "{log}");
}

#[tokio::test]
async fn failed_import_leaves_nothing() {
    let app = TestApp::start().await;
    app.sign_up(FIREFOX, "ada").await;
    let at = app.sessions.now();
    let user = User::new(UserId::new("half").expect("an id"), "half", "half@example.org", at);
    let mut import = app.store.begin_import(at).await.expect("a transaction");
    import.user(&user).await.expect("taken");
    drop(import);
    assert!(app.store.password_of("half@example.org").await.expect("an answer").is_none());
    // The database can be written again.
    app.sign_in(FIREFOX, "ada").await;
}

const THEIR_TOKEN: &str = "aBcDeFgHiJkLmNoPqRsTuVwXyZ012345";
const OUR_COOKIE: &str = "__Host-multi-session.session_token";

/// The cookies that Better Auth sets on https for ada's session.
fn their_cookies() -> BTreeMap<String, String> {
    let value = format!("{THEIR_TOKEN}.{}%3D", "A".repeat(43));
    let held = format!("_multi-{}", THEIR_TOKEN.to_lowercase());
    ["", &held].map(|end| (format!("__Secure-multi-session.session_token{end}"), value.clone())).into()
}

/// Imports ada with this session, or updates it.
async fn import_session(app: &TestApp, user: &User) {
    let credential = Credential::parse(&format!("{THEIR_TOKEN}.{}=", "A".repeat(43)));
    let credential = credential.expect("a credential");
    let now = app.sessions.now();
    let (id, expires_at) = (SessionId::new("their-session").expect("an id"), now.plus(60 * DAY));
    let mut session = Session::new(id, credential.handle, user.id.clone(), user.created_at, expires_at);
    session.updated_at = now;
    session.user_agent = FIREFOX.to_owned();
    let imported = ImportedSession { session, secret_hash: credential.secret.hash(), remember: true };
    let mut import = app.store.begin_import(now).await.expect("a transaction");
    import.user(user).await.expect("taken");
    import.session(&imported).await.expect("taken");
    import.commit().await.expect("durable");
}

async fn with_their_session() -> (TestApp, User) {
    let app = TestApp::start_with(&["--base-url", HTTPS]).await;
    let at = app.sessions.now();
    let mut user = User::new(UserId::new("ada").expect("an id"), "ada", "ada@example.org", at);
    user.email_verified = true;
    import_session(&app, &user).await;
    (app, user)
}

async fn post_on_https(browser: &TestBrowser, path: &str, body: Value) -> Answer {
    let headers = [("origin", HTTPS), ("content-type", "application/json")];
    browser.send(Method::POST, &format!("/api/auth/{path}"), &headers, Some(body.to_string())).await
}

#[tokio::test]
async fn secure_better_auth_cookies_become_ours_with_the_first_request() {
    let (app, _) = with_their_session().await;
    let browser = app.browser(FIREFOX);
    browser.set_cookies(their_cookies());
    assert_eq!(browser.whoami().await, "ada");
    let names: Vec<String> = browser.cookies().into_keys().collect();
    assert_eq!(names, [OUR_COOKIE.to_owned(), format!("{OUR_COOKIE}_multi-{}", THEIR_TOKEN.to_lowercase())]);
    assert_eq!(browser.whoami().await, "ada");
}

#[tokio::test]
async fn planted_better_auth_cookie_replaces_no_session_of_ours() {
    let (app, _) = with_their_session().await;
    let browser = app.browser(FIREFOX);
    for name in ["grace", "linus"] {
        let body = json!({ "name": name, "email": format!("{name}@example.org"), "password": PASSWORD });
        post_on_https(&browser, "sign-up/email", body).await.ok();
    }
    let plant = || {
        let mut cookies = browser.cookies();
        cookies.extend(their_cookies());
        browser.set_cookies(cookies);
    };
    plant();
    assert_eq!(browser.whoami().await, "linus");
    assert!(browser.cookies().keys().all(|name| name.starts_with("__Host-")), "it is cleared");
    // The same while nobody is active but another account is held.
    post_on_https(&browser, "sign-out", json!({ "scope": "account" })).await.ok();
    plant();
    assert_eq!(browser.whoami().await, "");
    let listed = browser.list().await;
    assert_eq!((listed.len(), &listed[0]["user"]["name"]), (1, &json!("grace")));
}

#[tokio::test]
async fn better_auth_cookies_are_accepted_for_thirty_days_after_the_last_import() {
    let (app, user) = with_their_session().await;
    let opens = async || {
        let browser = app.browser(FIREFOX);
        browser.set_cookies(their_cookies());
        let opens = browser.whoami().await == "ada";
        assert!(!browser.cookies().keys().any(|name| name.starts_with("__Secure-")), "it is cleared");
        opens
    };
    let second = Duration::from_secs(1);
    app.advance(Sessions::IMPORT_GRACE - second);
    assert!(opens().await);
    app.advance(second);
    assert!(!opens().await, "though the session lives on");
    import_session(&app, &user).await;
    assert!(opens().await);
    app.advance(Sessions::IMPORT_GRACE);
    assert!(!opens().await);
}

#[tokio::test]
async fn addresses_are_imported_by_the_configured_mode() {
    let theirs = PostgresTestDatabase::empty().await;
    theirs.execute(THEIR_TABLES).await.map(drop).expect("their tables");
    let url = theirs.url();
    let addresses = ["203.0.113.7", "2001:db8:1:2::3", "198.51.100.77"];
    for (mode, expected) in [
        ("full", ["198.51.100.77, 10.0.0.1", "2001:db8:1:2::3", "203.0.113.7"]),
        ("truncated", ["", "2001:db8:1::", "203.0.113.0"]),
    ] {
        let folder = TempDir::new().expect("a folder");
        let run = |arguments: &[&str]| {
            let mut command = command(folder.path());
            command.args(arguments).env("BETTER_AUTH_SECRET", "their secret");
            let output = command.stdout(Stdio::piped()).stderr(Stdio::piped()).output().expect("it runs");
            let log = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(output.status.success(), "{arguments:?}: {log}");
            (String::from_utf8(output.stdout).expect("text"), log)
        };
        let (_, log) = run(&["import", "better-auth", "--from", &url, "--ip-mode", mode]);
        assert!(log.contains("sessions: 3 imported"), "{log}");
        let (printed, _) = run(&["sessions", "list", "--user", "ada", "--json"]);
        let listed: Vec<Value> = serde_json::from_str(&printed).expect("a list");
        let mut listed: Vec<String> = listed.iter().map(|row| text(&row["ipAddress"])).collect();
        listed.sort();
        assert_eq!(listed, expected, "{mode}");

        let files = std::fs::read_dir(folder.path().join("data")).expect("the folder");
        let paths = files.map(|file| file.expect("a file").path());
        let kept: Vec<u8> = paths.flat_map(|path| std::fs::read(path).expect("its bytes")).collect();
        for whole in addresses {
            let is_kept = kept.windows(whole.len()).any(|window| window == whole.as_bytes());
            assert_eq!(is_kept, mode == "full", "{mode}: {whole} in the database");
        }
    }
}
