//! The readyState machine, in transcripts: what the driver says, and what the machine makes of it.
//!
//! No clock and no socket: each line is one call, and behind the arrow stands what was handed out (an event's data, a
//! failure), the next step and the readyState. The rows named are those of the standard's processing model.

use core::time::Duration;

use ssekit::retry::Policy;
use ssekit::{Connection, LastEventIdNotSent, ReadyState, Step};

fn connection() -> Connection {
    Connection::new(0)
}

/// Plays a transcript; `\n` and other escapes of the bytes are written as in a Rust string.
#[track_caller]
fn play(mut connection: Connection, transcript: &[(&str, &str)]) -> Connection {
    for (line, &(call, expected)) in transcript.iter().enumerate() {
        let mut told: Vec<String> = Vec::new();
        match call.split_once(' ').unwrap_or((call, "")) {
            ("start", _) => {}
            ("respond", head) => {
                let (status, content_type) = head.split_once(' ').unwrap_or((head, ""));
                if let Err(failure) = connection.handle_response(status.parse().unwrap(), [content_type]) {
                    told.push(format!("failure: {failure};"));
                }
            }
            ("bytes", text) => {
                // Owned on a copy, which has to tell the same.
                let (mut owned, mut same) = (connection.clone(), text.as_bytes());
                let mut input = text.as_bytes();
                loop {
                    let event =
                        connection.handle_bytes(&mut input).map(|event| event.map(ssekit::EventRef::into_owned));
                    assert_eq!((owned.handle_bytes_owned(&mut same), same), (event.clone(), input));
                    assert_eq!(owned.step(), connection.step());
                    match event {
                        Ok(Some(event)) => {
                            told.push(format!("{}#{}", event.data(), event.last_event_id()));
                            assert_eq!(event.last_event_id(), connection.last_event_id());
                        }
                        Ok(None) => break,
                        Err(error) => told.push(format!("{error};")),
                    }
                }
            }
            ("lost", _) => connection.handle_lost(),
            ("elapsed", _) => connection.handle_elapsed(),
            ("failure", _) => told.push(format!("news: {};", connection.handle_failure())),
            ("close", _) => connection.close(),
            (other, _) => panic!("no such call: {other}"),
        }
        told.push(match connection.step() {
            Step::Connect => "Connect".to_owned(),
            Step::Read => "Read".to_owned(),
            Step::Wait(_) => "Wait".to_owned(),
            Step::Stop => "Stop".to_owned(),
        });
        told.push(format!("{:?}", connection.ready_state()).to_uppercase());
        assert_eq!(told.join(" "), expected, "line {line}: {call}");
    }
    connection
}

const OK: &str = "respond 200 text/event-stream";

#[test]
fn ready_state_has_the_numbers_of_the_standard() {
    assert_eq!([ReadyState::Connecting, ReadyState::Open, ReadyState::Closed].map(|state| state as u8), [0, 1, 2]);
}

#[test]
fn announce_then_reestablish_with_each_loss() {
    play(
        connection(),
        &[
            ("start", "Connect CONNECTING"),
            (OK, "Read OPEN"),
            ("bytes data: a\n\ndata: b\n\n", "a# b# Read OPEN"),
            ("lost", "Wait CONNECTING"),
            ("elapsed", "Connect CONNECTING"),
            ("lost", "Wait CONNECTING"),
            ("elapsed", "Connect CONNECTING"),
            (OK, "Read OPEN"),
            ("bytes data: c\n\n", "c# Read OPEN"),
            ("lost", "Wait CONNECTING"),
        ],
    );
}

#[test]
fn a_body_without_a_byte_opens_and_reestablishes() {
    play(connection(), &[(OK, "Read OPEN"), ("lost", "Wait CONNECTING"), ("elapsed", "Connect CONNECTING")]);
}

#[test]
fn no_content_is_a_clean_end() {
    play(
        connection(),
        &[
            (OK, "Read OPEN"),
            ("lost", "Wait CONNECTING"),
            ("elapsed", "Connect CONNECTING"),
            ("respond 204", "Stop CLOSED"),
            ("lost", "Stop CLOSED"),
            ("elapsed", "Stop CLOSED"),
            (OK, "Stop CLOSED"),
        ],
    );
}

