//! The list of sessions, and the acts on it.

use leptos::prelude::*;
use multi_session::{DeviceSession, EndedReason, Ending, SessionEvent, SessionId, Timestamp};

#[cfg(not(feature = "ssr"))]
use crate::sessions::expiring::is_staying;
use crate::{
    Act, AppError,
    address::{Page, start, use_address},
    hooks::{effect, keep_focus, use_now},
    sessions::{actions, live::follow_live, read::ListCodec},
};

/// What [`use_list_device_sessions`] gives.
#[derive(Clone, Copy)]
pub struct UseListDeviceSessionsReturn {
    /// The list as a resource, for `Suspense` and `.await`; current first, then most recently active.
    pub list: Resource<Result<Vec<DeviceSession>, AppError>, ListCodec>,
    /// The rows of the latest answer that had some; empty before the first.
    pub rows: Memo<Vec<DeviceSession>>,
    /// Why the latest answer failed, if it did: the rows are then those of an earlier one.
    pub error: Memo<Option<AppError>>,
    /// Whether somebody is signed in; not known before the first answer that did not fail.
    pub signed_in: Memo<Option<bool>>,
    /// Makes a held session the active one.
    pub set_active: Act,
    /// Ends one session.
    pub revoke: Act,
    /// Takes back that one was ended, for ten seconds.
    pub undo_revoke: Act,
    /// Ends every session but the current one.
    pub revoke_others: Act,
    /// Ends every session, the current one too.
    pub revoke_all: Act,
    revoking: RwSignal<Vec<String>>,
    live: Live,
    last_current: StoredValue<String>,
}

/// What has been heard since the list was fetched.
#[derive(Clone, Copy)]
struct Live {
    /// The rows with all that was heard applied to them; none while nothing was.
    rows: RwSignal<Option<Vec<DeviceSession>>>,
    /// What was heard since the last fetch began: its answer may not know of it yet.
    recent: StoredValue<Vec<SessionEvent>>,
    /// Whether the whole list was heard since the last answer.
    whole: RwSignal<bool>,
}

impl UseListDeviceSessionsReturn {
    /// Asks the server for the list again; the rows stay until the answer is there.
    pub fn refetch(&self) {
        self.list.refetch();
    }

    /// The current row: the session that this browser acts as.
    pub fn current(&self) -> Option<DeviceSession> {
        self.rows.with(|rows| rows.iter().find(|row| row.is_current).cloned())
    }

    /// The e-mail address of who is signed in; empty where nobody is.
    pub(crate) fn email(&self) -> String {
        self.current().map(|row| row.user.email).unwrap_or_default()
    }

    /// The sessions that this browser holds, one of each account.
    pub fn held(&self) -> Vec<DeviceSession> {
        self.rows.with(|rows| rows.iter().filter(|row| row.is_held).cloned().collect())
    }

    /// Takes the whole list that a stream told.
    pub(crate) fn take(&self, rows: Vec<DeviceSession>) {
        self.live.whole.set(true);
        self.live.rows.set(Some(rows));
    }

    /// Brings the rows up to date with what a stream told.
    pub(crate) fn hear(&self, event: SessionEvent) {
        let mut rows = self.rows.get_untracked();
        event.apply(&mut rows);
        self.live.rows.set(Some(rows));
        self.live.recent.update_value(|recent| recent.push(event));
    }

    /// Takes from another tab when the current session ends.
    pub(crate) fn extended(&self, expires_at: Timestamp) {
        let mut rows = self.rows.get_untracked();
        let current = rows.iter_mut().find(|row| row.is_current && row.expires_at < expires_at);
        if let Some(row) = current {
            row.expires_at = expires_at;
            self.live.rows.set(Some(rows));
        }
    }

    /// The id of the session that this page last acted as.
    pub(crate) fn last_current(&self) -> Option<String> {
        Some(self.last_current.get_value()).filter(|id| !id.is_empty())
    }

    /// Whether the row's end is under way: from the press until the list without it is there.
    pub fn is_revoking(&self, id: &SessionId) -> bool {
        self.revoke.is_running(id.as_str())
            || self.revoking.with(|ids| ids.iter().any(|it| it == id.as_str()))
    }
}

/// Gives the sessions of this page's person, and the acts on them.
///
/// One list serves the whole page: each call gives the same one, and it is fetched once. After each act has
/// settled, whether it succeeded or not, the list is fetched again; the rows stay in place meanwhile. The acts are
/// for forms that work without JavaScript.
///
/// # Examples
///
/// ```
/// # use leptos::prelude::*;
/// use app::sessions::use_list_device_sessions;
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
///                             <form
///                                 method="post"
///                                 action=sessions.revoke.path()
///                                 on:submit=move |event| sessions.revoke.submit(&event)
///                             >
///                                 <input type="hidden" name="session_id" value=row.id.to_string() />
///                                 <button>"Revoke"</button>
///                             </form>
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
/// The server fetches the list while it renders and sends it along with the page, so the browser hydrates without
/// asking again. Read it inside a `Suspense` that awaits [`UseListDeviceSessionsReturn::list`], on a page that is
/// rendered asynchronously: then the page is complete without JavaScript. Acts are not run while rendering; a form
/// posted without JavaScript comes back by redirect, with `?done=` or with the error in the address.
///
/// # Panics
///
/// Outside [`App`](crate::App), which provides it.
pub fn use_list_device_sessions() -> UseListDeviceSessionsReturn {
    expect_context()
}

