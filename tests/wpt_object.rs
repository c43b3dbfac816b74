//! The web platform's tests of `EventSource`: the object, its constructor, its events and its state.
//!
//! Each has the name of its file there; docs/web-platform-tests.md says which of them there are.

mod platform;
mod scripted;

mod wpt {
    use std::sync::mpsc;
    use std::time::Duration;

    use ssekit::{EventSource, ReadyState};
    use tokio::time::sleep;

    use crate::platform::{PAGE, Page, Server, events, with_query};
    use crate::scripted::{Script, kinds};

    #[test]
    fn eventsource_prototype() {
        let constants = [EventSource::CONNECTING, EventSource::OPEN, EventSource::CLOSED];
        assert_eq!(constants.map(|state| state as u8), [0, 1, 2]);
        assert_eq!(constants.map(u8::from), [0, 1, 2]);
        assert_eq!(constants, [ReadyState::Connecting, ReadyState::Open, ReadyState::Closed]);
    }

    #[test]
    fn eventsource_constructor_empty_url() {
        let server = Server::new();
        let source = server.source("").build().unwrap();
        assert_eq!(source.url().as_str(), PAGE);
        let error = Script::new([]).client().source("").build().unwrap_err();
        assert_eq!(kinds(&error), ["builder"], "without a page there is nothing that it is relative to");
    }

