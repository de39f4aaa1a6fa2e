//! The list of devices.

use crate::event::in_order;
use crate::{Browser, Device, DeviceSession, Engine, Held, Result, Session, StoredSession, Timestamp, User};

/// What a row tells beside its session and its user.
struct Facts {
    name: Option<String>,
    shared_computer: bool,
    new_device: bool,
    /// As far as the store knows.
    last_active_at: Timestamp,
}

impl Engine {
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
            last_active_at: held.last_active_at,
        };
        self.row_of(browser, held.session.clone(), held.user.clone(), facts)
    }

    /// The row of a session as `browser` sees it.
    pub(super) fn row(&self, browser: &Browser, stored: StoredSession) -> DeviceSession {
        let StoredSession { session, user, shared_computer, new_device, device_name, last_active_at, .. } =
            stored;
        let facts = Facts { name: device_name, shared_computer, new_device, last_active_at };
        self.row_of(browser, session, user, facts)
    }

    fn row_of(&self, browser: &Browser, session: Session, user: User, facts: Facts) -> DeviceSession {
        let Facts { name, shared_computer, new_device, last_active_at } = facts;
        DeviceSession {
            is_current: browser.active.as_ref() == Some(&session.id),
            is_held: browser.holds(&session.id),
            last_active_at: self.0.activity.latest(&session.id, last_active_at),
            device: named(session.device(), name.as_deref()),
            name,
            shared_computer,
            new_device,
            id: session.id.clone(),
            user_agent: session.user_agent.clone(),
            ip_address: session.ip_address.clone(),
            place: self.place_of(&session.ip_address),
            created_at: session.created_at,
            expires_at: session.expires_at,
            session,
            user,
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
