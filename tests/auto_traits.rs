//! What can be sent, shared and moved: a promise that no line of code makes by itself.

use ssekit::{
    Connection, EncodeError, Event, EventRef, Failure, Frame, Item, LastEventIdNotSent, LimitExceeded, Parser,
    ReadyState, Step,
};
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

assert_impl_all!(LastEventIdNotSent: Send, Sync, core::error::Error);
assert_impl_all!(ReadyState: Send, Sync, Unpin, Copy);

#[cfg(feature = "std")]
assert_impl_all!(ssekit::ReadError<std::io::Error>: Send, Sync, core::error::Error);
#[cfg(feature = "std")]
assert_impl_all!(ssekit::EventReader<&'static [u8]>: Send, Sync, Unpin);

#[cfg(feature = "client")]
mod client {
    use ssekit::transport::{BoxError, Futile, Response, ResponseFuture, Transport, Unconnected};
    use ssekit::{
        Builder, Client, CorsFailure, Error, EventSource, ListenerEvent, ListenerId, Opened, ReconnectionUrl,
        RedirectFailure, Signal, SourceHandle,
    };
    use static_assertions::assert_impl_all;

    assert_impl_all!(Client: Transport);
    assert_impl_all!(std::sync::Arc<dyn Transport>: Transport);
    assert_impl_all!(dyn Transport: Send, Sync);
    assert_impl_all!(ResponseFuture: Send, Unpin);
    assert_impl_all!(Response: Send, Unpin);
    assert_impl_all!(BoxError: Send, Sync);
    assert_impl_all!(Futile: Send, Sync, core::error::Error);
    assert_impl_all!(Unconnected: Send, Sync, core::error::Error);
    assert_impl_all!(EventSource: Send, Unpin);
    assert_impl_all!(Client: Send, Sync, Unpin, Clone);
    assert_impl_all!(Builder: Send, Unpin);
    assert_impl_all!(Signal: Send, Sync, Unpin);
    assert_impl_all!(Opened: Send, Sync, Unpin, Clone);
    assert_impl_all!(Error: Send, Sync, Unpin, core::error::Error);
    assert_impl_all!(SourceHandle: Send, Sync, Unpin, Clone);
    assert_impl_all!(ListenerId: Send, Sync, Unpin, Copy);
    assert_impl_all!(ListenerEvent<'static>: core::fmt::Debug);
    assert_impl_all!(ReconnectionUrl: Send, Sync, Unpin, Copy);
    assert_impl_all!(CorsFailure: Send, Sync, Unpin, Clone, core::error::Error);
    assert_impl_all!(RedirectFailure: Send, Sync, Unpin, Clone, core::error::Error);
    #[cfg(feature = "cookies")]
    assert_impl_all!(ssekit::CookieJar: Send, Sync, Unpin, Clone, Default);
    #[cfg(feature = "test-util")]
    assert_impl_all!(ssekit::test_util::Script: Transport, Send, Sync, Unpin, Clone);
    #[cfg(feature = "test-util")]
    assert_impl_all!(ssekit::test_util::Request: Send, Sync, Unpin, Clone);
    #[cfg(feature = "test-util")]
    assert_impl_all!(ssekit::test_util::Answer: Send, Sync, Unpin);
    #[cfg(feature = "test-util")]
    assert_impl_all!(ssekit::test_util::Part: Send, Sync, Unpin);

    fn is_send<T: Send>(_: T) {}

    /// Never called: it compiles if the futures can go to another thread.
    #[allow(dead_code)]
    fn futures_are_send(source: &mut EventSource, other: EventSource) {
        is_send(other.run());
        is_send(source.opened());
        is_send(source.message());
        is_send(source.signal());
    }
}

#[cfg(feature = "json")]
assert_impl_all!(ssekit::JsonError: Send, Sync, Unpin, core::error::Error);

#[cfg(all(feature = "json", feature = "stream"))]
mod json_stream {
    use std::rc::Rc;

    use futures_util::stream::{FusedStream, Iter};
    use ssekit::{EventStream, JsonEvent, JsonEvents};
    use static_assertions::{assert_impl_all, assert_not_impl_any};

    type Body = Iter<std::vec::IntoIter<Result<Vec<u8>, std::io::Error>>>;
    assert_impl_all!(JsonEvent<u8>: Send, Sync, Unpin, core::fmt::Debug);
    assert_impl_all!(JsonEvents<EventStream<Body>, u8>: Send, Sync, Unpin, FusedStream, core::fmt::Debug);
    // It holds no value, so it does not matter where one may go; where its source may go, does.
    assert_impl_all!(JsonEvents<EventStream<Body>, Rc<u8>>: Send, Sync, Unpin);
    assert_not_impl_any!(JsonEvents<Rc<u8>, u8>: Send, Sync);
    assert_not_impl_any!(JsonEvents<core::marker::PhantomPinned, u8>: Unpin);
}

#[cfg(all(feature = "json", feature = "client"))]
assert_impl_all!(
    ssekit::JsonEvents<ssekit::EventSource, u8>: Send, Unpin, futures_util::stream::FusedStream, core::fmt::Debug
);

#[cfg(feature = "stream")]
assert_impl_all!(
    ssekit::EventStream<futures_util::stream::Iter<std::vec::IntoIter<Result<Vec<u8>, std::io::Error>>>>: Send, Sync, Unpin
);

#[test]
fn they_compile() {}
