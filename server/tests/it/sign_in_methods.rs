//! Sign-in methods and accepted proofs.

use std::time::Duration;

use serde_json::{Value, json};

use crate::harness::{DAY, FIREFOX, PASSWORD, SAFARI, TestApp};

#[tokio::test]
async fn list_history_and_export_have_the_sign_in_method() {
    let app = TestApp::start().await;
    let laptop = app.sign_up(FIREFOX, "ada").await;
    app.sign_in(SAFARI, "ada").await;
    let rows = laptop.list().await;
    assert_eq!(rows.iter().map(|row| &row["signedInWith"]).collect::<Vec<_>>(), ["password", "password"]);

    let history = laptop.get("/api/auth/multi-session/history").await.ok();
    let told = |kind: &str| -> Vec<Value> {
        let entries = history["entries"].as_array().expect("entries").iter();
        entries.filter(|entry| entry["kind"] == kind).map(|entry| entry["signedInWith"].clone()).collect()
    };
    assert_eq!(told("signed_in"), ["password", "password"]);
    assert!(told("reauthenticated").is_empty());
    laptop.post("/api/auth/multi-session/reauthenticate", json!({ "password": PASSWORD })).await.ok();
    let entries = laptop.get("/api/auth/multi-session/history?kinds=reauthenticated").await.ok();
    assert_eq!(entries["entries"][0]["signedInWith"], "password");
    laptop.revoke_others().await.ok();
    let history = laptop.get("/api/auth/multi-session/history?kinds=ended").await.ok();
    assert_eq!(history["entries"][0]["signedInWith"], Value::Null);

    let export = laptop.post("/api/auth/multi-session/export-history", json!({ "format": "csv" })).await;
    assert!(export.text.lines().next().is_some_and(|head| head.trim_end().ends_with(",signed_in_with")));
    assert_eq!(export.text.lines().filter(|line| line.trim_end().ends_with(",password")).count(), 3);
}

#[tokio::test]
async fn refusal_of_a_stale_session_lists_the_accepted_proofs() {
    let app = TestApp::start().await;
    let laptop = app.sign_up(FIREFOX, "ada").await;
    app.advance(DAY + Duration::from_secs(1));
    let refused = laptop.revoke_others().await;
    refused.refused(403, "SESSION_NOT_FRESH");
    assert_eq!(refused.json()["proofs"], json!(["password"]));
    let other = laptop.revoke("unknown").await;
    assert_eq!(other.json()["proofs"], json!(["password"]));
    let wrong =
        laptop.post("/api/auth/sign-in/email", json!({ "email": "x@example.org", "password": "y" })).await;
    assert!(wrong.json().get("proofs").is_none(), "no other refusal has it");
}
