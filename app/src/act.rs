//! Forms that the browser posts itself, or a script of the page once it is taken over.
//!
//! Leptos has `ServerAction` and `ActionForm` for it, which make code anew for each server function; this makes it
//! once. The server functions stay the only contract: what a form says is what they take.

use std::sync::atomic::{AtomicUsize, Ordering};

use js_sys::Array;
use leptos::{ev, prelude::*, task::spawn_local};
use multi_session::{Code, SignInMethod};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{FormData, HtmlFormElement, RequestInit, Response, UrlSearchParams};

use crate::{
    AppError,
    address::{self, Address, Question, use_address},
    ui::{
        Submit,
        piece::{IntoPiece, Piece},
    },
};

/// What an [`Act`] has led to.
#[derive(Clone)]
pub struct Outcome {
    /// The session that it was about; empty if it was about none.
    pub session_id: String,
    /// The body of the answer, or why it was refused or failed.
    pub result: Result<String, AppError>,
}

/// How many acts of this page are under way; those that lead away stay so until the next page is there.
static UNDER_WAY: AtomicUsize = AtomicUsize::new(0);

/// Whether an act of this page is under way: what it does is no news to it.
pub(crate) fn is_acting() -> bool {
    UNDER_WAY.load(Ordering::Relaxed) > 0
}

/// What success leads to, by the session that the act was about and the answer's body: another page, if that is given.
type Away = Box<dyn Fn(&str, &str) -> Option<&'static str> + Send + Sync>;

/// A server function that forms post to.
///
/// ## Server-Side Rendering
///
/// Nothing runs while rendering: the form posts to [`Act::path`] itself, and is sent on by redirect.
#[derive(Clone, Copy)]
pub struct Act {
    path: &'static str,
    running: RwSignal<Vec<String>>,
    outcome: RwSignal<Option<Outcome>>,
    version: RwSignal<usize>,
    away: StoredValue<Away>,
    address: Address,
}

impl Act {
    /// An act that posts to `path`; success leads `away`, if that gives an address.
    pub(crate) fn new(
        path: &'static str,
        away: impl Fn(&str, &str) -> Option<&'static str> + Send + Sync + 'static,
    ) -> Self {
        let away: Away = Box::new(away);
        Self {
            path,
            running: RwSignal::new(Vec::new()),
            outcome: RwSignal::new(None),
            version: RwSignal::new(0),
            away: StoredValue::new(away),
            address: use_address(),
        }
    }

    /// The path of the server function.
    pub fn path(self) -> &'static str {
        self.path
    }

    /// Whether it is under way, up to the arrival at the next page if it leads there.
    pub fn pending(self) -> Signal<bool> {
        Signal::derive(move || !self.running.with(Vec::is_empty))
    }

    /// Whether it is under way for this session.
    pub fn is_running(self, session_id: &str) -> bool {
        self.running.with(|running| running.iter().any(|id| id == session_id))
    }

    /// What it led to the last time.
    pub fn outcome(self) -> RwSignal<Option<Outcome>> {
        self.outcome
    }

    /// How often it has settled, well or not.
    pub fn version(self) -> ReadSignal<usize> {
        self.version.read_only()
    }

    /// Posts the form of a `submit` event. Browser only.
    pub fn submit(self, event: &web_sys::SubmitEvent) {
        let form = event.target().and_then(|target| target.dyn_into::<HtmlFormElement>().ok());
        let fields = form.and_then(|form| FormData::new_with_form(&form).ok());
        let Some(body) = fields.and_then(|it| UrlSearchParams::new_with_str_sequence_sequence(&it).ok())
        else {
            return;
        };
        event.prevent_default();
        self.post(body);
    }

    fn post(self, body: UrlSearchParams) {
        let session_id = body.get("session_id").unwrap_or_default();
        self.running.update(|running| running.push(session_id.clone()));
        UNDER_WAY.fetch_add(1, Ordering::Relaxed);
        spawn_local(async move {
            let result = call(self.path, Some(&body)).await;
            self.settle(session_id, &body, result);
        });
    }

    /// Asks who the person is, in the place of any other question; what was asked for before the answer goes on as well.
    fn wait(self, body: String) {
        let Address { question, waiting, .. } = self.address;
        waiting.update_value(|waiting| {
            if question.get_untracked() != Some(Question::StepUp) {
                waiting.clear();
            }
            waiting.push((self, body));
        });
        address::forget_query();
        question.set(Some(Question::StepUp));
    }

    /// Posts once more what has waited for the person to prove who they are. Browser only.
    pub(crate) fn go_on(address: Address) {
        for (act, body) in address.waiting.get_value() {
            if let Ok(body) = UrlSearchParams::new_with_str(&body) {
                act.post(body);
            }
        }
    }

    fn settle(self, session_id: String, body: &UrlSearchParams, result: Result<String, AppError>) {
        if let Ok(body) = &result
            && let Some(away) = self.away.with_value(|away| untrack(|| away(&session_id, body)))
        {
            return address::go(away);
        }
        let not_fresh = result.as_ref().err().filter(|error| error.is(Code::SessionNotFresh));
        let has_password = not_fresh.map(|error| error.proofs.contains(&SignInMethod::PASSWORD));
        if has_password == Some(false) {
            // The page says what the person can do instead.
            return address::go(&address::confirm(self.path, &session_id));
        }
        UNDER_WAY.fetch_sub(1, Ordering::Relaxed);
        self.running.update(|running| {
            if let Some(place) = running.iter().position(|id| *id == session_id) {
                running.swap_remove(place);
            }
        });
        if has_password == Some(true) {
            return self.wait(String::from(body.to_string()));
        }
        self.outcome.set(Some(Outcome { session_id, result }));
        self.version.update(|version| *version += 1);
    }
}

