//! `POST /sign-up/email` `{name, email, password, image?, callbackURL?, rememberMe?, sharedComputer?}` → `{token, user}`.

use axum::Json;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::callback;
use crate::api::body::{Accepts, Fields, truth};
use crate::api::openapi::{CHANGES, EVERY, HASHES, READS_BODY, READS_COOKIES, as_form, example, refusals};
use crate::api::state::ApiState;
use crate::http::{Problem, SessionRequest};
use crate::{Code, Handle, SignUp, User};

/// The input for a sign-up.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
struct SignUpBody {
    /// The name of the person. If it is empty, the part of the address before the @ is used.
    #[schema(max_length = 100)]
    name: String,
    /// The email address of the account.
    #[schema(format = "email")]
    email: String,
    /// The password.
    #[schema(format = Password, min_length = 8, max_length = 128)]
    password: String,
    /// The address of a picture.
    #[schema(max_length = 2048)]
    image: Option<String>,
    /// Where the person goes next: a path of this site or an address of a trusted origin.
    #[schema(rename = "callbackURL")]
    callback_url: Option<String>,
    /// Whether the cookies stay when the browser is closed; by default they do.
    #[schema(schema_with = truth, required = false)]
    remember_me: Option<bool>,
    /// Whether this is a shared computer. Then the cookies end with the browser window, and the session ends after at
    /// most 30 minutes without activity.
    #[schema(schema_with = truth, required = false)]
    shared_computer: Option<bool>,
}

/// The same input as a form sends it.
struct SignUpForm;

impl PartialSchema for SignUpForm {
    fn schema() -> RefOr<Schema> {
        as_form(SignUpBody::schema())
    }
}

impl ToSchema for SignUpForm {}

impl SignUpBody {
    async fn read(request: Request) -> Result<Self, Problem> {
        let mut fields = Fields::read(request, Accepts::JsonOrForm).await?;
        let body = Self {
            name: fields.required("name"),
            email: fields.email("email"),
            password: fields.not_empty("password"),
            image: fields.optional("image"),
            remember_me: fields.optional_bool("rememberMe"),
            shared_computer: fields.optional_bool("sharedComputer"),
            callback_url: fields.optional("callbackURL"),
        };
        fields.finish()?;
        Ok(body)
    }
}

/// The result of a sign-up.
#[derive(Serialize, ToSchema)]
struct SignedUp<'a> {
    /// The public part of the new session's cookie.
    token: &'a Handle,
    /// The new user.
    user: &'a User,
}

refusals!(
    Refusals = EVERY,
    READS_COOKIES,
    CHANGES,
    READS_BODY,
    HASHES,
    [
        Code::InvalidEmail,
        Code::InvalidName,
        Code::PasswordTooShort,
        Code::PasswordTooLong,
        Code::CrossSiteLogin,
        Code::InvalidCallbackUrl,
        Code::MaximumAccountsReached,
        Code::UserAlreadyExists,
    ]
);

/// Sign up with email and password
///
/// Creates an account and signs in to it, in one transaction. Other accounts in the browser stay signed in.
#[utoipa::path(
    post,
    path = "/sign-up/email",
    operation_id = "signUpEmail",
    tag = "accounts",
    request_body(content(
        (SignUpBody = "application/json", example = json!({
            "name": "Grace", "email": "grace@example.org", "password": "correct horse battery"
        })),
        (SignUpForm = "application/x-www-form-urlencoded", example = json!({
            "name": "Grace", "email": "grace@example.org", "password": "correct horse battery",
            "rememberMe": "false"
        })),
    )),
    responses(
        (
            status = 200,
            description = "The account was created, and the browser is signed in.",
            headers(("Set-Cookie" = String, description = "The session's cookies.")),
            body = SignedUp,
            example = json!(SignedUp { token: &example::handle(), user: &example::user() }),
        ),
        Refusals,
    ),
    security(()),
)]
pub(super) async fn handle(
    State(api): State<ApiState>,
    state: SessionRequest,
    request: Request,
) -> Result<Response, Problem> {
    let body = SignUpBody::read(request).await?;
    callback::check(&api, body.callback_url.as_deref())?;
    let form = SignUp {
        name: body.name,
        email: body.email,
        password: body.password,
        image: body.image,
        remember: body.remember_me.unwrap_or(true),
        shared_computer: body.shared_computer.unwrap_or(false),
    };
    let browser = api.accounts()?.sign_up(&state.browser()?, state.client(), form).await?;
    let body = browser.active().map(|held| SignedUp { token: &held.session.handle, user: &held.user });
    let response = Json(body).into_response();
    state.set_browser(browser);
    Ok(response)
}
