//! The standard's algorithm, word by word: the oracle that the crate is held against.
//!
//! It is built otherwise than the crate on purpose: the whole stream is there at once, it is decoded first and then cut
//! into lines, and nothing is fast.
//!
//! <https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream>

#![allow(dead_code, reason = "each test file that includes the oracle uses a part of it")]

/// What the parser of a stream leaves behind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    pub events: Vec<Dispatched>,
    pub last_event_id: String,
    pub reconnection_time: Option<u64>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dispatched {
    pub event_type: String,
    pub data: String,
    pub last_event_id: String,
}

/// Parses and interprets a whole event stream, which starts with this last event ID.
pub fn interpret(stream: &[u8], last_event_id: &str) -> Outcome {
    // "Streams must be decoded using the UTF-8 decode algorithm", which strips one BOM and replaces what is malformed.
    let decoded = String::from_utf8_lossy(stream);
    let text = decoded.strip_prefix('\u{FEFF}').unwrap_or(&decoded);

    let mut interpreter = Interpreter {
        data: String::new(),
        event_type: String::new(),
        last_event_id_buffer: last_event_id.to_owned(),
        outcome: Outcome { last_event_id: last_event_id.to_owned(), ..Outcome::default() },
    };
    for line in complete_lines(text) {
        interpreter.line(&line);
    }
    // "Once the end of the file is reached, any pending data must be discarded."
    interpreter.outcome
}

/// The comments of a whole event stream, in order; the standard ignores them.
pub fn comments(stream: &[u8]) -> Vec<String> {
    let decoded = String::from_utf8_lossy(stream);
    let lines = complete_lines(decoded.strip_prefix('\u{FEFF}').unwrap_or(&decoded));
    let comments = lines.iter().filter_map(|line| line.strip_prefix(':'));
    comments.map(str::to_owned).collect()
}

/// Whether the stream ends in a comment that has no end.
pub fn ends_in_comment(stream: &[u8]) -> bool {
    let decoded = String::from_utf8_lossy(stream);
    let text = decoded.strip_prefix('\u{FEFF}').unwrap_or(&decoded);
    text.rsplit(['\r', '\n']).next().is_some_and(|line| line.starts_with(':'))
}

/// The lines of the text that have an end: CR LF, LF or CR.
fn complete_lines(text: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\r' => {
                if characters.peek() == Some(&'\n') {
                    characters.next();
                }
                lines.push(std::mem::take(&mut line));
            }
            '\n' => lines.push(std::mem::take(&mut line)),
            _ => line.push(character),
        }
    }
    lines
}

struct Interpreter {
    data: String,
    event_type: String,
    last_event_id_buffer: String,
    outcome: Outcome,
}

impl Interpreter {
    fn line(&mut self, line: &str) {
        if line.is_empty() {
            self.dispatch();
        } else if line.starts_with(':') {
            // "Ignore the line."
        } else if let Some((field, value)) = line.split_once(':') {
            self.field(field, value.strip_prefix(' ').unwrap_or(value));
        } else {
            self.field(line, "");
        }
    }

    fn field(&mut self, field: &str, value: &str) {
        match field {
            "event" => value.clone_into(&mut self.event_type),
            "data" => {
                self.data.push_str(value);
                self.data.push('\n');
            }
            "id" if !value.contains('\0') => value.clone_into(&mut self.last_event_id_buffer),
            "retry" if !value.is_empty() && value.chars().all(|c| c.is_ascii_digit()) => {
                let milliseconds = value.parse().unwrap_or(u64::MAX);
                self.outcome.reconnection_time = Some(milliseconds);
            }
            _ => {}
        }
    }

    fn dispatch(&mut self) {
        self.outcome.last_event_id.clone_from(&self.last_event_id_buffer);
        if self.data.is_empty() {
            self.event_type.clear();
            return;
        }
        let data = std::mem::take(&mut self.data);
        let event_type = std::mem::take(&mut self.event_type);
        self.outcome.events.push(Dispatched {
            event_type: if event_type.is_empty() { "message".to_owned() } else { event_type },
            data: data.strip_suffix('\n').expect("the data buffer ends in a line feed").to_owned(),
            last_event_id: self.outcome.last_event_id.clone(),
        });
    }
}