#[test]
fn any_other_status_fails() {
    for status in [100, 101, 199, 201, 202, 205, 206, 210, 299, 301, 304, 400, 401, 404, 410, 429, 500, 503, 504, 999] {
        play(
            connection(),
            &[
                (
                    &format!("respond {status} text/event-stream"),
                    &format!("failure: response has status {status}, not 200; Stop CLOSED"),
                ),
                ("lost", "Stop CLOSED"),
                ("elapsed", "Stop CLOSED"),
            ],
        );
    }
}

#[test]
fn any_other_content_type_fails() {
    play(
        connection(),
        &[
            (
                "respond 200 text/event-streaming",
                "failure: response has content type \"text/event-streaming\", not text/event-stream; Stop CLOSED",
            ),
            (OK, "Stop CLOSED"),
        ],
    );
    play(connection(), &[("respond 200", "failure: response has no content type, not text/event-stream; Stop CLOSED")]);
    // The status goes first.
    play(connection(), &[("respond 404 text/html", "failure: response has status 404, not 200; Stop CLOSED")]);
}

#[test]
fn a_failure_after_a_good_connection_is_final_too() {
    play(
        connection(),
        &[
            (OK, "Read OPEN"),
            ("lost", "Wait CONNECTING"),
            ("elapsed", "Connect CONNECTING"),
            ("respond 503 text/event-stream", "failure: response has status 503, not 200; Stop CLOSED"),
            ("elapsed", "Stop CLOSED"),
        ],
    );
}

#[test]
fn calls_that_do_not_fit_are_no_ops() {
    play(
        connection(),
        &[
            ("elapsed", "Connect CONNECTING"),
            ("bytes data: early\n\n", "Connect CONNECTING"),
            (OK, "Read OPEN"),
            (OK, "Read OPEN"),
            ("respond 404", "Read OPEN"),
            ("elapsed", "Read OPEN"),
            ("lost", "Wait CONNECTING"),
            ("bytes data: late\n\n", "Wait CONNECTING"),
            (OK, "Wait CONNECTING"),
            ("respond 204", "Wait CONNECTING"),
        ],
    );
}

#[test]
fn a_loss_that_is_told_twice_waits_once() {
    let mut connection = play(connection(), &[(OK, "Read OPEN"), ("lost", "Wait CONNECTING")]);
    let first = connection.step();
    connection.handle_lost();
    connection.handle_lost();
    assert_eq!(connection.step(), first, "one loss, one wait");
}

#[test]
fn close_is_final_from_everywhere() {
    let before: [&[(&str, &str)]; 4] = [
        &[],
        &[(OK, "Read OPEN"), ("bytes data: half", "Read OPEN")],
        &[(OK, "Read OPEN"), ("lost", "Wait CONNECTING")],
        &[("respond 204", "Stop CLOSED")],
    ];
    for transcript in before {
        let connection = play(connection(), transcript);
        play(
            connection,
            &[
                ("close", "Stop CLOSED"),
                ("close", "Stop CLOSED"),
                ("elapsed", "Stop CLOSED"),
                ("lost", "Stop CLOSED"),
                (OK, "Stop CLOSED"),
                ("bytes data: late\n\n", "Stop CLOSED"),
                ("failure", "news: false; Stop CLOSED"),
            ],
        );
    }
}

#[test]
fn close_drops_the_rest_of_the_chunk() {
    let mut connection = play(connection(), &[(OK, "Read OPEN")]);
    let mut chunk = &b"data: a\n\ndata: b\n\n"[..];
    assert_eq!(connection.handle_bytes(&mut chunk).unwrap().unwrap().data(), "a");
    connection.close();
    assert_eq!(connection.handle_bytes(&mut chunk), Ok(None));
    assert_eq!(connection.handle_bytes_owned(&mut chunk), Ok(None));
}

