//! Where the requests of a source go: from hop to hop of an attempt, and from attempt to attempt.

use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::sync::Arc;

use http::header::{ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_ORIGIN, HeaderMap, LOCATION};
use http::{Method, StatusCode};
use url::Url;

use super::cors::{self, Requester};
use super::redirect::{self, RedirectFailure};
use super::{CorsFailure, Failure};

/// Which URL the next attempt goes to, after a connection that was reached by redirects.
///
/// The standard fetches one and the same request again, which by then is at its final URL; browsers differ. An attempt
/// that is lost before there is a response to decide on (on the network, for want of time, by too many redirects or by a hook
/// that fails) sends the next one back to the URL of the source, whatever this says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ReconnectionUrl {
    /// The final URL of the last connection, as the standard and Chromium have it. This is the default.
    #[default]
    Final,
    /// That which the permanent redirects (301, 308) led to, up to the first temporary one; much as Firefox.
    Permanent,
    /// The URL of the source, as with `WebKit`. It suits a server that hands its clients on to one of many others.
    Original,
}

/// Where an attempt is: the URL list, the tainting and the headers of a request, as far as they matter later.
///
/// It implements what [HTTP-redirect fetch] and [main fetch] do with a request whose mode is "cors". Without anybody who
/// asks in the name of an origin, there is nothing to taint.
///
/// [HTTP-redirect fetch]: https://fetch.spec.whatwg.org/#concept-http-redirect-fetch
/// [main fetch]: https://fetch.spec.whatwg.org/#concept-main-fetch
#[derive(Clone, Debug)]
#[allow(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub(crate) struct Route {
    requester: Option<Arc<Requester>>,
    method: Method,
    /// Whether the body goes along, if there is one.
    keeps_body: bool,
    here: Place,
    /// Where permanent redirects alone have led.
    permanent: Place,
    only_permanent: bool,
    redirects: u8,
    /// Whether the [response tainting](https://fetch.spec.whatwg.org/#concept-request-response-tainting) is "cors".
    is_tainted: bool,
    /// Whether the [redirect-taint](https://fetch.spec.whatwg.org/#concept-request-redirect-taint) is other than
    /// "same-origin": then no server is told who asks.
    is_anonymous: bool,
}

/// A URL, and what lies before it.
#[derive(Clone, Debug)]
struct Place {
    url: Url,
    /// Whether its userinfo is that of a URL before it, of the same origin: to Fetch it has none then.
    is_carried: bool,
    /// Whether there was a change of origin.
    has_crossed: bool,
}

impl Place {
    fn new(url: Url) -> Self {
        Self { url, is_carried: false, has_crossed: false }
    }

    /// Whether it is this URL, with nothing before it.
    fn is_begin(&self, url: &Url) -> bool {
        self.url == *url && !self.is_carried && !self.has_crossed
    }

    /// The URL as Fetch has it.
    fn own_url(&self) -> Cow<'_, Url> {
        let mut url = Cow::Borrowed(&self.url);
        if self.is_carried {
            set_userinfo(url.to_mut(), "", None);
        }
        url
    }
}

/// What comes of a response whose head is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hop {
    /// It is no redirect: this is the one.
    Arrived,
    /// It is one, and the route has been moved on.
    Onward,
    /// It is one too many.
    TooMany,
}

impl Route {
    fn new(start: Place, method: Method, requester: Option<Arc<Requester>>) -> Self {
        let is_tainted = requester.as_ref().is_some_and(|requester| !requester.is_origin_of(&start.url.origin()));
        Self {
            requester,
            method,
            keeps_body: true,
            permanent: start.clone(),
            here: start,
            only_permanent: true,
            redirects: 0,
            is_tainted,
            is_anonymous: false,
        }
    }

    /// Looks at the head of a response, and follows it if it is a redirect.
    ///
    /// # Errors
    ///
    /// [`Failure`] if the server does not let the requester have it, or if it leads nowhere.
    pub(crate) fn handle_response(&mut self, status: StatusCode, headers: &HeaderMap) -> Result<Hop, Failure> {
        self.check(headers).map_err(Failure::Cors)?;
        if !redirect::is_redirect(status.as_u16()) {
            return Ok(Hop::Arrived);
        }
        let location =
            redirect::location(&self.here.own_url(), headers.get_all(LOCATION)).map_err(Failure::Redirect)?;
        let Some(location) = location else { return Ok(Hop::Arrived) };
        if self.redirects == redirect::MAX_REDIRECTS {
            return Ok(Hop::TooMany);
        }
        self.redirects = self.redirects.saturating_add(1);
        if self.refuses_credentials(&location) {
            return Err(Failure::Redirect(RedirectFailure::Credentials));
        }
        if redirect::becomes_get(status.as_u16(), self.method.as_str()) {
            self.method = Method::GET;
            self.keeps_body = false;
        }
        self.go(location, redirect::is_permanent(status.as_u16()));
        Ok(Hop::Onward)
    }

    /// Notes that the transport followed redirects by itself, and ended up here.
    ///
    /// # Errors
    ///
    /// [`Failure`] if that is nowhere.
    pub(crate) fn handle_detour(&mut self, url: Url) -> Result<(), Failure> {
        redirect::check_scheme(&url).map_err(Failure::Redirect)?;
        self.go(url, false);
        Ok(())
    }

    /// The URL of the next request, or of the response to it, with what is known of credentials for it.
    pub(crate) fn url(&self) -> &Url {
        &self.here.url
    }

