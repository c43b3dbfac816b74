//! Random chains of hops through a source, beside a literal model of Fetch: each request, and what comes of it.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use arbitrary::{Arbitrary, Unstructured};
use bytes::Bytes;
use futures_util::stream;
use ssekit::retry::Policy;
use ssekit::transport::{BoxError, ResponseFuture, Transport};
use ssekit::{Client, CookieJar, CorsFailure, EventSource, Failure, ReconnectionUrl, RedirectFailure, Signal};
use tokio::runtime::{Builder, Runtime};

use crate::fetch::Response;
use crate::pick;

mod model;

use self::model::Model;

#[derive(Arbitrary, Debug)]
struct Input {
    start: Target,
    origin: u8,
    method: u8,
    reconnection_url: u8,
    switches: u8,
    hops: Vec<Answer>,
}

/// What a URL is made of.
#[derive(Arbitrary, Clone, Copy, Debug)]
struct Target {
    kind: u8,
    host: u8,
    /// Bits of the scheme, of userinfo and of a fragment.
    parts: u8,
}

#[derive(Arbitrary, Clone, Copy, Debug)]
struct Answer {
    status: u8,
    location: Target,
    allow_origin: u8,
    allow_credentials: u8,
    /// Bits of a cookie and of a second location, and how often it is given, in a row.
    more: u8,
}

/// What stands before the hops in an input; before each hop there is a 1.
pub const HEAD: usize = 7;

const STATUSES: [u16; 12] = [302, 301, 303, 307, 308, 200, 302, 307, 204, 304, 404, 300];
const HOSTS: [&str; 8] =
    ["a.example", "b.example", "c.example", "A.example", "a.example:443", "a.example:80", "a.example:8080", "[::1]"];
const ORIGINS: [Option<&str>; 6] = [
    None,
    Some("https://a.example"),
    Some("http://a.example"),
    Some("https://b.example"),
    Some("null"),
    Some("tauri://localhost"),
];

/// How many requests are made.
const MOST: usize = 96;

impl Target {
    fn url(self) -> String {
        let scheme = pick(&["https", "http"], self.parts);
        let userinfo = pick(&["", "", "", "u:p@", "", "v@", ":q@", "u%40:%3A@"], self.parts >> 1);
        let fragment = pick(&["", "", "#f", "#"], self.parts >> 4);
        format!("{scheme}://{userinfo}{}/t?{}{fragment}", pick(&HOSTS, self.host), self.parts >> 6)
    }

    fn location(self) -> Option<Vec<u8>> {
        Some(match self.kind % 16 {
            0 => return None,
            1 => b"/t".to_vec(),
            2 => b"u?x#g".to_vec(),
            3 => b"".to_vec(),
            4 => b"#h".to_vec(),
            5 => format!("//{}/v", pick(&HOSTS, self.host)).into_bytes(),
            6 => format!("\t {} ", self.url().to_uppercase()).into_bytes(),
            7 => pick::<&[u8]>(
                &[
                    b"ftp://a.example/",
                    b"data:,",
                    b"http://[",
                    b"http://",
                    b"about:blank",
                    b"a.example:80/",
                    b"https:/x",
                ],
                self.host,
            )
            .to_vec(),
            8 => pick::<&[u8]>(
                &[
                    b"/\xFF",
                    b"/\xE2\x82\xAC?\xC3\xBC",
                    b"//b\xC3\xBCcher.example/",
                    b"/a b",
                    b"\\\\b.example\\",
                    b"/%zz/../w",
                ],
                self.host,
            )
            .to_vec(),
            _ => self.url().into_bytes(),
        })
    }
}

impl Answer {
    fn response(self) -> Response {
        let mut locations: Vec<_> = self.location.location().into_iter().collect();
        if self.more & 7 == 7 {
            locations.push(b"/second".to_vec());
        }
        let values = |values: &[&str]| values.iter().map(|value| (*value).to_owned()).collect();
        let origin = ORIGINS[1 + usize::from(self.allow_origin >> 4) % (ORIGINS.len() - 1)].expect("behind the first");
        let allow_origin = match self.allow_origin % 12 {
            0..=3 => values(&[origin]),
            4 => values(&["*"]),
            5 => values(&["null"]),
            6 => values(&[&format!(" {origin}\t")]),
            7 => values(&[origin, origin]),
            8 => values(&[""]),
            9 => values(&[&format!("{origin}/")]),
            10 => values(&["*", origin]),
            _ => values(&[]),
        };
        let allow_credentials = match self.allow_credentials % 8 {
            0..=3 => values(&["true"]),
            4 => values(&["TRUE"]),
            5 => values(&["true", "true"]),
            6 => values(&[" true "]),
            _ => values(&[]),
        };
        let status = pick(&STATUSES, self.status);
        Response { status, locations, allow_origin, allow_credentials, sets_cookie: self.more & 8 == 8 }
    }

    fn times(self) -> usize {
        if self.more >> 4 == 15 { 21 } else { 1 }
    }
}

/// A request as it was sent, as far as rules decide on it.
#[derive(Debug, Default, PartialEq, Eq)]
struct Sent {
    method: String,
    url: String,
    has_body: bool,
    /// Its headers, but those that all have.
    headers: Vec<String>,
}

const HEADERS: [&str; 9] =
    ["accept", "authorization", "content-type", "cookie", "last-event-id", "origin", "referer", "x-kept", "x-key"];

