//! Who gets what the user set: every kind of redirect, on every attempt.

mod scripted;

use std::error::Error as _;
use std::fmt::Write;

use scripted::{Answer, Part, Request, Script, ok, redirect, status, text};
use ssekit::{Builder, Client, Error, EventSource, Signal};

/// Those that the user set, and those that come of the URL and of a jar.
const COLUMNS: [(&str, char); 9] = [
    ("authorization", 'A'),
    ("cookie", 'C'),
    ("proxy-authorization", 'P'),
    ("x-api-key", 'K'),
    ("x-named", 'N'),
    ("user-agent", 'H'),
    ("last-event-id", 'I'),
    ("referer", 'R'),
    ("origin", 'O'),
];

/// What goes with each request, and the same of a source that has its credentials in its URL and in a jar.
///
/// `A`uthorization, `C`ookie, `P`roxy-Authorization, X-Api-`K`ey, a header that was `N`amed to be kept, one that is
/// `H`armless (User-Agent), the last event `I`D. The attempts are: the first; behind a loss, from where the first one ended;
/// behind one that was not answered there, from the URL of the source again; and one that was asked for.
const TABLE: &[(&str, &str, &[&str], &str)] = &[
    (
        "within an origin",
        "http://a.example/s",
        &["/t"],
        "1 http://a.example/s ACPKNH  AC
         1 http://a.example/t ACPKNH  AC
         2 http://a.example/t ACPKNHI ACI
         3 http://a.example/s ACPKNHI ACI
         3 http://a.example/t ACPKNHI ACI
         4 http://a.example/t ACPKNHI ACI",
    ),
    (
        "to another host",
        "http://a.example/s",
        &["http://b.example/t"],
        "1 http://a.example/s ACPKNH  AC
         1 http://b.example/t NH      -
         2 http://b.example/t NHI     I
         3 http://a.example/s ACPKNHI ACI
         3 http://b.example/t NHI     I
         4 http://b.example/t NHI     I",
    ),
    (
        "to a host below it",
        "http://a.example/s",
        &["http://sub.a.example/t"],
        "1 http://a.example/s     ACPKNH  AC
         1 http://sub.a.example/t NH      -
         2 http://sub.a.example/t NHI     I
         3 http://a.example/s     ACPKNHI ACI
         3 http://sub.a.example/t NHI     I
         4 http://sub.a.example/t NHI     I",
    ),
    (
        // Cookies are not kept apart by ports, which is how browsers have it.
        "to another port",
        "http://a.example/s",
        &["http://a.example:81/t"],
        "1 http://a.example/s    ACPKNH  AC
         1 http://a.example:81/t NH      C
         2 http://a.example:81/t NHI     CI
         3 http://a.example/s    ACPKNHI ACI
         3 http://a.example:81/t NHI     CI
         4 http://a.example:81/t NHI     CI",
    ),
    (
        "to what anybody can read",
        "https://a.example/s",
        &["http://a.example/t"],
        "1 https://a.example/s ACPKNH  AC
         1 http://a.example/t  NH      C
         2 http://a.example/t  NHI     CI
         3 https://a.example/s ACPKNHI ACI
         3 http://a.example/t  NHI     CI
         4 http://a.example/t  NHI     CI",
    ),
    (
        "to TLS",
        "http://a.example/s",
        &["https://a.example/t"],
        "1 http://a.example/s  ACPKNH  AC
         1 https://a.example/t NH      C
         2 https://a.example/t NHI     CI
         3 http://a.example/s  ACPKNHI ACI
         3 https://a.example/t NHI     CI
         4 https://a.example/t NHI     CI",
    ),
    (
        "there and back",
        "http://a.example/s",
        &["http://b.example/u", "http://a.example/t"],
        "1 http://a.example/s ACPKNH  AC
         1 http://b.example/u NH      -
         1 http://a.example/t NH      C
         2 http://a.example/t NHI     CI
         3 http://a.example/s ACPKNHI ACI
         3 http://b.example/u NHI     I
         3 http://a.example/t NHI     CI
         4 http://a.example/t NHI     CI",
    ),
    (
        "on and on",
        "http://a.example/s",
        &["/u", "http://b.example/v", "http://c.example/t"],
        "1 http://a.example/s ACPKNH  AC
         1 http://a.example/u ACPKNH  AC
         1 http://b.example/v NH      -
         1 http://c.example/t NH      -
         2 http://c.example/t NHI     I
         3 http://a.example/s ACPKNHI ACI
         3 http://a.example/u ACPKNHI ACI
         3 http://b.example/v NHI     I
         3 http://c.example/t NHI     I
         4 http://c.example/t NHI     I",
    ),
    (
        "with another's userinfo, across",
        "http://a.example/s",
        &["http://v:q@b.example/t"],
        "1 http://a.example/s ACPKNH  AC
         1 http://b.example/t NH      -
         2 http://b.example/t NHI     I
         3 http://a.example/s ACPKNHI ACI
         3 http://b.example/t NHI     I
         4 http://b.example/t NHI     I",
    ),
];

