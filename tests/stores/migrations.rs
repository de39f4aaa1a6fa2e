//! The schemas of the stores.

use std::path::Path;

fn names(folder: &str) -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations").join(folder);
    let files = std::fs::read_dir(folder).expect("the folder");
    let mut names: Vec<String> =
        files.map(|file| file.expect("a file").file_name().into_string().expect("a name")).collect();
    names.sort();
    names
}

#[test]
fn each_change_of_the_schema_has_its_file_for_each_database() {
    let sqlite = names("sqlite");
    assert!(sqlite.len() > 1);
    assert_eq!(sqlite, names("postgres"));
}

#[test]
fn the_number_of_a_migration_is_its_own() {
    for (at, name) in names("sqlite").iter().enumerate() {
        assert!(name.starts_with(&format!("{:04}_", at + 1)), "{name}");
    }
}
