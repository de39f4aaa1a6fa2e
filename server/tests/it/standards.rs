//! The lines of OWASP ASVS 5.0, of OWASP's session sheet and of RFC 6265bis that are about us, each over everything that
//! a request can reach: pages, server functions, REST and streams. What one area holds more closely is beside it, as
//! SECURITY.md says.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::http::Method;
use multi_session::{Options, SessionId};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::harness::{Answer, CHROME, DAY, FIREFOX, ORIGIN, PASSWORD, TestApp, TestBrowser, text};

const SESSION: &str = "multi-session.session_token";
const HTTPS: &str = "https://id.example.org";

/// The server functions that change something, with a form that each takes.
const FUNCTIONS: [(&str, &str); 15] = [
    ("sign-in", "email=eve%40example.org&password=correct+horse+battery"),
    ("sign-up", "name=eve&email=eve%40example.org&password=correct+horse+battery"),
    ("sign-out", ""),
    ("change-password", "current_password=correct+horse+battery&new_password=another+password"),
    ("set-active", "session_id=x"),
    ("rename", "session_id=x&name=y"),
    ("confirm", "password=correct+horse+battery&act=%2Ffn%2Frevoke-all&acting=x"),
    ("revoke", "session_id=x"),
    ("undo-revoke", "session_id=x"),
    ("revoke-others", ""),
    ("revoke-all", ""),
    ("report", "session_id=x"),
    ("report-by-mail", "token=x"),
    ("forgot-password", "email=ada%40example.org"),
    ("reset-password", "token=x&new_password=another+password"),
];

/// One request that can be sent again and again.
struct Route {
    method: Method,
    path: String,
    kind: &'static str,
    body: Option<String>,
}

impl Route {
    async fn send(&self, browser: &TestBrowser, headers: &[(&str, &str)]) -> Answer {
        let kind = [("content-type", self.kind)];
        let kind: &[_] = if self.body.is_some() { &kind } else { &[] };
        browser.send(self.method.clone(), &self.path, &[headers, kind].concat(), self.body.clone()).await
    }

    fn changes(&self) -> bool {
        self.method == Method::POST
    }
}

/// Every page, every server function, and every operation of the OpenAPI document with a body that it shows.
async fn routes(app: &TestApp) -> Vec<Route> {
    let page = |path: &str| Route { method: Method::GET, path: path.to_owned(), kind: "", body: None };
    let mut routes: Vec<_> = app::page_paths().chain(["/nothing"]).map(page).collect();
    routes.push(page("/fn/list-device-sessions"));
    routes.extend(FUNCTIONS.map(|(function, form)| Route {
        method: Method::POST,
        path: format!("/fn/{function}"),
        kind: "application/x-www-form-urlencoded",
        body: Some(form.to_owned()),
    }));
    let document = app.browser(FIREFOX).get("/api/auth/openapi.json").await.ok();
    for (path, item) in document["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("operations") {
            let media = &operation["requestBody"]["content"]["application/json"];
            let several = media["examples"].as_object().and_then(|all| all.values().next());
            let shown = media.get("example").or(several.map(|example| &example["value"]));
            let body = (method == "post").then(|| shown.map_or_else(|| "{}".to_owned(), Value::to_string));
            let method = method.to_uppercase().parse().expect("a method");
            routes.push(Route { method, path: path.clone(), kind: "application/json", body });
        }
    }
    assert!(routes.len() > 35, "{}", routes.len());
    routes
}

fn from(origin: &str) -> [(&str, &str); 2] {
    [("origin", origin), ("accept", "text/html, application/json")]
}

