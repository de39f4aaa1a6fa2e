//! The list of sessions, and the actions on it.

use leptos::prelude::*;
use multi_session::{DeviceSession, Ending, SessionEvent, SessionId, Timestamp, UNDO_WINDOW};

use crate::{
    AppError, MultiSessionOptions,
    hooks::{is_leaving, keep_focus, use_now},
    options::use_options,
    sessions::{
        actions::{Recognize, Revoke, RevokeAll, RevokeOthers, SetActive, UndoRevoke, list_device_sessions},
        entries::{SignedOut, place_of},
        words,
    },
    step::Step,
};

/// The result of [`use_list_device_sessions`].
#[derive(Clone, Copy)]
pub struct UseListDeviceSessionsReturn {
    /// The list as a resource, for `Suspense` and `.await`; current first, then most recently active.
    pub list: Resource<Result<Vec<DeviceSession>, AppError>>,
    /// The latest list that was fetched, with all events since; empty before the first.
    pub rows: Memo<Vec<DeviceSession>>,
    /// The error of the latest answer, if it failed. The rows are then those of an earlier one.
    pub error: Memo<Option<AppError>>,
    /// Whether somebody is signed in; `None` before the first successful answer.
    pub signed_in: Memo<Option<bool>>,
    /// Makes a held session the active one.
    pub set_active: ServerAction<SetActive>,
    /// Ends one session.
    pub revoke: ServerAction<Revoke>,
    /// Undoes a revocation, within ten seconds.
    pub undo_revoke: ServerAction<UndoRevoke>,
    /// Ends every session except the current one.
    pub revoke_others: ServerAction<RevokeOthers>,
    /// Ends every session, including the current one.
    pub revoke_all: ServerAction<RevokeAll>,
    /// Confirms that a new device is the person's.
    pub recognize: ServerAction<Recognize>,
    /// The active session. Notices and dialogs of one account are not for the next one.
    pub(crate) acting: Memo<Option<SessionId>>,
    pub(crate) options: MultiSessionOptions,
    /// The sessions that are being ended.
    pub(super) revoking: RwSignal<Vec<SessionId>>,
    /// The devices that were signed out here, while that can be undone.
    pub(super) signed_out: RwSignal<Vec<SignedOut>>,
    /// Whether the list is being fetched.
    pub(super) fetching: RwSignal<bool>,
    /// The actions that continue after the step-up.
    pub(super) waiting: RwSignal<Vec<Step>>,
    /// Whether the next fetch counts as activity.
    staying: StoredValue<bool>,
    now: ReadSignal<Timestamp>,
    live: Live,
    last_current: StoredValue<Option<SessionId>>,
    acts: StoredValue<usize>,
}

/// The list with all events applied.
#[derive(Clone, Copy)]
struct Live {
    /// The latest list with all events applied; `None` before the first answer in the browser.
    rows: RwSignal<Option<Vec<DeviceSession>>>,
    /// The updates since the running fetch began. Its answer may not include them.
    heard: StoredValue<Option<Updates>>,
    /// Whether the stream has sent a snapshot since the latest answer.
    whole: RwSignal<bool>,
}

/// Updates from the stream during a fetch.
#[derive(Clone, Default)]
struct Updates {
    /// The latest snapshot.
    snapshot: Option<Vec<DeviceSession>>,
    /// The events since the snapshot.
    events: Vec<SessionEvent>,
}

impl Updates {
    /// Applies the updates to the answer of the fetch.
    fn apply(self, rows: &mut Vec<DeviceSession>) {
        let current =
            |rows: &[DeviceSession]| rows.iter().find(|row| row.is_current).map(|row| row.id.clone());
        // A snapshot of another session is from before a switch.
        if let Some(snapshot) = self.snapshot.filter(|snapshot| current(snapshot) == current(rows)) {
            *rows = snapshot;
        }
        self.events.iter().for_each(|event| event.apply(rows));
    }
}

impl UseListDeviceSessionsReturn {
    /// Fetches the list again. The rows stay until the answer arrives.
    pub fn refetch(&self) {
        self.list.refetch();
    }

    /// Fetches the list as activity, which keeps the person signed in.
    pub(crate) fn stay(&self) {
        self.staying.set_value(true);
        self.refetch();
    }

    /// The current row: the session that this browser acts as.
    pub fn current(&self) -> Option<DeviceSession> {
        self.rows.with(|rows| rows.iter().find(|row| row.is_current).cloned())
    }