#[test]
fn a_futile_or_cancelled_attempt_is_one_failure() {
    let before: [&[(&str, &str)]; 3] = [&[], &[(OK, "Read OPEN")], &[(OK, "Read OPEN"), ("lost", "Wait CONNECTING")]];
    for transcript in before {
        let connection = play(connection(), transcript);
        play(
            connection,
            &[
                ("failure", "news: true; Stop CLOSED"),
                ("failure", "news: false; Stop CLOSED"),
                ("elapsed", "Stop CLOSED"),
            ],
        );
    }
}

#[test]
fn nothing_of_a_half_received_block_gets_into_the_next_connection() {
    let connection = play(
        connection(),
        &[
            (OK, "Read OPEN"),
            ("bytes id: 1\ndata: a\n\nid: 2\nevent: x\ndata: lost\r", "a#1 Read OPEN"),
            ("lost", "Wait CONNECTING"),
            ("elapsed", "Connect CONNECTING"),
            (OK, "Read OPEN"),
            ("bytes \n\u{FEFF}\ndata: b\n\n", "b#1 Read OPEN"),
            ("lost", "Wait CONNECTING"),
            ("elapsed", "Connect CONNECTING"),
            (OK, "Read OPEN"),
            ("bytes \u{FEFF}data: c\n\n", "c#1 Read OPEN"),
        ],
    );
    assert_eq!(connection.last_event_id_header(), Ok(Some("1")));
}

#[test]
fn the_last_event_id_goes_from_connection_to_connection() {
    let header = |connection: &Connection| connection.last_event_id_header().unwrap().map(str::to_owned);
    let mut connection = connection();
    assert_eq!(header(&connection), None, "the first request has none");
    let mut connect = |bytes: &str| {
        connection = play(connection.clone(), &[(OK, "Read OPEN")]);
        let mut input = bytes.as_bytes();
        while connection.handle_bytes(&mut input).unwrap().is_some() {}
        connection.handle_lost();
        connection.handle_elapsed();
        header(&connection)
    };
    assert_eq!(connect("id: 7\ndata: a\n\n").as_deref(), Some("7"));
    assert_eq!(connect("data: b\n\n").as_deref(), Some("7"), "also without a new one");
    assert_eq!(connect("").as_deref(), Some("7"));
    assert_eq!(connect("id: 8\n\n").as_deref(), Some("8"), "a block without data counts");
    assert_eq!(connect("id: 9\ndata: cut short\n").as_deref(), Some("8"), "an unfinished one does not");
    assert_eq!(connect("id: a\0b\ndata: x\n\n").as_deref(), Some("8"), "one with a NUL does not");
    assert_eq!(connect("id:  \u{2026}\t\ndata: x\n\n").as_deref(), Some("\u{2026}"));
    assert_eq!(connect("id\n\n"), None, "an empty one takes the field away");
    assert_eq!(connect("data: c\n\n"), None);
}

#[test]
fn the_first_last_event_id_may_be_given() {
    let connection = play(connection().with_last_event_id("41"), &[("start", "Connect CONNECTING")]);
    assert_eq!(connection.last_event_id_header(), Ok(Some("41")));
    play(connection, &[(OK, "Read OPEN"), ("bytes data: a\n\nid: 42\ndata: b\n\n", "a#41 b#42 Read OPEN")]);
}

#[test]
fn an_id_that_no_header_carries_does_not_end_the_connection() {
    let connection = play(
        connection().with_last_event_id_limit(3),
        &[
            (OK, "Read OPEN"),
            ("bytes id: a\u{1}b\ndata: x\n\n", "x#a\u{1}b Read OPEN"),
            ("lost", "Wait CONNECTING"),
            ("elapsed", "Connect CONNECTING"),
        ],
    );
    assert_eq!(connection.last_event_id_header(), Err(LastEventIdNotSent::ControlCharacter));
    let connection = play(connection, &[(OK, "Read OPEN"), ("bytes id: 1234\ndata: x\n\n", "x#1234 Read OPEN")]);
    assert_eq!(connection.last_event_id_header(), Err(LastEventIdNotSent::TooLong));
    let connection = play(connection, &[("bytes id: 123\ndata: x\n\n", "x#123 Read OPEN")]);
    assert_eq!(connection.last_event_id_header(), Ok(Some("123")));
}

