//! Signals: to end, to end at once, to read the settings again.

use tokio::signal::unix::{Signal, SignalKind, signal};

use super::super::failure::Failure;
use crate::miner::{TaskService, Tuning};

/// The signals that a miner handles.
pub(super) struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hangup: Signal,
}

impl Signals {
    /// Handles signals from now on.
    pub(super) fn listen() -> std::io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hangup: signal(SignalKind::hangup())?,
        })
    }

    /// Waits for the signal to end. On every SIGHUP the settings are replaced by what `reread` gives.
    pub(super) async fn end(
        &mut self,
        service: &TaskService,
        reread: impl Fn() -> Result<Tuning, Failure>,
    ) {
        loop {
            tokio::select! {
                _ = self.terminate.recv() => return,
                _ = self.interrupt.recv() => return,
                _ = self.hangup.recv() => reload(service, &reread),
            }
        }
    }

    /// Waits for a second signal to end.
    pub(super) async fn end_at_once(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

fn reload(service: &TaskService, reread: &impl Fn() -> Result<Tuning, Failure>) {
    let mut tuning = match reread() {
        Ok(tuning) => tuning,
        Err(failure) => {
            tracing::error!("settings stay as they were: {}", failure.message());
            return;
        }
    };
    let before = service.tuning();
    if tuning.warrant != before.warrant {
        tracing::warn!("the warrant stays as it is until a restart, and the tasks with it");
        tuning.warrant = before.warrant;
        tuning.tasks.clone_from(&before.tasks);
    }
    service.tune(tuning);
    tracing::info!(
        "settings were read anew: rules, upscale_model, batch_size, prefetch_frames, ffmpeg, tasks, \
         content_length, least_stake and what commands are given count from now on, everything else after a \
         restart"
    );
}
