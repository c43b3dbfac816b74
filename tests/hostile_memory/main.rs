//! What a flood of 256 MiB takes of memory: at most the limit and 1 MiB, by the count of the allocator.
//!
//! The server is part of it, and writes one small block again and again.

mod floods;
#[path = "../server/mod.rs"]
mod server;

use std::time::Duration;

use floods::{FLOODS, Flood};
use server::Server;
use ssekit::{Builder, EventSource, Signal};
use ssekit_test_allocator as allocator;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const MIB: usize = 1 << 20;

const OVER: &[u8] = b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n";

/// What the client, the transport and the server may hold beside what the limit allows.
const OVERHEAD: usize = MIB;

/// That much is read of each, unless the client leaves before.
const LENGTH: usize = 256 * MIB;

/// As much as is worth it each time, in a debug build.
const SHORT: usize = 2 * MIB;

/// The limit where none is set.
const DEFAULT_LIMIT: usize = 16 * MIB;

/// Nothing takes this long but what hangs.
const PATIENCE: Duration = Duration::from_secs(120);

async fn serve(flood: &Flood, length: usize) -> Server {
    let flood = *flood;
    Server::start(move |number, _, mut socket: TcpStream| async move {
        if number > 0 {
            return socket.write_all(OVER).await;
        }
        socket.write_all(flood.begin.as_bytes()).await?;
        socket.write_all(flood.line.as_bytes()).await?;
        let block = flood.text.repeat(16 * 1024 / flood.text.len());
        for _ in 0..length / block.len() {
            socket.write_all(&block).await?;
        }
        drop(block);
        socket.write_all(flood.end.as_bytes()).await?;
        socket.shutdown().await?;
        while socket.read(&mut [0; 64]).await.is_ok_and(|length| length > 0) {}
        Ok(())
    })
    .await
}

/// Says how much was held at the most, and what was told.
async fn watch(server: Server, limit: usize, set: impl Fn(Builder) -> Builder) -> (usize, String) {
    let builder = EventSource::builder(server.url("/")).reconnection_time(Duration::from_millis(1));
    let builder = builder.limit(limit).max_reconnection_time(Duration::from_millis(1));
    let mut source = set(builder).build().unwrap();
    let before = allocator::begin();
    let mut told: Vec<&str> = Vec::new();
    loop {
        let what = match source.signal().await {
            Ok(Some(Signal::Opened(_))) => "open",
            Ok(Some(Signal::Message(event))) if event.data() == "last" => "last",
            Ok(Some(Signal::Message(_))) => "message",
            Ok(Some(Signal::LimitExceeded(_))) => "limit",
            Ok(Some(Signal::Reconnecting { error, .. })) if error.is_end_of_stream() => "end",
            Ok(Some(Signal::Reconnecting { .. })) => "broken",
            Ok(Some(Signal::Ended)) => "ended",
            Ok(None) => break,
            Err(_) => "failed",
            other => panic!("{other:?}"),
        };
        // A feed of many events is one to whoever sees that they came.
        if told.last() != Some(&what) {
            told.push(what);
        }
    }
    (allocator::peak().saturating_sub(before), told.join(" "))
}

/// Collects what is wrong; one at a time, since there is one allocator.
#[derive(Default)]
struct Wrong(Vec<String>);

impl Wrong {
    async fn check(
        &mut self,
        name: &str,
        limit: usize,
        most: usize,
        told: &str,
        watched: impl Future<Output = (usize, String)>,
    ) {
        let watched = tokio::time::timeout(PATIENCE, watched).await;
        let (peak, seen) = watched.unwrap_or_else(|_| panic!("{name} hangs"));
        println!("| {name} | {} KiB | {} KiB | {seen} |", limit >> 10, peak >> 10);
        if peak > most + OVERHEAD || seen != told {
            self.0.push(format!("{name}: {peak} bytes for a limit of {limit}; {seen}, not {told}"));
        }
    }
}

async fn every_flood(length: usize, limits: &[usize]) {
    let mut wrong = Wrong::default();
    for &limit in limits {
        for flood in FLOODS {
            let server = serve(flood, length).await;
            let watched = watch(server, limit, |builder| builder.comments(flood.is_comment));
            wrong.check(flood.name, limit, limit, flood.told, watched).await;
        }
        #[cfg(feature = "gzip")]
        for (name, begin, text, told) in [
            ("a bomb of data", "data: ", "0123456789abcdef", "open limit last end ended"),
            ("a bomb of comments", "", ":0123456789abc\r\n", "open last end ended"),
        ] {
            let bomb: std::sync::Arc<[u8]> = floods::bomb(begin, text, length).into();
            let server = Server::start(move |number, _, mut socket: TcpStream| {
                let bomb = bomb.clone();
                async move { socket.write_all(if number == 0 { &bomb } else { OVER }).await }
            })
            .await;
            let watched = watch(server, limit, |builder| builder.compression(true));
            wrong.check(name, limit, limit, told, watched).await;
        }
    }
    assert!(wrong.0.is_empty(), "{}", wrong.0.join("\n"));
}

#[tokio::test]
async fn a_flood_takes_no_more_than_the_limit() {
    every_flood(SHORT, &[64 << 10]).await;
}

#[tokio::test]
#[ignore = "long: 256 MiB of each"]
async fn long_a_flood_of_256_mib_takes_no_more_than_the_limit() {
    every_flood(LENGTH, &[64 << 10, DEFAULT_LIMIT]).await;
}
