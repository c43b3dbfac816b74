//! Servers that lie, stall, flood and break off: what the user sees of each, and how often it is asked.
//!
//! A case says what the server writes on each connection, byte by byte, and all that the source tells. What takes 256 MiB
//! is in `tests/hostile_memory/`, and what time has to do with in `tests/hostile_rates.rs`.

mod bodies;
#[cfg(feature = "gzip")]
mod codings;
#[path = "../encoders/mod.rs"]
#[cfg(feature = "gzip")]
mod encoders;
mod feeds;
mod heads;
mod play;
mod redirects;
#[path = "../server/mod.rs"]
mod server;

use std::collections::HashSet;

use play::{Case, play};
use tokio::task::JoinSet;

/// How often a case is played again that failed, by itself: a reset may overtake what was written, on a machine that is
/// busy. What is wrong is so each time.
const REPLAYS: usize = 3;

fn cases() -> Vec<Case> {
    let mut cases = bodies::cases();
    cases.extend(heads::cases());
    cases.extend(feeds::cases());
    cases.extend(redirects::cases());
    #[cfg(feature = "gzip")]
    cases.extend(codings::cases());
    cases
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_case() {
    let mut runs = JoinSet::new();
    let mut names = HashSet::new();
    for case in cases() {
        assert!(names.insert(case.name), "{} is there twice", case.name);
        runs.spawn(async move {
            let seen = play(&case).await;
            (case, seen)
        });
    }
    println!("{} servers", names.len());
    let mut wrong = Vec::new();
    for (case, mut seen) in runs.join_all().await {
        for _ in 0..REPLAYS {
            if case.is_as(&seen) {
                break;
            }
            seen = play(&case).await;
        }
        if !case.is_as(&seen) {
            wrong.push(format!("{}\n  {seen:?}, not\n  {:?}", case.name, case.expected));
        }
    }
    wrong.sort();
    assert!(wrong.is_empty(), "{} are wrong\n\n{}", wrong.len(), wrong.join("\n"));
}
