//! The seeds of `make fuzz`, and the inputs that once broke something, put through the same checks.

use std::path::Path;

use super::fuzz_checks::ALL;

#[test]
fn every_seed_passes_its_check() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus");
    for (name, check) in ALL {
        let mut seeds = 0;
        for seed in std::fs::read_dir(corpus.join(name)).unwrap() {
            let path = seed.unwrap().path();
            let (bytes, folder) = (std::fs::read(&path).unwrap(), tempfile::tempdir().unwrap());
            let checked = std::panic::catch_unwind(|| check(folder.path(), &bytes));
            assert!(checked.is_ok(), "{} breaks its check", path.display());
            seeds += 1;
        }
        assert!(seeds > 0, "{name} has no seeds");
    }
    assert_eq!(std::fs::read_dir(&corpus).unwrap().count(), ALL.len());
}
