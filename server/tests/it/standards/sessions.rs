//! ASVS 5.0, V7: sessions.

use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

use multi_session::{Operator, Options, Sessions};
use serde_json::json;

use super::surfaces::{
    Needs, SESSION, Surface, decoded, is_open, is_open_as, operate, routes, start, start_with_mail,
};
use crate::harness::{Answer, CHROME, DAY, FIREFOX, HOUR, PASSWORD, SAFARI, TestApp, TestBrowser, text};
use crate::invariants::page;
use crate::mail::{read_all, reset};
use crate::smtp::MailServer;

const SECOND: Duration = Duration::from_secs(1);

async fn change_password(browser: &TestBrowser, revoke_other_sessions: bool) -> Answer {
    let body = json!({
        "currentPassword": PASSWORD, "newPassword": PASSWORD, "revokeOtherSessions": revoke_other_sessions
    });
    browser.post("/api/auth/change-password", body).await
}

async fn report(browser: &TestBrowser, id: &str) -> Answer {
    browser.post("/api/auth/multi-session/report", json!({ "sessionId": id })).await
}

async fn reauthenticate(browser: &TestBrowser) -> Answer {
    browser.post("/api/auth/multi-session/reauthenticate", json!({ "password": PASSWORD })).await
}

#[test]
fn asvs_7_1_documented_limits_are_in_force() {
    let document = page("docs/configuration.md");
    let default = |name: &str| {
        let row = document.lines().find(|line| line.starts_with(&format!("| `{name}` |"))).expect("a row");
        row.split('|').nth(2).expect("a default").trim().trim_matches('`').to_owned()
    };
    let days = |time: Duration| format!("{}d", time.as_secs() / DAY.as_secs());
    let options = Options::default();
    assert_eq!(default("MULTI_SESSION_MAXIMUM_SESSIONS"), options.maximum_sessions().to_string());
    assert_eq!(default("MULTI_SESSION_REVOKE_OLDEST_ON_MAX"), options.revoke_oldest_on_max().to_string());
    assert_eq!(default("MULTI_SESSION_SESSION_TIMEOUT"), days(options.session_timeout()));
    assert_eq!(default("MULTI_SESSION_ABSOLUTE_TIMEOUT"), days(options.absolute_timeout()));
    assert_eq!(default("MULTI_SESSION_FRESH_AGE"), days(options.fresh_age()));
    // A sentence, with any line breaks.
    let document = document.split_whitespace().collect::<Vec<_>>().join(" ");
    let hours = Options::UNREMEMBERED_TIMEOUT.as_secs() / HOUR.as_secs();
    let not_remembered =
        format!("(`rememberMe: false`), ends {hours} hours after its sign-in whatever its activity");
    assert!(document.contains(&not_remembered), "docs/configuration.md has no {not_remembered}");
}

#[tokio::test]
async fn asvs_7_2_1_a_forged_cookie_is_refused_everywhere() {
    let app = start().await;
    // No example of the OpenAPI document is about her.
    let victim = app.sign_up(FIREFOX, "zelda").await;
    let known = victim.get_session().await;
    let hers = ["zelda".to_owned(), text(&known["session"]["id"]), text(&known["user"]["id"])];
    let real = victim.cookies()[SESSION].clone();
    let handle = &real[..32];
    let forgeries = [
        format!("{handle}.{}", "A".repeat(44)),
        format!("{handle}.{}%3D", "A".repeat(43)),
        real[..real.len() - 4].to_owned(),
        format!("{}x{}", &real[..34], &real[35..]),
    ];
    for route in routes(&app).await.into_iter().map(|route| route.about(&known["session"])) {
        for forged in forgeries.iter().filter(|forged| **forged != real) {
            let thief = app.browser(CHROME);
            let held = format!("{SESSION}_multi-{handle}");
            thief.set_cookies(BTreeMap::from([(SESSION.to_owned(), forged.clone()), (held, forged.clone())]));
            let answer = route.ask(&thief).await;
            route.let_nobody_in(&answer);
            let told = format!("{:?} {}", answer.headers, answer.text);
            for secret in &hers {
                assert!(!told.contains(secret), "{} {}: {told}", route.method, route.path);
            }
        }
        assert_eq!(victim.whoami().await, "zelda", "{} {}", route.method, route.path);
    }
    assert!(is_open_as(&victim, "zelda").await);
}

