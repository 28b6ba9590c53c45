//! What each class of synapses asks for, filled in.

use serde_json::Value;

use super::admission::Caller;
use super::class::Class;
use super::refusal::AxonRefusal;
use super::server::AxonServer;
use super::synapse::{Synapse, set_urls};
use crate::domain::Task;
use crate::miner::jobs::JobState;

impl AxonServer {
    /// Fills a synapse of an admitted caller in.
    pub(super) async fn fill(
        &self,
        class: Class,
        mut synapse: Synapse,
        caller: &Caller,
    ) -> Result<Synapse, AxonRefusal> {
        let tuning = self.service.tasks.tuning();
        match class {
            Class::Ping => {}
            Class::Warrant => {
                let number = match tuning.warrant {
                    Task::Compress => 1,
                    Task::Upscale => 2,
                };
                synapse.set("warrant_task", number.into());
            }
            Class::Length => synapse.set("max_content_length", tuning.content_length.into()),
            Class::Videos(task) => self.videos(&mut synapse, task, caller).await?,
            Class::Job(task) => self.polled_videos(&mut synapse, task, caller).await?,
            Class::Poll(_) => self.poll(&mut synapse, caller).await?,
            Class::Invitation => {
                let response = "invitation_response";
                echo(&mut synapse, response, "competition_id", "competition_id");
                echo(&mut synapse, response, "echo_nonce", "invitation_nonce");
                synapse.set_within(response, "participating", false.into());
                synapse.set_within(response, "supported_competition_type", Value::Null);
                synapse.set_within(response, "refusal_reason", "not participating".into());
            }
            Class::Submission => {
                let response = "submission_response";
                echo(&mut synapse, response, "competition_id", "competition_id");
                echo(&mut synapse, response, "echo_nonce", "request_nonce");
                synapse.set_within(response, "status", "NOT_READY".into());
                synapse.set_within(response, "reason", "not participating".into());
            }
        }
        Ok(synapse)
    }

    async fn poll(&self, synapse: &mut Synapse, caller: &Caller) -> Result<(), AxonRefusal> {
        let name = synapse.text("job_id").unwrap_or_default().to_owned();
        let states = self.jobs.request(&caller.hotkey, &name).await;
        let states = states.map_err(|e| {
            tracing::error!("the state of a job is unknown: {e}");
            AxonRefusal::new(503, "This miner cannot read its jobs now")
        })?;
        let response = "poll_response";
        synapse.set_within(response, "job_id", name.into());
        let (status, urls) = match states {
            None => ("failed", Vec::new()),
            Some(states) if states.contains(&JobState::Pending) => ("processing", Vec::new()),
            Some(states) => {
                let url = |state: JobState| match state {
                    JobState::Done(url) => url,
                    _ => String::new(),
                };
                let urls: Vec<String> = states.into_iter().map(url).collect();
                let has_none = urls.iter().all(String::is_empty);
                (if has_none { "failed" } else { "completed" }, urls)
            }
        };
        synapse.set_within(response, "status", status.into());
        set_urls(synapse, response, &urls);
        Ok(())
    }
}

/// Copies a text of the synapse into its response.
fn echo(synapse: &mut Synapse, response: &str, field: &str, source: &str) {
    let value = synapse.text(source).unwrap_or_default().to_owned();
    synapse.set_within(response, field, value.into());
}