/// Follows the feed over its four attempts, and says which columns each request had.
async fn sent(start: &str, hops: &[&str], status_code: u16, set: impl Fn(Builder) -> Builder) -> Vec<(String, String)> {
    let paths: Vec<String> = hops.iter().map(|hop| format!("/{}", hop.rsplit('/').next().unwrap())).collect();
    let mut locations: Vec<String> = hops.iter().map(|hop| (*hop).to_owned()).collect();
    locations.reverse();
    let (mut answered, mut hop) = (0, 0);
    let script = Script::answering(move |request: &Request| {
        if request.uri().path() == "/s" {
            hop = 0;
        }
        if request.uri().path() == "/s" || paths[..paths.len() - 1].iter().any(|path| path == request.uri().path()) {
            hop += 1;
            return redirect(status_code, &locations[locations.len() - hop]);
        }
        answered += 1;
        match answered {
            1 => ok([text("id: 1\ndata: a\n\n")]),
            2 => Answer::refused(),
            3 => ok([text("id: 2\ndata: b\n\n"), Part::hang()]),
            _ => status(204),
        }
    });
    let mut source = set(script.client().source(start)).build().unwrap();
    let handle = source.handle();
    while let Some(signal) = source.signal().await.unwrap() {
        if matches!(&signal, Signal::Message(event) if event.data() == "b") {
            handle.reconnect_now();
        }
    }
    let mut attempt = 0;
    let mut before = String::new();
    let requests = script.requests();
    let line = |request: &Request| {
        let uri = request.uri().to_string();
        // An attempt begins at the URL of the source, or where the one before it ended.
        if uri == before || request.uri().path() == "/s" {
            attempt += 1;
        }
        let columns = COLUMNS.iter().filter(|(name, _)| request.header(name).is_some()).map(|(_, letter)| *letter);
        let line = (format!("{attempt} {uri}"), columns.collect());
        before = uri;
        line
    };
    requests.iter().map(line).collect()
}

fn with_headers(builder: Builder) -> Builder {
    let builder = builder.header("authorization", "Bearer t").header("cookie", "a=b").header("x-api-key", "k");
    builder
        .header("proxy-authorization", "Basic p")
        .header("user-agent", "ua")
        .header("x-named", "n")
        .keep_header("X-Named")
}

#[tokio::test(start_paused = true)]
async fn who_gets_what_on_which_attempt() {
    for (case, start, hops, expected) in TABLE {
        for status in [301, 302, 303, 307, 308] {
            let lines = sent(start, hops, status, with_headers).await;
            let expected: Vec<Vec<&str>> = expected.lines().map(|line| line.split_whitespace().collect()).collect();
            let expected: Vec<_> =
                expected.iter().map(|line| (format!("{} {}", line[0], line[1]), line[2].to_owned())).collect();
            assert_eq!(lines, expected, "{case}, {status}");
        }
    }
}