#[tokio::test]
async fn asvs_7_2_3_a_secret_is_256_random_bits() {
    let app = TestApp::start().await;
    app.sign_up(FIREFOX, "ada").await;
    let mut secrets = HashSet::new();
    for _ in 0..5 {
        let secret = decoded(&app.sign_in(CHROME, "ada").await.cookies()[SESSION][33..]);
        // 43 characters of 6 bits and the padding: 32 bytes.
        assert!(secret.len() == 44 && secret.ends_with('='), "{}", secret.len());
        assert!(secrets.insert(secret));
    }
}

/// Every secret of a browser, encoded and decoded.
fn secrets(browser: &TestBrowser) -> Vec<String> {
    let cookies = browser.cookies().into_values();
    let sessions = cookies.map(|value| value.split_once('.').expect("a secret").1.to_owned());
    let device = browser.device_cookie().map(|(_, value)| value);
    sessions.chain(device).flat_map(|secret| [decoded(&secret), secret]).collect()
}

#[tokio::test]
async fn asvs_7_2_3_no_secret_is_in_any_answer() {
    let app = start().await;
    let mut browser = app.sign_up(FIREFOX, "zelda").await;
    let (mut people, mut shown) = (1, 0);
    for route in routes(&app).await {
        let mut kept = secrets(&browser);
        assert!(kept.len() >= 6, "two cookies of sessions and one of the device");
        let answer = route.ask(&browser).await;
        kept.extend(secrets(&browser));
        for secret in kept {
            assert!(!answer.text.contains(&secret), "{} {}: {}", route.method, route.path, answer.text);
        }
        shown += usize::from(answer.text.contains("zelda"));
        if browser.whoami().await.is_empty() {
            browser = app.sign_up(FIREFOX, &format!("zelda{people}")).await;
            people += 1;
        }
    }
    assert!(shown > 5, "they were answers to somebody who is signed in: {shown}");
}

#[tokio::test]
async fn asvs_7_2_4_a_sign_in_gives_a_new_cookie_and_the_old_one_is_dead() {
    let app = TestApp::start().await;
    let browser = app.sign_up(FIREFOX, "ada").await;
    let password = "correct+horse+battery";
    for how in [
        "sign-in",
        "new password",
        "re-authenticate",
        "fn sign-in",
        "fn change-password",
        "fn reauthenticate",
        "fn confirm",
    ] {
        if how == "fn confirm" {
            app.advance(2 * DAY);
        }
        let id = browser.current_id().await;
        let (before, thief) = (browser.cookies(), browser.copy());
        let answer = match how {
            "sign-in" => browser.sign_in("ada").await,
            "new password" => change_password(&browser, true).await,
            "re-authenticate" => reauthenticate(&browser).await,
            "fn sign-in" => {
                let form = format!("email=ada%40example.org&password={password}&keep=remembered");
                browser.call("sign-in", &form).await
            }
            "fn change-password" => {
                let form =
                    format!("current_password={password}&new_password={password}&revoke_other_sessions=true");
                browser.call("change-password", &form).await
            }
            "fn reauthenticate" => {
                browser.call("reauthenticate", &format!("password={password}&acting={id}")).await
            }
            _ => {
                let form = format!("password={password}&act=%2Ffn%2Frevoke-others&acting={id}");
                browser.call("confirm", &form).await
            }
        };
        answer.ok();
        assert_ne!(browser.cookies()[SESSION], before[SESSION], "{how}");
        assert!(is_open(&browser).await, "{how}");
        assert!(!is_open(&thief).await, "{how}");

        // The held cookie alone cannot switch back to it either.
        let mut held = before.clone();
        held.remove(SESSION);
        assert_eq!(held.len(), 1, "{how}");
        let lone = app.browser(CHROME);
        lone.set_cookies(held.clone());
        lone.set_active(&id).await.refused(401, "INVALID_SESSION_TOKEN");
        lone.set_cookies(held);
        lone.call("set-active", &format!("session_id={id}")).await.refused(401, "INVALID_SESSION_TOKEN");
    }
}

