//! The request of one attempt.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::uri::InvalidUri;
use http::{Method, Uri};
use percent_encoding::percent_decode_str;
use url::Url;

#[cfg(feature = "cookies")]
use super::CookieJar;
use super::Error;
use super::decode::accept_encoding;
use crate::connection::Route;

/// The field that says where to go on.
///
/// <https://html.spec.whatwg.org/multipage/server-sent-events.html#last-event-id>
const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// Fields that are not the user's to set, and why.
const RESERVED: [(HeaderName, &str); 4] = [
    (LAST_EVENT_ID, "header last-event-id is set by the source: begin with Builder::last_event_id"),
    (header::ACCEPT_ENCODING, "header accept-encoding is set by the source, which knows what it can decode"),
    (header::CONTENT_LENGTH, "header content-length is set by whoever sends the body"),
    (header::TRANSFER_ENCODING, "header transfer-encoding is set by whoever sends the body"),
];

/// What may go to an origin for which it was not meant: it says how to answer, and nothing of who asks.
const HARMLESS: [HeaderName; 5] =
    [header::ACCEPT, header::ACCEPT_LANGUAGE, header::CACHE_CONTROL, header::PRAGMA, header::USER_AGENT];

/// What is said of a body, [and goes with it][redirect].
///
/// [redirect]: https://fetch.spec.whatwg.org/#request-body-header-name
const OF_BODY: [HeaderName; 4] =
    [header::CONTENT_ENCODING, header::CONTENT_LANGUAGE, header::CONTENT_LOCATION, header::CONTENT_TYPE];

/// Whether a header of the user's may be seen by others. What else there is may be a secret, and is marked as one.
fn is_harmless(name: &HeaderName) -> bool {
    HARMLESS.contains(name)
}

/// Says why a header is not the user's to set, if it is not.
pub(super) fn reserved(name: &HeaderName) -> Option<&'static str> {
    RESERVED.iter().find(|(reserved, _)| reserved == name).map(|(_, why)| *why)
}

/// What each request is made of, but for where it goes.
#[derive(Default)]
pub(super) struct Requests {
    pub(super) method: Method,
    /// Those that the user set.
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
    /// Those of them that go to another origin too.
    pub(super) kept: Vec<HeaderName>,
    /// Whether the server may compress the feed.
    pub(super) compression: bool,
    #[cfg(feature = "cookies")]
    pub(super) cookies: Option<CookieJar>,
}

