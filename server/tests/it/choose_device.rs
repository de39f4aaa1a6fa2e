//! The limit of devices without eviction: the person chooses a device to sign out.

use std::time::Duration;

use multi_session::Operator;
use serde_json::{Value, json};

use crate::harness::{
    Answer, CHROME, FIREFOX, MINUTE, ORIGIN, PASSWORD, SAFARI, TestApp, TestBrowser, ids, text,
};
use crate::mail::{location, read_all};
use crate::smtp::MailServer;
use crate::standards::surfaces::is_open;

const LIMITED: [&str; 4] = ["--maximum-sessions", "2", "--revoke-oldest-on-max", "false"];
const FORM: &str = "email=ada%40example.org&password=correct+horse+battery&remember=true";
const TOO_LONG: &str = "This sign-in took too long";

/// Ada on two devices. She used the first one last.
struct Household {
    app: TestApp,
    laptop: TestBrowser,
    phone: TestBrowser,
}

impl Household {
    async fn start() -> Self {
        Self::start_with(&[]).await
    }

    async fn start_with(flags: &[&str]) -> Self {
        let app = TestApp::start_with(&[&LIMITED, flags].concat()).await;
        let laptop = app.sign_up(FIREFOX, "ada").await;
        let phone = app.sign_in(SAFARI, "ada").await;
        app.advance(2 * MINUTE);
        laptop.get_session().await;
        Self { app, laptop, phone }
    }

    /// A third device whose sign-in was refused.
    async fn refused(&self) -> (TestBrowser, Value) {
        let desktop = self.app.browser(CHROME);
        let answer = desktop.sign_in("ada").await;
        answer.refused(403, "MAXIMUM_SESSIONS_REACHED");
        assert!(answer.set_cookies().is_empty());
        (desktop, answer.json())
    }

    /// The same on the page without scripts. The browser has the ticket in a cookie.
    async fn refused_at_the_page(&self) -> TestBrowser {
        let desktop = self.app.browser(CHROME);
        let answer = desktop.submit("/sign-in", "sign-in", FORM).await;
        assert_eq!(location(&answer), "/choose-device");
        desktop
    }
}

async fn choose(browser: &TestBrowser, ticket: &Value, session: &str) -> Answer {
    let body = json!({ "ticket": ticket, "sessionId": session });
    browser.post("/api/auth/multi-session/sign-in-instead", body).await
}

async fn submit(browser: &TestBrowser, session: &str) -> Answer {
    browser.submit("/choose-device", "choose-device", &format!("session_id={session}")).await
}

/// The cookie of the ticket that an answer sets or clears.
fn ticket_cookie(answer: &Answer) -> Option<String> {
    let all = answer.headers.get_all("set-cookie").iter();
    all.map(|it| it.to_str().expect("text").to_owned()).find(|it| it.contains(".ticket="))
}

#[tokio::test]
async fn refusal_at_the_limit_has_a_ticket_and_the_devices() {
    let home = Household::start().await;
    let (_, refusal) = home.refused().await;
    assert_eq!(text(&refusal["ticket"]).len(), 43);
    let devices = refusal["devices"].as_array().expect("a list");
    let expected = [home.phone.current_id().await, home.laptop.current_id().await];
    assert_eq!(ids(devices), expected, "the one first that was not used for the longest time");
    assert_eq!(devices[0]["device"]["label"], home.phone.list().await[0]["device"]["label"]);
    assert!(devices.iter().all(|row| row["isCurrent"] == false && row["isHeld"] == false));

    let stranger = home.app.browser(CHROME);
    let wrong = json!({ "email": "ada@example.org", "password": "a wrong password" });
    let answer = stranger.post("/api/auth/sign-in/email", wrong).await;
    answer.refused(401, "INVALID_EMAIL_OR_PASSWORD");
    assert!(answer.json().get("ticket").is_none() && answer.json().get("devices").is_none());
}

