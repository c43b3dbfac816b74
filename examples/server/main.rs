//! Two feeds on loopback, to try a client on.
//!
//! ```text
//! cargo run --example server
//! cargo run --example server -- --port 8080
//! ```

mod feeds;

use std::process::ExitCode;

use clap::Parser;

/// Serves two feeds on loopback: `/year` sends one event per request and ends; `/ping` goes on for ever.
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

async fn serve(port: u16) -> std::io::Result<()> {
    let server = feeds::Server::bind(port).await?;
    println!("{}  one event per request, counted up", server.url(feeds::YEAR));
    println!("{}  a ping every second, for ever", server.url(feeds::PING));
    println!("Ctrl-C stops.");
    tokio::select! {
        result = server.serve() => result,
        result = tokio::signal::ctrl_c() => result,
    }
}