/// Checks that a session opens everything a second before its idle limit and nothing a second after it.
/// `slides` says whether activity extends that limit.
pub(super) async fn ends_when_idle(flags: &[&str], idle: Duration, slides: bool) {
    let app = TestApp::start_with(flags).await;
    let unused = app.sign_up(FIREFOX, "ada").await;
    let mut used = Vec::new();
    for surface in Surface::ALL {
        used.push((surface, app.sign_in(CHROME, "ada").await));
    }
    app.advance(idle - SECOND);
    // A check extends the session, so each surface has its own.
    for (surface, browser) in &used {
        assert!(surface.opens(browser, "ada").await, "{flags:?} {surface:?}");
    }
    app.advance(2 * SECOND);
    assert!(!is_open(&unused).await, "{flags:?}");
    for (surface, browser) in &used {
        // Pages fetch the list and hold the stream by themselves, which is not activity.
        let is_use = matches!(surface, Surface::Page | Surface::Rest);
        assert_eq!(is_open(browser).await, slides && is_use, "{flags:?} {surface:?}");
    }
    app.advance(idle + SECOND);
    for (surface, browser) in &used {
        assert!(!is_open(browser).await, "{flags:?} {surface:?}");
    }
}

#[tokio::test]
async fn asvs_7_3_1_a_session_ends_when_it_was_idle_for_its_timeout_and_not_before() {
    ends_when_idle(&[], 30 * DAY, true).await;
}

/// The ways in which a session or its cookie ends.
const ENDS: [&str; 16] = [
    "signed out",
    "revoked",
    "revoked, too long ago to be undone",
    "revoked with the others",
    "revoked with all",
    "evicted",
    "replaced",
    "password changed",
    "password reset",
    "re-authenticated",
    "reported",
    "renewed by a report",
    "ended by an operator",
    "idle",
    "idle and swept",
    "at its absolute limit",
];

/// Ends ada's session in `browser` in this way. Returns a browser in which ada is signed in afterwards.
async fn end(how: &str, app: &TestApp, mails: &MailServer, browser: TestBrowser) -> TestBrowser {
    let id = browser.current_id().await;
    let another = async || app.sign_in(CHROME, "ada").await;
    match how {
        "signed out" => {
            browser.sign_out(json!({})).await.ok();
            another().await
        }
        "revoked" | "revoked, too long ago to be undone" => {
            let other = another().await;
            other.revoke(&id).await.ok();
            if how != "revoked" {
                app.advance(Sessions::UNDO_WINDOW + SECOND);
            }
            other
        }
        "revoked with the others" => {
            let other = another().await;
            other.revoke_others().await.ok();
            other
        }
        "revoked with all" => {
            browser.revoke_all().await.ok();
            another().await
        }
        "evicted" => {
            for _ in 0..4 {
                another().await;
            }
            another().await
        }
        "replaced" => {
            browser.sign_in("ada").await.ok();
            browser
        }
        "password changed" => {
            change_password(&browser, true).await.ok();
            browser
        }
        "password reset" => {
            read_all(app, mails).await;
            let form = json!({ "email": "ada@example.org" });
            browser.post("/api/auth/request-password-reset", form).await.ok();
            assert_eq!(app.deliver().await, 1);
            reset(&browser, &mails.one().token(), PASSWORD).await.ok();
            another().await
        }
        "re-authenticated" => {
            reauthenticate(&browser).await.ok();
            assert_eq!(browser.whoami().await, "ada", "the new cookie is used");
            browser
        }
        "reported" => {
            let other = another().await;
            report(&other, &id).await.ok();
            other
        }
        "renewed by a report" => {
            let other = another().await;
            report(&browser, &other.current_id().await).await.ok();
            browser
        }
        "ended by an operator" => {
            let user = text(&browser.get_session().await["user"]["id"]);
            operate(app, "revoke-user", &user).await.ok();
            another().await
        }
        "idle" | "idle and swept" => {
            app.advance(31 * DAY);
            if how != "idle" {
                app.sessions.sweep().await.expect("a sweep");
            }
            another().await
        }
        "at its absolute limit" => {
            for _ in 0..8 {
                app.advance(10 * DAY);
                assert_eq!(browser.whoami().await, "ada", "it is used");
            }
            app.advance(10 * DAY);
            another().await
        }
        _ => panic!("{how}"),
    }
}

