//! Request bodies: bounded, of an allowed type, and checked field by field with Better Auth's messages.

use std::time::Duration;

use axum::body::{Body, HttpBody};
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde_json::{Map, Value};
use tokio::time::timeout;
use utoipa::openapi::schema::{AnyOfBuilder, ObjectBuilder, Schema, Type};

use crate::http::Problem;
use crate::{Code, is_email};

/// The largest body, in bytes.
const LIMIT: usize = 64 * 1024;
/// How long the body of a request may take by default.
pub const BODY_TIME: Duration = Duration::from_secs(30);

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";

/// A middleware that reads the whole body before the handler runs. A body that is larger than 64 KiB, takes
/// longer than this time or breaks off changes nothing. The API has it already; use it for other routes.
pub async fn bounded(State(time): State<Duration>, request: Request, next: Next) -> Response {
    if request.body().is_end_stream() {
        return next.run(request).await;
    }
    let (parts, body) = request.into_parts();
    let bytes = match timeout(time, Limited::new(body, LIMIT).collect()).await {
        Ok(Ok(collected)) => collected.to_bytes(),
        Ok(Err(error)) if error.is::<LengthLimitError>() => {
            return Problem::from(Code::PayloadTooLarge).into_response();
        }
        // The connection broke off, or the body cannot be read.
        Ok(Err(_)) | Err(_) => return Problem::from(Code::BadRequest).into_response(),
    };
    next.run(Request::from_parts(parts, Body::from(bytes))).await
}

/// The fields of a body, and the problems found in them so far.
pub(crate) struct Fields {
    fields: Map<String, Value>,
    issues: Vec<String>,
}

/// The bodies that an endpoint accepts.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Accepts {
    /// A JSON object.
    Json,
    /// A JSON object or the fields of a form.
    JsonOrForm,
    /// A JSON object or nothing at all.
    OptionalJson,
}

impl Fields {
    /// Reads a body that [`bounded`] has let through.
    pub(crate) async fn read(request: Request, accepts: Accepts) -> Result<Self, Problem> {
        let content_type = request.headers().get("content-type").cloned();
        let bytes =
            request.into_body().collect().await.map_err(|_| Problem::from(Code::BadRequest))?.to_bytes();
        if bytes.is_empty() {
            return match accepts {
                Accepts::OptionalJson => Ok(Self::new(Map::new())),
                Accepts::Json | Accepts::JsonOrForm => Err(Self::no_object("undefined")),
            };
        }
        let content_type = content_type.as_ref().map_or(&b""[..], |it| it.as_bytes());
        let content_type = String::from_utf8_lossy(content_type);
        let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        match essence.as_str() {
            JSON => Self::from_json(&bytes),
            FORM if accepts == Accepts::JsonOrForm => Ok(Self::from_form(&bytes)),
            _ => {
                let allowed =
                    if accepts == Accepts::JsonOrForm { [FORM, JSON].join(", ") } else { JSON.into() };
                Err(Problem::with_message(
                    Code::UnsupportedMediaType,
                    format!("Content-Type \"{content_type}\" is not allowed. Allowed types: {allowed}"),
                ))
            }
        }
    }

    fn new(fields: Map<String, Value>) -> Self {
        Self { fields, issues: Vec::new() }
    }

    fn from_json(bytes: &[u8]) -> Result<Self, Problem> {
        match serde_json::from_slice(bytes) {
            Ok(Value::Object(fields)) => Ok(Self::new(fields)),
            Ok(other) => Err(Self::no_object(kind(Some(&other)))),
            Err(_) => Err(Code::BadRequest.into()),
        }
    }

    fn no_object(received: &str) -> Problem {
        let message = format!("[body] Invalid input: expected object, received {received}");
        Problem::with_message(Code::ValidationError, message)
    }

