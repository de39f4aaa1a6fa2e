//! docs/configuration.md has every setting of the program, with the default and the text of `--help`.

use std::collections::{BTreeMap, BTreeSet};

use clap::{Arg, Command, CommandFactory};
use server::Config;

use crate::invariants::page;

/// The default and the description of a setting.
type Row = (String, String);

/// The table rows whose first cell is a variable in backticks, by that variable.
fn rows() -> Vec<(String, Vec<String>)> {
    let text = page("docs/configuration.md");
    let rows = text.lines().filter_map(|line| {
        let cells = line.strip_prefix("| ")?.strip_suffix(" |")?.split(" | ");
        let mut cells = cells.map(str::to_owned);
        let name = cells.next()?.strip_prefix('`')?.strip_suffix('`')?.to_owned();
        let is_variable = name.bytes().all(|b| b.is_ascii_uppercase() || b == b'_');
        is_variable.then(|| (name, cells.collect()))
    });
    rows.collect()
}

/// The settings that the document has.
pub(crate) fn documented() -> BTreeMap<String, Row> {
    let mut found = BTreeMap::new();
    for (name, cells) in rows() {
        if let [default, meaning] = &cells[..] {
            let meaning = meaning.trim_end_matches('.').to_owned();
            assert!(
                found.insert(name.clone(), (default.clone(), meaning)).is_none(),
                "{name} is there twice"
            );
        }
    }
    found
}

/// The documented variables that are not settings.
fn others() -> BTreeSet<String> {
    rows().into_iter().filter(|(_, cells)| cells.len() == 1).map(|(name, _)| name).collect()
}

/// Every documented variable.
pub(crate) fn settings() -> BTreeSet<String> {
    documented().into_keys().chain(others()).collect()
}

/// The flag of a variable.
pub(crate) fn flag_of(name: &str) -> String {
    let name = name.strip_prefix("MULTI_SESSION_").or(name.strip_prefix("LEPTOS_")).unwrap_or(name);
    name.to_lowercase().replace('_', "-")
}

fn variable(arg: &Arg) -> Option<String> {
    arg.get_env().map(|name| name.to_string_lossy().into_owned())
}

/// The default of a flag, or else the one at the end of its text, and the text.
fn row(arg: &Arg) -> Row {
    let help = arg.get_help().expect("a text").to_string();
    let code = |value: &str| format!("`{value}`");
    if let Some((help, default)) = help.strip_suffix(']').and_then(|help| help.split_once(" [default: ")) {
        let default = if default.contains(' ') { default.to_owned() } else { code(default) };
        return (default, help.trim_end_matches('.').to_owned());
    }
    let default = arg.get_default_values().first().map(|value| code(&value.to_string_lossy()));
    (default.unwrap_or_else(|| "none".to_owned()), help.trim_end_matches('.').to_owned())
}

#[test]
fn document_has_every_setting_with_the_default_and_text_of_help() {
    let command = Config::command();
    let args: Vec<_> = command.get_arguments().filter(|arg| !arg.is_hide_set()).collect();
    let mut settings = BTreeMap::new();
    for arg in &args {
        let (id, name) = (arg.get_id(), variable(arg));
        let name = name.unwrap_or_else(|| panic!("{id} has no variable"));
        assert_eq!(arg.get_long(), Some(&*flag_of(&name)), "{name}");
        settings.insert(name, row(arg));
    }
    let documented = documented();
    for (name, setting) in &settings {
        assert_eq!(documented.get(name), Some(setting), "the row of {name}");
    }
    let names = |rows: &BTreeMap<String, Row>| rows.keys().cloned().collect::<BTreeSet<_>>();
    assert_eq!(names(&documented), names(&settings));
}

#[test]
fn document_names_every_value_that_a_setting_takes() {
    let documented = documented();
    for arg in Config::command().get_arguments() {
        let Some((_, meaning)) = variable(arg).and_then(|name| documented.get(&name).cloned()) else {
            continue;
        };
        for value in
            arg.get_possible_values().iter().filter(|value| !["true", "false"].contains(&value.get_name()))
        {
            let value = format!("`{}`", value.get_name());
            assert!(meaning.contains(&value), "{value} is not in {meaning:?}");
        }
    }
}

#[test]
fn document_has_the_variables_of_every_command() {
    let mut variables = BTreeSet::new();
    let mut commands: Vec<Command> = vec![Config::command()];
    while let Some(command) = commands.pop() {
        variables.extend(command.get_arguments().filter_map(variable));
        commands.extend(command.get_subcommands().cloned());
    }
    let mut documented = settings();
    // Read by libraries.
    for name in ["RUST_LOG", "NO_COLOR", "SSL_CERT_FILE"] {
        assert!(documented.remove(name), "{name} is not in the document");
    }
    assert_eq!(documented, variables);
}
