//! The sessions of a request, for handlers, pages and server functions.

use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::FromRequestParts;
use http::header::ACCEPT;
use http::request::Parts;

use super::{Problem, SessionHttp, text};
use crate::{
    AccountStatus, Alongside, Browser, Client, Code, DeviceSession, EndedCount, EndedDeviceSession,
    HistoryExport, HistoryFilter, HistoryPage, Keep, Others, Presented, Proof, Reported, Result, SessionId,
    Sessions, SignInTicket, SignOutScope, Subject, Target,
};

/// A request with its sessions. It is in the request's extensions, cheap to clone, and shared by all clones.
///
/// Its methods act for the browser that sent the request, and update what the browser holds.
/// [`SessionLayer`](super::SessionLayer) then sends the cookies. Without that layer, extracting it answers 500 and logs
/// why.
#[derive(Clone, Debug)]
pub struct SessionRequest(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    http: SessionHttp,
    presented: Presented,
    browser: Mutex<Result<Arc<Browser>>>,
    client: Client,
    form_post: bool,
    page: bool,
    sent: Sent,
    next_notice: Mutex<Option<NextNotice>>,
    /// The ticket that the answer sets; `Some(None)` clears it.
    next_ticket: Mutex<Option<Option<SignInTicket>>>,
}

/// The other cookies of a request.
#[derive(Debug, Default)]
pub(super) struct Sent {
    /// The notice that an earlier answer left.
    pub(super) notice: Option<String>,
    /// The ticket that an earlier answer left.
    pub(super) ticket: Option<SignInTicket>,
    /// Whether any of the cookies is ours.
    pub(super) any: bool,
}

/// The notice that the answer sets.
#[derive(Clone, Debug)]
pub(super) struct NextNotice {
    /// Empty to clear it.
    pub(super) text: String,
    /// Whether it is for the next page. Otherwise it stays until the browser window closes.
    pub(super) is_brief: bool,
}

impl SessionRequest {
    pub(super) fn new(
        http: SessionHttp,
        parts: &Parts,
        presented: Presented,
        browser: Result<Arc<Browser>>,
        client: Client,
        sent: Sent,
    ) -> Self {
        // Scripts ask for JSON. A form that the browser submits asks for a page.
        let accepts_page = parts.headers.get(ACCEPT).is_some_and(|accept| text(accept).contains("text/html"));
        Self(Arc::new(Inner {
            http,
            presented,
            browser: Mutex::new(browser),
            client,
            form_post: !parts.method.is_safe() && accepts_page,
            page: parts.method.is_safe() && accepts_page,
            sent,
            next_notice: Mutex::default(),
            next_ticket: Mutex::default(),
        }))
    }

    /// Whether the layer with these settings has verified it.
    pub(super) fn is_of(&self, http: &SessionHttp) -> bool {
        self.0.http.is_same(http)
    }

    /// The sessions.
    pub fn sessions(&self) -> &Sessions {
        self.0.http.sessions()
    }

    /// Begins a remembered session for a user whom you have verified: see [`Sessions::begin`].
    ///
    /// # Errors
    ///
    /// Same as [`Sessions::begin`].
    pub async fn begin(&self, subject: Subject, proof: Proof) -> Result<()> {
        self.begin_kept(subject, proof, Keep::Remembered).await
    }

    /// The same, with the person's choice how long this browser keeps the sign-in.
    ///
    /// # Errors
    ///
    /// Same as [`Sessions::begin`].
    pub async fn begin_kept(&self, subject: Subject, proof: Proof, keep: Keep) -> Result<()> {
        let next = self.sessions().begin(&self.browser()?, self.client(), subject, proof, keep).await?;
        self.set_browser(next);
        Ok(())
    }

    /// The same, with your own statements in its transaction: see [`Sessions::begin_alongside`].
    ///
    /// # Errors
    ///
    /// Same as [`Sessions::begin_alongside`].
    pub async fn begin_alongside(
        &self,
        subject: Subject,
        proof: Proof,
        keep: Keep,
        work: &dyn Alongside,
    ) -> Result<()> {
        let (sessions, client) = (self.sessions(), self.client());
        let next =
            sessions.begin_alongside(&self.browser()?, client, subject, proof, keep, Some(work)).await?;
        self.set_browser(next);
        Ok(())
    }

    /// Begins the session that the limit of devices had refused, in place of the one that the person chose: see
    /// [`Sessions::begin_instead`].
    ///
    /// # Errors
    ///
    /// Same as [`Sessions::begin_instead`].
    pub async fn begin_instead(&self, ticket: &SignInTicket, id: &SessionId) -> Result<()> {
        let next = self.sessions().begin_instead(&self.browser()?, self.client(), ticket, id, None).await?;
        self.set_browser(next);
        Ok(())
    }

    /// Records that the active user was verified again: see [`Sessions::prove`].
    ///
    /// # Errors
    ///
    /// Same as [`Sessions::prove`].
    pub async fn prove(&self, proof: Proof) -> Result<()> {
        self.set_browser(self.sessions().prove(&self.browser()?, self.client(), proof).await?);
        Ok(())
    }

