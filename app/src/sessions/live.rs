//! Live updates of the list by other devices and other tabs.
//!
//! Only visible tabs hold a stream, because a browser has few connections to a host. Hidden tabs get messages
//! from the visible tabs of the same browser, and fetch the list when they are shown. Missed events do no
//! harm: the whole list brings everything up to date.

use std::time::Duration;

use futures::{
    StreamExt,
    channel::mpsc,
    future::{AbortHandle, Abortable},
};
use gloo_events::EventListener;
use gloo_timers::future::sleep;
use leptos::{ev, prelude::*, server::codee::string::JsonSerdeCodec, task::spawn_local};
use leptos_router::hooks::use_location;
use leptos_use_broadcast_channel::{UseBroadcastChannelReturn, use_broadcast_channel};
use leptos_use_document_visibility::use_document_visibility;
use multi_session::{DeviceSession, SessionEvent, SessionId, Timestamp};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use wasm_bindgen::JsCast;
use web_sys::{EventSource, MessageEvent, VisibilityState};

use crate::{
    hooks::{is_focused, keep_focus, on_answer, reload, replace, use_now},
    notice::use_notices,
    sessions::{UseListDeviceSessionsReturn, words},
};

/// The channel between the tabs of a browser.
const CHANNEL: &str = "multi-session";
/// The first and the longest wait before the stream is reopened.
const FIRST_WAIT: Duration = Duration::from_millis(500);
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// A message to the other tabs of the browser.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum TabMessage {
    /// The tab has changed something.
    Changed,
    /// The tab's active session has ended.
    Ended { id: SessionId },
    /// The tab's active session and its end, which a request may have changed.
    Acting { id: SessionId, expires_at: Timestamp },
}

/// A message of the stream.
enum StreamMessage {
    Failed,
    Snapshot(Vec<DeviceSession>),
    Event(Box<SessionEvent>),
}

/// Follows the events of the person's sessions while the page is visible and somebody is signed in.
///
/// ## Server-Side Rendering
///
/// Nothing happens on the server.
pub(crate) fn follow_live(sessions: UseListDeviceSessionsReturn) {
    let (notices, now) = (use_notices(), use_now());
    let (visibility, path) = (use_document_visibility(), use_location().pathname);
    let UseBroadcastChannelReturn { message, post, .. } =
        use_broadcast_channel::<TabMessage, JsonSerdeCodec>(CHANNEL);
    let tell_the_tabs = StoredValue::new_local(post);
    let tell_the_tabs = move |message: TabMessage| tell_the_tabs.with_value(|post| post(&message));
    // Whether something changed while the page was hidden, and the trigger to reopen the stream.
    let (stale, restart) = (StoredValue::new(false), RwSignal::new(()));
    // Sessions that have ended in this page and may be restored.
    let gone = StoredValue::new(Vec::<SessionId>::new());

    let leave = move |current: &SessionId| {
        // The page's own actions leave the page themselves.
        if sessions.is_acting() {
            return;
        }
        match path.with_untracked(|path| sessions.options.ended(path, current)) {
            Some(to) => replace(&to),
            None => reload(),
        }
    };
    // Fetches the list and opens the stream of the account that is active now. A hidden page does this later.
    let begin_anew = move || {
        if is_hidden() {
            stale.set_value(true);
        } else {
            sessions.refetch();
            restart.set(());
        }
    };
    let hear = move |event: SessionEvent| {
        let current = sessions.last_current();
        match &event {
            SessionEvent::Ended(ending) if Some(&ending.id) == current.as_ref() => {
                tell_the_tabs(TabMessage::Ended { id: ending.id.clone() });
                return leave(&ending.id);
            }
            SessionEvent::Ended(ending) => {
                remember(gone, &ending.id);
                // The row is removed after the action has finished, because its notice names the row.
                if sessions.revoking.with_untracked(|ids| ids.contains(&ending.id)) {
                    return;
                }
            }
            SessionEvent::Switched { .. } => return begin_anew(),
            // An undo restores the row and shows its own notice.
            SessionEvent::Created { row }
                if sessions.is_signed_out_here(&row.id) || gone.with_value(|gone| gone.contains(&row.id)) =>
            {
                return sessions.apply_event(event);
            }
            _ => {}
        }
        let rows = sessions.rows.get_untracked();
        if let Some(news) = words::news(&event, &rows, current.as_ref(), now.get_untracked()) {
            notices.tell(news);
        }
        let had_focus = is_focused();
        sessions.apply_event(event);
        if had_focus {
            // A row may have disappeared with the focused button.
            request_animation_frame(keep_focus);
        }
    };

    let is_signed_in = Memo::new(move |_| sessions.signed_in.get() == Some(true));
    Effect::new(move |_| {
        restart.track();
        if !is_signed_in.get() || visibility.get() == VisibilityState::Hidden {
            return;
        }
        if stale.try_update_value(std::mem::take) == Some(true) {
            sessions.refetch();
        }
        let follow = follow(sessions, hear);
        let (abort, registration) = AbortHandle::new_pair();
        spawn_local(async move {
            // It is aborted when the page is hidden, and restarted when it is shown.
            let _ = Abortable::new(follow, registration).await;
        });
        let online = window_event_listener(ev::online, move |_| restart.set(()));
        on_cleanup(move || {
            abort.abort();
            online.remove();
        });
    });

    // Tell the other tabs what this tab has done.
    let changed = move || tell_the_tabs(TabMessage::Changed);
    on_answer(sessions.set_active, move |result| {
        changed();
        if result.is_ok() {
            restart.set(());
        }
    });
    on_answer(sessions.revoke, move |_| changed());
    on_answer(sessions.undo_revoke, move |_| changed());
    on_answer(sessions.revoke_others, move |_| changed());
    // Once for each value. Otherwise tabs that disagree would send messages forever.
    let acting = Memo::new(move |_| sessions.current().map(|row| (row.id, row.expires_at)));
    Effect::new(move |told: Option<Option<(SessionId, Timestamp)>>| {
        let acting = acting.get();
        if let Some((id, expires_at)) = acting.clone()
            && told.flatten().as_ref() != acting.as_ref()
        {
            tell_the_tabs(TabMessage::Acting { id, expires_at });
        }
        acting
    });
    Effect::watch(
        move || message.get(),
        move |message, _, _| match (message, sessions.last_current()) {
            (Some(TabMessage::Acting { id, expires_at }), Some(current)) if *id == current => {
                sessions.extended(*expires_at);
            }
            // The stream reported it before the other tab had the cookie, or not at all.
            (Some(TabMessage::Acting { .. }), Some(_)) => begin_anew(),
            (Some(TabMessage::Ended { id }), Some(current)) if *id == current => leave(&current),
            (Some(TabMessage::Changed | TabMessage::Ended { .. }), _) if is_hidden() => stale.set_value(true),
            _ => {}
        },
        false,
    );
}

