//! Turns an event stream on the standard input into JSON lines.
//!
//! ```text
//! printf 'data: a\n\n' | cargo run -q --example parse
//! curl -sN https://stream.wikimedia.org/v2/stream/recentchange | cargo run -q --example parse
//! ```

use std::io::{self, ErrorKind, Read, Write};

use clap::Parser as _;
use serde_json::json;
use ssekit::Parser;

/// Turns an event stream on the standard input into JSON lines.
///
/// A block that the end of the input cuts short is discarded, as the standard says, and told on the standard error.
#[derive(clap::Parser)]
struct Arguments {
    /// Feed the parser so many bytes at a time, at most.
    #[arg(long, value_name = "N", default_value_t = 64 * 1024, value_parser = clap::value_parser!(u32).range(1..))]
    chunk: u32,
}

fn main() -> io::Result<()> {
    let arguments = Arguments::parse();
    match parse(io::stdin().lock(), io::stdout().lock(), vec![0; arguments.chunk as usize]) {
        // Whoever read this has seen enough.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        result => result,
    }
}

fn parse(mut input: impl Read, mut output: impl Write, mut buffer: Vec<u8>) -> io::Result<()> {
    let mut parser = Parser::new();
    loop {
        let mut chunk = match input.read(&mut buffer) {
            Ok(0) => break,
            Ok(length) => &buffer[..length],
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        loop {
            match parser.parse(&mut chunk) {
                Ok(Some(event)) => {
                    let event = json!({
                        "event": event.event_type(),
                        "data": event.data(),
                        "last_event_id": event.last_event_id(),
                    });
                    writeln!(output, "{event}")?;
                    output.flush()?;
                }
                Ok(None) => break,
                Err(error) => eprintln!("parse: {error}"),
            }
        }
    }
    if parser.buffered() > 0 {
        eprintln!("parse: the input ended in the middle of a block, which is discarded");
    }
    Ok(())
}
