//! Inputs to begin with: the vectors of the tests, in the shape that each target wants, and what a random input would hardly
//! come to.

use serde_json::Value;

use crate::stream::SHAPE;
use crate::{connection, limit, parse, reader_stream, redirect_cors, roundtrip};

/// Makes the seeds of a target.
///
/// # Panics
///
/// If there is no such target.
#[must_use]
pub fn of(target: &str) -> Vec<Vec<u8>> {
    match target {
        "parse" => of_streams(parse::HEAD),
        "reader_stream" => of_streams(reader_stream::HEAD),
        "limit" => limits(),
        "roundtrip" => frames(),
        "connection" => connections(),
        "redirect_cors" => chains(),
        other => panic!("there is no target {other}"),
    }
}

fn vectors() -> Vec<Vec<u8>> {
    let file: Value = serde_json::from_str(include_str!("../../tests/data/vectors.json")).expect("it is JSON");
    let vectors = file["vectors"].as_array().expect("it has vectors");
    let hex = vectors.iter().map(|vector| vector["input_hex"].as_str().expect("it has an input"));
    hex.map(unhex).collect()
}

fn unhex(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|i| u8::from_str_radix(&hex[i..i + 2], 16).expect("it is hexadecimal")).collect()
}

/// Each stream whole, byte by byte, and in threes; and some that are long.
fn of_streams(head: usize) -> Vec<Vec<u8>> {
    let runs: [&[u8]; 5] = [
        b"data: x\xFE\x00\xFF\n\nid: 7\ndata: y\n\n",
        b"data: x\n\xFE\x07\xFF\xFE\x3F\xFF\n",
        b"data: \xE2\x82\xAC\xFE\x02\xFF\xFE\x3F\xC0\n\n",
        b"event: a\xFE\x00\x50\nid: b\xFE\x00\x60\ndata: c\xFE\x00\x70\n\n\xFE\x3F\x20",
        b": x\n\n\xFE\x04\xFFdata: a\n\ndata: b\r\n\r\n\xFE\x0A\xFF",
    ];
    let mut seeds = Vec::new();
    let vectors = vectors().into_iter().map(|stream| (0, stream));
    for (long, stream) in vectors.chain(runs.map(|stream| (15, stream.to_vec()))) {
        for size in [255, 1, 3] {
            seeds.push([&[long], &[size; 8][..], &vec![0; head - SHAPE], &stream].concat());
        }
    }
    seeds
}

fn limits() -> Vec<Vec<u8>> {
    // Kinds of pieces, by their numbers, with lengths: what each field may grow to, in one chunk and in many.
    let streams: [&[(u8, u16, u8)]; 10] = [
        &[(0, 0, 0), (10, 60_000, 2), (9, 0, 0), (0, 0, 0), (10, 9, 0), (9, 0, 0)],
        &[(1, 0, 0), (10, 60_000, 1), (6, 0, 0), (0, 0, 0), (10, 60_000, 0), (9, 0, 0)],
        &[(2, 0, 0), (11, 60_000, 2), (9, 0, 0), (17, 60_000, 0), (9, 0, 0)],
        &[(0, 0, 0), (12, 60_000, 2), (6, 0, 0), (19, 60_000, 0), (9, 0, 0)],
        &[(4, 0, 0), (12, 60_000, 2), (9, 0, 0), (5, 0, 0), (10, 60_000, 4), (9, 0, 0)],
        &[(21, 60_000, 0), (20, 60_000, 0), (23, 60_000, 0), (3, 0, 0), (15, 60_000, 0), (6, 0, 0)],
        &[
            (1, 0, 0),
            (12, 40_000, 0),
            (6, 0, 0),
            (2, 0, 0),
            (14, 40_000, 0),
            (6, 0, 0),
            (0, 0, 0),
            (13, 40_000, 0),
            (9, 0, 0),
        ],
        &[(18, 60_000, 2), (9, 0, 0), (22, 60_000, 0), (16, 60_000, 0), (9, 0, 0)],
        &all_fields(10),
        &all_fields(12),
    ];
    let mut seeds = Vec::new();
    for pieces in streams {
        // 2 MiB, 256 KiB, 32 KiB and 100 bytes.
        for (limit, bits) in [(u32::MAX, 0), (u32::MAX, 3), (u32::MAX, 6), (100 << 11, 0)] {
            for (size, method) in [(19, 0), (12, 1), (12, 5), (7, 2)] {
                let mut seed = limit.to_le_bytes().to_vec();
                seed.extend([bits, size, size, size, method, method, method]);
                assert_eq!(seed.len(), limit::HEAD);
                for (kind, length, scale) in pieces {
                    seed.extend([1, *kind]);
                    seed.extend(length.to_le_bytes());
                    seed.push(*scale);
                }
                seeds.push(seed);
            }
        }
    }
    seeds
}

