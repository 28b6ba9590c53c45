//! Gives the worker and its tests the folders libtorch is loaded from, so that they run without `LD_LIBRARY_PATH`.

use std::{env, fs, path::Path};

fn main() {
    println!("cargo:rerun-if-env-changed=LIBTORCH");
    println!("cargo:rerun-if-env-changed=VIDAIO_TORCH_LIBRARIES");
    println!("cargo:rerun-if-changed=build.rs");
    // Where a package puts them; nothing of the machine that built it may stand in the program then.
    if let Some(folder) = env::var_os("VIDAIO_TORCH_LIBRARIES") {
        run_path(Path::new(&folder));
        return;
    }
    let Some(libtorch) = env::var_os("LIBTORCH") else {
        return;
    };
    let libtorch = Path::new(&libtorch);
    run_path(&libtorch.join("lib"));
    // A wheel keeps the CUDA libraries that libtorch names in `nvidia/*/lib` beside the `torch` folder.
    let Some(nvidia) = libtorch.parent().map(|site| site.join("nvidia")) else {
        return;
    };
    let mut folders: Vec<_> = fs::read_dir(nvidia)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path().join("lib"))
        .filter(|folder| folder.is_dir())
        .collect();
    folders.sort();
    for folder in folders {
        run_path(&folder);
    }
}

/// `DT_RPATH` and not `DT_RUNPATH`: only the former also serves the libraries that libtorch itself loads.
fn run_path(folder: &Path) {
    println!(
        "cargo:rustc-link-arg=-Wl,--disable-new-dtags,-rpath,{}",
        folder.display()
    );
}
