//! What a chunk's end cuts.

use super::*;
use crate::parser::buffer::KEPT_CAPACITY as KEPT;

/// What this chunk has the parser hand out.
fn told(parser: &mut Parser, mut chunk: &[u8]) -> Vec<String> {
    let mut told = Vec::new();
    loop {
        match parser.parse(&mut chunk) {
            Ok(Some(event)) => told.push(format!("{} {:?}", event.event_type(), event.data())),
            Ok(None) => return told,
            Err(error) => told.push(error.to_string()),
        }
    }
}

#[test]
fn a_block_that_was_cut_is_handed_out_from_where_it_waited() {
    let mut parser = Parser::new();
    let block = "event: tick\r\nid: 7\r\ndata: 21.5\r\n\r\n";
    for cut in 1..block.len() - 1 {
        let (begin, end) = block.split_at(cut);
        assert_eq!(parser.parse(&mut begin.as_bytes()), Ok(None));
        // A CR may be a line end or the half of one: that is for what goes line by line.
        let waited = if begin.ends_with('\r') { Waits::Nothing } else { Waits::Block };
        assert_eq!(parser.carry.waits(), waited, "{begin:?}");
        parser.carry.reserve(block.len());
        let place = parser.carry.bytes().as_ptr();
        let place = place..place.wrapping_add(block.len());
        let mut rest = end.as_bytes();
        let event = parser.parse(&mut rest).unwrap().unwrap();
        assert_eq!((event.event_type(), event.data(), event.last_event_id()), ("tick", "21.5", "7"));
        assert!(waited == Waits::Nothing || place.contains(&event.data().as_ptr()));
        assert!(told(&mut parser, rest).is_empty());
    }
}

#[test]
fn what_acts_by_itself_does_not_wait() {
    // What is cut there waits behind one `data` line, or behind more.
    for begin in [&["data: ", "a\n"][..], &["data: a", "\ndata: b\n"]] {
        for (acts, told_at_once) in [("retry: 5\n", false), ("\r", true), ("\n", true), ("\r\n", true)] {
            let mut parser = Parser::new();
            for part in begin {
                assert!(told(&mut parser, part.as_bytes()).is_empty());
            }
            assert_ne!(parser.carry.waits(), Waits::Nothing);
            assert_eq!(!told(&mut parser, acts.as_bytes()).is_empty(), told_at_once);
            assert_eq!(parser.reconnection_time().is_some(), !told_at_once);
        }
    }
    for begin in ["", "data: a\n", "data: a\ndata: b\n", "data: a\ndata: b\nda", "event: a\nid: 1", ": ", "\n"] {
        let mut parser = Parser::new();
        assert!(told(&mut parser, begin.as_bytes()).is_empty());
        // Behind what has no line end this is part of it.
        let acts = begin.is_empty() || begin.ends_with('\n');
        assert!(told(&mut parser, b"retry: 5").is_empty());
        assert_eq!(parser.reconnection_time(), None);
        assert!(told(&mut parser, b"\n").is_empty());
        assert_eq!(parser.reconnection_time().is_some(), acts, "{begin:?}");
    }
    let mut parser = Parser::new();
    assert!(told(&mut parser, b"id: 1").is_empty());
    assert!(told(&mut parser, b"\n").is_empty());
    assert_eq!(parser.last_event_id(), "");
    assert!(told(&mut parser, b"\n").is_empty());
    assert_eq!(parser.last_event_id(), "1", "at the blank line, whether there is data or not");
}

#[test]
fn no_more_than_a_little_waits() {
    for begin in ["data: ", "data: a\ndata: b\ndata: ", "event: ", "id: ", "unknown: ", ": "] {
        for size in [1, 100, 1000, 5000] {
            let mut parser = Parser::new();
            assert!(told(&mut parser, begin.as_bytes()).is_empty());
            for _ in 0..100_000 / size {
                assert!(told(&mut parser, &b"x".repeat(size)).is_empty());
                assert!(parser.carry.capacity() <= 8 * 1024, "{}", parser.carry.capacity());
            }
            let length = 100_000 / size * size;
            let told = told(&mut parser, b"\ndata: end\n\n");
            assert_eq!(told.len(), 1);
            let held = match begin {
                "data: " | "event: " => length,
                "data: a\ndata: b\ndata: " => "a\nb\n".len() + length,
                _ => 0,
            };
            assert!(told[0].len() > held && told[0].len() < held + 30, "{begin:?}");
        }
    }
}

