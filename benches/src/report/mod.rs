//! What is written: sections of README.md, between markers, and a chart.

mod chart;
mod markdown;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

#[cfg(feature = "e2e")]
use crate::e2e;
use crate::measure::Cell;
use crate::sizes::Size;
use crate::table::Table;

/// Writes the table to README.md and the chart beside it, and prints the table.
pub fn table(table: &Table) {
    fs::write(directory().join("chart.svg"), chart::draw(table)).expect("the directory of this package can be written");
    section("parsers", &markdown::table(table));
}

/// Writes what came of the clients to README.md, and prints it.
#[cfg(feature = "e2e")]
pub fn end_to_end(clients: &[e2e::Client]) {
    section("end to end", &markdown::end_to_end(clients));
}

/// Writes what comes along with each crate to README.md, and prints it.
pub fn sizes(sizes: &[Size]) {
    section("sizes", &markdown::sizes(sizes));
}

/// Prints what was measured in one cell.
pub fn cell(cell: &Cell) {
    println!("{}", markdown::cell(cell));
}

/// Replaces a section of README.md, and prints it.
fn section(name: &str, text: &str) {
    let path = directory().join("README.md");
    let page = fs::read_to_string(&path).expect("README.md is there");
    let (begin, end) = (format!("<!-- {name} -->\n"), format!("<!-- end of {name} -->\n"));
    let (before, rest) = page.split_once(&begin).expect("README.md has the marker at which the section begins");
    let (_, after) = rest.split_once(&end).expect("README.md has the marker at which the section ends");
    let text = format!("\n{}\n\n{}\n", machine(), text.trim_end());
    println!("{text}");
    fs::write(path, [before, &begin, &text, "\n", &end, after].concat()).expect("README.md can be written");
}

/// The version of a crate that is measured here.
pub fn version(name: &str) -> &'static str {
    let lock = include_str!("../../Cargo.lock");
    let package = lock.split("[[package]]\n").find_map(|package| {
        let rest = package.strip_prefix("name = \"")?.strip_prefix(name)?.strip_prefix("\"\nversion = \"")?;
        rest.split('"').next()
    });
    package.unwrap_or_default()
}

fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

/// When this was, and on what.
fn machine() -> String {
    let says = |program: &str, argument: &str| {
        let output = Command::new(program).arg(argument).output().ok();
        output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default()
    };
    let cpus = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpus.lines().find(|line| line.starts_with("model name")).and_then(|line| line.split_once(": "));
    let model = model.map_or(std::env::consts::ARCH, |(_, model)| model);
    let cores = thread::available_parallelism().map_or(0, usize::from);
    let (date, rust) = (says("date", "+%F"), says("rustc", "--version"));
    format!("Measured on {date}: {model}, {cores} cores, {}; {rust}, default target.", std::env::consts::OS)
}
