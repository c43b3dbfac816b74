//! The server: bodies that are ready, written 16 KiB at a time, and streams on which nothing happens.

use std::collections::HashMap;
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process;
use std::sync::Arc;
use std::thread;

use crate::corpora;

/// How much of a body is one write, and one chunk of the coding.
const WRITE: usize = 16 * 1024;
/// How often the corpus is sent in one response.
pub const REPEATS: usize = 16;
/// For thousands of connections, each with its thread.
const STACK: usize = 64 * 1024;

const HEAD: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
/// What an idle stream says before it falls silent.
const HELLO: &[u8] = b"data: hello\n\n";

type Bodies = HashMap<&'static str, Vec<Vec<u8>>>;

/// Prints its address, and serves until whoever started it is gone.
pub fn serve() {
    let bodies: Bodies =
        super::bodies().map(|corpus| (corpus, frames(&corpora::bytes(corpus, corpora::SIZE)))).collect();
    let bodies = Arc::new(bodies);
    let listener = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
    println!("http://{}", listener.local_addr().expect("it is bound"));
    thread::spawn(|| {
        super::until_orphaned();
        process::exit(0);
    });
    for socket in listener.incoming() {
        let (socket, bodies) = (socket.expect("there are sockets enough"), Arc::clone(&bodies));
        let connection = thread::Builder::new().stack_size(STACK);
        // A client may go whenever it has had enough.
        connection.spawn(move || answer(socket, &bodies).ok()).expect("there are threads enough");
    }
}

/// The body in the chunked coding, cut into writes.
fn frames(body: &[u8]) -> Vec<Vec<u8>> {
    let frame = |part: &[u8]| [format!("{:x}\r\n", part.len()).as_bytes(), part, b"\r\n"].concat();
    body.chunks(WRITE).map(frame).collect()
}

/// One request for each connection.
fn answer(mut socket: TcpStream, bodies: &Bodies) -> io::Result<()> {
    socket.set_nodelay(true)?;
    let mut request = BufReader::new(socket.try_clone()?);
    let mut line = String::new();
    request.read_line(&mut line)?;
    let path = line.split(' ').nth(1).unwrap_or_default().trim_start_matches('/').to_owned();
    while line != "\r\n" {
        line.clear();
        request.read_line(&mut line)?;
    }
    socket.write_all(HEAD)?;
    if let Some(frames) = bodies.get(path.as_str()) {
        for frame in (0..REPEATS).flat_map(|_| frames) {
            socket.write_all(frame)?;
        }
        return socket.write_all(b"0\r\n\r\n");
    }
    socket.write_all(&frames(HELLO)[0])?;
    // Until the client is gone.
    request.read_to_end(&mut Vec::new()).map(drop)
}
