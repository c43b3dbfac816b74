//! HTTP/1.1 as a scenario wants it: what is written is its own affair, right or wrong.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::data::{End, Framing, Item, Respond};

#[allow(deprecated, reason = "to linger for no time at all, which is a reset, does not block")]
pub fn reset(socket: &TcpStream) {
    socket.set_linger(Some(Duration::ZERO)).unwrap();
}

pub fn framing(respond: &Respond) -> Framing {
    let has_length = respond.headers.keys().any(|name| name.eq_ignore_ascii_case("content-length"));
    respond.framing.unwrap_or(match respond {
        _ if has_length || matches!(respond.status, 204 | 304) => Framing::Raw,
        _ if respond.body.is_empty() && respond.end == End::Eof => Framing::Length,
        _ => Framing::Chunked,
    })
}

pub fn head(respond: &Respond, framing: Framing) -> Vec<u8> {
    let mut lines = vec![format!("HTTP/1.1 {} Status", respond.status)];
    for (name, values) in &respond.headers {
        lines.extend(values.values().iter().map(|value| format!("{name}: {value}")));
    }
    match framing {
        Framing::Chunked => lines.push("Transfer-Encoding: chunked".to_owned()),
        Framing::Length => {
            let length: usize = respond.body.iter().map(length).sum();
            lines.push(format!("Content-Length: {length}"));
        }
        Framing::Close | Framing::Raw => {}
    }
    if !respond.keep_alive {
        lines.push("Connection: close".to_owned());
    }
    (lines.join("\r\n") + "\r\n\r\n").into_bytes()
}

fn length(item: &Item) -> usize {
    match item {
        Item::Text { utf8 } => utf8.len(),
        Item::Bytes { hex } | Item::Raw { raw_hex: hex } => hex.len() / 2,
        Item::Repeat { repeat_utf8, times } => repeat_utf8.len() * times,
        Item::Delay { .. } => 0,
    }
}

/// One write for each item, and one chunk where there are chunks.
pub async fn write(socket: &mut TcpStream, framing: Framing, bytes: &[u8]) -> std::io::Result<()> {
    if framing != Framing::Chunked {
        return socket.write_all(bytes).await;
    }
    // An empty chunk would be the last one.
    if bytes.is_empty() {
        return Ok(());
    }
    let chunk = [format!("{:x}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n"].concat();
    socket.write_all(&chunk).await
}

pub fn unhex(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}

/// Reads the head of a request; `None` if there is none any more, or if it is no HTTP.
pub async fn read_head(socket: &mut TcpStream) -> Option<Vec<u8>> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(socket.read_u8().await.ok()?);
        if !head[0].is_ascii_uppercase() {
            // A client that speaks TLS gets its answer in clear text.
            let _ = socket.write_all(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n").await;
            return None;
        }
    }
    Some(head)
}
