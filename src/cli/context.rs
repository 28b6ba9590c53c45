//! What every command starts from: settings, streams and verbosity.

use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy as _;

use super::failure::Failure;
use super::folders::{VARIABLES, absolute};
use super::global::GlobalArgs;
use super::output::Output;
use crate::config::{FrameSettings, KEYS, Layers, Settings, Trust, lay_environment_file};
use crate::report::Format;
use crate::scoring::rewards::Miner;
use crate::standing::read_population;
use crate::text::Separator;

/// Name of the settings file in a project's folder.
const PROJECT_FILE: &str = "vidaio.toml";
/// Settings for every user of the machine.
const SYSTEM_FILE: &str = "/etc/vidaio/config.toml";

/// How much is written to standard error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verbosity {
    Quiet,
    Normal,
    Verbose,
}

/// Settings and streams of one run.
pub(super) struct Context {
    #[cfg(feature = "mine")]
    args: GlobalArgs,
    pub(super) layers: Layers,
    pub(super) verbosity: Verbosity,
    pub(super) output: Option<PathBuf>,
}

impl Context {
    pub(super) fn new(args: GlobalArgs) -> Result<Self, Failure> {
        let verbosity = match (args.quiet, args.verbose) {
            (true, _) => Verbosity::Quiet,
            (_, true) => Verbosity::Verbose,
            _ => Verbosity::Normal,
        };
        let mut context = Self {
            layers: Layers::default(),
            verbosity,
            output: args.output.clone(),
            #[cfg(feature = "mine")]
            args: args.clone(),
        };
        for path in Self::files() {
            let trust = if path == Path::new(PROJECT_FILE) {
                Trust::Folder
            } else {
                Trust::Owner
            };
            for warning in context.layers.file(&path, trust)? {
                let nearest = warning
                    .nearest
                    .map(|n| format!("; did you mean `{n}`?"))
                    .unwrap_or_default();
                let why = if KEYS.iter().any(|k| k.name == warning.key) {
                    "is not taken from a file in the current folder"
                } else {
                    "is unknown and ignored"
                };
                context.warn(&format!(
                    "{}:{}: setting `{}` {why}{nearest}",
                    warning.path.display(),
                    warning.line,
                    warning.key
                ));
            }
        }
        let variables = lay_environment_file(&mut context.layers, &absolute(Path::new(VARIABLES)))
            .map_err(|e| Failure::usage(e.to_string()).hint("make it readable, or move it away"))?;
        for warning in variables {
            context.warn(&warning.to_string());
        }
        // Names that are not text cannot be settings of ours.
        let variables = std::env::vars_os()
            .filter_map(|(k, v)| Some((k.into_string().ok()?, v.into_string().ok()?)));
        context.layers.environment(variables);
        context.layers.flag("rules", args.rules);
        context.layers.flag("format", args.format);
        Ok(context)
    }

    /// Settings files, weakest first, whether they exist or not.
    pub(super) fn files() -> Vec<PathBuf> {
        let user = etcetera::choose_base_strategy().ok();
        let user = user.map(|base| base.config_dir().join("vidaio").join("config.toml"));
        [Some(SYSTEM_FILE.into()), user, Some(PROJECT_FILE.into())]
            .into_iter()
            .flatten()
            .collect()
    }

    /// The same with files and environment as they are now.
    #[cfg(feature = "mine")]
    pub(super) fn reread(&self) -> Result<Self, Failure> {
        Self::new(self.args.clone())
    }

    /// Whether something other than the default decides a setting.
    pub(super) fn is_set(&self, key: &str) -> bool {
        self.layers.is_set(key)
    }

    pub(super) fn settings(&self) -> Result<Settings, Failure> {
        self.settings_with(&[])
    }

    /// Settings with some flags laid over them.
    pub(super) fn settings_with(
        &self,
        flags: &[(&str, Option<String>)],
    ) -> Result<Settings, Failure> {
        let mut layers = self.layers.clone();
        for (key, value) in flags {
            layers.flag(key, value.clone());
        }
        Self::resolve(&layers)
    }

    /// Batch size and prefetch of frames for a network, with the arguments laid over the settings.
    pub(super) fn frames(
        &self,
        batch_size: Option<u32>,
        prefetch_frames: Option<u32>,
    ) -> Result<FrameSettings, Failure> {
        let mut layers = self.layers.clone();
        layers.flag("batch_size", batch_size.map(|n| n.to_string()));
        layers.flag("prefetch_frames", prefetch_frames.map(|n| n.to_string()));
        Ok(FrameSettings::resolve(&layers)?)
    }

    /// Settings of some layers.
    pub(super) fn resolve(layers: &Layers) -> Result<Settings, Failure> {
        let cores = std::thread::available_parallelism().map_or(1, |n| n.get());
        Ok(Settings::resolve(
            layers,
            u32::try_from(cores).unwrap_or(1),
        )?)
    }

    pub(super) fn format(&self) -> Result<Format, Failure> {
        let name = self.settings()?.format;
        Format::by_name(&name).ok_or_else(|| Failure::usage(format!("unknown format `{name}`")))
    }

    /// Folder of weights: from the settings, else in the user's data folder.
    pub(super) fn models_dir(&self, settings: &Settings) -> Result<PathBuf, Failure> {
        if let Some(folder) = &settings.models_dir {
            return Ok(folder.clone());
        }
        let base = etcetera::choose_base_strategy().map_err(|_| {
            Failure::usage("no home folder is known, so there is no place for weights")
                .hint("set VIDAIO_MODELS_DIR")
        })?;
        Ok(base.data_dir().join("vidaio").join("models"))
    }

    /// Folder of measurements that checks keep; none where no home folder is known.
    pub(super) fn cache_dir(&self) -> Option<PathBuf> {
        let base = etcetera::choose_base_strategy().ok()?;
        Some(base.cache_dir().join("vidaio").join("check"))
    }

    /// Opens the result's destination, before any long work.
    pub(super) fn open_output(&self, inputs: &[&std::path::Path]) -> Result<Output, Failure> {
        Output::open(self.output.as_deref(), inputs)
    }

    /// Whether bars may be drawn.
    pub(super) fn may_draw(&self) -> bool {
        self.verbosity == Verbosity::Normal && std::io::stderr().is_terminal()
    }

    /// The miners of a file, with a warning where its separator is not the comma.
    pub(super) fn population(&self, path: &Path) -> Result<Vec<Miner>, Failure> {
        let listed = read_population(path)?;
        self.warn_of_separator(path, listed.separator);
        Ok(listed.miners)
    }

    /// Warns where the separator of a table is not the comma.
    pub(super) fn warn_of_separator(&self, path: &Path, separator: Option<Separator>) {
        if let Some(note) = separator.and_then(Separator::note) {
            self.warn(&format!("{}: {note}", path.display()));
        }
    }

    pub(super) fn warn(&self, message: &str) {
        if self.verbosity != Verbosity::Quiet {
            let _stderr_may_be_gone = writeln!(std::io::stderr().lock(), "warning: {message}");
        }
    }

    pub(super) fn say(&self, message: &str) {
        if self.verbosity == Verbosity::Verbose {
            let _stderr_may_be_gone = writeln!(std::io::stderr().lock(), "{message}");
        }
    }
}