    #[test]
    fn eventsource_constructor_url_bogus() {
        let server = Server::new();
        let error = server.source("http://this is invalid/").build().unwrap_err();
        assert_eq!(kinds(&error), ["builder"]);
        assert!(server.requests().is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn eventsource_url() {
        let server = Server::new();
        let url = "https://page.example/eventsource/resources/message.py";
        let page = Page::new(server.source("resources/message.py")).close_at("message", 1);
        assert_eq!(page.source.url().as_str(), url);
        let handle = page.source.handle();
        page.run().await;
        assert_eq!(handle.url().as_str(), url);
        assert_eq!(server.requests()[0].uri(), url);
    }

    #[tokio::test(start_paused = true)]
    async fn eventsource_constructor_document_domain() {
        let page = Page::new(Server::new().source("resources/message.py")).close_at("open", 1);
        assert_eq!(events(&page.run().await), [("open", 1, None)]);
    }

    #[tokio::test(start_paused = true)]
    async fn eventsource_constructor_non_same_origin() {
        for url in ["ftp://example.not/", "about:blank", "mailto:whatwg@awesome.example", "javascript:alert('FAIL')"] {
            let server = Server::new();
            let page = Page::new(server.source(url));
            assert_eq!(page.source.ready_state(), EventSource::CONNECTING);
            let (heard, error) = page.fail().await;
            assert_eq!(events(&heard), [("error", 2, None)], "{url}");
            assert_eq!(kinds(&error), ["unfetchable"]);
            assert!(server.requests().is_empty());
        }
    }

    #[tokio::test(start_paused = true)]
    async fn eventsource_onopen() {
        let page = Page::new(Server::new().source("resources/message.py")).close_at("open", 1);
        assert_eq!(events(&page.run().await), [("open", 1, None)]);
    }

    #[tokio::test(start_paused = true)]
    async fn eventsource_onmessage() {
        let page = Page::new(Server::new().source("resources/message.py")).close_at("message", 1);
        assert_eq!(events(&page.run().await), [("open", 1, None), ("message", 1, Some("data"))]);
    }

    /// There is no other way to get a listener called than by a source, and so no `isTrusted`. What is left of it: the
    /// source that an event names as its own is the one that was listened to.
    #[tokio::test(start_paused = true)]
    async fn eventsource_onmessage_trusted() {
        let server = Server::new();
        for url in ["resources/message.py?a", "resources/message.py?b"] {
            let page = Page::new(server.source(url)).close_at("message", 1);
            let (sender, urls) = mpsc::channel();
            page.source.add_event_listener("message", move |event| sender.send(event.source().url().clone()).unwrap());
            let expected = page.source.url().clone();
            page.run().await;
            assert_eq!(urls.try_iter().collect::<Vec<_>>(), [expected]);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn eventsource_eventtarget() {
        let page = Page::new(Server::new().source("resources/message.py")).close_at("message", 1);
        let (sender, data) = mpsc::channel();
        page.source.add_event_listener("message", move |event| sender.send(event.data().to_owned()).unwrap());
        page.run().await;
        assert_eq!(data.try_iter().collect::<Vec<_>>(), ["data"]);
    }

    #[tokio::test(start_paused = true)]
    #[expect(non_snake_case, reason = "the name of the file")]
    async fn eventsource_readyState() {
        let server = Server::new();
        let page = Page::new(server.source("resources/message.py")).close_at("open", 1);
        assert_eq!(page.source.ready_state(), EventSource::CONNECTING);
        assert_eq!(events(&page.run().await), [("open", 1, None)]);

        let mut source = server.source("resources/message.py").build().unwrap();
        source.close();
        assert_eq!(source.ready_state(), EventSource::CLOSED);
        source.run().await.unwrap();
        assert_eq!(server.requests().len(), 1, "none for the one that was closed");
    }

    #[tokio::test(start_paused = true)]
    async fn user_agent_announce_connection() {
        let page = Page::new(Server::new().source("resources/message.py")).close_at("open", 1);
        assert_ne!(page.source.ready_state(), EventSource::CLOSED);
        assert_eq!(events(&page.run().await), [("open", 1, None)]);
    }

    #[tokio::test(start_paused = true)]
    async fn eventsource_close() {
        let page = Page::new(Server::new().source("resources/message.py"));
        assert_eq!(page.source.ready_state(), EventSource::CONNECTING);
        let (sender, closed) = mpsc::channel();
        page.source.add_event_listener("open", move |event| {
            event.source().close();
            sender.send(event.ready_state()).unwrap();
        });
        assert_eq!(events(&page.run().await), [("open", 1, None)], "and neither message nor error");
        assert_eq!(closed.try_iter().collect::<Vec<_>>(), [EventSource::CLOSED]);

        let server = Server::new();
        assert_eq!(
            events(&Page::new(server.source("resources/reconnect-fail.py?id=1")).run().await),
            [
                ("open", 1, None),
                ("message", 1, Some("opened")),
                ("error", 0, None),
                ("open", 1, None),
                ("message", 1, Some("reconnected")),
                ("error", 0, None),
                ("error", 2, None),
            ]
        );
        assert_eq!((server.requests().len(), server.live()), (3, 0));
    }

    #[tokio::test(start_paused = true)]
    async fn eventsource_reconnect() {
        let page = Page::new(Server::new().source("resources/status-reconnect.py?status=200")).close_at("message", 1);
        assert_eq!(
            events(&page.run().await),
            [("open", 1, None), ("error", 0, None), ("open", 1, None), ("message", 1, Some("data"))]
        );

        let url = "resources/status-reconnect.py?status=200&ok_first&id=2";
        let page = Page::new(Server::new().source(url)).close_at("message", 2);
        assert_eq!(
            events(&page.run().await),
            [
                ("open", 1, None),
                ("message", 1, Some("ok")),
                ("error", 0, None),
                ("open", 1, None),
                ("message", 1, Some("data")),
            ]
        );
    }

    /// `window.stop()` is the future that cancels.
    #[tokio::test(start_paused = true)]
    async fn eventsource_request_cancellation() {
        let server = Server::new();
        let url = with_query("resources/message.py", &[("sleep", "1000"), ("message", "retry:1000\ndata:abc\n\n")]);
        let mut page = Page::new(server.source(&url).cancel_on(sleep(Duration::from_millis(100))));
        let error = page.source.signal().await.unwrap_err();
        assert_eq!(kinds(&error), ["cancelled"]);
        assert_eq!(events(&page.heard()), [("error", 2, None)]);
        assert_eq!((server.requests().len(), server.live()), (1, 0), "the request is given up");

        sleep(Duration::from_secs(100)).await;
        assert!(page.source.signal().await.unwrap().is_none());
        assert_eq!(page.source.ready_state(), EventSource::CLOSED);
        assert_eq!(page.heard().len(), 1);
        assert_eq!(server.requests().len(), 1);
    }
}
