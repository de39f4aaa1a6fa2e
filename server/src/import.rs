//! `multi-session import better-auth`.

use multi_session::{
    BetterAuthSource, Clock, ImportCounts, ImportOptions, ImportProgress, IpMode, SystemClock,
    import_better_auth,
};

use crate::{BetterAuthImport, Config, ServerError, database};

/// Takes the users and sessions of a Better Auth database over, telling how it goes.
///
/// # Errors
///
/// [`ServerError::Database`] when our own database cannot be opened, [`ServerError::Import`] when nothing was taken.
pub async fn import(config: &Config, import: BetterAuthImport) -> Result<(), ServerError> {
    let store = database::open(config).await?;
    let imported = run(&*store, import, config.ip_mode.0).await;
    store.close().await;
    imported
}

async fn run(
    store: &dyn database::Database,
    import: BetterAuthImport,
    ip_mode: IpMode,
) -> Result<(), ServerError> {
    let failed = ServerError::Import;
    let mut source = BetterAuthSource::open(&import.from).await.map_err(|error| failed(error.into()))?;
    let options = ImportOptions { secret: import.secret, dry_run: import.dry_run, ip_mode };
    let report = import_better_auth(&mut source, store, &options, SystemClock.now(), &mut tell)
        .await
        .map_err(failed)?;

    tracing::info!("users: {}", counts(report.users));
    tracing::info!("passwords: {}", counts(report.passwords));
    if options.secret.is_some() {
        tracing::info!("sessions: {}, {} ended there since", counts(report.sessions), report.ended);
    } else {
        tracing::warn!("sessions: left, since their cookies cannot be verified without BETTER_AUTH_SECRET");
    }
    let broken = report.users.broken + report.passwords.broken + report.sessions.broken;
    if broken > 0 {
        tracing::warn!("{broken} broken rows were skipped: they are told above");
    }
    if options.dry_run {
        tracing::info!("this was a dry run: nothing of it was kept");
    } else {
        tracing::info!("all of it is kept");
    }
    Ok(())
}

fn tell(progress: ImportProgress) {
    match progress {
        ImportProgress::Read { table, rows } => tracing::info!("{table}: {rows} rows read"),
        ImportProgress::Broken { table, id, why } => tracing::warn!("{table} {id:?} was skipped: {why}"),
    }
}

fn counts(counts: ImportCounts) -> String {
    let ImportCounts { taken, updated, unchanged, expired, broken } = counts;
    format!("{taken} taken, {updated} updated, {unchanged} unchanged, {expired} expired, {broken} broken")
}
