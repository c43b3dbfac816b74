//! What a redirect says.

use alloc::borrow::Cow;
use alloc::string::String;
use core::fmt;

use percent_encoding::{AsciiSet, CONTROLS, percent_encode};
use url::Url;

use super::fields::trimmed;

/// How many redirects one attempt follows: the number of the [Fetch standard][limit].
///
/// [limit]: https://fetch.spec.whatwg.org/#concept-http-redirect-fetch
pub(super) const MAX_REDIRECTS: u8 = 20;

/// Bytes beyond ASCII, and those that no field can have. Not the tab, which the URL parser drops.
const ESCAPED: &AsciiSet = &CONTROLS.remove(b'\t');

/// Whether a response with this status may be a [redirect].
///
/// [redirect]: https://fetch.spec.whatwg.org/#redirect-status
pub(super) fn is_redirect(status: u16) -> bool {
    matches!(status, 301 | 302 | 303 | 307 | 308)
}

/// Whether a redirect with this status holds for later requests too.
pub(super) fn is_permanent(status: u16) -> bool {
    matches!(status, 301 | 308)
}

/// Whether a request of this method goes on as a GET without its body.
pub(super) fn becomes_get(status: u16, method: &str) -> bool {
    match status {
        301 | 302 => method == "POST",
        303 => !matches!(method, "GET" | "HEAD"),
        _ => false,
    }
}

/// Gets the [location URL] of a redirect of this URL, out of its `Location` fields; `None` if there is none.
///
/// Bytes beyond ASCII are escaped, as the URL parser would escape the characters that they stand for.
///
/// [location URL]: https://fetch.spec.whatwg.org/#concept-response-location-url
pub(super) fn location<V: AsRef<[u8]>>(
    url: &Url,
    fields: impl IntoIterator<Item = V>,
) -> Result<Option<Url>, RedirectFailure> {
    let mut fields = fields.into_iter();
    let Some(field) = fields.next() else { return Ok(None) };
    if fields.next().is_some() {
        return Err(RedirectFailure::SeveralLocations);
    }
    let field: Cow<'_, str> = percent_encode(trimmed(field.as_ref()), ESCAPED).into();
    let mut location = url.join(&field).map_err(|_| RedirectFailure::Unparsable)?;
    check_scheme(&location)?;
    if location.fragment().is_none() {
        location.set_fragment(url.fragment());
    }
    Ok(Some(location))
}

pub(super) fn check_scheme(location: &Url) -> Result<(), RedirectFailure> {
    match location.scheme() {
        "http" | "https" => Ok(()),
        other => Err(RedirectFailure::Scheme(other.into())),
    }
}

/// Why a redirect cannot be followed.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RedirectFailure {
    /// It has more than one `Location`.
    SeveralLocations,
    /// Its `Location` cannot be parsed as a URL.
    Unparsable,
    /// Its `Location` has this scheme, and neither `http` nor `https`.
    Scheme(String),
    /// Its `Location` has a user name or a password, which is not for requests to another origin than the one that asks, or
    /// that have been to another one.
    Credentials,
}

impl fmt::Display for RedirectFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("redirect cannot be followed: ")?;
        match self {
            Self::SeveralLocations => f.write_str("it has more than one location"),
            Self::Unparsable => f.write_str("its location cannot be parsed"),
            Self::Scheme(scheme) => write!(f, "scheme {scheme:?} cannot be fetched, only http and https can"),
            Self::Credentials => f.write_str(
                "its location has credentials, and it is, or has been, at another origin than the one that asks",
            ),
        }
    }
}

impl core::error::Error for RedirectFailure {}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn where_a_location_leads() {
        for (location_field, leads_to) in [
            ("/t", "http://u:p@a.example/t#f"),
            ("t?x#g", "http://u:p@a.example/dir/t?x#g"),
            ("", "http://u:p@a.example/dir/s?q#f"),
            ("#g", "http://u:p@a.example/dir/s?q#g"),
            ("//b.example", "http://b.example/#f"),
            (" HTTPS://B.example:443/%20 ", "https://b.example/%20#f"),
            ("http://b.exa\tmple/a\tb", "http://b.example/ab#f"),
            ("http://v@a.example/", "http://v@a.example/#f"),
            ("http://b\u{fc}cher.example/\u{fc}?\u{fc}", "http://xn--bcher-kva.example/%C3%BC?%C3%BC#f"),
        ] {
            let url = Url::parse("http://u:p@a.example/dir/s?q#f").unwrap();
            assert_eq!(location(&url, [location_field]).unwrap().unwrap().as_str(), leads_to);
        }
        let url = Url::parse("http://a.example/s").unwrap();
        assert_eq!(location(&url, [""; 0]), Ok(None));
        assert_eq!(location(&url, [b"/\xff"]).unwrap().unwrap().as_str(), "http://a.example/%FF");
    }

    #[test]
    fn where_none_leads() {
        let url = Url::parse("http://a.example/s").unwrap();
        let cases: [(&[&str], &str); 8] = [
            (&["/t", "/t"], "it has more than one location"),
            (&["http://"], "its location cannot be parsed"),
            (&["http://a.example:99999/"], "its location cannot be parsed"),
            (&["http://exa mple/"], "its location cannot be parsed"),
            (&["ftp://a.example/"], "scheme \"ftp\" cannot be fetched, only http and https can"),
            (&["data:text/event-stream,"], "scheme \"data\" cannot be fetched, only http and https can"),
            (&["about:blank"], "scheme \"about\" cannot be fetched, only http and https can"),
            (&["localhost:80/"], "scheme \"localhost\" cannot be fetched, only http and https can"),
        ];
        for (fields, why) in cases {
            let failure = location(&url, fields).unwrap_err();
            assert_eq!(failure.to_string(), ["redirect cannot be followed: ", why].concat());
        }
    }

    #[test]
    fn which_method_goes_on() {
        let becomes_get = |method| [301, 302, 303, 307, 308].map(|status| becomes_get(status, method));
        assert_eq!(becomes_get("GET"), [false; 5]);
        assert_eq!(becomes_get("HEAD"), [false; 5]);
        assert_eq!(becomes_get("POST"), [true, true, true, false, false]);
        assert_eq!(becomes_get("PUT"), [false, false, true, false, false]);
        assert_eq!((300..=400).filter(|&status| is_redirect(status)).count(), 5);
        assert_eq!((300..=400).filter(|&status| is_permanent(status)).count(), 2);
    }
}
