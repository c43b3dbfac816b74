//! Up to three origins, each a port, that play the connections of one scenario byte by byte.

use std::collections::VecDeque;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::task::AbortHandle;
use tokio::time::{Instant, sleep};

use super::data::{Connection, End, Fault, Framing, Item, Respond};
use super::http::{framing, head, read_head, reset, unhex, write};

const HOSTS: [&str; 3] = ["A", "B", "C"];

/// What there was to see of one request and the answer to it.
#[derive(Clone, Debug)]
pub struct Seen {
    pub host: &'static str,
    pub method: String,
    pub path: String,
    pub headers: Vec<(String, Vec<u8>)>,
    pub at: Instant,
    /// When the head was written, and each item of the body.
    pub head: Option<Instant>,
    pub items: Vec<Instant>,
    pub ended: Option<Instant>,
    /// Whether the client went away.
    pub was_left: bool,
}

impl Seen {
    pub fn header(&self, name: &str) -> Option<&[u8]> {
        self.headers.iter().find(|(header, _)| header == name).map(|(_, value)| &value[..])
    }
}

pub struct Servers {
    shared: Arc<Shared>,
}

struct Shared {
    addresses: Vec<SocketAddr>,
    /// Bound for as long as the scenario lasts, and never listening: while no listener is there too, whoever connects is
    /// refused, and nobody else can take the port.
    _reserved: Vec<TcpSocket>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    connections: VecDeque<Connection>,
    seen: Vec<Seen>,
    problems: Vec<String>,
    listening: [Option<AbortHandle>; HOSTS.len()],
    sockets: Vec<AbortHandle>,
}

impl Servers {
    pub fn new() -> Self {
        let reserved: Vec<_> = HOSTS.iter().map(|_| bound(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))).collect();
        let addresses = reserved.iter().map(|socket| socket.local_addr().unwrap()).collect();
        Self { shared: Arc::new(Shared { addresses, _reserved: reserved, state: Mutex::default() }) }
    }

    pub fn port(&self, host: &str) -> u16 {
        self.shared.addresses[index(host)].port()
    }

    pub fn start(&self, connections: &[Connection]) {
        self.shared.state.lock().unwrap().connections = connections.to_vec().into();
        self.shared.listen();
    }

    /// Notes that the client was refused, which is all that this connection was for.
    pub fn handle_refused(&self) {
        let mut state = self.shared.state.lock().unwrap();
        if state.connections.front().is_some_and(|connection| connection.fault == Some(Fault::Refuse)) {
            state.connections.pop_front();
        }
        drop(state);
        self.shared.listen();
    }

    pub fn seen(&self) -> Vec<Seen> {
        self.shared.state.lock().unwrap().seen.clone()
    }

    pub fn problems(&self) -> Vec<String> {
        self.shared.state.lock().unwrap().problems.clone()
    }
}

impl Drop for Servers {
    fn drop(&mut self) {
        let mut state = self.shared.state.lock().unwrap();
        for task in state.listening.iter_mut().filter_map(Option::take) {
            task.abort();
        }
        for task in state.sockets.drain(..) {
            task.abort();
        }
    }
}

fn index(host: &str) -> usize {
    HOSTS.iter().position(|name| *name == host).unwrap()
}

fn bound(address: SocketAddr) -> TcpSocket {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_reuseaddr(true).unwrap();
    #[cfg(unix)]
    socket.set_reuseport(true).unwrap();
    socket.bind(address).unwrap();
    socket
}

impl Shared {
    /// Listens where the next connection is not to be refused.
    fn listen(self: &Arc<Self>) {
        let mut state = self.state.lock().unwrap();
        let refusing = state.connections.front().filter(|next| next.fault == Some(Fault::Refuse));
        let refusing = refusing.map(|next| index(&next.host));
        for host in 0..HOSTS.len() {
            if refusing == Some(host) {
                if let Some(task) = state.listening[host].take() {
                    task.abort();
                }
            } else if state.listening[host].is_none() {
                let listener = bound(self.addresses[host]).listen(64).unwrap();
                state.listening[host] = Some(tokio::spawn(self.clone().accept(host, listener)).abort_handle());
            }
        }
    }

    async fn accept(self: Arc<Self>, host: usize, listener: TcpListener) {
        loop {
            let (socket, _) = listener.accept().await.unwrap();
            socket.set_nodelay(true).unwrap();
            let task = tokio::spawn(self.clone().serve(host, socket));
            self.state.lock().unwrap().sockets.push(task.abort_handle());
        }
    }

    async fn serve(self: Arc<Self>, host: usize, mut socket: TcpStream) {
        loop {
            let Some(head) = read_head(&mut socket).await else { return };
            let mut seen = parse_head(HOSTS[host], &head);
            seen.at = Instant::now();
            let (number, next) = self.take(seen);
            self.listen();
            let Some(connection) = next else { return };
            let keeps_alive = self.answer(number, &connection, &mut socket).await.unwrap_or(false);
            self.update(number, |seen| seen.ended = Some(seen.ended.unwrap_or_else(Instant::now)));
            if !keeps_alive {
                return;
            }
        }
    }

