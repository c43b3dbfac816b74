//! The standard's algorithm with a limit, as `Parser::with_limit` has it: literal and slow.
//!
//! Without a limit it is held against the oracle of the tests, so that it stands on that.

use crate::standard::{Dispatched, Outcome};

/// What comes of a stream.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Limited {
    pub(crate) outcome: Outcome,
    pub(crate) comments: Vec<String>,
    /// How often the limit was exceeded.
    pub(crate) exceeded: usize,
    /// What is held of an unfinished block at the end, in bytes of the wire.
    pub(crate) held: usize,
}

/// What is longer than this counts as the text that it becomes, and a last event ID with what is beyond.
const LONG: usize = 64 * 1024;

/// How many bytes of a line tell its field.
const TELLING: usize = "event: ".len();

/// Interprets a stream as far as it came; comments are held, and handed out, only where they are wanted.
pub(crate) fn interpret(stream: &[u8], last_event_id: &str, limit: usize, comments: bool) -> Limited {
    run(stream, last_event_id, limit, comments, true)
}

/// Does the same but for the events, each of which would have an ID of its own.
pub(crate) fn count(stream: &[u8], limit: usize, comments: bool) -> Limited {
    run(stream, "", limit, comments, false)
}

fn run(stream: &[u8], last_event_id: &str, limit: usize, comments: bool, events: bool) -> Limited {
    let mut model = Model {
        limit,
        comments,
        events,
        data: Vec::new(),
        event_type: Vec::new(),
        id: None,
        overflowed: false,
        limited: Limited {
            outcome: Outcome { last_event_id: last_event_id.to_owned(), ..Outcome::default() },
            ..Limited::default()
        },
    };
    let stream = stream.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(stream);
    let (mut start, mut at) = (0, 0);
    while at < stream.len() {
        let length = match stream[at] {
            b'\r' if stream.get(at + 1) == Some(&b'\n') => 2,
            b'\r' | b'\n' => 1,
            _ => 0,
        };
        if length > 0 {
            model.line(&stream[start..at]);
            start = at + length;
        }
        at += length.max(1);
    }
    model.begin_of_line(&stream[start..]);
    model.limited
}

struct Model {
    limit: usize,
    comments: bool,
    events: bool,
    /// Values, each with its line feed.
    data: Vec<u8>,
    event_type: Vec<u8>,
    id: Option<Vec<u8>>,
    overflowed: bool,
    limited: Limited,
}

impl Model {
    /// What the last event ID leaves of the limit.
    fn room(&self) -> usize {
        let beyond = self.limited.outcome.last_event_id.len().saturating_sub(LONG);
        self.limit.saturating_sub(beyond).max(self.limit.min(LONG))
    }

    fn held(&self) -> usize {
        self.data.len() + self.event_type.len() + self.id.as_ref().map_or(0, Vec::len)
    }

    fn line(&mut self, line: &[u8]) {
        if line.is_empty() {
            return self.dispatch();
        }
        let (field, value) = field(line);
        match field {
            b"data" => {
                if self.has_room(value.len() + 1) {
                    self.data.extend_from_slice(value);
                    self.data.push(b'\n');
                }
            }
            b"event" => {
                self.event_type.clear();
                if self.has_room(value.len()) {
                    self.event_type = value.to_vec();
                }
            }
            b"id" => {
                if self.has_room_for_id(value.len()) && !value.contains(&0) {
                    self.id = Some(value.to_vec());
                }
            }
            b"retry" => {
                if !value.is_empty() && value.iter().all(u8::is_ascii_digit) {
                    let digits = std::str::from_utf8(value).unwrap();
                    self.limited.outcome.reconnection_time = Some(digits.parse().unwrap_or(u64::MAX));
                }
            }
            b"" if self.comments => {
                if self.held() + value.len() + growth(value) <= self.room() {
                    self.limited.comments.push(text(value));
                } else {
                    self.limited.exceeded += 1;
                }
            }
            _ => {}
        }
    }

    /// Takes in what is there of a line that has no end yet.
    fn begin_of_line(&mut self, begin: &[u8]) {
        if begin.len() < TELLING {
            // What it is does not show yet; what it may be is held.
            let may_be = |name: &[u8]| {
                let named = [name, b":"].concat();
                named.starts_with(begin) || begin.starts_with(&named)
            };
            let is_held = !begin.is_empty() && [&b"data"[..], b"event", b"id"].into_iter().any(may_be);
            self.limited.held = self.held() + if is_held { begin.len() } else { 0 };
            return;
        }
        let (field, value) = field(begin);
        let is_read = match field {
            b"data" => self.has_room(value.len()),
            b"event" => {
                self.event_type.clear();
                self.has_room(value.len())
            }
            b"id" => self.has_room_for_id(value.len()),
            b"" if self.comments => {
                let has_room = self.held() + value.len() <= self.room();
                self.limited.exceeded += usize::from(!has_room);
                has_room
            }
            _ => false,
        };
        self.limited.held = self.held() + if is_read { value.len() } else { 0 };
    }

    /// Whether there is room for so much of data or a type; if not, the block is given up.
    fn has_room(&mut self, length: usize) -> bool {
        if self.overflowed {
            return false;
        }
        let has_room = self.held() + length <= self.room();
        if !has_room {
            self.overflow();
        }
        has_room
    }

    /// An id gets the room that data and type leave.
    fn has_room_for_id(&mut self, length: usize) -> bool {
        if self.held() + length > self.room() && !self.overflowed {
            self.overflow();
        }
        self.held() + length <= self.room()
    }

    fn overflow(&mut self) {
        self.overflowed = true;
        self.limited.exceeded += 1;
        self.data.clear();
        self.event_type.clear();
    }

    fn dispatch(&mut self) {
        self.overflowed = false;
        let id_growth = self.id.as_deref().map_or(0, growth);
        if self.held() + growth(&self.data) + growth(&self.event_type) + id_growth > self.room() {
            self.limited.exceeded += usize::from(!(self.data.is_empty() && self.event_type.is_empty()));
            self.data.clear();
            self.event_type.clear();
        }
        if self.held() + id_growth > self.room() {
            self.id = None;
        }
        let outcome = &mut self.limited.outcome;
        if let Some(id) = self.id.take() {
            outcome.last_event_id = text(&id);
        }
        let event_type = std::mem::take(&mut self.event_type);
        let mut data = std::mem::take(&mut self.data);
        if data.pop().is_some() && self.events {
            // Line by line: a sequence that a line end cuts is not one that the next line completes.
            let lines: Vec<String> = data.split(|&byte| byte == b'\n').map(text).collect();
            outcome.events.push(Dispatched {
                event_type: if event_type.is_empty() { "message".to_owned() } else { text(&event_type) },
                data: lines.join("\n"),
                last_event_id: outcome.last_event_id.clone(),
            });
        }
    }
}

/// A line's field and its value; a comment's is nameless, and keeps its space.
fn field(line: &[u8]) -> (&[u8], &[u8]) {
    let Some(colon) = line.iter().position(|&byte| byte == b':') else { return (line, b"") };
    let (field, value) = (&line[..colon], &line[colon + 1..]);
    if field.is_empty() { (field, value) } else { (field, value.strip_prefix(b" ").unwrap_or(value)) }
}

/// How much more long bytes take as text.
fn growth(bytes: &[u8]) -> usize {
    if bytes.len() > LONG { text(bytes).len() - bytes.len() } else { 0 }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
