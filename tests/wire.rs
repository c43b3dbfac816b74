//! The event source over sockets: what goes over the wire, and what comes of what a server does there.

mod server;

use std::time::Duration;

use server::{STREAM, Server};
use ssekit::{Client, EventSource, Frame, ReadyState, Signal};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

/// Nothing here takes long; this is for a machine that is busy with something else.
const PATIENCE: Duration = Duration::from_secs(30);

/// What hangs fails.
async fn within(test: impl Future<Output = ()>) {
    tokio::time::timeout(2 * PATIENCE, test).await.expect("it hangs");
}

/// A source that comes back at once.
fn eager(url: impl AsRef<str>) -> ssekit::Builder {
    EventSource::builder(url).reconnection_time(Duration::from_millis(1)).min_reconnection_time(Duration::ZERO)
}

#[tokio::test]
async fn the_request() {
    within(async {
        let server = Server::answering("HTTP/1.1 204 No Content\r\n\r\n").await;
        let url = server.url("/feed?a=b%20c&d#fragment").replace("http://", "http://user:pass@");
        let mut source =
            EventSource::builder(url).last_event_id(" \u{2026}\u{e9} ").header("x-api-key", "k").build().unwrap();
        assert!(source.message().await.unwrap().is_none());
        let [request] = &server.requests()[..] else { panic!() };
        assert_eq!(request.line(), "GET /feed?a=b%20c&d HTTP/1.1");
        for (name, value) in [
            ("host", Some(server.origin().trim_start_matches("http://").as_bytes())),
            ("accept", Some(b"text/event-stream")),
            ("accept-encoding", Some(b"identity")),
            ("cache-control", Some(b"no-cache")),
            ("pragma", Some(b"no-cache")),
            ("last-event-id", Some("\u{2026}\u{e9}".as_bytes())),
            ("authorization", Some(b"Basic dXNlcjpwYXNz")),
            ("x-api-key", Some(b"k")),
            ("user-agent", Some(concat!("ssekit/", env!("CARGO_PKG_VERSION")).as_bytes())),
            ("origin", None),
            ("referer", None),
            ("cookie", None),
            ("content-length", None),
            ("transfer-encoding", None),
        ] {
            assert_eq!(request.header(name), value, "{name}");
        }
    })
    .await;
}

#[tokio::test]
async fn the_users_accept_and_cache_headers_win() {
    within(async {
        let server = Server::answering("HTTP/1.1 204 No Content\r\n\r\n").await;
        let builder = EventSource::builder(server.url("/")).header("accept", "text/event-stream, application/json");
        let mut source =
            builder.header("cache-control", "no-store").header("x-a", "1").header("x-a", "2").build().unwrap();
        assert!(source.message().await.unwrap().is_none());
        let [request] = &server.requests()[..] else { panic!() };
        assert_eq!(request.header("accept").unwrap(), b"text/event-stream, application/json");
        assert_eq!(request.header("cache-control").unwrap(), b"no-store");
        assert_eq!(request.header("pragma").unwrap(), b"no-cache");
        assert_eq!(request.all("x-a"), [b"1", b"2"]);
    })
    .await;
}

#[tokio::test]
async fn events_as_they_come_and_the_way_back() {
    within(async {
        let server = Server::start(async |number, request, mut socket: TcpStream| {
            socket.set_nodelay(true)?;
            match number {
                0 => {
                    socket.write_all(STREAM.as_bytes()).await?;
                    socket.write_all(b"id: 1\ndata: a\r\n\r").await?;
                    // The event is out before its last line feed: this waits for the reader, who has it by then.
                    assert_eq!(socket.read(&mut [0]).await.unwrap_or(0), 0);
                    Ok(())
                }
                1 => {
                    assert_eq!(request.header("last-event-id"), Some(&b"1"[..]));
                    socket.write_all(STREAM.as_bytes()).await?;
                    socket.write_all(b"retry: 7\n\ndata: b\n\n").await
                }
                _ => socket.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await,
            }
        })
        .await;
        let mut source = eager(server.url("/")).build().unwrap();
        let event = source.message().await.unwrap().unwrap();
        assert_eq!((event.data(), event.origin()), ("a", &*server.origin()));
        let last_event_id = source.last_event_id().to_owned();
        drop(source);
        let mut source = eager(server.url("/")).last_event_id(last_event_id).build().unwrap();
        assert_eq!(source.message().await.unwrap().unwrap().last_event_id(), "1");
        assert_eq!(source.reconnection_time(), Duration::from_millis(7));
        assert!(source.message().await.unwrap().is_none());
        assert_eq!(source.ready_state(), ReadyState::Closed);
    })
    .await;
}

