//! What a server and a runtime see when a source goes away: over sockets, in each way and each phase.

mod server;

use std::time::{Duration, Instant};

use server::{STREAM, Server};
use ssekit::EventSource;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{sleep, timeout};

const PATIENCE: Duration = Duration::from_secs(30);

/// How soon the server is to know. A busy machine may take longer now and then, so the best of a few tries counts.
const PROMPT: Duration = Duration::from_millis(100);
const TRIES: usize = 10;

#[derive(Clone, Copy, Debug)]
enum Way {
    Drop,
    Close,
    CloseByHandle,
    Cancel,
}

/// A server in a runtime of its own, which says when it sees somebody leave.
fn server(answer: &'static str) -> (String, mpsc::UnboundedReceiver<()>, mpsc::UnboundedReceiver<Instant>) {
    let (asked, when_asked) = mpsc::unbounded_channel();
    let (left, when_left) = mpsc::unbounded_channel();
    let (started, address) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async move {
            let server = Server::start(move |_, _, mut socket: TcpStream| {
                let (asked, left) = (asked.clone(), left.clone());
                async move {
                    socket.write_all(answer.as_bytes()).await?;
                    let _ = asked.send(());
                    while socket.read(&mut [0; 64]).await.is_ok_and(|length| length > 0) {}
                    let _ = left.send(Instant::now());
                    Ok(())
                }
            })
            .await;
            started.send(server.url("/")).unwrap();
            std::future::pending::<()>().await;
        });
    });
    (address.recv().unwrap(), when_asked, when_left)
}

/// Polls the source for as long as it takes the server to have answered.
async fn poll_until(source: &mut EventSource, when_asked: &mut mpsc::UnboundedReceiver<()>, is_answered: bool) {
    let is_asked = async {
        when_asked.recv().await.unwrap();
        if !is_answered {
            return;
        }
        std::future::pending::<()>().await;
    };
    tokio::select! {
        biased;
        () = is_asked => {}
        event = source.message() => assert_eq!(event.unwrap().unwrap().data(), "a"),
    }
}

#[tokio::test]
async fn the_server_knows_at_once_and_nothing_is_left() {
    const EVENT: &str = "data: a\n\ndata: b\n\n";
    let stream: &'static str = [STREAM, EVENT].concat().leak();
    // Before there is a response, and in the middle of a chunk.
    for (answer, is_answered) in [("", false), (stream, true)] {
        for way in [Way::Drop, Way::Close, Way::CloseByHandle, Way::Cancel] {
            let (url, mut when_asked, mut when_left) = server(answer);
            let mut times = Vec::new();
            for _ in 0..TRIES {
                let tasks = Handle::current().metrics().num_alive_tasks();
                let (cancel, cancelled) = oneshot::channel::<()>();
                let mut source = EventSource::builder(&url).cancel_on(cancelled).build().unwrap();
                timeout(PATIENCE, poll_until(&mut source, &mut when_asked, is_answered)).await.unwrap();
                let begun = Instant::now();
                match way {
                    Way::Drop => drop(source),
                    Way::Close => source.close(),
                    Way::CloseByHandle => {
                        source.handle().close();
                        assert!(source.message().await.unwrap().is_none());
                    }
                    Way::Cancel => {
                        drop(cancel);
                        assert!(source.message().await.unwrap_err().is_cancelled());
                    }
                }
                let left = timeout(PATIENCE, when_left.recv()).await.expect("the server sees nobody leave").unwrap();
                times.push(left.saturating_duration_since(begun));
                let is_over = async {
                    while Handle::current().metrics().num_alive_tasks() > tasks {
                        sleep(Duration::from_millis(1)).await;
                    }
                };
                timeout(PATIENCE, is_over).await.expect("a task is left");
            }
            let best = times.iter().min().unwrap();
            assert!(*best <= PROMPT, "{way:?} took {times:?}");
        }
    }
}
