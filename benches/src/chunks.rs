//! How bodies are cut, and how the pieces are handed out.

use std::convert::Infallible;
use std::mem;
use std::time::Instant;

use bytes::Bytes;
use futures_util::stream::{self, Stream};

use crate::random::Random;

/// After how many chunks, or events, the clock is looked at.
pub const LOOK: u32 = 64;

/// A way of cutting.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Chunking {
    Whole,
    Of(usize),
    Random,
}

impl Chunking {
    /// In the order of all tables.
    pub const ALL: [Self; 5] = [Self::Whole, Self::KIB_16, Self::Of(1400), Self::B_64, Self::Random];

    /// A read of a full socket, and what most targets are about.
    pub const KIB_16: Self = Self::Of(16 * 1024);

    /// As small as anybody sends, and smaller.
    pub const B_64: Self = Self::Of(64);

    pub fn name(self) -> &'static str {
        match self {
            Self::Whole => "whole",
            Self::Random => "random",
            Self::Of(64) => "64",
            Self::Of(1400) => "1400",
            Self::Of(_) => "16k",
        }
    }

    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|chunking| chunking.name() == name)
    }

    /// Cuts these bytes, without copying them.
    pub fn cut(self, bytes: &Bytes) -> Vec<Bytes> {
        let mut random = Random::new("chunks");
        let mut rest = bytes.clone();
        let mut chunks = Vec::new();
        while !rest.is_empty() {
            let length = match self {
                Self::Whole => rest.len(),
                Self::Of(length) => length,
                Self::Random => random.between(1, 4096),
            };
            chunks.push(rest.split_to(length.min(rest.len())));
        }
        chunks
    }
}

/// The chunks of one pass; it dries up at the deadline, if there is one.
pub struct Feed {
    chunks: Vec<Bytes>,
    deadline: Option<Instant>,
}

impl Feed {
    pub fn new(chunks: Vec<Bytes>, deadline: Option<Instant>) -> Self {
        Self { chunks, deadline }
    }

    /// For parsers that take slices.
    pub fn slices(&self) -> impl Iterator<Item = &[u8]> {
        paced(self.chunks.iter().map(|chunk| &**chunk), self.deadline)
    }

    /// For those that take a stream of chunks, which they drop as they go.
    pub fn stream(&mut self) -> impl Stream<Item = Result<Bytes, Infallible>> + Unpin + Send + 'static {
        stream::iter(paced(mem::take(&mut self.chunks).into_iter(), self.deadline).map(Ok))
    }
}

fn paced<I: Iterator>(chunks: I, deadline: Option<Instant>) -> impl Iterator<Item = I::Item> {
    let mut until_look = LOOK;
    chunks.take_while(move |_| {
        until_look -= 1;
        if until_look == 0 {
            until_look = LOOK;
            return deadline.is_none_or(|deadline| Instant::now() < deadline);
        }
        true
    })
}
