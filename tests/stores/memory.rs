//! The reference store.

use std::sync::Arc;

use multi_session::{MemoryStore, Store};

async fn make() -> (Arc<dyn Store>, ()) {
    (Arc::new(MemoryStore::default()), ())
}

multi_session::store_contract!(make());
