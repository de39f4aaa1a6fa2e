//! The migrations, embedded in the program.
//!
//! `sqlx::migrate!` does the same, but compiles both drivers a second time for the compiler's own use.

use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::{SqlSafeStr, SqlStr};

/// The migrations in a folder under `migrations/`. Each has a file for each database.
macro_rules! migrations {
    ($folder:literal) => {
        $crate::store::migrations::migrations!(
            $folder,
            "0001_users",
            "0002_sessions",
            "0003_passwords",
            "0004_imported_sessions",
            "0005_reauthentication",
            "0006_shared_computers",
            "0007_device_names",
            "0008_history",
            "0010_mail",
            "0011_known_devices",
            "0012_undo",
            "0013_operator_acts",
            "0014_disabled_users",
            "0015_where_links_lead",
            "0016_email_keys",
            "0017_both_devices",
            "0018_bounded_history",
            "0020_imported_restrictions",
            "0021_write_checks",
            "0023_superseded_credentials",
            "0024_subjects",
            "0025_credential_epochs",
            "0026_outbox",
            "0027_step_up_methods",
            "0029_sign_in_tickets",
            "0030_cache_nodes",
            "0031_given_up_events",
        )
    };
    ($folder:literal, $($name:literal,)+) => {
        $crate::store::migrations::migrator(&[$((
            $name,
            include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/migrations/", $folder, "/", $name, ".sql")),
        )),+])
    };
}
pub(in crate::store) use migrations;

/// Creates a migrator from file names, such as `0001_users`, and their SQL.
pub(in crate::store) fn migrator(files: &[(&'static str, &'static str)]) -> Migrator {
    let migrations = files.iter().filter_map(|(name, sql)| {
        let (version, description) = name.split_once('_')?;
        let description = description.replace('_', " ").into();
        let sql: SqlStr = sql.into_sql_str();
        let is_without_transaction = sql.as_str().starts_with("-- no-transaction");
        let kind = MigrationType::Simple;
        Some(Migration::new(version.parse().ok()?, description, kind, sql, is_without_transaction))
    });
    Migrator::with_migrations(migrations.collect())
}