    fn from_form(bytes: &[u8]) -> Self {
        let pairs = url::form_urlencoded::parse(bytes);
        Self::new(pairs.map(|(name, value)| (name.into_owned(), Value::from(value.into_owned()))).collect())
    }

    /// A required text. [`Fields::finish`] reports a wrong or missing one.
    pub(crate) fn required(&mut self, name: &str) -> String {
        match self.fields.remove(name) {
            Some(Value::String(text)) => text,
            other => {
                self.issue(name, "string", other.as_ref());
                String::new()
            }
        }
    }

    /// A required text that is not empty.
    pub(crate) fn not_empty(&mut self, name: &str) -> String {
        if self.fields.get(name).is_some_and(|value| value == "") {
            self.issues.push(format!("[body.{name}] Too small: expected string to have >=1 characters"));
        }
        self.required(name)
    }

    /// A required text that is an email address.
    pub(crate) fn email(&mut self, name: &str) -> String {
        if self.fields.get(name).and_then(Value::as_str).is_some_and(|text| !is_email(text)) {
            self.issues.push(format!("[body.{name}] Invalid email address"));
        }
        self.required(name)
    }

    /// An optional text.
    pub(crate) fn optional(&mut self, name: &str) -> Option<String> {
        match self.fields.remove(name) {
            Some(Value::String(text)) => Some(text),
            Some(Value::Null) | None => None,
            Some(other) => {
                self.issue(name, "string", Some(&other));
                None
            }
        }
    }

    /// An optional boolean; forms send it as text.
    pub(crate) fn optional_bool(&mut self, name: &str) -> Option<bool> {
        match self.fields.remove(name) {
            Some(Value::Bool(value)) => Some(value),
            Some(Value::String(text)) if text == "true" || text == "on" => Some(true),
            Some(Value::String(text)) if text == "false" => Some(false),
            Some(Value::Null) | None => None,
            Some(other) => {
                self.issue(name, "boolean", Some(&other));
                None
            }
        }
    }

    /// One of several words. If it is missing or none of them, the first one is returned.
    pub(crate) fn one_of<T: Copy>(&mut self, name: &str, words: &[(&str, T)]) -> T {
        let Some(text) = self.optional(name) else { return words[0].1 };
        let found = words.iter().find(|(word, _)| *word == text);
        if found.is_none() {
            let expected: Vec<_> = words.iter().map(|(word, _)| format!("\"{word}\"")).collect();
            self.issues.push(format!("[body.{name}] Invalid option: expected one of {}", expected.join("|")));
        }
        found.unwrap_or(&words[0]).1
    }

    /// Returns an error with all problems found.
    pub(crate) fn finish(self) -> Result<(), Problem> {
        if self.issues.is_empty() {
            Ok(())
        } else {
            Err(Problem::with_message(Code::ValidationError, self.issues.join("; ")))
        }
    }

    fn issue(&mut self, name: &str, expected: &str, received: Option<&Value>) {
        let received = kind(received);
        self.issues.push(format!("[body.{name}] Invalid input: expected {expected}, received {received}"));
    }
}

/// The schema of the values that [`Fields::optional_bool`] accepts.
pub(crate) fn truth() -> Schema {
    let written_out =
        ObjectBuilder::new().schema_type(Type::String).enum_values(Some(["true", "on", "false"]));
    AnyOfBuilder::new()
        .description(Some("A boolean; forms send it as text."))
        .item(ObjectBuilder::new().schema_type(Type::Boolean))
        .item(written_out)
        .item(ObjectBuilder::new().schema_type(Type::Null))
        .into()
}

/// The type name of a value in messages of zod, which Better Auth uses.
fn kind(value: Option<&Value>) -> &'static str {
    match value {
        None => "undefined",
        Some(Value::Null) => "null",
        Some(Value::Bool(_)) => "boolean",
        Some(Value::Number(_)) => "number",
        Some(Value::String(_)) => "string",
        Some(Value::Array(_)) => "array",
        Some(Value::Object(_)) => "object",
    }
}
