//! How an error shows.

use alloc::string::ToString;
use core::fmt::{self, Write as _};

use super::Error;

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0.kind, f)?;
        if let Some(given_up) = self.0.given_up {
            write!(f, " ({given_up})")?;
        }
        if f.alternate() {
            for cause in self.causes() {
                write!(OneLine(f), ": {cause}")?;
            }
        }
        Ok(())
    }
}

/// Keeps what others say in the line: a log that is read line by line must not be told what never happened.
struct OneLine<'a, 'f>(&'a mut fmt::Formatter<'f>);

impl fmt::Write for OneLine<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        text.chars().try_for_each(|c| self.0.write_char(if c.is_control() { ' ' } else { c }))
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Error");
        debug.field("kind", &self.kind()).field("message", &self.to_string());
        debug.field("attempt", &self.0.attempt).field("delay", &self.0.delay);
        if let Some(source) = &self.0.source {
            debug.field("source", source);
        }
        debug.finish()
    }
}