    /// Records that a credential of the active user has changed: see [`Sessions::credentials_changed`].
    ///
    /// # Errors
    ///
    /// Same as [`Sessions::credentials_changed`].
    pub async fn credentials_changed(&self, others: Others) -> Result<()> {
        let next = self.sessions().credentials_changed(&self.browser()?, self.client(), others).await?;
        self.set_browser(next);
        Ok(())
    }

    /// The same, with your own statements in its transaction: see [`Sessions::credentials_changed_alongside`].
    ///
    /// # Errors
    ///
    /// Same as [`Sessions::credentials_changed_alongside`].
    pub async fn credentials_changed_alongside(&self, others: Others, work: &dyn Alongside) -> Result<()> {
        let (sessions, client) = (self.sessions(), self.client());
        let next =
            sessions.credentials_changed_alongside(&self.browser()?, client, others, Some(work)).await?;
        self.set_browser(next);
        Ok(())
    }

    /// Lists the active user's sessions, and the other accounts that this browser holds: see [`Sessions::list`].
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub async fn list(&self) -> Result<Vec<DeviceSession>> {
        self.sessions().list(&self.browser()?).await
    }

    /// Ends one session: see [`Sessions::revoke`].
    ///
    /// # Errors
    ///
    /// Same as [`Sessions::revoke`].
    pub async fn revoke(&self, target: &Target) -> Result<()> {
        self.set_browser(self.sessions().revoke(&self.browser()?, target).await?);
        Ok(())
    }

    /// Undoes a revocation: see [`Sessions::undo_revoke`].
    ///
    /// # Errors
    ///
    /// Same as [`Sessions::undo_revoke`].
    pub async fn undo_revoke(&self, id: &SessionId) -> Result<()> {
        self.sessions().undo_revoke(&self.browser()?, id).await
    }

    /// Ends every other session of the active user, and returns how many: see [`Sessions::revoke_others`].
    ///
    /// # Errors
    ///
    /// Same as [`Sessions::revoke_others`].
    pub async fn revoke_others(&self) -> Result<EndedCount> {
        let (next, ended) = self.sessions().revoke_others(&self.browser()?).await?;
        self.set_browser(next);
        Ok(ended)
    }

    /// Ends every session of the active user, including this one, and returns how many: see [`Sessions::revoke_all`].
    ///
    /// # Errors
    ///
    /// Same as [`Sessions::revoke_all`].
    pub async fn revoke_all(&self) -> Result<EndedCount> {
        let (next, ended) = self.sessions().revoke_all(&self.browser()?).await?;
        self.set_browser(next);
        Ok(ended)
    }

    /// Reports a session as somebody else's: see [`Sessions::report`].
    ///
    /// # Errors
    ///
    /// Same as [`Sessions::report`].
    pub async fn report(&self, id: &SessionId, lock: bool) -> Result<Reported> {
        let (next, reported) = self.sessions().report(&self.browser()?, id, lock).await?;
        self.set_browser(next);
        Ok(reported)
    }

    /// The same, with your own statements in its transaction: see [`Sessions::report_alongside`].
    ///
    /// # Errors
    ///
    /// Same as [`Sessions::report_alongside`].
    pub async fn report_alongside(
        &self,
        id: &SessionId,
        lock: bool,
        work: &dyn Alongside,
    ) -> Result<Reported> {
        let (next, reported) =
            self.sessions().report_alongside(&self.browser()?, id, lock, Some(work)).await?;
        self.set_browser(next);
        Ok(reported)
    }

    /// Names a device: see [`Sessions::rename`].
    ///
    /// # Errors
    ///
    /// Same as [`Sessions::rename`].
    pub async fn rename(&self, id: &SessionId, name: &str) -> Result<()> {
        self.sessions().rename(&self.browser()?, id, name).await
    }

    /// Records that the sign-in on a new device was the person's own: see [`Sessions::recognize`].
    ///
    /// # Errors
    ///
    /// Same as [`Sessions::recognize`].
    pub async fn recognize(&self, id: &SessionId) -> Result<()> {
        self.sessions().recognize(&self.browser()?, id).await
    }

    /// Makes another account that this browser holds the active one: see [`Sessions::set_active`].
    ///
    /// # Errors
    ///
    /// Same as [`Sessions::set_active`].
    pub async fn set_active(&self, target: &Target) -> Result<()> {
        self.set_browser(self.sessions().set_active(&self.browser()?, self.client(), target).await?);
        Ok(())
    }

    /// Lists the devices that were signed out lately: see [`Sessions::list_ended`].
    ///
    /// # Errors
    ///
    /// Same as [`Sessions::list_ended`].
    pub async fn list_ended(&self) -> Result<Vec<EndedDeviceSession>> {
        self.sessions().list_ended(&self.browser()?).await
    }

