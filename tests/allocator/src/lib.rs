//! An allocator that counts what is held: the system's, for all of a test binary.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

static LIVE: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

struct Counting;

/// How many bytes are held.
#[must_use]
pub fn live() -> usize {
    LIVE.load(Relaxed)
}

/// The most that were held since [`begin`].
#[must_use]
pub fn peak() -> usize {
    PEAK.load(Relaxed)
}

/// Forgets the peak so far, and says what is held.
pub fn begin() -> usize {
    let live = live();
    PEAK.store(live, Relaxed);
    live
}

fn more(bytes: usize) {
    PEAK.fetch_max(LIVE.fetch_add(bytes, Relaxed) + bytes, Relaxed);
}

fn fewer(bytes: usize) {
    LIVE.fetch_sub(bytes, Relaxed);
}

#[allow(unsafe_code, reason = "an allocator is unsafe; this one hands everything on to that of the system")]
// SAFETY: every call is handed on as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        more(layout.size());
        // SAFETY: the caller's promises are those that System asks for.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        more(layout.size());
        // SAFETY: as above.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        // Large ones are moved page by page, and never there twice.
        if new_size > layout.size() {
            more(new_size - layout.size());
        } else {
            fewer(layout.size() - new_size);
        }
        // SAFETY: as above.
        unsafe { System.realloc(memory, layout, new_size) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        fewer(layout.size());
        // SAFETY: as above.
        unsafe { System.dealloc(memory, layout) }
    }
}
