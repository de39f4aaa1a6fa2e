//! Every statement has an index.

use crate::harness::TestApp;

#[tokio::test]
async fn no_statement_scans_a_table() {
    let app = TestApp::start().await;
    let plans = app.store.explain().await.expect("the plans");
    assert!(plans.len() > 15);
    for (name, steps) in plans {
        for step in steps {
            let scans_a_table = step.starts_with("SCAN ")
                && !step.contains("json_each")
                && !step.contains("CONSTANT ROW")
                && !step.contains("batch");
            assert!(!scans_a_table, "{name}: {step}");
        }
    }
}
