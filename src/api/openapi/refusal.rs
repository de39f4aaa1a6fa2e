//! The errors of endpoints, by status. They are generated from the codes, so the document has the same
//! statuses and messages as the server.

use std::collections::BTreeMap;

use utoipa::openapi::example::ExampleBuilder;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::schema::{AllOfBuilder, ObjectBuilder, Type};
use utoipa::openapi::{ContentBuilder, Ref, RefOr, Response, ResponseBuilder};

use crate::Code;
use crate::api::openapi::example;
use crate::http::Problem;

/// Errors of every request.
pub(crate) const EVERY: &[Code] = &[Code::PayloadTooLarge, Code::TooManyRequests, Code::Internal];
/// Errors of requests whose cookies are verified.
pub(crate) const READS_COOKIES: &[Code] = &[Code::ServiceUnavailable];
/// Errors of requests that change something.
pub(crate) const CHANGES: &[Code] = &[Code::InvalidOrigin, Code::MissingOrNullOrigin];
/// Errors of request bodies.
pub(crate) const READS_BODY: &[Code] = &[Code::BadRequest, Code::ValidationError, Code::UnsupportedMediaType];
/// Errors of requests for which a password is hashed.
pub(crate) const HASHES: &[Code] = &[Code::ServerBusy];

/// Errors of requests that end other sessions.
pub(crate) const ENDS_OTHERS: &[Code] = &[Code::SessionNotFresh];

/// `refusals!(Refusals = CHANGES, [Code::Unauthorized])` makes a type that an endpoint names among its responses.
macro_rules! refusals {
    ($visible:vis $name:ident = $($codes:expr),+ $(,)?) => {
        /// The errors of an endpoint.
        $visible struct $name;

        impl utoipa::IntoResponses for $name {
            fn responses()
            -> std::collections::BTreeMap<String, utoipa::openapi::RefOr<utoipa::openapi::Response>> {
                $crate::api::openapi::responses([$(&$codes[..]),+].concat())
            }
        }
    };
}
pub(crate) use refusals;

refusals!(
    pub(crate) WithoutFields = EVERY, READS_COOKIES, CHANGES, READS_BODY, ENDS_OTHERS, [Code::Unauthorized]
);
refusals!(
    pub(crate) ByScript = EVERY, READS_COOKIES, ENDS_OTHERS, [Code::CrossSiteGet, Code::Unauthorized]
);

/// One response for each status that the codes have, with an example for each code.
pub(crate) fn responses(codes: Vec<Code>) -> BTreeMap<String, RefOr<Response>> {
    let mut statuses = BTreeMap::<_, Vec<Code>>::new();
    for code in codes {
        statuses.entry(Problem::status(code)).or_default().push(code);
    }
    statuses
        .into_iter()
        .map(|(status, codes)| (status.as_str().to_owned(), response(&codes).into()))
        .collect()
}

fn response(codes: &[Code]) -> Response {
    let examples = codes.iter().map(|code| {
        let example = ExampleBuilder::new().summary(code.sentence());
        (code.as_str(), example.value(serde_json::to_value(example_of(*code)).ok()).build())
    });
    let content = ContentBuilder::new().schema(Some(schema(codes))).examples_from_iter(examples).build();
    let names: Vec<&str> = codes.iter().map(|code| code.as_str()).collect();
    let response = ResponseBuilder::new().description(names.join(", ")).content("application/json", content);
    if codes.iter().any(|code| matches!(code, Code::TooManyRequests | Code::ServiceUnavailable)) {
        let seconds = HeaderBuilder::new()
            .schema(Some(ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(0))))
            .description(Some("How many seconds to wait before the next attempt."))
            .build();
        response.header("Retry-After", seconds.clone()).header("X-Retry-After", seconds).build()
    } else {
        response.build()
    }
}

/// The schema of a [`Problem`] with one of these codes. The code is required if all of these have one.
fn schema(codes: &[Code]) -> AllOfBuilder {
    let names = codes.iter().map(|code| code.as_str());
    let mut narrower = ObjectBuilder::new()
        .property("code", ObjectBuilder::new().schema_type(Type::String).enum_values(Some(names)));
    if !codes.contains(&Code::TooManyRequests) {
        narrower = narrower.required("code");
    }
    AllOfBuilder::new().item(Ref::from_schema_name("Problem")).item(narrower)
}

/// An example of an error. If the message depends on the request, it is a typical one.
fn example_of(code: Code) -> Problem {
    let message = match code {
        Code::ValidationError => "[body] Invalid input: expected object, received undefined",
        Code::UnsupportedMediaType => {
            r#"Content-Type "text/plain" is not allowed. Allowed types: application/json"#
        }
        Code::MaximumSessionsReached => return example::at_limit(),
        _ => return code.into(),
    };
    Problem::with_message(code, message.to_owned())
}
