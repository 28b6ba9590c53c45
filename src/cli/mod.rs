//! The command line: arguments in, one exit code out. The only room that prints and reads the environment.

mod batch;
mod bundle;
mod calc;
mod calc_numbers;
mod calc_rows;
mod check;
mod codec;
mod completions;
mod compress;
mod config;
mod context;
mod doctor;
mod engine;
mod equipment;
mod exhausted;
mod exit;
mod explain;
mod failure;
mod folders;
mod global;
mod input;
#[cfg(feature = "subnet")]
mod keys;
mod ledger;
#[cfg(not(feature = "mine"))]
mod left_out;
mod lessons;
mod lint;
mod list;
mod making;
mod man;
mod memory;
#[cfg(feature = "mine")]
mod mine;
mod models;
mod multipliers;
mod output;
mod pieapp;
mod plot;
mod progress;
mod reach;
mod report;
mod revision;
mod rewards;
mod rounds;
mod rules;
mod schema;
mod score;
mod stored_round;
#[cfg(feature = "subnet")]
mod subnet;
mod task;
mod task_args;
mod upscale;
mod version;
mod video;
#[cfg(feature = "subnet")]
mod wallet;

pub use exhausted::Memory;
pub use exit::Exit;
pub use reach::Reach;
pub use video::VIDEO;

use clap::{CommandFactory as _, Parser, Subcommand};

use context::Context;
use failure::Failure;
use global::GlobalArgs;

/// What a Vidaio (Bittensor subnet 85) validator would say of a processed video, offline and exactly.
#[derive(Debug, Parser)]
#[command(name = "vidaio", disable_version_flag = true, max_term_width = 100)]
struct Args {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    global: GlobalArgs,
    /// Print the version; with --verbose those of all libraries
    #[arg(short = 'V', long)]
    version: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Score a processed video as a validator would
    Score(score::ScoreArgs),
    /// Every gate of the rules for an answer: what fails, why, what it costs, how to mend it
    ///
    /// Gates come in the validator's order. The first failure decides; the others are shown all the same.
    /// Exit code 1 when a gate fails.
    Lint(lint::LintArgs),
    /// Check cases of a manifest against what is expected of them, for CI
    ///
    /// Exit code 1 when a score or a verdict is not as expected, 3 when a case could not be scored.
    Check(check::CheckArgs),
    /// Make a page about measurements, with graphs and the worst frames
    ///
    /// Scores under every revision, gates, VMAF and PIE-APP by frame, a histogram, the five worst frames as
    /// pictures, facts of the files, and how the numbers were made. No script, nothing from elsewhere.
    Report(report::ReportArgs),
    /// Work formulas out without a video
    Calc(calc::CalcArgs),
    /// Multipliers over the last rounds of a folder of history, and what the next would change
    Multipliers(multipliers::MultipliersArgs),
    /// Draw a graph of the rules or of a measurement as SVG
    Plot(plot::PlotArgs),
    /// Replay a history through a miner's standing (accumulate_score)
    Ledger(ledger::LedgerArgs),
    /// Split rewards over the miners of a population
    Rewards(rewards::RewardsArgs),
    /// Explain multipliers, scores, rewards or stake with the constants of a revision
    Explain(explain::ExplainArgs),
    /// The dated rules: list them, show one, compare two
    Rules(rules::RulesArgs),
    /// Make the compression that scores best: searched, measured in full, put in place when it is whole
    ///
    /// Encodes at several qualities, measures each file as a validator would, and keeps the one that scores
    /// highest of those that pass every gate. The newest rules count unless --rules names others.
    /// Exit code 1 when nothing passes every gate, 5 when the deadline was too short for a first file.
    Compress(Box<compress::CompressArgs>),
    /// Enlarge a video twice or four times, by a filter or a network
    ///
    /// Every frame is enlarged and encoded nearly without loss within the bytes that the rules allow. The
    /// result passes every gate that looks at the file alone; `vidaio score upscale` needs the original.
    Upscale(Box<upscale::UpscaleArgs>),
    /// Serve validators: take their tasks, make the videos, answer, until it is told to end
    ///
    /// Speaks the artifact exchange that validators of today speak. The newest rules count unless --rules names
    /// others. SIGTERM ends it once the tasks under way are done, SIGHUP reads the settings anew.
    #[cfg(feature = "mine")]
    Mine(Box<mine::MineArgs>),
    #[cfg(not(feature = "mine"))]
    #[command(hide = true, disable_help_flag = true, about = left_out::ABOUT, long_about = None, after_help = left_out::HINT)]
    Mine(left_out::Arguments),
    /// Work off jobs of a miner on another machine, from a queue that both share
    ///
    /// Takes orders of `vidaio mine --queue URL` and puts results into the bucket that both are set up with.
    #[cfg(feature = "mine")]
    Worker(Box<mine::WorkerArgs>),
    #[cfg(not(feature = "mine"))]
    #[command(hide = true, disable_help_flag = true, about = left_out::ABOUT, long_about = None, after_help = left_out::HINT)]
    Worker(left_out::Arguments),
    /// The subnet on the chain: who mines, who validates, who is paid what
    ///
    /// Without a command an overview. Reads mainnet unless --network names another; --save keeps a snapshot and
    /// --from works offline with it.
    #[cfg(feature = "subnet")]
    Subnet(Box<subnet::SubnetArgs>),
    #[cfg(not(feature = "subnet"))]
    #[command(hide = true, disable_help_flag = true, about = left_out::ABOUT, long_about = None, after_help = left_out::HINT)]
    Subnet(left_out::Arguments),
    /// Wallets: list them, show a hotkey, sign, verify
    #[cfg(feature = "subnet")]
    Wallet(wallet::WalletArgs),
    #[cfg(not(feature = "subnet"))]
    #[command(hide = true, disable_help_flag = true, about = left_out::ABOUT, long_about = None, after_help = left_out::HINT)]
    Wallet(left_out::Arguments),
    /// Weights of networks: list, fetch, verify, import
    Models(models::ModelsArgs),
    /// Check what this machine has and lacks
    Doctor,
    /// Settings: their values with where each came from
    Config(config::ConfigArgs),
    /// Print a JSON schema of results
    Schema(schema::SchemaArgs),
    /// Print a completion script for a shell
    Completions(completions::CompletionsArgs),
    /// Write the manual pages into a folder, one per command
    Man(man::ManArgs),
}

