//! What the tests of the web platform are made of: a page that listens, and the resources of their server.
//!
//! A page asks as one in a browser does, by URLs relative to its own and in the name of its origin. The resources have
//! the names and the parameters that they have in the suite. Where they count their visits by a cookie there, the server
//! counts here, since those tests are not about cookies.

#![allow(dead_code, reason = "each test file that includes this uses a part of it")]

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Uri};
use ssekit::transport::{ResponseFuture, Transport};
use ssekit::{Builder, Client, Error, Event, EventSource, ListenerEvent};
use tokio::time::{Instant, sleep, timeout};
use url::form_urlencoded;

use crate::scripted::{Answer, Part, Request, Script, ok, redirect, text};

/// Where the page is.
pub const PAGE: &str = "https://page.example/eventsource/page.html";
/// The same resources on another origin, as a page writes it.
pub const ELSEWHERE: &str = "https://élève.page.example/eventsource/resources/";

/// The server of the suite, whatever the host.
#[derive(Clone)]
pub struct Server {
    script: Script,
    methods: Arc<Mutex<Vec<Method>>>,
}

impl Server {
    pub fn new() -> Self {
        let mut visits = HashMap::new();
        let script = Script::answering(move |request| {
            let visit = visits.entry(request.uri().clone()).or_insert(0);
            *visit += 1;
            answer(request, *visit)
        });
        Self { script, methods: Arc::default() }
    }

    /// Begins what `new EventSource(url)` is on the page.
    pub fn source(&self, url: &str) -> Builder {
        Client::with_transport(self.clone()).source(url).base_url(PAGE).origin("https://page.example")
    }

    pub fn requests(&self) -> Vec<Request> {
        self.script.requests()
    }

    pub fn last_event_ids(&self) -> Vec<Option<String>> {
        self.requests().iter().map(|request| request.last_event_id().map(str::to_owned)).collect()
    }

    pub fn methods(&self) -> Vec<Method> {
        self.methods.lock().unwrap().clone()
    }

    pub fn live(&self) -> usize {
        self.script.live()
    }
}

impl Transport for Server {
    fn send(&self, request: http::Request<Bytes>) -> ResponseFuture {
        self.methods.lock().unwrap().push(request.method().clone());
        let delay = Query::of(request.uri()).get("sleep").map(|time| Duration::from_millis(time.parse().unwrap()));
        let response = self.script.send(request);
        Box::pin(async move {
            if let Some(delay) = delay {
                sleep(delay).await;
            }
            response.await
        })
    }
}

/// A URL with these parameters.
pub fn with_query(path: &str, parameters: &[(&str, &str)]) -> String {
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
    format!("{path}?{query}")
}

struct Query(HashMap<String, String>);

impl Query {
    fn of(uri: &Uri) -> Self {
        Self(form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()).into_owned().collect())
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }
}

fn answer(request: &Request, visit: usize) -> Answer {
    let query = Query::of(request.uri());
    match request.uri().path().rsplit('/').next().unwrap() {
        "accept.event_stream" => echo(request, "accept"),
        "cache-control.event_stream" => echo(request, "cache-control"),
        "cors.py" => cors(request, &query, visit),
        "cors-cookie.py" => cors_cookie(request, &query),
        "cors-unsafe-last-event-id.py" => cors_unsafe_last_event_id(request, &query),
        "last-event-id.py" => last_event_id(request, &query),
        "last-event-id2.py" => last_event_id2(&query),
        "message.py" => message(&query),
        "message2.py" => message2(),
        "reconnect-fail.py" => reconnect_fail(visit),
        "redirect.py" => redirect_to(&query),
        "status-error.py" => respond(query.get("status").unwrap().parse().unwrap(), "data: data\n\n".into()),
        "status-reconnect.py" => status_reconnect(&query, visit),
        other => panic!("there is no {other}"),
    }
}

fn respond(status: u16, body: String) -> Answer {
    Answer::response(status, [Part::text(body)]).with_header("content-type", "text/event-stream")
}

