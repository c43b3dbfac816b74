//! The allocator of all that is measured: the system's, which counts while it is told to.
//!
//! While it does not count it costs a load and a branch that is always taken the same way, for every row alike.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicBool, AtomicIsize, AtomicUsize, Ordering::Relaxed};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

static ON: AtomicBool = AtomicBool::new(false);
static ALLOCATIONS: AtomicUsize = AtomicUsize::new(0);
static LIVE: AtomicIsize = AtomicIsize::new(0);

struct Counting;

/// Counts from now on.
pub fn start() {
    ON.store(true, Relaxed);
}

/// Counts no more.
pub fn stop() {
    ON.store(false, Relaxed);
}

/// How often memory was asked for, be it new or more of it, while counting.
pub fn allocations() -> usize {
    ALLOCATIONS.load(Relaxed)
}

/// How many more bytes are held than when counting began.
#[cfg(feature = "e2e")]
pub fn live() -> isize {
    LIVE.load(Relaxed)
}

fn note(allocations: usize, more: usize, fewer: usize) {
    if ON.load(Relaxed) {
        ALLOCATIONS.fetch_add(allocations, Relaxed);
        LIVE.fetch_add(more.cast_signed() - fewer.cast_signed(), Relaxed);
    }
}

#[allow(unsafe_code, reason = "an allocator is unsafe; this one hands everything on to that of the system")]
// SAFETY: every call is handed on as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        note(1, layout.size(), 0);
        // SAFETY: the caller's promises are those that System asks for.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        note(1, layout.size(), 0);
        // SAFETY: as above.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        note(1, new_size, layout.size());
        // SAFETY: as above.
        unsafe { System.realloc(memory, layout, new_size) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        note(0, 0, layout.size());
        // SAFETY: as above.
        unsafe { System.dealloc(memory, layout) }
    }
}
