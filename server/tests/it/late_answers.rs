//! Answers that arrive late, in another order, or never.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use multi_session::{
    Alongside, ChangeContext, Credential, Limit, NewSession, Session, SessionId, StoreError, Subject,
    Timestamp, Transaction, UserId,
};
use serde_json::json;

use crate::harness::{Answer, CHROME, DAY, FIREFOX, TestApp, TestBrowser};
use crate::standards::surfaces::SESSION;

/// A hash of "password" that is fast to verify, from the tests of argon2's reference implementation.
const PASSWORD_HASH: &str =
    "$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc";
const PASSWORD: &str = "password";

/// A request of a browser in which ada is active and grace is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ask {
    Session,
    Page,
    Rename,
    SignInAgain,
    SignInAsLinus,
    SetActive,
    Reauthenticate,
    Report,
    ChangePassword,
    ChangePasswordAndRevoke,
    RevokeHeld,
    RevokeOwn,
    RevokeAll,
    SignOutAccount,
    SignOut,
}

use Ask::{
    ChangePassword, ChangePasswordAndRevoke, Page, Reauthenticate, Rename, Report, RevokeAll, RevokeHeld,
    RevokeOwn, SetActive, SignInAgain, SignInAsLinus, SignOut, SignOutAccount,
};

impl Ask {
    const ALL: [Self; 15] = [
        Self::Session,
        Page,
        Rename,
        SignInAgain,
        SignInAsLinus,
        SetActive,
        Reauthenticate,
        Report,
        ChangePassword,
        ChangePasswordAndRevoke,
        RevokeHeld,
        RevokeOwn,
        RevokeAll,
        SignOutAccount,
        SignOut,
    ];

    /// The active user afterwards, if nothing else happens; empty if nobody is.
    fn leaves(self) -> &'static str {
        match self {
            RevokeAll | SignOutAccount | SignOut => "",
            SetActive | RevokeOwn => "grace",
            SignInAsLinus => "linus",
            _ => "ada",
        }
    }

    /// Whether it ends the active session and leaves no other one of the account.
    fn ends_the_active_one(self) -> bool {
        matches!(self, RevokeOwn | RevokeAll | SignOutAccount | SignOut)
    }

    /// Whether it does not change who is signed in.
    fn only_reads(self) -> bool {
        matches!(self, Self::Session | Page | Rename)
    }

    async fn send(self, tab: &TestBrowser, at: &Desk) -> Answer {
        let post = async |path: &str, body| tab.post(&format!("/api/auth/{path}"), body).await;
        let sign_in = |name: &str| json!({ "email": format!("{name}@example.org"), "password": PASSWORD });
        let change = |others: bool| json!({ "currentPassword": PASSWORD, "newPassword": PASSWORD, "revokeOtherSessions": others });
        let of = |id: &SessionId| json!({ "sessionId": id });
        match self {
            Self::Session => tab.get("/api/auth/get-session").await,
            Page => tab.open("/sessions").await,
            Rename => post("multi-session/rename", json!({ "sessionId": at.ada, "name": "Laptop" })).await,
            SignInAgain => post("sign-in/email", sign_in("ada")).await,
            SignInAsLinus => post("sign-in/email", sign_in("linus")).await,
            SetActive => post("multi-session/set-active", of(&at.grace)).await,
            Reauthenticate => post("multi-session/reauthenticate", json!({ "password": PASSWORD })).await,
            Report => post("multi-session/report", of(&at.phone)).await,
            ChangePassword => post("change-password", change(false)).await,
            ChangePasswordAndRevoke => post("change-password", change(true)).await,
            RevokeHeld => post("multi-session/revoke", of(&at.grace)).await,
            RevokeOwn => post("multi-session/revoke", of(&at.ada)).await,
            RevokeAll => post("multi-session/revoke-all", json!({})).await,
            SignOutAccount => post("sign-out", json!({ "scope": "account" })).await,
            SignOut => post("sign-out", json!({})).await,
        }
    }
}

/// A server with three accounts, and a counter for new sessions.
struct Room {
    app: TestApp,
    made: AtomicU32,
}

/// A browser in which ada is active and grace is held. Ada has a phone too. Every request extends these
/// sessions.
struct Desk {
    browser: TestBrowser,
    ada: SessionId,
    grace: SessionId,
    phone: SessionId,
}

impl Room {
    async fn start() -> Self {
        let room = Self { app: TestApp::start().await, made: AtomicU32::new(0) };
        for name in ["ada", "grace", "linus"] {
            room.sign_in(name, true).await;
        }
        room
    }

