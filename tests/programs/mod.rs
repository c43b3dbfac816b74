//! The examples, as programs to be run.

use std::process::Command;

/// Cargo builds the examples before it runs the tests, beside them.
pub fn example(name: &str) -> Command {
    let tests = std::env::current_exe().unwrap();
    let path = tests.parent().unwrap().parent().unwrap().join("examples").join(name);
    let path = path.with_extension(std::env::consts::EXE_EXTENSION);
    assert!(
        path.exists(),
        "{} is not there: a plain `cargo test` or `cargo build --examples` builds it",
        path.display()
    );
    Command::new(path)
}
