//! What endpoints refuse, by status: the answers of the document are made of the codes, and cannot say another status
//! or message than the server does.

use std::collections::BTreeMap;

use utoipa::openapi::example::ExampleBuilder;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::schema::{AllOfBuilder, ObjectBuilder, Type};
use utoipa::openapi::{ContentBuilder, Ref, RefOr, Response, ResponseBuilder};

use crate::Code;
use crate::api::openapi::example;
use crate::http::Problem;

/// What may happen to every request.
pub(crate) const EVERY: &[Code] = &[Code::PayloadTooLarge, Code::TooManyRequests, Code::Internal];
/// What may happen where the browser's cookies are verified.
pub(crate) const READS_COOKIES: &[Code] = &[Code::ServiceUnavailable];
/// What may happen to a request that changes something.
pub(crate) const CHANGES: &[Code] = &[Code::InvalidOrigin, Code::MissingOrNullOrigin];
/// What may be wrong with a body.
pub(crate) const READS_BODY: &[Code] = &[Code::BadRequest, Code::ValidationError, Code::UnsupportedMediaType];
/// What may happen where a password is hashed.
pub(crate) const HASHES: &[Code] = &[Code::ServerBusy];

/// What may happen where other sessions are ended.
pub(crate) const ENDS_OTHERS: &[Code] = &[Code::SessionNotFresh];

/// `refusals!(Refusals = CHANGES, [Code::Unauthorized])` makes a type that an endpoint names among its responses.
macro_rules! refusals {
    ($visible:vis $name:ident = $($codes:expr),+ $(,)?) => {
        /// What is refused.
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

/// A [`Problem`] with one of these codes; where all have one it must be there.
fn schema(codes: &[Code]) -> AllOfBuilder {
    let names = codes.iter().map(|code| code.as_str());
    let mut narrower = ObjectBuilder::new()
        .property("code", ObjectBuilder::new().schema_type(Type::String).enum_values(Some(names)));
    if !codes.contains(&Code::TooManyRequests) {
        narrower = narrower.required("code");
    }
    AllOfBuilder::new().item(Ref::from_schema_name("Problem")).item(narrower)
}

/// Refusals whose messages depend on the request show a typical one.
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
