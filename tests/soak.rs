//! A long feed over a server that breaks off in every way there is: no event is lost, and none comes twice.

mod server;

use std::time::Duration;

use server::{STREAM, Server};
use ssekit::{EventSource, Frame, Signal};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const EVENTS: usize = 100_000;

/// The least there have to be.
const LOSSES: usize = 1_000;

/// The ways in which [`serve`] ends a response.
const WAYS: usize = 14;

/// Whole events of each response, on the average.
const EACH: usize = 96;

/// Nothing takes this long but what hangs.
const PATIENCE: Duration = Duration::from_secs(120);

const CHUNKED: &str = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";

/// What is in an event follows from its number.
fn frame(id: usize) -> String {
    let (data, id) = (data(id), id.to_string());
    let frame = Frame::new().with_comment("next").with_id(&id).with_data(&data);
    frame.encode().unwrap().replace('\n', ["\n", "\r\n", "\r"][data.len() % 3])
}

fn data(id: usize) -> String {
    format!("event {id}\n{}\u{2026}", "x".repeat(id % 41))
}

fn chunks(body: &[u8], size: usize) -> Vec<u8> {
    let mut chunks = Vec::new();
    for chunk in body.chunks(size) {
        chunks.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
        chunks.extend_from_slice(chunk);
        chunks.extend_from_slice(b"\r\n");
    }
    chunks
}

/// Sends some events behind the one that was asked for, and a part of the next one, and breaks off in one way or another.
async fn serve(number: usize, request: server::Request, mut socket: TcpStream) -> std::io::Result<()> {
    let last = request.header("last-event-id").map_or(0, |id| std::str::from_utf8(id).unwrap().parse().unwrap());
    if last == EVENTS {
        return socket.write_all(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n").await;
    }
    let whole = (EACH / 2 + number * 7 % EACH).min(EVENTS - last);
    let mut body = (last + 1..=last + whole).map(frame).collect::<String>().into_bytes();
    if last + whole < EVENTS {
        // A part that is never all of it, and may end in mid-character.
        let next = frame(last + whole + 1).into_bytes();
        body.extend_from_slice(&next[..number * 13 % (next.len() - 4)]);
    }
    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n";
    let with_length = |length: usize| format!("{head}Content-Length: {length}\r\nConnection: close\r\n\r\n");
    let is_reset = match number % WAYS {
        // The end of the connection is that of the body; with a reset in its place; or of one half of it.
        0 | 1 => {
            socket.write_all(&[STREAM.as_bytes(), &body].concat()).await?;
            number % WAYS == 1
        }
        2 => {
            let head = "HTTP/1.0 200 OK\r\nContent-Type: text/event-stream\r\n\r\n";
            socket.write_all(&[head.as_bytes(), &body].concat()).await?;
            socket.shutdown().await?;
            while socket.read(&mut [0; 64]).await.is_ok_and(|length| length > 0) {}
            false
        }
        // A body that is as long as it said, longer, or shorter, with and without a reset.
        3 => {
            socket.write_all(&[with_length(body.len()).as_bytes(), &body].concat()).await?;
            false
        }
        4 => {
            let length = body.len() * 2 / 3;
            socket.write_all(&[with_length(length).as_bytes(), &body].concat()).await?;
            false
        }
        5 | 6 => {
            socket.write_all(&[with_length(body.len() + 1).as_bytes(), &body].concat()).await?;
            number % WAYS == 6
        }
        // Chunks with an end, without, cut in a chunk or in its header, and followed by nonsense.
        way @ 7..12 => {
            let mut chunks = chunks(&body, 11 + number % 500);
            match way {
                7 => chunks.extend_from_slice(b"0\r\n\r\n"),
                8 => {}
                9 => chunks.truncate(chunks.len() - 5),
                10 => chunks.extend_from_slice(b"1"),
                _ => chunks.extend_from_slice(b"zz\r\n"),
            }
            socket.write_all(CHUNKED.as_bytes()).await?;
            socket.write_all(&chunks).await?;
            way == 10
        }
        // No response at all, or the begin of one.
        12 => true,
        _ => {
            socket.write_all(head.as_bytes()).await?;
            false
        }
    };
    if is_reset { socket.set_zero_linger() } else { Ok(()) }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_thousand_events_over_a_thousand_losses() {
    let server = Server::start(serve).await;
    let builder = EventSource::builder(server.url("/")).reconnection_time(Duration::from_millis(1));
    // What is in vain twice in a row waits longer, and is not what this is about.
    let policy = ssekit::retry::Policy::standard();
    let mut source = builder.min_reconnection_time(Duration::ZERO).retry_policy(policy).build().unwrap();
    let (mut next, mut losses) = (1, 0);
    let run = async {
        while let Some(signal) = source.signal().await.unwrap() {
            match signal {
                Signal::Message(event) => {
                    assert_eq!((event.last_event_id(), event.data()), (&*next.to_string(), &*data(next)));
                    next += 1;
                }
                Signal::Reconnecting { error, .. } => {
                    assert!(error.is_transport() || error.is_end_of_stream(), "{error:#}");
                    losses += 1;
                }
                Signal::Opened(_) | Signal::Ended => {}
                other => panic!("{other:?}"),
            }
        }
    };
    tokio::time::timeout(PATIENCE, run).await.expect("it hangs");
    println!("{} events, {losses} losses of {WAYS} kinds, {} requests", next - 1, server.requests().len());
    assert_eq!(next - 1, EVENTS);
    assert!(losses >= LOSSES, "{losses}");
    // One for each, and the last one.
    assert_eq!(server.requests().len(), losses + 1);
    assert_eq!(source.last_event_id(), EVENTS.to_string());
}