#[test]
fn the_longest_id_that_is_sent_by_default() {
    let header = |length| connection().with_last_event_id("x".repeat(length)).last_event_id_header().map(|_| ());
    assert_eq!((header(8192), header(8193)), (Ok(()), Err(LastEventIdNotSent::TooLong)));
}

#[test]
fn retry_counts_from_its_line_on_and_over_connections() {
    let ms = Duration::from_millis;
    let wait = |connection: &Connection| match connection.step() {
        Step::Wait(delay) => delay,
        step => panic!("{step:?}"),
    };
    let connection = connection().with_reconnection_time(ms(500));
    assert_eq!(connection.reconnection_time(), ms(500));
    let connection = play(connection, &[(OK, "Read OPEN"), ("bytes retry: 2000\nid: never\nd", "Read OPEN")]);
    assert_eq!(connection.reconnection_time(), ms(2000), "also in a block that is not dispatched");
    let connection = play(connection, &[("lost", "Wait CONNECTING")]);
    assert!((ms(2000)..=ms(2200)).contains(&wait(&connection)));
    let connection = play(
        connection,
        &[
            ("elapsed", "Connect CONNECTING"),
            (OK, "Read OPEN"),
            ("bytes retry: 1000x\nretry\n\n", "Read OPEN"),
            ("lost", "Wait CONNECTING"),
        ],
    );
    assert!((ms(2000)..=ms(2200)).contains(&wait(&connection)), "what is not a number changes nothing");
}

#[test]
fn a_byte_is_what_makes_a_connection_healthy() {
    let ms = Duration::from_millis;
    let mut connection = connection().with_reconnection_time(ms(1000));
    let mut lose = |bytes: Option<&str>| {
        connection.handle_elapsed();
        if let Some(bytes) = bytes {
            connection.handle_response(200, ["text/event-stream"]).unwrap();
            while connection.handle_bytes(&mut bytes.as_bytes()).unwrap().is_some() {}
        }
        connection.handle_lost();
        let Step::Wait(delay) = connection.step() else { panic!() };
        delay.as_millis()
    };
    assert!((1000..=1500).contains(&lose(None)));
    assert!((2000..=3000).contains(&lose(None)));
    assert!((4000..=6000).contains(&lose(Some(""))), "to accept and to drop is not healthy");
    assert!((1000..=1100).contains(&lose(Some(":"))), "a comment is");
    assert!((1000..=1500).contains(&lose(Some(""))));
    assert!((2000..=3000).contains(&lose(Some(""))), "each connection has to show it anew");
}

#[test]
fn the_limit_loses_an_event_or_the_connection() {
    const EXCEEDED: &str = "unfinished event or comment exceeds the limit of 8 bytes;";
    let bytes = "bytes data: 1\n\nid: 7\ndata: 123456789\ndata: x\n\ndata: 2\n\n";
    play(connection().with_limit(8), &[(OK, "Read OPEN"), (bytes, &format!("1# {EXCEEDED} 2#7 Read OPEN"))]);
    play(
        connection().with_limit(8).with_fail_on_limit(true),
        &[(OK, "Read OPEN"), (bytes, &format!("1# {EXCEEDED} Stop CLOSED")), ("failure", "news: false; Stop CLOSED")],
    );
}

#[test]
fn the_server_may_say_when_to_ask_again() {
    const SECS: fn(u64) -> Duration = Duration::from_secs;
    let policy = Policy::standard().with_statuses([503]);
    let mut connection = connection().with_retry_policy(policy).with_max_retry_after(SECS(100));
    for (says, answers, wait) in [
        (Some(7), true, 7),
        (None, true, 3),
        (Some(2), true, 3),
        (Some(200), true, 100),
        (Some(50), false, 3),
        (None, true, 3),
    ] {
        if let Some(says) = says {
            connection.handle_retry_after(SECS(says));
        }
        if answers {
            connection.handle_response(503, [""; 0]).unwrap_err();
        } else {
            connection.handle_lost();
        }
        assert_eq!(connection.step(), Step::Wait(SECS(wait)));
        connection.handle_retry_after(SECS(99));
        assert_eq!(connection.step(), Step::Wait(SECS(wait)), "it is too late for that");
        connection.handle_elapsed();
    }
}