    /// Stores a session without hashing a password.
    async fn sign_in(&self, name: &str, signs_up: bool) -> (SessionId, String, String) {
        let number = self.made.fetch_add(1, Ordering::Relaxed);
        let handle = format!("{number:0>32}");
        let value = format!("{handle}.{handle}{}=", "A".repeat(11));
        let credential = Credential::parse(&value).expect("a credential");
        let now = self.app.sessions.now();
        let id = SessionId::new(format!("session-{number}")).expect("an id");
        let email = format!("{name}@example.org");
        let user = Subject::new(UserId::new(format!("user-{name}")).expect("an id")).name(name).email(email);
        let mut session =
            Session::new(id.clone(), credential.handle, user.id.clone(), now, now.plus(28 * DAY));
        session.ip_address = "203.0.113.7".to_owned();
        session.user_agent = FIREFOX.to_owned();
        let new = NewSession {
            session,
            secret_hash: credential.secret.hash(),
            remember: true,
            shared_computer: false,
            new_device: false,
            device_keys: Vec::new(),
            signed_in_with: None,
        };
        let limit = Limit { maximum: 5, revoke_oldest: true, held: Vec::new(), epoch: None, chosen: None };
        let account = AddAccount(&self.app);
        let work = signs_up.then_some(&account as &dyn Alongside);
        self.app.store.begin(&user, &new, &limit, work).await.expect("a sign-in");
        (id, handle, value.replace('=', "%3D"))
    }

    async fn desk(&self) -> Desk {
        let browser = self.app.browser(FIREFOX);
        let (grace, of_grace, value) = self.sign_in("grace", false).await;
        let mut cookies = vec![(format!("{SESSION}_multi-{of_grace}"), value)];
        let (ada, of_ada, value) = self.sign_in("ada", false).await;
        cookies.push((format!("{SESSION}_multi-{of_ada}"), value.clone()));
        cookies.push((SESSION.to_owned(), value));
        browser.set_cookies(cookies.into_iter().collect());
        let (phone, ..) = self.sign_in("ada", false).await;
        Desk { browser, ada, grace, phone }
    }

    /// Makes the password fast to verify again.
    async fn restore_password(&self) -> Result<(), StoreError> {
        let known = self.app.store.password_of("ada@example.org").await?.expect("an account");
        let from = known.password_hash.expect("a password");
        self.app.store.rehash_password(&known.user.id, &from, PASSWORD_HASH, Timestamp::default()).await
    }

    async fn is_live(&self, id: &SessionId) -> bool {
        let found = self.app.store.find(&[id]).await.expect("an answer").pop();
        found.is_some_and(|found| found.end.is_none())
    }
}

/// Creates an account whose password is fast to verify.
struct AddAccount<'a>(&'a TestApp);

#[async_trait::async_trait]
impl Alongside for AddAccount<'_> {
    async fn run(&self, tx: &mut Transaction<'_>, change: &ChangeContext<'_>) -> multi_session::Result<()> {
        let email = format!("{}@example.org", change.user.as_str().trim_start_matches("user-"));
        let added = self.0.store.add_account(tx, change.user, &email, PASSWORD_HASH, change.now).await?;
        assert!(added, "it is free");
        Ok(())
    }
}

/// Two tabs send requests at once, each with the browser's present cookies. The second is answered after the
/// first, but either answer may arrive first.
#[tokio::test]
async fn two_answers_in_any_order_keep_a_live_session() {
    let room = Room::start().await;
    for first in Ask::ALL {
        for second in Ask::ALL {
            let desk = room.desk().await;
            let mut answers = Vec::new();
            for ask in [first, second] {
                answers.push(ask.send(&desk.browser.copy(), &desk).await);
            }
            for is_swapped in [false, true] {
                let arrived = app_of(&room, &desk.browser, &answers, is_swapped);
                let what = format!("{first:?}, {second:?}, swapped: {is_swapped}");
                let active = arrived.whoami().await;
                let held = arrived.list().await;
                let is_held = |id: &SessionId| held.iter().any(|row| row["id"] == id.as_str());
                for id in [&desk.ada, &desk.grace] {
                    assert!(!room.is_live(id).await || is_held(id), "{what}: {id} is live and lost");
                }
                let ends_it = first.ends_the_active_one() || second.ends_the_active_one();
                assert!(ends_it || !active.is_empty(), "{what}: nobody is signed in");
                for (ask, other) in [(first, second), (second, first)] {
                    if other.only_reads() {
                        assert_eq!(active, ask.leaves(), "{what}");
                    }
                    let signs_in = matches!(ask, SignInAgain | SignInAsLinus);
                    let name = ask.leaves();
                    let is_there = || held.iter().any(|row| row["user"]["name"] == name);
                    assert!(!signs_in || is_there(), "{what}: {name} has just signed in");
                }
            }
            room.restore_password().await.expect("an answer");
        }
    }
}