#[test]
fn asvs_7_1_the_documented_limits_are_those_in_force() {
    let readme = concat!(env!("CARGO_MANIFEST_DIR"), "/../README.md");
    let readme = std::fs::read_to_string(readme).expect("the README");
    let default = |name: &str| {
        let row = readme.lines().find(|line| line.starts_with(&format!("| `{name}` |"))).expect("a row");
        row.split('|').nth(2).expect("a default").trim().trim_matches('`').to_owned()
    };
    let options = Options::default();
    assert_eq!(default("MULTI_SESSION_MAXIMUM_SESSIONS"), options.maximum_sessions().to_string());
    assert_eq!(default("MULTI_SESSION_REVOKE_OLDEST_ON_MAX"), options.revoke_oldest_on_max().to_string());
    let days = options.session_timeout().as_secs() / DAY.as_secs();
    assert_eq!(default("MULTI_SESSION_SESSION_TIMEOUT"), format!("{days}d"));
}

#[tokio::test]
async fn asvs_7_2_1_a_forged_cookie_is_refused_everywhere() {
    let app = TestApp::start().await;
    let victim = app.sign_up(FIREFOX, "ada").await;
    let id = victim.current_id().await;
    let real = victim.cookies()[SESSION].clone();
    let handle = &real[..32];
    let forgeries = [
        format!("{handle}.{}", "A".repeat(44)),
        format!("{handle}.{}%3D", "A".repeat(43)),
        real[..real.len() - 4].to_owned(),
        format!("{}x{}", &real[..34], &real[35..]),
    ];
    for route in routes(&app).await {
        for forged in forgeries.iter().filter(|forged| **forged != real) {
            let thief = app.browser(CHROME);
            let held = format!("{SESSION}_multi-{handle}");
            thief.set_cookies(BTreeMap::from([(SESSION.to_owned(), forged.clone()), (held, forged.clone())]));
            let answer = route.send(&thief, &from(ORIGIN)).await;
            // What a stranger is told of a sign-up is only what they sent themselves.
            assert!(!answer.text.contains(&id), "{} {}: {}", route.method, route.path, answer.text);
        }
        assert_eq!(victim.whoami().await, "ada", "{} {}", route.method, route.path);
    }
}

#[tokio::test]
async fn asvs_7_2_3_a_secret_is_256_random_bits() {
    let app = TestApp::start().await;
    app.sign_up(FIREFOX, "ada").await;
    let mut secrets = std::collections::HashSet::new();
    for _ in 0..5 {
        let value = app.sign_in(CHROME, "ada").await.cookies()[SESSION].clone();
        let secret = value[33..].replace("%2B", "+").replace("%2F", "/").replace("%3D", "=");
        // 43 characters of 6 bits and the padding: 32 bytes.
        assert!(secret.len() == 44 && secret.ends_with('='), "{}", secret.len());
        assert!(secrets.insert(secret));
    }
}

#[test]
fn asvs_7_2_3_no_secret_is_in_a_log_line() {
    use crate::process::{Process, command, request};

    let folder = TempDir::new().expect("a folder");
    let mut command = command(folder.path());
    command.env("RUST_LOG", "debug");
    let (server, log) = Process::start_with_log(command);
    let body = r#"{"name":"Ada","email":"ada@example.org","password":"correct horse"}"#;
    let answer = request(server.address, "POST", "/api/auth/sign-up/email", "", body);
    let (_, cookies, _) = answer.expect("an answer");
    let cookies = cookies.join("; ");
    let get = |path: &str| request(server.address, "GET", path, &cookies, "").expect("an answer");
    let id = text(&get("/api/auth/get-session").2["session"]["id"]);
    let wrong = r#"{"email":"ada@example.org","password":"a wrong one"}"#;
    request(server.address, "POST", "/api/auth/sign-in/email", "", wrong);
    request(server.address, "POST", "/api/auth/multi-session/revoke-all", &cookies, "{}");
    get("/api/auth/get-session");
    server.kill();
    let log = log.join().expect("the log");
    assert!(
        log.contains(&format!("session {id} began")) && log.contains(&format!("session {id} ended")),
        "{log}"
    );
    let secret = cookies.split(['.', ';']).nth(2).expect("a secret");
    assert!(secret.len() > 43, "{secret}");
    for secret in [&secret[..20], "correct horse", "a wrong one", "ada@example.org"] {
        assert!(!log.contains(secret), "{secret} is in the log: {log}");
    }
}

