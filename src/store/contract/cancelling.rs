//! Cancelled calls: a committed change is announced, at whichever await its future was dropped.

use std::task::Poll;
use std::time::Duration;

use super::changes::{from_now, marker, next};
use super::mailing::{hash, token};
use super::*;
use crate::store::renamed;
use crate::{Change, HistoryKind, HistoryQuery, NewHistoryEntry, Purpose, Rotation, StoredToken, Undo};

const REASON: EndedReason = EndedReason::Revoked;
const LATER: Timestamp = Timestamp::from_unix_ms(1_795_000_001_000);

/// One attempt, with its own user who has two sessions.
struct Try {
    name: String,
    user: NewUser,
    one: NewSession,
    two: NewSession,
}

impl Try {
    async fn new(store: &Arc<dyn Store>, name: &str) -> Self {
        let (user, mut opened) = signed_in(store, name, &[&format!("{name}a"), &format!("{name}b")]).await;
        let (two, one) = (opened.pop().expect("two"), opened.pop().expect("one"));
        Self { name: name.to_owned(), user, one, two }
    }

    fn actor(&self) -> Actor<'_> {
        actor(&self.one)
    }

    fn two(&self) -> &SessionId {
        &self.two.session.id
    }

    fn switch(&self) -> Change {
        let (from, to) = (self.one.session.id.clone(), self.two().clone());
        Change::Switched { user: self.user.user.id.clone(), from, to }
    }

    /// Sessions of the user have begun or ended.
    fn is_sessions(&self, change: &Change) -> bool {
        matches!(change, Change::Sessions { user, .. } if *user == self.user.user.id)
    }

    fn is_reauthenticated(&self, change: &Change) -> bool {
        matches!(change, Change::Reauthenticated { user, .. } if *user == self.user.user.id)
    }
}

/// Polls a future until it has been pending so often, then drops it.
async fn dropped_after<T>(awaits: usize, change: impl Future<Output = T>) -> Option<T> {
    let mut change = std::pin::pin!(change);
    let mut left = awaits;
    std::future::poll_fn(|context| match change.as_mut().poll(context) {
        Poll::Ready(output) => Poll::Ready(Some(output)),
        Poll::Pending if left == 0 => Poll::Ready(None),
        Poll::Pending => {
            left -= 1;
            Poll::Pending
        }
    })
    .await
}

/// Repeats a change and drops it one await later each time, until it completes. Checks that it is announced
/// if and only if `is_made` finds it.
async fn check(
    store: &Arc<dyn Store>,
    what: &str,
    change: impl AsyncFn(&Try),
    is_made: impl AsyncFn(&Try) -> bool,
    tells: impl Fn(&Try, &Change) -> bool,
) {
    for awaits in 0.. {
        let this = Try::new(store, &format!("{what}{awaits}")).await;
        let mut changes = from_now(store).await;
        let is_over = dropped_after(awaits, change(&this)).await.is_some();
        // This waits for the dropped call.
        store.make_ends_final(&this.user.user.id, LATER).await.expect("a write");

        let was_made = is_made(&this).await;
        assert!(was_made || !is_over, "{}: it is over, and was not made", this.name);
        store.announce(marker()).await.expect("it is told");
        // Read up to the marker, so that the next attempt does not see it. A committed change may be
        // announced shortly after it.
        let (mut told, mut is_marked) = (false, false);
        while !is_marked || (was_made && !told) {
            let change = next(&mut changes).await;
            told |= tells(&this, &change);
            is_marked |= change == marker();
        }
        assert!(!told || is_made(&this).await, "{}: it is told, and was not made", this.name);
        if is_over {
            return;
        }
    }
}

fn hash_of(name: &str) -> SecretHash {
    SecretHash::from_bytes(format!("{name:0>32}").as_bytes()).expect("32 bytes")
}

async fn has_ended(store: &Arc<dyn Store>, id: &SessionId) -> bool {
    store.find(&[id]).await.expect("an answer").pop().expect("it is kept").end.is_some()
}