    /// Notes a request, and gives it the next connection of the script.
    fn take(&self, seen: Seen) -> (usize, Option<Connection>) {
        let mut state = self.state.lock().unwrap();
        let next = state.connections.pop_front();
        let number = state.seen.len();
        match &next {
            Some(next) if next.host != seen.host || !(next.path == "*" || next.path == seen.path) => {
                let problem =
                    format!("request {number} went to {} {}, not {} {}", seen.host, seen.path, next.host, next.path);
                state.problems.push(problem);
            }
            _ => {}
        }
        let offers_gzip = seen.header("accept-encoding").is_some_and(|value| value != b"identity");
        if offers_gzip && next.as_ref().and_then(|next| next.respond.as_ref()).is_some_and(|respond| respond.gzip) {
            state.problems.push("a coding was offered, which this server does not have".to_owned());
        }
        state.seen.push(seen);
        (number, next)
    }

    fn update(&self, number: usize, update: impl FnOnce(&mut Seen)) {
        update(&mut self.state.lock().unwrap().seen[number]);
    }

    /// Plays one connection; says whether the socket may be used again.
    async fn answer(&self, number: usize, connection: &Connection, socket: &mut TcpStream) -> std::io::Result<bool> {
        match (&connection.fault, &connection.respond) {
            (None, Some(respond)) => self.respond(number, respond, socket).await,
            (Some(Fault::ResetBeforeResponse), _) => {
                reset(socket);
                Ok(false)
            }
            (Some(Fault::HoldBeforeResponse), _) => {
                self.hold(number, socket).await;
                Ok(false)
            }
            _ => Ok(false),
        }
    }

    async fn respond(&self, number: usize, respond: &Respond, socket: &mut TcpStream) -> std::io::Result<bool> {
        let framing = framing(respond);
        for status in &respond.interim {
            socket.write_all(format!("HTTP/1.1 {status} Interim\r\n\r\n").as_bytes()).await?;
        }
        socket.write_all(&head(respond, framing)).await?;
        self.update(number, |seen| seen.head = Some(Instant::now()));
        let mut is_first = true;
        for item in &respond.body {
            if !std::mem::take(&mut is_first) {
                sleep(Duration::from_millis(respond.gap_ms)).await;
            }
            match item {
                Item::Text { utf8 } => write(socket, framing, utf8.as_bytes()).await?,
                Item::Bytes { hex } => write(socket, framing, &unhex(hex)).await?,
                Item::Raw { raw_hex } => socket.write_all(&unhex(raw_hex)).await?,
                Item::Repeat { repeat_utf8, times } => {
                    for _ in 0..*times {
                        write(socket, framing, repeat_utf8.as_bytes()).await?;
                    }
                }
                Item::Delay { delay_ms } => sleep(Duration::from_millis(*delay_ms)).await,
            }
            self.update(number, |seen| seen.items.push(Instant::now()));
        }
        match respond.end {
            End::Eof => {
                if framing == Framing::Chunked {
                    socket.write_all(b"0\r\n\r\n").await?;
                }
                let keeps_alive = respond.keep_alive && framing != Framing::Close;
                if !keeps_alive {
                    self.update(number, |seen| seen.ended = Some(Instant::now()));
                    linger(socket).await;
                }
                Ok(keeps_alive)
            }
            End::Truncated => {
                self.update(number, |seen| seen.ended = Some(Instant::now()));
                linger(socket).await;
                Ok(false)
            }
            End::Reset => {
                // What is on its way is to be read before.
                sleep(Duration::from_millis(80)).await;
                reset(socket);
                Ok(false)
            }
            End::Hold => {
                self.hold(number, socket).await;
                Ok(false)
            }
        }
    }

    async fn hold(&self, number: usize, socket: &mut TcpStream) {
        linger_until_left(socket).await;
        self.update(number, |seen| seen.was_left = true);
    }
}

/// Closes so that the client gets everything before.
async fn linger(socket: &mut TcpStream) {
    let _ = socket.shutdown().await;
    linger_until_left(socket).await;
}

async fn linger_until_left(socket: &mut TcpStream) {
    let mut rest = [0; 64];
    while socket.read(&mut rest).await.is_ok_and(|length| length > 0) {}
}

fn parse_head(host: &'static str, head: &[u8]) -> Seen {
    let mut lines = head.split(|&byte| byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    let line = String::from_utf8(lines.next().unwrap().to_vec()).unwrap();
    let mut words = line.split(' ').map(str::to_owned);
    let fields = lines.filter_map(|line| {
        let colon = line.iter().position(|&byte| byte == b':')?;
        let name = String::from_utf8(line[..colon].to_ascii_lowercase()).unwrap();
        Some((name, line[colon + 1..].trim_ascii().to_vec()))
    });
    Seen {
        host,
        method: words.next().unwrap(),
        path: words.next().unwrap(),
        headers: fields.collect(),
        at: Instant::now(),
        head: None,
        items: Vec::new(),
        ended: None,
        was_left: false,
    }
}
