//! Instructions per byte, counted by callgrind: what a machine's mood has no part in.

use std::env;
use std::iter;
use std::process::Command;

use bytes::Bytes;

use crate::chunks::{Chunking, Feed};
use crate::corpora;
use crate::measure;
use crate::rows::{self, Row};

/// How much of a corpus is enough, in bytes: callgrind is some fifty times slower.
const SIZE: usize = 1024 * 1024;

/// Keeps glibc from copying by `rep movsb`, each byte of which callgrind takes for an instruction.
const NO_REP_MOVSB: &str = "glibc.cpu.x86_rep_movsb_threshold=0x7fffffff:glibc.cpu.x86_rep_stosb_threshold=0x7fffffff";

/// Bodies that show whether the cost of a byte depends on how long things are.
const LONG: usize = 64 * 1024 * 1024;
const LONG_CHUNK: &str = "64 MiB of openai";
const LONG_LINE: &str = "a line of 64 MiB";
const SHORT_LINE: &str = "a line of 1 MiB";
const MANY_LINES: &str = "a million data lines";

/// A question of linearity, and its answer.
pub struct Linearity {
    pub what: &'static str,
    pub row: &'static str,
    /// Instructions per byte, as asked for and as it is compared with.
    pub counts: (f64, f64),
}

/// Whether there is a valgrind to count with.
pub fn available() -> bool {
    Command::new("valgrind").arg("--version").output().is_ok_and(|output| output.status.success())
}

/// Instructions per byte of this row; `None` if it cannot be counted.
pub fn per_byte(row: &str, body: &str, chunking: Chunking) -> Option<f64> {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null", "--toggle-collect=*instrumented_pass*"])
        .env("GLIBC_TUNABLES", NO_REP_MOVSB)
        .arg(env::current_exe().ok()?)
        .args(["instrument", row, body, chunking.name()])
        .output()
        .ok()?;
    let told = String::from_utf8_lossy(&output.stderr);
    let collected = told.lines().find_map(|line| line.split_once("Collected : "))?.1;
    let instructions: f64 = collected.trim().parse().ok()?;
    let bytes: f64 = String::from_utf8_lossy(&output.stdout).trim().parse().ok()?;
    Some(instructions / bytes)
}

/// What runs below callgrind: one pass; it prints how many bytes there were.
pub fn instrument(row: &Row, body: &str, chunking: Chunking) {
    let bytes = body_of(body);
    let mut feed = Feed::new(chunking.cut(&bytes), None);
    measure::instrumented_pass(row, &mut feed);
    println!("{}", bytes.len());
}

/// Whether what is long costs more a byte than what is short.
pub fn linearity() -> Vec<Linearity> {
    let questions = [
        ("64 MiB in one chunk, over 16 KiB chunks", LONG_CHUNK, Chunking::Whole, LONG_CHUNK, Chunking::KIB_16),
        (
            "one line of 64 MiB in 64-byte chunks, over 16 KiB chunks",
            LONG_LINE,
            Chunking::B_64,
            LONG_LINE,
            Chunking::KIB_16,
        ),
        (
            "one line of 64 MiB in 64-byte chunks, over one of 1 MiB",
            LONG_LINE,
            Chunking::B_64,
            SHORT_LINE,
            Chunking::B_64,
        ),
        (
            "one event of a million data lines in one chunk, over 16 KiB chunks",
            MANY_LINES,
            Chunking::Whole,
            MANY_LINES,
            Chunking::KIB_16,
        ),
    ];
    let asked = [rows::BORROWED, rows::OWNED].into_iter().flat_map(|row| iter::repeat(row).zip(&questions));
    asked
        .filter_map(|(row, (what, body, chunking, other_body, other_chunking))| {
            let counts = (per_byte(row, body, *chunking)?, per_byte(row, other_body, *other_chunking)?);
            Some(Linearity { what, row, counts })
        })
        .collect()
}

fn body_of(name: &str) -> Bytes {
    let line = |length| ["data: ", &"x".repeat(length), "\n\n"].concat();
    match name {
        LONG_CHUNK => corpora::bytes("openai", SIZE).repeat(LONG / SIZE).into(),
        LONG_LINE => line(LONG).into(),
        SHORT_LINE => line(1024 * 1024).into(),
        MANY_LINES => ("data: 0123456789\n".repeat(1_000_000) + "\n").into(),
        name => corpora::bytes(name, SIZE),
    }
}
