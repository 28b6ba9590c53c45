//! `vidaio-torch`: responds to requests on standard input until it is closed.

use std::io::{self, Write};
use std::{env, error::Error, ffi::OsString, path::Path, process::ExitCode};
use vidaio_torch::{platform, serve, weights};

fn main() -> ExitCode {
    match run(&env::args_os().skip(1).collect::<Vec<_>>()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // A caller that is gone reads no message either.
            let _ = writeln!(io::stderr(), "vidaio-torch: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[OsString]) -> Result<(), Box<dyn Error>> {
    match arguments {
        [] => {
            platform::keep_memory();
            platform::exact_products();
            let frames = platform::claim_stdout()?;
            Ok(serve::serve(
                &mut io::stdin().lock(),
                &mut io::BufWriter::new(frames),
            )?)
        }
        [flag] if flag == "--version" => Ok(writeln!(io::stdout(), "{}", serve::version())?),
        // For tests only: weights with known values instead of the real ones.
        [flag, path] if flag == "--write-test-weights" => {
            let path = Path::new(path);
            let format = weights::Format::of(path).ok_or("name a .pth or .safetensors file")?;
            Ok(weights::write_synthetic(path, format)?)
        }
        _ => Err("it is started by vidaio, without arguments, or with --version".into()),
    }
}