    /// How many requests it took up to here.
    pub(crate) fn requests(&self) -> u32 {
        u32::from(self.redirects) + 1
    }

    pub(crate) fn method(&self) -> &Method {
        &self.method
    }

    pub(crate) fn keeps_body(&self) -> bool {
        self.keeps_body
    }

    /// Begins this attempt elsewhere, as the program wants it.
    pub(crate) fn moved(self, url: Url) -> Self {
        Self::new(Place::new(url), self.method, self.requester)
    }

    /// Whether the headers that the user set stay behind, since they were meant for another origin.
    pub(crate) fn has_crossed(&self) -> bool {
        self.here.has_crossed
    }

    /// Whether requests are made in the name of an origin, which may say so.
    pub(crate) fn has_origin(&self) -> bool {
        self.requester.is_some()
    }

    /// What the [`Origin`] field of the next request says, if it has one.
    ///
    /// [`Origin`]: https://fetch.spec.whatwg.org/#append-a-request-origin-header
    pub(crate) fn origin_field(&self) -> Option<&str> {
        let is_told = self.is_tainted || !matches!(self.method, Method::GET | Method::HEAD);
        self.requester.as_ref().filter(|_| is_told).map(|requester| self.serialized(requester))
    }

    /// Whether the next request, and the response to it, may have [credentials], such as cookies.
    ///
    /// [credentials]: https://fetch.spec.whatwg.org/#concept-http-network-or-cache-fetch
    pub(crate) fn has_credentials(&self) -> bool {
        self.requester.as_ref().is_none_or(|requester| requester.with_credentials() || !self.is_tainted)
    }

    fn check(&self, headers: &HeaderMap) -> Result<(), CorsFailure> {
        let Some(requester) = self.requester.as_ref().filter(|_| self.is_tainted) else { return Ok(()) };
        cors::check(
            self.serialized(requester),
            requester.with_credentials(),
            headers.get_all(ACCESS_CONTROL_ALLOW_ORIGIN),
            headers.get_all(ACCESS_CONTROL_ALLOW_CREDENTIALS),
        )
    }

    /// The request's origin, [serialized](https://fetch.spec.whatwg.org/#serializing-a-request-origin).
    fn serialized<'r>(&self, requester: &'r Requester) -> &'r str {
        if self.is_anonymous { "null" } else { requester.serialized() }
    }

    fn refuses_credentials(&self, location: &Url) -> bool {
        let is_foreign = |requester: &Arc<Requester>| self.is_tainted || !requester.is_origin_of(&location.origin());
        has_userinfo(location) && self.requester.as_ref().is_some_and(is_foreign)
    }

    /// Goes on to another URL. To another origin no userinfo goes, and within one it goes on.
    fn go(&mut self, mut url: Url, is_permanent: bool) {
        let here = &self.here.url;
        let (from, to) = (here.origin(), url.origin());
        let is_carried = from == to && !has_userinfo(&url) && has_userinfo(here);
        if is_carried {
            set_userinfo(&mut url, here.username(), here.password());
        } else if from != to {
            set_userinfo(&mut url, "", None);
        }
        if let Some(requester) = &self.requester {
            self.is_anonymous |= from != to && !requester.is_origin_of(&from);
            self.is_tainted |= !requester.is_origin_of(&to);
        }
        self.here = Place { url, is_carried, has_crossed: self.here.has_crossed || from != to };
        self.only_permanent &= is_permanent;
        if self.only_permanent {
            self.permanent = self.here.clone();
        }
    }
}

fn has_userinfo(url: &Url) -> bool {
    !url.username().is_empty() || url.password().is_some()
}

fn set_userinfo(url: &mut Url, username: &str, password: Option<&str>) {
    // An http URL has a host, and then these cannot fail.
    let _ = url.set_username(username);
    let _ = url.set_password(password);
}

/// Where the attempts of a source begin, and in whose name.
#[derive(Clone, Debug)]
pub(crate) struct Itinerary {
    url: Url,
    requester: Option<Arc<Requester>>,
    method: Method,
    policy: ReconnectionUrl,
    /// Where the next attempt begins, if that is not the URL itself, which it nearly always is.
    next: Option<Box<Place>>,
}

impl Itinerary {
    pub(crate) fn new(url: Url, method: Method, requester: Option<Requester>, policy: ReconnectionUrl) -> Self {
        Self { url, requester: requester.map(Arc::new), method, policy, next: None }
    }

    /// The URL of the source.
    pub(crate) fn url(&self) -> &Url {
        &self.url
    }

    /// Begins an attempt.
    pub(crate) fn begin(&self) -> Route {
        let start = self.next.as_deref().cloned().unwrap_or_else(|| Place::new(self.url.clone()));
        Route::new(start, self.method.clone(), self.requester.clone())
    }

    /// Notes where a connection was made. Nothing but a GET may be asked for there again.
    pub(crate) fn handle_connected(&mut self, route: Route) {
        let next = match self.policy {
            _ if self.method != Method::GET => return,
            ReconnectionUrl::Final => route.here,
            ReconnectionUrl::Permanent => route.permanent,
            ReconnectionUrl::Original => return,
        };
        self.next = if next.is_begin(&self.url) { None } else { Some(Box::new(next)) };
    }

    /// Notes that an attempt was lost before there was a response: whoever was there before may be gone.
    pub(crate) fn handle_lost(&mut self) {
        self.next = None;
    }
}
