//! The list kept live: what other devices and other tabs do shows at once.
//!
//! A visible tab holds a stream, since a browser has few connections to a host; a hidden one hears from the visible
//! tabs of its browser, and catches up when it is shown. Nothing rests on it: whatever is missed comes with the whole
//! list.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use leptos::{leptos_dom::helpers::TimeoutHandle, prelude::*};
use multi_session::{SessionEvent, SessionId, Timestamp};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{BroadcastChannel, Event, EventSource, EventTarget, MessageEvent, VisibilityState};

use crate::{
    act::{is_acting, parse},
    address,
    guard::ended,
    hooks::{effect, is_focused, keep_focus, on_change, use_now},
    notice::{Notices, use_notices},
    sessions::{UseListDeviceSessionsReturn, read, words},
};

/// Where the stream is.
const EVENTS: &str = "/api/auth/multi-session/events";
/// The channel between the tabs of a browser.
const CHANNEL: &str = "multi-session";
/// What a tab says when something has changed. Else it says which session has ended, or, after a blank, when the one
/// ends that it acts as: a request may have extended it, or have made it the active one.
const CHANGED: &str = "";
/// The first and the longest wait before the stream is opened again.
const FIRST_WAIT_MS: u32 = 500;
const LONGEST_WAIT_MS: u32 = 30_000;

/// Follows what happens to the person's sessions, as long as the page is shown and somebody is signed in.
///
/// ## Server-Side Rendering
///
/// Nothing happens: the page is what it was when it was rendered.
pub(super) fn follow_live(sessions: UseListDeviceSessionsReturn) {
    let (notices, now) = (use_notices(), use_now());
    let started = Cell::new(false);
    effect(move || {
        if sessions.signed_in.get() == Some(true) && !started.replace(true) {
            Stream::start(sessions, notices, now);
        }
    });
}

/// The stream of this tab, for as long as the page lives.
struct Stream {
    sessions: UseListDeviceSessionsReturn,
    notices: Notices,
    now: ReadSignal<Timestamp>,
    source: RefCell<Option<EventSource>>,
    channel: Option<BroadcastChannel>,
    /// How often in a row it could not be opened.
    failures: Cell<u32>,
    retry: Cell<Option<TimeoutHandle>>,
    /// What has ended: it may come back.
    gone: RefCell<Vec<SessionId>>,
    /// Whether something has changed while the page was hidden.
    stale: Cell<bool>,
}

impl Stream {
    fn start(sessions: UseListDeviceSessionsReturn, notices: Notices, now: ReadSignal<Timestamp>) {
        let stream = Rc::new(Self {
            sessions,
            notices,
            now,
            source: RefCell::new(None),
            channel: BroadcastChannel::new(CHANNEL).ok(),
            failures: Cell::new(0),
            retry: Cell::new(None),
            gone: RefCell::default(),
            stale: Cell::new(false),
        });
        let this = Rc::clone(&stream);
        listen(&document(), "visibilitychange", move |_| this.show());
        let this = Rc::clone(&stream);
        listen(&window(), "online", move |_| this.open());
        if let Some(channel) = &stream.channel {
            let this = Rc::clone(&stream);
            listen(channel, "message", move |event| this.told_by_a_tab(event));
        }
        // What this tab has done, the others want to know.
        let this = Rc::clone(&stream);
        let acts = [sessions.set_active, sessions.revoke, sessions.undo_revoke, sessions.revoke_others];
        on_change(
            move || acts.iter().map(|act| act.version().get()).sum(),
            move || this.tell_the_tabs(CHANGED),
        );
        let this = Rc::clone(&stream);
        // Once for each, or tabs that disagree would tell each other for ever.
        let mut told = String::new();
        effect(move || {
            let Some(row) = sessions.current() else { return };
            let acting = [row.id.as_str(), " ", &row.expires_at.unix_ms().to_string()].concat();
            if acting != told {
                this.tell_the_tabs(&acting);
                told = acting;
            }
        });
        stream.show();
    }

    /// Streams while the page is shown, and not otherwise.
    fn show(self: &Rc<Self>) {
        if is_hidden() {
            self.close();
        } else {
            if self.stale.take() {
                self.sessions.refetch();
            }
            self.open();
        }
    }

    fn open(self: &Rc<Self>) {
        if let Some(retry) = self.retry.take() {
            retry.clear();
        }
        if self.source.borrow().is_some() || is_hidden() {
            return;
        }
        let Ok(source) = EventSource::new(EVENTS) else { return };
        let this = Rc::clone(self);
        listen(&source, "open", move |_| this.failures.set(0));
        let this = Rc::clone(self);
        listen(&source, "error", move |_| this.failed());
        let this = Rc::clone(self);
        listen(&source, "snapshot", move |event| {
            if let Some(rows) = read::rows(&data(&event)) {
                this.sessions.take(rows);
            }
        });
        let this = Rc::clone(self);
        listen(&source, "session", move |event| {
            if let Some(event) = read::event(&data(&event)) {
                this.hear(event);
            }
        });
        self.source.replace(Some(source));
    }

