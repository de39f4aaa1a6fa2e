//! What an engine keeps in memory, and what becomes of it when writing is cut off.

use std::sync::Arc;
use std::time::Duration;

use multi_session::{
    Browser, Client, Engine, HistoryFilter, HistoryKind, ManualClock, RequestPasswordReset, SignIn, SignUp,
    Store, Timestamp,
};
use tokio::time::timeout;

const NOW: Timestamp = Timestamp::from_unix_ms(1_795_000_000_000);
const EMAIL: &str = "ada@example.org";

fn engine(store: Arc<dyn Store>, clock: &Arc<ManualClock>) -> Engine {
    Engine::builder(store).mail(true).clock(Arc::clone(clock) as _).build()
}

/// A flush that is dropped in the middle loses nothing: what it took is written when the engine shuts down.
pub(crate) async fn a_flush_that_is_cut_off_loses_nothing(
    store: Arc<dyn Store>,
    again: impl AsyncFn() -> Arc<dyn Store>,
) {
    let clock = Arc::new(ManualClock::new(NOW));
    let (engine_here, client) = (engine(store, &clock), Client::default());
    let form = SignUp {
        name: "Ada".to_owned(),
        email: EMAIL.to_owned(),
        password: "correct horse".to_owned(),
        image: None,
        remember: true,
        shared_computer: false,
    };
    let browser = engine_here.sign_up(&Browser::default(), &client, form).await.expect("an account");
    let active = browser.active().expect("a session");
    clock.advance(Duration::from_secs(60));
    let used_at = engine_here.now();
    engine_here.touch(&active.session.id, used_at);
    let wrong = SignIn {
        email: EMAIL.to_owned(),
        password: "wrong horse".to_owned(),
        remember: true,
        shared_computer: false,
    };
    assert!(engine_here.sign_in(&Browser::default(), &client, wrong).await.is_err());
    let forgotten = RequestPasswordReset { email: EMAIL.to_owned(), redirect_to: None };
    engine_here.request_password_reset(forgotten).expect("it is taken");

    // Each is asked once how far it is, and has begun by that.
    for _ in 0..2 {
        let _ = timeout(Duration::ZERO, engine_here.flush()).await;
        let _ = timeout(Duration::ZERO, engine_here.due_letters()).await;
    }
    engine_here.shut_down().await.expect("it is written");

    let store = again().await;
    let refused =
        HistoryFilter { kinds: vec![HistoryKind::PasswordRefused], limit: 10, ..HistoryFilter::default() };
    let history = engine(Arc::clone(&store), &clock).history_of(&active.user.id, &refused).await;
    assert!(!history.expect("a history").entries.is_empty(), "once, or twice where it was under way");
    let live = store.live_of_user(&active.user.id, used_at).await.expect("a list");
    assert_eq!(live[0].last_active_at, used_at);
    // A call that was cut off may have taken the mail: then it is due again once that lease is over.
    let later = used_at.plus(Duration::from_secs(16 * 60));
    let mails = store.claim_mails(later, later, 10).await.expect("an answer");
    assert_eq!(mails.len(), 1);
}
