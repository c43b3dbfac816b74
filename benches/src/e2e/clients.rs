//! The clients, each as its documentation has it: one interface over all of them, which costs each of them the same.

use std::error::Error;
use std::pin::Pin;
use std::time::Duration;

use eventsource_client::{Client as _, ClientBuilder, SSE};
use futures_util::stream::{Stream, StreamExt as _};
use launchdarkly_sdk_transport::HyperTransport;
use reqwest_sse::EventSource as _;
use rustix::time::{ClockId, clock_gettime};
use ssekit::{EventStream, Signal};

use super::server::REPEATS;
use crate::allocator;
use crate::corpora::{self, Corpus};

pub const RAW: &str = "reqwest bytes_stream";
pub const EVENT_STREAM: &str = "reqwest + EventStream";
pub const EVENT_SOURCE: &str = "EventSource";

/// All clients, in the order of the table.
pub const NAMES: [&str; 12] = [
    RAW,
    EVENT_STREAM,
    EVENT_SOURCE,
    PEERS[0],
    PEERS[1],
    PEERS[2],
    PEERS[3],
    PEERS[4],
    PEERS[5],
    PEERS[6],
    PEERS[7],
    PEERS[8],
];

pub const PEERS: [&str; 9] = [
    "reqwest + sse-core",
    "reqwest + sse-stream",
    "reqwest + sse-parse",
    "reqwest + eventsource-stream",
    "reqwest-sse",
    "sse-reqwest-client",
    "sseer",
    "eventsource-client",
    "reqwest-eventsource",
];

/// How long reading a body may take before something is wrong.
const TIMEOUT: Duration = Duration::from_mins(1);

/// The lengths of what comes: of the data of each event, or of each chunk where there are no events. What is no event has
/// none, and an error is a `None`.
pub type Lengths = Pin<Box<dyn Stream<Item = Option<usize>>>>;

/// What streams of one process share.
pub struct Shared {
    reqwest: reqwest::Client,
    reqwest_0_12: reqwest_0_12::Client,
    hyper: HyperTransport,
    ours: ssekit::Client,
}

impl Shared {
    pub fn new() -> Result<Self, Box<dyn Error>> {
        Ok(Self {
            reqwest: reqwest::Client::builder().build()?,
            reqwest_0_12: reqwest_0_12::Client::builder().build()?,
            hyper: HyperTransport::builder().disable_proxy().build_http()?,
            ours: ssekit::Client::new()?,
        })
    }
}

/// Opens a stream.
pub async fn open(shared: &Shared, client: &str, url: &str) -> Result<Lengths, Box<dyn Error>> {
    let request = shared.reqwest.get(url);
    // Nothing that has a state is put around the streams: it would count as theirs.
    Ok(match client {
        RAW => Box::pin(request.send().await?.bytes_stream().map(|chunk| Some(chunk.ok()?.len()))),
        EVENT_STREAM => {
            let events = EventStream::new(request.send().await?.bytes_stream());
            Box::pin(events.map(|event| Some(event.ok()?.data().len())))
        }
        EVENT_SOURCE => Box::pin(shared.ours.get(url)?.map(|signal| match signal {
            Ok(Signal::Message(event)) => Some(event.data().len()),
            Ok(Signal::Opened(_)) => Some(0),
            _ => None,
        })),
        "reqwest + sse-core" => {
            let events = sse_core::SseStream::new(request.send().await?.bytes_stream());
            Box::pin(events.map(|event| match event.ok()? {
                sse_core::SseEvent::Message(event) => Some(event.data.len()),
                sse_core::SseEvent::Retry(_) => Some(0),
            }))
        }
        "reqwest + sse-stream" => {
            let blocks = sse_stream::SseByteStream::new(request.send().await?.bytes_stream());
            Box::pin(blocks.map(|block| Some(block.ok()?.data.map_or(0, |data| data.len()))))
        }
        "reqwest + sse-parse" => {
            let events = sse_parse::EventStream::new(request.send().await?.bytes_stream());
            Box::pin(events.map(|event| Some(event.ok()?.data.len())))
        }
        "reqwest + eventsource-stream" => {
            let events = eventsource_stream::EventStream::new(request.send().await?.bytes_stream());
            Box::pin(events.map(|event| Some(event.ok()?.data.len())))
        }
        "reqwest-sse" => {
            let events = request.send().await?.events().await.map_err(|error| error.to_string())?;
            Box::pin(events.map(|event| Some(event.ok()?.data.len())))
        }
        "sse-reqwest-client" => Box::pin(sse_reqwest_client::EventSource::new(request).map(|event| match event {
            Ok(sse_reqwest_client::SseEvent::Message(event)) => Some(event.data.len()),
            Ok(sse_reqwest_client::SseEvent::Open) => Some(0),
            _ => None,
        })),
        "sseer" => Box::pin(sseer::EventSource::new(request)?.map(|event| match event.ok()? {
            sseer::reqwest::StreamEvent::Event(event) => Some(event.data.len()),
            sseer::reqwest::StreamEvent::Open => Some(0),
        })),
        "eventsource-client" => {
            let client = ClientBuilder::for_url(url)?.build_with_transport(shared.hyper.clone());
            Box::pin(client.stream().map(|event| match event.ok()? {
                SSE::Event(event) => Some(event.data.len()),
                SSE::Connected(_) | SSE::Comment(_) => Some(0),
            }))
        }
        "reqwest-eventsource" => {
            let events = reqwest_eventsource::EventSource::new(shared.reqwest_0_12.get(url))?;
            Box::pin(events.map(|event| match event.ok()? {
                reqwest_eventsource::Event::Message(event) => Some(event.data.len()),
                reqwest_eventsource::Event::Open => Some(0),
            }))
        }
        _ => return Err("no such client".into()),
    })
}

/// Reads a body and prints its CPU time in seconds and its allocations, for each event; while they are counted the time
/// means nothing.
pub async fn read(client: &str, address: &str, corpus: &str, counting: bool) -> Result<(), Box<dyn Error>> {
    let Corpus { bytes, events, .. } = Corpus::new(corpora::by_name(corpus).ok_or("no such body")?, corpora::SIZE);
    let data: usize = events.iter().map(|event| event.data.len()).sum();
    let (wanted, events) = (if client == RAW { bytes.len() } else { data } * REPEATS, events.len() * REPEATS);
    let (shared, url) = (Shared::new()?, format!("{address}/{corpus}"));
    if counting {
        allocator::start();
    }
    let (begin, allocated) = (cpu(), allocator::allocations());
    let (mut items, mut got) = (0, 0);
    let reading = async {
        let mut lengths = open(&shared, client, &url).await?;
        // Whoever comes back by itself must not.
        while got < wanted {
            let length = lengths.next().await.flatten().ok_or("it ended, or failed")?;
            got += length;
            items += usize::from(length > 0);
        }
        Ok::<_, Box<dyn Error>>(())
    };
    tokio::time::timeout(TIMEOUT, reading).await??;
    let (seconds, allocations) = (cpu() - begin, allocator::allocations() - allocated);
    if got != wanted || (client != RAW && items != events) {
        return Err(format!("{items} events of {got} bytes, not {events} of {wanted}").into());
    }
    println!("{} {}", seconds / events as f64, allocations as f64 / events as f64);
    Ok(())
}

/// CPU time of this process, in seconds.
fn cpu() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}
