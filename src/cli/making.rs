//! Arguments and checks that `compress` and `upscale` share.

use std::path::{Path, PathBuf};

use super::context::Context;
use super::exit::Exit;
use super::failure::Failure;
use crate::config::Settings;
use crate::domain::Codec;
use crate::encode::EncoderChoice;

/// Arguments of every command that makes a video.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Machine")]
pub(super) struct MakingArgs {
    /// The FFmpeg program that encodes [default: ffmpeg on PATH]
    #[arg(long, value_name = "PROGRAM")]
    ffmpeg: Option<PathBuf>,
    /// Threads for decoding, encoding and measuring; 0 takes every core
    #[arg(long)]
    threads: Option<u32>,
    /// MiB in all; without, half of what the machine has free may hold the input's frames
    #[arg(long, value_name = "MIB")]
    memory: Option<u64>,
    /// Seed of everything that validators draw at random
    #[arg(long)]
    seed: Option<u64>,
    /// End when the process of this number, which started this one, ends
    #[arg(long, hide = true, value_name = "PID")]
    ends_with_parent: Option<i32>,
}

/// The settings, overridden by these arguments; `device` is given by commands that run networks.
pub(super) fn settings(
    context: &Context,
    args: &MakingArgs,
    device: Option<&str>,
) -> Result<Settings, Failure> {
    if let Some(parent) = args.ends_with_parent {
        end_with(parent)?;
    }
    let ffmpeg = match args.ffmpeg.as_deref().map(Path::to_str) {
        Some(None) => {
            return Err(Failure::usage("the path of FFmpeg is not UTF-8 text").hint("rename it"));
        }
        text => text.flatten().map(str::to_owned),
    };
    context.settings_with(&[
        ("ffmpeg", ffmpeg),
        ("threads", args.threads.map(|n| n.to_string())),
        ("memory", args.memory.map(|n| n.to_string())),
        ("seed", args.seed.map(|n| n.to_string())),
        ("device", device.map(str::to_owned)),
    ])
}

/// Niceness of work for a miner, relative to the miner's own. Our choice.
const NICENESS: i32 = 10;
/// `oom_score_adj` of work for a miner, from -1000 to 1000: when memory runs out the kernel kills it before the
/// miner, whose own is 0. Our choice.
const OOM_SCORE_ADJ: &str = "300";

/// Makes the kernel kill this process when its parent ends, and lowers its priority.
fn end_with(parent: i32) -> Result<(), Failure> {
    use rustix::process::{Signal, getppid, set_parent_process_death_signal};
    let failed = |why: String| Failure::new(Exit::Internal, why);
    // The parent serves requests meanwhile, which come first if there are few cores.
    let _no_matter = rustix::process::nice(NICENESS);
    let _no_matter = fs_err::write("/proc/self/oom_score_adj", OOM_SCORE_ADJ);
    set_parent_process_death_signal(Some(Signal::KILL)).map_err(|e| failed(e.to_string()))?;
    // The parent may have ended before the signal was requested.
    if getppid().map(|pid| pid.as_raw_nonzero().get()) != Some(parent) {
        return Err(failed("the process that started this one has ended".into()));
    }
    Ok(())
}

/// The revision to encode for: the newest, unless the user names another.
pub(super) fn rules<'a>(context: &Context, settings: &'a Settings) -> &'a str {
    if context.is_set("rules") {
        &settings.rules
    } else {
        "latest"
    }
}

/// MiB of memory for measuring, and bytes that the decoded input may occupy.
pub(super) fn memory(context: &Context, args: &MakingArgs, settings: &Settings) -> (u64, u64) {
    let asked = settings.memory << 20;
    if args.memory.is_some() || context.is_set("memory") {
        return (settings.memory, asked / 2);
    }
    let free = super::memory::free();
    (settings.memory, free.map_or(asked / 2, |bytes| bytes / 2))
}

/// Rejects an encoder of another codec.
pub(super) fn check_codec(choice: EncoderChoice, codec: Codec) -> Result<(), Failure> {
    match choice {
        EncoderChoice::Named(encoder) if encoder.codec != codec => Err(Failure::usage(format!(
            "--encoder {} makes {}, but --codec says {codec}",
            encoder.name, encoder.codec
        ))
        .hint(format!("add --codec {}", encoder.codec))),
        _ => Ok(()),
    }
}

/// The canonical form of a path, whether the file exists or not.
fn canonical(path: &Path) -> PathBuf {
    let folder = || {
        let folder = fs_err::canonicalize(crate::encode::folder_of(path)).ok()?;
        Some(folder.join(path.file_name()?))
    };
    fs_err::canonicalize(path)
        .ok()
        .or_else(folder)
        .unwrap_or_else(|| path.to_path_buf())
}

/// Rejects an output that is the input, and two outputs that are one file. `others` are outputs besides the
/// video.
pub(super) fn refuse_same(
    input: &Path,
    output: &Path,
    others: &[(&str, Option<&Path>)],
) -> Result<(), Failure> {
    let mut taken = vec![("the input, which is never written to", canonical(input))];
    let written = [("OUT", Some(output))];
    for (name, path) in written.iter().chain(others) {
        let Some(path) = path.filter(|p| *p != Path::new("-")) else {
            continue;
        };
        let path_of_file = canonical(path);
        if let Some((what, _)) = taken.iter().find(|(_, other)| *other == path_of_file) {
            return Err(
                Failure::usage(format!("{}: this file is {what}", path.display()))
                    .hint("choose another name for the result"),
            );
        }
        let what = match *name {
            "OUT" => "where the video goes",
            _ => "where another result goes",
        };
        taken.push((what, path_of_file));
    }
    Ok(())
}

/// Checks before any work that the output can be written.
pub(super) fn check_destination(output: &Path) -> Result<(), Failure> {
    let failed = |reason: String| {
        Failure::new(
            Exit::Output,
            format!("{}: cannot be written ({reason})", output.display()),
        )
    };
    if output.is_dir() {
        return Err(failed("it is a folder".into()).hint("name a file inside it"));
    }
    if output
        .extension()
        .is_none_or(|e| !e.eq_ignore_ascii_case("mp4"))
    {
        return Err(
            failed("validators take MP4 alone".into()).hint("give it a name that ends in .mp4")
        );
    }
    match std::fs::metadata(output) {
        Ok(meta) if !meta.is_file() => {
            return Err(failed("it is no plain file".into()).hint("name a plain file"));
        }
        Err(e) if e.kind() == std::io::ErrorKind::InvalidFilename => {
            return Err(failed(e.to_string()).hint("choose a shorter name"));
        }
        _ => {}
    }
    let folder = crate::encode::folder_of(output);
    if !folder.is_dir() {
        return Err(failed(format!("there is no folder {}", folder.display()))
            .hint("make the folder first"));
    }
    tempfile::NamedTempFile::new_in(folder)
        .map_err(|e| Failure::unwritable(output, &e).hint("choose a folder you may write to"))?;
    Ok(())
}
