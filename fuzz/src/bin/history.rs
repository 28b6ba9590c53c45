//! Feeds `checks::history`.

fn main() {
    // Made before AFL forks, so that it is one folder however often the program begins anew.
    let folder = tempfile::tempdir().expect("there is room for a folder");
    afl::fuzz!(|data: &[u8]| vidaio_fuzz::checks::history::check(folder.path(), data));
}
