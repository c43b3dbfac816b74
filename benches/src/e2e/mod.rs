//! End to end, over HTTP/1.1 on the loopback interface: the server is another process, and so is each client.

mod clients;
mod idle;
mod server;

use std::collections::HashMap;
use std::env;
use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, Command, Stdio};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use self::clients::{EVENT_SOURCE, EVENT_STREAM, NAMES, PEERS};
pub use self::clients::{RAW, read};
pub use self::idle::hold;
pub use self::server::serve;
use crate::measure::median;
use crate::table::Verdict;

/// What is sent, and how many times as much CPU as raw reqwest ours may take for it.
const BODIES: [(&str, f64); 2] = [("openai", 1.3), ("wikimedia", 1.45)];
/// How often; the first time allocations are counted instead.
const ROUNDS: usize = 15;
/// Heap of an idle stream, in bytes over that of raw reqwest.
const IDLE: f64 = 2048.0;

/// What came of one client.
pub struct Client {
    pub name: &'static str,
    /// For each body.
    pub bodies: Vec<Body>,
    /// Heap of an idle stream, in bytes.
    pub idle: Option<f64>,
}

/// What came of one client and body.
#[derive(Default)]
pub struct Body {
    /// Seconds of CPU time for a million events, by round.
    rounds: Vec<f64>,
    pub allocations_per_event: f64,
    /// Why it could not be measured.
    pub wrong: Option<String>,
}

impl Body {
    pub fn seconds(&self) -> f64 {
        median(self.rounds.iter().copied())
    }

    /// How many times as much as another client, in the median of the rounds.
    pub fn ratio(&self, other: &Self) -> f64 {
        median(self.rounds.iter().zip(&other.rounds).map(|(own, other)| own / other))
    }
}

/// Measures all clients.
pub fn measure() -> Vec<Client> {
    let limit = getrlimit(Resource::Nofile).maximum;
    // Where that fails, connections will, and say so.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: limit, maximum: limit });
    let (mut server, address) = start_server();
    let bodies = || BODIES.iter().map(|_| Body::default()).collect();
    let mut clients: Vec<_> = NAMES.map(|name| Client { name, bodies: bodies(), idle: None }).into();
    for round in 0..=ROUNDS {
        eprintln!("end to end: round {round} of {ROUNDS}");
        for (index, (corpus, _)) in BODIES.iter().enumerate() {
            for client in &mut clients {
                let body = &mut client.bodies[index];
                if body.wrong.is_none() {
                    visit(body, client.name, &address, corpus, round == 0);
                }
            }
        }
    }
    for client in &mut clients {
        eprintln!("idle: {}", client.name);
        client.idle = child(&["idle", client.name, &address]).ok().and_then(|told| told.trim().parse().ok());
    }
    server.kill().expect("the server runs until it is killed");
    server.wait().expect("it was killed");
    clients
}

/// Whether the targets are met, by either of ours.
pub fn verdicts(clients: &[Client]) -> Vec<Verdict> {
    let by_name: HashMap<_, _> = clients.iter().map(|client| (client.name, client)).collect();
    let raw = by_name[RAW];
    let mut verdicts = Vec::new();
    for ours in [EVENT_STREAM, EVENT_SOURCE].map(|name| by_name[name]) {
        for (index, (corpus, wanted)) in BODIES.iter().enumerate() {
            let own = &ours.bodies[index];
            let what = format!("{}, {corpus}, CPU over {RAW}", ours.name);
            verdicts.push(Verdict::at_most(what, *wanted, own.ratio(&raw.bodies[index])));
            let peers = PEERS.iter().map(|name| by_name[name]).filter(|peer| peer.bodies[index].wrong.is_none());
            let best = peers.min_by(|a, b| a.bodies[index].seconds().total_cmp(&b.bodies[index].seconds()));
            if let Some(best) = best {
                let what = format!("{}, {corpus}, CPU over the best peer ({})", ours.name, best.name);
                verdicts.push(Verdict::at_most(what, 1.0, own.ratio(&best.bodies[index])));
            }
        }
        if let (Some(own), Some(raw)) = (ours.idle, raw.idle) {
            let what = format!("{}, heap of an idle stream in bytes, over {RAW}", ours.name);
            verdicts.push(Verdict::at_most(what, IDLE, own - raw));
        }
    }
    verdicts
}

/// The names of the bodies.
pub fn bodies() -> impl Iterator<Item = &'static str> {
    BODIES.iter().map(|(corpus, _)| *corpus)
}

/// Has a client of its own process read the body once.
fn visit(body: &mut Body, client: &str, address: &str, corpus: &str, counting: bool) {
    let count = if counting { "count" } else { "time" };
    let told = match child(&["client", client, address, corpus, count]) {
        Ok(told) => told,
        Err(error) => {
            body.wrong = Some(error);
            return;
        }
    };
    let mut numbers = told.split_whitespace().map(|number| number.parse().unwrap_or(f64::NAN));
    let (seconds, allocations) = (numbers.next().unwrap_or(f64::NAN), numbers.next().unwrap_or(f64::NAN));
    if counting {
        body.allocations_per_event = allocations;
    } else {
        body.rounds.push(seconds * 1e6);
    }
}

/// Runs another command of this program, and gives back what it prints, or how it failed.
fn child(arguments: &[&str]) -> Result<String, String> {
    let program = env::current_exe().expect("this program has a path");
    let output = Command::new(program).args(arguments).output().map_err(|error| error.to_string())?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let told = String::from_utf8_lossy(&output.stderr);
    Err(told.lines().rev().find(|line| !line.starts_with("note:")).unwrap_or_default().to_owned())
}

/// Its address is the first that it prints.
fn start_server() -> (Child, String) {
    let program = env::current_exe().expect("this program has a path");
    let mut server = Command::new(program)
        .arg("serve")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("this program can be run once more");
    let mut address = String::new();
    let output = server.stdout.take().expect("it is piped");
    BufReader::new(output).read_line(&mut address).expect("it prints its address");
    (server, address.trim().to_owned())
}

/// Waits until whoever started this is gone.
fn until_orphaned() {
    let _ = std::io::stdin().read_to_end(&mut Vec::new());
}
