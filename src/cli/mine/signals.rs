//! Words from outside: to end, to end at once, to read the settings anew.

use tokio::signal::unix::{Signal, SignalKind, signal};

use super::super::failure::Failure;
use crate::miner::{Tuning, Workshop};

/// Who listens to them.
pub(super) struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hangup: Signal,
}

impl Signals {
    /// Listens from now on.
    pub(super) fn listen() -> std::io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hangup: signal(SignalKind::hangup())?,
        })
    }

    /// Waits for the word to end; does `reread` whenever settings are to be read anew.
    pub(super) async fn end(
        &mut self,
        shop: &Workshop,
        reread: impl Fn() -> Result<Tuning, Failure>,
    ) {
        loop {
            tokio::select! {
                _ = self.terminate.recv() => return,
                _ = self.interrupt.recv() => return,
                _ = self.hangup.recv() => reload(shop, &reread),
            }
        }
    }

    /// Waits for the word to end, once more.
    pub(super) async fn end_at_once(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

fn reload(shop: &Workshop, reread: &impl Fn() -> Result<Tuning, Failure>) {
    let mut tuning = match reread() {
        Ok(tuning) => tuning,
        Err(failure) => {
            tracing::error!("settings stay as they were: {}", failure.message());
            return;
        }
    };
    let before = shop.tuning();
    if tuning.warrant != before.warrant {
        tracing::warn!("the warrant stays as it is until a restart, and the tasks with it");
        tuning.warrant = before.warrant;
        tuning.tasks.clone_from(&before.tasks);
    }
    shop.tune(tuning);
    tracing::info!(
        "settings were read anew: rules, upscale_model, batch_size, prefetch_frames, ffmpeg, tasks, \
         content_length, least_stake and what commands are given count from now on, everything else after a \
         restart"
    );
}
