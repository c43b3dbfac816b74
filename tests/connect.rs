//! Which errors say that no connection could be made, and nothing was sent: over sockets.

#![cfg(feature = "reqwest")]

mod server;

use std::time::Duration;

use server::Server;
use ssekit::Client;
use tokio::net::TcpSocket;

/// Nothing here takes long; this is for a machine that is busy with something else.
const PATIENCE: Duration = Duration::from_secs(60);

/// What the first attempt fails with: that no connection could be made, or another thing of the transport.
async fn is_connect(client: &Client, url: &str) -> bool {
    let opened = async { client.get(url).unwrap().opened().await };
    let error = tokio::time::timeout(PATIENCE, opened).await.expect("it hangs").unwrap_err();
    assert!(error.is_transport(), "{error:#}");
    error.is_connect()
}

fn clients() -> [Client; 2] {
    [Client::new().unwrap(), Client::from(reqwest::Client::new())]
}

#[tokio::test]
async fn nobody_listens() {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    for client in clients() {
        assert!(is_connect(&client, &format!("http://{}/", socket.local_addr().unwrap())).await);
    }
}

#[cfg(any(feature = "rustls", feature = "native-tls"))]
#[tokio::test]
async fn there_is_no_tls() {
    use tokio::io::AsyncWriteExt;

    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}/", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let _ = socket.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
        }
    });
    for client in clients() {
        assert!(is_connect(&client, &url).await);
    }
}

#[tokio::test]
async fn a_request_that_is_not_answered_was_sent() {
    let server = Server::answering("").await;
    for client in clients() {
        assert!(!is_connect(&client, &server.url("/")).await);
    }
    assert!(server.requests().len() >= 2);
}
