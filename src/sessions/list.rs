//! The list of devices.

use crate::event::in_order;
use crate::user_agent::as_sent;
use crate::{
    Browser, Device, DeviceSession, Result, Session, SessionId, Sessions, SignedInFrom, StoredSession,
    Timestamp, device_of,
};

/// When a session was last used, and from where.
pub(super) struct LastUse {
    pub(super) at: Timestamp,
    pub(super) ip_address: String,
    /// With the client hints, as it is stored.
    pub(super) user_agent: String,
}

impl LastUse {
    /// The values of the store.
    pub(super) fn of(stored: &StoredSession) -> Self {
        Self {
            at: stored.last_active_at,
            ip_address: stored.last_address().to_owned(),
            user_agent: stored.last_agent(),
        }
    }
}

impl Sessions {
    /// Lists every live session of the active user in all browsers, and the sessions of the other accounts that this
    /// browser holds. The current session is first, then the most recently active. If nobody is signed in, it lists
    /// only what the browser holds.
    ///
    /// # Errors
    ///
    /// When the store fails.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn list(&self, browser: &Browser) -> Result<Vec<DeviceSession>> {
        let active = browser.active();
        let mut rows = match active {
            Some(active) => self
                .0
                .store
                .live_of_user(&active.user.id, self.now())
                .await?
                .iter()
                .map(|stored| self.row(browser, stored))
                .collect(),
            None => Vec::new(),
        };
        let others = browser.held().iter().filter(|held| active.is_none_or(|it| it.user.id != held.user.id));
        rows.extend(others.map(|held| self.row(browser, held)));
        in_order(&mut rows);
        Ok(rows)
    }

    /// Lists only what this browser holds, in cookie order, as account switchers written for Better Auth expect.
    pub fn list_held(&self, browser: &Browser) -> Vec<DeviceSession> {
        browser.held().iter().map(|held| self.row(browser, held)).collect()
    }

    /// Lists every live session of the active user, newest first, in Better Auth's shape.
    ///
    /// # Errors
    ///
    /// [`Code::Unauthorized`](crate::Code::Unauthorized) when signed out; when the store fails.
    pub async fn list_own(&self, browser: &Browser) -> Result<Vec<Session>> {
        let active = browser.signed_in()?;
        let stored = self.0.store.live_of_user(&active.user.id, self.now()).await?;
        Ok(stored.iter().map(|stored| stored.session.clone()).collect())
    }

    /// The row of a session as `browser` sees it.
    pub(super) fn row(&self, browser: &Browser, stored: &StoredSession) -> DeviceSession {
        let session = stored.session.clone();
        let last_use = self.last_use(&session.id, LastUse::of(stored));
        DeviceSession {
            is_current: browser.active.as_ref() == Some(&session.id),
            is_held: browser.holds(&session.id),
            last_active_at: last_use.at,
            device: named(device_of(&last_use.user_agent), stored.device_name.as_deref()),
            name: stored.device_name.as_deref().map(str::to_owned),
            shared_computer: stored.shared_computer,
            new_device: stored.new_device,
            signed_in_with: stored.signed_in_with.clone(),
            id: session.id.clone(),
            user_agent: as_sent(&last_use.user_agent).to_owned(),
            place: self.place_of(&last_use.ip_address),
            ip_address: last_use.ip_address,
            signed_in_from: self.signed_in_from(&session),
            created_at: session.created_at,
            expires_at: session.expires_at,
            session,
            user: stored.user.clone(),
        }
    }

    /// When and where a session was last used, including activity that this node has not written yet.
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

/// The device with the person's name for it.
pub(super) fn named(device: Device, name: Option<&str>) -> Device {
    match name {
        Some(name) => Device { label: name.to_owned(), ..device },
        None => device,
    }
}
