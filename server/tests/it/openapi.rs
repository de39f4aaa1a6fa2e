//! The OpenAPI document is complete and equals what the server does.

use std::collections::{BTreeMap, BTreeSet};

use axum::http::Method;
use multi_session::Code;
use multi_session::http::Problem;
use serde_json::{Value, json};

use crate::harness::{Answer, CHROME, FIREFOX, ORIGIN, SAFARI, TestApp, TestBrowser, text};
use crate::invariants::page;

/// Endpoints that only refuse, as in Better Auth.
const NEVER_SUCCEED: [&str; 2] = ["updateSession", "getSessionDeferred"];
/// Its success is only a redirect.
const SENDS_ON: &str = "resetPasswordCallback";
/// The examples have no valid token or ticket, and name no other session of the user. Their success is tested
/// in `mail.rs`, `choose_device.rs`, `recognize.rs`, `report.rs` and `undo.rs`.
const NEED_MORE: [&str; 5] = ["resetPassword", "signInInstead", "report", "undoRevoke", "recognize"];

/// The endpoints of operators' programs.
pub(crate) const OPERATOR: (&str, &str) = ("authorization", "Bearer mso_0123456789abcdef");

/// The flags of a server with all endpoints.
pub(crate) const EVERYTHING: [&str; 6] = [
    // printf TOKEN | sha256sum
    "--operator-token-hash",
    "68a2d922833af5fad2d20de6d7f0002d86e52a5490b98e5a2894d07e1e8dccd3",
    "--mail-from",
    "no-reply@example.org",
    // Nobody listens there, so mails stay queued.
    "--smtp-url",
    "smtp://127.0.0.1:1",
];

async fn start() -> TestApp {
    TestApp::start_with(&EVERYTHING).await
}

/// The document, read like a client.
struct Document(Value);

/// One method of one path.
struct Operation<'a> {
    document: &'a Document,
    method: Method,
    path: &'a str,
    value: &'a Value,
}

impl Document {
    async fn of(app: &TestApp) -> Self {
        Self(app.browser(FIREFOX).get("/api/auth/openapi.json").await.ok())
    }

    fn operations(&self) -> Vec<Operation<'_>> {
        let paths = self.0["paths"].as_object().expect("paths").iter();
        paths
            .flat_map(|(path, item)| {
                item.as_object().expect("an item").iter().map(|(method, value)| Operation {
                    document: self,
                    method: method.to_uppercase().parse().expect("a method"),
                    path,
                    value,
                })
            })
            .collect()
    }

    fn operation(&self, id: &str) -> Operation<'_> {
        self.operations().into_iter().find(|operation| operation.id() == id).expect("an operation")
    }

    /// The errors of a value against this schema.
    fn issues(&self, schema: &Value, value: &Value) -> Vec<String> {
        let schema = json!({ "components": self.0["components"], "allOf": [schema] });
        let validator = jsonschema::draft202012::options()
            .should_validate_formats(true)
            .build(&schema)
            .expect("a schema of JSON Schema 2020-12");
        validator.iter_errors(value).map(|error| format!("{}: {error}", error.instance_path())).collect()
    }
}

impl Operation<'_> {
    fn id(&self) -> &str {
        self.value["operationId"].as_str().expect("an id")
    }

    fn responses(&self) -> impl Iterator<Item = (&String, &Value)> {
        self.value["responses"].as_object().expect("responses").iter()
    }

    /// The example bodies, each with its media type; one empty example for an operation without a body.
    fn bodies(&self) -> Vec<Option<(String, Value)>> {
        let Some(content) = self.value["requestBody"]["content"].as_object() else { return vec![None] };
        let shown = content.iter().flat_map(|(kind, media)| {
            examples(media).into_iter().map(|example| Some((kind.clone(), example.clone())))
        });
        shown.collect()
    }

    /// Checks that the answer is described.
    #[track_caller]
    fn describes(&self, answer: &Answer) {
        let Self { method, path, .. } = self;
        let status = answer.status.as_str();
        let response = &self.value["responses"][status];
        assert!(response.is_object(), "{method} {path}: {status} is not described: {}", answer.text);
        if answer.status.is_redirection() {
            assert!(response["headers"]["Location"].is_object() && answer.text.is_empty(), "{method} {path}");
            return;
        }
        let kind = answer.header("content-type").split(';').next().expect("a type");
        let media = &response["content"][kind];
        assert!(media.is_object(), "{method} {path}: {status} is not described as {kind}");
        let value = if kind == "application/json" { answer.json() } else { json!(answer.text) };
        let issues = self.document.issues(&media["schema"], &value);
        assert!(issues.is_empty(), "{method} {path}: {status} {issues:?} in {value}");
    }
}