/// Runs an input.
///
/// # Panics
///
/// If a rule is broken.
pub fn run(input: &[u8]) {
    thread_local! {
        static RUNTIME: RefCell<Runtime> =
            RefCell::new(Builder::new_current_thread().enable_time().start_paused(true).build().unwrap());
    }
    let Ok(input) = Input::arbitrary_take_rest(Unstructured::new(input)) else { return };
    let responses = input.hops.iter().flat_map(|hop| std::iter::repeat_n(hop.response(), hop.times()));
    let responses: Vec<Response> = responses.take(MOST).collect();
    let server = Server::default();
    *server.answers.lock().unwrap() = responses.clone().into();
    let told = RUNTIME.with(|runtime| runtime.borrow().block_on(told(input.source(server.clone()))));
    let sent = std::mem::take(&mut *server.sent.lock().unwrap());

    let expected = Model::new(&input, responses).run();
    assert_eq!(sent, expected.sent);
    assert_eq!(told, expected.told);
}

impl Input {
    fn method(&self) -> &'static str {
        pick(&["GET", "GET", "GET", "POST", "PUT", "HEAD"], self.method)
    }

    fn include(&self) -> bool {
        self.has(0)
    }

    /// Whether the user has set a header, a body or a cookie.
    fn has(&self, bit: u8) -> bool {
        self.switches >> bit & 1 == 1
    }

    fn reconnection_url(&self) -> ReconnectionUrl {
        use ReconnectionUrl::{Final, Original, Permanent};
        pick(&[Final, Permanent, Original], self.reconnection_url)
    }

    fn source(&self, server: Server) -> EventSource {
        let jar = CookieJar::new();
        let mut builder = Client::with_transport(server)
            .source(self.start.url())
            .method(self.method())
            .with_credentials(self.include())
            .reconnection_url(self.reconnection_url())
            .retry_policy(Policy::standard())
            .last_event_id("0")
            .keep_header("x-kept")
            .header("x-kept", "k")
            .header("x-key", "x")
            .cookies(&jar);
        if let Some(origin) = pick(&ORIGINS, self.origin) {
            builder = builder.origin(origin);
        }
        if self.has(1) {
            builder = builder.header("authorization", "Bearer t");
        }
        if self.has(2) {
            builder = builder.body("body");
        }
        if self.has(3) {
            builder = builder.header("content-type", "text/plain");
        }
        if self.has(4) {
            builder = builder.header("cookie", "mine=1");
        }
        if self.has(5) {
            jar.set("c=b.example", "https://b.example/").unwrap();
        }
        builder.build().unwrap()
    }
}

/// Answers in order, and with 204 once there are no answers left.
#[derive(Default)]
struct Shared {
    answers: Mutex<VecDeque<Response>>,
    sent: Mutex<Vec<Sent>>,
}

type Server = Arc<Shared>;

impl Transport for Shared {
    fn send(&self, request: http::Request<Bytes>) -> ResponseFuture {
        let values = |name: &&str| {
            let values = request.headers().get_all(*name).iter();
            values.map(|value| format!("{name}: {}", String::from_utf8_lossy(value.as_bytes()))).collect::<Vec<_>>()
        };
        self.sent.lock().unwrap().push(Sent {
            method: request.method().to_string(),
            url: request.uri().to_string(),
            has_body: !request.body().is_empty(),
            headers: HEADERS.iter().flat_map(values).collect(),
        });
        let answer = self.answers.lock().unwrap().pop_front();
        let mut response = http::Response::builder().header("content-type", "text/event-stream");
        response = response.status(answer.as_ref().map_or(204, |answer| answer.status));
        if let Some(answer) = answer {
            for location in &answer.locations {
                response = response.header("location", &location[..]);
            }
            for origin in &answer.allow_origin {
                response = response.header("access-control-allow-origin", origin);
            }
            for credentials in &answer.allow_credentials {
                response = response.header("access-control-allow-credentials", credentials);
            }
            if answer.sets_cookie {
                let host = request.uri().host().unwrap();
                response = response.header("set-cookie", format!("c={host}; Path=/"));
            }
        }
        let body = stream::iter([Ok::<_, BoxError>(Bytes::from_static(b"id: 1\ndata: a\n\n"))]);
        Box::pin(async move { Ok(ssekit::transport::Response::new(response.body(body)?)) })
    }
}

/// What a source tells, up to its end.
async fn told(mut source: EventSource) -> Vec<String> {
    let mut told = Vec::new();
    loop {
        told.push(match source.signal().await {
            Ok(Some(Signal::Opened(opened))) => format!("open {}", opened.url()),
            Ok(Some(Signal::Message(event))) => format!("event of {}", event.origin()),
            Ok(Some(Signal::Reconnecting { error, .. })) if error.is_end_of_stream() => "lost".to_owned(),
            Ok(Some(Signal::Reconnecting { error, .. })) if error.is_redirect() => "lost: too many".to_owned(),
            Ok(Some(Signal::Ended)) => "ended".to_owned(),
            Ok(Some(other)) => panic!("{other:?}"),
            Ok(None) => return told,
            Err(error) => format!("failed: {}", named(error.failure().unwrap())),
        });
    }
}

fn named(failure: &Failure) -> String {
    match failure {
        Failure::Status(status) => return status.to_string(),
        Failure::Cors(CorsFailure::NoAllowOrigin) => "no allow-origin",
        Failure::Cors(CorsFailure::AnyOriginWithCredentials) => "any origin",
        Failure::Cors(CorsFailure::OtherOrigin { .. }) => "other origin",
        Failure::Cors(CorsFailure::CredentialsNotAllowed) => "credentials not allowed",
        Failure::Redirect(RedirectFailure::SeveralLocations) => "several locations",
        Failure::Redirect(RedirectFailure::Unparsable) => "unparsable",
        Failure::Redirect(RedirectFailure::Scheme(_)) => "scheme",
        Failure::Redirect(RedirectFailure::Credentials) => "credentials",
        other => panic!("{other:?}"),
    }
    .to_owned()
}