#[tokio::test]
async fn asvs_7_2_4_a_sign_in_gives_a_new_cookie_and_the_old_one_is_dead() {
    let app = TestApp::start().await;
    let browser = app.sign_up(FIREFOX, "ada").await;
    let (before, thief) = (browser.cookies()[SESSION].clone(), browser.copy());
    browser.sign_in("ada").await.ok();
    assert_ne!(browser.cookies()[SESSION], before);
    assert_eq!(thief.whoami().await, "");
    let (before, thief) = (browser.cookies()[SESSION].clone(), browser.copy());
    let body = json!({ "currentPassword": PASSWORD, "newPassword": "another password", "revokeOtherSessions": true });
    browser.post("/api/auth/change-password", body).await.ok();
    assert_ne!(browser.cookies()[SESSION], before);
    assert_eq!(thief.whoami().await, "");
}

/// Whether the cookies of `browser` open anything, on a page, by a server function, by REST and as a stream; the four
/// must agree.
async fn is_open(browser: &TestBrowser) -> bool {
    let opened = [
        browser.copy().open("/sessions").await.text.contains("ada@example.org"),
        browser.copy().get("/fn/list-device-sessions").await.text.contains("ada@example.org"),
        browser.copy().whoami().await == "ada",
        browser.copy().try_events(None).await.is_some(),
    ];
    assert!(opened.iter().all(|it| *it == opened[0]), "page, function, REST, stream: {opened:?}");
    opened[0]
}

#[tokio::test]
async fn asvs_7_3_1_a_session_ends_when_it_was_idle_for_its_timeout_and_not_before() {
    let second = Duration::from_secs(1);
    let app = TestApp::start().await;
    let browser = app.sign_up(FIREFOX, "ada").await;
    let unused = browser.copy();
    app.advance(30 * DAY - second);
    // Looking extends it: of two copies one is looked at before, and one after.
    let page = unused.copy();
    assert!(page.open("/sessions").await.text.contains("ada@example.org"));
    app.advance(30 * DAY + second);
    assert!(!is_open(&unused).await);
}

#[tokio::test]
async fn asvs_7_4_1_a_replayed_cookie_of_an_ended_session_opens_nothing_however_it_ended() {
    for how in ["sign-out", "revoked", "evicted", "replaced", "password", "operator", "expired", "swept"] {
        let app = TestApp::start().await;
        let browser = app.sign_up(FIREFOX, "ada").await;
        let replayed = browser.copy();
        assert!(is_open(&replayed).await, "{how}");
        match how {
            "sign-out" => drop(browser.sign_out(json!({})).await.ok()),
            "revoked" => {
                let id = browser.current_id().await;
                app.sign_in(CHROME, "ada").await.revoke(&id).await.ok();
            }
            "evicted" => {
                for _ in 0..5 {
                    app.sign_in(CHROME, "ada").await;
                }
            }
            "replaced" => drop(browser.sign_in("ada").await.ok()),
            "password" => {
                let body = json!({
                    "currentPassword": PASSWORD, "newPassword": "another password", "revokeOtherSessions": true
                });
                browser.post("/api/auth/change-password", body).await.ok();
            }
            "operator" => {
                let id = SessionId::new(browser.current_id().await).expect("an id");
                app.engine.end_session(&id).await.expect("it is live");
            }
            "expired" => app.advance(31 * DAY),
            _ => {
                app.advance(31 * DAY);
                app.engine.sweep().await.expect("a sweep");
            }
        }
        assert!(!is_open(&replayed).await, "{how}");
    }
}

