//! The multi-session server.

use std::process::ExitCode;

use clap::Parser;
use mimalloc::MiMalloc;
use server::{Command, Config, ImportFrom, telemetry};

/// Rendering a page allocates about ten thousand small values. With the system's allocator that takes half of
/// the time. Huge pages would take 30 MB more and make nothing measurably faster, so they are off (`no_thp`).
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    let config = Config::parse();
    telemetry::init(config.log_format);
    let outcome = match config.command.clone().unwrap_or_default() {
        Command::Serve => server::serve(config).await,
        Command::Migrate => server::migrate(&config).await,
        Command::Health => server::check_health(&config),
        Command::Backup { file } => server::back_up(&config, &file).await,
        Command::Sessions { act } => server::operate(&config, act).await,
        Command::Users { act } => server::operate_users(&config, act).await,
        Command::Webhooks { act } => server::operate_webhooks(&config, act).await,
        Command::OperatorActs(list) => server::operator_acts(&config, list).await,
        Command::OperatorToken => server::print_operator_token(),
        Command::Import { from: ImportFrom::BetterAuth(import) } => server::import(&config, import).await,
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{}", telemetry::with_causes(&error));
            ExitCode::FAILURE
        }
    }
}
