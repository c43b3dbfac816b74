//! What is measured: ours, the peers, and the floors below all of them.

mod floors;
mod ours;
mod peers;

use std::ops::ControlFlow;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use futures_util::stream::Stream;

use crate::chunks::Feed;
use crate::sink::{Proof, Sink, Tally};

/// Something that turns chunks into events.
trait Parses {
    fn parse<S: Sink>(feed: &mut Feed, sink: &mut S) -> ControlFlow<()>;
}

/// Whose a row is, which says what it is compared with.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    Ours,
    Peers,
    Nobodys,
}

/// A row of the table.
pub struct Row {
    pub name: &'static str,
    pub whose: Whose,
    /// One pass that is timed.
    pub run: fn(&mut Feed, &mut Tally),
    /// One pass that is held against the right events; a floor has none.
    pub prove: Option<fn(&mut Feed, &mut Proof<'_>)>,
}

impl Row {
    const fn parser<P: Parses>(name: &'static str, whose: Whose) -> Self {
        Self {
            name,
            whose,
            run: |feed, tally| {
                let _ = P::parse(feed, tally);
            },
            prove: Some(|feed, proof| {
                let _ = P::parse(feed, proof);
            }),
        }
    }

    const fn floor(name: &'static str, run: fn(&mut Feed, &mut Tally)) -> Self {
        Self { name, whose: Whose::Nobodys, run, prove: None }
    }

    pub fn by_name(name: &str) -> Option<&'static Self> {
        ALL.iter().find(|row| row.name == name)
    }
}

/// The rows that targets name.
pub const BORROWED: &str = "borrowed";
pub const OWNED: &str = "owned";
pub const STREAM: &str = "EventStream";
pub const MASK: &str = "64-byte mask + simdutf8";

/// All rows, in the order of all tables.
pub static ALL: [Row; 14] = [
    Row::parser::<ours::Borrowed>(BORROWED, Whose::Ours),
    Row::parser::<ours::Owned>(OWNED, Whose::Ours),
    Row::parser::<ours::Stream>(STREAM, Whose::Ours),
    Row::parser::<peers::SseCore>("sse-core", Whose::Peers),
    Row::parser::<peers::SseCoreStream>("sse-core, stream", Whose::Peers),
    Row::parser::<peers::SseStream>("sse-stream", Whose::Peers),
    Row::parser::<peers::Sseer>("sseer", Whose::Peers),
    Row::parser::<peers::SseParse>("sse-parse", Whose::Peers),
    Row::parser::<peers::ReqwestSse>("reqwest-sse", Whose::Peers),
    Row::parser::<peers::EventsourceStream>("eventsource-stream", Whose::Peers),
    Row::floor("memcpy", floors::memcpy),
    Row::floor("memchr2", floors::memchr2),
    Row::floor("memchr2 + simdutf8", floors::memchr2_simdutf8),
    Row::floor(MASK, floors::mask_simdutf8),
];

/// Polls a stream whose source is always ready to its end, or until there is a break.
fn drain<T: Stream>(mut stream: Pin<&mut T>, mut each: impl FnMut(T::Item) -> ControlFlow<()>) -> ControlFlow<()> {
    let mut context = Context::from_waker(Waker::noop());
    loop {
        match stream.as_mut().poll_next(&mut context) {
            Poll::Ready(Some(item)) => each(item)?,
            Poll::Ready(None) => return ControlFlow::Continue(()),
            // It let others have a turn, of whom there are none.
            Poll::Pending => {}
        }
    }
}
