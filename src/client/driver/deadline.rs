//! A time by which something has to come.

use alloc::boxed::Box;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll, ready};
use core::time::Duration;

use pin_project_lite::pin_project;
use tokio::time::{Sleep, sleep};

pin_project! {
    pub(super) struct Deadline {
        #[pin]
        sleep: Sleep,
        has_passed: bool,
    }
}

impl Deadline {
    pub(super) fn after(time: Duration) -> Pin<Box<Self>> {
        Box::pin(Self { sleep: sleep(time), has_passed: false })
    }

    /// Waits until it has passed, and one turn more.
    ///
    /// Where something kept the runtime from everything for a while, what is waited for may have come long ago, and wait
    /// itself for a task that reads it off the socket.
    pub(super) fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = self.project();
        if *this.has_passed {
            return Poll::Ready(());
        }
        ready!(this.sleep.poll(cx));
        *this.has_passed = true;
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}
