//! What one browser holds.

use std::ops::Deref;
use std::sync::Arc;

use crate::{
    ClientHints, Code, Credential, DeviceToken, Handle, Keep, NewSession, SessionId, StoredSession,
    Timestamp, User, UserId,
};

/// What a request's cookies claim, before anything is verified.
#[derive(Clone, Debug, Default)]
pub struct Presented {
    /// What the session cookies hold, in cookie order: the first that is live counts.
    pub active: Vec<Credential>,
    /// The credentials of the held-session cookies, in cookie order.
    pub held: Vec<Credential>,
    /// The same of cookies that Better Auth has set, where ours have other names.
    pub imported: Option<Box<Presented>>,
}

impl Presented {
    /// The cookies that a browser presents after it has received those of `browser`.
    pub fn of(browser: &Browser) -> Self {
        Self {
            active: browser.active().map(|held| held.credential.clone()).into_iter().collect(),
            held: browser.held.iter().map(|held| held.credential.clone()).collect(),
            imported: None,
        }
    }
}

/// Where a request comes from, for the list, and what its browser is recognised by.
#[derive(Clone, Debug, Default)]
pub struct Client {
    /// The address of the browser, with trusted proxies taken off.
    pub ip_address: Option<std::net::IpAddr>,
    /// The `User-Agent` header.
    pub user_agent: Option<String>,
    /// The client hints.
    pub client_hints: ClientHints,
    /// The device cookies, by which the browser is recognised at sign-in.
    pub devices: Vec<DeviceToken>,
}

/// The standing of a credential among those that its session has had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It is the current one.
    Present,
    /// It is the current one and replaced another one; no request has used it before.
    New,
    /// Another one replaced it that no request has used yet, maybe because its answer was lost. A session with this
    /// credential is not fresh.
    Superseded,
}

/// A live session that this browser has proved to hold: its credential, and the session as it is stored.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Held {
    /// What its cookie says.
    pub credential: Credential,
    /// Where that stands among the credentials of the session.
    pub standing: Standing,
    /// The session as it is stored.
    pub(crate) stored: Arc<StoredSession>,
    /// Whether the browser must be sent the cookies, since they were made just now or are asked for.
    pub issue: bool,
}

impl Held {
    /// A session that was stored just now; the browser has not its cookies yet.
    pub(crate) fn issued(credential: Credential, new: NewSession, user: User) -> Self {
        let stored = Arc::new(StoredSession::begun(new, user));
        Self { credential, standing: Standing::Present, stored, issue: true }
    }

    /// The session, to be changed here and nowhere else.
    pub(crate) fn stored_mut(&mut self) -> &mut StoredSession {
        Arc::make_mut(&mut self.stored)
    }

    /// How long the browser keeps it.
    pub(crate) fn keep(&self) -> Keep {
        Keep::of(self.remember, self.shared_computer)
    }
}

impl Deref for Held {
    type Target = StoredSession;

    fn deref(&self) -> &StoredSession {
        &self.stored
    }
}

/// What a browser holds: live, verified sessions, at most one of each user, and which one is active.
///
/// Methods of [`Sessions`](crate::Sessions) take it as the one who acts, and return the next one. The HTTP layer writes
/// the difference as cookies.
#[derive(Clone, Debug, Default)]
pub struct Browser {
    pub(crate) active: Option<SessionId>,
    pub(crate) held: Vec<Held>,
    /// The sessions that have ended and may live again in a moment, and whose they were: their cookies stay.
    pub(crate) undoable: Vec<(Handle, UserId)>,
    /// The sessions that have ended and by whose cookies the next request is to prove that they were this browser's.
    pub(crate) untold: Vec<Handle>,
    /// The device cookie that the browser is to be sent.
    pub(crate) device: Option<DeviceToken>,
    /// Whether it is signed out: nobody is active, whatever it has said.
    pub(crate) signed_out: bool,
}

impl Browser {
    /// The session that requests act as.
    pub fn active(&self) -> Option<&Held> {
        let id = self.active.as_ref()?;
        self.held.iter().find(|held| held.session.id == *id)
    }

    /// The session that requests act as, if there must be one.
    ///
    /// # Errors
    ///
    /// [`Code::Unauthorized`] when nobody is signed in.
    pub fn signed_in(&self) -> Result<&Held, Code> {
        self.active().ok_or(Code::Unauthorized)
    }

    /// The sessions it can switch to, the active one among them, in cookie order.
    pub fn held(&self) -> &[Held] {
        &self.held
    }

    /// The device cookie that it is to be sent, after a sign-in that is remembered.
    pub fn device(&self) -> Option<&DeviceToken> {
        self.device.as_ref()
    }

    /// The handles of the sessions that have ended and whose cookies stay, which open nothing: they may live again in a
    /// moment, or the browser is yet to be told how they ended.
    pub fn undoable(&self) -> impl Iterator<Item = &Handle> {
        self.undoable.iter().map(|(handle, _)| handle).chain(&self.untold)
    }

    /// Lets the browser keep the held cookie of the session that it acted as for one more request, though it has ended: by
    /// that it proves on the next page that it may be told how. Where no other session becomes active it proves it by the
    /// session cookie, which stays.
    #[must_use]
    pub fn to_be_told(self, presented: &Presented) -> Self {
        if self.active.is_none() {
            return self;
        }
        Self { untold: presented.active.iter().map(|active| active.handle.clone()).collect(), ..self }
    }

    /// Whether its person has just signed out, so that the session cookie goes also where it opened nothing.
    pub fn signed_out(&self) -> bool {
        self.signed_out
    }

    pub(crate) fn holds(&self, id: &SessionId) -> bool {
        self.held.iter().any(|held| held.session.id == *id)
    }

    /// Lets go of a session; if it was active, the first one still held takes its place where `promote` says so.
    pub(crate) fn without(&self, id: &SessionId, promote: bool) -> Self {
        let mut next = self.clone();
        next.held.retain(|held| held.session.id != *id);
        if next.active.as_ref() == Some(id) {
            next.active = next.held.first().filter(|_| promote).map(|held| held.session.id.clone());
        }
        next
    }

    /// Gives the active session another credential and expiry, since its person proved at `now` who they are.
    pub(crate) fn renewed(&self, credential: Credential, expires_at: Timestamp, now: Timestamp) -> Self {
        let mut next = self.clone();
        if let Some(held) = next.held.iter_mut().find(|held| next.active.as_ref() == Some(&held.session.id)) {
            let stored = held.stored_mut();
            stored.session.handle = credential.handle.clone();
            stored.session.expires_at = expires_at;
            stored.session.updated_at = now;
            stored.authenticated_at = now;
            held.credential = credential;
            held.standing = Standing::New;
            held.issue = true;
        }
        next
    }

    /// Gives the active session another credential, with all else as it was.
    pub(crate) fn rotated(&self, credential: Credential) -> Self {
        let mut next = self.clone();
        if let Some(held) = next.held.iter_mut().find(|held| next.active.as_ref() == Some(&held.session.id)) {
            held.stored_mut().session.handle = credential.handle.clone();
            held.credential = credential;
            held.standing = Standing::Present;
            held.issue = true;
        }
        next
    }

    /// Takes in a new session and makes it active, letting go of those that `ended`.
    pub(crate) fn with(&self, new: Held, ended: &[SessionId]) -> Self {
        let mut next = self.clone();
        next.held.retain(|held| !ended.contains(&held.session.id));
        next.active = Some(new.session.id.clone());
        next.held.push(new);
        next
    }
}