fn echo(request: &Request, name: &str) -> Answer {
    respond(200, format!("data: {}\n\n", request.header(name).unwrap_or("nothing")))
}

fn message(query: &Query) -> Answer {
    let mime = query.get("mime").unwrap_or("text/event-stream");
    let newline = if query.get("newline") == Some("none") { "" } else { "\n\n" };
    let body = format!("{}{newline}\n", query.get("message").unwrap_or("data: data"));
    let answer = Answer::response(200, [Part::text(body)]);
    answer.with_header("content-type", mime).with_header("cache-control", "no-store")
}

fn message2() -> Answer {
    let round = || {
        [
            text("data:msg\ndata: msg\n\n"),
            text(":\nfalsefield:msg\n\n"),
            text("falsefield:msg\nData:data\n\n"),
            text("data\n\n"),
            text("data:end\n\n"),
            Part::pause(Duration::from_secs(2)),
        ]
    };
    ok(round().into_iter().chain(round()).chain([Part::hang()]))
}

fn last_event_id(request: &Request, query: &Query) -> Answer {
    match request.last_event_id() {
        Some(id) => respond(200, format!("data: {id}\n\n")),
        None => {
            respond(200, format!("id: {}\nretry: 200\ndata: hello\n\n", query.get("idvalue").unwrap_or("\u{2026}")))
        }
    }
}

fn last_event_id2(query: &Query) -> Answer {
    let body = match query.get("type").unwrap() {
        "1" => "id: 1\ndata: 1\n\ndata:2\n\n",
        "2" => "id: 1\ndata: 1\n\nid: 2\ndata:2\n\ndata:3\n\n",
        "3" => "id: 1\ndata: 1\n\nid:\ndata:2\n\ndata:3\n\n",
        other => panic!("there is no type {other}"),
    };
    ok([text(body)])
}

fn reconnect_fail(visit: usize) -> Answer {
    match visit {
        1 => ok([text("retry: 2\ndata: opened\n\n")]),
        2 => ok([text("data: reconnected\n\n")]),
        _ => respond(204, "data: closed\n\n".into()),
    }
}

fn status_reconnect(query: &Query, visit: usize) -> Answer {
    if visit > 1 {
        return ok([text("data: data\n\n")]);
    }
    let first = if query.get("ok_first").is_some() { "data: ok\n\n" } else { "" };
    respond(query.get("status").unwrap().parse().unwrap(), format!("retry: 2\n{first}"))
}

fn redirect_to(query: &Query) -> Answer {
    let status = query.get("status").map_or(302, |status| status.parse().unwrap());
    redirect(status, query.get("location").unwrap())
}

fn cors(request: &Request, query: &Query, visit: usize) -> Answer {
    let answer = match query.get("run").unwrap() {
        "message" => message(query),
        "redirect" => redirect_to(query),
        "status-reconnect" => status_reconnect(query, visit),
        "cache-control" => echo(request, "cache-control"),
        other => panic!("there is no {other} to run"),
    };
    let origin = query.get("origin").unwrap_or_else(|| request.header("origin").unwrap());
    let credentials = query.get("credentials").unwrap_or("true");
    answer
        .with_header("access-control-allow-origin", origin)
        .with_header("access-control-allow-credentials", credentials)
}

fn cors_cookie(request: &Request, query: &Query) -> Answer {
    let ident = query.get("ident").unwrap();
    let cookie = request.header("cookie").is_some_and(|cookie| cookie.contains(&format!("{ident}=")));
    let cookie = if cookie { "COOKIE" } else { "NO_COOKIE" };
    let set = format!("{ident}=COOKIE; Path=/");
    let answer = match request.last_event_id() {
        None => respond(200, format!("id: 1\nretry: 200\ndata: first {cookie}\n\n")).with_header("set-cookie", &set),
        Some("1") => respond(200, format!("id: 2\ndata: second {cookie}\n\n"))
            .with_header("set-cookie", format!("{set}; Expires=Fri, 27 Jul 2001 00:00:00 GMT")),
        Some(_) => Answer::status(200).with_header("content-type", "stop"),
    };
    let origin = request.header("origin").unwrap();
    answer.with_header("access-control-allow-origin", origin).with_header("access-control-allow-credentials", "true")
}

