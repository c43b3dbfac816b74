//! Compressed feeds, in each coding whose feature is on: what comes out of them, when, and how they end.

#![cfg(any(feature = "gzip", feature = "brotli", feature = "zstd"))]

mod encoders;
mod scripted;

use std::time::Duration;

use encoders::{ON, encoded};
use scripted::{Answer, Part, Script, everything, kinds, ok, status, text, told};
use ssekit::{Builder, EventSource, ReadyState, Signal};
use tokio::time::timeout;

const EVENTS: [&str; 3] =
    ["id: 1\ndata: first\n\n", ": comment\nid: 2\ndata: second\ndata: line\n\n", "data: third\n\n"];
const TOLD: [&str; 3] = ["message \"first\" #1", "message \"second\\nline\" #2", "message \"third\" #2"];

/// Longer than anything here takes.
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

fn builder(script: &Script) -> Builder {
    script.client().source("http://example.com/feed").compression(true)
}

fn source(script: &Script) -> EventSource {
    builder(script).build().unwrap()
}

fn bytes(bytes: &[u8]) -> Part {
    Part::bytes(bytes.to_vec())
}

/// A body in this coding.
fn body(coding: &str, parts: impl IntoIterator<Item = Part>) -> Answer {
    ok(parts).with_header("content-encoding", coding)
}

/// The same bytes in one piece, and in as many as there can be.
fn cuts(whole: &[u8]) -> [Vec<Part>; 2] {
    [whole.len().max(1), 1].map(|length| whole.chunks(length).map(bytes).collect())
}

