//! Cookies, above the transport: it is not the transport's to know where they may go.

use alloc::string::String;
use alloc::sync::Arc;
use core::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use cookie_store::{CookieStore, RawCookie};
use http::header::{HeaderMap, HeaderValue, SET_COOKIE};
use url::Url;

use super::Error;

/// The cookies that servers set, to be sent back to them; cheap to clone, and the clones are one jar.
///
/// A source has none unless [`Builder::cookies`](super::Builder::cookies) gives it one. In the name of an
/// [origin](super::Builder::origin), cookies go to other origins, and come from them, only
/// [with credentials](super::Builder::with_credentials).
///
/// Domain, path, expiry and `Secure` of a cookie are minded. `SameSite` is not, and a server may set a cookie for a public
/// suffix, such as `co.uk`: that takes a list which programs have to keep up to date. What a jar holds is gone with it.
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
#[derive(Clone, Default)]
pub struct CookieJar(Arc<Mutex<CookieStore>>);

impl CookieJar {
    /// Makes an empty jar.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets a cookie as if this URL had answered with it, in the form of a `Set-Cookie` field: `session=1234; Path=/`.
    ///
    /// # Errors
    ///
    /// [`Error`] if the URL cannot be parsed, or the cookie is none, or not for this URL to set.
    pub fn set(&self, cookie: &str, url: &str) -> Result<(), Error> {
        let url = Url::parse(url).map_err(Error::url)?;
        let set = self.lock().parse(cookie, &url).map(drop);
        set.map_err(|error| Error::builder("cookie cannot be set", Some(error.into())))
    }

    /// Gets what a request to this URL would say in its `Cookie` field, if anything.
    ///
    /// # Errors
    ///
    /// [`Error`] if the URL cannot be parsed.
    pub fn get(&self, url: &str) -> Result<Option<String>, Error> {
        let url = Url::parse(url).map_err(Error::url)?;
        Ok(self.joined(&url))
    }

    /// The `Cookie` field of a request.
    pub(super) fn field(&self, url: &Url) -> Option<HeaderValue> {
        let mut value = HeaderValue::try_from(self.joined(url)?).ok()?;
        value.set_sensitive(true);
        Some(value)
    }

    /// Takes the `Set-Cookie` fields of a response. What is no cookie, or not this URL's to set, is left out.
    pub(super) fn store(&self, url: &Url, headers: &HeaderMap) {
        let fields = headers.get_all(SET_COOKIE).iter().filter_map(|field| core::str::from_utf8(field.as_bytes()).ok());
        let cookies = fields.filter_map(|field| RawCookie::parse(field).ok()).map(RawCookie::into_owned);
        self.lock().store_response_cookies(cookies, url);
    }

    fn joined(&self, url: &Url) -> Option<String> {
        let store = self.lock();
        let mut joined = String::new();
        for (name, value) in store.get_request_values(url) {
            if !joined.is_empty() {
                joined.push_str("; ");
            }
            joined.extend([name, "=", value]);
        }
        (!joined.is_empty()).then_some(joined)
    }

    fn lock(&self) -> MutexGuard<'_, CookieStore> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Without the cookies, which are secrets.
impl fmt::Debug for CookieJar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CookieJar").finish_non_exhaustive()
    }
}
