//! What is not read stays on the wire, and the server has to wait.

use std::convert::Infallible;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use ssekit::EventSource;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::time::{sleep, timeout};

/// More than the buffers between two sockets hold on any system.
const FAR_TOO_MANY: usize = 16 * 1024;

/// Sends numbered events of 16 KiB for as long as somebody takes them, and counts those that are on their way.
async fn flood(listener: TcpListener, sent: &AtomicUsize) -> io::Result<Infallible> {
    let (mut socket, _) = listener.accept().await?;
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(socket.read_u8().await?);
    }
    socket.write_all(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n").await?;
    let ballast = "x".repeat(16 * 1024);
    for number in 1.. {
        socket.write_all(format!("data: {number} {ballast}\n\n").as_bytes()).await?;
        sent.store(number, Ordering::SeqCst);
    }
    unreachable!()
}

/// Waits until nothing more is sent for a time that is long for a server that floods.
async fn stalled(sent: &AtomicUsize) -> usize {
    loop {
        let before = sent.load(Ordering::SeqCst);
        sleep(Duration::from_millis(500)).await;
        if before > 0 && sent.load(Ordering::SeqCst) == before {
            return before;
        }
        assert!(before < FAR_TOO_MANY, "somebody reads");
    }
}

#[tokio::test]
async fn while_it_is_paused_the_server_has_to_wait() {
    let test = async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut source = EventSource::get(format!("http://{}/", listener.local_addr().unwrap())).unwrap();
        let sent = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&sent);
        let server = tokio::spawn(async move { flood(listener, &counted).await });

        source.opened().await.unwrap();
        source.handle().pause();
        let before = tokio::select! {
            told = source.signal() => panic!("{told:?}"),
            before = stalled(&sent) => before,
        };

        source.handle().resume();
        for number in 1..=before + 100 {
            let event = source.message().await.unwrap().unwrap();
            assert!(event.data().starts_with(&format!("{number} ")), "none is lost");
        }
        drop(source);
        assert!(server.await.unwrap().is_err(), "it finds out that nobody is there any more");
    };
    timeout(Duration::from_secs(60), test).await.expect("it hangs");
}
