//! Cookies, above the transport: it is not the transport's to know where they may go.

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::cmp::Reverse;
use core::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use cookie_store::{Cookie, CookieDomain, CookieError, CookieStore, RawCookie, StoreAction};
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
/// It needs the feature `cookies`.
///
/// Domain, path, expiry, `Secure` and the prefixes `__Secure-` and `__Host-` are minded. `SameSite` is not, and a server may
/// set a cookie for a public suffix, such as `co.uk`: to know these takes a list that programs have to keep up to date. What
/// a jar holds is gone with it.
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
/// # #[cfg(feature = "reqwest")] {
/// let source = ssekit::EventSource::builder("https://example.com/feeds/7").cookies(&jar).build()?;
/// # }
/// # Ok(()) }
/// # run().unwrap();
/// ```
#[derive(Clone)]
pub struct CookieJar(Arc<Mutex<Jar>>);

struct Jar {
    store: CookieStore,
    /// Those in the store, the oldest first.
    ages: Vec<Key>,
    max: usize,
    max_per_host: usize,
}

/// What there is one cookie of: host, path and name.
type Key = [String; 3];

impl CookieJar {
    /// The default of [`with_max`](Self::with_max): 3000.
    pub const DEFAULT_MAX: usize = 3000;
    /// The default of [`with_max_per_host`](Self::with_max_per_host): 50.
    pub const DEFAULT_MAX_PER_HOST: usize = 50;
    /// How long a cookie may be, name and value together, in bytes: the number of RFC 6265.
    const MAX_LENGTH: usize = 4096;
    /// How long a `Set-Cookie` may be with all its attributes.
    const MAX_FIELD_LENGTH: usize = 2 * Self::MAX_LENGTH;

    /// Makes an empty jar.
    #[must_use]
    pub fn new() -> Self {
        let (max, max_per_host) = (Self::DEFAULT_MAX, Self::DEFAULT_MAX_PER_HOST);
        Self(Arc::new(Mutex::new(Jar { store: CookieStore::default(), ages: Vec::new(), max, max_per_host })))
    }

    /// Sets how many cookies the jar, with all its clones, holds at the most; one more takes the place of the oldest of the
    /// host that has most.
    ///
    /// The default is 3000, which is what RFC 6265 wants at the least: a server could fill the memory otherwise.
    #[must_use]
    pub fn with_max(self, cookies: usize) -> Self {
        self.lock().max = cookies;
        self
    }

    /// Sets how many cookies of one host the jar, with all its clones, holds at the most; one more takes the place of its
    /// oldest.
    ///
    /// The default is 50, which is what RFC 6265 wants at the least: servers refuse requests with very many.
    #[must_use]
    pub fn with_max_per_host(self, cookies: usize) -> Self {
        self.lock().max_per_host = cookies;
        self
    }

    /// Sets a cookie as if this URL had answered with it, in the form of a `Set-Cookie` field: `session=1234; Path=/`.
    ///
    /// # Errors
    ///
    /// [`Error`] if the URL cannot be parsed, or the cookie is none, contains control characters, exceeds 4096 bytes (or twice
    /// that with its attributes) or is not for this URL to set.
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
        if name.len() + value.len() > CookieJar::MAX_LENGTH || cookie.len() > CookieJar::MAX_FIELD_LENGTH {
            return Err("cookie is too long".into());
        }
        if [name, value].concat().contains(|c: char| c.is_ascii_control() && c != '\t') {
            return Err("cookie contains a control character".into());
        }
        let has_prefix =
            |prefix: &str| name.get(..prefix.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(prefix));
        let is_secure = raw.secure().unwrap_or(false);
        if (is_secure || has_prefix("__Secure-") || has_prefix("__Host-")) && !(is_secure && is_trustworthy(url)) {
            return Err("cookie is secure, and its URL or itself is not".into());
        }
        if has_prefix("__Host-") && (raw.domain().is_some() || raw.path() != Some("/")) {
            return Err("cookie is for its host alone, and says otherwise".into());
        }
        let hides = |old: &Cookie<'_>| old.secure().unwrap_or(false) && old.name() == name && old.domain.matches(url);
        if !is_trustworthy(url) && self.store.iter_unexpired().any(hides) {
            return Err("cookie would take the place of a secure one".into());
        }
        let cookie = Cookie::try_from_raw_cookie(&raw, url)?.into_owned();
        let key = [host(&cookie).into(), String::from(&*cookie.path), cookie.name().into()];
        match self.store.insert(cookie, url) {
            Ok(StoreAction::Inserted) => {
                self.ages.push(key);
                self.make_room();
            }
            Ok(StoreAction::ExpiredExisting) => self.remove(&key),
            // There was none to be removed.
            Ok(StoreAction::UpdatedExisting) | Err(CookieError::Expired) => {}
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }

    /// Takes out the oldest of those that are too many.
    fn make_room(&mut self) {
        let Some(host) = self.ages.last().map(|key| key[0].clone()) else { return };
        let count = |host: &str| self.ages.iter().filter(|key| key[0] == host).count();
        let crowded = if count(&host) > self.max_per_host {
            Some(host)
        } else if self.ages.len() > self.max {
            self.ages.iter().map(|key| &key[0]).max_by_key(|host| count(host)).cloned()
        } else {
            None
        };
        if let Some(oldest) = self.ages.iter().find(|key| crowded.as_ref() == Some(&key[0])).cloned() {
            self.remove(&oldest);
        }
    }

    fn remove(&mut self, key: &Key) {
        let [host, path, name] = key;
        self.store.remove(host, path, name);
        self.ages.retain(|other| other != key);
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

/// The host that set a cookie, or whose parts it is for too.
fn host<'c>(cookie: &'c Cookie<'_>) -> &'c str {
    match &cookie.domain {
        CookieDomain::HostOnly(host) | CookieDomain::Suffix(host) => host,
        CookieDomain::NotPresent | CookieDomain::Empty => "",
    }
}