#[tokio::test]
async fn decompression_stays_off_though_another_crate_switched_it_on() {
    within(async {
        // The tests are built with reqwest's own gzip: a client of the user's decodes, ours does not even ask for it.
        let gzip = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03KI,ITH\xe4\xe2\x02\x00\xdb\xf0t\x4e\x09\x00\x00\x00";
        let mut response =
            b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Encoding: gzip\r\n\r\n".to_vec();
        response.extend_from_slice(gzip);
        let server = Server::answering(response).await;
        let error = EventSource::get(server.url("/")).unwrap().message().await.unwrap_err();
        assert!(error.is_content_encoding(), "{error}");
        assert_eq!(server.requests()[0].header("accept-encoding"), Some(&b"identity"[..]));
    })
    .await;
}

#[tokio::test]
async fn a_client_of_the_users_own() {
    within(async {
        let server = Server::start(async |number, _, mut socket: TcpStream| {
            if number == 0 {
                return socket.write_all(b"HTTP/1.1 302 Found\r\nLocation: /there\r\nConnection: close\r\n\r\n").await;
            }
            socket.write_all(STREAM.as_bytes()).await?;
            tokio::time::sleep(Duration::from_millis(300)).await;
            socket.write_all(b"data: late\n\n").await
        })
        .await;
        // Its total timeout would end the stream before the event; that it follows redirects is its own affair.
        let client = reqwest::Client::builder().timeout(Duration::from_millis(100)).build().unwrap();
        let mut source = Client::from(client).get(server.url("/here")).unwrap();
        let opened = source.opened().await.unwrap().unwrap();
        assert_eq!(opened.url().as_str(), server.url("/there"));
        assert_eq!(source.url().as_str(), server.url("/here"));
        assert_eq!(source.message().await.unwrap().unwrap().data(), "late");
        assert_eq!(server.requests()[0].header("accept-encoding"), Some(&b"identity"[..]));
    })
    .await;
}