#[test]
fn a_limit_set_in_a_block_is_one_on_what_waits() {
    for (begin, limits) in [("data: 12345", [5, 6]), ("data: 1\ndata: 2", [3, 4]), ("event: 12345", [5, 5])] {
        for (limit, fits) in limits.into_iter().zip([limits[0] == limits[1], true]) {
            let mut parser = Parser::new();
            assert!(told(&mut parser, begin.as_bytes()).is_empty());
            parser = parser.with_limit(limit);
            let told = [told(&mut parser, b"\n"), told(&mut parser, b"\n"), told(&mut parser, b"data\n\n")].concat();
            let exceeded = told.iter().filter(|told| told.contains("exceeds")).count();
            assert_eq!(exceeded, usize::from(!fits), "{begin:?}, {limit}: {told:?}");
        }
    }
}

#[test]
fn a_parser_that_was_reset_or_cloned_has_its_own() {
    for begin in ["data: a", "data: a\ndata: b", ": a", "id: 1\ndata: a\n", "data: a\n: b\ndata: c"] {
        let mut parser = Parser::new();
        assert!(told(&mut parser, begin.as_bytes()).is_empty());
        let mut other = parser.clone();
        parser.reset();
        assert_eq!((parser.buffered(), other.buffered() > 0), (0, begin != ": a"));
        assert_eq!(told(&mut parser, b"data: z\n\n"), ["message \"z\""], "{begin:?}");
        assert_eq!(parser.last_event_id(), "");
        let rest = format!("{begin}x\n\n");
        let whole = told(&mut Parser::new(), rest.as_bytes());
        assert_eq!(told(&mut other, b"x\n\n"), whole);
    }
}

#[test]
fn what_waits_goes_on_with_another_way_to_ask() {
    for begin in ["data: a", "data: a\ndata", "data: a\ndata: b", "id: 7\ndata: a\nda"] {
        let whole = format!("{begin}\n:c\nretry: 1\n\n");
        let expected = told(&mut Parser::new(), whole.as_bytes());
        let mut parser = Parser::new();
        assert!(told(&mut parser, begin.as_bytes()).is_empty());
        let (mut items, mut input) = (Vec::new(), &whole.as_bytes()[begin.len()..]);
        while let Some(item) = parser.parse_item(&mut input).unwrap() {
            items.push(match item {
                Item::Event(event) => format!("{} {:?}", event.event_type(), event.data()),
                other => format!("{other:?}"),
            });
        }
        let others = ["Comment(\"c\")", "Retry(1ms)"].map(String::from);
        assert_eq!(items, [&others[..], &expected].concat());
    }
}

#[test]
fn a_long_comment_behind_a_blank_line_is_not_taken_for_a_block() {
    let stream = format!("data: a\r\n\r\n\n: {}\n\ndata: b\n\n", "x".repeat(70));
    assert_eq!(told(&mut Parser::new(), stream.as_bytes()), ["message \"a\"", "message \"b\""]);
    for cut in 0..stream.len() {
        let mut parser = Parser::new();
        let (begin, end) = stream.as_bytes().split_at(cut);
        let told = [told(&mut parser, begin), told(&mut parser, end)].concat();
        assert_eq!(told, ["message \"a\"", "message \"b\""], "cut at {cut}");
    }
}

#[test]
fn memory_of_long_data_is_kept_for_as_long_as_chunks_end_in_blocks() {
    let (begin, end) = (format!("data: {}", "x".repeat(3 * KEPT)), "x\n\nda");
    let mut parser = Parser::new();
    for _ in 0..3 {
        assert!(told(&mut parser, begin.as_bytes()).is_empty());
        assert_eq!(told(&mut parser, end.as_bytes()).len(), 1);
        assert!(parser.capacity() > 3 * KEPT, "another long one may have begun");
        assert!(told(&mut parser, b"ta: y\n").is_empty());
    }
    assert_eq!(told(&mut parser, b"\n").len(), 1);
    assert!(parser.capacity() <= 2 * KEPT, "between two blocks it is given back: {}", parser.capacity());
}

#[test]
fn what_is_too_long_to_wait_is_searched_once() {
    let lines = "data: a line of one event\n".repeat(10_000);
    let mut parser = Parser::new();
    for line in ["data: a\n", "data: b\n"] {
        assert_eq!(parser.parse(&mut line.as_bytes()), Ok(None));
    }
    SEARCHED.set(0);
    assert_eq!(parser.parse(&mut lines.as_bytes()), Ok(None));
    assert!(SEARCHED.get() < lines.len() + 10_000, "{} of {}", SEARCHED.get(), lines.len());
}