#[tokio::test]
async fn chosen_device_is_signed_out_and_this_one_signed_in_with_its_options() {
    let home = Household::start().await;
    let desktop = home.app.browser(CHROME);
    let form = json!({ "email": "ada@example.org", "password": PASSWORD, "sharedComputer": true });
    let refusal = desktop.post("/api/auth/sign-in/email", form).await.json();
    let chosen = home.phone.current_id().await;
    let mut stream = home.laptop.events(None).await;
    stream.snapshot().await;
    let answer = choose(&desktop, &refusal["ticket"], &chosen).await;
    let answer_json = answer.ok();
    assert_eq!((&answer_json["redirect"], &answer_json["user"]["name"]), (&json!(false), &json!("ada")));
    assert!(answer.set_cookies().iter().all(|cookie| !cookie.contains("Max-Age")), "it is a shared computer");
    assert!(is_open(&desktop).await && is_open(&home.laptop).await && !is_open(&home.phone).await);
    assert_eq!(answer_json["token"], desktop.get_session().await["session"]["token"]);
    let told = stream.wait_for("ended", &chosen).await;
    assert_eq!((&told["reason"], text(&told["by"]["id"])), (&json!("evicted"), desktop.current_id().await));
    home.app.sessions.flush().await.expect("a write");
    let history = desktop.get("/api/auth/multi-session/history").await.ok();
    let of = |kind: &str| {
        let entries = history["entries"].as_array().expect("a list").iter();
        entries.filter(|entry| entry["kind"] == kind).cloned().collect::<Vec<_>>()
    };
    let refused = of("password_refused");
    assert_eq!((refused.len(), &refused[0]["refusal"]), (1, &json!("limit_reached")));
    let ended = of("ended");
    assert_eq!(
        (ended.len(), &ended[0]["reason"], text(&ended[0]["sessionId"])),
        (1, &json!("evicted"), chosen)
    );
    assert_eq!(text(&ended[0]["by"]["id"]), desktop.current_id().await);
}

#[tokio::test]
async fn evicted_device_cannot_be_restored_by_undo() {
    let home = Household::start().await;
    let (desktop, refusal) = home.refused().await;
    let chosen = home.phone.current_id().await;
    choose(&desktop, &refusal["ticket"], &chosen).await.ok();
    let undo = desktop.post("/api/auth/multi-session/undo-revoke", json!({ "sessionId": chosen })).await;
    undo.refused(403, "UNDO_EXPIRED");
    assert!(!is_open(&home.phone).await);
}

#[tokio::test]
async fn a_ticket_works_once_and_for_five_minutes() {
    let home = Household::start().await;
    let (desktop, refusal) = home.refused().await;
    let laptop = home.laptop.current_id().await;
    home.app.advance(Duration::from_secs(5 * 60) - Duration::from_millis(1));
    choose(&desktop, &refusal["ticket"], &home.phone.current_id().await).await.ok();
    choose(&desktop, &refusal["ticket"], &laptop).await.refused(401, "INVALID_TICKET");

    let other = home.app.browser(SAFARI);
    let refusal = other.sign_in("ada").await.json();
    home.app.advance(Duration::from_secs(5 * 60));
    choose(&other, &refusal["ticket"], &laptop).await.refused(401, "INVALID_TICKET");
    assert!(is_open(&home.laptop).await && is_open(&desktop).await && !is_open(&other).await);
}

#[tokio::test]
async fn only_a_ticket_of_a_refused_sign_in_signs_in() {
    let home = Household::start().await;
    let (desktop, refusal) = home.refused().await;
    let laptop = home.laptop.current_id().await;
    let ticket = text(&refusal["ticket"]);
    let other = format!("{}{}", if ticket.starts_with('A') { "B" } else { "A" }, &ticket[1..]);
    for ticket in [&other, &ticket[1..], &format!("{ticket}A"), ""] {
        choose(&desktop, &json!(ticket), &laptop).await.refused(401, "INVALID_TICKET");
    }
    choose(&desktop, &json!(null), &laptop).await.refused(400, "VALIDATION_ERROR");
    choose(&desktop, &refusal["ticket"], "not an id").await.refused(401, "INVALID_SESSION_TOKEN");
    assert!(is_open(&home.laptop).await && is_open(&home.phone).await);
}

