//! The examples, run as a user runs them.

mod programs;
mod server;

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Output, Stdio};

use programs::example;
use serde_json::Value;
use server::{STREAM, Server};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

fn parse(arguments: &[&str], input: &[u8]) -> Output {
    let mut command = example("parse");
    let pipe = || Stdio::piped();
    let mut child = command.args(arguments).stdin(pipe()).stdout(pipe()).stderr(pipe()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    child.wait_with_output().unwrap()
}

#[test]
fn parse_prints_json_lines() {
    let input = b"\xEF\xBB\xBFdata: a\n\nid: 7\nevent: x\r\ndata: \xE2\x80\xA6\rdata\n\n";
    let expected = "{\"event\":\"message\",\"data\":\"a\",\"last_event_id\":\"\"}\n\
                    {\"event\":\"x\",\"data\":\"\u{2026}\\n\",\"last_event_id\":\"7\"}\n";
    for arguments in [&[][..], &["--chunk", "1"], &["--chunk", "7"]] {
        let output = parse(arguments, input);
        assert_eq!(String::from_utf8(output.stdout).unwrap(), expected);
        assert!(output.status.success() && output.stderr.is_empty());
    }
    let output = parse(&[], b"data: cut off");
    assert!(output.status.success() && output.stdout.is_empty());
    assert_eq!(
        String::from_utf8(output.stderr).unwrap(),
        "parse: the input ended in the middle of a block, which is discarded\n"
    );
    assert!(!parse(&["--chunk", "0"], b"").status.success());
}

#[tokio::test]
async fn the_server_has_a_feed_that_ends_and_one_that_pings() {
    let mut server = example("server").stdout(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(server.stdout.take().unwrap()).lines().map(Result::unwrap);
    let urls: Vec<String> = lines.take(2).map(|line| line.split(' ').next().unwrap().to_owned()).collect();
    let [year, ping] = &urls[..] else { panic!() };

    let get = async |last_event_id: &str| {
        let (host, path) = year.strip_prefix("http://").unwrap().split_once('/').unwrap();
        let mut socket = TcpStream::connect(host).await.unwrap();
        let head = format!("GET /{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{last_event_id}\r\n");
        socket.write_all(head.as_bytes()).await.unwrap();
        let mut response = String::new();
        socket.read_to_string(&mut response).await.unwrap();
        assert!(response.contains("content-type: text/event-stream\r\n"));
        response.split("\r\n\r\n").nth(1).unwrap().to_owned()
    };
    // The end of the response is the end of the connection, or it would not be here; year and id go up by one.
    let block = |n: u32| {
        let data = format!("{{\"year\":{}}}", 1969 + n);
        format!(":one event per request\nevent:testEvent1\ndata:{data}\nid:{n}\nretry:3000\n\n")
    };
    assert_eq!(get("").await, block(1));
    assert_eq!(get("Last-Event-ID: 1\r\n").await, block(2));
    assert_eq!(get("").await, block(3));
    assert_eq!(get("Last-Event-ID: 30\r\n").await, block(31));

    let mut source = ssekit::EventSource::get(ping).unwrap();
    let (mut pings, mut messages) = (0, 0);
    while pings == 0 || messages == 0 {
        let event = source.message().await.unwrap().unwrap();
        match event.event_type() {
            "ping" => {
                let data: Value = serde_json::from_str(event.data()).unwrap();
                assert!(data["time"].is_string());
                pings += 1;
            }
            "message" => messages += 1,
            other => panic!("{other}"),
        }
    }
    server.kill().unwrap();
    server.wait().unwrap();
}

async fn tail(arguments: &[&str]) -> (Vec<Value>, Option<i32>) {
    let mut command = example("tail");
    command.args(arguments).stdin(Stdio::null());
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let lines = String::from_utf8(output.stdout).unwrap();
    let lines = lines.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| line.into()));
    (lines.collect(), output.status.code())
}

#[tokio::test]
async fn tail_tells_what_happens_and_ends_when_the_server_says_so() {
    let server = Server::start(async |number, _, mut socket: TcpStream| match number {
        0 => socket.write_all([STREAM, "id: 1\nretry: 100\nevent: x\ndata: a\n\n"].concat().as_bytes()).await,
        _ => socket.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await,
    })
    .await;
    let url = server.url("/feed?q=1");
    let (mut lines, code) = tail(&[&url, "--json", "--header", "X-Api-Key: k: v", "--last-event-id", "0"]).await;
    let delay = lines[2].as_object_mut().unwrap().remove("reconnect_in_ms").unwrap().as_u64().unwrap();
    assert!((100..=110).contains(&delay), "{delay}");
    let expected = [
        serde_json::json!({ "type": "open", "ready_state": 1, "url": url, "status": 200 }),
        serde_json::json!({
            "type": "message", "ready_state": 1, "event": "x", "data": "a", "last_event_id": "1", "origin": server.origin(),
        }),
        serde_json::json!({ "type": "error", "ready_state": 0, "error": "response ended" }),
        serde_json::json!({ "type": "error", "ready_state": 2, "error": "the server says that there is no more" }),
    ];
    assert_eq!((lines, code), (expected.to_vec(), Some(0)));
    let requests = server.requests();
    assert_eq!(requests[0].header("x-api-key"), Some(&b"k: v"[..]));
    assert_eq!(requests[0].header("last-event-id"), Some(&b"0"[..]));
    assert_eq!(requests[1].header("last-event-id"), Some(&b"1"[..]));
}