/// What is told of one response, up to its loss, and of what kind that is.
async fn lost(answer: Answer) -> (Vec<String>, &'static str) {
    let script = Script::new([answer]);
    let mut source = source(&script);
    assert!(source.opened().await.unwrap().is_some());
    let mut all = Vec::new();
    loop {
        match source.signal().await.unwrap().unwrap() {
            Signal::Reconnecting { error, .. } => {
                let [kind] = kinds(&error)[..] else { panic!("{error:#}") };
                return (all, kind);
            }
            signal => all.push(told(&signal)),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_request_says_what_is_decoded() {
    let asked = async |builder: fn(Builder) -> Builder| {
        let script = Script::new([status(204)]);
        let url = "http://example.com/feed";
        assert!(builder(script.client().source(url)).build().unwrap().message().await.unwrap().is_none());
        script.requests()[0].header("accept-encoding").unwrap().to_owned()
    };
    assert_eq!(asked(|builder| builder.compression(true)).await, ON.join(", "));
    assert_eq!(asked(|builder| builder.compression(true).compression(false)).await, "identity");
    assert_eq!(asked(|builder| builder).await, "identity");
}

#[tokio::test(start_paused = true)]
async fn each_event_is_told_when_it_was_flushed() {
    for coding in ON {
        let pieces = encoded(coding, &EVENTS);
        for flushed in 1..=EVENTS.len() {
            let whole = pieces[..flushed].concat();
            let one_by_one = pieces[..flushed].iter().map(|piece| bytes(piece)).collect();
            for parts in cuts(&whole).into_iter().chain([one_by_one]) {
                let script = Script::new([body(coding, parts.into_iter().chain([Part::hang()]))]);
                let mut source = source(&script);
                source.opened().await.unwrap();
                for expected in &TOLD[..flushed] {
                    let signal = source.signal().await.unwrap().unwrap();
                    assert_eq!(told(&signal), *expected, "{coding}");
                }
                assert!(timeout(DAY, source.signal()).await.is_err(), "nothing more has come");
                assert_eq!(source.ready_state(), ReadyState::Open);
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn long_events_wait_for_nothing_either() {
    // Around the sizes of the buffers that there are, of what compresses well and of what does not.
    let mut noise = 1_u32;
    let noise: String = std::iter::repeat_with(|| {
        noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        char::from(b'0' + (noise >> 24) as u8 % 64)
    })
    .take(100_000)
    .collect();
    for coding in ON {
        let frame = "data: \n\n".len();
        for length in [16 << 10, 32 << 10, 48 << 10, 64 << 10, 100_000].map(|length: usize| length - frame) {
            for data in [&noise[..length], &"a".repeat(length), &noise[..1000].repeat(100)[..length]] {
                for data in [data, &data[1..], &data[2..]] {
                    let event = format!("data: {data}\n\n");
                    let pieces = encoded(coding, &[&event, &event]);
                    let parts = pieces[..2].iter().map(|piece| bytes(piece)).chain([Part::hang()]);
                    let script = Script::new([body(coding, parts)]);
                    let mut source = source(&script);
                    for _ in 0..2 {
                        let event = timeout(DAY, source.message()).await.expect("all of it has come");
                        assert_eq!(event.unwrap().unwrap().data(), data);
                    }
                }
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_ends_in_mid_stream_is_a_loss_after_the_events_that_came() {
    for coding in ON {
        let pieces = encoded(coding, &EVENTS);
        let whole = pieces.concat();
        for length in 0..=whole.len() {
            let mut flushed = 0;
            let came = pieces[..EVENTS.len()].iter().take_while(|piece| {
                flushed += piece.len();
                flushed <= length
            });
            let came = came.count();
            let kind = if length == 0 || length == whole.len() { "end of stream" } else { "transport" };
            for parts in cuts(&whole[..length]) {
                let (told, why) = lost(body(coding, parts)).await;
                // Before a flush is complete, its event may be.
                assert!(told.len() >= came && told == TOLD[..told.len()], "{coding} {length}: {told:?}");
                assert_eq!(why, kind, "{coding} {length}");
            }
            let broken = cuts(&whole[..length])[0].drain(..).chain([Part::broken()]).collect::<Vec<_>>();
            assert_eq!(lost(body(coding, broken)).await.1, "transport");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn garbage_is_a_loss_after_the_events_that_came() {
    for coding in ON {
        let whole = encoded(coding, &EVENTS).concat();
        let flushed = encoded(coding, &EVENTS)[..EVENTS.len()].concat();
        for (before, garbage) in [(&whole, &b"<html>"[..]), (&flushed, &[0xFF; 20])] {
            let joined = [before, garbage].concat();
            for parts in cuts(&joined).into_iter().chain([vec![bytes(before), bytes(garbage)]]) {
                let (told, kind) = lost(body(coding, parts)).await;
                assert_eq!(told, TOLD, "{coding}");
                assert_eq!(kind, "transport", "{coding}");
            }
        }
        for garbage in [&b"data: not compressed\n\n"[..], b"\0", b"\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"] {
            let (told, kind) = lost(body(coding, [bytes(garbage)])).await;
            assert_eq!((told, kind), (vec![], "transport"), "{coding} {garbage:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_an_error_says() {
    for coding in ON {
        let whole = encoded(coding, &EVENTS).concat();
        let cut = body(coding, [bytes(&whole[..whole.len() - 1])]);
        let damaged = body(coding, [text("data: a\n\n")]);
        let all = everything(&mut source(&Script::new([cut, damaged, status(204)]))).await;
        assert_eq!(all[4], format!("lost: connection broke: body is cut off in the middle of its {coding}"));
        assert_eq!(all[5], "open 200 OK");
        assert!(all[6].starts_with(&format!("lost: connection broke: body is no valid {coding}: ")), "{}", all[6]);
    }
}

#[tokio::test(start_paused = true)]
async fn members_and_frames_follow_each_other() {
    for coding in ON.iter().filter(|coding| **coding != "br") {
        let members: Vec<_> = EVENTS.iter().map(|event| encoded(coding, &[event]).concat()).collect();
        let one_by_one = members.iter().map(|member| bytes(member)).collect();
        for parts in cuts(&members.concat()).into_iter().chain([one_by_one]) {
            let (told, kind) = lost(body(coding, parts)).await;
            assert_eq!((&told[..], kind), (&TOLD.map(str::to_owned)[..], "end of stream"), "{coding}");
        }
        // An event may begin in one and end in another, and one may be empty.
        let members = ["data: fir", "", "st\nid: 1", "", "\n\n"].map(|text| encoded(coding, &[text]).concat());
        for parts in cuts(&members.concat()) {
            assert_eq!(lost(body(coding, parts)).await, (vec![TOLD[0].to_owned()], "end of stream"), "{coding}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn each_connection_decodes_anew() {
    for coding in ON {
        let pieces = encoded(coding, &EVENTS);
        // The second connection has what the first one lost.
        let again = encoded(coding, &EVENTS[1..]).concat();
        let cut = [bytes(&pieces[0]), bytes(&pieces[1][..1]), Part::broken()];
        let plain = ok([text("data: plain\n\n")]);
        let script = Script::new([body(coding, cut), body(coding, [bytes(&again)]), plain, status(204)]);
        let told = everything(&mut source(&script)).await;
        let told: Vec<_> = told.iter().map(String::as_str).collect();
        assert_eq!(told[..4], ["open 200 OK", TOLD[0], "lost: connection broke: connection reset", "open 200 OK"]);
        assert_eq!(told[4..7], [TOLD[1], TOLD[2], "lost: response ended"]);
        assert_eq!(told[7..], ["open 200 OK", "message \"plain\" #2", "lost: response ended", "ended"]);
        let ids: Vec<_> = script.requests().iter().map(|request| request.last_event_id().map(str::to_owned)).collect();
        assert_eq!(ids, [None, Some("1"), Some("2"), Some("2")].map(|id| id.map(str::to_owned)));
        assert!(script.requests().iter().all(|request| request.header("accept-encoding").unwrap() == ON.join(", ")));
    }
}