/// Makes the list and the acts of [`use_list_device_sessions`].
pub(crate) fn provide_list_device_sessions() -> UseListDeviceSessionsReturn {
    let page = use_address().page;
    let current = StoredValue::new(String::new());
    let now = use_now();
    // What this page has revoked since the last answer.
    let gone = StoredValue::new(Vec::<SessionEvent>::new());
    let live =
        Live { rows: RwSignal::new(None), recent: StoredValue::new(Vec::new()), whole: RwSignal::new(false) };
    let set_active =
        Act::new(actions::SET_ACTIVE, move |_, _| (page == Page::SignIn).then_some(start!("switched")));
    let revoke = Act::new(actions::REVOKE, move |id, _| {
        current.with_value(|current| current == id).then_some(start!("revoked"))
    });
    let undo_revoke = Act::new(actions::UNDO_REVOKE, move |id, _| {
        let is_back = |event: &SessionEvent| matches!(event, SessionEvent::Ended(it) if it.id.as_str() == id);
        gone.update_value(|gone| gone.retain(|event| !is_back(event)));
        None
    });
    let revoke_others = Act::new(actions::REVOKE_OTHERS, |_, _| None);
    let revoke_all = Act::new(actions::REVOKE_ALL, |_, _| Some(start!("everywhere")));

    let settled = move || {
        set_active.version().get()
            + revoke.version().get()
            + undo_revoke.version().get()
            + revoke_others.version().get()
            + revoke_all.version().get()
    };
    let ask = move |_| {
        live.recent.update_value(Vec::clear);
        ask()
    };
    let list = Resource::new_with_options(settled, ask, false);
    // The resource warns of reads outside a Suspense. Those here are read by views that stand inside one.
    let latest = *list;
    // What the page showed stays when a later answer fails: the person is told, and can still sign out.
    let rows = Memo::new(move |before: Option<&Vec<DeviceSession>>| {
        let fetched = latest.with(|list| list.as_ref().and_then(|list| list.as_ref().ok().cloned()));
        live.rows.get().or(fetched).or_else(|| before.cloned()).unwrap_or_default()
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
    effect(move || {
        let fetched = latest.with(|list| list.as_ref().and_then(|list| list.as_ref().ok().cloned()));
        live.whole.set(false);
        let known = fetched.is_some();
        let mut rows = fetched.unwrap_or_else(|| rows.get_untracked());
        let mut heard = gone.get_value();
        gone.set_value(Vec::new());
        heard.extend(live.recent.get_value());
        if !heard.is_empty() {
            heard.iter().for_each(|event| event.apply(&mut rows));
            live.rows.set(Some(rows));
        } else if known {
            live.rows.set(None);
        }
    });

    // From its end until the list without it is there, a row's button stays as it is.
    let revoking = RwSignal::new(Vec::new());
    effect(move || {
        let Some(outcome) = revoke.outcome().get() else { return };
        if outcome.result.is_ok()
            && let Ok(id) = SessionId::new(outcome.session_id.clone())
        {
            // It has ended, whether the list that says so arrives or not.
            let at = now.get_untracked();
            let ending = Ending::new(id, EndedReason::Revoked, at);
            gone.update_value(|gone| gone.push(SessionEvent::Ended(ending)));
        }
        revoking.update(|ids| ids.push(outcome.session_id));
    });
    let mut others_ended = 0;
    effect(move || {
        latest.track();
        let before = std::mem::replace(&mut others_ended, revoke_others.version().get_untracked());
        if before != others_ended || revoking.with_untracked(|ids| !ids.is_empty()) {
            revoking.update(Vec::clear);
            // What had the focus may have gone with the row, or with the last of the others.
            request_animation_frame(keep_focus);
        }
    });
    effect(move || {
        let id = rows.with(|rows| rows.iter().find(|row| row.is_current).map(|row| row.id.to_string()));
        // When nobody is signed in any more, this is who was.
        if let Some(id) = id {
            current.set_value(id);
        }
    });

    let sessions = UseListDeviceSessionsReturn {
        list,
        rows,
        error,
        signed_in,
        set_active,
        revoke,
        undo_revoke,
        revoke_others,
        revoke_all,
        revoking,
        live,
        last_current: current,
    };
    provide_context(sessions);
    follow_live(sessions);
    sessions
}

/// Asks the rules themselves.
#[cfg(feature = "ssr")]
async fn ask() -> Result<Vec<DeviceSession>, AppError> {
    actions::list_device_sessions().await
}

/// Asks the server.
#[cfg(not(feature = "ssr"))]
fn ask() -> impl Future<Output = Result<Vec<DeviceSession>, AppError>> + Send {
    // The browser has one thread, so nothing is sent anywhere.
    send_wrapper::SendWrapper::new(async {
        let path =
            if is_staying() { [actions::LIST, "?", actions::STAY].concat() } else { actions::LIST.into() };
        super::read::read(&crate::act::call(&path, None).await?)
    })
}
