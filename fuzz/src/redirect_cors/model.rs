//! What a source has to send and to tell, by Fetch and by DESIGN.md.

use std::collections::{BTreeSet, VecDeque};

use ssekit::ReconnectionUrl;
use url::Url;

use super::{Input, ORIGINS, Sent};
use crate::fetch::{Hop, Origin, Place, Request, Requester, Response};
use crate::pick;

/// What has to be sent and told.
pub(super) struct Model<'a> {
    input: &'a Input,
    responses: VecDeque<Response>,
    cookies: BTreeSet<String>,
    last_event_id: &'static str,
    pub(super) sent: Vec<Sent>,
    pub(super) told: Vec<String>,
}

impl<'a> Model<'a> {
    pub(super) fn new(input: &'a Input, responses: Vec<Response>) -> Self {
        let cookies = if input.has(5) { BTreeSet::from(["b.example".to_owned()]) } else { BTreeSet::new() };
        let responses = responses.into();
        Self { input, responses, cookies, last_event_id: "0", sent: Vec::new(), told: Vec::new() }
    }

    pub(super) fn run(mut self) -> Self {
        let requester = pick(&ORIGINS, self.input.origin).map(|serialized| Requester {
            origin: if serialized.starts_with("http") {
                Origin::of(&Url::parse(serialized).unwrap())
            } else {
                Origin::OPAQUE
            },
            serialized: serialized.to_owned(),
            include: self.input.include(),
        });
        let start = Place::new(Url::parse(&self.input.start.url()).unwrap());
        let mut place = start.clone();
        // Attempts.
        loop {
            let mut request = Request::new(&place, self.input.method(), self.input.has(2), requester.clone());
            let mut status = 204;
            let hop = loop {
                let sent = self.sent(&request);
                self.sent.push(sent);
                let Some(response) = self.responses.pop_front() else {
                    // Nobody would tell of the check of a 204 but a failure.
                    let last = Response {
                        status,
                        locations: Vec::new(),
                        allow_origin: Vec::new(),
                        allow_credentials: Vec::new(),
                        sets_cookie: false,
                    };
                    break request.http_fetch(&last, &mut self.cookies);
                };
                status = response.status;
                match request.http_fetch(&response, &mut self.cookies) {
                    Hop::Onward => {}
                    hop => break hop,
                }
                status = 204;
            };
            match (hop, status) {
                (Hop::NetworkError("too many"), _) => {
                    self.told.push("lost: too many".to_owned());
                    place = start.clone();
                }
                (Hop::NetworkError(why), _) => {
                    self.told.push(format!("failed: {why}"));
                    return self;
                }
                (_, 204) => {
                    self.told.push("ended".to_owned());
                    return self;
                }
                (_, 200) => {
                    let mut url = request.current_url().clone();
                    url.set_username("").unwrap();
                    url.set_password(None).unwrap();
                    self.told.push(format!("open {url}"));
                    self.told.push(format!("event of {}", Origin::of(&url).serialized()));
                    self.told.push("lost".to_owned());
                    self.last_event_id = "1";
                    // Ours (C9).
                    place = match self.input.reconnection_url() {
                        _ if self.input.method() != "GET" => start.clone(),
                        ReconnectionUrl::Final => request.place(),
                        ReconnectionUrl::Permanent => request.permanent.clone(),
                        _ => place,
                    };
                }
                (_, status) => {
                    self.told.push(format!("failed: {status}"));
                    return self;
                }
            }
        }
    }

    fn sent(&self, request: &Request) -> Sent {
        let mut url = request.current_url().clone();
        url.set_username("").unwrap();
        url.set_password(None).unwrap();
        url.set_fragment(None);
        let mut headers = vec!["accept: text/event-stream".to_owned()];
        let input = self.input;
        // Ours (B3, C7): headers of the user's stay within their origin, and win over what a URL or a jar has.
        let is_home = !request.has_crossed;
        let host = url.host_str().unwrap().to_owned();
        if input.has(1) && is_home {
            headers.push("authorization: Bearer t".to_owned());
        } else if let Some((name, password)) = request.userinfo.as_ref().filter(|_| request.includes_credentials()) {
            headers.push(format!("authorization: Basic {}", basic(name, password)));
        }
        let keeps_body = input.method() == request.method;
        if input.has(3) && keeps_body && (is_home || request.has_body) {
            headers.push("content-type: text/plain".to_owned());
        }
        if input.has(4) && is_home {
            headers.push("cookie: mine=1".to_owned());
        } else if request.includes_credentials() && self.cookies.contains(&host) {
            headers.push(format!("cookie: c={host}"));
        }
        headers.push(format!("last-event-id: {}", self.last_event_id));
        headers.extend(request.origin_header().map(|origin| format!("origin: {origin}")));
        headers.push("x-kept: k".to_owned());
        headers.extend(is_home.then(|| "x-key: x".to_owned()));
        Sent { method: request.method.to_owned(), url: url.to_string(), has_body: request.has_body, headers }
    }
}

/// What the names and passwords of [`Target::url`] come to.
fn basic(name: &str, password: &str) -> &'static str {
    match (name, password) {
        ("u", "p") => "dTpw",
        ("v", "") => "djo=",
        ("", "q") => "OnE=",
        ("U", "P") => "VTpQ",
        ("V", "") => "Vjo=",
        ("", "Q") => "OlE=",
        ("u%40" | "U%40", "%3A") => {
            if name == "U%40" {
                "VUA6Og=="
            } else {
                "dUA6Og=="
            }
        }
        other => panic!("{other:?}"),
    }
}