    /// The rows of the signed-in user, without those of other accounts that this browser holds.
    pub fn devices(&self) -> Vec<DeviceSession> {
        let Some(current) = self.current() else { return Vec::new() };
        self.rows.with(|rows| rows.iter().filter(|row| row.user.id == current.user.id).cloned().collect())
    }

    /// The email of the signed-in user; empty if nobody is signed in.
    pub(crate) fn email(&self) -> String {
        self.current().map(|row| row.user.email).unwrap_or_default()
    }

    /// The sessions that this browser holds, one of each account.
    pub fn held(&self) -> Vec<DeviceSession> {
        self.rows.with(|rows| rows.iter().filter(|row| row.is_held).cloned().collect())
    }

    /// Whether a session is being ended.
    pub fn is_revoking(&self, id: &SessionId) -> bool {
        self.revoking.with(|ids| ids.contains(id))
    }

    /// Whether a session is being restored.
    pub(super) fn is_undoing(&self, id: &SessionId) -> bool {
        self.undo_revoke.input().with(|input| input.as_ref().is_some_and(|input| input.session_id == *id))
    }

    /// Whether a device is being confirmed.
    pub(super) fn is_recognizing(&self, id: &SessionId) -> bool {
        self.recognize.input().with(|input| input.as_ref().is_some_and(|input| input.session_id == *id))
    }

    /// Whether this session can confirm a new device: not if it is on a new device itself, or began later.
    pub(super) fn can_recognize(&self, row: &DeviceSession) -> bool {
        let now = self.now.get();
        let may =
            |current: &DeviceSession| !current.is_new_device(now) && current.created_at <= row.created_at;
        self.rows.with(|rows| rows.iter().any(|current| current.is_current && may(current)))
    }

    /// A row as it is in the list now, or as it last was.
    pub(super) fn latest(&self, row: &DeviceSession) -> Memo<DeviceSession> {
        let (rows, first) = (self.rows, row.clone());
        Memo::new(move |before: Option<&DeviceSession>| {
            let found = rows.with(|rows| rows.iter().find(|row| row.id == first.id).cloned());
            found.unwrap_or_else(|| before.unwrap_or(&first).clone())
        })
    }

    /// Replaces a device that was signed out here by the button to undo that, while that is possible.
    pub(super) fn sign_out_here(&self, ending: Ending) {
        let place = place_of(&ending.id, &self.devices(), &self.signed_out.read_untracked());
        let row = self.rows.with_untracked(|rows| {
            rows.iter().find(|row| row.id == ending.id && words::is_undoable(row)).cloned()
        });
        if let Some(row) = row {
            let (sessions, id) = (*self, row.id.clone());
            self.signed_out.update(|signed_out| signed_out.push(SignedOut { row, place }));
            let over = move || {
                sessions.forget_signed_out(&id);
                request_animation_frame(keep_focus);
            };
            set_timeout(over, UNDO_WINDOW);
        }
        self.apply_event(SessionEvent::Ended(ending));
    }

    /// Whether a device was just signed out here.
    pub(super) fn is_signed_out_here(&self, id: &SessionId) -> bool {
        self.signed_out.with_untracked(|signed_out| signed_out.iter().any(|gone| gone.row.id == *id))
    }

    /// Forgets a device that was signed out here, because it is back or can no longer be restored.
    pub(super) fn forget_signed_out(&self, id: &SessionId) {
        if self.is_signed_out_here(id) {
            self.signed_out.update(|signed_out| signed_out.retain(|gone| gone.row.id != *id));
        }
    }

    /// Whether the browser is switching to a session.
    pub(crate) fn is_switching_to(&self, id: &SessionId) -> bool {
        self.set_active.input().with(|input| input.as_ref().is_some_and(|input| input.session_id == *id))
    }

    /// The last active session of this page.
    pub(crate) fn last_current(&self) -> Option<SessionId> {
        self.last_current.get_value()
    }

    /// Applies a snapshot of the stream.
    pub(super) fn take(&self, rows: Vec<DeviceSession>) {
        self.live.heard.update_value(|heard| {
            if let Some(heard) = heard {
                *heard = Updates { snapshot: Some(rows.clone()), events: Vec::new() };
            }
        });
        self.live.whole.set(true);
        self.live.rows.set(Some(rows));
    }