    /// Returns what the person should know about the account: see [`Sessions::account_status`].
    ///
    /// # Errors
    ///
    /// Same as [`Sessions::account_status`].
    pub async fn account_status(&self) -> Result<AccountStatus> {
        self.sessions().account_status(&self.browser()?).await
    }

    /// Lists the history of the active user's account: see [`Sessions::history`].
    ///
    /// # Errors
    ///
    /// Same as [`Sessions::history`].
    pub async fn history(&self, filter: &HistoryFilter) -> Result<HistoryPage> {
        self.sessions().history(&self.browser()?, filter).await
    }

    /// Begins to export that history: see [`Sessions::export_history`].
    ///
    /// # Errors
    ///
    /// Same as [`Sessions::export_history`].
    pub async fn export_history(&self) -> Result<HistoryExport> {
        self.sessions().export_history(&self.browser()?, self.client()).await
    }

    /// Signs out: see [`Sessions::sign_out`].
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub async fn sign_out(&self, scope: SignOutScope) -> Result<()> {
        self.set_browser(self.sessions().sign_out(&self.browser()?, scope).await?);
        Ok(())
    }

    /// What the browser's cookies claim, verified or not.
    pub fn presented(&self) -> &Presented {
        &self.0.presented
    }

    /// What the browser holds.
    ///
    /// # Errors
    ///
    /// When the store does not answer. This signs nobody out.
    pub fn browser(&self) -> Result<Browser> {
        self.shared_browser().map(|browser| (*browser).clone())
    }

    /// What the browser holds, without a copy.
    pub(crate) fn shared_browser(&self) -> Result<Arc<Browser>> {
        self.0.browser.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Sets what the browser holds from now on. The layer sends the cookies.
    pub fn set_browser(&self, browser: Browser) {
        *self.0.browser.lock().unwrap_or_else(PoisonError::into_inner) = Ok(Arc::new(browser));
    }

    /// The notice that an earlier answer left with [`SessionRequest::set_notice`]. Trust a result in an
    /// address, such as `?done=`, only if the notice is the same.
    pub fn notice(&self) -> Option<&str> {
        self.0.sent.notice.as_deref()
    }

    /// Leaves a notice for the next page of this browser, for ten minutes: letters, digits and `-_.&=`.
    pub fn set_notice(&self, text: &str) {
        self.leave(text, true);
    }

    /// Removes the notice after it was shown.
    pub fn clear_notice(&self) {
        if self.0.sent.notice.is_some() {
            self.leave("", true);
        }
    }

    /// The ticket that an earlier answer left with [`SessionRequest::set_ticket`].
    pub fn ticket(&self) -> Option<&SignInTicket> {
        self.0.sent.ticket.as_ref()
    }

    /// Leaves a ticket with this browser, in a cookie that scripts cannot read, so that a page can let the person
    /// choose the device to sign out.
    pub fn set_ticket(&self, ticket: &SignInTicket) {
        *self.0.next_ticket.lock().unwrap_or_else(PoisonError::into_inner) = Some(Some(ticket.clone()));
    }

    /// Removes the ticket, because it was used or the person cancelled.
    pub fn clear_ticket(&self) {
        if self.0.sent.ticket.is_some() {
            *self.0.next_ticket.lock().unwrap_or_else(PoisonError::into_inner) = Some(None);
        }
    }

    /// The ticket that the answer sets or clears.
    pub(super) fn next_ticket(&self) -> Option<Option<SignInTicket>> {
        self.0.next_ticket.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether the browser sent any cookie of ours. A browser that was sent cookies and returns none does not
    /// keep them.
    pub fn has_cookies(&self) -> bool {
        self.0.sent.any
    }

    /// Sends a cookie, so that the browser's next request shows whether it keeps cookies. It replaces a notice.
    pub fn probe_cookies(&self) {
        self.leave("probe", false);
    }

    fn leave(&self, text: &str, is_brief: bool) {
        let notice = NextNotice { text: text.to_owned(), is_brief };
        *self.0.next_notice.lock().unwrap_or_else(PoisonError::into_inner) = Some(notice);
    }

    /// The notice that the answer sets or clears.
    pub(super) fn next_notice(&self) -> Option<NextNotice> {
        self.0.next_notice.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Where the request comes from.
    pub fn client(&self) -> &Client {
        &self.0.client
    }

    /// Whether the browser submitted a form without a script, so that the answer is a page.
    pub fn is_form_post(&self) -> bool {
        self.0.form_post
    }

    /// Where to send the browser to sign in, if it asks for a page and the layer knows the path.
    pub(super) fn sign_in_path(&self) -> Option<&str> {
        self.0.http.sign_in_path().filter(|_| self.0.page)
    }
}

impl<S: Sync> FromRequestParts<S> for SessionRequest {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> std::result::Result<Self, Problem> {
        parts.extensions.get::<Self>().cloned().ok_or_else(|| {
            tracing::error!(
                "the handler of {} is not wrapped in a SessionLayer: add the layer to the router",
                parts.uri.path()
            );
            Code::Internal.into()
        })
    }
}
