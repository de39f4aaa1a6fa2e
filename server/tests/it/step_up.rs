//! Ending other sessions needs a fresh session, and the password makes it fresh again.

use std::time::Duration;

use axum::http::Method;
use multi_session::{Browser, Client, Keep, Proof, Subject};
use serde_json::{Value, json};

use crate::harness::{
    Answer, CHROME, DAY, FIREFOX, HOUR, MINUTE, PASSWORD, SAFARI, TestApp, TestBrowser, text,
};
use crate::import::import_ada;
use crate::mail;
use crate::smtp::MailServer;
use crate::standards::surfaces::is_open;

const SECOND: Duration = Duration::from_secs(1);

async fn reauthenticate(browser: &TestBrowser, password: &str) -> Answer {
    browser.post("/api/auth/multi-session/reauthenticate", json!({ "password": password })).await
}

/// Every way to end other sessions, tried by `laptop` on `phone`.
async fn end_others_in_every_way(laptop: &TestBrowser, phone: &TestBrowser) -> Vec<(&'static str, Answer)> {
    let session = phone.get_session().await["session"].clone();
    let (id, token) = (text(&session["id"]), text(&session["token"]));
    let script = [("sec-fetch-site", "same-origin"), ("sec-fetch-mode", "cors")];
    let by_script = async |path: &str| laptop.send(Method::GET, path, &script, None).await;
    vec![
        ("revoke", laptop.revoke(&id).await),
        ("revoke-others", laptop.revoke_others().await),
        ("revoke-others, GET", by_script("/api/auth/multi-session/revoke-others").await),
        ("revoke-all", laptop.revoke_all().await),
        ("revoke-all, GET", by_script("/api/auth/multi-session/revoke-all").await),
        ("revoke-session", laptop.post("/api/auth/revoke-session", json!({ "token": token })).await),
        ("revoke-other-sessions", laptop.post("/api/auth/revoke-other-sessions", json!({})).await),
        ("revoke-sessions", laptop.post("/api/auth/revoke-sessions", json!({})).await),
        ("report", laptop.post("/api/auth/multi-session/report", json!({ "sessionId": id })).await),
        ("fn revoke", laptop.call("revoke", &format!("session_id={id}")).await),
        ("fn report", laptop.call("report", &format!("session_id={id}")).await),
        ("fn revoke-others", laptop.call("revoke-others", "").await),
        ("fn revoke-all", laptop.call("revoke-all", "").await),
    ]
}

#[tokio::test]
async fn clock_set_back_makes_no_session_fresh_again() {
    let app = TestApp::start().await;
    let laptop = app.sign_up(FIREFOX, "ada").await;
    app.advance(2 * DAY);
    app.clock.set_back(3 * DAY);
    laptop.revoke_others().await.refused(403, "SESSION_NOT_FRESH");
}

#[tokio::test]
async fn asvs_7_5_2_stale_session_cannot_end_other_sessions() {
    let app = TestApp::start().await;
    let laptop = app.sign_up(FIREFOX, "ada").await;
    let phone = app.sign_in(SAFARI, "ada").await;
    app.advance(DAY + SECOND);
    assert_eq!((laptop.whoami().await, phone.whoami().await), ("ada".into(), "ada".into()));
    for (way, answer) in end_others_in_every_way(&laptop, &phone).await {
        answer.refused(403, "SESSION_NOT_FRESH");
        assert!(answer.set_cookies().is_empty(), "{way}");
        if !way.starts_with("fn") {
            assert_eq!(answer.json()["message"], "Session is not fresh", "{way}");
        }
    }
    assert_eq!((laptop.whoami().await, phone.whoami().await), ("ada".into(), "ada".into()));
    assert_eq!(laptop.list().await.len(), 2);
    // Only writes need a fresh session, not what a person sees.
    assert!(is_open(&laptop).await && is_open(&phone).await);
}

#[tokio::test]
async fn sign_in_is_fresh_for_exactly_a_day() {
    let app = TestApp::start().await;
    let laptop = app.sign_up(FIREFOX, "ada").await;
    let phone = app.sign_in(SAFARI, "ada").await;
    app.advance(DAY);
    laptop.revoke(&phone.current_id().await).await.ok();
    assert_eq!(phone.whoami().await, "");
    app.advance(SECOND);
    laptop.revoke_others().await.refused(403, "SESSION_NOT_FRESH");
}