fn cors_unsafe_last_event_id(request: &Request, query: &Query) -> Answer {
    let fixture = query.get("fixture").unwrap();
    let id = match fixture {
        "safe" => "abc".to_owned(),
        "unsafe" => "e5p3n<3k0k0s".to_owned(),
        "long" => "a".repeat(255),
        other => panic!("there is no fixture {other}"),
    };
    let answer = match request.last_event_id() {
        None => respond(200, format!("id: {id}\nretry: 200\ndata: {fixture}\n\n")),
        Some(sent) if sent == id => respond(200, "event: success\ndata\n\n".into()),
        Some(sent) => respond(200, format!("event: failure\ndata: {sent}\n\n")),
    };
    answer.with_header("access-control-allow-origin", request.header("origin").unwrap())
}

/// A page with one event source, that notes what its listeners get.
///
/// It asserts nothing inside of them: a listener that panics would not fail the test.
pub struct Page {
    pub source: EventSource,
    heard: Arc<Mutex<Vec<Heard>>>,
}

/// One event, as a listener got it.
#[derive(Clone, Debug)]
pub struct Heard {
    pub at: Instant,
    pub event_type: String,
    pub ready_state: u8,
    /// What makes it a `MessageEvent`.
    pub message: Option<Event>,
}

impl Page {
    pub fn new(builder: Builder) -> Self {
        let (source, heard) = (builder.build().unwrap(), Arc::default());
        source.on_open(note(&heard));
        source.on_message(note(&heard));
        source.on_error(note(&heard));
        Self { source, heard }
    }

    /// Listens to another type of event too.
    pub fn listen(self, event_type: &str) -> Self {
        self.source.add_event_listener(event_type, note(&self.heard));
        self
    }

    /// Closes the source at so many events of this type.
    pub fn close_at(self, event_type: &str, mut count: usize) -> Self {
        self.source.add_event_listener(event_type, move |event| {
            count -= 1;
            if count == 0 {
                event.source().close();
            }
        });
        self
    }

    pub fn heard(&self) -> Vec<Heard> {
        self.heard.lock().unwrap().clone()
    }

    /// Runs to an end without a failure.
    pub async fn run(self) -> Vec<Heard> {
        let (heard, result) = self.end().await;
        result.unwrap();
        heard
    }

    /// Runs to a failure.
    pub async fn fail(self) -> (Vec<Heard>, Error) {
        let (heard, result) = self.end().await;
        (heard, result.unwrap_err())
    }

    async fn end(self) -> (Vec<Heard>, Result<(), Error>) {
        let Self { source, heard } = self;
        let result = timeout(Duration::from_secs(3600), source.run()).await.expect("it hangs");
        let heard = heard.lock().unwrap().clone();
        (heard, result)
    }
}

fn note(heard: &Arc<Mutex<Vec<Heard>>>) -> impl FnMut(&ListenerEvent<'_>) + Send + 'static {
    let heard = Arc::clone(heard);
    move |event| {
        heard.lock().unwrap().push(Heard {
            at: Instant::now(),
            event_type: event.event_type().to_owned(),
            ready_state: event.ready_state() as u8,
            message: event.message().cloned(),
        });
    }
}

/// Of each event its type, the readyState at it, and its data if it is a `MessageEvent`.
pub fn events<'a>(heard: &'a [Heard]) -> Vec<(&'a str, u8, Option<&'a str>)> {
    let data = |heard: &'a Heard| heard.message.as_ref().map(Event::data);
    heard.iter().map(|heard| (&*heard.event_type, heard.ready_state, data(heard))).collect()
}

/// The data and the `lastEventId` of each `MessageEvent`.
pub fn data_and_ids(heard: &[Heard]) -> Vec<(&str, &str)> {
    heard.iter().filter_map(|heard| heard.message.as_ref()).map(|event| (event.data(), event.last_event_id())).collect()
}
