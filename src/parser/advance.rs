//! Which way a block goes: the fast path, the wait for another chunk, or line by line.

use super::Parser;
use super::carry::{GoesOn, Waits};
use super::chunk::{Chunk, Progress};
use super::slices::{Slices, Span};
use super::whole::whole_block;

/// How far parsing got where there is more to it.
#[derive(Clone, Copy)]
pub(super) enum Stage {
    /// A block has ended that lies whole in the chunk; its event is in the slices, but it is not known to be text, or its ID is
    /// long.
    Ended,
    /// The fast path took as much of a block as the slices say.
    Begun,
    /// What was carried over goes on like this.
    Carried(GoesOn),
}

/// What parsing stopped at.
pub(super) enum Found {
    /// With its data in the slices of the chunk, or else in the block; so its type and its id, if there are any.
    Event,
    /// The same with slices of what was carried over.
    Carried,
    /// In the chunk, or else in the block.
    Comment(Option<Span>),
    Retry,
    /// A block or a comment outgrew the limit.
    Limit,
    /// The chunk's end.
    End,
}

impl Parser {
    /// Parses until there is something to hand out, from where parsing got.
    #[inline]
    pub(super) fn advance_from(&mut self, chunk: &mut Chunk<'_>, stage: Stage, slices: &mut Slices) -> Found {
        match stage {
            Stage::Ended => Found::Event,
            Stage::Begun => self.advance_behind(chunk, slices),
            Stage::Carried(goes_on) => self.advance_carried(chunk, goes_on, slices),
        }
    }

    /// Parses what was carried over, or behind it.
    fn advance_carried(&mut self, chunk: &mut Chunk<'_>, goes_on: GoesOn, slices: &mut Slices) -> Found {
        match goes_on {
            GoesOn::On => return Found::End,
            GoesOn::Block => {
                self.carry.end();
                self.blocks.plain = true;
                *slices = self.carry.slices();
                return Found::Carried;
            }
            GoesOn::Lines => {
                let found = self.carried_by_lines(slices);
                return if let Found::Event = found { Found::Carried } else { found };
            }
            GoesOn::Comment => self.carry.end(),
            GoesOn::Otherwise => self.pour(),
        }
        self.advance(chunk, slices, false)
    }

    /// Parses until there is something to hand out, and looks for a whole block first; what then remains of one in this chunk
    /// is copied.
    pub(super) fn advance(&mut self, chunk: &mut Chunk<'_>, slices: &mut Slices, items: bool) -> Found {
        if !self.blocks.plain {
            if let Some(found) = self.finish_line(chunk, items) {
                return found;
            }
        }
        if self.blocks.plain {
            if !items {
                return self.advance_anew(chunk, slices);
            }
            if self.plain_block(chunk, slices) {
                return Found::Event;
            }
        }
        self.by_lines(chunk, slices, items)
    }

    /// Parses on behind what the fast path took off a block that is not whole, or not plain.
    fn advance_behind(&mut self, chunk: &mut Chunk<'_>, slices: &mut Slices) -> Found {
        if slices.is_empty() && chunk.begins_with_comment() {
            return self.advance_anew(chunk, slices);
        }
        if self.carry_over(chunk, slices) { Found::End } else { self.by_lines(chunk, slices, false) }
    }

    /// Parses on where a block begins, or a comment.
    fn advance_anew(&mut self, chunk: &mut Chunk<'_>, slices: &mut Slices) -> Found {
        chunk.pass_comments();
        if chunk.begins_with_comment() {
            let here = chunk.progress.parsed;
            slices.stretch = Span { start: here, end: here };
        } else if self.plain_block(chunk, slices) {
            return Found::Event;
        }
        if self.carry_over(chunk, slices) { Found::End } else { self.by_lines(chunk, slices, false) }
    }

    /// The fast path, where a call more does not matter.
    #[inline(never)]
    fn plain_block(&self, chunk: &mut Chunk<'_>, slices: &mut Slices) -> bool {
        let ended;
        (ended, *slices) = whole_block(chunk.bytes, &mut chunk.progress, self.blocks.room());
        ended
    }

    /// Keeps what the chunk has of a block as it is, for the next one to go on with, if that is all right.
    fn carry_over(&mut self, chunk: &mut Chunk<'_>, slices: &Slices) -> bool {
        let begin = slices.stretch.start;
        let block = chunk.slice(Span { start: begin, end: chunk.bytes.len() });
        if matches!(block.first(), None | Some(b':')) {
            self.blocks.block.give_back();
        }
        if block.is_empty() {
            return true;
        }
        let Progress { parsed, line_ends } = &mut chunk.progress;
        let lines = Span { start: begin, end: *parsed }.len();
        let end = line_ends.next(chunk.bytes, *parsed);
        let carried = if let Some(end) = end {
            line_ends.put_back(end);
            let block_end = Span { start: end, end: chunk.bytes.len() }.of(chunk.bytes);
            self.carry.begin_with_line(block, lines, block_end, slices, self.blocks.room())
        } else if block.first() == Some(&b':') {
            self.carry.begin_comment();
            true
        } else {
            self.carry.begin(block, lines, slices, self.blocks.room())
        };
        if carried {
            self.blocks.plain = false;
            chunk.progress.parsed = chunk.bytes.len();
        }
        carried
    }

    /// Goes on with what waits, as far as that is plain.
    #[inline(never)]
    pub(super) fn carry_on(&mut self, bytes: &[u8], progress: &mut Progress) -> GoesOn {
        match self.carry.go_on(bytes, progress) {
            GoesOn::Otherwise if self.carry.waits() == Waits::Line && self.line_goes_on(bytes, progress) => GoesOn::On,
            goes_on => goes_on,
        }
    }

    /// Takes in what comes next of a long `data` line, if there is nothing else in the chunk.
    fn line_goes_on(&mut self, bytes: &[u8], progress: &mut Progress) -> bool {
        if !progress.line_ends.are_over(bytes) {
            return false;
        }
        let block = &mut self.blocks.block;
        // What waits fits.
        let waits = self.carry.bytes();
        let rest = Span { start: progress.parsed, end: bytes.len() };
        let goes_on = (waits.is_empty() || block.more_data(waits)) && block.more_data(rest.of(bytes));
        self.carry.begin_within_line(block.room_left());
        if goes_on {
            progress.parsed = bytes.len();
        }
        goes_on
    }

    /// Parses what waits, whatever there is of it.
    pub(super) fn pour(&mut self) {
        match self.carry.waits() {
            Waits::Nothing => {}
            Waits::Block | Waits::Lines => {
                self.carried_by_lines(&mut Slices::new());
            }
            Waits::Line => {
                self.blocks.block.more_data(self.carry.bytes());
                self.carry.end();
            }
            Waits::Comment => {
                self.carry.end();
                // What comes of it is ignored, as of any line that is.
                self.lines.mid_line = true;
            }
        }
    }

    fn carried_by_lines(&mut self, slices: &mut Slices) -> Found {
        let bytes = self.carry.take();
        let found = self.by_lines(&mut Chunk::once(&bytes), slices, false);
        self.carry.give_back(bytes);
        found
    }
}