#[tokio::test]
async fn redirects_are_not_followed_behind_the_sources_back() {
    within(async {
        let server =
            Server::answering("HTTP/1.1 302 Found\r\nLocation: ftp://there/\r\nConnection: close\r\n\r\n").await;
        let error = EventSource::get(server.url("/")).unwrap().opened().await.unwrap_err();
        assert!(error.is_redirect(), "the source has seen it: {error:?}");
        assert_eq!(server.requests().len(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_client_of_the_users_own_may_follow_redirects() {
    within(async {
        let server = Server::start(async |_, request: server::Request, mut socket: TcpStream| {
            let answer = match request.line() {
                "GET / HTTP/1.1" => "HTTP/1.1 302 Found\r\nLocation: /t#there\r\nConnection: close\r\n\r\n".to_owned(),
                _ => [STREAM, "data: a\n\n"].concat(),
            };
            socket.write_all(answer.as_bytes()).await
        })
        .await;
        let client = Client::from(reqwest::Client::new());
        let mut source = client.source(server.url("/")).header("x-api-key", "k").build().unwrap();
        assert_eq!(source.opened().await.unwrap().unwrap().url().path(), "/t");
        let event = source.message().await.unwrap().unwrap();
        assert_eq!((event.data(), event.origin()), ("a", &*server.origin()));
        let requests = server.requests();
        assert_eq!(
            requests.iter().map(server::Request::line).collect::<Vec<_>>(),
            ["GET / HTTP/1.1", "GET /t HTTP/1.1"]
        );
        assert!(requests.iter().all(|request| request.header("x-api-key").is_some()));
    })
    .await;
}

#[tokio::test]
async fn a_port_that_nobody_listens_on() {
    within(async {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let url = format!("http://{}/?token=s3cret", socket.local_addr().unwrap());

        let mut source = eager(&url).build().unwrap();
        let error = source.opened().await.unwrap_err();
        assert!(error.is_transport() && error.is_connect(), "{error}");
        assert!(!format!("{error:?}").contains("s3cret"), "{error:?}");
        assert_eq!(source.ready_state(), ReadyState::Closed);

        let mut source = eager(&url).build().unwrap();
        for _ in 0..3 {
            assert!(matches!(source.signal().await, Ok(Some(Signal::Reconnecting { .. }))));
            assert_eq!(source.ready_state(), ReadyState::Connecting);
        }
    })
    .await;
}

#[tokio::test]
async fn dropping_the_source_closes_the_socket() {
    within(async {
        let (closed, when_closed) = tokio::sync::oneshot::channel();
        let closed = std::sync::Mutex::new(Some(closed));
        let server = Server::start(move |_, _, mut socket: TcpStream| {
            let closed = closed.lock().unwrap().take().unwrap();
            async move {
                socket.write_all(STREAM.as_bytes()).await?;
                let _ = socket.read(&mut [0]).await;
                let _ = closed.send(());
                Ok(())
            }
        })
        .await;
        let mut source = EventSource::get(server.url("/")).unwrap();
        source.opened().await.unwrap();
        drop(source);
        tokio::time::timeout(PATIENCE, when_closed).await.expect("the server sees that nobody reads any more").unwrap();
    })
    .await;
}

#[tokio::test]
async fn sources_share_the_connections_of_a_client() {
    within(async {
        // It answers one request after the other on a connection that stays.
        let server = Server::start(async |_, _, mut socket: TcpStream| {
            for data in ["a", "b"] {
                let body = format!("data: {data}\n\n");
                let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n";
                socket.write_all(format!("{head}Content-Length: {}\r\n\r\n{body}", body.len()).as_bytes()).await?;
                server::read_head(&mut socket).await;
            }
            Ok(())
        })
        .await;
        let client = Client::new().unwrap();
        for (path, data) in [("/a", "a"), ("/b", "b")] {
            let mut source = client.get(server.url(path)).unwrap();
            assert_eq!(source.message().await.unwrap().unwrap().data(), data);
            assert!(matches!(source.signal().await, Ok(Some(Signal::Reconnecting { .. }))), "the body has ended");
        }
        assert_eq!(server.requests().len(), 1, "there is one connection, and its first request counts it");
    })
    .await;
}

#[tokio::test]
async fn an_error_of_the_body_shows_no_query() {
    within(async {
        let cut = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 100\r\n\r\n: 1\n";
        let server = Server::answering(cut).await;
        let mut source = EventSource::get(server.url("/?token=s3cret")).unwrap();
        source.opened().await.unwrap();
        let Ok(Some(Signal::Reconnecting { error, .. })) = source.signal().await else { panic!() };
        assert!(error.is_transport());
        assert!(!format!("{error:?} {error:#}").contains("s3cret"), "{error:?}");
    })
    .await;
}

#[cfg(not(any(feature = "rustls", feature = "native-tls")))]
#[tokio::test]
async fn without_tls_an_https_url_fails_for_good() {
    within(async {
        let server = Server::answering("").await;
        let mut source = EventSource::get(server.url("/").replace("http:", "https:")).unwrap();
        let error = source.message().await.unwrap_err();
        assert!(error.is_unfetchable(), "{error:#}");
        assert_eq!(source.ready_state(), ReadyState::Closed);
    })
    .await;
}

/// Over more than 200 connections that end in the middle of an event, none is lost and none comes twice.
#[tokio::test]
async fn no_event_is_lost_or_doubled_over_many_losses() {
    within(async {
        const EVENTS: usize = 1000;
        let server = Server::start(async |number, request: server::Request, mut socket: TcpStream| {
            let last =
                request.header("last-event-id").map_or(0, |id| std::str::from_utf8(id).unwrap().parse().unwrap());
            if last == EVENTS {
                return socket.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await;
            }
            // A few whole events, and of the next one a part that is never all of it.
            let mut body = String::new();
            let whole = (number % 7).min(EVENTS - last);
            let mut cut = 0;
            for id in last + 1..=(last + whole + 1).min(EVENTS) {
                cut = body.len();
                let data = format!("event {id}\nof {EVENTS}");
                Frame::new()
                    .with_comment("next")
                    .with_id(&id.to_string())
                    .with_data(&data)
                    .encode_to(&mut body)
                    .unwrap();
            }
            if last + whole < EVENTS {
                let length = body.len() - cut;
                body.truncate(cut + number * 13 % length);
            }
            let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n";
            match number % 4 {
                // The end of the connection is the end of the body.
                0 => socket.write_all(format!("{head}Connection: close\r\n\r\n{body}").as_bytes()).await?,
                // A chunked body that ends as it should, in mid-event all the same.
                1 => {
                    let chunks: String = body.as_bytes().chunks(11).map(chunk).collect();
                    socket
                        .write_all(format!("{head}Transfer-Encoding: chunked\r\n\r\n{chunks}0\r\n\r\n").as_bytes())
                        .await?;
                }
                // A chunked body without its end.
                2 => {
                    let chunks: String = body.as_bytes().chunks(17).map(chunk).collect();
                    socket.write_all(format!("{head}Transfer-Encoding: chunked\r\n\r\n{chunks}").as_bytes()).await?;
                }
                // A body that is shorter than it said, and a reset that may overtake it.
                _ => {
                    let length = body.len() + 1;
                    socket.write_all(format!("{head}Content-Length: {length}\r\n\r\n{body}").as_bytes()).await?;
                    socket.set_zero_linger()?;
                }
            }
            Ok(())
        })
        .await;

        let mut source = eager(server.url("/")).build().unwrap();
        let run = async {
            let mut losses = 0;
            let mut ids = Vec::new();
            while let Some(signal) = source.signal().await.unwrap() {
                match signal {
                    Signal::Message(event) => {
                        let id: usize = event.last_event_id().parse().unwrap();
                        assert_eq!(event.data(), format!("event {id}\nof {EVENTS}"));
                        ids.push(id);
                    }
                    Signal::Reconnecting { .. } => losses += 1,
                    _ => {}
                }
            }
            (losses, ids)
        };
        let (losses, ids) = run.await;
        assert_eq!(ids, (1..=EVENTS).collect::<Vec<_>>());
        assert!(losses >= 200, "{losses} losses");
        assert_eq!(server.requests().len(), losses + 1);
    })
    .await;
}

fn chunk(bytes: &[u8]) -> String {
    format!("{:x}\r\n{}\r\n", bytes.len(), std::str::from_utf8(bytes).unwrap())
}
