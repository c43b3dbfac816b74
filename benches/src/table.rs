//! All that is measured of parsers, and what it says of the targets.

use std::time::Instant;

use crate::chunks::Chunking;
use crate::corpora::{self, Corpus};
use crate::instructions::{self, Linearity};
use crate::measure::{self, Cell, geometric_mean};
use crate::rows::{ALL, BORROWED, MASK, OWNED, Whose};

/// The whole table.
pub struct Table {
    /// By chunking, then by corpus, both in their order.
    pub cells: Vec<Cell>,
    /// Instructions per byte at 16 KiB, by row, then by corpus; empty without valgrind.
    pub instructions: Vec<(&'static str, Vec<f64>)>,
    pub linearity: Vec<Linearity>,
}

/// A target, and whether it is met.
pub struct Verdict {
    pub what: String,
    pub wanted: String,
    pub measured: String,
    pub met: bool,
}

/// How many times as fast as the best correct peer each corpus has to be at 16 KiB.
const BORROWED_RATIOS: [f64; 9] = [2.1, 3.9, 1.5, 2.6, 1.5, 1.15, 3.3, 2.1, 3.7];
const OWNED_RATIOS: [f64; 9] = [1.35, 2.0, 1.1, 1.4, 1.4, 1.0, 1.9, 1.5, 2.6];
/// The same over all corpora and chunkings.
const BORROWED_MEAN: f64 = 2.1;
const OWNED_MEAN: f64 = 1.5;
/// No cell of ours may be slower than the best correct peer.
const SMALLEST: f64 = 1.0;
/// Borrowed events, as a share of what finding lines and checking UTF-8 alone could be.
const FLOORS: [(&str, f64); 3] = [("openai", 0.6), ("anthropic", 0.4), ("crlf", 0.5)];
/// Instructions per byte of borrowed events.
const INSTRUCTIONS: [(&str, f64); 3] = [("openai", 1.5), ("anthropic", 3.0), ("ticks", 20.0)];
/// How much more a byte may cost where things are long.
const LINEARITY: f64 = 1.2;
/// Allocations per event: of the corpus where they are most, where none is named. In that of ticks the ID changes.
const ALLOCATIONS: [(&str, Option<&str>, f64); 4] =
    [(BORROWED, None, 0.0), (OWNED, Some("openai"), 1.0), (OWNED, Some("intl"), 1.0), (OWNED, Some("ticks"), 2.0)];
/// What a few allocations at the beginning of a stream come to, spread over its events.
const ROUNDING: f64 = 0.01;

impl Table {
    /// Measures all of it, and the cells in so many runs, of which the rounds count together.
    pub fn measure(runs: usize) -> Self {
        let begin = Instant::now();
        let corpora = corpora::NAMES.map(|name| Corpus::new(name, corpora::SIZE));
        let run = || -> Vec<Cell> {
            let cells =
                Chunking::ALL.into_iter().flat_map(|chunking| corpora.iter().map(move |corpus| (corpus, chunking)));
            let measure = |(corpus, chunking): (&Corpus, Chunking)| {
                eprintln!("{:4.0} s: {} in {}", begin.elapsed().as_secs_f64(), corpus.name, chunking.name());
                measure::cell(ALL.iter(), corpus, chunking)
            };
            cells.map(measure).collect()
        };
        let mut cells = run();
        for _ in 1..runs {
            cells.iter_mut().zip(run()).for_each(|(cell, again)| cell.add(again));
        }
        if !instructions::available() {
            eprintln!("no valgrind: no instructions are counted");
            return Self { cells, instructions: Vec::new(), linearity: Vec::new() };
        }
        eprintln!("{:4.0} s: linearity", begin.elapsed().as_secs_f64());
        let linearity = instructions::linearity();
        eprintln!("{:4.0} s: instructions", begin.elapsed().as_secs_f64());
        let instructions = count();
        eprintln!("{:4.0} s: done", begin.elapsed().as_secs_f64());
        Self { cells, instructions, linearity }
    }

    pub fn cells_of(&self, chunking: Chunking) -> impl Iterator<Item = &Cell> {
        self.cells.iter().filter(move |cell| cell.chunking == chunking)
    }

    pub fn cell(&self, corpus: &str, chunking: Chunking) -> &Cell {
        let cell = self.cells_of(chunking).find(|cell| cell.corpus == corpus);
        cell.expect("every corpus is measured in every chunking")
    }

