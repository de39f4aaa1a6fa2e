//! The schemas of the stores.

use std::path::Path;

use sqlx::Connection;
use sqlx::sqlite::SqliteConnection;

fn names(folder: &str) -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations").join(folder);
    let files = std::fs::read_dir(folder).expect("the folder");
    let mut names: Vec<String> =
        files.map(|file| file.expect("a file").file_name().into_string().expect("a name")).collect();
    names.sort();
    names
}

#[test]
fn every_migration_exists_for_each_database() {
    let sqlite = names("sqlite");
    assert!(sqlite.len() > 1);
    assert_eq!(sqlite, names("postgres"));
}

#[tokio::test]
async fn every_migration_is_embedded() {
    let folder = tempfile::TempDir::new().expect("a folder");
    let url = format!("sqlite://{}", folder.path().join("test.db").display());
    multi_session::SqliteStore::open(&url).await.expect("a database");
    let mut database = SqliteConnection::connect(&url).await.expect("a connection");
    let applied: Vec<(i64, String)> =
        sqlx::query_as("select version, description from _sqlx_migrations order by version")
            .fetch_all(&mut database)
            .await
            .expect("the applied migrations");
    let applied: Vec<String> = applied
        .into_iter()
        .map(|(version, description)| format!("{version:04}_{}.sql", description.replace(' ', "_")))
        .collect();
    assert_eq!(applied, names("sqlite"));
}

#[test]
fn migration_numbers_are_unique() {
    let names = names("sqlite");
    let numbers: Vec<&str> = names.iter().filter_map(|name| Some(name.split_once('_')?.0)).collect();
    assert_eq!(numbers.len(), names.len());
    assert!(numbers.iter().all(|number| number.len() == 4 && number.parse::<u32>().is_ok()), "{numbers:?}");
    assert!(numbers.windows(2).all(|pair| pair[0] < pair[1]), "{numbers:?}");
}
