//! What listeners note, to be looked at from outside: an assertion that fails inside of one would be caught there.

#![allow(dead_code, reason = "each test file that includes this uses a part of it")]

use std::mem;
use std::sync::{Arc, Mutex};

use ssekit::ListenerEvent;

/// The notes, in the order in which they were taken.
#[derive(Clone, Default)]
pub struct Notes(Arc<Mutex<Vec<String>>>);

impl Notes {
    pub fn note(&self, what: impl Into<String>) {
        self.0.lock().unwrap().push(what.into());
    }

    /// A listener that notes what it gets.
    pub fn listener(&self) -> impl FnMut(&ListenerEvent<'_>) + Send + 'static + use<> {
        let notes = self.clone();
        move |event| notes.note(line(event))
    }

    /// A listener that notes its name.
    pub fn named(&self, name: &'static str) -> impl FnMut(&ListenerEvent<'_>) + Send + 'static + use<> {
        let notes = self.clone();
        move |_| notes.note(name)
    }

    /// The notes since the last time.
    pub fn take(&self) -> Vec<String> {
        mem::take(&mut self.0.lock().unwrap())
    }

    /// How many others hold these notes: the listeners that still live.
    pub fn holders(&self) -> usize {
        Arc::strong_count(&self.0) - 1
    }
}

/// An event in one line: its type, the number of the readyState, and what it carries.
pub fn line(event: &ListenerEvent<'_>) -> String {
    let opened = event.opened().map(|opened| opened.status().as_u16().to_string());
    let message = event.message().map(|message| format!("{:?}", message.data()));
    let error = event.error().map(ToString::to_string);
    let carried: Vec<_> = [opened, message, error].into_iter().flatten().collect();
    format!("{} {} {}", event.event_type(), u8::from(event.ready_state()), carried.join(" & ")).trim_end().to_owned()
}
