//! The scenarios of tests/data/scenarios.json, each over real sockets, by asking and by listening.
//!
//! A scenario says byte by byte what servers do, and what a client has to show. Where it allows several outcomes, ours is
//! the first, but for those of [`OURS`].

mod check;
mod client;
mod data;
mod http;
mod server;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use client::Way;
use data::{Expect, File, Scenario};
use serde_json::Value;
use server::Servers;
use tokio::sync::{Semaphore, oneshot};
use tokio::task::JoinSet;
use tokio::time::sleep;

/// The outcomes that are ours where they are not the first.
const OURS: [&str; 1] = ["cancel ends the wait with error(2)"];

/// The scenarios that are known to fail: there are none, and there is a reason for each that is added.
const EXPECTED_FAILURES: [&str; 0] = [];

/// How often one is played again that failed, by itself: the times in it are meant for a machine that has nothing else to
/// do. What is wrong is so each time.
const REPLAYS: usize = 3;

/// How many run side by side; those that measure times come after the others.
const AT_ONCE: usize = 48;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_scenario() {
    let file: File = serde_json::from_str(include_str!("../data/scenarios.json")).unwrap();
    let is_timed = |scenario: &Value| {
        scenario["expect"].get("timing").is_some() || scenario["client"].get("idle_timeout_ms").is_some()
    };
    let (timed, untimed): (Vec<Value>, Vec<Value>) = file.scenarios.into_iter().partition(is_timed);
    assert!(!timed.is_empty() && !untimed.is_empty());
    let mut failures = Vec::new();
    for scenarios in [untimed, timed] {
        failures.extend(side_by_side(scenarios).await);
    }
    failures.sort();
    let names: Vec<&str> = failures.iter().map(|(name, ..)| &**name).collect();
    let report: Vec<_> = failures.iter().map(|(name, way, wrong)| format!("{name} ({way}):\n{wrong}\n")).collect();
    assert!(names == EXPECTED_FAILURES, "{} failed\n\n{}", failures.len(), report.join("\n"));
}

async fn side_by_side(scenarios: Vec<Value>) -> Vec<(String, String, String)> {
    let permits = Arc::new(Semaphore::new(AT_ONCE));
    let mut runs = JoinSet::new();
    for scenario in scenarios {
        for way in [Way::Asking, Way::Listening] {
            let (scenario, permits) = (scenario.clone(), permits.clone());
            runs.spawn(async move {
                let _permit = permits.acquire().await.unwrap();
                let wrong = play(&scenario, way).await;
                (scenario, way, wrong)
            });
        }
    }
    let mut failures = Vec::new();
    for (scenario, way, mut wrong) in runs.join_all().await {
        for _ in 0..REPLAYS {
            if wrong.is_empty() {
                break;
            }
            wrong = play(&scenario, way).await;
        }
        if !wrong.is_empty() {
            let name = scenario["name"].as_str().unwrap().to_owned();
            failures.push((name, format!("{way:?}"), wrong.join("\n")));
        }
    }
    failures
}

/// Plays one scenario, and says what is wrong.
async fn play(scenario: &Value, way: Way) -> Vec<String> {
    let servers = Servers::new();
    let mut scenario: Scenario = match serde_json::from_value(filled_in(scenario, &servers)) {
        Ok(scenario) => scenario,
        Err(error) => return vec![format!("it cannot be read: {error}")],
    };
    choose(&mut scenario.expect);
    servers.start(&scenario.connections);
    let (cancel, cancelled) = oneshot::channel();
    let source = match (client::build(&scenario, cancelled), &scenario.expect.throws) {
        (Ok(source), None) => source,
        (Err(error), Some(_)) if error.is_builder() => return Vec::new(),
        (built, throws) => return vec![format!("{built:?}, expected to throw: {throws:?}")],
    };
    let observed = client::run(&scenario, way, source, &servers, cancel).await;
    if scenario.expect.server_sees_disconnect {
        wait_for_disconnect(&servers).await;
    }
    let mut wrong = servers.problems();
    wrong.extend(check::check(&scenario.name, &scenario.expect, &observed, &servers.seen()));
    wrong
}

/// Puts the ports of this run in place of the names of the origins.
fn filled_in(scenario: &Value, servers: &Servers) -> Value {
    static RUNS: AtomicUsize = AtomicUsize::new(0);
    let mut text = scenario.to_string();
    for (host, name) in [("A", "127.0.0.1"), ("B", "127.0.0.1"), ("C", "localhost")] {
        let authority = format!("{name}:{}", servers.port(host));
        for (placeholder, url) in [
            (format!("{{{host}}}"), format!("http://{authority}")),
            (format!("{{{host}_upper}}"), format!("HTTP://{authority}")),
            (format!("{{{host}_auth}}"), format!("http://u:p@{authority}")),
            (format!("{{{host}_https}}"), format!("https://{authority}")),
        ] {
            text = text.replace(&placeholder, &url);
        }
    }
    text = text.replace("{RUN}", &RUNS.fetch_add(1, Ordering::Relaxed).to_string());
    serde_json::from_str(&text).unwrap()
}

/// Takes the outcome that is ours.
fn choose(expect: &mut Expect) {
    let Some(ours) = expect.accept.iter().find(|outcome| OURS.contains(&&*outcome.label)).cloned() else { return };
    expect.requests = ours.requests.or(expect.requests.take());
    expect.events = ours.events.or(expect.events.take());
    expect.ready_states = ours.ready_states.or(expect.ready_states.take());
    expect.timing = ours.timing.or(expect.timing.take());
}

async fn wait_for_disconnect(servers: &Servers) {
    for _ in 0..1000 {
        if servers.seen().last().is_some_and(|seen| seen.was_left) {
            return;
        }
        sleep(Duration::from_millis(5)).await;
    }
}