    fn close(&self) {
        if let Some(source) = self.source.take() {
            source.close();
        }
    }

    /// Opens it again, later each time, and not at the same moment as all others.
    fn failed(self: &Rc<Self>) {
        let refused = self.source.borrow().as_ref().is_some_and(|it| it.ready_state() == EventSource::CLOSED);
        self.close();
        let failures = self.failures.get();
        self.failures.set(failures + 1);
        // Whether somebody is signed in, and whether the server is there, the list tells.
        if refused || failures == 1 {
            self.sessions.refetch();
        }
        let wait = FIRST_WAIT_MS.saturating_mul(1 << failures.min(6)).min(LONGEST_WAIT_MS);
        let wait = f64::from(wait) * (0.5 + js_sys::Math::random());
        let this = Rc::clone(self);
        let again = set_timeout_with_handle(move || this.open(), Duration::from_millis(wait as u64));
        self.retry.set(again.ok());
    }

    fn hear(self: &Rc<Self>, event: SessionEvent) {
        let sessions = self.sessions;
        let current = sessions.last_current().unwrap_or_default();
        if let SessionEvent::Ended(ending) = &event {
            self.gone.borrow_mut().push(ending.id.clone());
        }
        match &event {
            SessionEvent::Ended(ending) if ending.id.as_str() == current => {
                self.close();
                self.tell_the_tabs(&current);
                return leave(&current);
            }
            // The row goes when the act has settled, which wants to name it.
            SessionEvent::Ended(ending) if sessions.is_revoking(&ending.id) => return,
            SessionEvent::Switched { .. } => return self.begin_anew(),
            _ => {}
        }
        // What was revoked here a moment ago and is back was told by who took it back.
        if let SessionEvent::Created { row } = &event
            && self.gone.borrow().contains(&row.id)
        {
            return sessions.hear(event);
        }
        if let Some(news) =
            words::news(&event, &sessions.rows.get_untracked(), &current, self.now.get_untracked())
        {
            self.notices.tell(news);
        }
        let is_focused = is_focused();
        sessions.hear(event);
        if is_focused {
            // A row may have gone with the button that had the focus.
            request_animation_frame(keep_focus);
        }
    }

    /// Asks for the list and the stream of whom the browser acts as now; later, while the page is hidden.
    fn begin_anew(self: &Rc<Self>) {
        self.close();
        if is_hidden() {
            return self.stale.set(true);
        }
        self.sessions.refetch();
        self.open();
    }

    fn tell_the_tabs(&self, what: &str) {
        if let Some(channel) = &self.channel {
            // Text can always be sent.
            let _ = channel.post_message(&JsValue::from_str(what));
        }
    }

    fn told_by_a_tab(self: &Rc<Self>, event: Event) {
        let what = event.unchecked_into::<MessageEvent>().data().as_string().unwrap_or_default();
        if let Some((id, at)) = what.split_once(' ') {
            match self.sessions.last_current() {
                Some(current) if current == id => {
                    if let Ok(at) = at.parse() {
                        self.sessions.extended(Timestamp::from_unix_ms(at));
                    }
                }
                // The stream told it before the other tab had the cookie, or did not tell it at all.
                Some(_) => self.begin_anew(),
                None => {}
            }
        } else if what != CHANGED && self.sessions.last_current().as_ref() == Some(&what) {
            leave(&what);
        } else if is_hidden() {
            self.stale.set(true);
        }
    }
}

/// Leaves for the page that says how the session has ended.
fn leave(current: &str) {
    // What this page does itself leads away by itself.
    if !is_acting() {
        address::replace(&ended(current));
    }
}

fn is_hidden() -> bool {
    document().visibility_state() == VisibilityState::Hidden
}

fn data(event: &Event) -> JsValue {
    let data = event.unchecked_ref::<MessageEvent>().data().as_string();
    data.map_or(JsValue::NULL, |data| parse(&data))
}

/// Listens for as long as the page lives.
fn listen(target: &EventTarget, name: &str, heard: impl FnMut(Event) + 'static) {
    let heard: Box<dyn FnMut(Event)> = Box::new(heard);
    let heard = Closure::wrap(heard);
    // Only a callback that is none can be refused.
    let _ = target.add_event_listener_with_callback(name, heard.as_ref().unchecked_ref());
    heard.forget();
}
