//! Memory has a bound, whatever comes, and parsing goes on.

use arbitrary::{Arbitrary, Unstructured};
use ssekit::{Chunk, LimitExceeded, Parser};

use crate::allocated::Since;
use crate::limited;

#[derive(Arbitrary, Debug)]
struct Input {
    limit: u32,
    /// How many bits of that are dropped.
    limit_bits: u8,
    /// How long chunks are, as powers of two.
    sizes: [u8; 3],
    methods: [u8; 3],
    pieces: Vec<Piece>,
}

/// What a stream is made of, and how long that is.
#[derive(Arbitrary, Clone, Copy, Debug)]
struct Piece {
    kind: u8,
    length: u16,
    scale: u8,
}

const KINDS: [&[u8]; 24] = [
    b"data: ",
    b"event: ",
    b"id: ",
    b"retry: ",
    b": ",
    b"unknown: ",
    b"\n",
    b"\r",
    b"\r\n",
    b"\n\n",
    // Runs, from here on.
    b"x",
    b"\xE2\x82\xAC",
    b"\xFF",
    b"\xE2\x82",
    b"\xF0\x9F\x98",
    b"7",
    b"\0",
    b"data: y\n",
    b"data\n",
    b"data:\xFF\n",
    b"event: y\n",
    b"id: y\n",
    b": y\n",
    b"data: y\n\n",
];
const FIRST_RUN: usize = 10;

/// What stands before the pieces in an input.
pub const HEAD: usize = 11;

/// How long a stream gets.
const LONGEST: usize = 2 * 1024 * 1024;

/// What each buffer may keep once it is empty, in bytes.
const KEPT: usize = 64 * 1024;

/// What the begin of a block that waits as it came takes, at most.
const WAITS: usize = 8 * 1024;

/// Runs an input.
///
/// # Panics
///
/// If a rule is broken, or if nobody counts what is allocated.
pub fn run(input: &[u8]) {
    let Ok(input) = Input::arbitrary_take_rest(Unstructured::new(input)) else { return };
    let limit = (input.limit >> (11 + input.limit_bits % 21)) as usize;
    let stream = input.stream();
    let is_valid = std::str::from_utf8(&stream).is_ok();

    let probe = Since::now();
    let counted = std::hint::black_box(Vec::<u8>::with_capacity(100));
    assert!(probe.live() >= 100, "nobody counts");
    drop(counted);

    let since = Since::now();
    let mut exceeded = 0;
    let mut parser = Parser::new().with_limit(limit);
    let mut rest = &stream[..];
    let shortest = stream.len() >> 14;
    for (size, method) in input.sizes.iter().cycle().zip(input.methods.iter().cycle()) {
        let size = (1 << (size % 22)).max(shortest).min(rest.len());
        let (chunk, behind) = rest.split_at(size);
        let fed = stream.len() - behind.len();
        parse(&mut parser, chunk, *method, |parser, error| {
            exceeded += usize::from(error.is_some());
            assert!(error.is_none_or(|error| error.limit() == limit));
            // The begin of a line whose field is not known yet is held beside the block.
            assert!(parser.buffered() <= limit + "event: ".len());
            let bound = Bound { limit: limit.min(2 * fed), is_valid };
            let (live, peak) = (since.live(), since.take_peak());
            assert!(live <= bound.live(), "{live} bytes held, {bound:?}");
            assert!(peak <= bound.peak(), "{peak} bytes held for a moment, {bound:?}");
        });
        rest = behind;
        if rest.is_empty() {
            break;
        }
    }

    if let [false, false, false] | [true, true, true] = input.methods.map(asks_for_comments) {
        let model = limited::count(&stream, limit, asks_for_comments(input.methods[0]));
        let (id, held) = (parser.last_event_id().to_owned(), parser.buffered());
        assert_eq!((exceeded, id, held), (model.exceeded, model.outcome.last_event_id, model.held));
    }

    // Whatever it was, the next event is as good as ever, if it fits itself.
    parse(&mut parser, b"\n\n", 0, |_, _| {});
    let mut next = &b"data: next\n\n"[..];
    let parsed = parser.parse(&mut next).map(|event| event.map(|event| event.data().to_owned()));
    if limit > "next".len() {
        assert_eq!(parsed, Ok(Some("next".to_owned())));
    } else {
        assert_eq!(parsed.unwrap_err().limit(), limit);
    }

    parser.reset();
    parse(&mut parser, b"\n", 0, |_, _| {});
    let bound = Bound { limit, is_valid };
    assert!(since.live() <= parser.last_event_id().len() + bound.kept(), "it is given back");
}

/// What a parser may hold.
#[derive(Debug)]
struct Bound {
    /// Or twice what came, if that is less.
    limit: usize,
    is_valid: bool,
}

impl Bound {
    /// The block, with the last event ID, and what is held whatever the limit.
    fn live(&self) -> usize {
        self.limit + self.kept()
    }

    /// What empty buffers keep, as much of the last event ID, and what waits. Of what is no longer, a byte that is in no UTF-8 is three
    /// as text, and a type is there as both.
    fn kept(&self) -> usize {
        let buffers = if self.is_valid { 7 } else { 13 };
        buffers * KEPT.min(6 * self.limit) + WAITS.min(2 * self.limit) + 256
    }

    /// While it is handed out, an event may be there twice: here and owned.
    fn peak(&self) -> usize {
        2 * self.live()
    }
}

impl Input {
    fn stream(&self) -> Vec<u8> {
        let mut stream = Vec::new();
        for piece in &self.pieces {
            let kind = usize::from(piece.kind) % KINDS.len();
            let length = usize::from(piece.length) << (piece.scale % 5);
            let times =
                if kind < FIRST_RUN { 1 } else { length.min(LONGEST - stream.len()).div_ceil(KINDS[kind].len()) };
            stream.extend(KINDS[kind].repeat(times));
            if stream.len() >= LONGEST {
                stream.truncate(LONGEST);
                break;
            }
        }
        stream
    }
}

fn asks_for_comments(method: u8) -> bool {
    matches!(method % 6, 2 | 5)
}

/// Parses a chunk, and looks at the parser after each call, when what it handed out is gone.
fn parse(parser: &mut Parser, mut bytes: &[u8], method: u8, mut look: impl FnMut(&Parser, Option<LimitExceeded>)) {
    let mut chunk = Chunk::new(bytes);
    let method = method % 6;
    loop {
        let parsed = match method {
            0 => parser.parse(&mut bytes).map(|event| event.is_some()),
            1 => parser.parse_owned(&mut bytes).map(|event| event.is_some()),
            2 => parser.parse_item(&mut bytes).map(|item| item.is_some()),
            3 => parser.parse(&mut chunk).map(|event| event.is_some()),
            4 => parser.parse_owned(&mut chunk).map(|event| event.is_some()),
            _ => parser.parse_item(&mut chunk).map(|item| item.is_some()),
        };
        look(parser, parsed.err());
        if parsed == Ok(false) {
            break;
        }
    }
}
