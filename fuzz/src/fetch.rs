//! What the Fetch standard does with a request whose mode is "cors", step by step, and with it what DESIGN.md chooses where a
//! client is no page: literal, slow, and nothing of it from the crate but the names of failures.
//!
//! <https://fetch.spec.whatwg.org/#fetching>

use std::collections::BTreeSet;

use url::Url;

/// Scheme, host and port; `None` is opaque, and the same as no other.
#[derive(Clone, Debug)]
pub(crate) struct Origin(Option<(String, String, u16)>);

impl Origin {
    pub(crate) const OPAQUE: Self = Self(None);

    pub(crate) fn of(url: &Url) -> Self {
        let host = url.host_str().expect("it is http").to_owned();
        Self(Some((url.scheme().to_owned(), host, url.port_or_known_default().expect("it is http"))))
    }

    fn is_same(&self, other: &Self) -> bool {
        self.0.is_some() && self.0 == other.0
    }

    pub(crate) fn serialized(&self) -> String {
        match &self.0 {
            None => "null".to_owned(),
            Some((scheme, host, port)) if *port == if scheme == "https" { 443 } else { 80 } => {
                format!("{scheme}://{host}")
            }
            Some((scheme, host, port)) => format!("{scheme}://{host}:{port}"),
        }
    }
}

/// In whose name requests are made, if in anybody's: to the standard, the request's origin and credentials mode.
#[derive(Clone, Debug)]
pub(crate) struct Requester {
    pub(crate) origin: Origin,
    pub(crate) serialized: String,
    pub(crate) include: bool,
}

/// The head of a response.
#[derive(Clone, Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) locations: Vec<Vec<u8>>,
    pub(crate) allow_origin: Vec<String>,
    pub(crate) allow_credentials: Vec<String>,
    /// Whether it sets a cookie for its host.
    pub(crate) sets_cookie: bool,
}

/// User name and password, as in a URL.
type Userinfo = (String, String);

/// A request on its way.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    requester: Option<Requester>,
    /// Without userinfo where it is the client that remembers it.
    url_list: Vec<Url>,
    pub(crate) method: &'static str,
    pub(crate) has_body: bool,
    is_cors_tainted: bool,
    redirect_count: u32,
    /// What is known for the origin of the current URL: that of a URL is used beyond it, as a browser remembers it.
    pub(crate) userinfo: Option<Userinfo>,
    /// Whether the origin has ever changed, in attempts before too.
    pub(crate) has_crossed: bool,
    /// The begin of another attempt, as far as permanent redirects alone led.
    pub(crate) permanent: Place,
    only_permanent: bool,
}

/// Where an attempt begins.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) url: Url,
    userinfo: Option<Userinfo>,
    has_crossed: bool,
}

impl Place {
    pub(crate) fn new(url: Url) -> Self {
        Self { userinfo: userinfo(&url), url, has_crossed: false }
    }
}

/// What becomes of a response.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Hop {
    /// It is handed out.
    Response,
    /// The request goes on.
    Onward,
    /// A network error, and which: the standard makes no difference.
    NetworkError(&'static str),
}

impl Request {
    pub(crate) fn new(place: &Place, method: &'static str, has_body: bool, requester: Option<Requester>) -> Self {
        let mut request = Self {
            requester,
            url_list: vec![place.url.clone()],
            method,
            has_body,
            is_cors_tainted: false,
            redirect_count: 0,
            userinfo: place.userinfo.clone(),
            has_crossed: place.has_crossed,
            permanent: place.clone(),
            only_permanent: true,
        };
        request.main_fetch();
        request
    }

    pub(crate) fn current_url(&self) -> &Url {
        self.url_list.last().expect("a URL list has a URL")
    }

    pub(crate) fn place(&self) -> Place {
        let has_crossed = self.has_crossed;
        Place { url: self.current_url().clone(), userinfo: self.userinfo.clone(), has_crossed }
    }

    /// [Main fetch](https://fetch.spec.whatwg.org/#concept-main-fetch): "basic" stays where the current URL is of the
    /// request's origin and nothing was tainted before; else it is "cors".
    fn main_fetch(&mut self) {
        let Some(requester) = &self.requester else { return };
        let is_basic = Origin::of(self.current_url()).is_same(&requester.origin) && !self.is_cors_tainted;
        self.is_cors_tainted = !is_basic;
    }

    /// [HTTP fetch](https://fetch.spec.whatwg.org/#concept-http-fetch), from the response on.
    pub(crate) fn http_fetch(&mut self, response: &Response, cookies: &mut BTreeSet<String>) -> Hop {
        // HTTP-network fetch: "If includeCredentials is true, then the user agent should parse and store response Set-Cookie".
        if response.sets_cookie && self.includes_credentials() {
            cookies.insert(self.current_url().host_str().expect("it is http").to_owned());
        }
        if let (true, Err(why)) = (self.is_cors_tainted, self.cors_check(response)) {
            return Hop::NetworkError(why);
        }
        if matches!(response.status, 301 | 302 | 303 | 307 | 308) {
            self.redirect_fetch(response)
        } else {
            Hop::Response
        }
    }

