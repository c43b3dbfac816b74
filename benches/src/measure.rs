//! The clock: passes of all rows in turn, so that whatever else the machine does meets all of them alike.

use std::hint::black_box;
use std::time::{Duration, Instant};

use bytes::Bytes;
use rustix::time::{ClockId, clock_gettime};

use crate::allocator;
use crate::chunks::{Chunking, Feed};
use crate::corpora::Corpus;
use crate::random::Random;
use crate::rows::{Row, Whose};
use crate::sink::{Proof, Tally};

/// How many rounds there are.
const ROUNDS: usize = 21;
/// How many a row that is slow takes part in.
const FEWEST_ROUNDS: usize = 3;
/// What the passes of one row over one corpus and chunking may take together, in seconds; what is slower has fewer.
const BUDGET: f64 = 0.1;
/// Where a pass is cut off, by the clock on the wall: there are quadratic ones.
const CAP: Duration = Duration::from_millis(150);

/// How long a proof of a peer may take; ours is proved to the end.
const PROOF: Duration = Duration::from_millis(400);

/// One corpus in one chunking.
pub struct Cell {
    pub corpus: &'static str,
    pub chunking: Chunking,
    pub bytes: usize,
    pub results: Vec<Measured>,
}

/// What came of one row there.
pub struct Measured {
    pub row: &'static Row,
    /// Where its events are not the right ones.
    pub wrong: Option<String>,
    /// Whether it was cut off.
    pub cut: bool,
    pub allocations_per_event: f64,
    /// Seconds for the whole body, by round; extrapolated by events if it was cut off.
    rounds: Vec<Option<f64>>,
}

impl Measured {
    /// The median, in MB/s.
    pub fn speed(&self, bytes: usize) -> f64 {
        bytes as f64 / 1e6 / median(self.rounds.iter().flatten().copied())
    }

    /// How many times as fast it is as another one, in the median of the rounds that both took part in.
    pub fn ratio(&self, other: &Self) -> f64 {
        let rounds = self.rounds.iter().zip(&other.rounds);
        median(rounds.filter_map(|(own, other)| Some((*other)? / (*own)?)))
    }
}

impl Cell {
    /// Adds the rounds of another run.
    pub fn add(&mut self, run: Self) {
        for (result, other) in self.results.iter_mut().zip(run.results) {
            result.rounds.extend(other.rounds);
        }
    }

    pub fn result(&self, name: &str) -> &Measured {
        self.results.iter().find(|result| result.row.name == name).expect("the names of rows are constants")
    }

    /// The fastest peer whose events are right.
    pub fn best_peer(&self) -> &Measured {
        let peers = self.results.iter().filter(|result| result.row.whose == Whose::Peers && result.wrong.is_none());
        peers
            .max_by(|a, b| a.speed(self.bytes).total_cmp(&b.speed(self.bytes)))
            .expect("there are peers whose events are right")
    }

    /// How many times as fast one of ours is as that.
    pub fn ratio(&self, name: &str) -> f64 {
        self.result(name).ratio(self.best_peer())
    }
}

/// Measures these rows over one corpus in one chunking.
pub fn cell(rows: impl Iterator<Item = &'static Row>, corpus: &Corpus, chunking: Chunking) -> Cell {
    let chunks = chunking.cut(&corpus.bytes);
    let mut first = Vec::new();
    let mut results: Vec<_> = rows
        .map(|row| {
            let wrong = prove(row, corpus, &chunks);
            allocator::start();
            let pass = pass(row, corpus, &chunks);
            allocator::stop();
            first.push(pass.seconds);
            // What a pass that was cut off allocates is not worth the extrapolation.
            let allocations = if pass.cut { f64::NAN } else { pass.allocations as f64 };
            Measured {
                row,
                wrong,
                cut: pass.cut,
                allocations_per_event: allocations / corpus.events.len() as f64,
                rounds: vec![None; ROUNDS],
            }
        })
        .collect();
    let mut random = Random::new("rounds");
    let mut order: Vec<_> = (0..results.len()).collect();
    for round in 0..ROUNDS {
        random.shuffle(&mut order);
        for &row in &order {
            let (result, first) = (&mut results[row], first[row]);
            let wanted = ((BUDGET / first) as usize).clamp(FEWEST_ROUNDS, ROUNDS);
            if result.cut {
                // Once is enough to see that it is slow.
                result.rounds[0] = Some(first);
            } else if round % (ROUNDS / wanted) == 0 {
                result.rounds[round] = Some(pass(result.row, corpus, &chunks).seconds);
            }
        }
    }
    Cell { corpus: corpus.name, chunking, bytes: corpus.bytes.len(), results }
}

/// Where the events of this row are not the right ones; as far as it gets, if it is slow.
pub fn prove(row: &Row, corpus: &Corpus, chunks: &[Bytes]) -> Option<String> {
    let prove = row.prove?;
    let time = if row.whose == Whose::Ours { Duration::from_hours(1) } else { PROOF };
    let deadline = Instant::now() + time;
    let mut proof = Proof::new(&corpus.events, deadline);
    prove(&mut Feed::new(chunks.to_vec(), Some(deadline)), &mut proof);
    proof.verdict()
}

/// One pass that nobody times.
pub fn once(row: &Row, corpus: &Corpus, chunks: &[Bytes]) {
    pass(row, corpus, chunks);
}

/// What came of one pass.
struct Pass {
    /// CPU time for the whole body; extrapolated by events if the pass was cut off.
    seconds: f64,
    cut: bool,
    /// While they are counted.
    allocations: usize,
}

fn pass(row: &Row, corpus: &Corpus, chunks: &[Bytes]) -> Pass {
    let chunks = chunks.to_vec();
    let deadline = Instant::now() + CAP;
    let mut feed = Feed::new(chunks, Some(deadline));
    let mut tally = Tally::new(Some(deadline));
    let (begin, allocated) = (cpu(), allocator::allocations());
    (row.run)(&mut feed, &mut tally);
    let (seconds, allocations) = (cpu() - begin, allocator::allocations() - allocated);
    black_box(tally.bytes);
    let events = corpus.events.len();
    let cut = row.whose != Whose::Nobodys && tally.events < events && deadline <= Instant::now();
    let share = if cut { tally.events.max(1) as f64 / events as f64 } else { 1.0 };
    Pass { seconds: seconds / share, cut, allocations }
}

/// One pass for an instrument that looks for this function; nothing is timed, nothing cut off.
#[inline(never)]
pub fn instrumented_pass(row: &Row, feed: &mut Feed) {
    let mut tally = Tally::new(None);
    (row.run)(feed, &mut tally);
    black_box(tally.bytes);
}

/// CPU time of this thread, in seconds.
fn cpu() -> f64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

/// The middle one, or the mean of the two that are.
pub fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<_> = values.collect();
    values.sort_by(f64::total_cmp);
    match values.len() {
        0 => f64::NAN,
        length => f64::midpoint(values[(length - 1) / 2], values[length / 2]),
    }
}

/// The geometric mean.
pub fn geometric_mean(values: impl Iterator<Item = f64>) -> f64 {
    let (sum, count) = values.fold((0.0, 0), |(sum, count), value| (sum + value.ln(), count + 1));
    (sum / f64::from(count)).exp()
}
