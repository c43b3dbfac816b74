//! The chart: MB/s at 16 KiB, a panel of bars for each corpus, each with a scale of its own.

use std::fmt::Write as _;

use crate::chunks::Chunking;
use crate::measure::Cell;
use crate::rows::{ALL, BORROWED, MASK, OWNED, Whose};
use crate::table::Table;

const PANEL_WIDTH: usize = 330;
const BAR: usize = 17;
const LABELS: usize = 120;
const LONGEST_BAR: f64 = 140.0;
const MARGIN: usize = 20;
const COLUMNS: usize = 3;

/// Draws it; text is in the colour of the page, so that it can be read on a dark one too.
pub fn draw(table: &Table) -> String {
    let cells: Vec<_> = table.cells_of(Chunking::KIB_16).collect();
    let bars = shown(cells[0]).count();
    let panel_height = (bars + 3) * BAR;
    let (width, height) =
        (PANEL_WIDTH * COLUMNS + 2 * MARGIN, panel_height * cells.len().div_ceil(COLUMNS) + 2 * MARGIN);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" font-family=\"system-ui, sans-serif\" \
         font-size=\"11\" role=\"img\" aria-label=\"MB/s at 16 KiB chunks\">\n\
         <style>text {{ fill: #24292f }} .ours {{ fill: #0b7285 }} .peer {{ fill: #adb5bd }} .wrong {{ fill: #f1aeb5 }} \
         .floor {{ fill: none; stroke: #868e96 }} @media (prefers-color-scheme: dark) {{ text {{ fill: #e6edf3 }} \
         .peer {{ fill: #6c757d }} }}</style>\n"
    );
    for (index, cell) in cells.iter().enumerate() {
        let (x, y) = (MARGIN + index % COLUMNS * PANEL_WIDTH, MARGIN + index / COLUMNS * panel_height);
        panel(&mut svg, cell, x, y);
    }
    svg + "</svg>\n"
}

/// Two of ours, the peers, and the one floor that targets name.
fn shown(cell: &Cell) -> impl Iterator<Item = &crate::measure::Measured> {
    let is_shown = |name| name == BORROWED || name == OWNED || name == MASK;
    let rows = ALL.iter().filter(move |row| row.whose == Whose::Peers || is_shown(row.name));
    rows.map(|row| cell.result(row.name))
}

fn panel(svg: &mut String, cell: &Cell, x: usize, y: usize) {
    let fastest = shown(cell).map(|result| result.speed(cell.bytes)).fold(0.0, f64::max);
    writeln!(svg, "<text x=\"{x}\" y=\"{}\" font-weight=\"bold\">{}, MB/s</text>", y + BAR, cell.corpus)
        .expect("a string takes all");
    for (index, result) in shown(cell).enumerate() {
        let speed = result.speed(cell.bytes);
        let length = speed / fastest * LONGEST_BAR;
        let top = y + (index + 1) * BAR + 6;
        let (class, mark) = match result.row.whose {
            Whose::Ours => ("ours", ""),
            Whose::Nobodys => ("floor", ""),
            Whose::Peers if result.wrong.is_some() => ("wrong", " wrong"),
            Whose::Peers => ("peer", if result.cut { " ~" } else { "" }),
        };
        let name = if result.row.name == MASK { "floor: mask, UTF-8" } else { result.row.name };
        let (bar_at, text_at, text_y) = (x + LABELS, (x + LABELS) as f64 + length + 4.0, top + 11);
        writeln!(
            svg,
            "<text x=\"{}\" y=\"{text_y}\" text-anchor=\"end\">{name}</text><rect class=\"{class}\" x=\"{bar_at}\" y=\"{}\" \
             width=\"{length:.1}\" height=\"{}\"/><text x=\"{text_at:.1}\" y=\"{text_y}\">{speed:.0}{mark}</text>",
            bar_at - 6,
            top + 1,
            BAR - 4,
        )
        .expect("a string takes all");
    }
}
