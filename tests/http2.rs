//! Over HTTP/2: what breaks one stream and what breaks all of them, and how many of them share a connection.

mod secure_server;
mod witness;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

use futures_util::future::join_all;
use h2::Reason;
use secure_server::{Authority, HOST, Seen, Server, Step, send, within};
use ssekit::retry::Backoff;
use ssekit::{ErrorKind, EventSource, Signal};

/// Up to the end of which year certificates are valid.
const YEAR: i32 = 2090;

/// The event behind the one that the request names, and the begin of the one after it.
fn next_and_a_half(seen: &Seen) -> Vec<Step> {
    let next = seen.header("last-event-id").map_or(1, |id| id.parse::<u32>().unwrap() + 1);
    vec![Step::Send(format!("id: {next}\ndata: {next}\n\n")), Step::Send(format!("id: {}\ndata: cut", next + 1))]
}

/// The data of so many events, and what losses there were on the way.
async fn read(source: &mut EventSource, events: usize) -> (Vec<String>, Vec<String>) {
    let (mut data, mut losses) = (Vec::new(), Vec::new());
    while data.len() < events {
        match source.signal().await.unwrap() {
            Some(Signal::Message(event)) => data.push(event.into_data()),
            Some(Signal::Reconnecting { error, .. }) => losses.push(format!("{}: {error:#}", error.kind())),
            Some(Signal::Opened(_)) => {}
            other => panic!("{other:?}"),
        }
    }
    (data, losses)
}

fn owned(lines: &[&str]) -> Vec<String> {
    lines.iter().map(|&line| line.to_owned()).collect()
}

#[tokio::test]
async fn a_stream_that_is_reset_resumes_on_its_connection() {
    let reasons =
        [Reason::CANCEL, Reason::INTERNAL_ERROR, Reason::REFUSED_STREAM, Reason::NO_ERROR, Reason::FLOW_CONTROL_ERROR];
    within(async {
        let authority = Authority::new("one");
        let server = Server::start(authority.identity(HOST, YEAR, &["h2"]), move |number, seen| {
            let mut steps = next_and_a_half(seen);
            steps.push(reasons.get(number).map_or(Step::Stay, |reason| Step::Reset(*reason)));
            steps
        })
        .await;
        let mut source = server.eager(&authority.client(&server)).build().unwrap();
        let (data, losses) = read(&mut source, reasons.len() + 1).await;
        assert_eq!(data, ["1", "2", "3", "4", "5", "6"]);
        for (reason, loss) in reasons.iter().zip(&losses) {
            // That the rest is of no use, and nothing wrong, is an end to HTTP, though not to the event.
            let begin = match *reason {
                Reason::NO_ERROR => "end of stream: response ended in the middle of an event",
                _ => "transport: connection broke: ",
            };
            assert!(loss.starts_with(begin), "{reason}: {loss}");
        }
        assert_eq!((losses.len(), server.seen().len()), (reasons.len(), reasons.len() + 1));
        assert_eq!(server.connections(), 1);
    })
    .await;
}

/// Where nothing of the response was there, reqwest may ask again beneath the source, unless it is told not to.
#[tokio::test]
async fn a_request_that_is_reset_is_a_loss_unless_the_client_asks_again_by_itself() {
    let script = |reason| {
        move |number, _: &Seen| match number {
            0 => vec![Step::Reset(reason)],
            _ => vec![send("data: a\n\n"), Step::Stay],
        }
    };
    for reason in [Reason::REFUSED_STREAM, Reason::CANCEL, Reason::INTERNAL_ERROR] {
        for asks_again in [false, true] {
            within(async {
                let authority = Authority::new("one");
                let server = Server::start(authority.identity(HOST, YEAR, &["h2"]), script(reason)).await;
                let client = if asks_again {
                    authority.client_with(&server, |builder| builder)
                } else {
                    authority.client(&server)
                };
                let mut source = server.eager(&client).last_event_id("7").build().unwrap();
                let mut losses = 0;
                while let Some(Signal::Reconnecting { error, .. }) = source.signal().await.unwrap() {
                    // It may have been read before it was refused, as far as anybody knows here.
                    assert_eq!((error.kind(), error.is_connect()), (ErrorKind::Transport, false), "{error:#}");
                    losses += 1;
                }
                // That it was refused says that nothing came of it, and no other reason does.
                assert_eq!(losses, usize::from(!asks_again || reason != Reason::REFUSED_STREAM), "{reason}");
                let seen = server.seen();
                assert_eq!((seen.len(), server.connections()), (2, 1));
                assert!(seen.iter().all(|seen| seen.header("last-event-id") == Some("7")));
            })
            .await;
        }
    }
}

