//! What can be sent, shared and moved: a promise that no line of code makes by itself.

use ssekit::{Connection, EncodeError, Event, EventRef, Failure, Frame, Item, LimitExceeded, Parser, Step};
use static_assertions::assert_impl_all;

assert_impl_all!(Parser: Send, Sync, Unpin, Clone);
assert_impl_all!(Event: Send, Sync, Unpin, Clone);
assert_impl_all!(EventRef<'static>: Send, Sync, Unpin, Copy);
assert_impl_all!(Item<'static>: Send, Sync, Unpin, Copy);
assert_impl_all!(Frame<'static>: Send, Sync, Unpin, Copy);
assert_impl_all!(Connection: Send, Sync, Unpin, Clone);
assert_impl_all!(Step: Send, Sync, Unpin, Copy);
assert_impl_all!(LimitExceeded: Send, Sync, core::error::Error);
assert_impl_all!(EncodeError: Send, Sync, core::error::Error);
assert_impl_all!(Failure: Send, Sync, core::error::Error);

#[cfg(feature = "std")]
assert_impl_all!(ssekit::EventReader<&'static [u8]>: Send, Sync, Unpin);

#[cfg(feature = "client")]
mod client {
    use ssekit::{Builder, Client, Error, EventSource, Opened, Signal};
    use static_assertions::assert_impl_all;

    assert_impl_all!(EventSource: Send, Unpin);
    assert_impl_all!(Client: Send, Sync, Unpin, Clone);
    assert_impl_all!(Builder: Send, Unpin);
    assert_impl_all!(Signal: Send, Sync, Unpin);
    assert_impl_all!(Opened: Send, Sync, Unpin, Clone);
    assert_impl_all!(Error: Send, Sync, Unpin, core::error::Error);

    fn is_send<T: Send>(_: T) {}

    /// Never called: it compiles if the futures can go to another thread.
    #[allow(dead_code)]
    fn futures_are_send(source: &mut EventSource) {
        is_send(source.opened());
        is_send(source.message());
        is_send(source.signal());
    }
}

#[test]
fn they_compile() {}
