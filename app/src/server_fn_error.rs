//! Converts errors of Leptos' server functions to ours.

use leptos::{
    prelude::{FromServerFnError, ServerFnErrorErr},
    server_fn::codec::JsonEncoding,
};
use multi_session::Code;

use crate::AppError;

impl FromServerFnError for AppError {
    type Encoder = JsonEncoding;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        match error {
            ServerFnErrorErr::Request(_) => Self::unreachable(),
            ServerFnErrorErr::Args(_) | ServerFnErrorErr::MissingArg(_) => invalid(),
            // A body that is not text. Without a body it is an unreadable answer or address, which is not the
            // form's fault.
            #[cfg(feature = "ssr")]
            ServerFnErrorErr::Deserialization(_) if is_post() => invalid(),
            _ => Self::from(Code::Internal),
        }
    }
}

/// The form does not match the server function.
fn invalid() -> AppError {
    let error = Code::ValidationError.into();
    #[cfg(feature = "ssr")]
    crate::context::refuse(Code::ValidationError, &error);
    error
}

/// Whether the request has a body.
#[cfg(feature = "ssr")]
fn is_post() -> bool {
    leptos::prelude::use_context::<http::request::Parts>()
        .is_some_and(|parts| parts.method == http::Method::POST)
}
