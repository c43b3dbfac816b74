//! Lines that a chunk's edge cuts: what they are is told by their first bytes, and what they hold is taken in as it comes.

use core::mem;

use super::{Block, Spent};
use crate::parser::buffer::empty;
use crate::parser::field::{self, DECIDED, Field, is_id};
use crate::parser::lines::Piece;
use crate::parser::slices::Slices;

/// A line that a chunk's edge cut, so far.
#[derive(Clone, Copy, Debug, Default)]
pub(super) enum Cut {
    #[default]
    Ignored,
    /// Too short yet to tell its field.
    Begin {
        bytes: [u8; DECIDED],
        length: u8,
        /// Whether comments were wanted for all of it.
        comments: bool,
    },
    Value(Field),
}

/// A line that came in pieces and is more than a part of its block.
pub(in crate::parser) enum Finished {
    /// Waits to be lent out, as [`Block::comment`].
    Comment,
    Retry(Option<u64>),
}

impl Block {
    /// Takes in a piece of a line that a chunk's edge cuts. Comments are kept only if they are wanted.
    pub(in crate::parser) fn piece(&mut self, piece: &Piece<'_>, comments: bool) -> Option<Finished> {
        let slices = &mut Slices::new();
        match self.cut {
            _ if piece.starts && piece.bytes.len() >= DECIDED => self.begin_line(slices, piece.bytes, comments),
            _ if piece.starts => {
                self.begin_cut(slices, piece, [0; DECIDED], 0, comments);
            }
            Cut::Begin { bytes, length, comments: wanted } => {
                let rest = self.begin_cut(slices, piece, bytes, length.into(), comments && wanted);
                if let Cut::Value(field) = self.cut {
                    self.push_value(slices, field, rest);
                }
            }
            Cut::Value(Field::Comment) if !comments => self.ignore_value(),
            Cut::Value(field) => self.push_value(slices, field, piece.bytes),
            Cut::Ignored => {}
        }
        if piece.ends { self.finish_value(slices) } else { None }
    }

    /// Whether what comes next is more of a `data` line, and all is well.
    pub(in crate::parser) fn is_in_data(&self) -> bool {
        matches!(self.cut, Cut::Value(Field::Data)) && !self.overflowed && self.spent == Spent::Nothing
    }

    /// Takes in a line's begin, of which there is enough to tell its field.
    fn begin_line(&mut self, slices: &mut Slices, begin: &[u8], comments: bool) {
        self.cut = Cut::Ignored;
        if let Some((field, value)) = field::split(begin) {
            if field != Field::Comment || comments {
                self.begin_value(slices, field);
                self.push_value(slices, field, value);
            }
        }
    }

    /// Takes in a line's begin as it comes, up to where it tells its field, and leaves the rest.
    fn begin_cut<'i>(
        &mut self,
        slices: &mut Slices,
        piece: &Piece<'i>,
        mut begin: [u8; DECIDED],
        mut length: usize,
        comments: bool,
    ) -> &'i [u8] {
        let room = begin.get_mut(length..).unwrap_or_default();
        let (taken, rest) = piece.bytes.split_at(piece.bytes.len().min(room.len()));
        room.iter_mut().zip(taken).for_each(|(place, &byte)| *place = byte);
        length = length.saturating_add(taken.len());
        if length < DECIDED && !piece.ends {
            // It is less than DECIDED.
            self.cut = Cut::Begin { bytes: begin, length: u8::try_from(length).unwrap_or_default(), comments };
        } else {
            self.begin_line(slices, begin.get(..length).unwrap_or_default(), comments);
        }
        rest
    }

    fn begin_value(&mut self, slices: &mut Slices, field: Field) {
        self.cut = Cut::Value(field);
        match field {
            Field::Event => self.forget_event_type(slices),
            Field::Retry => self.retry = field::Retry::default(),
            Field::Data | Field::Id | Field::Comment => {}
        }
    }

    fn push_value(&mut self, slices: &mut Slices, field: Field, bytes: &[u8]) {
        if field == Field::Retry {
            self.retry.push(bytes);
        } else if self.admit(slices, field, bytes.len()) {
            match field {
                Field::Data => {
                    self.make_room(bytes.len());
                    self.data.push_piece(bytes);
                }
                Field::Event => self.append(|block| &mut block.event_type, bytes),
                Field::Id | Field::Comment | Field::Retry => self.append(|block| &mut block.value, bytes),
            }
        } else {
            self.ignore_value();
        }
    }

    fn ignore_value(&mut self) {
        self.forget_value();
        self.cut = Cut::Ignored;
    }

    fn forget_value(&mut self) {
        self.discount(self.value.len());
        empty(&mut self.value);
    }

    fn finish_value(&mut self, slices: &mut Slices) -> Option<Finished> {
        let Cut::Value(field) = mem::take(&mut self.cut) else { return None };
        match field {
            Field::Data => {
                if self.admit(slices, field, 1) {
                    self.make_room(1);
                    self.data.end_line();
                }
            }
            Field::Id => {
                if is_id(&self.value) {
                    self.forget_id(slices);
                    mem::swap(&mut self.id, &mut self.value);
                    self.has_id = true;
                } else {
                    self.forget_value();
                }
            }
            Field::Event => {}
            Field::Comment => {
                self.discount(self.value.len());
                self.spent = Spent::Comment;
                return Some(Finished::Comment);
            }
            Field::Retry => return Some(Finished::Retry(self.retry.finish())),
        }
        None
    }
}