    /// Applies an event to the rows.
    pub(crate) fn apply_event(&self, event: SessionEvent) {
        let mut rows = self.rows.get_untracked();
        event.apply(&mut rows);
        self.live.rows.set(Some(rows));
        self.live.heard.update_value(|heard| {
            if let Some(heard) = heard {
                heard.events.push(event);
            }
        });
    }

    /// Applies the end of the current session that another tab has sent.
    pub(super) fn extended(&self, expires_at: Timestamp) {
        let mut rows = self.rows.get_untracked();
        if let Some(row) = rows.iter_mut().find(|row| row.is_current && row.expires_at < expires_at) {
            row.expires_at = expires_at;
            self.live.rows.set(Some(rows));
        }
    }

    /// Starts the step-up for `steps`. Actions that wait already continue as well.
    pub(super) fn ask(&self, steps: Vec<Step>) {
        self.waiting.update(|waiting| {
            for step in steps {
                if !waiting.contains(&step) {
                    waiting.push(step);
                }
            }
        });
    }

    /// Runs the actions that waited for the step-up.
    pub(super) fn resume(&self) {
        let steps = self.waiting.get_untracked();
        self.waiting.set(Vec::new());
        for step in steps {
            match step {
                Step::Revoke(session_id) => {
                    // An action has only its last input, so record each one here.
                    mark(self.revoking, session_id.clone());
                    self.revoke.dispatch(Revoke { session_id });
                }
                Step::RevokeOthers => {
                    self.revoke_others.dispatch(RevokeOthers {});
                }
                Step::RevokeAll => {
                    self.revoke_all.dispatch(RevokeAll {});
                }
                // These have their own pages.
                Step::ExportHistory { .. } | Step::Report(_) => {}
            }
        }
    }

    /// Tracks a running action of this page, whose effect is not news to the page.
    pub(crate) fn watch_act(&self, pending: Memo<bool>) {
        let acts = self.acts;
        Effect::new(move |before: Option<bool>| {
            let pending = pending.get();
            match (before == Some(true), pending) {
                (false, true) => acts.update_value(|acts| *acts += 1),
                (true, false) => acts.update_value(|acts| *acts -= 1),
                _ => {}
            }
            pending
        });
        on_cleanup(move || {
            if pending.try_get_untracked() == Some(true) {
                acts.try_update_value(|acts| *acts -= 1);
            }
        });
    }

    /// Whether an action is running, or the page is leaving because of one.
    pub(super) fn is_acting(&self) -> bool {
        is_leaving() || self.acts.with_value(|acts| *acts > 0)
    }
}

/// Returns the sessions of the person at this page, and the actions on them.
///
/// The whole page shares one list: each call returns the same one, and it is fetched once. After each action,
/// whether it succeeded or not, the list is fetched again, and the rows stay in place meanwhile. Changes by
/// other devices are shown at once.
///
/// # Examples
///
/// ```
/// # use leptos::prelude::*;
/// use multi_session_leptos::sessions::use_list_device_sessions;
///
/// #[component]
/// fn Devices() -> impl IntoView {
///     let sessions = use_list_device_sessions();
///     view! {
///         <Suspense fallback=|| "Loading">
///             {Suspend::new(async move {
///                 let rows = sessions.list.await.unwrap_or_default();
///                 rows.into_iter()
///                     .map(|row| view! {
///                         <li>
///                             {row.device.label} {row.is_current.then_some(" (current)")}
///                             <ActionForm action=sessions.revoke>
///                                 <input type="hidden" name="session_id" value=row.id.to_string() />
///                                 <button>"Revoke"</button>
///                             </ActionForm>
///                         </li>
///                     })
///                     .collect_view()
///             })}
///         </Suspense>
///     }
/// }
/// ```
///
/// ## Server-Side Rendering
///
/// The server fetches the list while it renders and includes it in the page, so the browser hydrates without
/// fetching it again. Read it inside of a `Suspense` that awaits [`UseListDeviceSessionsReturn::list`], on a
/// page that is rendered asynchronously: then the page is complete without JavaScript. A form without
/// JavaScript is answered with a redirect, with `?done=` or the error in the address.
///
/// # Panics
///
/// Before [`provide_multi_session`](crate::provide_multi_session).
pub fn use_list_device_sessions() -> UseListDeviceSessionsReturn {
    expect_context()
}

