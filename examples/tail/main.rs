//! Follows a feed, and shows what happens: events, losses, and the way back.
//!
//! ```text
//! cargo run --example tail                     a demo server that it starts itself
//! cargo run --example tail -- URL
//! cargo run --example tail -- --json --limit 4
//! ```

mod output;
// What the server example serves; tail has it on board for the demo.
#[path = "../server/feeds.rs"]
mod feeds;

use std::process::ExitCode;

use clap::Parser;
use output::Output;
use ssekit::{Error, EventSource, Signal};

/// Follows a feed of Server-Sent Events.
///
/// A connection that is lost, or that cannot be made, is tried again.
///
/// The exit status is 0 at the limit, when it was closed, at Ctrl-C and when the server says that it is over (204), and 1 when the feed fails,
/// which is when it answers with something that is no event stream.
#[derive(Parser)]
#[command(after_long_help = JSON_LINES)]
struct Arguments {
    /// The feed; without it, a demo server is started on loopback and its first feed followed.
    url: Option<String>,

    /// Print one JSON object a line.
    #[arg(long)]
    json: bool,

    /// Add a header to each request.
    #[arg(long = "header", value_name = "NAME: VALUE", value_parser = header)]
    headers: Vec<(String, String)>,

    /// Go on behind this event.
    #[arg(long, value_name = "ID")]
    last_event_id: Option<String>,

    /// Resolve a relative URL against this one, as a page's is against that of the page.
    #[arg(long, value_name = "URL")]
    base_url: Option<String>,

    /// Ask in the name of this origin, and mind what the server says of it (CORS).
    #[arg(long, value_name = "ORIGIN")]
    origin: Option<String>,

    /// With --origin: send credentials (the user and password of the URL) to other origins too.
    #[arg(long)]
    with_credentials: bool,

    /// Stop after so many messages.
    #[arg(long, value_name = "N")]
    limit: Option<u64>,

    /// Close the source after so many messages and go on to its end, which comes at once and without a word: as `close` of a
    /// page does.
    #[arg(long, value_name = "N")]
    close_after: Option<u64>,
}

const JSON_LINES: &str = r#"JSON lines (ready_state: 0 connecting, 1 open, 2 closed):
  {"type":"open","ready_state":1,"url":…,"status":200}
  {"type":"message","ready_state":1,"event":…,"data":…,"last_event_id":…,"origin":…}
  {"type":"error","ready_state":0,"error":…,"reconnect_in_ms":…}    lost, and tried again
  {"type":"error","ready_state":2,"error":…}                        over, or failed
  {"type":"diagnostic","ready_state":…,"diagnostic":…}              an event or an ID too long, for example"#;

fn header(argument: &str) -> Result<(String, String), String> {
    let (name, value) = argument.split_once(':').ok_or("a header is NAME: VALUE")?;
    Ok((name.trim().to_owned(), value.trim().to_owned()))
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let output = Output::new(arguments.json);
    let end = tokio::select! {
        end = tail(arguments, &output) => end,
        Ok(()) = tokio::signal::ctrl_c() => Ok(()),
    };
    match end {
        Ok(()) => ExitCode::SUCCESS,
        Err(End::Failed(error)) => {
            let _ = output.failure(&error);
            ExitCode::FAILURE
        }
        // Whoever read this has seen enough.
        Err(End::Output(error)) if error.kind() == std::io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(End::Output(error)) => {
            eprintln!("tail: {error}");
            ExitCode::FAILURE
        }
    }
}

enum End {
    Failed(Error),
    /// A socket or the standard output could not be had.
    Output(std::io::Error),
}

impl From<Error> for End {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl From<std::io::Error> for End {
    fn from(error: std::io::Error) -> Self {
        Self::Output(error)
    }
}

async fn tail(arguments: Arguments, output: &Output) -> Result<(), End> {
    let url = match arguments.url {
        Some(url) => url,
        None => demo().await?,
    };
    let mut builder = EventSource::builder(url).with_credentials(arguments.with_credentials);
    if let Some(url) = arguments.base_url {
        builder = builder.base_url(url);
    }
    if let Some(origin) = arguments.origin {
        builder = builder.origin(origin);
    }
    for (name, value) in arguments.headers {
        builder = builder.header(name, value);
    }
    if let Some(id) = arguments.last_event_id {
        builder = builder.last_event_id(id);
    }
    let mut source = builder.build()?;

    let mut messages = 0;
    while arguments.limit.is_none_or(|limit| messages < limit) {
        let Some(signal) = source.signal().await? else { break };
        output.signal(&signal, source.ready_state(), source.last_event_id())?;
        messages += u64::from(matches!(signal, Signal::Message(_)));
        if arguments.close_after.is_some_and(|count| messages >= count) {
            source.close();
        }
    }
    Ok(())
}

async fn demo() -> std::io::Result<String> {
    let server = feeds::Server::bind(0).await?;
    let url = server.url(feeds::YEAR);
    eprintln!(
        "No URL given: this follows a demo feed on {url}, which ends each response. Ctrl-C stops; --help tells more."
    );
    tokio::spawn(server.serve());
    Ok(url)
}