/// Together with the session that it replaces.
pub async fn dropped_sign_in_is_announced_if_it_commits(store: Arc<dyn Store>) {
    let change = async |this: &Try| {
        let new = session(&this.user, &format!("{}c", this.name));
        let replaces = Limit { held: vec![this.two().clone()], ..limit(5, &[]) };
        open(&store, None, &new, &replaces).await.expect("a sign-in");
    };
    let is_made = async |this: &Try| has_ended(&store, this.two()).await;
    check(&store, "open", change, is_made, Try::is_sessions).await;
}

/// By every method that ends sessions.
pub async fn dropped_revocation_is_announced_if_it_commits(store: Arc<dyn Store>) {
    for how in ["id", "handle", "others", "held", "operator", "user", "disabled"] {
        let change = async |this: &Try| {
            let (by, id) = (this.actor(), this.two());
            match how {
                "id" => drop(store.end_by_id(by, id, REASON, NOW).await.expect("an answer")),
                "handle" => {
                    let ended = store.end_by_handle(by, &this.two.session.handle, REASON, NOW).await;
                    ended.expect("an answer").expect("it was live");
                }
                "others" => drop(store.end_all(by, false, REASON, NOW).await.expect("an answer")),
                "held" => drop(store.end_held(&[id], None, REASON, NOW).await.expect("an answer")),
                "operator" => drop(store.end_by_operator(&operator(), id, NOW).await.expect("an answer")),
                "user" => drop(store.end_of_user(&operator(), by.user, NOW).await.expect("an answer")),
                _ => drop(store.disable_user(&operator(), by.user, NOW).await.expect("an answer")),
            }
        };
        let is_made = async |this: &Try| has_ended(&store, this.two()).await;
        check(&store, how, change, is_made, Try::is_sessions).await;
    }
}

/// Otherwise an open stream would go on with the old credential.
pub async fn dropped_reauthentication_is_announced_if_it_commits(store: Arc<dyn Store>) {
    let change = async |this: &Try| {
        let renewal = renewal(&format!("{}x", this.name), NOW);
        assert!(store.prove(this.actor(), &renewal, None, NOW).await.expect("an answer"));
    };
    let is_made = async |this: &Try| {
        let found = store.find_by_handle(&this.one.session.handle).await;
        found.expect("an answer").is_none()
    };
    check(&store, "reauth", change, is_made, Try::is_reauthenticated).await;
}

/// Both with a new session and with the session that stays.
pub async fn dropped_password_change_is_announced_if_it_commits(store: Arc<dyn Store>) {
    for how in ["new", "renewed"] {
        let change = async |this: &Try| {
            let new = session(&this.user, &format!("{}c", this.name));
            let renewal = renewal(&format!("{}x", this.name), NOW);
            let next = if how == "new" { NextSession::New(&new) } else { NextSession::Renewed(&renewal) };
            let from = &this.user.password_hash;
            let changed = change_password(&store, this.actor(), from, "other", next, true, NOW).await;
            changed.expect("an answer").expect("it is changed");
        };
        let is_made = async |this: &Try| {
            let known = store.password_of(&this.user.user.email).await.expect("an answer");
            known.expect("an account").password_hash.as_deref() == Some("other")
        };
        let tells = if how == "new" { Try::is_sessions } else { Try::is_reauthenticated };
        check(&store, how, change, is_made, tells).await;
    }
}