/// Fields that have to share 2 MiB, with values of this kind.
fn all_fields(kind: u8) -> [(u8, u16, u8); 12] {
    [
        (0, 0, 0),
        (kind, 65_535, 4),
        (6, 0, 0),
        (1, 0, 0),
        (kind, 60_000, 3),
        (6, 0, 0),
        (2, 0, 0),
        (kind, 40_000, 2),
        (6, 0, 0),
        (0, 0, 0),
        (kind, 60_000, 1),
        (9, 0, 0),
    ]
}

/// The bytes of each vector as the values of frames.
fn frames() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for text in vectors() {
        let length = u8::try_from(text.len() / 4).unwrap_or(250).min(250);
        for lengths in [[255, 255, 255, length], [length, 3, 2, length], [0, 0, 0, 0], [255, length, 255, 255]] {
            let mut seed = vec![0; roundtrip::HEAD];
            seed[1..SHAPE].fill(7);
            for frame in 0..4 {
                let parts = &mut seed[SHAPE + 1 + frame * roundtrip::PARTS..];
                parts[..4].copy_from_slice(&lengths);
                parts[4..13].copy_from_slice(&[frame as u8 * 32, 1, 2, 3, 4, 5, 6, 7, 8]);
            }
            seed.extend(&text);
            seeds.push(seed);
        }
    }
    seeds
}

/// Each vector as a body, read by turns, with a loss in the middle and all the rest around it.
fn connections() -> Vec<Vec<u8>> {
    let orders: [&[[u8; 3]]; 3] = [
        &[[0, 0, 0], [13, 255, 0], [5, 0, 0], [8, 0, 0], [0, 0, 0], [13, 255, 0]],
        &[
            [5, 0, 0],
            [7, 3, 0],
            [8, 0, 0],
            [0, 0, 0],
            [14, 9, 1],
            [14, 9, 0],
            [10, 0, 0],
            [0, 0, 0],
            [15, 255, 0],
            [12, 0, 0],
        ],
        &[
            [4, 3, 0],
            [3, 8, 0],
            [8, 0, 0],
            [5, 0, 0],
            [8, 0, 0],
            [5, 0, 0],
            [8, 0, 0],
            [0, 0, 0],
            [13, 20, 2],
            [13, 255, 0],
            [5, 0, 0],
        ],
    ];
    let mut seeds = Vec::new();
    for (number, stream) in vectors().into_iter().enumerate() {
        for order in orders {
            let mut seed = vec![0; connection::KNOBS];
            // The policies and the methods in turn.
            (seed[5], seed[14]) = (number as u8, (number as u8) << 6);
            seed.extend(order.concat());
            seed.resize(connection::HEAD, 5);
            seed.extend(&stream);
            seeds.push(seed);
        }
    }
    seeds
}

/// Hops within an origin, to another and back, too many, with credentials and without, for each who may ask.
fn chains() -> Vec<Vec<u8>> {
    // Kind, host and parts of a location: within an origin, absolute or not, with userinfo and without; elsewhere.
    const WITHIN: [[u8; 3]; 5] = [[1, 0, 0], [15, 0, 0], [15, 0, 6], [2, 0, 0], [5, 0, 0]];
    const ELSEWHERE: [[u8; 3]; 4] = [[15, 1, 0], [15, 2, 6], [5, 2, 0], [15, 0, 1]];
    let mut seeds = Vec::new();
    for start in [[0, 0, 0], [0, 0, 6], [0, 1, 0], [0, 1, 6]] {
        for origin in 0..6_u8 {
            for first in WITHIN.into_iter().chain(ELSEWHERE) {
                for second in WITHIN.into_iter().chain(ELSEWHERE) {
                    let number = seeds.len() as u8;
                    let mut seed = start.to_vec();
                    seed.extend([origin, number % 6, number % 3, number]);
                    assert_eq!(seed.len(), redirect_cors::HEAD);
                    // In the name of whoever asks, or of nobody any more.
                    let allowed = origin.wrapping_sub(1) << 4;
                    for (status, location, allowed) in [
                        (number % 5, first, allowed),
                        (0, second, allowed),
                        (0, [1, 0, 0], allowed),
                        (5, [0; 3], allowed),
                    ] {
                        seed.push(1);
                        seed.push(status);
                        seed.extend(location);
                        seed.extend([allowed, 0, 8]);
                    }
                    seeds.push(seed);
                }
            }
        }
    }
    // Twenty-one in a row, and what leads nowhere.
    for last in [[1, 0, 0], [7, 0, 0], [7, 2, 0], [8, 0, 0], [3, 0, 0], [6, 0, 0]] {
        seeds.push([&[0, 0, 0, 0, 0, 0, 0, 1, 0][..], &last, &[0, 0, 0xF0, 1, 5, 0, 0, 0, 0, 0, 0]].concat());
        seeds.push([&[0, 0, 0, 0, 0, 0, 0, 1, 0][..], &last, &[0, 0, 0x07, 1, 5, 0, 0, 0, 0, 0, 0]].concat());
    }
    seeds
}
