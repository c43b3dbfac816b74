//! Whether a server lets another origin have its response.

use alloc::format;
use alloc::string::String;
use core::fmt;

use url::{Origin, Url};

use super::fields::combined;

/// Who asks: the origin in whose name requests are made, and whether with credentials.
#[derive(Clone, Debug)]
pub(crate) struct Requester {
    origin: Origin,
    serialized: String,
    with_credentials: bool,
}

impl Requester {
    /// Takes an origin as an `Origin` field has it: `https://example.com`, or `null`.
    ///
    /// One of a scheme that is not fetched, such as `tauri://localhost`, is not the origin of any URL.
    pub(crate) fn new(origin: &str, with_credentials: bool) -> Option<Self> {
        if origin == "null" {
            return Some(Self { origin: Origin::new_opaque(), serialized: origin.into(), with_credentials });
        }
        let url = Url::parse(origin).ok()?;
        let host = url.host_str().filter(|host| !host.is_empty())?;
        let is_bare = matches!(url.path(), "" | "/") && url.query().is_none() && url.fragment().is_none();
        if !is_bare || !url.username().is_empty() || url.password().is_some() {
            return None;
        }
        let serialized = match (url.origin(), url.port()) {
            (tuple @ Origin::Tuple(..), _) => tuple.ascii_serialization(),
            (Origin::Opaque(_), Some(port)) => format!("{}://{host}:{port}", url.scheme()),
            (Origin::Opaque(_), None) => format!("{}://{host}", url.scheme()),
        };
        Some(Self { origin: url.origin(), serialized, with_credentials })
    }

    /// Whether this is the origin of a URL.
    pub(super) fn is_origin_of(&self, origin: &Origin) -> bool {
        self.origin == *origin
    }

    pub(super) fn serialized(&self) -> &str {
        &self.serialized
    }

    pub(super) fn with_credentials(&self) -> bool {
        self.with_credentials
    }
}

/// Checks what a response says of who may have it: the [CORS check].
///
/// `origin` is what the request's `Origin` field said. The rest are the values of `Access-Control-Allow-Origin` and
/// `Access-Control-Allow-Credentials`.
///
/// [CORS check]: https://fetch.spec.whatwg.org/#concept-cors-check
pub(super) fn check<V: AsRef<[u8]>>(
    origin: &str,
    with_credentials: bool,
    allow_origin: impl IntoIterator<Item = V>,
    allow_credentials: impl IntoIterator<Item = V>,
) -> Result<(), CorsFailure> {
    let Some(allowed) = combined(allow_origin) else { return Err(CorsFailure::NoAllowOrigin) };
    if allowed == b"*" {
        return if with_credentials { Err(CorsFailure::AnyOriginWithCredentials) } else { Ok(()) };
    }
    if allowed != origin.as_bytes() {
        let allowed = String::from_utf8_lossy(&allowed).into_owned();
        return Err(CorsFailure::OtherOrigin { allowed, origin: origin.into() });
    }
    if with_credentials && combined(allow_credentials).as_deref() != Some(b"true") {
        return Err(CorsFailure::CredentialsNotAllowed);
    }
    Ok(())
}

/// Which rule of the [CORS check] a response breaks.
///
/// [CORS check]: https://fetch.spec.whatwg.org/#concept-cors-check
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CorsFailure {
    /// It has no `Access-Control-Allow-Origin`.
    NoAllowOrigin,
    /// Its `Access-Control-Allow-Origin` is `*`, which is not enough for a request with credentials.
    AnyOriginWithCredentials,
    /// Its `Access-Control-Allow-Origin` is not, byte for byte, the `Origin` of the request.
    #[non_exhaustive]
    OtherOrigin {
        /// The field's value.
        allowed: String,
        /// What it should be.
        origin: String,
    },
    /// Its `Access-Control-Allow-Credentials` is not `true`, and the request had credentials.
    CredentialsNotAllowed,
}

impl fmt::Display for CorsFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CORS check failed: ")?;
        match self {
            Self::NoAllowOrigin => f.write_str("response has no access-control-allow-origin"),
            Self::AnyOriginWithCredentials => {
                f.write_str("access-control-allow-origin is \"*\", and the request has credentials")
            }
            Self::OtherOrigin { allowed, origin } => {
                write!(f, "access-control-allow-origin is {allowed:?}, not {origin:?}")
            }
            Self::CredentialsNotAllowed => {
                f.write_str("access-control-allow-credentials is not \"true\", and the request has credentials")
            }
        }
    }
}

impl core::error::Error for CorsFailure {}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn who_may_ask() {
        for (text, serialized) in [
            ("https://example.com", "https://example.com"),
            ("HTTPS://EXAMPLE.com:443/", "https://example.com"),
            ("http://b\u{fc}cher.example:8080", "http://xn--bcher-kva.example:8080"),
            ("http://[::1]:80", "http://[::1]"),
            ("tauri://localhost", "tauri://localhost"),
            ("app://here:7", "app://here:7"),
            ("null", "null"),
        ] {
            let requester = Requester::new(text, false).unwrap();
            assert_eq!(requester.serialized(), serialized);
            let url = Url::parse("https://example.com/feed").unwrap();
            assert_eq!(requester.is_origin_of(&url.origin()), serialized == "https://example.com");
        }
        for text in [
            "",
            "example.com",
            "localhost:8080",
            "https://",
            "https://example.com/a",
            "https://example.com/?",
            "https://example.com/#",
            "https://u@example.com",
            "https://:p@example.com",
            "file:///",
            "mailto:a@b",
            "*",
        ] {
            assert!(Requester::new(text, false).is_none(), "{text}");
        }
    }

    #[test]
    fn an_origin_is_allowed_by_its_bytes() {
        const A: &str = "https://a.example";
        const OTHER: &str = "other";
        let cases: [(&[&str], &[&str], [Option<&str>; 2]); 14] = [
            (&[], &["true"], [Some("has no"), Some("has no")]),
            (&["*"], &["true"], [None, Some("\"*\"")]),
            (&[A], &["true"], [None, None]),
            (&[" https://a.example\t"], &[" true "], [None, None]),
            (&[A], &[], [None, Some("credentials")]),
            (&[A], &["True"], [None, Some("credentials")]),
            (&[A], &["true", "true"], [None, Some("credentials")]),
            (&[""], &["true"], [Some(OTHER), Some(OTHER)]),
            (&["null"], &["true"], [Some(OTHER), Some(OTHER)]),
            (&["https://a.example/"], &["true"], [Some(OTHER), Some(OTHER)]),
            (&["HTTPS://a.example"], &["true"], [Some(OTHER), Some(OTHER)]),
            (&["https://*.example"], &["true"], [Some(OTHER), Some(OTHER)]),
            (&[A, A], &["true"], [Some(OTHER), Some(OTHER)]),
            (&["*, https://a.example"], &["true"], [Some(OTHER), Some(OTHER)]),
        ];
        for (allow_origin, allow_credentials, expected) in cases {
            for (with_credentials, expected) in [(false, expected[0]), (true, expected[1])] {
                let checked = check(A, with_credentials, allow_origin, allow_credentials);
                match expected {
                    None => assert_eq!(checked, Ok(()), "{allow_origin:?}"),
                    Some(OTHER) => {
                        let allowed = allow_origin.join(", ");
                        assert_eq!(checked, Err(CorsFailure::OtherOrigin { allowed, origin: A.into() }));
                    }
                    Some(rule) => assert!(checked.unwrap_err().to_string().contains(rule), "{allow_origin:?}"),
                }
            }
        }
        assert_eq!(check("null", true, ["null"], ["true"]), Ok(()));
    }
}