#[tokio::test]
async fn stale_session_learns_nothing_about_foreign_and_unknown_sessions() {
    let app = TestApp::start().await;
    let laptop = app.sign_up(FIREFOX, "ada").await;
    let grace = app.sign_up(CHROME, "grace").await;
    app.advance(2 * DAY);
    for id in [grace.current_id().await, "unknown".to_owned()] {
        laptop.revoke(&id).await.refused(403, "SESSION_NOT_FRESH");
    }
}

#[tokio::test]
async fn lists_switches_and_own_sessions_need_no_fresh_session() {
    let app = TestApp::start().await;
    let laptop = app.sign_up(FIREFOX, "grace").await;
    let grace = laptop.current_id().await;
    laptop.sign_up("linus").await.ok();
    let linus = laptop.current_id().await;
    laptop.sign_up("ada").await.ok();
    app.advance(2 * DAY);
    assert_eq!(laptop.list().await.len(), 3);
    assert_eq!(laptop.get("/api/auth/list-sessions").await.ok().as_array().expect("a list").len(), 1);
    assert_eq!(laptop.call("revoke-others", "").await.json()["code"], "SESSION_NOT_FRESH");
    laptop.set_active(&grace).await.ok();
    laptop.revoke(&linus).await.ok();
    let body = json!({ "currentPassword": PASSWORD, "newPassword": "another good password" });
    laptop.post("/api/auth/change-password", body).await.ok();
    laptop.revoke(&grace).await.ok();
    assert_eq!(laptop.whoami().await, "ada", "the next account that is held");
    laptop.sign_out(json!({})).await.ok();
    assert!(laptop.cookies().is_empty());
}

#[tokio::test]
async fn asvs_7_2_4_step_up_makes_the_session_fresh_and_its_old_cookie_dead() {
    let app = TestApp::start().await;
    let laptop = app.sign_up(FIREFOX, "ada").await;
    let phone = app.sign_in(SAFARI, "ada").await;
    app.advance(2 * DAY);
    let before = laptop.get_session().await["session"].clone();
    let thief = laptop.copy();
    let answer = reauthenticate(&laptop, PASSWORD).await;
    let session = answer.ok()["session"].clone();
    assert_eq!(session["id"], before["id"], "it is the same session");
    assert_eq!(session["createdAt"], before["createdAt"]);
    assert_ne!(session["token"], before["token"]);
    let cookies = answer.set_cookies();
    let (cleared, set): (Vec<_>, Vec<_>) = cookies.iter().partition(|cookie| cookie.contains("Max-Age=0"));
    assert_eq!((cleared.len(), set.len()), (1, 2), "{cookies:?}");
    assert!(set.iter().all(|cookie| cookie.contains("Max-Age=7776000")), "{set:?}");

    thief.revoke_others().await.refused(403, "SESSION_NOT_FRESH");
    assert_eq!(laptop.get_session().await["session"], session);
    assert_eq!(thief.whoami().await, "");
    thief.revoke_others().await.refused(401, "UNAUTHORIZED");
    laptop.revoke(&phone.current_id().await).await.ok();
    assert_eq!(phone.whoami().await, "");
    assert_eq!(laptop.list().await.len(), 1);
    app.advance(DAY + SECOND);
    laptop.revoke_all().await.refused(403, "SESSION_NOT_FRESH");
}

#[tokio::test]
async fn a_wrong_password_changes_nothing() {
    let app = TestApp::start().await;
    let laptop = app.sign_up(FIREFOX, "ada").await;
    app.advance(2 * DAY);
    // This extended it, so nothing else sets a cookie.
    assert_eq!(laptop.whoami().await, "ada");
    let cookies = laptop.cookies();
    let long = "x".repeat(129);
    for (password, code) in
        [("wrong password", "INVALID_PASSWORD"), ("", "INVALID_PASSWORD"), (&long, "PASSWORD_TOO_LONG")]
    {
        let answer = reauthenticate(&laptop, password).await;
        answer.refused(400, code);
        assert!(answer.set_cookies().is_empty());
    }
    laptop.post("/api/auth/multi-session/reauthenticate", json!({})).await.refused(400, "VALIDATION_ERROR");
    assert_eq!(laptop.cookies(), cookies);
    laptop.revoke_others().await.refused(403, "SESSION_NOT_FRESH");
    let nobody = app.browser(CHROME);
    reauthenticate(&nobody, PASSWORD).await.refused(401, "UNAUTHORIZED");
}

