//! A compressed feed over a socket, with the default client and with one that decodes by itself.

mod encoders;
mod server;

use std::sync::Arc;
use std::time::Duration;

use encoders::{ON, encoded};
use server::Server;
use ssekit::{Client, Signal};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::sync::mpsc;

/// What hangs fails; nothing here takes long.
async fn within(test: impl Future<Output = ()>) {
    tokio::time::timeout(Duration::from_secs(60), test).await.expect("it hangs");
}

const HEAD: &str = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Encoding: gzip\r\n\
                    Transfer-Encoding: chunked\r\n\r\n";

/// Sends each event of three when the one before it was seen, in its own chunk; then breaks off, and the next time ends.
async fn lockstep(seen: mpsc::UnboundedReceiver<()>) -> Server {
    let seen = Arc::new(tokio::sync::Mutex::new(seen));
    Server::start(move |number, _, mut socket: TcpStream| {
        let seen = seen.clone();
        async move {
            if number > 0 {
                return socket.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await;
            }
            socket.set_nodelay(true)?;
            socket.write_all(HEAD.as_bytes()).await?;
            let pieces = encoded("gzip", &["id: 1\ndata: a\n\n", "id: 2\ndata: b\n\n", "id: 3\ndata: c\n\n"]);
            for piece in &pieces[..3] {
                socket.write_all(format!("{:x}\r\n", piece.len()).as_bytes()).await?;
                socket.write_all(piece).await?;
                socket.write_all(b"\r\n").await?;
                seen.lock().await.recv().await;
            }
            // The HTTP of it ends as it should; the gzip does not.
            socket.write_all(b"0\r\n\r\n").await
        }
    })
    .await
}

#[tokio::test]
async fn events_come_as_the_server_flushes() {
    within(async {
        let own = reqwest::Client::builder().no_proxy().build().unwrap();
        for (client, decodes) in [(Client::new().unwrap(), false), (Client::from(own), true)] {
            let (saw, seen) = mpsc::unbounded_channel();
            let server = lockstep(seen).await;
            let builder = client.source(server.url("/feed")).compression(true);
            let mut source = builder.reconnection_time(Duration::from_millis(100)).build().unwrap();
            let opened = source.opened().await.unwrap().unwrap();
            assert_eq!(opened.headers().contains_key("content-encoding"), !decodes);
            for data in ["a", "b", "c"] {
                assert_eq!(source.message().await.unwrap().unwrap().data(), data);
                saw.send(()).unwrap();
            }
            let Some(Signal::Reconnecting { error, .. }) = source.signal().await.unwrap() else { panic!() };
            assert!(error.is_transport(), "{error:#}");
            assert!(source.message().await.unwrap().is_none());
            let requests = server.requests();
            assert_eq!(requests[0].header("accept-encoding"), Some(ON.join(", ").as_bytes()));
            assert_eq!(requests[1].header("last-event-id"), Some(&b"3"[..]));
        }
    })
    .await;
}
