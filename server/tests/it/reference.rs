//! The API reference: its page and files, served only by this server.

use axum::http::Method;
use axum::http::response::Parts;

use crate::harness::{FIREFOX, TestApp};

#[tokio::test]
async fn reference_page_loads_files_only_from_this_server() {
    let app = TestApp::start().await;
    let browser = app.browser(FIREFOX);
    let page = browser.open("/api/auth/reference").await;
    assert_eq!(page.status.as_u16(), 200);
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    assert!(page.header("content-security-policy").starts_with("default-src 'none'; script-src 'self';"));
    let linked: Vec<&str> = page.text.split('"').filter(|text| text.starts_with("reference/")).collect();
    assert_eq!(linked.len(), 4);
    for file in linked {
        // The large ones are compressed, so they are not text.
        let headers = [("accept-encoding", "gzip")];
        let path = format!("/api/auth/{file}");
        let (Parts { status, headers, .. }, bytes) =
            browser.send_for_bytes(Method::GET, &path, &headers, None).await;
        assert_eq!(status.as_u16(), 200, "{file}");
        let kind = if file.ends_with(".css") { "text/css" } else { "text/javascript" };
        assert!(headers["content-type"].to_str().is_ok_and(|it| it.starts_with(kind)), "{file}");
        assert_eq!(headers["x-content-type-options"], "nosniff");
        assert_eq!(headers["cache-control"], "public, max-age=3600");
        let gzipped = bytes.starts_with(&[0x1f, 0x8b]);
        assert_eq!(headers.get("content-encoding").is_some_and(|it| it == "gzip"), gzipped, "{file}");
    }
}

#[tokio::test]
async fn other_files_of_swagger_ui_are_not_served() {
    let app = TestApp::start().await;
    for file in ["", "index.html", "swagger-initializer.js", "..%2Fopenapi.json"] {
        let answer = app.browser(FIREFOX).get(&format!("/api/auth/reference/{file}")).await;
        assert_eq!((answer.status.as_u16(), answer.text.as_str()), (404, ""), "{file}");
    }
}
