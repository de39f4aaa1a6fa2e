//! The limit of open files. Each connection is one, and the rest of the program needs some as well.

use std::thread::available_parallelism;

use crate::{Config, ServerError};

/// Open files other than connections and databases: mails that are being sent, files that are being served,
/// the log.
const OTHERS: u64 = 150;
/// Open files for each processor: a rendering thread, and SQLite's readers.
const OF_PROCESSOR: u64 = 10;

/// How many connections and streams fit.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Room {
    pub(crate) connections: usize,
    pub(crate) streams: usize,
}

/// Raises the limit of open files as far as the configuration needs and the system allows. Returns how many
/// connections fit.
///
/// Without a free file anything may fail, so fewer connections are accepted, and clients wait.
///
/// # Errors
///
/// [`ServerError::OpenFiles`] when no connection fits.
pub(crate) fn room(config: &Config) -> Result<Room, ServerError> {
    let others = others(config);
    let needed = others + u64::from(config.maximum_connections.get());
    let limit = raised(needed);
    let room = Room::within(limit.saturating_sub(others), config);
    if room.connections == 0 {
        return Err(ServerError::OpenFiles { limit, needed });
    }
    let Room { connections, streams } = room;
    let (most, most_streams) = (config.maximum_connections, config.maximum_streams);
    if needed > limit {
        tracing::warn!(
            "the limit of open files is {limit}: {connections} connections fit instead of {most}. \
             Raise it to {needed} (ulimit -n, LimitNOFILE), or lower MULTI_SESSION_MAXIMUM_CONNECTIONS"
        );
    }
    if streams < most_streams {
        tracing::warn!(
            "only {streams} live streams are served instead of {most_streams}, because the {connections} connections must \
             leave room for other requests. Lower MULTI_SESSION_MAXIMUM_STREAMS, or raise \
             MULTI_SESSION_MAXIMUM_CONNECTIONS or the limit of open files"
        );
    }
    Ok(room)
}

impl Room {
    /// What fits into so many files. A sixth of the connections is for requests other than streams, as by
    /// default.
    fn within(files: u64, config: &Config) -> Self {
        let connections = files.min(u64::from(config.maximum_connections.get())) as usize;
        let streams = match config.maximum_streams {
            streams if streams < connections => streams,
            _ => connections - connections.div_ceil(6),
        };
        Self { connections, streams }
    }
}

fn others(config: &Config) -> u64 {
    let processors = available_parallelism().map_or(2, usize::from) as u64;
    OTHERS + OF_PROCESSOR * processors + u64::from(config.database_connections.get())
}

/// Returns how many files may be open: `needed` if the system allows that limit.
#[cfg(unix)]
fn raised(needed: u64) -> u64 {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    // `None` means unlimited.
    let limit = current.unwrap_or(u64::MAX);
    let raised = maximum.map_or(needed, |maximum| maximum.min(needed));
    if raised > limit && setrlimit(Resource::Nofile, Rlimit { current: Some(raised), maximum }).is_ok() {
        return raised;
    }
    limit
}

#[cfg(not(unix))]
fn raised(_needed: u64) -> u64 {
    u64::MAX
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[test]
    fn connections_and_streams_are_reduced_to_the_limit_of_open_files() {
        let within = |files, flags: &[&str]| {
            let Room { connections, streams } =
                Room::within(files, &Config::parse_from(["multi-session"].iter().chain(flags)));
            (connections, streams)
        };
        assert_eq!(within(u64::MAX, &[]), (12_000, 10_000));
        assert_eq!(within(12_000, &[]), (12_000, 10_000));
        assert_eq!(within(600, &[]), (600, 500));
        assert_eq!(within(600, &["--maximum-streams", "550"]), (600, 550));
        assert_eq!(within(u64::MAX, &["--maximum-connections", "600"]), (600, 500));
        assert_eq!(within(2, &[]), (2, 1));
        assert_eq!(within(1, &[]), (1, 0));
        assert_eq!(within(0, &[]), (0, 0));
    }
}
