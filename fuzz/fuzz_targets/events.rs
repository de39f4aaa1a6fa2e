//! An event is read as it was written, or not at all.

#![no_main]

use libfuzzer_sys::fuzz_target;
use multi_session::{EventId, SessionEvent};

fuzz_target!(|text: &str| {
    if let Some(id) = EventId::parse(text) {
        assert_eq!(EventId::parse(&id.to_string()), Some(id));
    }
    if let Ok(event) = serde_json::from_str::<SessionEvent>(text) {
        let again = serde_json::to_string(&event).expect("JSON");
        assert_eq!(serde_json::from_str::<SessionEvent>(&again).expect("an event"), event);
    }
});
