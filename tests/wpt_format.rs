//! The web platform's tests of `EventSource`: the format of the stream.
//!
//! Each has the name of its file there; docs/web-platform-tests.md says which of them there are.

mod platform;
mod scripted;

mod wpt {
    use std::time::Duration;

    use crate::platform::{Heard, Page, Server, data_and_ids, events, with_query};
    use crate::scripted::{Part, Script, kinds, ok, text};

    /// What a page hears of one connection, from its `open` to the `error` that tells of its end.
    async fn one_connection(url: &str) -> Vec<Heard> {
        let heard = Page::new(Server::new().source(url)).close_at("error", 1).run().await;
        let events = events(&heard);
        assert_eq!(events[0], ("open", 1, None));
        assert_eq!(events[events.len() - 1], ("error", 0, None));
        heard[1..heard.len() - 1].to_vec()
    }

    /// Checks the messages that a stream comes to, each by its data.
    async fn assert_messages(stream: &[(&str, &str)], expected: &[&str]) {
        let heard = one_connection(&with_query("resources/message.py", stream)).await;
        let expected: Vec<_> = expected.iter().map(|data| ("message", 1, Some(*data))).collect();
        assert_eq!(events(&heard), expected, "{stream:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn event_data() {
        let page = Page::new(Server::new().source("resources/message2.py")).close_at("message", 3);
        assert_eq!(
            events(&page.run().await),
            [
                ("open", 1, None),
                ("message", 1, Some("msg\nmsg")),
                ("message", 1, Some("")),
                ("message", 1, Some("end")),
            ]
        );
    }

    #[tokio::test(start_paused = true)]
    async fn format_bom() {
        let stream = "\u{feff}data:1\n\n\u{feff}data:2\n\ndata:3";
        assert_messages(&[("message", stream)], &["1", "3"]).await;
    }

    #[tokio::test(start_paused = true)]
    async fn format_bom_2() {
        let stream = "\u{feff}\u{feff}data:1\n\ndata:2\n\ndata:3";
        assert_messages(&[("message", stream)], &["2", "3"]).await;
    }

    #[tokio::test(start_paused = true)]
    async fn format_comments() {
        let long = "x".repeat(2 * 1024);
        let stream = format!("data:1\r:\0\n:\r\ndata:2\n:{long}\rdata:3\n:data:fail\r:{long}\ndata:4\n");
        assert_messages(&[("message", &stream), ("newline", "none")], &["1\n2\n3\n4"]).await;
    }

    #[tokio::test(start_paused = true)]
    async fn format_data_before_final_empty_line() {
        let server = Server::new();
        let stream = "retry:1000\ndata:test1\n\nid:test\ndata:test2";
        let url = with_query("resources/message.py", &[("newline", "none"), ("message", stream)]);
        let heard = Page::new(server.source(&url)).close_at("message", 2).run().await;
        assert_eq!(data_and_ids(&heard), [("test1", ""), ("test1", "")]);
        assert_eq!(server.last_event_ids(), [None, None]);
        assert!(heard[heard.len() - 1].at - heard[0].at >= Duration::from_secs(1));
    }

    #[tokio::test(start_paused = true)]
    async fn format_field_data() {
        assert_messages(&[("message", "data:\n\ndata\ndata\n\ndata:test")], &["", "\n", "test"]).await;
    }

    #[tokio::test(start_paused = true)]
    async fn format_field_event() {
        let url = with_query("resources/message.py", &[("message", "event:test\ndata:x\n\ndata:x")]);
        let page = Page::new(Server::new().source(&url)).listen("test").close_at("message", 1);
        assert_eq!(events(&page.run().await), [("open", 1, None), ("test", 1, Some("x")), ("message", 1, Some("x"))]);
    }

    #[tokio::test(start_paused = true)]
    async fn field_name_event() {
        let url = with_query("resources/message.py", &[("message", "event: testevent\ndata: a")]);
        let page = Page::new(Server::new().source(&url)).listen("testevent").close_at("testevent", 1);
        assert_eq!(events(&page.run().await), [("open", 1, None), ("testevent", 1, Some("a"))]);
    }

    #[tokio::test(start_paused = true)]
    async fn format_field_event_empty() {
        assert_messages(&[("message", "event: \ndata:data")], &["data"]).await;
    }

    #[tokio::test(start_paused = true)]
    async fn format_field_id() {
        let server = Server::new();
        let heard = Page::new(server.source("resources/last-event-id.py")).close_at("message", 2).run().await;
        assert_eq!(data_and_ids(&heard), [("hello", "…"), ("…", "…")]);
        let requests = server.requests();
        assert_eq!(requests[1].headers()["last-event-id"].as_bytes(), b"\xe2\x80\xa6", "in UTF-8");
    }

    #[tokio::test(start_paused = true)]
    async fn format_field_id_2() {
        let server = Server::new();
        let heard = Page::new(server.source("resources/last-event-id.py")).close_at("message", 3).run().await;
        assert_eq!(data_and_ids(&heard), [("hello", "…"), ("…", "…"), ("…", "…")]);
        assert_eq!(server.last_event_ids(), [None, Some("…".into()), Some("…".into())]);
    }

    #[tokio::test(start_paused = true)]
    async fn format_field_id_3() {
        for (id, expected) in [
            ("1", &[("1", "1"), ("2", "1")][..]),
            ("2", &[("1", "1"), ("2", "2"), ("3", "2")]),
            ("3", &[("1", "1"), ("2", ""), ("3", "")]),
        ] {
            let heard = one_connection(&with_query("resources/last-event-id2.py", &[("type", id)])).await;
            assert_eq!(data_and_ids(&heard), expected);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn format_field_id_null() {
        for id in ["\0\0", "x\0", "\0x", "x\0x", " \0"] {
            let server = Server::new();
            let url = with_query("resources/last-event-id.py", &[("idvalue", id)]);
            let heard = Page::new(server.source(&url)).close_at("message", 2).run().await;
            assert_eq!(data_and_ids(&heard), [("hello", ""), ("hello", "")], "{id:?}");
            assert_eq!(server.last_event_ids(), [None, None]);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn format_field_parsing() {
        let stream = "data:\0\ndata:  2\rData:1\ndata\0:2\ndata:1\r\0data:4\nda-ta:3\rdata_5\ndata:3\rdata:\r\n data:32\n\
                      data:4\n";
        assert_messages(&[("message", stream)], &["\0\n 2\n1\n3\n\n4"]).await;
    }

    /// Checks that the second `open` comes two seconds after the first, or a fifth more at most.
    ///
    /// The suite has three seconds, which would be the time of a source that heeds no field at all.
    async fn assert_back_in_two_seconds(stream: &str) {
        let url = with_query("resources/message.py", &[("message", stream)]);
        let heard = Page::new(Server::new().source(&url)).close_at("open", 2).run().await;
        assert_eq!(
            events(&heard),
            [("open", 1, None), ("message", 1, Some("x")), ("error", 0, None), ("open", 1, None)]
        );
        let time = heard[3].at - heard[0].at;
        assert!((2000..=2400).contains(&time.as_millis()), "{time:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn format_field_retry() {
        // By eights this would be 1024.
        assert_back_in_two_seconds("retry:02000\ndata:x").await;
    }

    #[tokio::test(start_paused = true)]
    async fn format_field_retry_bogus() {
        assert_back_in_two_seconds("retry:2000\nretry:1000x\ndata:x").await;
    }

    #[tokio::test(start_paused = true)]
    async fn format_field_retry_empty() {
        assert_messages(&[("message", "retry\ndata:test")], &["test"]).await;
    }

    #[tokio::test(start_paused = true)]
    async fn format_field_unknown() {
        let stream = "data:test\n data\ndata\nfoobar:xxx\nsome text\n:and a comment\ndata:test";
        assert_messages(&[("message", stream)], &["test\n\ntest"]).await;
    }

    #[tokio::test(start_paused = true)]
    async fn format_leading_space() {
        assert_messages(&[("message", "data:\ttest\rdata: \ndata:test")], &["\ttest\n\ntest"]).await;
    }

    #[tokio::test(start_paused = true)]
    async fn format_newlines() {
        let stream = "data:test\r\ndata\ndata:test\r\n\r";
        assert_messages(&[("message", stream), ("newline", "none")], &["test\n\ntest"]).await;

        // There the resource adds a line feed. That the CR is enough shows when nothing comes after it.
        let script = Script::new([ok([text("data:test\r\ndata\ndata:test\r\n\r"), Part::hang()])]);
        let page = Page::new(script.client().source("https://page.example/")).close_at("message", 1);
        assert_eq!(events(&page.run().await), [("open", 1, None), ("message", 1, Some("test\n\ntest"))]);
    }

    #[tokio::test(start_paused = true)]
    async fn format_mime_bogus() {
        assert_no_event_stream("x bogus").await;
    }

    #[tokio::test(start_paused = true)]
    async fn format_mime_trailing_semicolon() {
        assert_messages(&[("mime", "text/event-stream;")], &["data"]).await;
    }

    #[tokio::test(start_paused = true)]
    async fn format_mime_valid_bogus() {
        assert_no_event_stream("text/x-bogus").await;
    }

    async fn assert_no_event_stream(mime: &str) {
        let server = Server::new();
        let (heard, error) =
            Page::new(server.source(&with_query("resources/message.py", &[("mime", mime)]))).fail().await;
        assert_eq!(events(&heard), [("error", 2, None)]);
        assert_eq!(kinds(&error), ["content type"]);
        assert_eq!((server.requests().len(), server.live()), (1, 0));
    }

    #[tokio::test(start_paused = true)]
    async fn format_null_character() {
        assert_messages(&[("message", "data:\0")], &["\0"]).await;
    }

    #[tokio::test(start_paused = true)]
    async fn format_utf_8() {
        let mime = "text/event-stream;charset=windows-1252";
        assert_messages(&[("mime", mime), ("message", "data:ok…")], &["ok…"]).await;
    }
}
