//! Any bytes, any cuts: equal to the standard's algorithm.

mod front_ends;
mod standard;

use front_ends::FRONT_ENDS;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use ssekit::{Chunk, Frame, Item, Parser};

/// Bytes that look like a stream, with everything in them that could go wrong.
fn stream() -> impl Strategy<Value = Vec<u8>> {
    let token = prop_oneof![
        8 => select(vec![
            &b"data"[..], b"event", b"id", b"retry", b"data:", b"data: ", b"event: ", b"id:", b"id: ", b"retry: ", b": ",
        ]).prop_map(<[u8]>::to_vec),
        8 => select(vec![&b"\n"[..], b"\n\n", b"\r", b"\r\n", b"\r\n\r\n", b"\r\r\n"]).prop_map(<[u8]>::to_vec),
        3 => select(vec![
            &b":"[..], b" ", b"x", b"7", b"3000", b"99999999999999999999", b"\0", b"\t", b"\xEF\xBB\xBF", b"\xEF", b"\xBB",
            b"\xE2\x82\xAC", b"\xE2\x82", b"\xF0\x9F\x98\x80", b"\xF0\x9F", b"\xFF", b"\xC2\x85", b"\xE2\x80\xA8",
        ]).prop_map(<[u8]>::to_vec),
        2 => vec(any::<u8>(), 0..12),
        1 => "[a-z]{0,40}".prop_map(String::into_bytes),
        // Beyond what is looked at together.
        1 => (0..1200_usize, select(vec!["x", "\u{20AC}", "\u{1F600}"])).prop_map(|(n, of)| of.repeat(n / of.len()).into_bytes()),
    ];
    vec(token, 0..40).prop_map(|tokens| tokens.concat())
}

/// Cuts a stream into chunks, some of them empty.
fn cut<'a>(stream: &'a [u8], cuts: &[prop::sample::Index]) -> Vec<&'a [u8]> {
    let mut at: Vec<usize> = cuts.iter().map(|cut| cut.index(stream.len() + 1)).collect();
    at.extend([0, stream.len()]);
    at.sort_unstable();
    at.windows(2).map(|pair| &stream[pair[0]..pair[1]]).collect()
}

