//! The results for many user agents, with expressions for the expected device.

use multi_session::device_of;
use regex::Regex;
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Case {
    user_agent: String,
    browser: String,
    os: String,
    kind: String,
}

impl Case {
    /// The difference from the expected result, if there is one.
    fn fault(&self) -> Option<String> {
        let device = device_of(&self.user_agent);
        let kind = serde_json::to_value(device.kind).expect("a name");
        let read = [
            (&*device.browser, &self.browser),
            (&*device.os, &self.os),
            (kind.as_str().expect("a name"), &self.kind),
        ];
        let is_right = |(text, right): (&str, &String)| {
            Regex::new(&format!("^(?:{right})$")).expect("an expression").is_match(text)
        };
        (!read.into_iter().all(is_right)).then(|| format!("{read:?}: {}", self.user_agent))
    }
}

fn faults(cases: &str) -> Vec<String> {
    let cases: Vec<Case> = serde_json::from_str(cases).expect("cases");
    cases.iter().filter_map(Case::fault).collect()
}

#[test]
fn reported_user_agents_are_read_correctly() {
    let faults = faults(include_str!("reported.json"));
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn user_agents_of_all_kinds_are_read_correctly() {
    let faults = faults(include_str!("others.json"));
    assert!(faults.is_empty(), "{faults:#?}");
}