/// The same browser after both answers have arrived.
fn app_of(room: &Room, browser: &TestBrowser, answers: &[Answer], is_swapped: bool) -> TestBrowser {
    let arrived = room.app.browser(FIREFOX);
    arrived.set_cookies(browser.cookies());
    let mut order: Vec<&Answer> = answers.iter().collect();
    if is_swapped {
        order.reverse();
    }
    order.into_iter().for_each(|answer| arrived.keep(&answer.headers));
    arrived
}

#[tokio::test]
async fn lost_answer_signs_nobody_out() {
    let room = Room::start().await;
    // These are meant to end the old session or to invalidate copies of its cookie at once.
    let for_good = [SignInAgain, ChangePasswordAndRevoke, Report];
    for lost in Ask::ALL.into_iter().filter(|ask| !for_good.contains(ask)) {
        let desk = room.desk().await;
        lost.send(&desk.browser.copy(), &desk).await;
        let ends_it = lost.ends_the_active_one();
        assert_eq!(desk.browser.whoami().await, if ends_it { "" } else { "ada" }, "{lost:?}");
        if !ends_it {
            // The person tries again, and succeeds.
            lost.send(&desk.browser, &desk).await;
            assert_eq!(desk.browser.whoami().await, lost.leaves(), "{lost:?} again");
        }
        room.restore_password().await.expect("an answer");
    }
}

#[tokio::test]
async fn late_answer_to_a_dead_cookie_keeps_a_new_sign_in() {
    let room = Room::start().await;
    let desk = room.desk().await;
    let (ada, _, value) = room.sign_in("ada", false).await;
    let browser = room.app.browser(FIREFOX);
    browser.set_cookies([(SESSION.to_owned(), value)].into());
    desk.browser.revoke(ada.as_str()).await.ok();
    room.app.advance(Duration::from_secs(11));
    for asked in [Ask::Session, Page, Rename] {
        let late = browser.copy();
        let answer = asked.send(&late, &desk).await;
        browser.keep(&SignInAgain.send(&browser.copy(), &desk).await.headers);
        browser.keep(&answer.headers);
        assert_eq!(browser.whoami().await, "ada", "{asked:?}");
    }
}

#[tokio::test]
async fn superseded_cookie_is_not_fresh_and_dies_with_the_first_use_of_the_next() {
    let room = Room::start().await;
    let desk = room.desk().await;
    let (old, thief) = (desk.browser.copy(), desk.browser.copy());
    let answer = Reauthenticate.send(&desk.browser.copy(), &desk).await;
    answer.ok();
    // Nobody knows yet whether the answer has arrived.
    assert_eq!(old.whoami().await, "ada");
    old.revoke_others().await.refused(403, "SESSION_NOT_FRESH");
    let mut stream = thief.events(None).await;
    stream.snapshot().await;
    desk.browser.keep(&answer.headers);
    desk.browser.revoke_others().await.ok();
    while stream.next().await.is_some() {}
    for copy in [&old, &thief] {
        assert_eq!(copy.whoami().await, "");
        assert!(copy.try_events(None).await.is_none());
    }
    assert_eq!(desk.browser.whoami().await, "ada");
}

#[tokio::test]
async fn a_copied_cookie_is_dead_once_the_one_in_its_place_is_used_and_after_a_report_at_once() {
    let room = Room::start().await;
    let thief = room.app.browser(CHROME);
    for ask in [Report, Reauthenticate, ChangePassword] {
        let desk = room.desk().await;
        thief.set_cookies(desk.browser.cookies());
        ask.send(&desk.browser, &desk).await.ok();
        if ask != Report {
            assert_eq!(desk.browser.whoami().await, "ada");
        }
        assert_eq!(thief.whoami().await, "", "{ask:?}");
        // Nor while another one has not been used yet.
        desk.browser.whoami().await;
        Reauthenticate.send(&desk.browser.copy(), &desk).await.ok();
        assert_eq!(thief.whoami().await, "", "{ask:?}, and proved again");
        room.restore_password().await.expect("an answer");
    }
}
