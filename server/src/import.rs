//! `multi-session import better-auth`.

use multi_session::{
    BetterAuthSource, Clock, ImportCounts, ImportOptions, ImportProgress, ImportReport, IpMode, SystemClock,
    import_better_auth,
};

use crate::{BetterAuthImport, Config, ServerError, database};

/// Imports the users and sessions of a Better Auth database, and logs the progress.
///
/// # Errors
///
/// [`ServerError::Config`] when the secrets are malformed, [`ServerError::Database`] when our own database
/// cannot be opened, [`ServerError::Import`] when the import failed.
pub async fn import(config: &Config, import: BetterAuthImport) -> Result<(), ServerError> {
    let secret = signing_secret(import.secrets.as_deref(), import.secret.as_deref())?;
    let store = database::open(config).await?;
    let imported = run(&*store, import, secret, config.ip_mode.0).await;
    store.close().await;
    imported
}

async fn run(
    store: &dyn database::Database,
    import: BetterAuthImport,
    secret: Option<String>,
    ip_mode: IpMode,
) -> Result<(), ServerError> {
    let failed = ServerError::Import;
    let source = BetterAuthSource::open(&import.from, &import.map).await;
    let mut source = source.map_err(|error| failed(error.into()))?;
    let BetterAuthImport { dry_run, allow_password_alone, .. } = import;
    let options = ImportOptions { secret, dry_run, allow_password_alone, ip_mode };
    let report = import_better_auth(&mut source, store, &options, SystemClock.now(), &mut log_progress)
        .await
        .map_err(failed)?;
    summarise(&report, &options);
    Ok(())
}

/// The secret that signs Better Auth's cookies: the first of several, as in Better Auth itself.
fn signing_secret(secrets: Option<&str>, secret: Option<&str>) -> Result<Option<String>, ServerError> {
    // The error contains no part of the secrets.
    let malformed = || {
        let how = "BETTER_AUTH_SECRETS must be VERSION:SECRET, separated by commas, each version a number";
        ServerError::Config(how.to_owned())
    };
    let read = |entry: &str| {
        let (version, secret) = entry.split_once(':').ok_or_else(malformed)?;
        let (version, secret) = (version.trim(), secret.trim());
        match version.parse::<u64>() {
            Ok(_) if !secret.is_empty() => Ok(secret.to_owned()),
            _ => Err(malformed()),
        }
    };
    match secrets.filter(|secrets| !secrets.is_empty()) {
        Some(secrets) => {
            let secrets = secrets.split(',').map(read).collect::<Result<Vec<_>, _>>()?;
            Ok(secrets.into_iter().next())
        }
        None => Ok(secret.filter(|secret| !secret.is_empty()).map(str::to_owned)),
    }
}

fn summarise(report: &ImportReport, options: &ImportOptions) {
    tracing::info!("users: {}", counts(report.users));
    if report.banned > 0 {
        tracing::info!(
            "banned in the source: {}. They are disabled here until `multi-session users enable`, even if the ban \
             expires",
            users(report.banned)
        );
    }
    if report.still_disabled > 0 {
        tracing::warn!(
            "no longer banned in the source: {}. They are still disabled here",
            users(report.still_disabled)
        );
    }
    match (report.two_factor, options.allow_password_alone) {
        (0, _) => {}
        (number, true) => {
            tracing::warn!(
                "with two-factor authentication in the source: {}. They can sign in by password alone",
                users(number)
            );
        }
        (number, false) => tracing::warn!(
            "with two-factor authentication in the source: {}. They stay signed in, but cannot sign in by password alone \
             unless you allow it with --allow-password-alone or `multi-session users allow-password-alone`",
            users(number)
        ),
    }
    tracing::info!("passwords: {}", counts(report.passwords));
    if report.sessions_are_elsewhere {
        tracing::warn!(
            "sessions: none, because there is no session table. With secondaryStorage sessions are elsewhere, and people \
             have to sign in again. If the table has another name, set it with --map session=NAME"
        );
    } else if options.secret.is_some() {
        tracing::info!(
            "sessions: {}, {} ended in the source since the last import",
            counts(report.sessions),
            report.ended
        );
    } else {
        tracing::warn!(
            "sessions: skipped, because their cookies cannot be verified without BETTER_AUTH_SECRET"
        );
    }
    if report.impersonated > 0 {
        tracing::warn!(
            "sessions in which an administrator acted as the user (impersonatedBy): {}, skipped",
            report.impersonated
        );
    }
    if !report.not_understood.is_empty() {
        tracing::warn!("not understood and not imported: {}", report.not_understood.join(", "));
    }
    if report.dropped > 0 {
        tracing::warn!("names, pictures and addresses dropped: {}, listed above", report.dropped);
    }
    let broken = report.users.broken + report.passwords.broken + report.sessions.broken;
    if broken > 0 {
        tracing::warn!("{broken} broken rows were skipped, listed above");
    }
    if options.dry_run {
        tracing::info!("this was a dry run: nothing was stored");
    } else {
        tracing::info!("everything was stored");
    }
}

fn log_progress(progress: ImportProgress) {
    match progress {
        ImportProgress::Read { table, rows } => tracing::info!("{table}: {rows} rows read"),
        ImportProgress::Broken { table, id, why } => tracing::warn!("{table} {id:?} was skipped: {why}"),
        ImportProgress::Dropped { table, id, what } => {
            tracing::warn!("{table} {id:?} was imported without {what}");
        }
        other => tracing::info!("{other:?}"),
    }
}

fn users(number: u64) -> String {
    if number == 1 { "1 user".to_owned() } else { format!("{number} users") }
}

fn counts(counts: ImportCounts) -> String {
    let ImportCounts { imported, updated, unchanged, expired, broken, .. } = counts;
    format!(
        "{imported} imported, {updated} updated, {unchanged} unchanged, {expired} expired, {broken} broken"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_several_secrets_signs_cookies() {
        for (secrets, secret, expected) in [
            (None, None, None),
            (None, Some("one"), Some("one")),
            (Some(""), Some("one"), Some("one")),
            (None, Some(""), None),
            (Some("2:new,1:old"), Some("one"), Some("new")),
            (Some(" 10 : with:colons , 1:old"), None, Some("with:colons")),
        ] {
            let signing = signing_secret(secrets, secret).expect("well-formed");
            assert_eq!(signing.as_deref(), expected, "{secrets:?} {secret:?}");
        }
        for secrets in ["hidden", "one:hidden", ":hidden", "1:", "2:new,", "2:new,hidden", "-1:hidden"] {
            let error = signing_secret(Some(secrets), Some("one")).expect_err("malformed").to_string();
            assert!(error.contains("BETTER_AUTH_SECRETS") && !error.contains("hidden"), "{error}");
        }
    }
}
