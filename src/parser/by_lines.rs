//! The way for what is not plain: line by line, whatever they are like and wherever chunks cut them.

use core::mem;
use core::time::Duration;

use super::Parser;
use super::advance::Found;
use super::block::Finished;
use super::chunk::{Chunk, Progress};
use super::field::{self, Field};
use super::lines::Piece;
use super::slices::{Slices, Span, after};
use super::whole::data_line;

impl Parser {
    /// Parses until there is something to hand out, from the begin of a line on. What then remains of a block in the chunk is
    /// copied.
    pub(super) fn by_lines(&mut self, chunk: &mut Chunk<'_>, slices: &mut Slices, items: bool) -> Found {
        self.blocks.plain = false;
        self.blocks.block.hold(slices);
        let found = self.whole_lines(chunk, slices, items);
        if let Found::Event = found {
            return found;
        }
        self.blocks.block.keep(chunk, slices);
        if let Found::End = found { self.begin_line(chunk, items) } else { found }
    }

    /// Does what the last chunk or call left to be done.
    pub(super) fn finish_line(&mut self, chunk: &mut Chunk<'_>, items: bool) -> Option<Found> {
        self.blocks.block.clear_spent();
        let found = if self.lines.at_line() { None } else { self.go_on(chunk, items) };
        self.blocks.plain = self.lines.at_line() && self.blocks.block.is_empty();
        found
    }

    /// Takes in what a chunk has of a line that another one began.
    fn go_on(&mut self, chunk: &mut Chunk<'_>, items: bool) -> Option<Found> {
        if let Some(piece) = self.lines.begin(chunk) {
            self.blocks.block.piece(&piece, items);
        }
        if !self.lines.mid_line {
            return None;
        }
        let Progress { parsed, .. } = chunk.progress;
        chunk.progress.line_ends.skip(chunk.bytes);
        let Some(end) = chunk.progress.line_ends.next(chunk.bytes, parsed) else {
            return Some(self.begin_line(chunk, items));
        };
        let bytes = chunk.slice(Span { start: parsed, end });
        chunk.progress.parsed = self.lines.behind(chunk.bytes, end);
        self.lines.mid_line = false;
        match self.blocks.block.piece(&Piece { bytes, starts: false, ends: true }, items) {
            Some(Finished::Comment) => Some(Found::Comment(None)),
            Some(Finished::Retry(milliseconds)) => self.set_reconnection_time(milliseconds, items),
            None => self.blocks.block.take_outgrown().then_some(Found::Limit),
        }
    }

    /// Takes in the lines that lie whole in the chunk.
    #[inline]
    fn whole_lines(&mut self, chunk: &mut Chunk<'_>, slices: &mut Slices, items: bool) -> Found {
        let bytes = chunk.bytes;
        let Progress { parsed: mut start, mut line_ends } = chunk.progress;
        let found = loop {
            if bytes.get(start) == Some(&b'd') && self.blocks.block.has_gathered() {
                chunk.progress = Progress { parsed: start, line_ends };
                self.data_lines(chunk);
                Progress { parsed: start, line_ends } = chunk.progress;
            }
            let Some(end) = line_ends.next(bytes, start) else { break Found::End };
            let line = Span { start, end };
            start = self.lines.behind(bytes, end);
            if let Some(found) = self.line(chunk, slices, line, items) {
                break found;
            }
        };
        chunk.progress = Progress { parsed: start, line_ends };
        found
    }

    /// Takes in `data` lines of a block that had one before, as many as come one after the other and are plain.
    #[inline(never)]
    fn data_lines(&mut self, chunk: &mut Chunk<'_>) {
        let mut data = self.blocks.block.short_lines();
        let bytes = chunk.bytes;
        let Progress { parsed: mut start, mut line_ends } = chunk.progress;
        while let Some(end) = line_ends.next(bytes, start) {
            if !data_line(bytes, start, end).is_some_and(|line| data.push(line.of(bytes))) {
                line_ends.put_back(end);
                break;
            }
            start = after(end, 1);
        }
        data.finish();
        chunk.progress = Progress { parsed: start, line_ends };
    }

    /// Takes in what is left of a chunk, which is of a line that goes on in the next one.
    fn begin_line(&mut self, chunk: &mut Chunk<'_>, items: bool) -> Found {
        let bytes = chunk.rest();
        if self.blocks.block.is_empty() && matches!(bytes.first(), None | Some(b':')) {
            self.blocks.block.give_back();
        }
        if !bytes.is_empty() {
            chunk.progress.parsed = chunk.bytes.len();
            let starts = !mem::replace(&mut self.lines.mid_line, true);
            self.blocks.block.piece(&Piece { bytes, starts, ends: false }, items);
            if self.blocks.block.is_in_data() {
                self.carry.begin_within_line(self.blocks.block.room_left());
            }
        }
        if self.blocks.block.take_outgrown() { Found::Limit } else { Found::End }
    }

    #[inline]
    fn line(&mut self, chunk: &mut Chunk<'_>, slices: &mut Slices, line: Span, items: bool) -> Option<Found> {
        if line.start == line.end {
            if self.blocks.block.end(slices) {
                return Some(Found::Event);
            }
            self.blocks.end_without_event(chunk, slices);
            return self.blocks.block.take_outgrown().then_some(Found::Limit);
        }
        let (field, value) = field::split(chunk.slice(line))?;
        let value = Span { start: line.end.saturating_sub(value.len()), ..line };
        let fits = match field {
            Field::Data => self.blocks.block.data_line(chunk, slices, value),
            Field::Event => self.blocks.block.event_line(slices, value),
            Field::Id => self.blocks.block.id_line(chunk, slices, value),
            Field::Comment if items => {
                if self.blocks.block.admits_comment(value.len()) {
                    return Some(Found::Comment(Some(value)));
                }
                false
            }
            Field::Comment => true,
            Field::Retry => {
                let mut retry = field::Retry::default();
                retry.push(chunk.slice(value));
                return self.set_reconnection_time(retry.finish(), items);
            }
        };
        if fits || !self.blocks.block.take_outgrown() { None } else { Some(Found::Limit) }
    }

    #[cold]
    fn set_reconnection_time(&mut self, milliseconds: Option<u64>, items: bool) -> Option<Found> {
        self.reconnection_time = Some(Duration::from_millis(milliseconds?));
        items.then_some(Found::Retry)
    }
}
