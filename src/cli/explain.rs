//! `vidaio explain`.

use serde::Serialize;

use super::context::Context;
use super::exit::Exit;
use super::failure::Failure;
use crate::report::{Topic, explain};
use crate::rules::Catalogue;

#[derive(Debug, clap::Args)]
pub(super) struct ExplainArgs {
    /// What to explain
    topic: TopicArgument,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum, Serialize)]
#[serde(rename_all = "kebab-case")]
enum TopicArgument {
    /// Multipliers over the last rounds
    Multipliers,
    /// Scores of one video
    Score,
    /// The split of rewards
    Rewards,
    /// What stake does and does not do
    Stake,
}

impl From<TopicArgument> for Topic {
    fn from(argument: TopicArgument) -> Self {
        match argument {
            TopicArgument::Multipliers => Self::Multipliers,
            TopicArgument::Score => Self::Score,
            TopicArgument::Rewards => Self::Rewards,
            TopicArgument::Stake => Self::Stake,
        }
    }
}

#[derive(Serialize)]
struct Explanation {
    rules: String,
    topic: TopicArgument,
    text: String,
}

pub(super) fn run(context: &Context, args: &ExplainArgs) -> Result<Exit, Failure> {
    let catalogue = Catalogue::embedded()?;
    let revision = catalogue.find(&context.settings()?.rules)?;
    let explanation = Explanation {
        rules: revision.name.clone(),
        topic: args.topic,
        text: explain(args.topic.into(), revision),
    };
    let text = context.format()?.render(&explanation, |e| e.text.clone())?;
    context.open_output(&[])?.finish(&text)?;
    Ok(Exit::Ok)
}
