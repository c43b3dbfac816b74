//! Two feeds on loopback, to try a client on.
//!
//! ```text
//! cargo run --example server
//! cargo run --example server -- --port 8080
//! ```

mod feeds;

use clap::Parser;

/// Serves two feeds on loopback: `/year` sends one event per request and ends; `/ping` goes on for ever.
#[derive(Parser)]
struct Arguments {
    /// The port to listen on; 0 takes a free one.
    #[arg(long, default_value_t = 0)]
    port: u16,
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let arguments = Arguments::parse();
    let server = feeds::Server::bind(arguments.port).await?;
    println!("{}", server.url(feeds::YEAR));
    println!("{}", server.url(feeds::PING));
    tokio::select! {
        result = server.serve() => result,
        result = tokio::signal::ctrl_c() => result,
    }
}