    /// [HTTP-redirect fetch](https://fetch.spec.whatwg.org/#concept-http-redirect-fetch).
    fn redirect_fetch(&mut self, response: &Response) -> Hop {
        let current = self.current_url().clone();
        // Let locationURL be response's location URL given request's current URL's fragment.
        let mut location_url = match &response.locations[..] {
            [] => return Hop::Response,
            [location] => {
                let location = location.trim_ascii();
                // The URL parser takes text; what of it is none is escaped, byte by byte.
                let mut text = String::new();
                for chunk in location.utf8_chunks() {
                    text.push_str(chunk.valid());
                    text.extend(chunk.invalid().iter().map(|byte| format!("%{byte:02X}")));
                }
                match current.join(&text) {
                    Ok(url) => url,
                    Err(_) => return Hop::NetworkError("unparsable"),
                }
            }
            _ => return Hop::NetworkError("several locations"),
        };
        if location_url.fragment().is_none() {
            location_url.set_fragment(current.fragment());
        }
        // If locationURL's scheme is not an HTTP(S) scheme, then return a network error.
        if !matches!(location_url.scheme(), "http" | "https") {
            return Hop::NetworkError("scheme");
        }
        // If request's redirect count is 20, then return a network error.
        if self.redirect_count == 20 {
            return Hop::NetworkError("too many");
        }
        self.redirect_count += 1;
        let location_origin = Origin::of(&location_url);
        if let Some(requester) = &self.requester {
            // If request's mode is "cors", locationURL includes credentials, and request's origin is not same origin with
            // locationURL's origin, then return a network error.
            // If request's response tainting is "cors" and locationURL includes credentials, then return a network error.
            let is_foreign = !requester.origin.is_same(&location_origin) || self.is_cors_tainted;
            if userinfo(&location_url).is_some() && is_foreign {
                return Hop::NetworkError("credentials");
            }
        }
        // Status 301 or 302 and method POST; 303 and a method that is neither GET nor HEAD.
        let becomes_get = match response.status {
            301 | 302 => self.method == "POST",
            303 => self.method != "GET" && self.method != "HEAD",
            _ => false,
        };
        if becomes_get {
            self.method = "GET";
            self.has_body = false;
        }
        // Ours (C6, C7): userinfo goes on within an origin, where a Location has none of its own, and never to another.
        if Origin::of(&current).is_same(&location_origin) {
            self.userinfo = userinfo(&location_url).or(self.userinfo.take());
        } else {
            self.userinfo = None;
            self.has_crossed = true;
            location_url.set_username("").expect("it is http");
            location_url.set_password(None).expect("it is http");
        }
        self.url_list.push(location_url);
        // Ours (C9): for the knob by which permanent redirects hold for later attempts.
        self.only_permanent &= matches!(response.status, 301 | 308);
        if self.only_permanent {
            self.permanent = self.place();
        }
        self.main_fetch();
        Hop::Onward
    }

    /// [CORS check](https://fetch.spec.whatwg.org/#concept-cors-check).
    fn cors_check(&self, response: &Response) -> Result<(), &'static str> {
        let Some(requester) = &self.requester else { return Ok(()) };
        let Some(origin) = get(&response.allow_origin) else { return Err("no allow-origin") };
        if !requester.include && origin == "*" {
            return Ok(());
        }
        if self.serialized_origin(requester) != origin {
            return Err(if origin == "*" { "any origin" } else { "other origin" });
        }
        if !requester.include {
            return Ok(());
        }
        if get(&response.allow_credentials).as_deref() == Some("true") {
            Ok(())
        } else {
            Err("credentials not allowed")
        }
    }

    /// [Redirect-taint](https://fetch.spec.whatwg.org/#concept-request-redirect-taint), as far as it is "same-origin" or not.
    fn is_redirect_tainted(&self, requester: &Requester) -> bool {
        self.url_list.windows(2).any(|pair| {
            let (last, url) = (Origin::of(&pair[0]), Origin::of(&pair[1]));
            !url.is_same(&last) && !requester.origin.is_same(&last)
        })
    }

    /// [Byte-serializes](https://fetch.spec.whatwg.org/#byte-serializing-a-request-origin) the request's origin.
    fn serialized_origin<'r>(&self, requester: &'r Requester) -> &'r str {
        if self.is_redirect_tainted(requester) { "null" } else { &requester.serialized }
    }

    /// [Append a request `Origin` header](https://fetch.spec.whatwg.org/#append-a-request-origin-header).
    pub(crate) fn origin_header(&self) -> Option<&str> {
        let requester = self.requester.as_ref()?;
        let is_appended = self.is_cors_tainted || (self.method != "GET" && self.method != "HEAD");
        is_appended.then(|| self.serialized_origin(requester))
    }

    /// includeCredentials of [HTTP-network-or-cache fetch](https://fetch.spec.whatwg.org/#concept-http-network-or-cache-fetch).
    /// Ours (L1): a program that asks in nobody's name is trusted.
    pub(crate) fn includes_credentials(&self) -> bool {
        self.requester.as_ref().is_none_or(|requester| requester.include || !self.is_cors_tainted)
    }
}

fn userinfo(url: &Url) -> Option<Userinfo> {
    let has = !url.username().is_empty() || url.password().is_some();
    has.then(|| (url.username().to_owned(), url.password().unwrap_or_default().to_owned()))
}

/// [Gets](https://fetch.spec.whatwg.org/#concept-header-list-get) the values of a header.
pub(crate) fn get(values: &[String]) -> Option<String> {
    let trimmed: Vec<&str> = values.iter().map(|value| value.trim_matches([' ', '\t'])).collect();
    (!values.is_empty()).then(|| trimmed.join(", "))
}