#[tokio::test]
async fn asvs_7_4_1_replayed_cookie_of_an_ended_session_is_refused() {
    for how in ENDS {
        let mails = MailServer::start().await;
        let app = start_with_mail(&mails).await;
        let browser = app.sign_up(FIREFOX, "ada").await;
        let (replayed, ended) = (browser.copy(), browser.current_id().await);
        assert!(is_open(&replayed).await, "{how}");
        let ada = end(how, &app, &mails, browser).await;
        let grace = app.sign_up(SAFARI, "grace").await;
        assert!(!is_open(&replayed).await, "{how}");

        let living = ada.get_session().await["session"].clone();
        for route in routes(&app).await.into_iter().filter(|route| route.needs == Needs::Session) {
            let route = route.about(&living);
            route.let_nobody_in(&route.ask(&replayed.copy()).await);
        }
        for path in [
            format!("/rename?session_id={ended}"),
            format!("/history?session_id={ended}"),
            format!("/not-me?session_id={}", text(&living["id"])),
            "/history/export?format=csv".to_owned(),
            "/confirm?act=/fn/revoke-all".to_owned(),
        ] {
            let answer = replayed.copy().open(&path).await;
            assert!(answer.status.is_redirection(), "{how}: {path}: {}", answer.status);
        }
        assert!(is_open(&ada).await, "{how}: who is signed in stays so");
        assert!(is_open_as(&grace, "grace").await, "{how}: and so do others");
    }
}

#[tokio::test]
async fn asvs_7_4_2_erased_user_is_signed_out_and_leaves_no_data() {
    let app = TestApp::start().await;
    let ada = app.sign_up(FIREFOX, "ada").await;
    let phone = app.sign_in(CHROME, "ada").await;
    let grace = app.sign_up(CHROME, "grace").await;
    let mut stream = phone.events(None).await;
    stream.snapshot().await;
    let user = app.accounts.find_user("ada@example.org").await.expect("an answer").expect("a user");
    let operator = Operator::new("cli:test");
    let gone = app.sessions.forget(&operator, &user.id).await.expect("an answer").expect("a user");
    assert_eq!(gone.0, 2);
    assert_eq!(app.sessions.forget(&operator, &user.id).await.expect("an answer"), None);

    for browser in [&ada, &phone] {
        assert!(!is_open(browser).await);
    }
    // The stream has ended.
    while stream.next().await.is_some() {}
    assert!(phone.try_events(None).await.is_none());
    assert_eq!(grace.whoami().await, "grace");
    phone.sign_in("ada").await.refused(401, "INVALID_EMAIL_OR_PASSWORD");
    let left = String::from_utf8_lossy(&app.database.contents().await).into_owned();
    assert!(left.contains("grace@example.org") && !left.contains("ada@example.org"));
}