#[tokio::test]
async fn session_of_another_user_cannot_be_chosen() {
    let home = Household::start().await;
    let grace = home.app.sign_up(CHROME, "grace").await;
    let (desktop, refusal) = home.refused().await;
    for session in [grace.current_id().await, "unknown".to_owned()] {
        let answer = choose(&desktop, &refusal["ticket"], &session).await;
        answer.refused(403, "MAXIMUM_SESSIONS_REACHED");
        assert_eq!(answer.json()["ticket"], refusal["ticket"]);
        assert_eq!(answer.json()["devices"].as_array().expect("a list").len(), 2);
    }
    assert_eq!(grace.whoami().await, "grace");

    // Another user's ticket does not work for her devices either.
    grace.sign_out(json!({})).await.ok();
    for _ in 0..2 {
        home.app.sign_in(FIREFOX, "grace").await;
    }
    let of_grace = home.app.browser(SAFARI).sign_in("grace").await.json();
    let laptop = home.laptop.current_id().await;
    choose(&desktop, &of_grace["ticket"], &laptop).await.refused(403, "MAXIMUM_SESSIONS_REACHED");
    assert!(is_open(&home.laptop).await && is_open(&home.phone).await);
}

#[tokio::test]
async fn ticket_stays_usable_if_the_device_was_signed_out_meanwhile() {
    let home = Household::start().await;
    let (desktop, refusal) = home.refused().await;
    let (laptop, phone) = (home.laptop.current_id().await, home.phone.current_id().await);
    home.laptop.revoke(&phone).await.ok();
    let other = home.app.sign_in(SAFARI, "ada").await;
    let answer = choose(&desktop, &refusal["ticket"], &phone).await;
    answer.refused(403, "MAXIMUM_SESSIONS_REACHED");
    let mut offered = ids(answer.json()["devices"].as_array().expect("a list"));
    offered.sort();
    let mut there = [laptop.clone(), other.current_id().await];
    there.sort();
    assert_eq!(offered, there);
    home.laptop.revoke(&other.current_id().await).await.ok();
    choose(&desktop, &refusal["ticket"], &phone).await.ok();
    assert!(is_open(&home.laptop).await, "there was room");
}

#[tokio::test]
async fn credential_change_invalidates_tickets() {
    let home = Household::start().await;
    let chosen = home.phone.current_id().await;
    let (desktop, refusal) = home.refused().await;
    let form = json!({ "currentPassword": PASSWORD, "newPassword": "another good password" });
    home.laptop.post("/api/auth/change-password", form).await.ok();
    choose(&desktop, &refusal["ticket"], &chosen).await.refused(401, "INVALID_TICKET");
    assert!(is_open(&home.phone).await);
}

#[tokio::test]
async fn locked_or_disabled_user_cannot_sign_in_with_a_ticket() {
    let mails = MailServer::start().await;
    let url = mails.url();
    let home = Household::start_with(&["--smtp-url", &url, "--mail-from", "no-reply@example.org"]).await;
    let (desktop, refusal) = home.refused().await;
    let phone = home.phone.current_id().await;
    let report = json!({ "sessionId": phone });
    home.laptop.post("/api/auth/multi-session/report", report).await.ok();
    choose(&desktop, &refusal["ticket"], &home.laptop.current_id().await)
        .await
        .refused(401, "INVALID_TICKET");

    let home = Household::start().await;
    let (desktop, refusal) = home.refused().await;
    let user = home.app.accounts.find_user("ada@example.org").await.expect("an answer").expect("ada");
    let chosen = home.laptop.current_id().await;
    home.app.sessions.disable_user(&Operator::new("test"), &user.id).await.expect("an answer");
    choose(&desktop, &refusal["ticket"], &chosen).await.refused(401, "INVALID_TICKET");
}

