//! The reference store.

use std::path::Path;
use std::sync::Arc;

use multi_session::{MemoryStore, Store};

async fn make() -> (Arc<dyn Store>, ()) {
    (Arc::new(MemoryStore::default()), ())
}

multi_session::store_contract!(make());

#[test]
fn every_contract_test_is_listed() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/store");
    let listed = std::fs::read_to_string(folder.join("contract.rs")).expect("the list");
    let mut count = 0;
    for file in std::fs::read_dir(folder.join("contract")).expect("the folder") {
        let text = std::fs::read_to_string(file.expect("a file").path()).expect("text");
        for promise in text.split("pub async fn ").skip(1).filter_map(|rest| rest.split('(').next()) {
            assert!(listed.contains(&format!(" {promise}\n")), "{promise} is tested nowhere");
            count += 1;
        }
    }
    assert!(count > 50);
}
