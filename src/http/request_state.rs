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
}

impl RequestState {
    pub(super) fn new(parts: &Parts, presented: Presented, browser: Result<Browser>, client: Client) -> Self {
        // A script asks for JSON; a form that the browser itself sends asks for a page.
        let accepts_page = parts.headers.get(ACCEPT).is_some_and(|accept| text(accept).contains("text/html"));
        let form_post = !parts.method.is_safe() && accepts_page;
        Self(Arc::new(Inner { presented, browser: Mutex::new(browser), client, form_post }))
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
            Self::new(parts, Presented::default(), Ok(Browser::default()), Client::default())
        }))
    }
}
