//! Heap of streams on which nothing happens.

use std::error::Error;
use std::time::Duration;

use futures_util::future::FutureExt as _;
use futures_util::stream::StreamExt as _;

use super::clients::{Lengths, Shared, open};
use crate::allocator;

/// How many there are.
const STREAMS: usize = 2000;
/// For the tasks of connections to come to rest.
const REST: Duration = Duration::from_millis(300);

/// Opens streams with what they can share shared, and prints how many bytes each of them holds.
pub async fn hold(client: &str, address: &str) -> Result<(), Box<dyn Error>> {
    let (shared, url) = (Shared::new()?, format!("{address}/idle"));
    let mut streams = Vec::with_capacity(STREAMS);
    // What the first one sets up is for all of them.
    let first = idle(&shared, client, &url).await?;
    tokio::time::sleep(REST).await;
    allocator::start();
    for _ in 0..STREAMS {
        streams.push(idle(&shared, client, &url).await?);
    }
    tokio::time::sleep(REST).await;
    println!("{}", allocator::live() as f64 / STREAMS as f64);
    drop((first, streams));
    Ok(())
}

/// A stream that has said what it has to say and is waited for.
async fn idle(shared: &Shared, client: &str, url: &str) -> Result<Lengths, Box<dyn Error>> {
    let mut lengths = open(shared, client, url).await?;
    while lengths.next().await.flatten().ok_or("it ended, or failed")? == 0 {}
    if lengths.next().now_or_never().is_some() {
        return Err("it is not idle".into());
    }
    Ok(lengths)
}