/// Runs the program with the process's own arguments and streams. Commands that read video are run
/// where they are linked in, and handed to the program that has them where they are not.
#[must_use]
pub fn run(reach: &Reach) -> Exit {
    exhausted::report_refused_threads();
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(e) => return exit::after_clap(&e),
    };
    let result = Context::new(args.global).and_then(|context| match args.command {
        _ if args.version => version::run(&context, reach),
        None => Err(Failure::usage("no command was given").hint("`vidaio --help` lists them")),
        Some(Command::Score(args)) => reach.video(|video| (video.score)(&context, args)),
        Some(Command::Lint(args)) => reach.video(|video| (video.lint)(&context, args)),
        Some(Command::Check(args)) => reach.video(|video| (video.check)(&context, &args)),
        Some(Command::Compress(args)) => reach.video(|video| (video.compress)(&context, &args)),
        Some(Command::Upscale(args)) => reach.video(|video| (video.upscale)(&context, &args)),
        Some(Command::Report(args)) => reach.video(|video| (video.report)(&context, &args)),
        Some(Command::Calc(args)) => calc::run(&context, args),
        Some(Command::Multipliers(args)) => multipliers::run(&context, &args),
        Some(Command::Plot(args)) => plot::run(&context, &args),
        Some(Command::Ledger(args)) => ledger::run(&context, &args),
        Some(Command::Rewards(args)) => rewards::run(&context, &args),
        Some(Command::Explain(args)) => explain::run(&context, &args),
        Some(Command::Rules(args)) => rules::run(&context, args),
        #[cfg(feature = "mine")]
        Some(Command::Mine(args)) => mine::run(&context, &args),
        #[cfg(feature = "mine")]
        Some(Command::Worker(args)) => mine::run_worker(&context, &args),
        #[cfg(not(feature = "mine"))]
        Some(Command::Mine(_) | Command::Worker(_)) => Err(left_out::failure("mine")),
        #[cfg(feature = "subnet")]
        Some(Command::Subnet(args)) => subnet::run(&context, &args),
        #[cfg(feature = "subnet")]
        Some(Command::Wallet(args)) => wallet::run(&context, &args),
        #[cfg(not(feature = "subnet"))]
        Some(Command::Subnet(_) | Command::Wallet(_)) => Err(left_out::failure("subnet")),
        Some(Command::Models(args)) => models::run(&context, args),
        Some(Command::Doctor) => reach.video(|video| (video.doctor)(&context)),
        Some(Command::Config(args)) => config::run(&context, &args),
        Some(Command::Schema(args)) => schema::run(&context, &args),
        Some(Command::Man(args)) => man::run(&args, Args::command()),
        Some(Command::Completions(args)) => completions::run(&context, &args, Args::command()),
    });
    match result {
        Ok(exit) => exit,
        Err(failure) => failure.report(),
    }
}
