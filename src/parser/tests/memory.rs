//! What the parser holds of the heap.

use super::*;
use crate::parser::buffer::KEPT_CAPACITY as KEPT;

#[test]
fn capacity_is_given_back() {
    let long = "x".repeat(1 << 20);
    let mut parser = Parser::new();
    for part in [&format!("id: {long}\nevent: {long}\ndata: {long}"), "\ndata\n", "\n"] {
        let _ = parser.parse_item(&mut part.as_bytes()).unwrap();
    }
    assert_eq!(parser.last_event_id().len(), 1 << 20);
    assert!(parser.capacity() > 3 << 20);
    let _ = parser.parse(&mut &b""[..]).unwrap();
    assert!(parser.capacity() <= (1 << 20) + 4 * KEPT, "all but the last event ID");
    let _ = parser.parse(&mut &b"id: 7\n\n"[..]).unwrap();
    assert!(parser.capacity() <= 5 * KEPT, "{}", parser.capacity());

    for part in [&format!("id: {long}"), "\0\n", &format!("id: {long}"), "\n\n", "id: 7\n\n"] {
        let _ = parser.parse(&mut part.as_bytes()).unwrap();
    }
    assert!(parser.capacity() <= 5 * KEPT, "blocks without data give back too");

    for part in [&format!("id: {long}\nevent: {long}\ndata: {long}"), "\n\n", "id: 7\n\n"] {
        let _ = parser.parse_owned(&mut part.as_bytes()).unwrap();
    }
    let _ = parser.parse(&mut &b""[..]).unwrap();
    assert!(parser.capacity() <= 5 * KEPT, "what is shared between owned events too: {}", parser.capacity());

    for part in [&format!(": {long}"), "\n"] {
        let _ = parser.parse_item(&mut part.as_bytes()).unwrap();
    }
    let _ = parser.parse(&mut &b""[..]).unwrap();
    assert!(parser.capacity() <= 5 * KEPT);

    let _ = parser.parse(&mut format!("data: {long}").as_bytes()).unwrap();
    parser.reset();
    assert!(parser.capacity() <= 5 * KEPT, "a block that a lost connection cut short is given back too");
}

#[test]
fn capacity_below_that_is_kept() {
    let data = "x".repeat(50 * 1024);
    let mut parser = Parser::new();
    for part in ["data: ", &data, "\n\n", ""] {
        let _ = parser.parse(&mut part.as_bytes()).unwrap();
    }
    assert!(parser.capacity() > 50 * 1024);
}

#[test]
fn data_as_long_as_the_last_takes_its_memory_at_once() {
    const LONG: usize = 1_000_000;
    let line = format!("data: {}\n\n", "x".repeat(LONG));
    for owned in [false, true] {
        let mut parser = Parser::new();
        for times in [8, 1] {
            let mut capacities = Vec::new();
            for mut piece in line.as_bytes().chunks(1000) {
                if owned {
                    parser.parse_owned(&mut piece).unwrap();
                } else {
                    parser.parse(&mut piece).unwrap();
                }
                capacities.push(parser.capacity());
            }
            capacities.retain(|&capacity| capacity > 3 * KEPT);
            capacities.dedup();
            assert!(capacities.len() <= times, "{capacities:?}");
            assert!(capacities.iter().all(|&capacity| capacity < 2 * LONG));
        }
    }
}

#[test]
fn what_nobody_asked_for_is_not_held() {
    let mut parser = Parser::new().with_limit(0);
    for part in ["unknown", "field: ", "with a long value", "\n", ": a com", "ment", "\n", "retry", ": 1", "0", "\n"] {
        assert_eq!(parser.parse(&mut part.as_bytes()), Ok(None));
        assert!(parser.buffered() <= "retry".len());
    }
    assert_eq!(parser.reconnection_time(), Some(Duration::from_millis(10)));
    assert_eq!(parser.capacity(), 0);
}

#[test]
fn the_buffer_does_not_grow_beyond_the_limit() {
    let mut parser = Parser::new().with_limit(1000);
    for _ in 0..999 {
        assert_eq!(parser.parse(&mut &b"data\n"[..]), Ok(None));
        let most = 1000 + 2 * 512 + parser.carry.capacity();
        assert!(parser.capacity() <= most, "what is not checked yet takes no more beside");
        assert!(parser.carry.capacity() <= 2 * 1000, "nor does what waits: {}", parser.carry.capacity());
    }
}

/// Gives the parser so many bytes of a line in pieces, and says what it held at the most.
fn feed(parser: &mut Parser, begin: &str, byte: &[u8], length: usize, piece: usize) -> usize {
    let mut most = 0;
    for part in [begin.as_bytes().to_vec()].into_iter().chain((0..length / piece).map(|_| byte.repeat(piece))) {
        assert_eq!(parser.parse_item(&mut &part[..]).map(|item| item.is_some()), Ok(false));
        most = most.max(parser.capacity());
    }
    most
}