impl Requests {
    /// Makes a request: the user's headers, and those that the standard wants where the user set none.
    ///
    /// What Fetch adds for a request that is [not to be cached][no-store] is `no-cache`.
    ///
    /// [no-store]: https://fetch.spec.whatwg.org/#concept-http-network-or-cache-fetch
    pub(super) fn next(
        &self,
        route: &Route,
        headers: &HeaderMap,
        body: &Bytes,
        last_event_id: Option<&str>,
    ) -> Result<http::Request<Bytes>, Error> {
        let url = route.url();
        if !matches!(url.scheme(), "http" | "https") {
            let why = format!("scheme {:?} cannot be fetched, only http and https can", url.scheme());
            return Err(Error::unfetchable(why, None));
        }
        let uri: Uri = sent(url)
            .as_str()
            .parse()
            .map_err(|error: InvalidUri| Error::unfetchable("URL cannot be sent over HTTP", Some(error.into())))?;

        let body = if route.keeps_body() { body.clone() } else { Bytes::new() };
        let mut headers = self.sent(route, headers, !body.is_empty());
        let mut default = |name: HeaderName, value: HeaderValue| {
            headers.entry(name).or_insert(value);
        };
        default(header::ACCEPT, HeaderValue::from_static("text/event-stream"));
        default(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        default(header::PRAGMA, HeaderValue::from_static("no-cache"));
        if route.has_credentials() {
            if let Some(value) = basic_authorization(url) {
                default(header::AUTHORIZATION, value);
            }
            #[cfg(feature = "cookies")]
            if let Some(value) = self.cookies.as_ref().and_then(|cookies| cookies.field(url)) {
                default(header::COOKIE, value);
            }
        }
        headers.insert(header::ACCEPT_ENCODING, accept_encoding(self.compression));
        // An ID that no header carries was told before: the request goes without.
        if let Some(value) = last_event_id.and_then(|id| HeaderValue::from_bytes(id.as_bytes()).ok()) {
            headers.insert(LAST_EVENT_ID, value);
        }
        if route.has_origin() {
            headers.remove(header::ORIGIN);
        }
        if let Some(value) = route.origin_field().and_then(|origin| HeaderValue::from_str(origin).ok()) {
            headers.insert(header::ORIGIN, value);
        }

        let mut request = http::Request::new(body);
        *request.method_mut() = route.method().clone();
        *request.uri_mut() = uri;
        *request.headers_mut() = headers;
        Ok(request)
    }

    /// Takes the cookies of a response, if it may set any.
    #[cfg_attr(not(feature = "cookies"), allow(clippy::unused_self, reason = "without cookies there is nothing to do"))]
    pub(super) fn store_cookies(&self, route: &Route, headers: &HeaderMap) {
        #[cfg(feature = "cookies")]
        if let Some(cookies) = self.cookies.as_ref().filter(|_| route.has_credentials()) {
            cookies.store(route.url(), headers);
        }
        #[cfg(not(feature = "cookies"))]
        let _ = (route, headers);
    }

    /// Those of the user's headers that go with a request.
    ///
    /// Not those that describe a body which a redirect dropped, and behind a change of origin only what may go anywhere. What
    /// describes the body goes where that goes.
    fn sent(&self, route: &Route, headers: &HeaderMap, has_body: bool) -> HeaderMap {
        let is_sent = |name: &HeaderName| {
            if reserved(name).is_some() || (OF_BODY.contains(name) && !route.keeps_body()) {
                return false;
            }
            let crosses = is_harmless(name) || self.kept.contains(name) || (OF_BODY.contains(name) && has_body);
            crosses || !route.has_crossed()
        };
        let sent = headers.iter().filter(|(name, _)| is_sent(name)).map(|(name, value)| {
            let mut value = value.clone();
            value.set_sensitive(value.is_sensitive() || !is_harmless(name));
            (name.clone(), value)
        });
        sent.collect()
    }
}

/// What a server sees of a URL: neither its fragment nor its userinfo.
pub(super) fn sent(url: &Url) -> Url {
    let mut url = without_userinfo(url);
    url.set_fragment(None);
    url
}

pub(super) fn without_userinfo(url: &Url) -> Url {
    let mut url = url.clone();
    // A URL that cannot have these has none.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url
}

/// The userinfo of the URL, for its own server.
fn basic_authorization(url: &Url) -> Option<HeaderValue> {
    if url.username().is_empty() && url.password().is_none() {
        return None;
    }
    let mut credentials: Vec<u8> = percent_decode_str(url.username()).collect();
    credentials.push(b':');
    credentials.extend(percent_decode_str(url.password().unwrap_or_default()));
    let mut value = String::from("Basic ");
    STANDARD.encode_string(credentials, &mut value);
    let mut value = HeaderValue::try_from(value).ok()?;
    value.set_sensitive(true);
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connection::{Itinerary, ReconnectionUrl};

    fn request(url: &str, headers: &HeaderMap, id: Option<&str>) -> Result<http::Request<Bytes>, Error> {
        let url = Url::parse(url).unwrap();
        let route = Itinerary::new(url, Method::GET, None, ReconnectionUrl::Final).begin();
        Requests::default().next(&route, headers, &Bytes::new(), id)
    }

    fn built(url: &str, headers: &HeaderMap, id: Option<&str>) -> http::Request<Bytes> {
        request(url, headers, id).unwrap()
    }

    #[test]
    fn defaults() {
        let request = built("http://example.com/a%20b?q=1#frag", &HeaderMap::new(), Some("\u{2026}7"));
        assert_eq!(request.method(), Method::GET);
        assert_eq!(request.uri(), "http://example.com/a%20b?q=1");
        let mut headers: Vec<_> =
            request.headers().iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
        headers.sort_unstable();
        assert_eq!(
            headers,
            [
                ("accept", &b"text/event-stream"[..]),
                ("accept-encoding", b"identity"),
                ("cache-control", b"no-cache"),
                ("last-event-id", "\u{2026}7".as_bytes()),
                ("pragma", b"no-cache"),
            ]
        );
    }

    #[test]
    fn the_users_headers_win() {
        let mut headers = HeaderMap::new();
        headers.insert("accept", HeaderValue::from_static("text/event-stream, application/json"));
        headers.insert("cache-control", HeaderValue::from_static("no-store"));
        headers.insert("authorization", HeaderValue::from_static("Bearer t"));
        let request = built("http://u:p@example.com/", &headers, None);
        for (name, value) in &headers {
            assert_eq!(request.headers().get_all(name).iter().collect::<Vec<_>>(), [value]);
        }
        assert_eq!(request.headers()["pragma"], "no-cache");
        assert!(!request.headers().contains_key("last-event-id"));
    }

    #[test]
    fn userinfo_becomes_basic_authorization() {
        for (url, credentials) in [
            ("http://user:pass@example.com/", "dXNlcjpwYXNz"),
            ("http://user@example.com/", "dXNlcjo="),
            ("http://:pass@example.com/", "OnBhc3M="),
            ("http://us%C3%A9r:p%40ss@example.com/", "dXPDqXI6cEBzcw=="),
        ] {
            let request = built(url, &HeaderMap::new(), None);
            let value = &request.headers()["authorization"];
            assert_eq!(value.to_str().unwrap(), format!("Basic {credentials}"));
            assert!(value.is_sensitive());
            assert_eq!(request.uri(), "http://example.com/");
        }
    }

    #[test]
    fn what_cannot_be_fetched() {
        for url in
            ["ftp://example.com/", "about:blank", "mailto:a@example.com", "javascript:1", "data:text/event-stream,"]
        {
            let error = request(url, &HeaderMap::new(), None).unwrap_err();
            assert!(error.is_unfetchable(), "{error}");
        }
    }
}
