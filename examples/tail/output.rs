//! What tail prints.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use serde_json::{Value, json};
use ssekit::{Error, Event, ReadyState, Signal};

const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Yellow.on_default();
const FATAL: Style = AnsiColor::Red.on_default();
const NAME: Style = AnsiColor::Cyan.on_default().bold();
const ASIDE: Style = Style::new().dimmed();

/// Prints lines, each of them at once, to the standard output; in colour if that is a terminal.
pub struct Output {
    json: bool,
}

impl Output {
    pub fn new(json: bool) -> Self {
        Self { json }
    }

    pub fn signal(&self, signal: &Signal, ready_state: ReadyState, last_event_id: &str) -> io::Result<()> {
        let line = if self.json { to_json(signal, ready_state).to_string() } else { to_text(signal, last_event_id) };
        print(&line)
    }

    pub fn failure(&self, error: &Error) -> io::Result<()> {
        let error = format!("{error:#}");
        print(&if self.json {
            json!({ "type": "error", "ready_state": ReadyState::Closed as u8, "error": error }).to_string()
        } else {
            format!("{FATAL}failed: {}{FATAL:#}", shown(&error))
        })
    }
}

fn print(line: &str) -> io::Result<()> {
    let mut out = anstream::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
}

fn to_json(signal: &Signal, ready_state: ReadyState) -> Value {
    let ready_state = ready_state as u8;
    match signal {
        Signal::Opened(opened) => json!({
            "type": "open",
            "ready_state": ready_state,
            "url": opened.url().as_str(),
            "status": opened.status().as_u16(),
        }),
        Signal::Message(event) => json!({
            "type": "message",
            "ready_state": ready_state,
            "event": event.event_type(),
            "data": event.data(),
            "last_event_id": event.last_event_id(),
            "origin": event.origin(),
        }),
        Signal::Reconnecting { error, delay, .. } => json!({
            "type": "error",
            "ready_state": ready_state,
            "error": format!("{error:#}"),
            "reconnect_in_ms": u64::try_from(delay.as_millis()).unwrap_or(u64::MAX),
        }),
        Signal::Ended => json!({
            "type": "error",
            "ready_state": ready_state,
            "error": "the server says that there is no more",
        }),
        other => json!({ "type": "diagnostic", "ready_state": ready_state, "diagnostic": diagnostic(other) }),
    }
}

fn to_text(signal: &Signal, last_event_id: &str) -> String {
    match signal {
        Signal::Opened(opened) => format!("{GOOD}open {} ({}){GOOD:#}", shown(opened.url().as_str()), opened.status()),
        Signal::Message(event) => message(event),
        Signal::Reconnecting { error, delay, .. } => {
            let from = match last_event_id {
                "" => String::new(),
                id => format!(" with Last-Event-ID: {}", shown(id)),
            };
            let error = format!("{error:#}");
            format!("{BAD}lost: {}; back in {:.1} s{from}{BAD:#}", shown(&error), delay.as_secs_f64())
        }
        Signal::Ended => format!("{GOOD}over: the server says that there is no more{GOOD:#}"),
        other => format!("{BAD}{}{BAD:#}", diagnostic(other)),
    }
}

fn message(event: &Event) -> String {
    let id = match event.last_event_id() {
        "" => String::new(),
        id => format!(" {ASIDE}#{}{ASIDE:#}", shown(id)),
    };
    // Data of several lines stands below its event.
    let data = event.data();
    let separator = if data.contains('\n') { "\n    " } else { " " };
    let lines: Vec<String> = data.split('\n').map(shown).collect();
    format!("{NAME}{}{NAME:#}{id}{separator}{}", shown(event.event_type()), lines.join("\n    "))
}

fn diagnostic(signal: &Signal) -> String {
    match signal {
        Signal::Comment(comment) => format!(":{}", shown(comment)),
        Signal::LimitExceeded(error) => error.to_string(),
        Signal::LastEventIdNotSent(error) => error.to_string(),
        other => format!("{other:?}"),
    }
}

/// Text from the network as a terminal may have it: without the characters that command a terminal.
fn shown(text: &str) -> String {
    let escape = |c: char| if c.is_control() && c != '\t' { c.escape_default().to_string() } else { c.to_string() };
    text.chars().map(escape).collect()
}