#[tokio::test]
async fn new_device_that_signs_in_with_a_ticket_is_mailed_about() {
    let mails = MailServer::start().await;
    let url = mails.url();
    let home = Household::start_with(&["--smtp-url", &url, "--mail-from", "no-reply@example.org"]).await;
    read_all(&home.app, &mails).await;
    let (desktop, refusal) = home.refused().await;
    assert_eq!(home.app.deliver().await, 0, "nobody has signed in");
    choose(&desktop, &refusal["ticket"], &home.phone.current_id().await).await.ok();
    assert_eq!(home.app.deliver().await, 1);
    assert!(mails.one().plain().contains("Chrome"));
}

#[tokio::test]
async fn browser_with_too_many_accounts_gets_no_ticket() {
    let home = Household::start().await;
    let shared = home.app.sign_up(CHROME, "grace").await;
    let refusal = shared.sign_in("ada").await.json();
    shared.sign_up("linus").await.ok();
    let chosen = home.phone.current_id().await;
    let answer = choose(&shared, &refusal["ticket"], &chosen).await;
    answer.refused(403, "MAXIMUM_ACCOUNTS_REACHED");
    assert!(answer.json().get("ticket").is_none());
    assert!(is_open(&home.phone).await, "nobody was signed out");

    let page = home.refused_at_the_page().await;
    page.sign_up("mary").await.ok();
    page.sign_up("eve").await.ok();
    let refused = submit(&page, &chosen).await;
    let to = location(&refused);
    let page = page.open(to.strip_prefix(ORIGIN).unwrap_or(to)).await.text;
    assert!(page.contains("reached its limit of"), "{page}");
    assert!(!page.contains("already signed out"), "{page}");
}

#[tokio::test]
async fn choosing_a_device_counts_as_a_password_attempt() {
    let home = Household::start_with(&["--rate-limit", "on"]).await;
    let mut desktop = home.app.browser(CHROME);
    desktop.peer = "198.51.100.1:4000".parse().expect("an address");
    let ticket = json!("A".repeat(43));
    for _ in 0..3 {
        choose(&desktop, &ticket, "unknown").await.refused(401, "INVALID_TICKET");
    }
    assert_eq!(choose(&desktop, &ticket, "unknown").await.status.as_u16(), 429);
    assert_eq!(submit(&desktop, "unknown").await.status.as_u16(), 429);
}

#[tokio::test]
async fn form_redirects_to_the_choice_and_no_address_or_page_has_the_ticket() {
    let home = Household::start().await;
    let desktop = home.app.browser(CHROME);
    let answer = desktop.submit("/sign-in", "sign-in", FORM).await;
    assert_eq!(location(&answer), "/choose-device");
    let cookie = ticket_cookie(&answer).expect("a ticket");
    assert!(cookie.contains("; HttpOnly; SameSite=Lax; ") && cookie.contains("; Max-Age=300"), "{cookie}");
    let (ticket, _) = cookie
        .split_once(';')
        .and_then(|(pair, rest)| Some((pair.split_once('=')?.1, rest)))
        .expect("a value");
    // The same after a reload.
    for _ in 0..2 {
        let page = desktop.open("/choose-device").await;
        assert_eq!((page.status.as_u16(), page.header("cache-control")), (200, "no-store"));
        assert!(
            page.text.contains("You've reached the limit of 2 devices. Sign out of one to continue."),
            "{}",
            page.text
        );
        assert!(!page.text.contains(ticket), "{}", page.text);
        let forms = page.text.matches("action=\"/fn/choose-device\"").count();
        assert_eq!(forms, 2);
        assert!(ticket_cookie(&page).is_none());
    }
    let chosen = submit(&desktop, &home.phone.current_id().await).await;
    assert_eq!(location(&chosen), "/sessions?done=signed-in");
    assert!(ticket_cookie(&chosen).expect("it is taken back").contains("; Max-Age=0"));
    assert!(is_open(&desktop).await && is_open(&home.laptop).await && !is_open(&home.phone).await);
    assert!(desktop.open("/choose-device").await.text.contains(TOO_LONG), "it was used");
}