#[tokio::test]
async fn step_up_needs_the_password_of_the_active_account() {
    let app = TestApp::start().await;
    let laptop = app.sign_up(FIREFOX, "grace").await;
    let grace = laptop.current_id().await;
    let body = json!({ "name": "ada", "email": "ada@example.org", "password": "the password of ada" });
    laptop.post("/api/auth/sign-up/email", body).await.ok();
    app.advance(2 * DAY);
    reauthenticate(&laptop, PASSWORD).await.refused(400, "INVALID_PASSWORD");
    reauthenticate(&laptop, "the password of ada").await.ok();
    laptop.revoke_others().await.ok();
    laptop.set_active(&grace).await.ok();
    laptop.revoke_others().await.refused(403, "SESSION_NOT_FRESH");
}

/// NIST SP 800-63B-4, 5.2.
#[tokio::test]
async fn step_up_restarts_idle_and_absolute_timeouts() {
    let app = TestApp::start_with(&["--preset", "nist-aal3"]).await;
    let laptop = app.sign_up(FIREFOX, "ada").await;
    let stay_active = async |minutes: u32| {
        for _ in 0..minutes / 10 {
            app.advance(10 * MINUTE);
            assert_eq!(laptop.whoami().await, "ada");
        }
    };
    stay_active(11 * 60).await;
    laptop.revoke_others().await.refused(403, "SESSION_NOT_FRESH");
    reauthenticate(&laptop, PASSWORD).await.ok();
    app.advance(15 * MINUTE - SECOND);
    assert_eq!(laptop.whoami().await, "ada");
    stay_active(11 * 60).await;
    app.advance(HOUR);
    assert_eq!(laptop.whoami().await, "");
}

#[tokio::test]
async fn step_up_keeps_an_unremembered_session_unremembered() {
    let app = TestApp::start().await;
    let laptop = app.sign_up(FIREFOX, "ada").await;
    let body = json!({ "email": "ada@example.org", "password": PASSWORD, "rememberMe": false });
    laptop.post("/api/auth/sign-in/email", body).await.ok();
    app.advance(23 * HOUR);
    let answer = reauthenticate(&laptop, PASSWORD).await;
    let set: Vec<_> =
        answer.set_cookies().into_iter().filter(|cookie| !cookie.contains("Max-Age=0")).collect();
    assert_eq!(set.len(), 2);
    assert!(set.iter().all(|cookie| !cookie.contains("Max-Age")), "{set:?}");
    app.advance(23 * HOUR);
    assert_eq!(laptop.whoami().await, "ada");
    app.advance(2 * HOUR);
    assert_eq!(laptop.whoami().await, "");
}

