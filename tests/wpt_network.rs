//! The web platform's tests of `EventSource`: what it sends, which answers count, other origins and credentials.
//!
//! Each has the name of its file there; docs/web-platform-tests.md says which of them there are.

mod platform;
mod scripted;

mod wpt {
    use http::Method;

    use crate::platform::{ELSEWHERE, Page, Server, events, with_query};
    use crate::scripted::kinds;

    /// What a page gets of the same resources on the other origin.
    const THERE: &str = "https://xn--lve-6lad.page.example";

    #[tokio::test(start_paused = true)]
    async fn request_accept() {
        let page = Page::new(Server::new().source("resources/accept.event_stream?pipe=sub")).close_at("message", 1);
        assert_eq!(events(&page.run().await), [("open", 1, None), ("message", 1, Some("text/event-stream"))]);
    }

    #[tokio::test(start_paused = true)]
    async fn request_cache_control() {
        let server = Server::new();
        let there = format!("{ELSEWHERE}cors.py?run=cache-control");
        for url in ["resources/cache-control.event_stream?pipe=sub", &there] {
            for _ in 0..2 {
                let page = Page::new(server.source(url)).close_at("message", 1);
                assert_eq!(events(&page.run().await), [("open", 1, None), ("message", 1, Some("no-cache"))], "{url}");
            }
        }
    }

    /// With 308, which the suite leaves out.
    #[tokio::test(start_paused = true)]
    async fn request_redirect() {
        for status in ["301", "302", "303", "307", "308"] {
            let server = Server::new();
            let location = "/eventsource/resources/message.py";
            let url = with_query("/common/redirect.py", &[("status", status), ("location", location)]);
            let page = Page::new(server.source(&url)).close_at("open", 1);
            assert_eq!(events(&page.run().await), [("open", 1, None)], "{status}");
            let paths: Vec<_> = server.requests().iter().map(|request| request.uri().path().to_owned()).collect();
            assert_eq!(paths, ["/common/redirect.py", location]);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn request_status_error() {
        for status in [204, 205, 210, 299, 404, 410, 503] {
            let server = Server::new();
            let page = Page::new(server.source(&format!("resources/status-error.py?status={status}")));
            let heard = if status == 204 {
                page.run().await
            } else {
                let (heard, error) = page.fail().await;
                assert_eq!(error.status().unwrap(), status);
                heard
            };
            assert_eq!(events(&heard), [("error", 2, None)], "{status}");
            assert_eq!(server.requests().len(), 1);
        }
    }

    #[cfg(feature = "cookies")]
    #[tokio::test(start_paused = true)]
    async fn request_credentials() {
        let server = Server::new();
        let jar = ssekit::CookieJar::new();
        for (ident, with_credentials, second) in [
            ("enabled", Some(true), "second COOKIE"),
            ("disabled", Some(false), "second NO_COOKIE"),
            ("default", None, "second NO_COOKIE"),
        ] {
            let url = format!("{ELSEWHERE}cors-cookie.py?ident={ident}");
            let mut builder = server.source(&url).cookies(&jar);
            if let Some(with_credentials) = with_credentials {
                builder = builder.with_credentials(with_credentials);
            }
            let page = Page::new(builder).close_at("message", 2);
            // One that is kept is there between the messages alone: the second response takes it back.
            let (sender, cookies) = std::sync::mpsc::channel();
            let looked = jar.clone();
            page.source.add_event_listener("message", move |_| sender.send(looked.get(&url).unwrap()).unwrap());
            assert_eq!(
                events(&page.run().await),
                [
                    ("open", 1, None),
                    ("message", 1, Some("first NO_COOKIE")),
                    ("error", 0, None),
                    ("open", 1, None),
                    ("message", 1, Some(second)),
                ],
                "{ident}"
            );
            let kept = (with_credentials == Some(true)).then(|| format!("{ident}=COOKIE"));
            assert_eq!(cookies.try_iter().collect::<Vec<_>>(), [kept, None], "{ident}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn eventsource_cross_origin() {
        let message: &[_] = &[("open", 1, None), ("message", 1, Some("data"))];
        let after_a_loss: &[_] = &[("open", 1, None), ("error", 0, None), message[0], message[1]];
        for (url, expected, requests) in [
            ("cors.py?run=message", message, 1),
            ("cors.py?run=redirect&location=/eventsource/resources/cors.py?run=message", message, 2),
            ("cors.py?run=status-reconnect&status=200", after_a_loss, 2),
        ] {
            let server = Server::new();
            let builder = server.source(&format!("{ELSEWHERE}{url}")).with_credentials(true);
            let heard = Page::new(builder).close_at("message", 1).run().await;
            assert_eq!(events(&heard), expected, "{url}");
            assert_eq!(heard.last().unwrap().message.as_ref().unwrap().origin(), THERE);
            assert_eq!(server.requests().len(), requests);
        }

        for url in ["cors.py?run=message&origin=http://example.org", "cors.py?run=message&origin=", "message.py"] {
            let server = Server::new();
            let (heard, error) = Page::new(server.source(&format!("{ELSEWHERE}{url}"))).fail().await;
            assert_eq!(events(&heard), [("error", 2, None)], "{url}");
            assert_eq!(kinds(&error), ["CORS"]);
            assert_eq!((server.requests().len(), server.live()), (1, 0));
        }
    }

    /// The suite's file belongs to a proposal that wants a preflight for the last two. The standard, and what browsers do,
    /// is none; the rest of the file holds: the ID goes out as it came.
    #[tokio::test(start_paused = true)]
    async fn eventsource_cross_origin_preflight() {
        for fixture in ["safe", "long", "unsafe"] {
            let server = Server::new();
            let url = format!("{ELSEWHERE}cors-unsafe-last-event-id.py?fixture={fixture}");
            let page = Page::new(server.source(&url)).listen("success").listen("failure");
            let heard = page.close_at("success", 1).close_at("failure", 1).run().await;
            assert_eq!(
                events(&heard),
                [
                    ("open", 1, None),
                    ("message", 1, Some(fixture)),
                    ("error", 0, None),
                    ("open", 1, None),
                    ("success", 1, Some("")),
                ]
            );
            assert_eq!(server.methods(), [Method::GET; 2], "{fixture}");
        }
    }
}
