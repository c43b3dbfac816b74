//! Feeds on loopback, to try a client on.
//!
//! ```text
//! cargo run --example server
//! cargo run --example server -- --port 8080
//! ```

mod feeds;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;

/// Serves feeds on loopback.
///
/// `/year` sends one event of type `testEvent1` per request and ends; its numbers go up with each request, whoever makes it,
/// and beyond its Last-Event-ID.
/// `/ping` goes on for ever, with an event of type `ping` each second and now and then a `message`.
/// `/count` counts, ten times a second, and goes on behind the last event ID. `/chat` takes a POST as language models do,
/// with a token, and answers piece by piece. `/moody` is overloaded twice, then well, then forbidden, and so on. Pages of any
/// origin may read what is an event stream, without credentials.
#[derive(Parser)]
struct Arguments {
    /// The port to listen on; 0 takes a free one.
    #[arg(long, default_value_t = 0)]
    port: u16,
}

#[tokio::main]
async fn main() -> ExitCode {
    match serve(Arguments::parse().port).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("server: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn serve(port: u16) -> io::Result<()> {
    let server = feeds::Server::bind(port).await?;
    let url = |path| server.url(path);
    let (year, ping, count) = (url(feeds::YEAR), url(feeds::PING), url(feeds::COUNT));
    let (chat, moody, token) = (url(feeds::CHAT), url(feeds::MOODY), feeds::TOKEN);
    let banner = format!(
        "{year}  one event per request, counted up\n\
         {ping}  a ping every second, for ever\n\
         {count}  a number ten times a second, for ever\n\
         {chat}  a POST, answered in pieces; Authorization: Bearer {token}\n\
         {moody}  503 twice, then two events, then 401, and so on\n\
         Ctrl-C stops.\n"
    );
    // Whoever does not read it is served all the same.
    let _ = io::stdout().write_all(banner.as_bytes());
    tokio::select! {
        result = server.serve() => result,
        result = tokio::signal::ctrl_c() => result,
    }
}
