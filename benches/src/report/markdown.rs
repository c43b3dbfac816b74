//! Tables.

use std::fmt::Write as _;

use super::version;
use crate::chunks::Chunking;
use crate::corpora::NAMES;
#[cfg(feature = "e2e")]
use crate::e2e;
use crate::measure::{Cell, Measured};
use crate::rows::{ALL, BORROWED, OWNED, STREAM, Whose};
use crate::sizes::Size;
use crate::table::{Table, Verdict};

/// The whole of what there is about parsers.
pub fn table(table: &Table) -> String {
    let mut text = "![MB/s at 16 KiB](chart.svg)\n\n".to_owned();
    text += "### Targets\n\n";
    text += &verdicts(&table.verdicts());
    for row in [BORROWED, OWNED, STREAM] {
        write!(text, "\n### {row}, over the best correct peer of the same run\n\n").expect("a string takes all");
        head(&mut text, "chunks");
        for chunking in Chunking::ALL {
            line(&mut text, chunking.name(), table.cells_of(chunking).map(|cell| format!("{:.2}", cell.ratio(row))));
        }
    }
    for chunking in Chunking::ALL {
        write!(text, "\n### MB/s, {}\n\n", long_name(chunking)).expect("a string takes all");
        head(&mut text, "");
        for (index, row) in ALL.iter().enumerate() {
            let cells = table.cells_of(chunking).map(|cell| speed(cell, &cell.results[index]));
            line(&mut text, &title(row.name, row.whose), cells);
        }
    }
    for chunking in [Chunking::KIB_16, Chunking::Whole] {
        write!(text, "\n### Allocations per event, {}\n\n", long_name(chunking)).expect("a string takes all");
        head(&mut text, "");
        for (index, row) in ALL.iter().enumerate().filter(|(_, row)| row.whose != Whose::Nobodys) {
            let cells = table.cells_of(chunking).map(|cell| number(cell.results[index].allocations_per_event));
            line(&mut text, &title(row.name, row.whose), cells);
        }
    }
    if !table.instructions.is_empty() {
        text += "\n### Instructions per byte, 16 KiB chunks\n\n";
        head(&mut text, "");
        for (row, counts) in &table.instructions {
            line(&mut text, row, counts.iter().map(|count| number(*count)));
        }
    }
    text += &wrong(table);
    text
}

/// All that there is about clients.
#[cfg(feature = "e2e")]
pub fn end_to_end(clients: &[e2e::Client]) -> String {
    let mut text = "### Targets\n\n".to_owned();
    text += &verdicts(&e2e::verdicts(clients));
    text += "\n### CPU seconds per million events, allocations per event, and heap of an idle stream in bytes\n\n| |";
    for body in e2e::bodies() {
        write!(text, " {body} | over {} | allocations |", e2e::RAW).expect("a string takes all");
    }
    writeln!(text, " idle |\n|{}", " --- |".repeat(2 + 3 * e2e::bodies().count())).expect("a string takes all");
    let raw = clients.iter().find(|client| client.name == e2e::RAW).expect("it is one of the clients");
    for client in clients {
        let mut cells = Vec::new();
        for (body, raw) in client.bodies.iter().zip(&raw.bodies) {
            match &body.wrong {
                Some(wrong) => cells.extend([format!("! {wrong}"), String::new(), String::new()]),
                None => cells.extend([
                    format!("{:.3}", body.seconds()),
                    number(body.ratio(raw)),
                    number(body.allocations_per_event),
                ]),
            }
        }
        cells.push(client.idle.map_or_else(|| "!".to_owned(), |bytes| format!("{bytes:.0}")));
        line(&mut text, client.name, cells.into_iter());
    }
    text
}

/// All that there is about what comes along.
pub fn sizes(sizes: &[Size]) -> String {
    let mut text = "| | version | crates | seconds to compile |\n| --- | --- | --- | --- |\n".to_owned();
    for Size { what, version, crates, seconds } in sizes {
        let seconds = seconds.map_or_else(|| "–".to_owned(), |seconds| format!("{seconds:.1}"));
        writeln!(text, "| {what} | {version} | {crates} | {seconds} |").expect("a string takes all");
    }
    text
}

/// What was wanted, what is, and whether that is enough.
fn verdicts(verdicts: &[Verdict]) -> String {
    let mut text = "| | wanted | measured | |\n| --- | --- | --- | --- |\n".to_owned();
    for Verdict { what, wanted, measured, met } in verdicts {
        let met = if *met { "met" } else { "**missed**" };
        writeln!(text, "| {what} | {wanted} | {measured} | {met} |").expect("a string takes all");
    }
    text
}

/// One cell, for the terminal.
pub fn cell(cell: &Cell) -> String {
    let mut text = format!("{}, {}\n", cell.corpus, long_name(cell.chunking));
    for result in &cell.results {
        let (name, speed) = (result.row.name, speed(cell, result));
        let allocations = number(result.allocations_per_event);
        writeln!(text, "  {name:<24} {speed:>8} MB/s  {allocations:>5} allocations per event")
            .expect("a string takes all");
        if let Some(wrong) = &result.wrong {
            writeln!(text, "    ! {wrong}").expect("a string takes all");
        }
    }
    text
}

/// Where rows are wrong: each place once, with the first cell that it was met in.
fn wrong(table: &Table) -> String {
    let mut text = String::new();
    for row in &ALL {
        let mut told = Vec::new();
        for cell in &table.cells {
            if let Some(wrong) = &cell.result(row.name).wrong
                && !told.contains(&cell.corpus)
            {
                told.push(cell.corpus);
                writeln!(text, "* {}, {} in {}: {wrong}", row.name, cell.corpus, cell.chunking.name())
                    .expect("a string takes all");
            }
        }
    }
    if text.is_empty() { text } else { format!("\n### Wrong (`!`)\n\n{text}") }
}

fn head(text: &mut String, corner: &str) {
    writeln!(text, "| {corner} | {} |\n|{}", NAMES.join(" | "), " --- |".repeat(NAMES.len() + 1))
        .expect("a string takes all");
}

fn line(text: &mut String, title: &str, cells: impl Iterator<Item = String>) {
    writeln!(text, "| {title} | {} |", cells.collect::<Vec<_>>().join(" | ")).expect("a string takes all");
}

fn speed(cell: &Cell, result: &Measured) -> String {
    let mark = if result.wrong.is_some() {
        "!"
    } else if result.cut {
        "~"
    } else {
        ""
    };
    let speed = result.speed(cell.bytes);
    let digits = usize::from(speed < 10.0);
    format!("{speed:.digits$}{mark}")
}

fn number(value: f64) -> String {
    if value.is_nan() { "–".to_owned() } else { format!("{value:.2}") }
}

/// A peer with its version, a floor as such.
fn title(name: &str, whose: Whose) -> String {
    match whose {
        Whose::Ours => format!("**{name}**"),
        Whose::Nobodys => format!("floor: {name}"),
        Whose::Peers => {
            let (package, rest) = name.split_once(',').map_or((name, ""), |(package, rest)| (package, rest));
            let comma = if rest.is_empty() { "" } else { "," };
            format!("{package} {}{comma}{rest}", version(package))
        }
    }
}

fn long_name(chunking: Chunking) -> String {
    match chunking {
        Chunking::Whole => "in one chunk".to_owned(),
        Chunking::Random => "chunks of 1 to 4096 bytes".to_owned(),
        Chunking::KIB_16 => "16 KiB chunks".to_owned(),
        Chunking::Of(bytes) => format!("{bytes}-byte chunks"),
    }
}
