//! Reads a feed as it is told to, and prints what happens as JSON lines, which `tests/interop/run` holds against what the
//! server must have sent.
//!
//! The exit status is 0 once it has read enough or the feed is over, and 1 when it fails.

use std::error::Error;
use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;
use serde_json::{Map, Value, json};
use ssekit::{Client, Event, EventSource, Signal};

/// Reads a feed, and prints what happens.
#[derive(Parser)]
struct Arguments {
    url: String,

    /// Stop after so many messages ...
    #[arg(long, value_name = "N", default_value_t = 0)]
    messages: usize,

    /// ... and at least so many comments.
    #[arg(long, value_name = "N", default_value_t = 0)]
    comments: usize,

    /// Give the connection up after so many messages each, and come back.
    #[arg(long, value_name = "N")]
    reconnect_after: Option<usize>,

    /// Go on behind this event.
    #[arg(long, value_name = "ID", default_value = "")]
    last_event_id: String,

    /// Let the server compress.
    #[arg(long)]
    compression: bool,

    /// Trust the authority with this certificate, and no other.
    #[arg(long, value_name = "FILE")]
    authority: Option<std::path::PathBuf>,

    /// Add a header to each request.
    #[arg(long = "header", value_name = "NAME: VALUE", value_parser = header)]
    headers: Vec<(String, String)>,

    /// Post this.
    #[arg(long, value_name = "BODY")]
    post: Option<String>,
}

fn header(argument: &str) -> Result<(String, String), String> {
    let (name, value) = argument.split_once(':').ok_or("a header is NAME: VALUE")?;
    Ok((name.trim().to_owned(), value.trim().to_owned()))
}

#[tokio::main]
async fn main() -> ExitCode {
    match read(Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = print(&json!({ "type": "failed", "error": format!("{error:#}") }));
            ExitCode::FAILURE
        }
    }
}

async fn read(arguments: Arguments) -> Result<(), Box<dyn Error>> {
    let mut source = source(&arguments)?;
    let (mut messages, mut comments) = (0, 0);
    while messages < arguments.messages || comments < arguments.comments {
        let Some(signal) = source.signal().await? else { break };
        print(&to_json(&signal))?;
        comments += usize::from(matches!(signal, Signal::Comment(_)));
        if let Signal::Message(_) = signal {
            messages += 1;
            if arguments.reconnect_after.is_some_and(|each| messages % each == 0) && messages < arguments.messages {
                source.handle().reconnect_now();
            }
        }
    }
    Ok(())
}

fn source(arguments: &Arguments) -> Result<EventSource, Box<dyn Error>> {
    let client = match &arguments.authority {
        Some(file) => trusting(&std::fs::read(file)?)?,
        None => Client::new()?,
    };
    let mut builder = client.source(&arguments.url).comments(true).last_event_id(&*arguments.last_event_id);
    builder = builder.compression(arguments.compression);
    for (name, value) in &arguments.headers {
        builder = builder.header(name, value);
    }
    if let Some(body) = &arguments.post {
        builder = builder.method("POST").header("content-type", "application/json").body(body.clone());
    }
    Ok(builder.build()?)
}

/// A client that leaves the rules to the source, whatever features of reqwest are on.
fn trusting(authority: &[u8]) -> Result<Client, reqwest::Error> {
    let authority = reqwest::Certificate::from_pem(authority)?;
    let builder = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).retry(reqwest::retry::never());
    Ok(Client::from(builder.tls_backend_rustls().tls_certs_only([authority]).no_gzip().build()?))
}

fn to_json(signal: &Signal) -> Value {
    match signal {
        Signal::Opened(opened) => {
            let text = |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into();
            let headers = opened.headers().iter().map(|(name, value)| (name.to_string(), Value::String(text(value))));
            let headers: Map<_, _> = headers.collect();
            json!({ "type": "open", "status": opened.status().as_u16(), "headers": headers })
        }
        Signal::Message(event) => message(event),
        Signal::Comment(comment) => json!({ "type": "comment", "comment": comment }),
        Signal::Reconnecting { error, delay, .. } => {
            json!({ "type": "lost", "error": format!("{error:#}"), "delay": delay.as_secs_f64() })
        }
        Signal::Ended => json!({ "type": "ended" }),
        other => json!({ "type": "diagnostic", "diagnostic": format!("{other:?}") }),
    }
}

fn message(event: &Event) -> Value {
    json!({ "type": "message", "event": [event.event_type(), event.data(), event.last_event_id()] })
}

fn print(line: &Value) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
}
