//! The list of devices.

use crate::event::in_order;
use crate::user_agent::as_sent;
use crate::{
    Browser, Device, DeviceSession, Held, Result, Session, SessionId, Sessions, SignInMethod, SignedInFrom,
    StoredSession, Timestamp, User, device_of,
};

/// What a row tells beside its session and its user.
struct Facts {
    name: Option<String>,
    shared_computer: bool,
    new_device: bool,
    signed_in_with: Option<SignInMethod>,
    last_use: LastUse,
}

/// When a session was last used, and from where.
pub(super) struct LastUse {
    pub(super) at: Timestamp,
    pub(super) ip_address: String,
    /// As it is stored, with the client hints.
    pub(super) user_agent: String,
}

impl LastUse {
    /// As far as the store knows.
    pub(super) fn of(stored: &StoredSession) -> Self {
        Self {
            at: stored.last_active_at,
            ip_address: stored.last_ip_address.clone(),
            user_agent: stored.last_user_agent.clone(),
        }
    }
}

impl Sessions {
    /// Lists every live session of the active user on any browser, and the sessions of the other accounts that this
    /// browser holds: current first, then the most recently active. Signed out: only what the browser holds.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub async fn list(&self, browser: &Browser) -> Result<Vec<DeviceSession>> {
        let active = browser.active();
        let mut rows = match active {
            Some(active) => self
                .0
                .store
                .live_of_user(&active.user.id, self.now())
                .await?
                .into_iter()
                .map(|stored| self.row(browser, stored))
                .collect(),
            None => Vec::new(),
        };
        let others = browser.held().iter().filter(|held| active.is_none_or(|it| it.user.id != held.user.id));
        rows.extend(others.map(|held| self.held_row(browser, held)));
        in_order(&mut rows);
        Ok(rows)
    }

    /// Lists only what this browser holds, in cookie order, as account switchers written for Better Auth expect.
    pub fn list_held(&self, browser: &Browser) -> Vec<DeviceSession> {
        browser.held().iter().map(|held| self.held_row(browser, held)).collect()
    }

    /// Lists every live session of the active user, newest first, in Better Auth's shape.
    ///
    /// # Errors
    ///
    /// [`Code::Unauthorized`](crate::Code::Unauthorized) when signed out; when the store fails.
    pub async fn list_own(&self, browser: &Browser) -> Result<Vec<Session>> {
        let active = browser.signed_in()?;
        let stored = self.0.store.live_of_user(&active.user.id, self.now()).await?;
        Ok(stored.into_iter().map(|stored| stored.session).collect())
    }

    fn held_row(&self, browser: &Browser, held: &Held) -> DeviceSession {
        let facts = Facts {
            name: held.device_name.clone(),
            shared_computer: held.shared_computer,
            new_device: held.new_device,
            signed_in_with: held.signed_in_with.clone(),
            last_use: LastUse {
                at: held.last_active_at,
                ip_address: held.last_ip_address.clone(),
                user_agent: held.last_user_agent.clone(),
            },
        };
        self.row_of(browser, held.session.clone(), held.user.clone(), facts)
    }

    /// The row of a session as `browser` sees it.
    pub(super) fn row(&self, browser: &Browser, stored: StoredSession) -> DeviceSession {
        let last_use = LastUse::of(&stored);
        let StoredSession { session, user, shared_computer, new_device, signed_in_with, device_name, .. } =
            stored;
        let facts = Facts { name: device_name, shared_computer, new_device, signed_in_with, last_use };
        self.row_of(browser, session, user, facts)
    }

    fn row_of(&self, browser: &Browser, session: Session, user: User, facts: Facts) -> DeviceSession {
        let Facts { name, shared_computer, new_device, signed_in_with, last_use } = facts;
        let last_use = self.last_use(&session.id, last_use);
        DeviceSession {
            is_current: browser.active.as_ref() == Some(&session.id),
            is_held: browser.holds(&session.id),
            last_active_at: last_use.at,
            device: named(device_of(&last_use.user_agent), name.as_deref()),
            name,
            shared_computer,
            new_device,
            signed_in_with,
            id: session.id.clone(),
            user_agent: as_sent(&last_use.user_agent).to_owned(),
            place: self.place_of(&last_use.ip_address),
            ip_address: last_use.ip_address,
            signed_in_from: self.signed_in_from(&session),
            created_at: session.created_at,
            expires_at: session.expires_at,
            session,
            user,
        }
    }

    /// When and where a session was last used: what the store knows, with what this node has not written yet.
    pub(super) fn last_use(&self, id: &SessionId, stored: LastUse) -> LastUse {
        let Some(latest) = self.0.activity.latest(id) else { return stored };
        LastUse {
            at: latest.at.max(stored.at),
            ip_address: latest.ip_address.unwrap_or(stored.ip_address),
            user_agent: latest.user_agent.unwrap_or(stored.user_agent),
        }
    }

    pub(super) fn signed_in_from(&self, session: &Session) -> SignedInFrom {
        SignedInFrom {
            ip_address: session.ip_address.clone(),
            place: self.place_of(&session.ip_address),
            user_agent: session.user_agent.clone(),
        }
    }
}

/// The device as its person calls it.
pub(super) fn named(device: Device, name: Option<&str>) -> Device {
    match name {
        Some(name) => Device { label: name.to_owned(), ..device },
        None => device,
    }
}