/// The third column of the table: what the source has by itself goes by origin, or by what cookies go by, and there is no
/// harmless header but `User-Agent`, which is the transport's here.
#[cfg(feature = "cookies")]
#[tokio::test(start_paused = true)]
async fn who_gets_the_userinfo_and_the_cookies() {
    for (case, start, hops, expected) in TABLE {
        for status in [301, 302, 303, 307, 308] {
            let jar = ssekit::CookieJar::new();
            jar.set("session=s3cret", start).unwrap();
            let start = start.replacen("://", "://u:p@", 1);
            let lines = sent(&start, hops, status, |builder| builder.cookies(&jar)).await;
            let expected: Vec<Vec<&str>> = expected.lines().map(|line| line.split_whitespace().collect()).collect();
            let columns = |line: &Vec<&str>| line[3].replace('-', "");
            let expected: Vec<_> =
                expected.iter().map(|line| (format!("{} {}", line[0], line[1]), columns(line))).collect();
            assert_eq!(lines, expected, "{case}, {status}");
        }
    }
}

/// All that an error shows of itself and its sources, to whoever prints them in whichever way.
fn shown(error: &Error) -> String {
    let mut all = format!("{error} {error:#} {error:?} {error:#?}");
    let mut source = error.source();
    while let Some(error) = source {
        write!(all, "\n{error} {error:#} {error:?} {error:#?}").unwrap();
        source = error.source();
    }
    all
}

/// All that a source shows up to its end.
async fn all_shown(mut source: EventSource) -> String {
    let mut all = format!("{source:?} {:?}", source.handle());
    loop {
        match source.signal().await {
            Ok(Some(signal)) => {
                write!(all, "\n{signal:?} {signal:#?}").unwrap();
                if let Signal::Reconnecting { error, .. } = signal {
                    all += &shown(&error);
                }
            }
            Ok(None) => return all,
            Err(error) => return all + &shown(&error),
        }
    }
}

/// With a secret wherever one can be.
fn full_of_secrets(client: &Client, host: &str) -> Builder {
    let builder = client.source(format!("http://user:s3cret@{host}/feed?token=s3cret#s3cret"));
    with_headers(builder.header("x-token", "s3cret").method("POST").body("s3cret"))
}

#[tokio::test(start_paused = true)]
async fn no_secret_is_shown_whatever_happens() {
    const ON: [&str; 2] = ["/t?token=s3cret", "http://v:s3cret@b.example/t?token=s3cret"];
    let ends: [fn() -> Answer; 7] = [
        || ok([text("data: a\n\n"), Part::broken()]),
        || ok([text("id: s3cret\ndata: s3cret")]),
        || Answer::refused(),
        || Answer::status(401).with_header("set-cookie", "session=s3cret").with_header("www-authenticate", "s3cret"),
        || Answer::response(500, [Part::text("s3cret")]),
        || redirect(307, "ftp://v:s3cret@b.example/t?token=s3cret"),
        || redirect(307, "http://v:s3cret@[/?token=s3cret"),
    ];
    for end in ends {
        for hops in 0..=ON.len() {
            let redirects = ON[..hops].iter().map(|location| redirect(307, location));
            let script = Script::new(redirects.chain([end(), status(204)]));
            let builder =
                full_of_secrets(&script.client(), "a.example").retry_policy(ssekit::retry::Policy::standard());
            let all = format!("{builder:?}{:?}", script.client()) + &all_shown(builder.build().unwrap()).await;
            assert!(!all.contains("s3cret"), "{all}");
        }
    }
}

/// reqwest's own errors name URLs, and are among the sources.
#[cfg(feature = "reqwest")]
#[tokio::test]
async fn no_secret_is_shown_by_what_stands_below() {
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let nobody = socket.local_addr().unwrap().to_string();
    let proxy = reqwest::Proxy::all(format!("http://user:s3cret@{nobody}")).unwrap();
    let behind_a_proxy = reqwest::Client::builder().proxy(proxy).build().unwrap();
    let direct = reqwest::Client::builder().no_proxy().build().unwrap();
    for client in [Client::new().unwrap(), Client::from(direct), Client::from(behind_a_proxy)] {
        let builder = full_of_secrets(&client, &nobody);
        let all = format!("{builder:?}{client:?}") + &all_shown(builder.build().unwrap()).await;
        assert!(!all.contains("s3cret"), "{all}");
        assert!(all.contains("kind: Transport"), "{all}");
    }
}
