//! The fast path: a block that lies whole in the chunk, with a value at most for each field.
//!
//! Nearly every block is one. Nothing of it is copied or kept, and nothing outside of it matters. What is not so plain
//! is left to the rest of the parser, from the begin of its line on.

use super::chunk::Progress;
use super::field::is_id;
use super::line_ends::{CR, LF, LineEnds};
use super::slices::{Slices, Span, after};

/// Takes a block with data off the chunk and says so, or takes off as much of it as is plain.
#[inline(always)]
#[expect(clippy::inline_always, reason = "what it returns would otherwise go through memory: a fifth of the time")]
pub(super) fn whole_block(bytes: &[u8], progress: &mut Progress, limit: usize) -> (bool, Slices) {
    let Progress { parsed: begin, mut line_ends } = *progress;
    let mut start = begin;
    let mut slices = Slices::new();
    let mut ended = false;
    while let Some(end) = line_ends.next(bytes, start) {
        let (Some(line), Some(behind)) = (bytes.get(start..), bytes.get(end..)) else { break };
        let (Some(head), Some(&behind)) = (line.first_chunk(), behind.first_chunk()) else {
            line_ends.put_back(end);
            break;
        };
        if begins(head, b"data:") {
            let behind = if behind == [LF, LF] {
                line_ends.pass(1);
                2
            } else if behind == [CR, LF] && bytes.get(after(end, 2)..).is_some_and(|line| line.starts_with(b"\r\n")) {
                line_ends.pass(3);
                4
            } else {
                line_ends.put_back(end);
                break;
            };
            slices.data = Span { start: after(start, value(head, b"data:")), end };
            start = after(end, behind);
            ended = true;
            break;
        }
        // What a CR at the end of the chunk means shows with the next one.
        let behind = if behind.first() == Some(&LF) {
            1
        } else if behind == [CR, LF] {
            line_ends.pass(1);
            2
        } else {
            line_ends.put_back(end);
            break;
        };
        if begins(head, b"event:") && slices.event_type.is_none() {
            slices.event_type = Span { start: after(start, value(head, b"event:")), end };
        } else if begins(head, b"id:") && slices.id.is_none() && is_id(Span { start, end }.of(bytes)) {
            slices.id = Span { start: after(start, value(head, b"id:")), end };
        } else {
            line_ends.put_back(end);
            break;
        }
        start = after(end, behind);
    }
    // The values are no longer than their lines.
    if (Span { start: begin, end: start }).len() > limit {
        (start, line_ends, ended, slices) = (begin, LineEnds::from(begin), false, Slices::new());
    }
    *progress = Progress { parsed: start, line_ends };
    slices.stretch = Span { start: begin, end: start };
    (ended, slices)
}

/// The value of a `data` line that ends here, with its line feed; `None` if it is another line.
#[inline]
pub(super) fn data_line(bytes: &[u8], start: usize, end: usize) -> Option<Span> {
    let head = bytes.get(start..)?.first_chunk()?;
    let is_plain = begins(head, b"data:") && bytes.get(end) == Some(&LF);
    is_plain.then(|| Span { start: after(start, value(head, b"data:")), end: after(end, 1) })
}

/// Whether a line begins so. There is no line end in a name, so that all of what is compared is of the same line.
#[inline]
#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "it is what is in the chunk, of which some bytes are looked at alone"
)]
fn begins<const N: usize>(head: &[u8; 8], name: &[u8; N]) -> bool {
    let (mut word, mut mask) = ([0; 8], [0; 8]);
    for ((byte, bits), &is) in word.iter_mut().zip(&mut mask).zip(name) {
        (*byte, *bits) = (is, u8::MAX);
    }
    // All of it at once.
    (u64::from_ne_bytes(*head) ^ u64::from_ne_bytes(word)) & u64::from_ne_bytes(mask) == 0
}

/// Where the value begins in a line that begins so: behind the name and a space.
#[inline]
#[expect(clippy::trivially_copy_pass_by_ref, reason = "as above")]
fn value<const N: usize>(head: &[u8; 8], _: &[u8; N]) -> usize {
    after(N, usize::from(head.get(N) == Some(&b' ')))
}
