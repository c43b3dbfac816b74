//! Clients of reqwest's: requests of the user's own, and connecting in time.

mod server;

use std::time::Duration;

use server::{STREAM, Server};
use ssekit::{Client, EventSource, Signal};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Nothing here takes long; this is for a machine that is busy with something else.
const PATIENCE: Duration = Duration::from_secs(60);

#[tokio::test]
async fn a_request_of_reqwests() {
    let test = async {
        let server = Server::start(async |_, _, mut socket: TcpStream| {
            let mut body = [0; 4];
            socket.read_exact(&mut body).await?;
            assert_eq!(&body, b"body");
            socket.write_all([STREAM, "data: a\n\n"].concat().as_bytes()).await
        })
        .await;
        let client = reqwest::Client::builder().user_agent("mine").timeout(Duration::from_millis(1)).build().unwrap();
        let request = client.post(server.url("/chat?a=b")).header("x-a", "1").header("x-a", "2").bearer_auth("t");
        let request = request.body("body").timeout(Duration::from_millis(1));
        let mut source = EventSource::from_request(request).build().unwrap();
        assert_eq!(source.message().await.unwrap().unwrap().data(), "a");
        assert!(source.message().await.unwrap().is_none(), "a POST that ends has ended");
        let [request] = &server.requests()[..] else { panic!() };
        assert_eq!(request.line(), "POST /chat?a=b HTTP/1.1");
        assert_eq!(request.all("x-a"), [b"1", b"2"]);
        for (name, value) in [("authorization", "Bearer t"), ("user-agent", "mine"), ("accept-encoding", "identity")] {
            assert_eq!(request.header(name), Some(value.as_bytes()), "{name}");
        }
        assert_eq!(
            (request.header("content-length"), request.header("accept")),
            (Some(&b"4"[..]), Some(&b"text/event-stream"[..]))
        );
    };
    tokio::time::timeout(PATIENCE, test).await.expect("it hangs");
}

#[test]
fn what_is_no_request_is_told_when_it_is_built() {
    let client = reqwest::Client::new();
    for (request, message) in [
        (client.get("relative?k=s3cret"), "request is none"),
        (client.get("http://a.example/").header("last-event-id", "7"), "header last-event-id is set by the source"),
    ] {
        let error = EventSource::from_request(request).build().unwrap_err();
        assert!(error.is_builder() && error.to_string().starts_with(message), "{error}");
        assert!(!format!("{error:?}").contains("s3cret"), "{error:?}");
    }
}

/// A socket whose queue is full does not answer, on Linux: so there is one that does not, without the internet.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn connecting_takes_no_longer_than_it_may() {
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = socket.local_addr().unwrap();
    let _listener = socket.listen(1).unwrap();
    let mut waiting = Vec::new();
    while let Ok(connected) = tokio::time::timeout(Duration::from_millis(300), TcpStream::connect(address)).await {
        waiting.push(connected.unwrap());
        assert!(waiting.len() < 100, "the queue does not fill");
    }
    let client = Client::builder().connect_timeout(Duration::from_millis(50)).build().unwrap();
    let mut source = client.get(format!("http://{address}/")).unwrap();
    let told = tokio::time::timeout(PATIENCE, source.signal()).await.expect("it hangs");
    let Ok(Some(Signal::Reconnecting { error, .. })) = told else { panic!() };
    assert!(error.is_timeout() && error.is_transport(), "{error:#}");
}