/// The examples of a media type.
fn examples(media: &Value) -> Vec<&Value> {
    let several = media["examples"].as_object().into_iter().flatten().map(|(_, example)| &example["value"]);
    media.get("example").into_iter().chain(several).collect()
}

#[tokio::test]
async fn every_operation_describes_input_and_answers() {
    let app = start().await;
    let document = Document::of(&app).await;
    assert_eq!(document.0["openapi"], "3.1.0");
    assert_eq!(document.0["info"]["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(document.0["servers"], json!([{ "url": ORIGIN }]));
    let tags: Vec<_> = document.0["tags"].as_array().expect("tags").iter().map(|tag| &tag["name"]).collect();
    let mut ids = BTreeSet::new();
    for operation in document.operations() {
        let Operation { method, path, value, .. } = &operation;
        assert!(!text(&value["summary"]).is_empty(), "{method} {path}");
        assert!(tags.contains(&&value["tags"][0]), "{method} {path}");
        assert!(value["security"].is_array(), "{method} {path}");
        assert!(
            ids.insert(operation.id().to_owned()),
            "{path}: another operation is called {}",
            operation.id()
        );

        let succeeds = operation.responses().any(|(status, _)| status.starts_with('2'));
        let expected = !NEVER_SUCCEED.contains(&operation.id()) && operation.id() != SENDS_ON;
        assert_eq!(succeeds, expected, "{method} {path}");
        if path.starts_with("/api/auth/") && value["tags"][0] != "server" {
            for status in ["413", "429", "500"] {
                assert!(value["responses"][status].is_object(), "{method} {path} {status}");
            }
        }
        for (status, response) in operation.responses() {
            assert!(!text(&response["description"]).is_empty(), "{method} {path} {status}");
            if status.starts_with('3') {
                continue;
            }
            let content = response["content"].as_object().expect("content");
            for (kind, media) in content {
                assert!(!examples(media).is_empty(), "{method} {path} {status} {kind} has no example");
            }
        }
        assert!(!operation.bodies().is_empty(), "{method} {path} shows no body");
    }
}

#[tokio::test]
async fn every_example_matches_its_schema() {
    let app = start().await;
    let document = Document::of(&app).await;
    let mut seen = 0;
    for operation in document.operations() {
        let answers = operation.responses().map(|(_, response)| &response["content"]);
        let contents = answers.chain([&operation.value["requestBody"]["content"]]);
        for (kind, media) in contents.filter_map(Value::as_object).flatten() {
            for example in examples(media) {
                let issues = document.issues(&media["schema"], example);
                assert!(issues.is_empty(), "{} {kind}: {issues:?} in {example}", operation.path);
                seen += 1;
            }
        }
    }
    assert!(seen > 150, "only {seen} examples");
}

/// A browser signed in as ada that holds mia's session too; ada has another device.
async fn signed_in(app: &TestApp) -> (TestBrowser, Value) {
    let browser = app.sign_up(FIREFOX, "mia").await;
    let held = browser.get_session().await["session"].clone();
    browser.sign_up("ada").await.ok();
    app.sign_in(SAFARI, "ada").await;
    (browser, held)
}

/// An example body, with an existing session and user.
fn with_session(mut body: Value, held: &Value) -> Value {
    let pairs = [("sessionId", "id"), ("sessionToken", "token"), ("token", "token"), ("userId", "userId")];
    for (name, of) in pairs {
        if let Some(value) = body.get_mut(name) {
            *value = held[of].clone();
        }
    }
    body
}

fn encoded(kind: &str, body: &Value) -> String {
    if kind == "application/json" {
        return body.to_string();
    }
    let fields = body.as_object().expect("fields").iter().map(|(name, value)| (name, text(value)));
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

#[tokio::test]
async fn every_example_request_succeeds_as_described() {
    let document = Document::of(&start().await).await;
    for operation in document.operations() {
        for body in operation.bodies() {
            let app = start().await;
            let (browser, held) = signed_in(&app).await;
            let kind = body.as_ref().map_or("", |(kind, _)| kind);
            let mut headers = vec![("origin", ORIGIN), OPERATOR];
            headers.extend(body.is_some().then_some(("content-type", kind)));
            let sent = body.as_ref().map(|(kind, body)| encoded(kind, &with_session(body.clone(), &held)));
            let mut path = operation.path.to_owned();
            for parameter in operation.value["parameters"].as_array().into_iter().flatten() {
                let name = text(&parameter["name"]);
                if parameter["required"] != true && parameter["example"].is_null() {
                    continue;
                }
                let example = text(&parameter["example"]);
                path = match parameter["in"] == "path" {
                    true => path.replace(&format!("{{{name}}}"), &example),
                    false => format!("{path}?{name}={example}"),
                };
            }
            let answer = browser.send(operation.method.clone(), &path, &headers, sent).await;
            operation.describes(&answer);
            if operation.id() == SENDS_ON {
                assert_eq!(answer.status.as_u16(), 302, "{path}");
                continue;
            }
            let succeeds = ![&NEVER_SUCCEED[..], &NEED_MORE].concat().contains(&operation.id());
            assert_eq!(answer.status.is_success(), succeeds, "{path}: {} {body:?}", answer.text);
        }
    }
}

#[tokio::test]
async fn stream_events_match_their_schema() {
    let app = start().await;
    let document = Document::of(&app).await;
    let laptop = app.sign_up(FIREFOX, "ada").await;
    let mut stream = laptop.events(None).await;
    let list = document.operation("listDeviceSessions");
    let rows = &list.value["responses"]["200"]["content"]["application/json"]["schema"];
    let snapshot = stream.snapshot().await.into();
    assert_eq!(document.issues(rows, &snapshot), Vec::<String>::new());
    let phone = app.sign_in(SAFARI, "ada").await.current_id().await;
    let event = json!({ "$ref": "#/components/schemas/SessionEvent" });
    let created = stream.wait_for("created", &phone).await;
    assert_eq!(document.issues(&event, &created), Vec::<String>::new());
    laptop.revoke(&phone).await.ok();
    let ended = stream.wait_for("ended", &phone).await;
    assert_eq!(document.issues(&event, &ended), Vec::<String>::new());
    assert!(!document.issues(&event, &json!({ "type": "ended" })).is_empty());
}

#[tokio::test]
async fn every_error_is_described() {
    let app = start().await;
    let document = Document::of(&app).await;
    app.sign_up(FIREFOX, "ada").await;
    let json = ("content-type", "application/json");
    let own = ("origin", ORIGIN);
    let huge = "x".repeat(64 * 1024 + 1);
    let requests: [(&[(&str, &str)], &str); 10] = [
        (&[own, json], "{"),
        (&[own, json], "[]"),
        (&[own, json], "null"),
        (
            &[own, json],
            r#"{"email":"x","password":"y","token":1,"sessionId":2,"scope":"z","newPassword":null}"#,
        ),
        (&[own, ("content-type", "text/plain")], "x"),
        (&[own, json], &huge),
        (&[json, ("origin", "https://evil.example")], "{}"),
        (&[json, ("origin", "null")], "{}"),
        (&[json, ("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate")], "{}"),
        // The last one, because some endpoints use it and end the session.
        (&[own, json], ""),
    ];
    let mut seen = BTreeSet::new();
    for operation in document.operations() {
        let stranger = app.browser(CHROME);
        let signed_in = app.sign_in(CHROME, "ada").await;
        for (headers, body) in requests {
            for browser in [&stranger, &signed_in] {
                // A GET has no body.
                let body = (operation.method == Method::POST).then(|| body.to_owned());
                let headers = &[headers, &[OPERATOR]].concat();
                let answer = browser.send(operation.method.clone(), operation.path, headers, body).await;
                operation.describes(&answer);
                seen.insert(answer.status.as_u16());
            }
        }
    }
    assert_eq!(seen, BTreeSet::from([200, 400, 401, 403, 405, 413, 415]));
}

#[tokio::test]
async fn every_route_is_described() {
    let app = start().await;
    let document = Document::of(&app).await;
    let described: BTreeSet<(&str, Method)> =
        document.operations().iter().map(|operation| (operation.path, operation.method.clone())).collect();
    let browser = app.sign_up(FIREFOX, "ada").await;
    let paths: BTreeSet<&str> = described.iter().map(|(path, _)| *path).collect();
    for path in paths.into_iter().filter(|path| path.starts_with("/api/auth/")) {
        for method in [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::HEAD] {
            if described.contains(&(path, method.clone())) {
                continue;
            }
            let answer = browser.send(method.clone(), path, &[("origin", ORIGIN), OPERATOR], None).await;
            assert_eq!((answer.status.as_u16(), answer.text.as_str()), (404, ""), "{method} {path}");
        }
    }
    assert_eq!(browser.whoami().await, "ada");
}

#[tokio::test]
async fn document_follows_the_configuration_and_needs_no_session() {
    let app = TestApp::start_with(&["--base-url", "https://id.example.org", "--cookie-prefix", "mine"]).await;
    let answer = app.browser(FIREFOX).get("/api/auth/openapi.json").await;
    assert!(answer.set_cookies().is_empty());
    let document = answer.ok();
    assert_eq!(document["servers"][0]["url"], "https://id.example.org");
    let cookie = &document["components"]["securitySchemes"]["session"];
    assert_eq!(cookie["in"], "cookie");
    assert_eq!(cookie["name"], "__Host-mine.session_token");
}

/// The table rows of docs/rest.md whose first cell is in backticks. The text of that cell comes first.
fn rest_page() -> Vec<Vec<String>> {
    let page = page("docs/rest.md");
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `")?.strip_suffix('|'));
    rows.map(|row| row.split('|').map(|cell| cell.trim().trim_end_matches('`').to_owned()).collect())
        .collect()
}

/// The upper-case words in backticks of a cell.
fn codes_in(cell: &str) -> BTreeSet<&str> {
    let words = cell.split(['`', ' ']).filter(|word| !word.is_empty());
    words.filter(|word| word.bytes().all(|b| b.is_ascii_uppercase() || b == b'_')).collect()
}

#[tokio::test]
async fn rest_page_has_every_endpoint_with_its_errors_and_every_code_with_its_status() {
    let app = start().await;
    let document = Document::of(&app).await;
    let rows = rest_page();

    let statuses: BTreeSet<_> =
        Code::ALL.iter().map(|code| (code.as_str(), Problem::status(*code).as_str().to_owned())).collect();
    let is_code = |row: &&Vec<String>| !row[0].contains(' ') && codes_in(&row[0]).len() == 1;
    let documented: BTreeSet<_> =
        rows.iter().filter(is_code).map(|row| (row[0].as_str(), row[1].clone())).collect();
    assert_eq!(documented, statuses);
    let general: BTreeSet<_> = rows
        .iter()
        .filter(is_code)
        .filter(|row| row[2].contains("Any request"))
        .map(|row| &*row[0])
        .collect();

    let mut endpoints = BTreeMap::new();
    for row in &rows {
        if let Some((method, path)) = row[0].split_once(' ') {
            let errors: BTreeSet<_> = &codes_in(&row[2]) - &general;
            assert!(
                endpoints.insert((method.to_owned(), path), errors).is_none(),
                "{method} {path} is there twice"
            );
        }
    }
    for operation in document.operations() {
        let Some(path) = operation.path.strip_prefix("/api/auth") else { continue };
        let refused = operation.responses().filter(|(status, _)| matches!(&status[..1], "4" | "5"));
        let words = refused.flat_map(|(_, it)| it["description"].as_str().unwrap_or_default().split(", "));
        let refused: BTreeSet<_> = words.filter(|word| codes_in(word).len() == 1).collect();
        let errors = endpoints.remove(&(operation.method.to_string(), path));
        assert_eq!(errors, Some(&refused - &general), "{} {path}", operation.method);
    }
    assert!(endpoints.is_empty(), "{endpoints:?}");
}