#[test]
fn the_buffers_together_do_not_grow_beyond_the_limit() {
    const LIMIT: usize = 4 << 20;
    for byte in [b"x", b"\xFF"] {
        for piece in [100, 1000, 60_000] {
            let mut parser = Parser::new().with_limit(LIMIT);
            // Each takes more than it needs as yet, which the next one needs.
            let lines = ["data: ", "\nevent: ", "\nid: ", "\ndata: ", "\nid: ", "\ndata: "];
            let lengths =
                [LIMIT / 2 - 60_000, LIMIT / 8 + 1, LIMIT / 16 + 1, LIMIT / 16 + 1, LIMIT / 16, LIMIT / 8 + LIMIT / 32];
            for (begin, length) in lines.into_iter().zip(lengths) {
                let most = feed(&mut parser, begin, byte, length, piece);
                assert!(most <= LIMIT + 5 * KEPT, "{begin}: {most}, in pieces of {piece}");
            }
            assert!(parser.buffered() > LIMIT / 4 * 3, "{}", parser.buffered());
        }
    }
}

#[test]
fn a_long_piece_is_copied_once_whatever_is_not_checked_before_it() {
    let long = "\u{20AC}".repeat(100_000);
    let (begin, rest) = long.as_bytes().split_at(1);
    let lines = [b"\ndata: ", long.as_bytes(), b"\n"].concat();
    let behind_a_cut_line: [&[u8]; 3] = [b"data: a", b"b", &lines];
    let in_a_line: [&[u8]; 3] = [b"data: ", begin, rest];
    for (parts, data) in [(behind_a_cut_line, &format!("ab\n{long}")), (in_a_line, &long)] {
        let mut parser = Parser::new();
        for part in parts {
            assert_eq!(parser.parse(&mut &part[..]), Ok(None));
        }
        assert!(parser.capacity() < long.len() + KEPT, "{}", parser.capacity());
        assert_eq!(parser.parse(&mut &b"\n\n"[..]).unwrap().unwrap().data(), data);
    }
}

#[test]
fn what_is_not_checked_yet_has_its_room_when_others_take_theirs() {
    const LIMIT: usize = 2 << 20;
    let mut parser = Parser::new().with_limit(LIMIT);
    feed(&mut parser, "data: ", b"x", LIMIT / 2, 100);
    feed(&mut parser, "\nevent: ", b"x", LIMIT / 8 * 3, 100);
    assert!(parser.parse(&mut &b"\n\n"[..]).unwrap().is_some());
    assert!(parser.capacity() <= LIMIT + 3 * KEPT, "{}", parser.capacity());
}

/// Every way to parse: what of a stream is handed out, in bytes, and how often the limit is exceeded.
fn parse_by(method: u8, parser: &mut Parser, stream: &[u8], size: usize) -> (usize, usize) {
    let (mut handed_out, mut exceeded) = (0, 0);
    for chunk in stream.chunks(size) {
        let mut input = chunk;
        loop {
            let length = |item: Item<'_>| match item {
                Item::Event(event) => event.event_type().len() + event.data().len(),
                Item::Comment(comment) => comment.len(),
                Item::Retry(_) => 0,
            };
            match match method {
                0 => parser.parse(&mut input).map(|event| event.map(Item::Event).map(length)),
                1 => parser.parse_item(&mut input).map(|item| item.map(length)),
                _ => parser.parse_owned(&mut input).map(|e| e.map(|e| e.event_type().len() + e.data().len())),
            } {
                Ok(Some(length)) => handed_out += length,
                Ok(None) => break,
                Err(_) => exceeded += 1,
            }
            let most = parser.blocks.block.limit() + 13 * KEPT;
            assert!(parser.capacity() <= most, "{} of {most}", parser.capacity());
        }
    }
    (handed_out, exceeded)
}

#[test]
fn what_is_long_and_not_utf_8_counts_as_the_text_that_it_becomes() {
    const THIRD: usize = 100 * 1024;
    let run =
        |begin: &str, length: usize, end: &str| [begin.as_bytes(), &b"\xFF".repeat(length), end.as_bytes()].concat();
    // Of data a line feed counts; of all that is no longer than that, what came.
    let streams = [
        (run("data:", THIRD - 1, "\n\n"), Some("message".len() + 3 * (THIRD - 1)), 1),
        (run("data:", THIRD, "\n\n"), None, 1),
        (run("event:a\ndata:", THIRD - 1, "\n\n"), Some(1 + 3 * (THIRD - 1)), 1),
        (run("event:abc\ndata:", THIRD - 1, "\n\n"), None, 1),
        (run("data\nevent:", THIRD - 1, "\n\n"), Some(3 * (THIRD - 1)), 1),
        (run("data\nevent:", THIRD, "\n\n"), None, 1),
        // An id gets the room that data and type leave, and is ignored if it does not fit even there.
        (run("data:a\nid:", THIRD - 1, "\n\n"), Some("message".len() + 1), 3 * (THIRD - 1)),
        (run("data:a\nid:", THIRD, "\ndata:b\n\n"), None, 3 * THIRD),
        (run("data:a\nid:", THIRD + 1, "\n\n"), None, 1),
    ];
    for method in 0..3 {
        for size in [100, 1000, 60_000, usize::MAX] {
            for (stream, expected, id) in &streams {
                let mut parser = Parser::new().with_limit(3 * THIRD).with_last_event_id("7");
                let (handed_out, exceeded) = parse_by(method, &mut parser, stream, size);
                let begin = stream[..15].escape_ascii();
                assert_eq!((handed_out, exceeded), (expected.unwrap_or(0), usize::from(expected.is_none())), "{begin}");
                assert_eq!(parser.last_event_id().len(), *id, "{begin}");
                assert_eq!(parse_by(method, &mut parser, b"data:b\n\n", size), ("messageb".len(), 0), "{begin}");
            }
            let mut parser = Parser::new().with_limit(3 * THIRD);
            let comments = [run(":", THIRD, "\n"), run("data:a\n:", THIRD, "\n"), run(":", KEPT, "\n\n")].concat();
            let told = if method == 1 { (3 * THIRD + 3 * KEPT, 1) } else { (0, 0) };
            let (handed_out, exceeded) = parse_by(method, &mut parser, &comments, size);
            assert_eq!((handed_out - "messagea".len(), exceeded), told);
            parser = parser.with_limit(KEPT + 1);
            let short = [run("data:", KEPT - 1, "\n\n"), run("event:", KEPT, "\ndata\n\n")].concat();
            assert_eq!(parse_by(method, &mut parser, &short, size), ("message".len() + 6 * KEPT - 3, 0));
        }
    }
}