#[tokio::test]
async fn script_gets_the_refusal_and_the_ticket_in_the_same_cookie() {
    let home = Household::start().await;
    let desktop = home.app.browser(CHROME);
    let answer = desktop.call("sign-in", FORM).await;
    answer.refused(403, "MAXIMUM_SESSIONS_REACHED");
    assert!(answer.json().get("ticket").is_none(), "{}", answer.text);
    assert!(ticket_cookie(&answer).is_some());
    assert!(desktop.open("/choose-device").await.text.contains("limit of 2 devices"));
}

#[tokio::test]
async fn adding_an_account_can_choose_a_device_and_keeps_the_other_account() {
    let home = Household::start().await;
    let desktop = home.app.sign_up(CHROME, "grace").await;
    let answer = desktop.submit("/sign-in?add=1", "sign-in", FORM).await;
    assert_eq!(location(&answer), "/choose-device");
    let page = desktop.open("/choose-device").await.text;
    assert!(page.contains("href=\"/sign-in?add=1\""), "{page}");
    location(&submit(&desktop, &home.phone.current_id().await).await);
    assert_eq!(desktop.whoami().await, "ada");
    let rows = desktop.list().await;
    assert!(rows.iter().any(|row| row["user"]["name"] == "grace" && row["isHeld"] == true), "{rows:?}");
}

#[tokio::test]
async fn cancelled_or_expired_choice_needs_a_new_sign_in() {
    let home = Household::start().await;
    let desktop = home.refused_at_the_page().await;
    let page = desktop.open("/choose-device").await.text;
    assert!(page.contains("href=\"/sign-in\""), "{page}");
    let cancelled = desktop.open("/sign-in").await;
    assert!(ticket_cookie(&cancelled).expect("it is taken back").contains("; Max-Age=0"));
    assert!(desktop.open("/choose-device").await.text.contains(TOO_LONG));

    let desktop = home.refused_at_the_page().await;
    home.app.advance(5 * MINUTE);
    assert!(desktop.open("/choose-device").await.text.contains(TOO_LONG));
    let refused = submit(&desktop, &home.phone.current_id().await).await;
    let to = location(&refused);
    let page = desktop.open(to.strip_prefix(ORIGIN).unwrap_or(to)).await.text;
    assert!(page.contains(TOO_LONG), "{page}");
    assert!(is_open(&home.phone).await);
}

#[tokio::test]
async fn page_reports_a_device_that_was_signed_out_meanwhile() {
    let home = Household::start().await;
    let desktop = home.refused_at_the_page().await;
    let phone = home.phone.current_id().await;
    home.laptop.revoke(&phone).await.ok();
    home.app.sign_in(SAFARI, "ada").await;
    let refused = submit(&desktop, &phone).await;
    let to = location(&refused);
    let page = desktop.open(to.strip_prefix(ORIGIN).unwrap_or(to)).await.text;
    assert!(page.contains("That device was already signed out. Choose another one."), "{page}");
    location(&submit(&desktop, &home.laptop.current_id().await).await);
    assert!(is_open(&desktop).await);
}

#[tokio::test]
async fn browser_signed_out_elsewhere_stays_on_the_choice() {
    let home = Household::start().await;
    let desktop = home.app.browser(CHROME);
    desktop.set_cookies(home.phone.cookies());
    home.laptop.revoke(&home.phone.current_id().await).await.ok();
    home.app.sign_in(SAFARI, "ada").await;
    let answer = desktop.submit("/sign-in", "sign-in", FORM).await;
    assert_eq!(location(&answer), "/choose-device");
    let page = desktop.open("/choose-device").await;
    assert_eq!(page.status.as_u16(), 200, "{}", page.header("location"));
    assert!(page.text.contains("limit of 2 devices"), "{}", page.text);
}
