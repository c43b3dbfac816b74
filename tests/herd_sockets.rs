//! The herd of tests/herd.rs over sockets: what is held when all are back, and how often the server was asked.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ssekit::{Client, Signal};
use ssekit_test_allocator as allocator;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};

const SOURCES: usize = 1000;
const OUTAGE: Duration = Duration::from_secs(5);
const CAP: Duration = Duration::from_secs(30);
const PATIENCE: Duration = Duration::from_secs(120);

const STREAM: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n: hello\n";

/// Listens there until its sockets are dropped, and notes when each request came.
async fn serve(address: SocketAddr, asked: Arc<Mutex<Vec<Instant>>>) -> (SocketAddr, JoinSet<()>) {
    let listener = TcpListener::bind(address).await.unwrap();
    let address = listener.local_addr().unwrap();
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        let mut sockets = JoinSet::new();
        loop {
            let (mut socket, _) = listener.accept().await.unwrap();
            asked.lock().unwrap().push(Instant::now());
            sockets.spawn(async move { hold(&mut socket).await.unwrap_or_default() });
        }
    });
    (address, tasks)
}

async fn hold(socket: &mut TcpStream) -> std::io::Result<()> {
    socket.read_exact(&mut [0; 16]).await?;
    socket.write_all(STREAM).await?;
    while socket.read(&mut [0; 64]).await? > 0 {}
    Ok(())
}

/// How many descriptors this process has, where the system tells.
fn descriptors() -> usize {
    std::fs::read_dir("/proc/self/fd").map_or(0, Iterator::count)
}

async fn all_open(open: &mut watch::Receiver<usize>, count: usize) {
    timeout(PATIENCE, open.wait_for(|open| *open == count)).await.expect("not all are open").unwrap();
    // Until nothing moves any more.
    sleep(Duration::from_secs(2)).await;
}

#[tokio::test]
#[ignore = "long: an outage in real time"]
async fn long_a_thousand_sources_return_and_nothing_is_left() {
    let asked = Arc::new(Mutex::new(Vec::with_capacity(64 * SOURCES)));
    let (address, server) = serve("127.0.0.1:0".parse().unwrap(), asked.clone()).await;
    let client = Client::new().unwrap();
    let (count, mut open) = watch::channel(0);
    let count = Arc::new(count);
    let mut sources = JoinSet::new();
    for _ in 0..SOURCES {
        let mut source = client.get(format!("http://{address}/")).unwrap();
        let count = count.clone();
        sources.spawn(async move {
            let mut asked_for: Option<Instant> = None;
            let mut is_open = false;
            loop {
                match source.signal().await.unwrap().unwrap() {
                    Signal::Opened(_) => {
                        assert!(asked_for.is_none_or(|asked_for| Instant::now() >= asked_for), "early");
                        is_open = true;
                        count.send_modify(|open| *open += 1);
                    }
                    Signal::Reconnecting { error, delay, .. } => {
                        assert!(error.is_transport() || error.is_end_of_stream(), "{error:#}");
                        assert!(delay >= source.reconnection_time());
                        asked_for = Some(Instant::now() + delay);
                        if std::mem::take(&mut is_open) {
                            count.send_modify(|open| *open -= 1);
                        }
                    }
                    other => panic!("{other:?}"),
                }
            }
        });
    }
    all_open(&mut open, SOURCES).await;
    let before = (allocator::live(), descriptors());

    drop(server);
    timeout(PATIENCE, open.wait_for(|open| *open == 0)).await.expect("not all are lost").unwrap();
    sleep(OUTAGE).await;
    let first = asked.lock().unwrap().len();
    let back = Instant::now();
    let (_, server) = serve(address, asked.clone()).await;
    timeout(PATIENCE, open.wait_for(|open| *open == SOURCES)).await.expect("not all are back").unwrap();
    let returned = back.elapsed();
    all_open(&mut open, SOURCES).await;
    let after = (allocator::live(), descriptors());

    let asked = asked.lock().unwrap()[first..].to_vec();
    let within = |(index, from): (usize, &Instant)| {
        asked[index..].iter().take_while(|at| **at - *from < Duration::from_millis(100)).count()
    };
    let densest = asked.iter().enumerate().map(within).max().unwrap();
    println!("all back {returned:?} after the server is; {densest} within 100 ms, {} requests", asked.len());
    println!("heap {} KiB, then {} KiB; descriptors {}, then {}", before.0 >> 10, after.0 >> 10, before.1, after.1);
    assert_eq!(asked.len(), SOURCES, "one request for each");
    assert!(returned <= 2 * CAP, "{returned:?}");
    assert!(densest <= SOURCES / 4, "{densest}");
    assert!(after.0 * 100 <= before.0 * 101, "{before:?}, then {after:?}");
    assert_eq!(before.1, after.1);

    sources.shutdown().await;
    drop((client, server));
    sleep(Duration::from_secs(2)).await;
    println!("in the end: heap {} KiB, {} descriptors", allocator::live() >> 10, descriptors());
    assert!(descriptors() < 20);
}
