//! The log of a miner: one line for each event on standard error, as text or JSON.

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt;

use super::super::context::{Context, Verbosity};
use crate::config::LogFormat;

/// Starts the log. A second call in one process has no effect.
pub(super) fn begin(context: &Context, format: LogFormat) {
    let level = match context.verbosity {
        Verbosity::Quiet => "error",
        Verbosity::Normal => "vidaio=info,warn",
        Verbosity::Verbose => "vidaio=debug,info",
    };
    let filter = EnvFilter::try_new(level).unwrap_or_default();
    let log = fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let _started = match format {
        LogFormat::Text => log.with_target(false).with_ansi(false).try_init(),
        LogFormat::Json => log.json().flatten_event(true).try_init(),
    };
}