/// A form that an act posts.
#[component]
pub(crate) fn ActForm(
    /// What it does.
    act: Act,
    /// The fields and the button.
    fields: Piece,
) -> impl IntoView {
    let submit: Box<dyn FnMut(ev::SubmitEvent)> = Box::new(move |event| act.submit(&event));
    view! {
        <form method="post" action=act.path on:submit=submit>
            {fields}
        </form>
    }
    .piece()
}

/// A form whose one button does something to a session.
#[component]
pub(crate) fn SessionForm(
    /// What it does.
    act: Act,
    /// The session that it is done to.
    session_id: String,
    /// The classes of the button.
    #[prop(default = "button button--danger")]
    class: &'static str,
    /// Whether it is under way.
    pending: Signal<bool>,
    /// The accessible name of the button; empty where its text says it all.
    label: String,
    /// The id of what describes it further; empty where nothing does.
    described_by: String,
    /// The button's text.
    text: Piece,
) -> impl IntoView {
    let given = |text: String| (!text.is_empty()).then_some(text);
    let (label, described_by) = (given(label), given(described_by));
    let fields = view! {
        <input type="hidden" name="session_id" value=session_id />
        <Submit class pending label described_by>
            {text}
        </Submit>
    }
    .piece();
    view! { <ActForm act fields /> }.piece()
}

/// Asks a server function, by POST if there is a body; gives the answer's body. Browser only.
pub(crate) async fn call(path: &str, body: Option<&UrlSearchParams>) -> Result<String, AppError> {
    let (ok, text) = ask(path, body).await.map_err(|_| AppError::unreachable())?;
    if ok { Ok(text) } else { Err(refusal(&parse(&text))) }
}

async fn ask(path: &str, body: Option<&UrlSearchParams>) -> Result<(bool, String), JsValue> {
    let headers = web_sys::Headers::new()?;
    headers.set("accept", "application/json")?;
    let init = RequestInit::new();
    init.set_headers(&headers);
    if let Some(body) = body {
        init.set_method("POST");
        init.set_body(body);
    }
    let answer: Response =
        JsFuture::from(window().fetch_with_str_and_init(path, &init)).await?.unchecked_into();
    let text = JsFuture::from(answer.text()?).await?;
    Ok((answer.ok(), text.as_string().unwrap_or_default()))
}

/// Reads JSON; what is none becomes `null`.
pub(crate) fn parse(text: &str) -> JsValue {
    js_sys::JSON::parse(text).unwrap_or(JsValue::NULL)
}

/// A field of an object; `undefined` where there is none.
pub(crate) fn field(object: &JsValue, name: &str) -> JsValue {
    js_sys::Reflect::get(object, &JsValue::from_str(name)).unwrap_or(JsValue::UNDEFINED)
}

/// The refusal that a body tells: `{"code": …, "message": …}`, and with some codes `"proofs": […]`.
pub(crate) fn refusal(body: &JsValue) -> AppError {
    match field(body, "message").as_string() {
        Some(message) => {
            let proofs = field(body, "proofs");
            let proofs = proofs.dyn_ref::<Array>().into_iter().flat_map(Array::iter);
            AppError {
                code: field(body, "code").as_string().unwrap_or_default(),
                message,
                proofs: proofs.filter_map(|name| SignInMethod::parse(&name.as_string()?)).collect(),
            }
        }
        None => Code::Internal.into(),
    }
}
