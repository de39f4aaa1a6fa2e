//! The session that a body names: `sessionId`, or `sessionToken` as Better Auth's client sends it.

use axum::extract::Request;
use utoipa::openapi::schema::{AnyOfBuilder, ObjectBuilder, Schema, Type};
use utoipa::openapi::{Object, RefOr};
use utoipa::{PartialSchema, ToSchema};

use crate::api::body::{Accepts, Fields};
use crate::http::Problem;
use crate::{Code, Handle, SessionId, Target};

/// The body that [`read`] takes.
pub(super) struct TargetBody;

impl PartialSchema for TargetBody {
    fn schema() -> RefOr<Schema> {
        let text = |of: &str| ObjectBuilder::new().schema_type(Type::String).description(Some(of));
        let by_id = Object::builder()
            .property("sessionId", text("The `id` of a row of the list."))
            .required("sessionId");
        let by_token = Object::builder()
            .property("sessionId", ObjectBuilder::new().schema_type(Type::Null))
            .property("sessionToken", text("The `token` of a session."))
            .required("sessionToken");
        AnyOfBuilder::new()
            .description(Some("The session. If both are given, `sessionId` counts."))
            .item(by_id)
            .item(by_token)
            .into()
    }
}

impl ToSchema for TargetBody {}

/// The session, by its id.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(super) struct SessionBody {
    /// The `id` of a row of the list, also after its session has ended.
    session_id: String,
}

impl SessionBody {
    /// Reads the body. A malformed id is refused with `unknown`, like the id of another user's session.
    pub(super) async fn read(request: Request, unknown: Code) -> Result<SessionId, Problem> {
        let mut fields = Fields::read(request, Accepts::Json).await?;
        let Self { session_id } = Self { session_id: fields.required("sessionId") };
        fields.finish()?;
        SessionId::new(session_id).map_err(|_| unknown.into())
    }
}

/// Reads the body. A malformed id or token is refused like that of another user's session.
pub(super) async fn read(request: Request) -> Result<Target, Problem> {
    let mut fields = Fields::read(request, Accepts::Json).await?;
    let target = match fields.optional("sessionId") {
        Some(id) => SessionId::new(id).ok().map(Target::Id),
        None => Handle::parse(&fields.required("sessionToken")).map(Target::Handle),
    };
    fields.finish()?;
    target.ok_or_else(|| Code::InvalidSessionToken.into())
}