#[tokio::test]
async fn streams_of_the_old_cookie_end_and_the_new_one_opens_its_own() {
    let app = TestApp::start().await;
    let laptop = app.sign_up(FIREFOX, "ada").await;
    let phone = app.sign_in(SAFARI, "ada").await;
    let thief = laptop.copy();
    let mut of_thief = thief.events(None).await;
    let mut of_phone = phone.events(None).await;
    of_thief.snapshot().await;
    of_phone.snapshot().await;
    reauthenticate(&laptop, PASSWORD).await.ok();
    assert_eq!(laptop.whoami().await, "ada", "it has its new cookie");
    // The event of the phone's sign-in may arrive late.
    while of_thief.next().await.is_some() {}
    assert!(thief.try_events(None).await.is_none());
    let mut of_laptop = laptop.events(None).await;
    assert_eq!(of_laptop.snapshot().await.len(), 2);
    // The other devices see its new token after it was issued and after it was used.
    let token = laptop.get_session().await["session"]["token"].clone();
    for _ in 0..2 {
        while of_phone.next().await.expect("an event").name != "resync" {}
        assert!(of_phone.snapshot().await.iter().any(|row| row["session"]["token"] == token));
    }
    let id = phone.current_id().await;
    laptop.revoke(&id).await.ok();
    of_laptop.wait_for("ended", &id).await;
    of_phone.wait_for("ended", &id).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_simultaneous_step_ups_both_work_until_the_later_cookie_is_used() {
    let app = TestApp::start().await;
    let laptop = app.sign_up(FIREFOX, "ada").await;
    for _ in 0..5 {
        let tabs = [laptop.copy(), laptop.copy()];
        let asking = tabs.map(|tab| {
            tokio::spawn(async move {
                reauthenticate(&tab, PASSWORD).await.ok();
                tab
            })
        });
        let mut tabs = Vec::new();
        for tab in asking {
            tabs.push(tab.await.expect("no panic"));
        }
        let mut used = 0;
        for tab in &tabs {
            used += usize::from(tab.whoami().await == "ada");
        }
        assert!(used > 0, "as long as the later one is not used, the other one is good too");
        let mut living = Vec::new();
        for tab in tabs {
            if tab.whoami().await == "ada" {
                living.push(tab.cookies());
            }
        }
        assert_eq!(living.len(), 1);
        assert_eq!(laptop.copy().whoami().await, "", "the cookie before is dead");
        laptop.set_cookies(living.remove(0));
        assert_eq!(laptop.list().await.len(), 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn session_revoked_during_a_step_up_stays_ended() {
    let app = TestApp::start().await;
    let laptop = app.sign_up(FIREFOX, "ada").await;
    for _ in 0..5 {
        let phone = app.sign_in(SAFARI, "ada").await;
        let id = phone.current_id().await;
        let proving = tokio::spawn(async move {
            let answer = reauthenticate(&phone, PASSWORD).await;
            (phone, answer)
        });
        laptop.revoke(&id).await.ok();
        let (phone, answer) = proving.await.expect("no panic");
        assert!(matches!(answer.status.as_u16(), 200 | 401), "{}", answer.text);
        assert_eq!(phone.whoami().await, "");
    }
}

#[tokio::test]
async fn a_fresh_age_can_be_set() {
    let app = TestApp::start_with(&["--fresh-age", "2m"]).await;
    let laptop = app.sign_up(FIREFOX, "ada").await;
    app.advance(2 * MINUTE);
    laptop.revoke_others().await.ok();
    app.advance(SECOND);
    assert_eq!(laptop.revoke_others().await.json()["code"], Value::from("SESSION_NOT_FRESH"));
}

fn location(answer: &Answer) -> String {
    assert!(answer.status.is_redirection(), "{} {}", answer.status, answer.text);
    answer.header("location").to_owned()
}

/// The fields of the page's form.
async fn confirm(browser: &TestBrowser, page: &str, act: &str, id: &str, password: &str) -> Answer {
    let acting = browser.current_id().await;
    let password = password.replace(' ', "+");
    let form = format!("act={act}&session_id={id}&acting={acting}&password={password}");
    browser.submit(page, "confirm", &form).await
}

#[tokio::test]
async fn form_of_a_stale_session_asks_for_the_password_and_continues() {
    let app = TestApp::start().await;
    let laptop = app.sign_up(FIREFOX, "ada").await;
    let phone = app.sign_in(SAFARI, "ada").await;
    let id = phone.current_id().await;
    app.advance(2 * DAY);
    let asked = location(&laptop.submit("/sessions", "revoke", &format!("session_id={id}")).await);
    assert_eq!(asked, format!("/confirm?act=/fn/revoke&session_id={id}"));
    let page = laptop.open(&asked).await;
    assert_eq!(page.status.as_u16(), 200);
    assert_eq!(page.header("cache-control"), "no-store");
    assert!(page.header("content-security-policy").contains("form-action 'self'"));
    for part in ["Confirm it", "ada@example.org", "Safari on iPhone", id.as_str(), "Cancel"] {
        assert!(page.text.contains(part), "{part} is missing in {}", page.text);
    }

    let refused = location(&confirm(&laptop, &asked, "/fn/revoke", &id, "wrong password").await);
    assert!(refused.starts_with(&format!("{asked}&")), "{refused}");
    assert!(!refused.contains("wrong"), "no password travels in an address");
    let page = laptop.open(&refused).await;
    assert!(page.text.contains("That's not your current password."), "{}", page.text);
    assert!(page.text.contains("Safari on iPhone"));
    assert_eq!(phone.whoami().await, "ada");

    let thief = laptop.copy();
    let done = location(&confirm(&laptop, &refused, "/fn/revoke", &id, PASSWORD).await);
    assert_eq!(done, format!("/sessions?done=revoked&undo={id}"));
    assert_eq!(laptop.whoami().await, "ada");
    assert_eq!((phone.whoami().await, thief.whoami().await), (String::new(), String::new()));
    assert_eq!(location(&laptop.open(&asked).await), "/sessions", "nothing is to be confirmed any more");
}

#[tokio::test]
async fn other_actions_continue_after_a_step_up() {
    let app = TestApp::start().await;
    for (act, to) in [("revoke-others", "/sessions?done=others"), ("revoke-all", "/sign-in?done=everywhere")]
    {
        let laptop = app.browser(FIREFOX);
        laptop.sign_up(act).await.ok();
        let phone = app.sign_in(SAFARI, act).await;
        app.advance(2 * DAY);
        let asked = location(&laptop.submit("/sessions", act, "").await);
        assert_eq!(asked, format!("/confirm?act=/fn/{act}&session_id="));
        assert!(laptop.open(&asked).await.text.contains("Sign out"));
        let done = confirm(&laptop, &asked, &format!("/fn/{act}"), "", PASSWORD).await;
        assert_eq!(location(&done), to);
        assert_eq!(phone.whoami().await, "");
    }
}

#[tokio::test]
async fn session_that_ended_during_a_step_up_is_reported_on_the_next_page() {
    let app = TestApp::start().await;
    let laptop = app.sign_up(FIREFOX, "ada").await;
    let phone = app.sign_in(SAFARI, "ada").await;
    let id = phone.current_id().await;
    app.advance(2 * DAY);
    phone.sign_out(json!({})).await.ok();
    let to = location(&confirm(&laptop, "/confirm", "/fn/revoke", &id, PASSWORD).await);
    assert!(to.starts_with("/sessions?"), "{to}");
    assert!(laptop.open(&to).await.text.contains("That device was already signed out."));
}

#[tokio::test]
async fn only_actions_that_need_a_step_up_ask_for_one() {
    let app = TestApp::start().await;
    let laptop = app.sign_up(FIREFOX, "ada").await;
    let phone = app.sign_in(SAFARI, "ada").await;
    assert_eq!(location(&laptop.open("/confirm?act=/fn/revoke-all").await), "/sessions", "it is fresh");
    app.advance(2 * DAY);
    let nobody = app.browser(CHROME);
    assert_eq!(location(&nobody.open("/confirm?act=/fn/revoke-all").await), "/sign-in");
    for query in ["", "?act=", "?act=//evil.example", "?act=/fn/sign-out", "?act=/fn/revoke&session_id=a%20b"]
    {
        assert_eq!(location(&laptop.open(&format!("/confirm{query}")).await), "/sessions", "{query}");
    }
    for act in ["//evil.example", "https://evil.example", "/fn/sign-out", ""] {
        let to = location(&confirm(&laptop, "/sessions", act, "", PASSWORD).await);
        assert!(to.starts_with(&format!("{}/sessions?", crate::harness::ORIGIN)), "{act}: {to}");
    }
    laptop.revoke_others().await.refused(403, "SESSION_NOT_FRESH");
    assert_eq!(phone.whoami().await, "ada");
}

#[tokio::test]
async fn step_up_after_a_switch_asks_for_the_new_account() {
    let app = TestApp::start().await;
    let laptop = app.sign_up(FIREFOX, "grace").await;
    let grace = laptop.current_id().await;
    laptop.sign_up("ada").await.ok();
    let ada = laptop.current_id().await;
    let of_grace = app.sign_in(SAFARI, "grace").await;
    app.advance(2 * DAY);
    laptop.set_active(&grace).await.ok();
    let form =
        format!("act=/fn/revoke-others&session_id=&acting={ada}&password={}", PASSWORD.replace(' ', "+"));
    let to = location(&laptop.submit("/confirm", "confirm", &form).await);
    assert_eq!(to, "/confirm?act=/fn/revoke-others&session_id=");
    assert!(laptop.open(&to).await.text.contains("grace@example.org"));
    assert_eq!(of_grace.whoami().await, "grace");
    laptop.call("confirm", &form).await.refused(401, "UNAUTHORIZED");
    let proof = format!("acting={ada}&password={}", PASSWORD.replace(' ', "+"));
    let before = laptop.cookies();
    laptop.call("reauthenticate", &proof).await.refused(401, "UNAUTHORIZED");
    assert_eq!(laptop.cookies(), before);
}

/// A browser of an account that was imported without a password, two days after its sign-in.
async fn without_a_password(app: &TestApp) -> TestBrowser {
    import_ada(app, None).await;
    let ada = app.accounts.find_user("ada@example.org").await.expect("an answer").expect("a user");
    let ada = Subject::new(ada.id).name(ada.name).email(ada.email);
    let (nobody, client) = (Browser::default(), Client::default());
    let begun = app.sessions.begin(&nobody, &client, ada, Proof::by("oidc:google"), Keep::Remembered).await;
    let begun = begun.expect("a session");
    let credential = &begun.active().expect("it is signed in").credential;
    let laptop = app.browser(FIREFOX);
    laptop.add_cookie("multi-session.session_token", &credential.to_cookie_value().replace('=', "%3D"));
    app.advance(2 * DAY);
    assert_eq!(laptop.whoami().await, "ada");
    laptop
}

#[tokio::test]
async fn account_without_a_password_sets_one_by_email_and_continues() {
    let mails = MailServer::start().await;
    let app = mail::start(&mails).await;
    let laptop = without_a_password(&app).await;
    assert!(laptop.open("/sessions").await.text.contains("Signed in with Google"));
    let refused = laptop.revoke_others().await;
    refused.refused(403, "SESSION_NOT_FRESH");
    assert!(refused.json().get("proofs").is_none(), "no password is asked for that does not exist");
    let asked = location(&laptop.submit("/sessions", "revoke-others", "").await);
    let page = laptop.open(&asked).await;
    assert_eq!(page.status.as_u16(), 200);
    for part in ["Set a password by email", "ada@example.org", "/fn/forgot-password", "Cancel"] {
        assert!(page.text.contains(part), "{part} is missing in {}", page.text);
    }
    assert!(!page.text.contains("type=\"password\""), "{}", page.text);

    let sent = location(&laptop.submit(&asked, "forgot-password", "email=ada%40example.org").await);
    assert_eq!(sent, "/forgot-password?sent=1");
    assert_eq!(app.deliver().await, 1);
    mail::reset(&laptop, &mails.one().token(), PASSWORD).await.ok();
    assert_eq!(laptop.whoami().await, "");
    laptop.sign_in("ada").await.ok();
    laptop.revoke_others().await.ok();
    app.advance(2 * DAY);
    assert!(laptop.open(&asked).await.text.contains("type=\"password\""), "there is one now");
}

#[tokio::test]
async fn account_without_password_and_mail_gets_an_explanation() {
    let app = TestApp::start().await;
    let laptop = without_a_password(&app).await;
    for act in ["/fn/revoke-all", "/history/export"] {
        let page = laptop.open(&format!("/confirm?act={act}&session_id=")).await;
        let told = "This account has no password, and this service sends no email";
        assert!(page.text.contains(told), "{act}: {}", page.text);
        assert!(!page.text.contains("type=\"password\""), "{act}: {}", page.text);
        assert!(!page.text.contains("forgot-password"), "{act}: {}", page.text);
    }
    laptop.call("revoke-all", "").await.refused(403, "SESSION_NOT_FRESH");
    assert_eq!(laptop.whoami().await, "ada");
}

#[tokio::test]
async fn script_gets_the_accepted_proofs() {
    let app = TestApp::start().await;
    let laptop = app.sign_up(FIREFOX, "ada").await;
    app.advance(2 * DAY);
    assert_eq!(laptop.call("revoke-others", "").await.json()["proofs"], json!(["password"]));
}