#[tokio::test]
async fn asvs_7_4_2_disabled_user_is_signed_out_and_cannot_sign_in_until_enabled() {
    let app = start().await;
    let laptop = app.sign_up(FIREFOX, "ada").await;
    let phone = app.sign_in(CHROME, "ada").await;
    let grace = app.sign_up(CHROME, "grace").await;
    let (id, user) = (phone.current_id().await, text(&laptop.get_session().await["user"]["id"]));
    let (old_laptop, old_phone) = (laptop.copy(), phone.copy());
    let mut stream = phone.events(None).await;
    stream.snapshot().await;
    assert_eq!(operate(&app, "disable-user", &user).await.ok()["ended"], 2);
    for browser in [&old_laptop, &old_phone] {
        assert!(!is_open(browser).await);
    }
    assert_eq!(stream.wait_for("ended", &id).await["reason"], "operator");
    stream.assert_ended().await;
    assert!(is_open_as(&grace, "grace").await);

    let form = |password: &str| format!("email=ada%40example.org&password={password}");
    phone.sign_in("ada").await.refused(403, "USER_DISABLED");
    phone.call("sign-in", &form("correct+horse+battery")).await.refused(403, "USER_DISABLED");
    phone.call("sign-in", &form("a+wrong+one")).await.refused(401, "INVALID_EMAIL_OR_PASSWORD");
    phone.sign_up("ada").await.refused(422, "USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL");
    assert!(phone.holds_nothing(), "none of these signed in");

    operate(&app, "enable-user", &user).await.ok();
    for browser in [&old_laptop, &old_phone] {
        assert!(!is_open(browser).await, "what has ended stays so");
    }
    phone.sign_in("ada").await.ok();
    assert!(is_open(&phone).await);
}

#[tokio::test]
async fn asvs_7_4_3_a_password_change_offers_to_end_the_other_sessions() {
    let app = TestApp::start().await;
    let laptop = app.sign_up(FIREFOX, "ada").await;
    let page = laptop.open("/change-password").await;
    assert!(page.text.contains(r#"name="revoke_other_sessions""#), "{}", page.text);
    let password = "correct+horse+battery";
    for ends in [false, true] {
        for is_form in [false, true] {
            let phone = app.sign_in(CHROME, "ada").await;
            if is_form {
                let ticked = if ends { "&revoke_other_sessions=true" } else { "" };
                let form = format!("current_password={password}&new_password={password}{ticked}");
                laptop.call("change-password", &form).await.ok();
            } else {
                change_password(&laptop, ends).await.ok();
            }
            assert_eq!(is_open(&phone).await, !ends, "a form: {is_form}");
            assert!(is_open(&laptop).await);
        }
    }
}

#[tokio::test]
async fn asvs_7_4_4_every_page_of_a_signed_in_person_can_sign_out() {
    let app = start().await;
    let laptop = app.sign_up(FIREFOX, "ada").await;
    let id = app.sign_in(CHROME, "ada").await.current_id().await;
    // Each with the query that shows it to a signed-in person.
    let pages = [
        "/sign-in?add=1".to_owned(),
        "/sign-up?add=1".to_owned(),
        "/choose-device".to_owned(),
        "/sessions".to_owned(),
        "/change-password".to_owned(),
        "/history".to_owned(),
        format!("/rename?session_id={id}"),
        format!("/not-me?session_id={id}"),
        "/not-me?done=mail".to_owned(),
        "/forgot-password".to_owned(),
        "/reset-password?token=x".to_owned(),
        "/nothing/here".to_owned(),
        // Last, because it needs an old sign-in.
        "/confirm?act=/fn/revoke-others&session_id=".to_owned(),
    ];
    // The start page redirects.
    for path in
        multi_session_leptos::page_routes().iter().map(|route| route.path()).filter(|path| *path != "/")
    {
        assert!(pages.iter().any(|page| page.split('?').next() == Some(path)), "{path} is not opened");
    }
    for path in &pages {
        if path.starts_with("/confirm") {
            app.advance(2 * DAY);
        }
        if path == "/not-me?done=mail" {
            // As after a report, which would lock the password.
            laptop.add_cookie("multi-session.notice", "not-me.mail");
        }
        let page = laptop.open(path).await;
        let is_there = page.status.is_success() || path == "/nothing/here";
        assert!(is_there, "{path}: {}", page.status);
        assert!(page.text.contains(r#"action="/fn/sign-out""#), "{path}: {}", page.text);
        let replayed = laptop.copy();
        let to = laptop.submit(path, "sign-out", "").await;
        assert!(to.header("location").starts_with("/sign-in"), "{path}: {}", to.header("location"));
        assert!(!is_open(&replayed).await, "{path}");
        laptop.sign_in("ada").await.ok();
    }
}
