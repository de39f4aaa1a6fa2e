//! Buffers in memory, when writing them is cut off.

use std::sync::Arc;
use std::time::Duration;

use multi_session::{
    Accounts, Browser, Client, HistoryFilter, HistoryKind, ManualClock, RequestPasswordReset, Sessions,
    SignIn, SignUp, Store, Timestamp,
};
use tokio::time::timeout;

const NOW: Timestamp = Timestamp::from_unix_ms(1_795_000_000_000);
const EMAIL: &str = "ada@example.org";

fn accounts(store: Arc<dyn Store>, clock: &Arc<ManualClock>) -> Accounts {
    let sessions = Sessions::builder(store).clock(Arc::clone(clock) as _).build();
    Accounts::builder(sessions).weak_hashes().mail(true).build()
}

/// A flush that is dropped halfway loses nothing: its batch is written at the end.
pub(crate) async fn cancelled_flush_loses_nothing(
    store: Arc<dyn Store>,
    again: impl AsyncFn() -> Arc<dyn Store>,
) {
    let clock = Arc::new(ManualClock::new(NOW));
    let (here, client) = (accounts(store, &clock), Client::default());
    let form = SignUp {
        name: "Ada".to_owned(),
        email: EMAIL.to_owned(),
        password: "correct horse".to_owned(),
        image: None,
        remember: true,
        shared_computer: false,
    };
    let browser = here.sign_up(&Browser::default(), &client, form).await.expect("an account");
    let active = browser.active().expect("a session");
    clock.advance(Duration::from_secs(60));
    let used_at = here.sessions().now();
    here.sessions().touch(&active.session.id, used_at);
    let wrong = SignIn {
        email: EMAIL.to_owned(),
        password: "wrong horse".to_owned(),
        remember: true,
        shared_computer: false,
    };
    assert!(here.sign_in(&Browser::default(), &client, wrong).await.is_err());
    let forgotten = RequestPasswordReset { email: EMAIL.to_owned(), redirect_to: None };
    here.request_password_reset(forgotten).expect("it is taken");

    // Each is polled once, so that it has begun.
    for _ in 0..2 {
        let _ = timeout(Duration::ZERO, here.sessions().flush()).await;
        let _ = timeout(Duration::ZERO, here.due_mails()).await;
    }
    here.shut_down().await.expect("it is written");

    let store = again().await;
    let refused =
        HistoryFilter { kinds: vec![HistoryKind::PasswordRefused], limit: 10, ..HistoryFilter::default() };
    let history = accounts(Arc::clone(&store), &clock);
    let history = history.sessions().history_of(&active.user.id, &refused).await;
    assert!(!history.expect("a history").entries.is_empty(), "once, or twice where it was under way");
    let live = store.live_of_user(&active.user.id, used_at).await.expect("a list");
    assert_eq!(live[0].last_active_at, used_at);
    // A call that was cut off may have claimed the mail. It is then due again after the lease.
    let later = used_at.plus(Duration::from_secs(16 * 60));
    let mails = store.claim_mails(later, later, 10).await.expect("an answer");
    assert_eq!(mails.len(), 1);
}
