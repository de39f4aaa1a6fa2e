//! What the layer knows of a request, for handlers, pages and server functions.

use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::FromRequestParts;
use http::header::ACCEPT;
use http::request::Parts;

use super::text;
use crate::{Browser, Client, Presented, Result};

/// What the layer knows of a request: in its extensions, cheap to clone, shared by all clones.
#[derive(Clone, Debug)]
pub struct RequestState(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    presented: Presented,
    browser: Mutex<Result<Browser>>,
    client: Client,
    form_post: bool,
    sent: Sent,
    next_notice: Mutex<Option<NextNotice>>,
}

/// What a request's cookies say beside its sessions.
#[derive(Debug, Default)]
pub(super) struct Sent {
    /// The notice that an earlier answer has left.
    pub(super) notice: Option<String>,
    /// Whether there is any cookie of ours.
    pub(super) any: bool,
}

/// The notice that the answer leaves.
#[derive(Clone, Debug)]
pub(super) struct NextNotice {
    /// Empty to take it back.
    pub(super) text: String,
    /// Whether it is for the next page; else it stays while the browser's window is open.
    pub(super) is_brief: bool,
}

impl RequestState {
    pub(super) fn new(
        parts: &Parts,
        presented: Presented,
        browser: Result<Browser>,
        client: Client,
        sent: Sent,
    ) -> Self {
        // A script asks for JSON; a form that the browser itself sends asks for a page.
        let accepts_page = parts.headers.get(ACCEPT).is_some_and(|accept| text(accept).contains("text/html"));
        let form_post = !parts.method.is_safe() && accepts_page;
        Self(Arc::new(Inner {
            presented,
            browser: Mutex::new(browser),
            client,
            form_post,
            sent,
            next_notice: Mutex::default(),
        }))
    }

    /// What the browser's cookies claim, verified or not.
    pub fn presented(&self) -> &Presented {
        &self.0.presented
    }

    /// What the browser holds.
    ///
    /// # Errors
    ///
    /// When the store could not be asked: nobody is signed out by that.
    pub fn browser(&self) -> Result<Browser> {
        self.0.browser.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Says what the browser holds from now on; the layer sends the cookies.
    pub fn set_browser(&self, browser: Browser) {
        *self.0.browser.lock().unwrap_or_else(PoisonError::into_inner) = Ok(browser);
    }

    /// What an earlier answer to this browser has left with [`RequestState::set_notice`]: what an address says was done
    /// is true only if this says the same.
    pub fn notice(&self) -> Option<&str> {
        self.0.sent.notice.as_deref()
    }

    /// Leaves a notice for the next page of this browser, for ten minutes: letters, digits and `-_.&=`.
    pub fn set_notice(&self, text: &str) {
        self.leave(text, true);
    }

    /// Takes the notice back: it was shown.
    pub fn clear_notice(&self) {
        if self.0.sent.notice.is_some() {
            self.leave("", true);
        }
    }

    /// Whether the browser has sent any cookie of ours; one that was sent some and sends none keeps none.
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

    /// The notice that the answer leaves or takes back.
    pub(super) fn next_notice(&self) -> Option<NextNotice> {
        self.0.next_notice.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Where the request comes from.
    pub fn client(&self) -> &Client {
        &self.0.client
    }

    /// Whether it is a form that the browser itself sent, without a script, and the answer is a page.
    pub fn is_form_post(&self) -> bool {
        self.0.form_post
    }
}

impl<S: Sync> FromRequestParts<S> for RequestState {
    type Rejection = Infallible;

    /// Without the layer it is a browser that holds nothing.
    async fn from_request_parts(parts: &mut Parts, _state: &S) -> std::result::Result<Self, Infallible> {
        let found = parts.extensions.get::<Self>().cloned();
        Ok(found.unwrap_or_else(|| {
            let browser = Ok(Browser::default());
            Self::new(parts, Presented::default(), browser, Client::default(), Sent::default())
        }))
    }
}