/// By a session, by a mailed link, and by the mailed link that sets a new password.
pub async fn dropped_report_is_announced_if_it_commits(store: Arc<dyn Store>) {
    for how in ["report", "mailed", "reset"] {
        let purpose = if how == "mailed" { Purpose::NotMe } else { Purpose::ResetPassword };
        let change = async |this: &Try| {
            let token = StoredToken { hash: hash_of(&this.name), ..token(&this.user, 0, purpose, NOW) };
            store.put_token(&token).await.expect("it is stored");
            match how {
                "report" => {
                    let rotation =
                        Rotation { handle: handle(&format!("{}x", this.name)), secret_hash: hash(9) };
                    let reported =
                        report_session(&store, this.actor(), this.two(), &rotation, true, NOW).await;
                    reported.expect("an answer").expect("it is another one");
                }
                "mailed" => {
                    let (other, until) = (hash_of(&format!("{}y", this.name)), NOW.plus(HOUR));
                    let reported = report_by_mail(&store, &token.hash, &other, until, NOW).await;
                    reported.expect("an answer").expect("it is good");
                }
                _ => {
                    let reset = reset_password(&store, &token.hash, "other", true, NOW).await;
                    reset.expect("an answer").expect("it is good");
                }
            }
        };
        let is_made = async |this: &Try| has_ended(&store, this.two()).await;
        check(&store, how, change, is_made, Try::is_sessions).await;
    }
}

/// The name of a device.
pub async fn dropped_rename_is_announced_if_it_commits(store: Arc<dyn Store>) {
    let change = async |this: &Try| {
        let name = Some("kitchen");
        assert!(store.rename(this.actor(), this.two(), name, NOW).await.expect("an answer"));
    };
    let is_made = async |this: &Try| {
        let found = store.find(&[this.two()]).await.expect("an answer").pop();
        found.expect("it is kept").stored.device_name.is_some()
    };
    check(&store, "rename", change, is_made, |this, change| *change == renamed(this.actor(), this.two()))
        .await;
}

/// The session is revoked in the same attempt.
pub async fn dropped_undo_is_announced_if_it_commits(store: Arc<dyn Store>) {
    let change = async |this: &Try| {
        let (actor, id) = (this.actor(), this.two());
        let undo = Undo { actor, id, ended_after: NOW.minus(Duration::from_secs(5)), maximum: 5 };
        assert!(store.undo_revoke(undo, LATER).await.expect("an answer"));
    };
    for awaits in 0.. {
        let this = Try::new(&store, &format!("undo{awaits}")).await;
        let ended = store.end_by_id(this.actor(), this.two(), REASON, NOW).await;
        ended.expect("an answer").expect("it was live");
        let mut changes = from_now(&store).await;
        let is_over = dropped_after(awaits, change(&this)).await.is_some();
        store.make_ends_final(&this.user.user.id, LATER).await.expect("a write");
        if !has_ended(&store, this.two()).await {
            while !this.is_sessions(&next(&mut changes).await) {}
        }
        if is_over {
            break;
        }
    }
}

/// The time of the last activity.
pub async fn dropped_write_of_activity_is_announced_if_it_commits(store: Arc<dyn Store>) {
    let change = async |this: &Try| {
        let touch = Touch::new(this.two().clone(), LATER);
        store.touch(&[touch]).await.expect("a write");
    };
    let is_made = async |this: &Try| {
        let found = store.find(&[this.two()]).await.expect("an answer").pop();
        found.expect("it is kept").stored.last_active_at == LATER
    };
    let tells = |this: &Try, change: &Change| match change {
        Change::Touched(rows) => rows.iter().any(|(_, id, _)| id == this.two()),
        _ => false,
    };
    check(&store, "touch", change, is_made, tells).await;
}

/// A switch writes only a history entry.
pub async fn dropped_switch_is_announced_if_it_commits(store: Arc<dyn Store>) {
    let change = async |this: &Try| {
        let (user, to) = (this.user.user.id.clone(), this.two().clone());
        let entry = NewHistoryEntry::new(HistoryKind::Switched, user, Some(to), NOW);
        store.record(&[entry], Some(this.switch())).await.expect("a write");
    };
    let is_made = async |this: &Try| {
        let kinds = &[HistoryKind::Switched];
        let query = HistoryQuery { session: None, kinds, before: None, limit: 1 };
        !store.history(&this.user.user.id, query).await.expect("a history").is_empty()
    };
    check(&store, "switch", change, is_made, |this, change| *change == this.switch()).await;
}
