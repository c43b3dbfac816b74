//! What is shown and logged of a source that is full of secrets, whatever becomes of it.

use std::error::Error as _;
use std::fmt::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ssekit::retry::Policy;
use ssekit::{BoxError, Builder, Client, Error, EventSource, Signal};

use super::scripted::{Answer, Part, Script, ok, redirect, status, text};
use super::witness;

/// What was shown, to be looked through at the end.
#[derive(Clone, Default)]
struct Shown(Arc<Mutex<String>>);

impl Shown {
    fn note(&self, what: impl AsRef<str>) {
        writeln!(self.0.lock().unwrap(), "{}", what.as_ref()).unwrap();
    }

    /// All that an error shows of itself and its sources, to whoever prints them in whichever way.
    fn error(&self, error: &Error) {
        self.note(format!("{error} {error:#} {error:?} {error:#?} {:?}", error.failure()));
        let mut source = error.source();
        while let Some(error) = source {
            self.note(format!("{error} {error:#} {error:?} {error:#?}"));
            source = error.source();
        }
    }

    /// All that a source shows up to its end.
    async fn source(&self, mut source: EventSource) {
        for event_type in ["open", "message", "error"] {
            let shown = self.clone();
            source.add_event_listener(event_type, move |event| shown.note(format!("{event:?} {event:#?}")));
        }
        self.note(format!("{source:?} {source:#?} {:?}", source.handle()));
        loop {
            match source.signal().await {
                Ok(Some(signal)) => {
                    self.note(format!("{signal:?} {signal:#?} {source:?}"));
                    if let Signal::Reconnecting { error, .. } = signal {
                        self.error(&error);
                    }
                }
                Ok(None) => return,
                Err(error) => return self.error(&error),
            }
        }
    }

    /// All of it, in which there is no secret, as there is none in what was logged.
    #[track_caller]
    fn all(self) -> String {
        let all = self.0.lock().unwrap().clone();
        for text in [&all, &witness::told()] {
            if let Some(line) = text.lines().find(|line| is_secret(line)) {
                panic!("{line}");
            }
        }
        all
    }
}

/// Whether there is the marker, as it is or as Basic has it.
fn is_secret(text: &str) -> bool {
    ["s3cret", "M2NyZXQ"].into_iter().any(|marker| text.contains(marker))
}

/// With a secret wherever one can be, which shows what its policy and its hook see.
fn full_of_secrets(shown: &Shown, client: &Client, host: &str) -> Builder {
    let builder = client.source(format!("http://user:s3cret@{host}/feed?token=s3cret#s3cret"));
    let names = ["cookie", "proxy-authorization", "x-api-key", "x-kept", "accept-language", "user-agent"];
    let builder = names.into_iter().fold(builder, |builder, name| builder.header(name, "s3cret"));
    let (of_policy, of_hook) = (shown.clone(), shown.clone());
    let policy = Policy::custom(move |loss| {
        of_policy.note(format!("{loss:?} {loss:#?}"));
        if let Some(error) = loss.error() {
            of_policy.error(error);
        }
        loss.after(Duration::from_secs(1))
    });
    let builder = builder.keep_header("x-kept").method("POST").body("s3cret").retry_policy(policy);
    builder.before_attempt(move |attempt| {
        of_hook.note(format!("{attempt:?} {attempt:#?}"));
        async move { Ok::<_, BoxError>(attempt) }
    })
}

