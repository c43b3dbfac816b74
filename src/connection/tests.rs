//! Where requests go, hop by hop: the rules of redirects, of CORS and of credentials together.

#![cfg(feature = "client")]

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use http::header::{HeaderMap, HeaderName, HeaderValue};
use http::{Method, StatusCode};
use url::Url;

use super::{CorsFailure, Failure, Hop, Itinerary, ReconnectionUrl, RedirectFailure, Requester, Route};

const A: &str = "https://a.example";

fn itinerary(url: &str, method: Method, requester: Option<Requester>, policy: ReconnectionUrl) -> Itinerary {
    Itinerary::new(Url::parse(url).unwrap(), method, requester, policy)
}

fn route(url: &str, requester: Option<Requester>) -> Route {
    itinerary(url, Method::GET, requester, ReconnectionUrl::Final).begin()
}

fn headers(fields: &[(&'static str, &str)]) -> HeaderMap {
    let field =
        |(name, value): &(&'static str, &str)| (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
    fields.iter().map(field).collect()
}

/// Takes a redirect which allows whoever asks.
fn redirected(route: &mut Route, status: u16, location: &str) -> Result<Hop, Failure> {
    let origin = route.origin_field().unwrap_or("*").to_string();
    let fields = [
        ("location", location),
        ("access-control-allow-origin", &origin),
        ("access-control-allow-credentials", "true"),
    ];
    route.handle_response(StatusCode::from_u16(status).unwrap(), &headers(&fields))
}

#[test]
fn what_is_no_redirect_has_arrived() {
    for status in [200, 204, 300, 302, 304, 305, 306, 404, 500] {
        let mut route = route("http://a.example/s", None);
        let fields: &[_] = if status == 302 { &[] } else { &[("location", "/t")] };
        let arrived = route.handle_response(StatusCode::from_u16(status).unwrap(), &headers(fields));
        assert_eq!((arrived, route.url().path()), (Ok(Hop::Arrived), "/s"), "{status}");
    }
}

#[test]
fn twenty_redirects_are_followed() {
    let mut route = route("http://a.example/", None);
    for hop in 1..=20 {
        assert_eq!(redirected(&mut route, 307, &hop.to_string()), Ok(Hop::Onward));
    }
    assert_eq!(redirected(&mut route, 307, "21"), Ok(Hop::TooMany));
    assert_eq!(route.url().path(), "/20");
}

#[test]
fn a_post_turns_into_a_get_as_in_fetch() {
    for (status, method, after) in [
        (301, Method::POST, Method::GET),
        (302, Method::PUT, Method::PUT),
        (303, Method::PUT, Method::GET),
        (303, Method::HEAD, Method::HEAD),
        (307, Method::POST, Method::POST),
        (308, Method::POST, Method::POST),
    ] {
        let mut route = itinerary(A, method.clone(), None, ReconnectionUrl::Final).begin();
        redirected(&mut route, status, "/t").unwrap();
        assert_eq!((route.method(), route.keeps_body()), (&after, after == method));
    }
}

#[test]
fn the_users_headers_stay_where_they_were_meant_to_go() {
    for (hops, has_crossed) in [
        (&["/t", "https://a.example:443/u"][..], false),
        (&["https://b.example/"], true),
        (&["http://a.example/"], true),
        (&["https://a.example:444/"], true),
        (&["https://b.example/", "https://a.example/"], true),
    ] {
        let mut route = route("https://a.example/s", None);
        for hop in hops {
            redirected(&mut route, 302, hop).unwrap();
        }
        assert_eq!(route.has_crossed(), has_crossed, "{hops:?}");
    }
}

#[test]
fn userinfo_goes_on_within_its_origin_alone() {
    for (location, leads_to) in [
        ("/t", "https://u:p@a.example/t"),
        ("https://a.example/t", "https://u:p@a.example/t"),
        ("https://v@a.example/t", "https://v@a.example/t"),
        ("https://b.example/t", "https://b.example/t"),
        ("https://v:q@b.example/t", "https://b.example/t"),
    ] {
        let mut route = route("https://u:p@a.example/s", None);
        redirected(&mut route, 302, location).unwrap();
        assert_eq!(route.url().as_str(), leads_to);
    }

    let refused = Err(Failure::Redirect(RedirectFailure::Credentials));
    for (start, location, expected) in [
        ("https://a.example/", "https://v@a.example/", Ok(Hop::Onward)),
        ("https://a.example/", "https://v@b.example/", refused.clone()),
        ("https://b.example/", "https://v@b.example/", refused.clone()),
        ("https://b.example/", "https://:q@a.example/", refused),
    ] {
        let mut route = route(start, Requester::new(A, true));
        assert_eq!(redirected(&mut route, 302, location), expected, "{start} {location}");
    }
}

#[test]
fn userinfo_that_is_carried_on_is_not_the_locations() {
    const START: &str = "https://u:p@b.example/";
    let requester = || Requester::new(A, true);
    let refused = Err(Failure::Redirect(RedirectFailure::Credentials));
    assert_eq!(redirected(&mut route(START, requester()), 302, "/t"), refused, "a relative one has what the URL has");

    let mut itinerary = itinerary(START, Method::GET, requester(), ReconnectionUrl::Final);
    let mut route = itinerary.begin();
    assert_eq!(redirected(&mut route, 302, "https://b.example/t"), Ok(Hop::Onward));
    assert_eq!(route.url().as_str(), "https://u:p@b.example/t");
    itinerary.handle_connected(route.clone());
    for mut route in [route, itinerary.begin()] {
        assert_eq!(redirected(&mut route, 302, "/v"), Ok(Hop::Onward));
        assert_eq!(route.url().as_str(), "https://u:p@b.example/v");
    }
}

/// What the `Origin` field says at each hop, and whether credentials go along.
fn asked(start: &str, hops: &[&str], with_credentials: bool) -> Vec<String> {
    let mut route = route(start, Requester::new(A, with_credentials));
    let say = |route: &Route| {
        let origin = route.origin_field().map_or("-", |origin| if origin == A { "A" } else { origin });
        format!("{origin}{}", if route.has_credentials() { "+" } else { "" })
    };
    let mut said = Vec::from([say(&route)]);
    for hop in hops {
        assert_eq!(redirected(&mut route, 302, hop), Ok(Hop::Onward));
        said.push(say(&route));
    }
    said
}

#[test]
fn who_asks_hop_by_hop() {
    const B: &str = "https://b.example/";
    const C: &str = "https://c.example/";
    for (start, hops, without, with) in [
        (A, &[][..], &["-+"][..], &["-+"][..]),
        (A, &["/t"], &["-+", "-+"], &["-+", "-+"]),
        (B, &["/t"], &["A", "A"], &["A+", "A+"]),
        (A, &[B], &["-+", "A"], &["-+", "A+"]),
        (A, &[B, "/t"], &["-+", "A", "A"], &["-+", "A+", "A+"]),
        // Once through foreign hands, nobody is told any more, not even at home.
        (A, &[B, A], &["-+", "A", "null"], &["-+", "A+", "null+"]),
        (A, &[B, C], &["-+", "A", "null"], &["-+", "A+", "null+"]),
        (B, &[A], &["A", "null"], &["A+", "null+"]),
        (B, &[C, "/t", A], &["A", "null", "null", "null"], &["A+", "null+", "null+", "null+"]),
        // Scheme and port are part of an origin.
        ("http://a.example/", &[], &["A"], &["A+"]),
        ("https://a.example:444/", &[], &["A"], &["A+"]),
    ] {
        assert_eq!(asked(start, hops, false), without, "{start} {hops:?}");
        assert_eq!(asked(start, hops, true), with, "{start} {hops:?}");
    }
}

#[test]
fn a_method_with_effects_says_who_asks_at_home_too() {
    let origin_field = |method| {
        let route = itinerary(A, method, Requester::new(A, false), ReconnectionUrl::Final).begin();
        route.origin_field().map(str::to_string)
    };
    assert_eq!(origin_field(Method::GET), None);
    assert_eq!(origin_field(Method::HEAD), None);
    assert_eq!(origin_field(Method::POST).unwrap(), A);
}

#[test]
fn a_trusted_program_is_nobody() {
    let mut route = route("https://a.example/", None);
    for location in ["https://b.example/", "https://u:p@c.example/", "https://a.example/"] {
        assert_eq!((route.origin_field(), route.has_credentials()), (None, true));
        assert_eq!(route.handle_response(StatusCode::FOUND, &headers(&[("location", location)])), Ok(Hop::Onward));
    }
}

#[test]
fn each_response_from_elsewhere_is_checked_before_anything_else() {
    let found = |route: &mut Route, fields: &[(&'static str, &str)]| {
        route.handle_response(StatusCode::FOUND, &headers(&[&[("location", "ftp://x/")], fields].concat()))
    };
    let no_origin = Err(Failure::Cors(CorsFailure::NoAllowOrigin));
    let scheme = Err(Failure::Redirect(RedirectFailure::Scheme("ftp".into())));
    let here = || Requester::new(A, false);
    assert_eq!(found(&mut route("https://a.example/", here()), &[]), scheme, "at home nothing is checked");
    assert_eq!(found(&mut route("https://b.example/", here()), &[]), no_origin);
    assert_eq!(found(&mut route("https://b.example/", here()), &[("access-control-allow-origin", "*")]), scheme);

    let mut route = route("https://b.example/", here());
    redirected(&mut route, 302, A).unwrap();
    for status in [200, 204, 404] {
        let status = StatusCode::from_u16(status).unwrap();
        assert_eq!(route.clone().handle_response(status, &headers(&[])), no_origin, "tainted for good");
        let mut allowed = |origin| route.handle_response(status, &headers(&[("access-control-allow-origin", origin)]));
        assert_eq!(allowed("null"), Ok(Hop::Arrived));
        assert!(matches!(allowed(A), Err(Failure::Cors(CorsFailure::OtherOrigin { .. }))), "it is anonymous by now");
    }
}

#[test]
fn a_transport_that_followed_redirects_has_crossed_too() {
    let mut trusted = route("https://u:p@a.example/s", None);
    trusted.handle_detour(Url::parse("https://a.example/t").unwrap()).unwrap();
    assert_eq!((trusted.url().as_str(), trusted.has_crossed()), ("https://u:p@a.example/t", false));
    trusted.handle_detour(Url::parse("https://b.example/t").unwrap()).unwrap();
    assert_eq!((trusted.url().as_str(), trusted.has_crossed()), ("https://b.example/t", true));

    let nowhere = trusted.handle_detour(Url::parse("data:,").unwrap());
    assert_eq!(nowhere, Err(Failure::Redirect(RedirectFailure::Scheme("data".into()))));

    let mut asking = route("https://a.example/", Requester::new(A, false));
    asking.handle_detour(Url::parse("https://b.example/t").unwrap()).unwrap();
    let refused = asking.handle_response(StatusCode::OK, &headers(&[]));
    assert_eq!(refused, Err(Failure::Cors(CorsFailure::NoAllowOrigin)));
}

#[test]
fn where_the_next_attempt_begins() {
    let after = |policy, method: Method, hops: &[(u16, &str)]| {
        let mut itinerary = itinerary("https://a.example/s", method, None, policy);
        let mut route = itinerary.begin();
        for (status, location) in hops {
            redirected(&mut route, *status, location).unwrap();
        }
        itinerary.handle_connected(route);
        let next = itinerary.begin();
        let next = (next.url().as_str().trim_start_matches("https://").to_string(), next.has_crossed());
        itinerary.handle_lost();
        let last = itinerary.begin();
        assert_eq!((last.url().as_str(), last.has_crossed()), ("https://a.example/s", false), "back to the start");
        next
    };
    let cases: [(&[(u16, &str)], [(&str, bool); 2]); 8] = [
        (&[], [("a.example/s", false); 2]),
        (&[(301, "/t")], [("a.example/t", false); 2]),
        (&[(302, "/t")], [("a.example/t", false), ("a.example/s", false)]),
        (&[(308, "/t"), (301, "/u")], [("a.example/u", false); 2]),
        (&[(301, "/t"), (303, "/u")], [("a.example/u", false), ("a.example/t", false)]),
        (&[(302, "/t"), (301, "/u")], [("a.example/u", false), ("a.example/s", false)]),
        (&[(301, "https://b.example/"), (307, "https://a.example/")], [("a.example/", true), ("b.example/", true)]),
        (&[(307, "https://b.example/")], [("b.example/", true), ("a.example/s", false)]),
    ];
    for (hops, [at_the_end, permanent]) in cases {
        let at = |(url, has_crossed): (&str, bool)| (url.to_string(), has_crossed);
        assert_eq!(after(ReconnectionUrl::Final, Method::GET, hops), at(at_the_end), "{hops:?}");
        assert_eq!(after(ReconnectionUrl::Permanent, Method::GET, hops), at(permanent), "{hops:?}");
        assert_eq!(after(ReconnectionUrl::Original, Method::GET, hops), at(("a.example/s", false)), "{hops:?}");
        assert_eq!(after(ReconnectionUrl::Final, Method::POST, hops), at(("a.example/s", false)), "{hops:?}");
    }
}

#[test]
fn each_attempt_asks_anew() {
    let mut itinerary = itinerary("https://b.example/", Method::GET, Requester::new(A, false), ReconnectionUrl::Final);
    let mut route = itinerary.begin();
    redirected(&mut route, 302, A).unwrap();
    assert_eq!(route.origin_field(), Some("null"));
    itinerary.handle_connected(route);
    let mut next = itinerary.begin();
    assert_eq!((next.origin_field(), next.has_crossed()), (None, true), "at home, but without the user's headers");
    for _ in 0..20 {
        assert_eq!(redirected(&mut next, 302, "/"), Ok(Hop::Onward), "and with redirects of its own");
    }
}
