//! Where secrets go, and where they do not.
//!
//! `headers` has the table of who gets what the user set, on every kind of redirect and every attempt; `shown` looks for
//! them in all that is shown and logged.

mod headers;
#[path = "../scripted/mod.rs"]
mod scripted;
mod shown;
#[path = "../witness/mod.rs"]
mod witness;