#[tokio::test]
async fn tail_asks_in_the_name_of_an_origin_and_closes() {
    let server = Server::start(async |_, request, mut socket: TcpStream| {
        let allow = match request.line() {
            "GET /allowed HTTP/1.1" => {
                "Access-Control-Allow-Origin: https://page.example\r\nAccess-Control-Allow-Credentials: true\r\n"
            }
            _ => "Access-Control-Allow-Origin: *\r\n",
        };
        let head = STREAM.replace("Connection: close\r\n", &format!("Connection: close\r\n{allow}"));
        socket.write_all([&head, "data: a\n\ndata: b\n\ndata: c\n\n"].concat().as_bytes()).await?;
        // The client leaves, and does not come back.
        socket.read(&mut [0]).await.map(drop)
    })
    .await;
    let origin = ["--json", "--origin", "https://page.example", "--with-credentials", "--base-url", &server.url("/x")];
    let (lines, code) = tail(&[&origin[..], &["--close-after", "2", "allowed"]].concat()).await;
    let data: Vec<_> = lines.iter().map(|line| line["data"].as_str().unwrap_or_default()).collect();
    assert_eq!((&data[..], code), (&["", "a", "b"][..], Some(0)));

    let (lines, code) = tail(&[&origin[..], &["any"]].concat()).await;
    let [error] = &lines[..] else { panic!("{lines:?}") };
    assert_eq!((error["ready_state"].as_u64(), code), (Some(2), Some(1)));
    assert!(error["error"].as_str().unwrap().starts_with("CORS check failed: "), "{error}");

    let requests = server.requests();
    let origins: Vec<_> = requests.iter().map(|request| request.header("origin")).collect();
    assert_eq!(origins, [Some(&b"https://page.example"[..]); 2]);

    let (lines, code) = tail(&["--json", "relative"]).await;
    assert_eq!(
        (lines[0]["error"].as_str(), code),
        (Some("URL cannot be parsed: relative URL without a base"), Some(1))
    );
}

#[tokio::test]
async fn tail_needs_no_url_and_says_what_it_can_do() {
    let (lines, code) = tail(&["--json", "--limit", "1"]).await;
    assert_eq!((lines[1]["event"].as_str(), lines[1]["last_event_id"].as_str()), (Some("testEvent1"), Some("1")));
    assert_eq!(code, Some(0));

    let help = example("tail").arg("--help").output().unwrap();
    let text = String::from_utf8(help.stdout).unwrap();
    assert!(help.status.success());
    for option in [
        "--json",
        "--header",
        "--last-event-id",
        "--base-url",
        "--origin",
        "--with-credentials",
        "--limit",
        "--close-after",
        "--help",
        "reconnect_in_ms",
    ] {
        assert!(text.contains(option), "{text}");
    }
    assert!(!example("tail").arg("--bogus").output().unwrap().status.success());
}

#[tokio::test]
async fn tail_stops_at_its_limit() {
    let server = Server::answering([STREAM, "data: a\n\ndata: b\n\ndata: c\n\n"].concat()).await;
    let (lines, code) = tail(&["--json", "--limit", "2", &server.url("/")]).await;
    let data: Vec<_> = lines.iter().filter_map(|line| line.get("data")?.as_str()).collect();
    assert_eq!((data, code), (vec!["a", "b"], Some(0)));
    assert_eq!(tail(&["--limit", "0", &server.url("/")]).await, (vec![], Some(0)));
}

#[tokio::test]
async fn tail_fails_when_the_feed_does() {
    let server = Server::answering("HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n").await;
    let expected =
        serde_json::json!({ "type": "error", "ready_state": 2, "error": "response has status 404, not 200" });
    assert_eq!(tail(&["--json", &server.url("/")]).await, (vec![expected], Some(1)));
    let (lines, code) = tail(&["no url"]).await;
    assert_eq!((lines, code), (vec!["failed: URL cannot be parsed: relative URL without a base".into()], Some(1)));
}

#[tokio::test]
async fn tail_shows_no_control_characters() {
    let server = Server::answering([STREAM, "id: 1\ndata: \u{1b}[31mred\ndata: b\n\n"].concat()).await;
    let (lines, _) = tail(&["--limit", "1", &server.url("/")]).await;
    let url = server.url("/");
    assert_eq!(lines, [&*format!("open {url} (200 OK)"), "message #1", "    \\u{1b}[31mred", "    b"]);
}

#[tokio::test]
async fn tail_is_coloured_on_a_terminal_and_nowhere_else() {
    let server = Server::answering([STREAM, "data: a\n\n"].concat()).await;
    // Forced, as a terminal would have it: the standard output of a test is none.
    for coloured in [false, true] {
        let mut command = example("tail");
        command.args(["--limit", "1", &server.url("/")]).env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE");
        if coloured {
            command.env("CLICOLOR_FORCE", "1");
        }
        let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
        assert_eq!(output.stdout.contains(&0x1b), coloured);
    }
}

#[cfg(unix)]
#[tokio::test]
async fn tail_ends_well_when_it_is_interrupted() {
    let server = Server::start(async |_, _, mut socket: TcpStream| {
        socket.write_all([STREAM, "data: a\n\n"].concat().as_bytes()).await?;
        std::future::pending().await
    })
    .await;
    let mut command = example("tail");
    command.args(["--json", &server.url("/")]).stdout(Stdio::piped());
    let status = tokio::task::spawn_blocking(move || {
        let mut tail = command.spawn().unwrap();
        // Each line is there as soon as it is told: this waits for the second one, and then the feed is silent.
        let mut lines = BufReader::new(tail.stdout.take().unwrap()).lines();
        assert!(lines.nth(1).unwrap().unwrap().contains("\"data\":\"a\""));
        assert!(Command::new("kill").args(["-INT", &tail.id().to_string()]).status().unwrap().success());
        tail.wait().unwrap()
    });
    assert_eq!(status.await.unwrap().code(), Some(0));
}