#[tokio::test]
async fn asvs_7_4_2_whoever_is_erased_is_out_everywhere_and_nothing_of_them_is_left() {
    let app = TestApp::start().await;
    let ada = app.sign_up(FIREFOX, "ada").await;
    let phone = app.sign_in(CHROME, "ada").await;
    let grace = app.sign_up(CHROME, "grace").await;
    let mut stream = phone.events(None).await;
    stream.snapshot().await;
    let user = app.engine.find_user("ada@example.org").await.expect("an answer").expect("a user");
    let gone = app.engine.forget(&user.id).await.expect("an answer").expect("a user");
    assert_eq!(gone.0, 2);
    assert_eq!(app.engine.forget(&user.id).await.expect("an answer"), None);

    for browser in [&ada, &phone] {
        assert!(!is_open(browser).await);
    }
    // What is left of the stream is that it is over.
    while stream.next().await.is_some() {}
    assert!(phone.try_events(None).await.is_none());
    assert_eq!(grace.whoami().await, "grace");
    phone.sign_in("ada").await.refused(401, "INVALID_EMAIL_OR_PASSWORD");
    let left = String::from_utf8_lossy(&app.database.contents().await).into_owned();
    assert!(left.contains("grace@example.org") && !left.contains("ada@example.org"));
}