fn id() -> impl Strategy<Value = String> {
    prop_oneof![Just(String::new()), "[^\0\r\n]{1,5}"]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn any_stream_any_cuts(
        stream in stream(),
        cuts in vec(any::<prop::sample::Index>(), 0..12),
        seed in id(),
    ) {
        let expected = standard::interpret(&stream, &seed);
        for chunks in [vec![&stream[..]], stream.chunks(1).collect(), cut(&stream, &cuts)] {
            for (front_end, run) in FRONT_ENDS {
                let (outcome, exceeded) = run(&chunks, Parser::new().with_last_event_id(&*seed));
                prop_assert_eq!(&outcome, &expected, "{}", front_end);
                prop_assert_eq!(exceeded, 0);
            }
        }
    }

    #[test]
    fn any_comments_any_cuts(stream in stream(), cuts in vec(any::<prop::sample::Index>(), 0..12)) {
        let expected = standard::comments(&stream);
        for chunks in [vec![&stream[..]], stream.chunks(1).collect(), cut(&stream, &cuts)] {
            let (mut parser, mut comments) = (Parser::new(), Vec::new());
            for mut input in chunks {
                while let Some(item) = parser.parse_item(&mut input).unwrap() {
                    if let Item::Comment(comment) = item {
                        comments.push(comment.to_owned());
                    }
                }
            }
            prop_assert_eq!(&comments, &expected);
        }
    }

    #[test]
    fn all_is_told_at_once_whatever_is_called(
        stream in stream(),
        cuts in vec(any::<prop::sample::Index>(), 0..12),
        calls in vec(0..5_u8, 1..20),
        seed in id(),
    ) {
        let mut calls = calls.iter().cycle();
        // It takes the square of the length.
        let bytes = stream[..stream.len().min(150)].chunks(1).collect();
        for chunks in [bytes, cut(&stream, &cuts)] {
            let mut parser = Parser::new().with_last_event_id(&*seed);
            // One that is told of every byte by itself, and is asked for all there is to tell.
            let mut witness = parser.clone();
            let (mut events, mut parsed) = (Vec::new(), 0);
            for chunk in chunks {
                parsed += chunk.len();
                let mut input = Chunk::from(chunk);
                // It may be another way with each call.
                while front_ends::call(*calls.next().unwrap(), &mut parser, &mut input, &mut events) {}
                let known = standard::interpret(&stream[..parsed], &seed);
                prop_assert_eq!(&events, &known.events);
                prop_assert_eq!(parser.last_event_id(), known.last_event_id);
                let milliseconds = parser.reconnection_time().map(|time| u64::try_from(time.as_millis()).unwrap());
                prop_assert_eq!(milliseconds, known.reconnection_time);

                for mut byte in chunk.chunks(1) {
                    while witness.parse_item(&mut byte).unwrap().is_some() {}
                }
                if !standard::ends_in_comment(&stream[..parsed]) {
                    prop_assert_eq!(parser.buffered(), witness.buffered());
                }
            }
        }
    }

    #[test]
    fn any_limit_is_the_same_for_any_cuts(
        stream in stream(),
        cuts in vec(any::<prop::sample::Index>(), 0..12),
        limit in 0..40_usize,
    ) {
        let limited = |chunks: &[&[u8]], run: fn(&[&[u8]], Parser) -> front_ends::Run| {
            run(chunks, Parser::new().with_limit(limit))
        };
        for (front_end, run) in FRONT_ENDS {
            let whole = limited(&[&stream], run);
            prop_assert_eq!(&limited(&stream.chunks(1).collect::<Vec<_>>(), run), &whole, "{}", front_end);
            prop_assert_eq!(&limited(&cut(&stream, &cuts), run), &whole, "{}", front_end);

            // What is there is what the standard says, and each event that is missing was reported.
            let all = standard::interpret(&stream, "");
            let mut rest = all.events.iter();
            for event in &whole.0.events {
                let same = |other: &&standard::Dispatched| (&other.data, &other.event_type) == (&event.data, &event.event_type);
                prop_assert!(rest.any(|other| same(&other)), "{:?} is none of {:?}", event, all.events);
            }
            prop_assert!(all.events.len() - whole.0.events.len() <= whole.1);
        }
    }

    #[test]
    fn never_holds_more_than_the_limit(
        stream in stream(),
        cuts in vec(any::<prop::sample::Index>(), 0..12),
        limit in 0..40_usize,
    ) {
        let mut parser = Parser::new().with_limit(limit);
        for mut input in cut(&stream, &cuts) {
            loop {
                let parsed = parser.parse_item(&mut input).map(|item| item.is_some());
                // The begin of a line whose field is not known yet is held beside the block.
                prop_assert!(parser.buffered() <= limit + "event: ".len());
                if parsed == Ok(false) {
                    break;
                }
            }
        }
    }

    #[test]
    fn frames_come_back_as_events(
        frames in vec((id(), "[^\r\n]{0,8}", "(?s).{0,40}", proptest::option::of(0..u64::MAX)), 1..8),
        cuts in vec(any::<prop::sample::Index>(), 0..12),
    ) {
        let mut wire = String::new();
        let mut expected = Vec::new();
        for (id, event_type, data, retry) in &frames {
            let mut frame = Frame::new().with_comment(data).with_event_type(event_type).with_id(id).with_data(data);
            if let Some(retry) = retry {
                frame = frame.with_retry(std::time::Duration::from_millis(*retry));
            }
            frame.encode_to(&mut wire).unwrap();
            expected.push(standard::Dispatched {
                event_type: if event_type.is_empty() { "message" } else { event_type }.to_owned(),
                data: data.replace("\r\n", "\n").replace('\r', "\n"),
                last_event_id: id.clone(),
            });
        }
        let retry = frames.iter().rev().find_map(|frame| frame.3);
        for (front_end, run) in FRONT_ENDS {
            let (outcome, _) = run(&cut(wire.as_bytes(), &cuts), Parser::new());
            prop_assert_eq!(&outcome.events, &expected, "{}", front_end);
            prop_assert_eq!(outcome.reconnection_time, retry);
        }
    }
}
