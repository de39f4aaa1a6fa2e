//! How the errors of Leptos' own reading and calling become ours.

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
            // A body that is no text; elsewhere it is an answer or an address that cannot be read, no fault of a form.
            #[cfg(feature = "ssr")]
            ServerFnErrorErr::Deserialization(_) if is_post() => invalid(),
            _ => Self::from(Code::Internal),
        }
    }
}

/// The form is none that the server function takes.
fn invalid() -> AppError {
    let error = Code::ValidationError.into();
    #[cfg(feature = "ssr")]
    crate::context::refuse(Code::ValidationError, &error);
    error
}

/// Whether the request has a body for a server function.
#[cfg(feature = "ssr")]
fn is_post() -> bool {
    leptos::prelude::use_context::<http::request::Parts>()
        .is_some_and(|parts| parts.method == http::Method::POST)
}
