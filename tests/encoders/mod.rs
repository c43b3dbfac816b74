//! Servers that compress: what encoders make of texts.

#![allow(dead_code, reason = "each test file that includes this uses a part of it")]

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;

/// The codings that are on, in the order in which they are asked for.
pub const ON: &[&str] = &[
    #[cfg(feature = "gzip")]
    "gzip",
    #[cfg(feature = "brotli")]
    "br",
    #[cfg(feature = "zstd")]
    "zstd",
];

/// The coding that an `x-gzip` stands for, and the like.
pub fn is_on(coding: &str) -> bool {
    ON.contains(&coding)
}

/// What an encoder makes of each text, flushed, and what it ends with.
pub fn encoded(coding: &str, texts: &[&str]) -> Vec<Vec<u8>> {
    let (end, mut pieces) = match coding {
        "gzip" => {
            let mut writer = GzEncoder::new(Vec::new(), Compression::default());
            let pieces = flushed(&mut writer, texts, GzEncoder::get_mut);
            (writer.finish().unwrap(), pieces)
        }
        "br" => {
            let mut writer = brotli::CompressorWriter::new(Vec::new(), 4096, 5, 18);
            let pieces = flushed(&mut writer, texts, brotli::CompressorWriter::get_mut);
            (writer.into_inner(), pieces)
        }
        "zstd" => {
            let mut writer = zstd::Encoder::new(Vec::new(), 3).unwrap();
            let pieces = flushed(&mut writer, texts, zstd::Encoder::get_mut);
            (writer.finish().unwrap(), pieces)
        }
        other => panic!("{other}"),
    };
    pieces.push(end);
    pieces
}

fn flushed<W: Write>(writer: &mut W, texts: &[&str], written: fn(&mut W) -> &mut Vec<u8>) -> Vec<Vec<u8>> {
    let piece = |text: &&str| {
        writer.write_all(text.as_bytes()).unwrap();
        writer.flush().unwrap();
        std::mem::take(written(writer))
    };
    texts.iter().map(piece).collect()
}