fn mark(revoking: RwSignal<Vec<SessionId>>, id: SessionId) {
    revoking.update(|ids| {
        if !ids.contains(&id) {
            ids.push(id);
        }
    });
}

/// Creates the list and the actions of [`use_list_device_sessions`].
pub(crate) fn provide_list_device_sessions() -> UseListDeviceSessionsReturn {
    let set_active = ServerAction::<SetActive>::new();
    let revoke = ServerAction::<Revoke>::new();
    let undo_revoke = ServerAction::<UndoRevoke>::new();
    let revoke_others = ServerAction::<RevokeOthers>::new();
    let revoke_all = ServerAction::<RevokeAll>::new();
    let recognize = ServerAction::<Recognize>::new();
    let fetching = RwSignal::new(false);
    let staying = StoredValue::new(false);
    let live = Live { rows: RwSignal::new(None), heard: StoredValue::new(None), whole: RwSignal::new(false) };

    let list = Resource::new(
        move || {
            let acts = [
                set_active.version().get(),
                revoke.version().get(),
                undo_revoke.version().get(),
                revoke_others.version().get(),
                revoke_all.version().get(),
                recognize.version().get(),
            ];
            acts.iter().sum::<usize>()
        },
        // Everything is inside of the future: if the server's page has the answer, the future is created but
        // never run.
        move |_| async move {
            fetching.set(true);
            live.heard.set_value(Some(Updates::default()));
            let stays = staying.try_update_value(std::mem::take).unwrap_or_default();
            let mut answer = list_device_sessions(stays).await;
            let heard = live.heard.try_update_value(Option::take).flatten();
            if let (Ok(rows), Some(heard)) = (&mut answer, heard) {
                heard.apply(rows);
            }
            fetching.try_set(false);
            answer
        },
    );
    // The resource warns about reads outside of a Suspense. The views that read these are inside of one.
    let latest = *list;
    let fetched = move || latest.with(|list| list.as_ref().and_then(|list| list.as_ref().ok().cloned()));
    // If a later answer fails, the old rows stay and an error is shown, so that the person can still sign
    // out.
    let rows = Memo::new(move |before: Option<&Vec<DeviceSession>>| {
        live.rows.get().or_else(fetched).or_else(|| before.cloned()).unwrap_or_default()
    });
    let error = Memo::new(move |_| {
        let error = latest.with(|list| list.as_ref().and_then(|list| list.as_ref().err().cloned()));
        error.filter(|_| !live.whole.get())
    });
    let signed_in = Memo::new(move |before: Option<&Option<bool>>| {
        let known = latest.with(|list| list.as_ref().is_some_and(Result::is_ok));
        let signed_in = rows.with(|rows| rows.iter().any(|row| row.is_current));
        if known { Some(signed_in) } else { before.copied().flatten() }
    });
    Effect::new(move |_| {
        let answer = fetched();
        live.whole.set(false);
        if answer.is_some() {
            live.rows.set(answer);
        }
    });

    let revoking = RwSignal::new(Vec::new());
    Effect::new(move |_| {
        if let Some(Revoke { session_id }) = revoke.input().get() {
            mark(revoking, session_id);
        }
    });
    let acting = Memo::new(move |_| {
        rows.with(|rows| rows.iter().find(|row| row.is_current).map(|row| row.id.clone()))
    });
    let last_current = StoredValue::new(None);
    Effect::new(move |_| {
        let id = acting.get();
        // This keeps the last one after nobody is signed in any more.
        if id.is_some() {
            last_current.set_value(id);
        }
    });

    let sessions = UseListDeviceSessionsReturn {
        list,
        rows,
        acting,
        error,
        signed_in,
        set_active,
        revoke,
        undo_revoke,
        revoke_others,
        revoke_all,
        recognize,
        options: use_options(),
        revoking,
        signed_out: RwSignal::new(Vec::new()),
        fetching,
        waiting: RwSignal::new(Vec::new()),
        staying,
        now: use_now(),
        live,
        last_current,
        acts: StoredValue::new(0),
    };
    provide_context(sessions);
    for pending in [
        set_active.pending(),
        revoke.pending(),
        undo_revoke.pending(),
        revoke_others.pending(),
        revoke_all.pending(),
        recognize.pending(),
    ] {
        sessions.watch_act(pending);
    }
    sessions
}
