//! A server on loopback that writes exactly the bytes it is told to.

#![allow(dead_code, reason = "each test file that includes this uses a part of it")]

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// The head of an event stream that lasts until the connection closes.
pub const STREAM: &str = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n";

pub struct Server {
    address: SocketAddr,
    requests: Arc<Mutex<Vec<Request>>>,
    task: JoinHandle<()>,
}

/// The head of a request, byte by byte.
#[derive(Clone, Debug)]
pub struct Request(Vec<u8>);

impl Request {
    pub fn line(&self) -> &str {
        std::str::from_utf8(self.0.split(|&byte| byte == b'\r').next().unwrap()).unwrap()
    }

    /// The values of a header, which is found whatever its case.
    pub fn all(&self, name: &str) -> Vec<&[u8]> {
        let lines = self.0.split(|&byte| byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
        let fields = lines.skip(1).filter_map(|line| {
            let colon = line.iter().position(|&byte| byte == b':')?;
            line[..colon].eq_ignore_ascii_case(name.as_bytes()).then(|| line[colon + 1..].trim_ascii())
        });
        fields.collect()
    }

    pub fn header(&self, name: &str) -> Option<&[u8]> {
        let all = self.all(name);
        assert!(all.len() <= 1, "{name} is there more than once: {all:?}");
        all.first().copied()
    }
}

impl Server {
    /// Answers each request, one per connection, by what `answer` does with its number, its head and its socket.
    ///
    /// The socket is closed when `answer` is done with it.
    pub async fn start<F>(answer: impl Fn(usize, Request, TcpStream) -> F + Send + 'static) -> Self
    where
        F: Future<Output = std::io::Result<()>> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = requests.clone();
        let task = tokio::spawn(async move {
            loop {
                let (mut socket, _) = listener.accept().await.unwrap();
                let Some(request) = read_head(&mut socket).await else { continue };
                let number = {
                    let mut seen = seen.lock().unwrap();
                    seen.push(request.clone());
                    seen.len() - 1
                };
                tokio::spawn(answer(number, request, socket));
            }
        });
        Self { address, requests, task }
    }

    /// Answers each request with these bytes, whole, and closes.
    pub async fn answering(bytes: impl Into<Vec<u8>>) -> Self {
        let bytes: Arc<[u8]> = bytes.into().into();
        Self::start(move |_, _, mut socket| {
            let bytes = bytes.clone();
            async move { socket.write_all(&bytes).await }
        })
        .await
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub fn origin(&self) -> String {
        self.url("")
    }

    pub fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Reads the head of a request; `None` if there is none any more.
pub async fn read_head(socket: &mut TcpStream) -> Option<Request> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(socket.read_u8().await.ok()?);
    }
    Some(Request(head))
}
