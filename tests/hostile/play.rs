//! One case: a server that does as it is told, and a source that tells what it sees.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use ssekit::{Builder, Error, EventSource, ReadyState, Signal};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

use super::server::Server;

/// Nothing takes this long but what hangs.
const PATIENCE: Duration = Duration::from_secs(60);

/// The head of an event stream in chunks.
pub const CHUNKED: &str =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n";

/// The end, as it is told where a feed is over.
pub const OVER: &str = "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n";

/// What a server does on a connection, once it was asked; behind the last of these it closes.
#[derive(Clone, Debug)]
pub enum Do {
    Say(Vec<u8>),
    /// Says it so many times, a power of two or as many as 4096 goes into, for as long as there is somebody.
    Repeat(&'static str, usize),
    /// Says it one byte at a time.
    Drip(String),
    Reset,
    /// Closes its own half, and waits for the client to leave.
    HalfClose,
    /// Is silent until the client leaves.
    Hold,
}

pub fn say(bytes: impl Into<Vec<u8>>) -> Do {
    Do::Say(bytes.into())
}

/// What is said in one piece, on a connection that closes then.
pub fn just(bytes: impl Into<Vec<u8>>) -> Vec<Do> {
    vec![say(bytes)]
}

pub struct Case {
    pub name: &'static str,
    answers: Vec<Vec<Do>>,
    set: fn(Builder) -> Builder,
    pub expected: Seen,
}

/// What the source told, and the `Last-Event-ID` of each request, `-` where it has none.
#[derive(Clone, Debug, PartialEq)]
pub struct Seen {
    told: Vec<String>,
    requests: Vec<String>,
    /// How many connections the client left, of those that the server did not end by itself.
    left: usize,
}

impl Case {
    /// Answers each request by one of these, and with 204 once there are none left.
    pub fn new(name: &'static str, answers: impl IntoIterator<Item = Vec<Do>>, told: &[&str], ids: &[&str]) -> Self {
        let answers: Vec<_> = answers.into_iter().collect();
        let is_held = |answer: &&Vec<Do>| matches!(answer.last(), Some(Do::HalfClose | Do::Hold));
        let left = answers.iter().filter(is_held).count();
        let [told, requests] = [told, ids].map(|texts| texts.iter().map(|&text| text.to_owned()).collect());
        Self { name, answers, set: |builder| builder, expected: Seen { told, requests, left } }
    }

    pub fn with(mut self, set: fn(Builder) -> Builder) -> Self {
        self.set = set;
        self
    }

    pub fn is_as(&self, seen: &Seen) -> bool {
        self.expected == *seen
    }
}

/// What comes of one server and one source.
pub async fn play(case: &Case) -> Seen {
    let answers: Arc<[_]> = case.answers.clone().into();
    let left = Arc::new(AtomicUsize::new(0));
    let leaving = left.clone();
    let server = Server::start(move |number, _, socket| {
        let (answers, left) = (answers.clone(), leaving.clone());
        async move {
            let over = [say(OVER)];
            act(answers.get(number).map_or(&over, |answer| &answer[..]), socket, &left).await
        }
    })
    .await;
    let builder = EventSource::builder(server.url("/")).reconnection_time(Duration::from_millis(1));
    let source = (case.set)(builder.min_reconnection_time(Duration::ZERO)).build().unwrap();
    let told = timeout(PATIENCE, watch(source)).await.unwrap_or_else(|_| vec!["it hangs".to_owned()]);
    // Who was left may not know yet.
    for _ in 0..200 {
        if left.load(Ordering::SeqCst) >= case.expected.left {
            break;
        }
        sleep(Duration::from_millis(10)).await;
    }
    let id = |request: &super::server::Request| match request.header("last-event-id") {
        Some(id) if id.len() > 40 => format!("{} bytes", id.len()),
        Some(id) => String::from_utf8_lossy(id).into_owned(),
        None => "-".to_owned(),
    };
    Seen { told, requests: server.requests().iter().map(id).collect(), left: left.load(Ordering::SeqCst) }
}

async fn act(answer: &[Do], mut socket: TcpStream, left: &AtomicUsize) -> std::io::Result<()> {
    socket.set_nodelay(true)?;
    for what in answer {
        match what {
            Do::Say(bytes) => socket.write_all(bytes).await?,
            Do::Repeat(text, times) => {
                let at_once = 4096.min(*times);
                let block = text.repeat(at_once);
                for _ in 0..times / at_once {
                    socket.write_all(block.as_bytes()).await?;
                }
            }
            Do::Drip(text) => {
                for byte in text.bytes() {
                    socket.write_all(&[byte]).await?;
                    sleep(Duration::from_millis(1)).await;
                }
            }
            Do::Reset => {
                // What is on its way is to be read before.
                sleep(Duration::from_millis(100)).await;
                return socket.set_zero_linger();
            }
            Do::HalfClose => {
                socket.shutdown().await?;
                wait_until_left(&mut socket, left).await;
            }
            Do::Hold => wait_until_left(&mut socket, left).await,
        }
    }
    // Nothing is lost to a reset, as where it closes with something unread.
    socket.shutdown().await?;
    while socket.read(&mut [0; 64]).await.is_ok_and(|length| length > 0) {}
    Ok(())
}

async fn wait_until_left(socket: &mut TcpStream, left: &AtomicUsize) {
    while socket.read(&mut [0; 64]).await.is_ok_and(|length| length > 0) {}
    left.fetch_add(1, Ordering::SeqCst);
}

/// Everything that is told, in short, up to the end; whatever that is, it is the end for good.
async fn watch(mut source: EventSource) -> Vec<String> {
    let mut told = Vec::new();
    loop {
        told.push(match source.signal().await {
            Ok(Some(Signal::Opened(opened))) => format!("open {}", opened.status().as_u16()),
            Ok(Some(Signal::Message(event))) => {
                format!("{} {} #{}", short(event.event_type()), short(event.data()), short(event.last_event_id()))
            }
            Ok(Some(Signal::Comment(comment))) => format!(":{}", short(&comment)),
            Ok(Some(Signal::LimitExceeded(_))) => "limit".to_owned(),
            Ok(Some(Signal::LastEventIdNotSent(why))) => format!("{why:?}"),
            Ok(Some(Signal::Reconnecting { error, .. })) => {
                assert!(error.will_retry() && source.ready_state() == ReadyState::Connecting, "{error:?}");
                format!("lost: {}", kind(&error))
            }
            Ok(Some(Signal::Ended)) => "ended".to_owned(),
            Ok(None) => return told,
            Err(error) => {
                assert!(!error.will_retry(), "{error:?}");
                format!("failed: {}", kind(&error))
            }
            other => panic!("{other:?}"),
        });
    }
}

/// The kind, and what is known of a response that was no redirect.
fn kind(error: &Error) -> String {
    match error.status().filter(|_| !error.is_redirect()) {
        Some(status) => format!("{} {}", error.kind(), status.as_u16()),
        None => error.kind().to_string(),
    }
}

fn short(text: &str) -> String {
    if text.len() > 40 { format!("({} bytes)", text.len()) } else { text.escape_debug().to_string() }
}
