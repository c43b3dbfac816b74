//! What only the inside shows: what is copied, how often a byte is looked at, what is held.

mod carried;
mod memory;

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use core::cell::Cell;
use std::thread_local;

use super::*;

thread_local! {
    /// Bytes looked at in search of a line end.
    pub(super) static SEARCHED: Cell<usize> = const { Cell::new(0) };
}

fn lies_in(part: &str, whole: &[u8]) -> bool {
    whole.as_ptr_range().contains(&part.as_ptr())
}

#[test]
fn an_event_in_one_chunk_with_one_data_line_is_not_copied() {
    let chunk = b"event: tick\nid: 7\ndata: 21.5\n\ndata: a\ndata: b\n\n";
    let (mut parser, mut input) = (Parser::new(), &chunk[..]);
    let event = parser.parse(&mut input).unwrap().unwrap();
    assert!(lies_in(event.data(), chunk) && lies_in(event.event_type(), chunk));
    let event = parser.parse(&mut input).unwrap().unwrap();
    assert_eq!(event.data(), "a\nb");
    assert!(!lies_in(event.data(), chunk));
}

#[test]
fn owned_data_is_moved_if_its_buffer_would_not_be_kept() {
    for (length, moved) in [(70_000, true), (20_000, false)] {
        let mut parser = Parser::new();
        let long = "x".repeat(length);
        for part in [&format!("data: {long}"), "\ndata: 5\n"] {
            assert_eq!(parser.parse_owned(&mut part.as_bytes()), Ok(None));
        }
        let gathered = parser.capacity();
        let event = parser.parse_owned(&mut &b"\n\n"[..]).unwrap().unwrap();
        assert_eq!(event.data(), format!("{long}\n5"));
        assert_eq!(parser.capacity() + length <= gathered, moved);
    }
}