#[tokio::test]
async fn asvs_7_4_3_a_password_change_offers_to_end_the_other_sessions() {
    let app = TestApp::start().await;
    let page = app.sign_up(FIREFOX, "ada").await.open("/change-password").await;
    assert!(page.text.contains(r#"name="revoke_other_sessions""#), "{}", page.text);
}

#[tokio::test]
async fn asvs_7_4_4_every_page_of_a_signed_in_person_can_sign_out() {
    let app = TestApp::start().await;
    let ada = app.sign_up(FIREFOX, "ada").await;
    let mut seen = 0;
    for path in app::page_paths() {
        let page = ada.open(path).await;
        if page.status.is_success() {
            assert!(page.text.contains(r#"action="/fn/sign-out""#), "{path}");
            seen += 1;
        }
    }
    assert!(seen >= 2, "{seen}");
}

#[tokio::test]
async fn asvs_3_3_a_cookie_is_bound_to_its_host_to_https_and_to_no_script() {
    let app = TestApp::start_with(&["--base-url", HTTPS]).await;
    let browser = app.browser(FIREFOX);
    let send = async |path: &str, body: Value| {
        let headers = [("origin", HTTPS), ("content-type", "application/json")];
        browser.send(Method::POST, path, &headers, Some(body.to_string())).await
    };
    let ada = json!({ "name": "ada", "email": "ada@example.org", "password": PASSWORD });
    let answers = [
        send("/api/auth/sign-up/email", ada.clone()).await,
        send("/api/auth/sign-in/email", ada).await,
        send(
            "/api/auth/change-password",
            json!({ "currentPassword": PASSWORD, "newPassword": "another one", "revokeOtherSessions": true }),
        )
        .await,
        send("/api/auth/sign-out", json!({})).await,
    ];
    for answer in answers {
        assert!(answer.set_cookies().len() >= 2, "{}", answer.text);
        for cookie in answer.set_cookies() {
            assert!(cookie.starts_with("__Host-"), "{cookie}");
            let attributes: Vec<&str> = cookie.split("; ").skip(1).collect();
            for attribute in ["Secure", "HttpOnly", "SameSite=Lax", "Path=/"] {
                assert!(attributes.contains(&attribute), "{attribute}: {cookie}");
            }
            assert!(!cookie.to_lowercase().contains("domain"), "{cookie}");
        }
    }
}

/// The headers that every answer has, and that nothing about a person is kept on the way (ASVS 3.4, 7.4.1).
#[track_caller]
fn says_how_browsers_must_treat_it(what: &str, answer: &Answer, https: bool) {
    let header = |name: &str| answer.headers.get(name).map_or("", |value| value.to_str().expect("text"));
    let what = format!("{what}: {} {}", answer.status, answer.text.get(..80).unwrap_or(&answer.text));
    assert_eq!(header("x-content-type-options"), "nosniff", "{what}");
    assert_eq!(header("referrer-policy"), "same-origin", "{what}");
    assert_eq!(header("cross-origin-opener-policy"), "same-origin", "{what}");
    let policy = header("content-security-policy");
    assert!(
        policy.contains("default-src '") && policy.contains("frame-ancestors 'none'"),
        "{what}: {policy}"
    );
    assert!(!policy.contains("unsafe-inline") && !policy.contains("'unsafe-eval'"), "{what}: {policy}");
    assert_eq!(!header("strict-transport-security").is_empty(), https, "{what}");
    if !answer.status.is_success() && !answer.status.is_redirection() {
        assert_eq!(header("cache-control"), "no-store", "{what}");
    }
}

#[tokio::test]
async fn asvs_3_4_every_answer_says_how_browsers_must_treat_it() {
    let folder = TempDir::new().expect("a folder");
    std::fs::create_dir(folder.path().join("pkg")).expect("a folder");
    std::fs::write(folder.path().join("pkg/a.js"), "0").expect("a file");
    std::fs::write(folder.path().join("robots.txt"), "").expect("a file");
    let root = folder.path().to_str().expect("text");
    let evil = "https://evil.example";
    let huge = "x".repeat(64 * 1024 + 1);
    for (https, origin) in [(false, ORIGIN), (true, HTTPS)] {
        let flags = ["--site-root", root, "--rate-limit", "off", "--base-url", origin];
        let app = TestApp::start_with(&flags).await;
        let person = async |name: &str| {
            let headers = [("origin", origin), ("content-type", "application/json")];
            let email = format!("{name}@example.org");
            let form = json!({ "name": name, "email": email, "password": PASSWORD }).to_string();
            let browser = app.browser(FIREFOX);
            browser.send(Method::POST, "/api/auth/sign-up/email", &headers, Some(form)).await.ok();
            browser
        };
        let mut ada = person("ada").await;
        let mut statuses = std::collections::BTreeSet::new();
        let mut hold = |what: String, answer: &Answer| {
            says_how_browsers_must_treat_it(&what, answer, https);
            statuses.insert(answer.status.as_u16());
        };
        for (number, route) in routes(&app).await.iter().enumerate() {
            let what = format!("{} {}", route.method, route.path);
            for (browser, origin) in [(&app.browser(CHROME), origin), (&ada, evil), (&ada, origin)] {
                let answer = route.send(browser, &from(origin)).await;
                hold(what.clone(), &answer);
                // What is the same for everybody may be kept.
                let public = ["openapi.json", "/reference", "/error", "healthz", "readyz", "/auth/ok"];
                if !public.iter().any(|path| route.path.contains(path)) {
                    assert_eq!(answer.header("cache-control"), "no-store", "{what}");
                }
            }
            if route.changes() {
                let broken = [("origin", origin), ("content-type", "application/json")];
                let unknown = [("origin", origin), ("content-type", "text/plain")];
                for (headers, body) in [(broken, "{"), (broken, &*huge), (unknown, "{")] {
                    let answer = ada.send(Method::POST, &route.path, &headers, Some(body.to_owned())).await;
                    hold(what.clone(), &answer);
                }
                // It may have ended the session.
                ada = person(&format!("ada{number}")).await;
            }
        }
        for path in
            ["/pkg/a.js", "/robots.txt", "/pkg/missing.js", "/api/auth/nothing", "/fn/nothing", "/.env"]
        {
            for method in [Method::GET, Method::HEAD, Method::POST, Method::DELETE, Method::OPTIONS] {
                hold(format!("{method} {path}"), &ada.send(method, path, &[("origin", origin)], None).await);
            }
        }
        app.store.close().await;
        hold("no database".to_owned(), &ada.get("/api/auth/get-session").await);
        hold("no database".to_owned(), &ada.get("/readyz").await);
        hold("no database".to_owned(), &ada.open("/sessions").await);

        let app = TestApp::start_with(&["--rate-limit", "on", "--base-url", origin]).await;
        for _ in 0..4 {
            hold("too many".to_owned(), &app.browser(CHROME).sign_in("nobody").await);
        }
        for status in [200, 400, 401, 403, 404, 405, 413, 415, 429, 503] {
            assert!(statuses.contains(&status), "{status} is not among {statuses:?}");
        }
    }
}

#[tokio::test]
async fn asvs_3_5_no_other_site_changes_anything_by_whichever_route() {
    let app = TestApp::start().await;
    let ada = app.sign_up(FIREFOX, "ada").await;
    let other = app.sign_in(CHROME, "ada").await;
    for route in routes(&app).await.iter().filter(|route| route.changes()) {
        let sources: [&[(&str, &str)]; 4] = [
            &[("origin", "https://evil.example")],
            &[("sec-fetch-site", "cross-site")],
            &[("referer", "https://evil.example/")],
            &[],
        ];
        for headers in sources {
            let answer = route.send(&ada, headers).await;
            assert_eq!(answer.status.as_u16(), 403, "{}: {}", route.path, answer.text);
            assert!(answer.set_cookies().is_empty(), "{}", route.path);
            let vary = answer.header("vary");
            assert!(vary.contains("origin") && vary.contains("sec-fetch-site"), "{}: {vary}", route.path);
        }
    }
    assert_eq!((ada.whoami().await, other.whoami().await), ("ada".to_owned(), "ada".to_owned()));
}

#[tokio::test]
async fn rfc6265bis_a_name_in_other_letters_is_another_cookie() {
    let app = TestApp::start_with(&["--base-url", HTTPS]).await;
    let ada = app.browser(FIREFOX);
    let headers = [("origin", HTTPS), ("content-type", "application/json")];
    let form = json!({ "name": "ada", "email": "ada@example.org", "password": PASSWORD }).to_string();
    ada.send(Method::POST, "/api/auth/sign-up/email", &headers, Some(form)).await.ok();
    assert_eq!(ada.copy().whoami().await, "ada");
    // Browsers hold `__HOST-` to the same rules, but this server has never set it.
    for prefix in ["__HOST-", "__host-", ""] {
        let thief = app.browser(CHROME);
        let renamed = ada.cookies().into_iter().map(|(name, value)| (name.replace("__Host-", prefix), value));
        thief.set_cookies(renamed.collect());
        assert_eq!(thief.whoami().await, "", "{prefix:?}");
    }
}

#[tokio::test]
async fn rfc6265bis_a_cookie_lives_400_days_at_most_and_is_not_too_long() {
    let prefix = "p".repeat(64);
    let limits = ["--session-timeout", "400d", "--absolute-timeout", "400d"];
    let app =
        TestApp::start_with(&[&["--base-url", HTTPS, "--cookie-prefix", &prefix], &limits[..]].concat())
            .await;
    let headers = [("origin", HTTPS), ("content-type", "application/json")];
    let form = json!({ "name": "ada", "email": "ada@example.org", "password": PASSWORD }).to_string();
    let answer =
        app.browser(FIREFOX).send(Method::POST, "/api/auth/sign-up/email", &headers, Some(form)).await;
    assert_eq!(answer.set_cookies().len(), 2);
    for cookie in answer.set_cookies() {
        assert!(cookie.split(';').next().expect("a pair").len() <= 4096, "{cookie}");
        assert!(cookie.contains("Max-Age=34560000"), "{cookie}");
    }
    assert!(Options::builder().session_timeout(400 * DAY + Duration::from_secs(1)).build().is_err());
}

#[tokio::test]
async fn owasp_an_id_that_a_browser_brings_along_is_never_adopted() {
    let app = TestApp::start().await;
    app.sign_up(FIREFOX, "ada").await;
    let planted = format!("{}.{}%3D", "a".repeat(32), "A".repeat(43));
    let held = format!("{SESSION}_multi-{}", "a".repeat(32));
    let cookies = BTreeMap::from([(SESSION.to_owned(), planted.clone()), (held.clone(), planted.clone())]);
    let (victim, attacker) = (app.browser(CHROME), app.browser(FIREFOX));
    victim.set_cookies(cookies.clone());
    victim.sign_in("ada").await.ok();
    assert_ne!(victim.cookies()[SESSION], planted);
    assert!(!victim.cookies().contains_key(&held), "it is cleared");
    attacker.set_cookies(cookies);
    assert_eq!(attacker.whoami().await, "");
}
