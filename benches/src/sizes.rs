//! What comes along with each crate, and how long a parser takes to be compiled from nothing.

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use crate::measure::median;
use crate::report;

/// How often each one is compiled.
const ROUNDS: usize = 3;

/// A crate with some of its features, as a program would depend on it.
struct Package {
    what: &'static str,
    name: &'static str,
    /// What stands in its manifest beside the version.
    options: &'static str,
    /// Whether it is a parser that is there without a client, which is compiled too.
    parser: bool,
}

const fn package(what: &'static str, name: &'static str, options: &'static str, parser: bool) -> Package {
    Package { what, name, options, parser }
}

const BARE: &str = ", default-features = false";

const PACKAGES: [Package; 16] = [
    package("ssekit, the parser alone", "ssekit", BARE, true),
    package("ssekit, the parser with `simd`", "ssekit", r#", default-features = false, features = ["simd"]"#, true),
    package(
        "ssekit, with `simd` and `stream`",
        "ssekit",
        r#", default-features = false, features = ["simd", "stream"]"#,
        true,
    ),
    package("sse-core, without features", "sse-core", BARE, true),
    package("sse-core", "sse-core", "", true),
    package("sse-stream", "sse-stream", "", true),
    package("sseer", "sseer", "", true),
    package("sse-parse", "sse-parse", "", true),
    package("eventsource-stream", "eventsource-stream", "", true),
    package("ssekit, the client without TLS", "ssekit", r#", default-features = false, features = ["reqwest"]"#, false),
    package("ssekit, by default, with TLS and HTTP/2", "ssekit", "", false),
    package("sse-reqwest-client, without TLS", "sse-reqwest-client", "", false),
    package("sseer, with `reqwest`, without TLS", "sseer", r#", features = ["reqwest"]"#, false),
    package("reqwest-sse, without TLS", "reqwest-sse", "", false),
    package("reqwest-eventsource, with its default TLS", "reqwest-eventsource", "", false),
    package("eventsource-client, without TLS", "eventsource-client", "", false),
];

/// What came of one of them.
pub struct Size {
    pub what: &'static str,
    pub version: &'static str,
    /// How many crates there are in its tree, itself included.
    pub crates: usize,
    /// Seconds from nothing to a release build of it and of all it needs, by the clock on the wall.
    pub seconds: Option<f64>,
}

/// Measures all of them, in a directory for temporary files.
pub fn measure() -> Vec<Size> {
    let directory = env::temp_dir().join(format!("ssekit-benches-{}", std::process::id()));
    let sizes = PACKAGES.iter().map(|package| {
        eprintln!("{}", package.what);
        let manifest = write(package, &directory);
        let crates = count(&manifest);
        let seconds =
            package.parser.then(|| median((0..ROUNDS).map(|_| compile(&manifest, &directory.join("target")))));
        Size { what: package.what, version: report::version(package.name), crates, seconds }
    });
    let sizes = sizes.collect();
    fs::remove_dir_all(directory).expect("it was made here");
    sizes
}

/// Makes a package that depends on this one alone, in the versions that are locked here.
fn write(package: &Package, directory: &Path) -> PathBuf {
    let Package { name, options, .. } = package;
    let place = match *name {
        "ssekit" => concat!("path = '", env!("CARGO_MANIFEST_DIR"), "/..'").to_owned(),
        name => format!("version = \"={}\"", report::version(name)),
    };
    let manifest = format!(
        "[package]\nname = \"alone\"\nedition = \"2024\"\n[workspace]\n[dependencies]\n{name} = {{ {place}{options} }}\n"
    );
    fs::create_dir_all(directory.join("src")).expect("the directory for temporary files can be written");
    fs::write(directory.join("src/lib.rs"), "").expect("the directory was made");
    fs::write(directory.join("Cargo.lock"), include_str!("../Cargo.lock")).expect("the directory was made");
    let path = directory.join("Cargo.toml");
    fs::write(&path, manifest).expect("the directory was made");
    path
}

fn count(manifest: &Path) -> usize {
    let arguments = ["tree", "--quiet", "--edges", "normal", "--prefix", "none", "--no-dedupe", "--manifest-path"];
    let output = Command::new("cargo").args(arguments).arg(manifest).output().expect("cargo runs this");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let told = String::from_utf8_lossy(&output.stdout);
    let crates: BTreeSet<_> = told.lines().map(|line| line.trim_end_matches(" (proc-macro)")).collect();
    // Less the package that was made.
    crates.len() - 1
}

fn compile(manifest: &Path, target: &Path) -> f64 {
    if target.exists() {
        fs::remove_dir_all(target).expect("it was made here");
    }
    let begin = Instant::now();
    let arguments = ["build", "--quiet", "--release", "--manifest-path"];
    let mut build = Command::new("cargo");
    build.args(arguments).arg(manifest).arg("--target-dir").arg(target);
    assert!(build.status().expect("cargo runs this").success(), "what is measured can be compiled");
    begin.elapsed().as_secs_f64()
}