/// Reads the stream and reopens it when it fails, with exponential backoff and jitter.
async fn follow(sessions: UseListDeviceSessionsReturn, hear: impl Fn(SessionEvent)) {
    let mut failures = 0_u32;
    loop {
        let Ok(source) = EventSource::new(sessions.options.events_path()) else { return };
        let source = Source(source);
        let (told, mut heard) = mpsc::unbounded();
        // The listeners are dropped with the stream.
        let listeners = source.listen(&told);
        while let Some(what) = heard.next().await {
            match what {
                // Reset the backoff only here, because a proxy may open a stream and close it at once.
                StreamMessage::Snapshot(rows) => {
                    failures = 0;
                    sessions.take(rows);
                }
                StreamMessage::Event(event) => hear(*event),
                StreamMessage::Failed => break,
            }
        }
        let refused = source.0.ready_state() == EventSource::CLOSED;
        drop((listeners, source));
        // The list shows whether somebody is signed in and whether the server is reachable.
        if refused || failures == 1 {
            sessions.refetch();
        }
        let wait = FIRST_WAIT.saturating_mul(1 << failures.min(6)).min(LONGEST_WAIT);
        failures += 1;
        sleep(wait.mul_f64(0.5 + js_sys::Math::random())).await;
    }
}

/// A stream that closes when it is dropped. gloo-net's has a queue for each event name, which loses the order
/// of lists and events.
struct Source(EventSource);

impl Source {
    fn listen(&self, told: &mpsc::UnboundedSender<StreamMessage>) -> [EventListener; 3] {
        let on = |name: &'static str, heard: fn(&web_sys::Event) -> Option<StreamMessage>| {
            let told = told.clone();
            EventListener::new(&self.0, name, move |event| {
                if let Some(heard) = heard(event) {
                    // It fails only after the stream was closed.
                    let _ = told.unbounded_send(heard);
                }
            })
        };
        [
            on("error", |_| Some(StreamMessage::Failed)),
            on("snapshot", |event| read(event).map(StreamMessage::Snapshot)),
            // Other events of newer servers are ignored.
            on("session", |event| read(event).map(|event| StreamMessage::Event(Box::new(event)))),
        ]
    }
}

impl Drop for Source {
    fn drop(&mut self) {
        self.0.close();
    }
}

fn read<T: DeserializeOwned>(event: &web_sys::Event) -> Option<T> {
    let data = event.unchecked_ref::<MessageEvent>().data().as_string()?;
    serde_json::from_str(&data).ok()
}

/// Remembers the last ended sessions, which may be restored.
fn remember(gone: StoredValue<Vec<SessionId>>, id: &SessionId) {
    const KEPT: usize = 100;
    gone.update_value(|gone| {
        if gone.len() == KEPT {
            gone.remove(0);
        }
        gone.push(id.clone());
    });
}

fn is_hidden() -> bool {
    document().visibility_state() == VisibilityState::Hidden
}
