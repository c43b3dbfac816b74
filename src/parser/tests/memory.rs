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
        assert!(parser.capacity() <= 1000 + 2 * 512, "what is not checked yet takes no more beside");
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
