//! The fast path: a block that lies whole in the chunk, with a value at most for each field.
//!
//! Nearly every block is one. Nothing of it is copied or kept, and nothing outside of it matters. What is not so plain
//! is left to the rest of the parser, from the begin of its line on.

use super::chunk::Chunk;
use super::field::is_id;
use super::line_ends::{CR, LF, LineEnds};
use super::slices::{Slices, Span, after};

/// Takes a block with data off the chunk and says so, or takes off as much of it as is plain.
#[inline(always)]
#[expect(clippy::inline_always, reason = "what it returns would otherwise go through memory: a fifth of the time")]
pub(super) fn whole_block(chunk: &mut Chunk<'_>, limit: usize) -> (bool, Slices) {
    let bytes = chunk.bytes();
    let mut line_ends = chunk.line_ends;
    let mut start = chunk.parsed();
    let begin = start;
    let mut slices = Slices::new();
    let mut ended = false;
    while let Some(end) = line_ends.next(bytes, start) {
        let at = Span { start, end };
        let Some((line, behind)) = bytes.get(start..).and_then(|rest| rest.split_at_checked(at.len())) else {
            break;
        };
        if line.starts_with(b"data:") {
            if behind.starts_with(&[LF, LF]) {
                line_ends.pass();
                start = after(end, 2);
            } else if behind.starts_with(&[CR, LF, CR, LF]) {
                start = after(end, 4);
            } else {
                line_ends.put_back(end);
                break;
            }
            slices.data = value(line, at, b"data:".len());
            ended = true;
            break;
        } else if slices.event_type.is_none() && line.starts_with(b"event:") && behind != [CR] {
            slices.event_type = value(line, at, b"event:".len());
        } else if line.starts_with(b"id:") && slices.id.is_none() && behind != [CR] && is_id(line) {
            slices.id = value(line, at, b"id:".len());
        } else {
            // What a CR at the end of the chunk means shows with the next one.
            line_ends.put_back(end);
            break;
        }
        start = after(end, if behind.starts_with(&[CR, LF]) { 2 } else { 1 });
    }
    // The values are no longer than their lines.
    if (Span { start: begin, end: start }).len() > limit {
        (start, line_ends, ended, slices) = (begin, LineEnds::from(begin), false, Slices::new());
    }
    chunk.line_ends = line_ends;
    chunk.set_parsed(start);
    slices.stretch = Span { start: begin, end: start };
    (ended, slices)
}

/// The value of a line that is at this place, behind its name and a space.
#[inline(always)]
#[expect(clippy::inline_always, reason = "what it returns would otherwise go through memory: a fifth of the time")]
pub(super) fn value(line: &[u8], at: Span, name: usize) -> Span {
    let space = usize::from(line.get(name) == Some(&b' '));
    Span { start: after(after(at.start, name), space), end: at.end }
}