    pub fn verdicts(&self) -> Vec<Verdict> {
        let mut verdicts = Vec::new();
        for (row, ratios, mean) in [(BORROWED, BORROWED_RATIOS, BORROWED_MEAN), (OWNED, OWNED_RATIOS, OWNED_MEAN)] {
            for (cell, wanted) in self.cells_of(Chunking::KIB_16).zip(ratios) {
                let (peer, corpus) = (cell.best_peer().row.name, cell.corpus);
                let what = format!("{row}, {corpus} at 16 KiB, over the best correct peer ({peer})");
                verdicts.push(Verdict::at_least(what, wanted, cell.ratio(row)));
            }
            let measured = geometric_mean(self.cells.iter().map(|cell| cell.ratio(row)));
            verdicts.push(Verdict::at_least(format!("{row}, geometric mean of all cells"), mean, measured));
            let cells = self.cells.iter().filter(|cell| !(row == OWNED && is_handed_out_in_slices(cell)));
            let smallest = cells.min_by(|a, b| a.ratio(row).total_cmp(&b.ratio(row)));
            if let Some(cell) = smallest {
                let what = format!("{row}, smallest cell ({} in {})", cell.corpus, cell.chunking.name());
                verdicts.push(Verdict::at_least(what, SMALLEST, cell.ratio(row)));
            }
        }
        for (corpus, wanted) in FLOORS {
            let cell = self.cell(corpus, Chunking::KIB_16);
            let measured = cell.result(BORROWED).ratio(cell.result(MASK));
            verdicts.push(Verdict::at_least(format!("{BORROWED}, {corpus} at 16 KiB, over {MASK}"), wanted, measured));
        }
        verdicts.extend(self.allocations());
        verdicts.extend(self.counts());
        verdicts
    }

    fn allocations(&self) -> impl Iterator<Item = Verdict> {
        let chunkings = [Chunking::Whole, Chunking::KIB_16];
        chunkings.into_iter().flat_map(|chunking| ALLOCATIONS.map(|target| (chunking, target))).filter_map(
            |(chunking, (row, corpus, wanted))| {
                let cells = self.cells_of(chunking).filter(|cell| corpus.is_none_or(|corpus| corpus == cell.corpus));
                let cells = cells.filter(|cell| !outgrows_what_is_kept(cell));
                let counts = cells.map(|cell| (cell.result(row).allocations_per_event, cell.corpus));
                let (most, corpus) = counts.max_by(|a, b| a.0.total_cmp(&b.0))?;
                let what = format!("{row}, allocations per event, {corpus} in {}", chunking.name());
                let verdict = Verdict::at_most(what, wanted, most);
                Some(Verdict { met: most <= wanted + ROUNDING, ..verdict })
            },
        )
    }

    fn counts(&self) -> impl Iterator<Item = Verdict> {
        let borrowed = self.instructions.iter().find(|(row, _)| *row == BORROWED);
        let counts = borrowed.into_iter().flat_map(|(row, counts)| {
            INSTRUCTIONS.into_iter().map(move |(corpus, wanted)| {
                let index = corpora::NAMES.iter().position(|name| *name == corpus);
                let measured = counts[index.expect("it is a corpus")];
                Verdict::at_most(format!("{row}, instructions per byte, {corpus} at 16 KiB"), wanted, measured)
            })
        });
        counts.chain(self.linearity.iter().map(|Linearity { what, row, counts: (long, short) }| {
            let verdict = Verdict::at_most(format!("{row}, instructions per byte, {what}"), LINEARITY, long / short);
            let measured = format!("{} ({long:.2} / {short:.2})", verdict.measured);
            Verdict { measured, ..verdict }
        }))
    }
}

/// Whether peers hand out slices of the chunk there, which an event that is owned by nobody else cannot be.
fn is_handed_out_in_slices(cell: &Cell) -> bool {
    cell.corpus == "large" && cell.chunking == Chunking::Whole
}

/// Whether its events are gathered in buffers that are given back once they are empty.
fn outgrows_what_is_kept(cell: &Cell) -> bool {
    cell.corpus == "large" && cell.chunking != Chunking::Whole
}

impl Verdict {
    pub fn at_least(what: String, wanted: f64, measured: f64) -> Self {
        Self { what, wanted: format!("≥ {wanted}"), measured: format!("{measured:.2}"), met: measured >= wanted }
    }

    pub fn at_most(what: String, wanted: f64, measured: f64) -> Self {
        Self { what, wanted: format!("≤ {wanted}"), measured: format!("{measured:.2}"), met: measured <= wanted }
    }
}

/// Takes minutes below callgrind, and is no match for any.
const NOT_COUNTED: &str = "eventsource-stream";

/// Instructions per byte at 16 KiB, for all rows but the floors.
fn count() -> Vec<(&'static str, Vec<f64>)> {
    let rows = ALL.iter().filter(|row| row.whose != Whose::Nobodys && row.name != NOT_COUNTED);
    rows.map(|row| {
        let count = |corpus| instructions::per_byte(row.name, corpus, Chunking::KIB_16).unwrap_or(f64::NAN);
        (row.name, corpora::NAMES.map(count).to_vec())
    })
    .collect()
}