#[tokio::test(start_paused = true)]
async fn no_secret_is_shown_whatever_happens() {
    const ON: [&str; 2] = ["/t?token=s3cret", "http://v:s3cret@b.example/t?token=s3cret"];
    let ends: [fn() -> Answer; 11] = [
        || ok([text("data: a\n\n"), Part::broken()]),
        || ok([text("id: s3cret\ndata: s3cret")]),
        || ok([text(": s3cret\n\nid: \u{1}\ndata: more than the limit allows\n\n")]),
        || Answer::refused(),
        || Answer::status(401).with_header("set-cookie", "session=s3cret").with_header("www-authenticate", "s3cret"),
        || Answer::response(500, [Part::text("s3cret")]),
        || ok([]).with_header("content-encoding", "compress"),
        || redirect(307, "ftp://v:s3cret@b.example/t?token=s3cret"),
        || redirect(307, "http://v:s3cret@[/?token=s3cret"),
        || redirect(307, "/t?token=s3cret").with_header("location", "/t?token=s3cret"),
        || redirect(303, "//v:s3cret@b.example/t?token=s3cret"),
    ];
    witness::begin();
    for end in ends {
        for hops in 0..=ON.len() {
            for origin in [None, Some("http://page.example")] {
                let shown = Shown::default();
                let redirects = ON[..hops].iter().map(|location| redirect(307, location));
                let script = Script::new(redirects.chain([end(), status(204)]));
                let mut builder = full_of_secrets(&shown, &script.client(), "a.example").limit(20);
                if let Some(origin) = origin {
                    builder = builder.origin(origin).with_credentials(true);
                }
                #[cfg(feature = "cookies")]
                {
                    let jar = ssekit::CookieJar::new();
                    jar.set("session=s3cret", "http://a.example/").unwrap();
                    builder = builder.cookies(&jar);
                    shown.note(format!("{jar:?} {jar:#?}"));
                }
                shown.note(format!("{builder:?} {builder:#?} {:?}", script.client()));
                shown.source(builder.build().unwrap()).await;
                let all = shown.all();
                assert!(all.contains("http://a.example/feed"), "{all}");
                assert!(
                    script.requests().iter().any(|request| is_secret(&format!("{:?}", request.uri()))),
                    "it has one"
                );
            }
        }
    }
    #[cfg(feature = "tracing")]
    for told in ["sse_connection", "message=open", "message=lost", "message=waiting", "message=closed"] {
        assert!(witness::told().contains(told), "{told}");
    }
}

#[tokio::test(start_paused = true)]
async fn no_secret_is_shown_by_what_cannot_be_built() {
    let script = Script::new([]);
    let client = script.client();
    let source = || client.source("http://user:s3cret@a.example/?token=s3cret");
    for (builder, why) in [
        (client.source("http://user:s3cret@a b.example/?token=s3cret"), "URL"),
        (client.source("/?token=s3cret"), "URL"),
        (source().base_url("http://user:s3cret@a b.example/?token=s3cret"), "base URL"),
        (source().origin("http://user:s3cret@a b.example/?token=s3cret"), "origin"),
        (source().header("x-api-key", "s3cret\n"), "header value"),
        (source().header("x-api-key: s3cret", ""), "header name"),
        (source().header("last-event-id", "s3cret"), "header last-event-id"),
        (source().keep_header("x-api-key: s3cret"), "header name"),
        (source().method("GET s3cret"), "method"),
        (source().last_event_id("s3cret\n"), "last event ID"),
    ] {
        let shown = Shown::default();
        shown.note(format!("{builder:?}"));
        let error = builder.build().unwrap_err();
        assert!(error.is_builder() && error.to_string().starts_with(why), "{error}");
        shown.error(&error);
        shown.all();
    }
}

/// What reqwest says of itself names URLs: its errors, which are among the sources, and what it logs.
#[cfg(feature = "reqwest")]
#[tokio::test]
async fn no_secret_is_shown_by_what_stands_below() {
    witness::begin();
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let nobody = socket.local_addr().unwrap().to_string();
    let proxy = reqwest::Proxy::all(format!("http://user:s3cret@{nobody}")).unwrap();
    let behind_a_proxy = reqwest::Client::builder().proxy(proxy).build().unwrap();
    let direct = reqwest::Client::builder().no_proxy().build().unwrap();
    for client in [Client::new().unwrap(), Client::from(direct), Client::from(behind_a_proxy)] {
        let shown = Shown::default();
        let builder = full_of_secrets(&shown, &client, &nobody);
        shown.note(format!("{builder:?}{client:?}"));
        shown.source(builder.retry_policy(Policy::never()).build().unwrap()).await;
        let all = shown.all();
        assert!(all.contains("kind: Transport"), "{all}");
    }
    assert!(witness::told().contains("starting new connection"), "{}", witness::told());
}