#[tokio::test]
async fn a_connection_that_is_ended_with_an_error_resumes_on_another() {
    let reasons = [Reason::PROTOCOL_ERROR, Reason::ENHANCE_YOUR_CALM, Reason::NO_ERROR];
    within(async {
        let authority = Authority::new("one");
        let server = Server::start(authority.identity(HOST, YEAR, &["h2"]), move |number, seen| {
            let mut steps = next_and_a_half(seen);
            steps.push(reasons.get(number).map_or(Step::Stay, |reason| Step::Abort(*reason)));
            steps
        })
        .await;
        let mut source = server.eager(&authority.client(&server)).build().unwrap();
        let (data, losses) = read(&mut source, reasons.len() + 1).await;
        assert_eq!(data, ["1", "2", "3", "4"]);
        assert!(losses.iter().all(|loss| loss.starts_with("transport: connection broke: ")), "{losses:?}");
        assert_eq!((losses.len(), server.connections()), (reasons.len(), reasons.len() + 1));
    })
    .await;
}

/// A server that is to be restarted says that it takes no more requests, and goes on with those that there are.
#[tokio::test]
async fn a_stream_goes_on_behind_a_goaway_and_the_next_one_takes_another_connection() {
    within(async {
        let authority = Authority::new("one");
        let server = Server::start(authority.identity(HOST, YEAR, &["h2"]), |number, _| match number {
            0 => vec![send("id: 1\ndata: before\n\nid: 2\ndata: be"), Step::GoAway, send("hind\n\n")],
            _ => vec![send("data: again\n\n"), Step::Stay],
        })
        .await;
        let mut source = server.eager(&authority.client(&server)).build().unwrap();
        let (data, losses) = read(&mut source, 3).await;
        assert_eq!((data, losses), (owned(&["before", "behind", "again"]), owned(&["end of stream: response ended"])));
        let seen = server.seen();
        assert_eq!(seen.iter().map(|seen| seen.connection).collect::<Vec<_>>(), [0, 1]);
        assert_eq!(seen[1].header("last-event-id"), Some("2"));
    })
    .await;
}