#[test]
fn bytes_are_looked_at_a_few_times_at_most_whatever_the_chunks() {
    let long = "x".repeat(1 << 18);
    let streams = [
        format!("data: {long}\n\n"),
        format!("id: {long}\n\n"),
        format!(": {long}\n\n"),
        "data: 21.5\n\n".repeat(3_000),
        format!("data: {}\n\n", &long[..200]).repeat(500),
        "event: tick\r\nid: 4711\r\ndata: 21.5\r\n\r\n".repeat(2_000),
        format!("{}\n", "data: a line of one event\n".repeat(3_000)),
        format!("{}\r", "data: a line of one event\r".repeat(3_000)),
        ": a comment\n\n".repeat(3_000),
        ["data: ", &long[..3000], "\nid: 7\n\n"].concat().repeat(30),
        ["data: ", &long[..100], "\ndata: ", &long[..5000], "\n\n"].concat().repeat(30),
    ];
    let ways: [fn(&mut Parser, &mut Chunk<'_>) -> bool; 4] = [
        |parser, chunk| parser.parse(chunk).unwrap().is_some(),
        |parser, chunk| parser.parse_owned(chunk).unwrap().is_some(),
        |parser, chunk| parser.parse_item(chunk).unwrap().is_some(),
        |parser, chunk| {
            let mut rest = chunk.rest();
            let told = parser.parse(&mut rest).unwrap().is_some();
            *chunk = Chunk::new(rest);
            told
        },
    ];
    for stream in &streams {
        for size in [stream.len(), 16 * 1024, 1000, 64, 7, 1] {
            for (way, parse) in ways.into_iter().enumerate() {
                let (mut parser, mut told) = (Parser::new(), 0);
                SEARCHED.set(0);
                for chunk in stream.as_bytes().chunks(size) {
                    let mut chunk = Chunk::new(chunk);
                    while parse(&mut parser, &mut chunk) {
                        told += 1;
                    }
                }
                assert!(told > 0 || !stream.contains("data"));
                // What waits is looked at again with what is behind it, and what is too short for a block is looked at as one.
                let mut most = stream.len() * 2 + stream.len().div_ceil(size) * 200;
                // What is known ahead is lost with each call.
                most += if way == 3 { told * 600 } else { 0 };
                let searched = SEARCHED.get();
                assert!(searched <= most, "{:?} by {size}, {way}: {searched} of {most}", &stream[..10]);
                assert!(searched > stream.len() / 2, "it is counted: {searched}");
            }
        }
    }
}

#[test]
fn a_comment_is_for_who_asks_for_all_of_its_line() {
    let mut parser = Parser::new();
    assert_eq!(parser.parse(&mut &b":"[..]), Ok(None));
    assert_eq!(parser.parse_item(&mut &b" ab\n"[..]), Ok(None));
    assert_eq!(parser.parse_item(&mut &b":"[..]), Ok(None));
    assert_eq!(parser.parse(&mut &b"c"[..]), Ok(None));
    assert_eq!(parser.parse_item(&mut &b"d\n"[..]), Ok(None));
    assert_eq!(parser.parse(&mut &b": begun without"[..]), Ok(None));
    assert_eq!(parser.parse_item(&mut &b" asking\n"[..]), Ok(None));
    assert_eq!(parser.parse_item(&mut &b": begun"[..]), Ok(None));
    assert_eq!(parser.buffered(), " begun".len());
    assert_eq!(parser.parse(&mut &b" with asking"[..]), Ok(None));
    assert_eq!(parser.buffered(), 0);
    assert_eq!(parser.parse_item(&mut &b" and again\n"[..]), Ok(None));
    assert_eq!(parser.parse_item(&mut &b": asked"[..]), Ok(None));
    assert_eq!(parser.parse_item(&mut &b" for\n"[..]), Ok(Some(Item::Comment(" asked for"))));
}

#[test]
fn a_comment_over_the_limit_takes_nothing_with_it() {
    for cut in 0..=": 123456\n".len() {
        let mut parser = Parser::new().with_limit(8);
        let (a, b) = ": 123456\n".split_at(cut);
        let mut told = Vec::new();
        for part in ["data: 12\n", a, b, "\n"] {
            let mut input = part.as_bytes();
            loop {
                match parser.parse_item(&mut input) {
                    Ok(Some(item)) => told.push(format!("{item:?}")),
                    Ok(None) => break,
                    Err(error) => told.push(error.to_string()),
                }
            }
        }
        assert_eq!(told.len(), 2, "{told:?}");
        assert!(told[0].contains("exceeds") && told[1].contains("data: \"12\""), "{told:?}");
    }
}

#[test]
fn a_block_over_the_limit_does_not_reach_into_the_next_connection() {
    let mut parser = Parser::new().with_limit(4);
    assert!(parser.parse(&mut &b"data: 12345"[..]).is_err());
    parser.reset();
    assert_eq!(parser.parse(&mut &b"data: a\n\n"[..]).unwrap().unwrap().data(), "a");
}

#[test]
fn a_long_id_is_shared_while_it_repeats() {
    for (length, is_shared) in [(1, false), (Event::LONGEST_COPIED_ID, false), (Event::LONGEST_COPIED_ID + 1, true)] {
        let id = "1".repeat(length);
        let stream = format!("event: a\nid: {id}\ndata: x\n\nevent: a\ndata: y\n\nevent: message\ndata: z\n\n");
        for size in [stream.len(), 7] {
            let mut parser = Parser::new();
            let mut events = Vec::new();
            for mut chunk in stream.as_bytes().chunks(size) {
                events.extend(parser.parse_owned(&mut chunk).unwrap());
                while let Some(event) = parser.parse_owned(&mut chunk).unwrap() {
                    events.push(event);
                }
            }
            let [x, y, z] = &events[..] else { panic!("{events:?}") };
            assert_eq!([x, y].map(Event::event_type), ["a"; 2]);
            assert_eq!(y.last_event_id().as_ptr() == z.last_event_id().as_ptr(), is_shared, "from the second one on");
            assert_eq!(*x, Event::new("x").with_event_type("a").with_last_event_id(&id));
            assert_eq!(*z, Event::new("z").with_last_event_id(&id));
        }
    }
}

#[test]
fn buffered_counts_what_an_unfinished_block_holds() {
    let mut parser = Parser::new();
    assert_eq!(parser.buffered(), 0);
    // The sum is that of the values, with a line feed behind each of `data`, and of a line's undecided begin.
    for (part, buffered) in [
        (": comment\nretry: 1\nunknown: x\nunknown: y", 0),
        ("\n: hi", 0),
        ("\nfoo", 0),
        ("\ndatum", 0),
        ("\nid", 2),
        ("ea", 0),
        ("\ndat", 3),
        ("a: abc", 3),
        ("\n", 4),
        ("data", 8),
        ("\n", 5),
        ("id: 12", 5 + 6),
        ("3", 5 + 3),
        ("\nid: 4567\nevent: ab\nevent: c", 5 + 4 + 1),
        ("\nid: a\0b\n", 5 + 4 + 1),
        ("\n", 0),
    ] {
        let _ = parser.parse(&mut part.as_bytes()).unwrap();
        assert_eq!(parser.buffered(), buffered, "{part:?}");
    }
}

#[test]
fn the_limit_is_told_in_bytes() {
    let mut parser = Parser::new().with_limit(5);
    let error = parser.parse(&mut &b"data: 12345\n"[..]).unwrap_err();
    assert_eq!(error.limit(), 5);
    assert_eq!(error.to_string(), "unfinished event or comment exceeds the limit of 5 bytes");
}

#[test]
fn what_is_buffered_is_the_same_wherever_it_was_cut() {
    let stream = b"data: a\ndata: b\ndata:c\ndata: d\nid: 1\ndata: e";
    let buffered = |chunks: [&[u8]; 3]| {
        let mut parser = Parser::new();
        for chunk in chunks {
            assert_eq!(parser.parse(&mut &*chunk), Ok(None));
        }
        parser.buffered()
    };
    for end in 0..=stream.len() {
        let whole = buffered([&[], &[], &stream[..end]]);
        for cut in 0..=end {
            for second in cut..=end {
                let chunks = [&stream[..cut], &stream[cut..second], &stream[second..end]];
                assert_eq!(buffered(chunks), whole, "{:?}", chunks.map(str::from_utf8));
            }
        }
    }
}
