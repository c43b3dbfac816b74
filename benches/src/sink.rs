//! Where events go: to be counted, or to be held against the right ones.

use std::hint::black_box;
use std::ops::ControlFlow;
use std::time::Instant;

use crate::chunks::LOOK;
use crate::standard::Dispatched;

/// What takes events; a break is that it wants no more of them.
pub trait Sink {
    fn event(&mut self, event_type: &str, data: &str, last_event_id: &str) -> ControlFlow<()>;
}

/// Counts, which keeps the work alive and costs next to nothing; for the clock.
pub struct Tally {
    pub events: usize,
    pub bytes: usize,
    deadline: Option<Instant>,
    until_look: u32,
}

impl Tally {
    pub fn new(deadline: Option<Instant>) -> Self {
        Self { events: 0, bytes: 0, deadline, until_look: LOOK }
    }
}

impl Sink for Tally {
    #[inline]
    fn event(&mut self, event_type: &str, data: &str, last_event_id: &str) -> ControlFlow<()> {
        self.events += 1;
        self.bytes += event_type.len() + black_box(data).len() + last_event_id.len();
        self.until_look -= 1;
        if self.until_look == 0 {
            self.until_look = LOOK;
            if self.deadline.is_some_and(|deadline| deadline <= Instant::now()) {
                return ControlFlow::Break(());
            }
        }
        ControlFlow::Continue(())
    }
}

/// Holds events against the right ones, up to the first that is wrong.
pub struct Proof<'e> {
    expected: &'e [Dispatched],
    deadline: Instant,
    events: usize,
    wrong: Option<String>,
}

impl<'e> Proof<'e> {
    pub fn new(expected: &'e [Dispatched], deadline: Instant) -> Self {
        Self { expected, deadline, events: 0, wrong: None }
    }

    /// Where it went wrong. What was late is right as far as it came.
    pub fn verdict(self) -> Option<String> {
        let late = self.deadline <= Instant::now();
        self.wrong.or_else(|| {
            let missing = self.events < self.expected.len() && !late;
            missing.then(|| format!("{} of {} events", self.events, self.expected.len()))
        })
    }
}

impl Sink for Proof<'_> {
    fn event(&mut self, event_type: &str, data: &str, last_event_id: &str) -> ControlFlow<()> {
        let number = self.events;
        self.events += 1;
        let Some(expected) = self.expected.get(number) else {
            self.wrong = Some(format!("an event {number} too many"));
            return ControlFlow::Break(());
        };
        let fields = [
            ("type", event_type, &expected.event_type),
            ("data", data, &expected.data),
            ("last event ID", last_event_id, &expected.last_event_id),
        ];
        if let Some((field, is, should)) = fields.into_iter().find(|(_, is, should)| is != should) {
            self.wrong = Some(format!("event {number}: {field} is {}, not {}", excerpt(is), excerpt(should)));
            return ControlFlow::Break(());
        }
        if number.is_multiple_of(LOOK as usize) && self.deadline <= Instant::now() {
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    }
}

/// The end of a text, which is where cuts go wrong.
fn excerpt(text: &str) -> String {
    let skip = text.chars().count().saturating_sub(12);
    let end: String = text.chars().skip(skip).collect();
    format!("{}{end:?} ({} B)", if skip > 0 { "…" } else { "" }, text.len())
}
