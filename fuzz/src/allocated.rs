//! What this thread holds of the heap.

#![allow(unsafe_code, reason = "an allocator cannot be had without")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

thread_local! {
    static LIVE: Cell<usize> = const { Cell::new(0) };
    static PEAK: Cell<usize> = const { Cell::new(0) };
}

/// The system's allocator, with a count for each thread.
pub struct Counting;

// What is freed on another thread is counted there, so that a count may be below zero: it wraps, and so do differences.
fn count(grown: usize, shrunk: usize) {
    let live = LIVE.get().wrapping_add(grown).wrapping_sub(shrunk);
    LIVE.set(live);
    if live.wrapping_sub(PEAK.get()).cast_signed() > 0 {
        PEAK.set(live);
    }
}

unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size(), 0);
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        count(0, layout.size());
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(size, layout.size());
        unsafe { System.realloc(pointer, layout, size) }
    }
}

/// A point from which allocations count.
#[derive(Clone, Copy)]
pub(crate) struct Since(usize);

impl Since {
    pub(crate) fn now() -> Self {
        PEAK.set(LIVE.get());
        Self(LIVE.get())
    }

    /// How much more is held now, in bytes.
    pub(crate) fn live(self) -> usize {
        LIVE.get().wrapping_sub(self.0)
    }

    /// How much more was held at the most since this was last asked.
    pub(crate) fn take_peak(self) -> usize {
        PEAK.replace(LIVE.get()).wrapping_sub(self.0)
    }
}