#[tokio::test]
async fn a_hundred_sources_share_a_connection_and_come_back_from_its_end() {
    const SOURCES: usize = 100;
    within(async {
        let authority = Authority::new("one");
        let server = Server::start(authority.identity(HOST, YEAR, &["h2"]), |_, seen| {
            let mut steps = next_and_a_half(seen);
            steps.push(Step::Stay);
            steps
        })
        .await;
        let client = authority.client(&server);
        // The first one makes the connection. Those that begin before it is there might make one each.
        let mut sources: Vec<_> = (0..SOURCES).map(|_| server.eager(&client).build().unwrap()).collect();
        sources[0].opened().await.unwrap();
        let first = join_all(sources.iter_mut().map(|source| read(source, 1))).await;
        assert!(first.iter().all(|(data, losses)| data == &["1"] && losses.is_empty()));
        assert_eq!((server.connections(), server.seen().len()), (1, SOURCES));

        server.cut();
        let second = join_all(sources.iter_mut().map(|source| read(source, 1))).await;
        assert!(second.iter().all(|(data, losses)| data == &["2"] && !losses.is_empty()), "{second:?}");
        let again = server.seen().split_off(SOURCES);
        assert_eq!(again.len(), SOURCES);
        assert!(again.iter().all(|seen| seen.header("last-event-id") == Some("1")));
        // None was there, and each may have made one. They need one alone, and the rest go.
        assert!(again.iter().all(|seen| seen.connection == again[0].connection), "{again:?}");
        while server.live() > 1 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
}

/// What a server does not take at the moment waits for one of the streams to end, and is no loss.
#[tokio::test]
async fn streams_above_what_the_server_takes_wait_for_their_turn() {
    within(async {
        let authority = Authority::new("one");
        let script = |_, _: &Seen| vec![send("data: a\n\n"), Step::Stay];
        let server = Server::start_with(authority.identity(HOST, YEAR, &["h2"]), 2, script).await;
        let client = authority.client(&server);
        let mut first = server.eager(&client).build().unwrap();
        first.opened().await.unwrap();
        let mut second = server.eager(&client).build().unwrap();
        second.opened().await.unwrap();

        let opened = Arc::new(AtomicUsize::new(0));
        let third = server.eager(&client).build().unwrap();
        let counter = Arc::clone(&opened);
        third.on_open(move |_| {
            counter.fetch_add(1, SeqCst);
        });
        third.on_error(|event| panic!("{:?}", event.error()));
        let handle = third.handle();
        let third = tokio::spawn(third.run());
        // By then it would have come, if it were to come.
        tokio::time::sleep(Duration::from_millis(200)).await;
        assert_eq!((opened.load(SeqCst), server.seen().len(), server.connections()), (0, 2, 1));

        drop(first);
        handle.wait_for(ssekit::ReadyState::Open).await;
        assert_eq!((server.seen().len(), server.connections()), (3, 1));
        handle.close();
        third.await.unwrap().unwrap();
    })
    .await;
}

/// A turn that does not come is told by the time that a head may take, and by nothing else.
#[tokio::test]
async fn a_turn_that_does_not_come_is_a_timeout_of_the_head() {
    within(async {
        let authority = Authority::new("one");
        let script = |_, _: &Seen| vec![send("data: a\n\n"), Step::Stay];
        let server = Server::start_with(authority.identity(HOST, YEAR, &["h2"]), 1, script).await;
        let client = authority.client(&server);
        let mut first = server.eager(&client).build().unwrap();
        first.opened().await.unwrap();
        let mut second = server.eager(&client).head_timeout(Duration::from_millis(200)).build().unwrap();
        let Some(Signal::Reconnecting { error, .. }) = second.signal().await.unwrap() else { panic!("not a loss") };
        assert_eq!((error.kind(), error.is_connect()), (ErrorKind::Timeout, false), "{error:#}");
        assert_eq!(error.to_string(), "no response came within 200ms");
        assert_eq!((server.seen().len(), server.connections()), (1, 1));

        drop(first);
        assert_eq!(second.message().await.unwrap().unwrap().data(), "a");
    })
    .await;
}

/// What HTTP says of itself, at every level, has none of it either.
#[tokio::test]
async fn no_secret_is_logged_by_what_stands_below() {
    witness::begin();
    within(async {
        let authority = Authority::new("one");
        let server = Server::start(authority.identity(HOST, YEAR, &["h2"]), |number, seen| {
            let mut steps = next_and_a_half(seen);
            steps.push(if number == 0 { Step::Reset(Reason::CANCEL) } else { Step::Stay });
            steps
        })
        .await;
        let builder = server.eager_at("user:s3cret@", "/s?token=s3cret", &authority.client(&server)).body("s3cret");
        let builder = builder.method("POST").header("cookie", "session=s3cret").header("x-api-key", "s3cret");
        let mut source = builder.retry_policy(Backoff::new()).build().unwrap();
        assert_eq!(read(&mut source, 2).await.0, ["1", "2"]);
        let seen = &server.seen()[1];
        assert_eq!(seen.header("x-api-key"), Some("s3cret"), "it was there");
    })
    .await;
    let told = witness::told();
    // As it is, as Basic has it, and as bytes.
    for marker in ["s3cret", "M2NyZXQ", "115, 51, 99"] {
        let line = told.lines().find(|line| line.contains(marker));
        assert_eq!(line, None);
    }
    for told_by in [" h2::", " hyper_util::", " reqwest::"] {
        assert!(told.contains(told_by), "{told_by} says nothing");
    }
}
