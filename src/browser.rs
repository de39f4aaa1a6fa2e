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
    /// The credentials of the session cookies, in cookie order. The first live one counts.
    pub active: Vec<Credential>,
    /// The credentials of the held-session cookies, in cookie order.
    pub held: Vec<Credential>,
    /// The same for cookies that Better Auth set, if their names differ from ours.
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

/// Where a request comes from, for the list, and what its browser is recognized by.
#[derive(Clone, Debug, Default)]
pub struct Client {
    /// The address of the browser, with trusted proxies taken off.
    pub ip_address: Option<std::net::IpAddr>,
    /// The `User-Agent` header.
    pub user_agent: Option<String>,
    /// The client hints.
    pub client_hints: ClientHints,
    /// The device cookies, by which the browser is recognized at sign-in.
    pub devices: Vec<DeviceToken>,
}

/// Where a credential stands in the sequence of its session's credentials.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It is the current one.
    Present,
    /// It is the current one and replaced another one; no request has used it before.
    New,
    /// A later credential exists, but no request has used that one yet, maybe because its answer was lost. A
    /// session with the superseded credential is not fresh.
    Superseded,
}

/// A live session whose cookie this browser has presented.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Held {
    /// What its cookie says.
    pub credential: Credential,
    /// Whether the credential is the current one of the session.
    pub standing: Standing,
    /// The session as it is stored.
    pub(crate) stored: Arc<StoredSession>,
    /// Whether the answer must set the cookies, because they are new or the person asked for this session.
    pub issue: bool,
}

impl Held {
    /// A session that was just stored. The browser does not have its cookies yet.
    pub(crate) fn issued(credential: Credential, new: NewSession, user: User) -> Self {
        let stored = Arc::new(StoredSession::begun(new, user));
        Self { credential, standing: Standing::Present, stored, issue: true }
    }

    /// Mutable access, by copying the session if it is shared.
    pub(crate) fn stored_mut(&mut self) -> &mut StoredSession {
        Arc::make_mut(&mut self.stored)
    }

    /// How long the browser keeps the cookie.
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
/// Methods of [`Sessions`](crate::Sessions) take the acting browser and return its next state. The HTTP layer
/// writes the difference as cookies.
#[derive(Clone, Debug, Default)]
pub struct Browser {
    pub(crate) active: Option<SessionId>,
    pub(crate) held: Vec<Held>,
    /// Ended sessions whose revocation may still be undone, with their users. Their cookies stay.
    pub(crate) undoable: Vec<(Handle, UserId)>,
    /// Ended sessions whose cookies stay for one more request, so that the browser can prove that they were
    /// its own.
    pub(crate) unexplained: Vec<Handle>,
    /// The device cookie to set.
    pub(crate) device: Option<DeviceToken>,
    /// Whether the person signed out: nobody is active, whatever the cookies say.
    pub(crate) signed_out: bool,
}

impl Browser {
    /// The session that requests act as.
    pub fn active(&self) -> Option<&Held> {
        let id = self.active.as_ref()?;
        self.held.iter().find(|held| held.session.id == *id)
    }

    /// Returns the active session, or an error if there is none.
    ///
    /// # Errors
    ///
    /// [`Code::Unauthorized`] when nobody is signed in.
    pub fn signed_in(&self) -> Result<&Held, Code> {
        self.active().ok_or(Code::Unauthorized)
    }

    /// The sessions that the browser can switch to, including the active one, in cookie order.
    pub fn held(&self) -> &[Held] {
        &self.held
    }

    /// The device cookie to set after a remembered sign-in.
    pub fn device(&self) -> Option<&DeviceToken> {
        self.device.as_ref()
    }

    /// The handles of ended sessions whose cookies stay although they open nothing: the revocation may still
    /// be undone, or the next page has to explain how the session ended.
    pub fn undoable(&self) -> impl Iterator<Item = &Handle> {
        self.undoable.iter().map(|(handle, _)| handle).chain(&self.unexplained)
    }

    /// Keeps the held cookie of the ended active session for one more request. With it the browser proves on
    /// the next page that it may see how the session ended. If no other session becomes active, the session
    /// cookie stays and proves the same.
    pub fn keep_ended_cookie(self, presented: &Presented) -> Self {
        if self.active.is_none() {
            return self;
        }
        Self { unexplained: presented.active.iter().map(|active| active.handle.clone()).collect(), ..self }
    }

    /// Whether the person just signed out, so that the session cookie is removed even if it was invalid.
    pub fn signed_out(&self) -> bool {
        self.signed_out
    }

    pub(crate) fn holds(&self, id: &SessionId) -> bool {
        self.held.iter().any(|held| held.session.id == *id)
    }

    /// Removes a session. If it was the active one and `promote` is set, the first remaining session becomes
    /// active.
    pub(crate) fn without(&self, id: &SessionId, promote: bool) -> Self {
        let mut next = self.clone();
        next.held.retain(|held| held.session.id != *id);
        if next.active.as_ref() == Some(id) {
            next.active = next.held.first().filter(|_| promote).map(|held| held.session.id.clone());
        }
        next
    }

    /// Gives the active session another credential and expiry, because the person proved at `now` who they
    /// are.
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

    /// Gives the active session another credential. Everything else stays.
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

    /// Adds a new session and makes it active. Removes the sessions in `ended`.
    pub(crate) fn with(&self, new: Held, ended: &[SessionId]) -> Self {
        let mut next = self.clone();
        next.held.retain(|held| !ended.contains(&held.session.id));
        next.active = Some(new.session.id.clone());
        next.held.push(new);
        next
    }
}