#[test]
fn a_long_last_event_id_counts_for_as_long_as_it_is_the_last() {
    const LIMIT: usize = 1 << 20;
    let long = "x".repeat(LIMIT);
    for method in 0..3 {
        for size in [100, 60_000, usize::MAX] {
            let mut parser = Parser::new().with_limit(LIMIT);
            let mut parse = |stream: &str| parse_by(method, &mut parser, stream.as_bytes(), size).1;
            for id in [0, KEPT, KEPT + 1, LIMIT / 2, LIMIT - 1] {
                let room = LIMIT - id.max(KEPT) + KEPT;
                assert_eq!(parse(&format!("id: {}\n\n", &long[..id])), 0);
                for _ in 0..3 {
                    assert_eq!(parse(&format!("data: {}\n\n", &long[..room - 8])), 0, "{room}");
                    assert_eq!(parse(&format!("data: {}\n\n", &long[..room])), 1, "{room}");
                }
                assert_eq!(parse("id: 1\n\n"), 0);
            }
            assert_eq!(parse(&format!("data: {}\n\n", &long[..LIMIT - 8])), 0, "and no longer");
        }
    }
    let mut parser = Parser::new().with_last_event_id(&*long).with_limit(1000);
    assert_eq!(parser.parse(&mut &b"data: a\n\n"[..]).unwrap().unwrap().data(), "a", "there is always some room");
    assert_eq!(parser.with_limit(1001).blocks.block.limit(), 1001);
}

/// The chunks end within blocks, so that what the data took is kept for the data to come.
#[test]
fn what_long_data_took_is_given_back_to_a_long_last_event_id_and_to_a_lower_limit() {
    const LIMIT: usize = 1 << 20;
    let long = "x".repeat(LIMIT - 100);
    for method in 0..2 {
        let mut parser = Parser::new().with_limit(LIMIT);
        parse_by(method, &mut parser, format!("data: {long}").as_bytes(), usize::MAX);
        let mut clone = parser.clone();
        let id = format!("x\n\nid: {long}\ndata: x\n\ndata: y");
        assert_eq!(parse_by(method, &mut parser, id.as_bytes(), usize::MAX).1, 0);
        assert_eq!(parser.last_event_id().len(), long.len());
        assert!(parser.capacity() <= LIMIT + 2 * KEPT, "{}", parser.capacity());

        parse_by(method, &mut clone, b"x\n\ndata: y", usize::MAX);
        assert!(clone.capacity() >= long.len());
        assert!(clone.with_limit(1000).capacity() <= 2 * KEPT);
    }
}

#[test]
fn what_long_data_took_is_given_back_before_a_comment() {
    let long = "x".repeat(1 << 20);
    for method in 0..3 {
        for end in ["x\n\n", "x\n\n: com", "x\n\n:"] {
            let mut parser = Parser::new();
            parse_by(method, &mut parser, format!("data: {long}").as_bytes(), usize::MAX);
            parse_by(method, &mut parser, end.as_bytes(), usize::MAX);
            assert!(parser.capacity() <= 2 * KEPT, "{method}: {}", parser.capacity());
        }
    }
}

#[test]
fn an_owned_event_takes_no_more_than_its_texts() {
    let long = "x".repeat(1 << 20);
    for id in ["7", &long[..1000]] {
        let mut parser = Parser::new();
        for part in [&format!("id: {id}\nevent: type\ndata: {long}"), "\n"] {
            assert_eq!(parser.parse_owned(&mut part.as_bytes()), Ok(None));
        }
        let event = parser.parse_owned(&mut &b"\n"[..]).unwrap().unwrap();
        assert_eq!((event.data().len(), event.event_type(), event.last_event_id()), (1 << 20, "type", id));
        assert!(event.into_data().capacity() <= (1 << 20) + "type".len() + 512);
    }
}
