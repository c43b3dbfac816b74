//! Cookies, above the transport: it is not the transport's to know where they may go.

use alloc::string::String;
use alloc::sync::Arc;
use core::cmp::Reverse;
use core::convert::Infallible;
use core::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use cookie_store::{Cookie, CookieError, CookieStore, RawCookie};
use http::header::{HeaderMap, HeaderValue, SET_COOKIE};
use url::{Host, Url};

use super::Error;
use super::transport::BoxError;

/// The cookies that servers set, to be sent back to them; cheap to clone, and the clones are one jar.
///
/// A source has none unless [`Builder::cookies`](super::Builder::cookies) gives it one. In the name of an
/// [origin](super::Builder::origin), cookies go to other origins, and come from them, only
/// [with credentials](super::Builder::with_credentials).
///
/// Domain, path, expiry, `Secure` and the prefixes `__Secure-` and `__Host-` are minded. `SameSite` is not, nor is it that a
/// server on `http` takes the place of a cookie that one on `https` set. A server may set a cookie for a public suffix, such
/// as `co.uk`: to know these takes a list that programs have to keep up to date. What a jar holds is gone with it.
///
/// # Examples
///
/// ```
/// # fn run() -> Result<(), ssekit::Error> {
/// use ssekit::CookieJar;
///
/// let jar = CookieJar::new();
/// jar.set("session=1234; Secure; Path=/feeds", "https://example.com/")?;
/// assert_eq!(jar.get("https://example.com/feeds/7")?.unwrap(), "session=1234");
/// assert_eq!(jar.get("https://example.org/feeds/7")?, None);
/// # Ok(()) }
/// # run().unwrap();
/// ```
#[derive(Clone)]
pub struct CookieJar(Arc<Mutex<Jar>>);

struct Jar {
    store: CookieStore,
    per_domain: usize,
    in_all: usize,
}

impl CookieJar {
    /// How long a cookie may be, name and value together, in bytes: the number of RFC 6265.
    const MAX_LENGTH: usize = 4096;

    /// Makes an empty jar, which takes 50 cookies of each domain and 3000 in all: the numbers of RFC 6265. More of them make
    /// a request that servers refuse.
    #[must_use]
    pub fn new() -> Self {
        Self::with_limits(50, 3000)
    }

    /// Makes an empty jar that takes so many cookies of each domain, and so many in all. One that is new is left out once it
    /// is full.
    #[must_use]
    pub fn with_limits(per_domain: usize, in_all: usize) -> Self {
        Self(Arc::new(Mutex::new(Jar { store: CookieStore::default(), per_domain, in_all })))
    }

    /// Sets a cookie as if this URL had answered with it, in the form of a `Set-Cookie` field: `session=1234; Path=/`.
    ///
    /// # Errors
    ///
    /// [`Error`] if the URL cannot be parsed, the cookie is none, contains control characters, exceeds 4096 bytes or is not
    /// for this URL to set, or the jar is full.
    pub fn set(&self, cookie: &str, url: &str) -> Result<(), Error> {
        let url = Url::parse(url).map_err(Error::url)?;
        let set = self.lock().set(cookie, &url);
        set.map_err(|error| Error::builder("cookie cannot be set", Some(error)))
    }

    /// Gets what a request to this URL would say in its `Cookie` field, if anything.
    ///
    /// # Errors
    ///
    /// [`Error`] if the URL cannot be parsed.
    pub fn get(&self, url: &str) -> Result<Option<String>, Error> {
        let url = Url::parse(url).map_err(Error::url)?;
        Ok(self.lock().get(&url))
    }

    /// The `Cookie` field of a request.
    pub(super) fn field(&self, url: &Url) -> Option<HeaderValue> {
        let mut value = HeaderValue::try_from(self.lock().get(url)?).ok()?;
        value.set_sensitive(true);
        Some(value)
    }

    /// Takes the `Set-Cookie` fields of a response. What is no cookie, or not this URL's to set, is left out.
    pub(super) fn store(&self, url: &Url, headers: &HeaderMap) {
        let mut jar = self.lock();
        for field in headers.get_all(SET_COOKIE) {
            if let Ok(cookie) = core::str::from_utf8(field.as_bytes()) {
                let _ = jar.set(cookie, url);
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Jar> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for CookieJar {
    fn default() -> Self {
        Self::new()
    }
}

/// Without the cookies, which are secrets.
impl fmt::Debug for CookieJar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CookieJar").finish_non_exhaustive()
    }
}

/// Whether what is sent there is safe from others: it is encrypted, or does not leave the machine.
fn is_trustworthy(url: &Url) -> bool {
    let is_local = match url.host() {
        Some(Host::Domain(domain)) => domain == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    url.scheme() == "https" || is_local
}

impl Jar {
    fn set(&mut self, cookie: &str, url: &Url) -> Result<(), BoxError> {
        let raw = RawCookie::parse(cookie)?;
        let (name, value) = raw.name_value();
        if name.len() + value.len() > CookieJar::MAX_LENGTH {
            return Err("cookie exceeds 4096 bytes".into());
        }
        if [name, value].concat().contains(|c: char| c.is_ascii_control() && c != '\t') {
            return Err("cookie contains a control character".into());
        }
        let is_secure = raw.secure().unwrap_or(false);
        if (is_secure || name.starts_with("__Secure-") || name.starts_with("__Host-"))
            && !(is_secure && is_trustworthy(url))
        {
            return Err("cookie is secure, and its URL or itself is not".into());
        }
        if name.starts_with("__Host-") && (raw.domain().is_some() || raw.path() != Some("/")) {
            return Err("cookie is for its host alone, and says otherwise".into());
        }
        let cookie = Cookie::try_from_raw_cookie(&raw, url)?.into_owned();
        self.make_room(&cookie)?;
        match self.store.insert(cookie, url) {
            // There was none to be removed.
            Ok(_) | Err(CookieError::Expired) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    fn make_room(&mut self, new: &Cookie<'_>) -> Result<(), BoxError> {
        let is_replaced =
            |old: &Cookie<'_>| old.domain == new.domain && old.path == new.path && old.name() == new.name();
        if self.store.iter_any().any(is_replaced) {
            return Ok(());
        }
        if self.store.iter_any().count() >= self.in_all {
            let current = self.store.iter_unexpired().cloned().map(Ok::<_, Infallible>);
            self.store = CookieStore::from_cookies(current, false)?;
        }
        let of_domain = self.store.iter_unexpired().filter(|old| old.domain == new.domain).count();
        if of_domain >= self.per_domain || self.store.iter_any().count() >= self.in_all {
            return Err("cookie jar is full".into());
        }
        Ok(())
    }

    /// Those with a longer path go first, since servers take the first of two with one name.
    fn get(&self, url: &Url) -> Option<String> {
        let mut cookies = self.store.matches(url);
        cookies.sort_by(|a, b| {
            let order = |cookie: &Cookie<'_>| Reverse(cookie.path.len());
            order(a).cmp(&order(b)).then_with(|| a.name().cmp(b.name()))
        });
        let mut joined = String::new();
        for (name, value) in cookies.into_iter().map(|cookie| cookie.name_value()) {
            if !joined.is_empty() {
                joined.push_str("; ");
            }
            joined.extend([name, "=", value]);
        }
        (!joined.is_empty()).then_some(joined)
    }
}
