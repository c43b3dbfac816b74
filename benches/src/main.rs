//! Measures ssekit beside the crates that do the same; README.md tells how and what.

mod allocator;
mod chunks;
mod corpora;
#[cfg(feature = "e2e")]
mod e2e;
mod instructions;
mod measure;
mod quick;
mod random;
mod report;
mod rows;
mod sink;
mod sizes;
#[path = "../../tests/standard/mod.rs"]
mod standard;
mod table;

use std::env;
use std::process::ExitCode;

use chunks::Chunking;
use corpora::Corpus;
use rows::Row;

const USAGE: &str = "\
table [RUNS]                    all rows, corpora and chunkings, into README.md and chart.svg
row NAME [CORPUS [CHUNKING]]    one row, beside the best correct peer; CHUNKING is whole, 16k, 1400, 64 or random
instructions ROW CORPUS [CHUNKING]
                                instructions per byte, by callgrind
e2e                             all clients over HTTP, into README.md
sizes                           dependencies and time to compile, into README.md
quick                           whether the events are right; fails if ours are not";

fn main() -> ExitCode {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    if run(&arguments).is_none() {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    }
    ExitCode::SUCCESS
}

/// `None` if that is no command.
fn run(arguments: &[&str]) -> Option<()> {
    match *arguments {
        ["table"] => report::table(&table::Table::measure(1)),
        ["table", runs] => report::table(&table::Table::measure(runs.parse().ok()?)),
        ["row", name] => {
            for corpus in corpora::NAMES {
                row(name, corpus, Chunking::KIB_16)?;
            }
        }
        ["row", name, corpus] => row(name, corpus, Chunking::KIB_16)?,
        ["row", name, corpus, chunking] => row(name, corpus, Chunking::by_name(chunking)?)?,
        ["instructions", row, corpus] => count(row, corpus, Chunking::KIB_16)?,
        ["instructions", row, corpus, chunking] => count(row, corpus, Chunking::by_name(chunking)?)?,
        // What `instructions` starts below callgrind.
        ["instrument", row, body, chunking] => {
            instructions::instrument(Row::by_name(row)?, body, Chunking::by_name(chunking)?);
        }
        ["sizes"] => report::sizes(&sizes::measure()),
        ["quick"] => {
            let failures = quick::run();
            if failures > 0 {
                eprintln!("{failures} failures");
                std::process::exit(1);
            }
        }
        _ => return end_to_end(arguments),
    }
    Some(())
}

#[cfg(feature = "e2e")]
fn end_to_end(arguments: &[&str]) -> Option<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.expect("the system has what a runtime wants");
    let result = match *arguments {
        ["e2e"] => {
            report::end_to_end(&e2e::measure());
            Ok(())
        }
        // What `e2e` starts.
        ["serve"] => {
            e2e::serve();
            Ok(())
        }
        ["client", client, address, body, what] => runtime.block_on(e2e::read(client, address, body, what == "count")),
        ["idle", client, address] => runtime.block_on(e2e::hold(client, address)),
        _ => return None,
    };
    if let Err(error) = result {
        eprintln!("{error}");
        std::process::exit(1);
    }
    Some(())
}

#[cfg(not(feature = "e2e"))]
fn end_to_end(_: &[&str]) -> Option<()> {
    None
}

fn row(name: &str, corpus: &str, chunking: Chunking) -> Option<()> {
    let row = Row::by_name(name)?;
    let corpus = Corpus::new(corpora::by_name(corpus)?, corpora::SIZE);
    let beside = rows::ALL.iter().filter(|other| other.name == row.name || other.whose == rows::Whose::Peers);
    let cell = measure::cell(beside, &corpus, chunking);
    report::cell(&cell);
    println!("  {:.2} times {}", cell.ratio(row.name), cell.best_peer().row.name);
    Some(())
}

fn count(row: &str, corpus: &str, chunking: Chunking) -> Option<()> {
    let count = instructions::per_byte(Row::by_name(row)?.name, corpora::by_name(corpus)?, chunking);
    println!("{:.3} instructions per byte", count.expect("valgrind is there"));
    Some(())
}
