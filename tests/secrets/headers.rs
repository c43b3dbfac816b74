//! Who gets what the user set: every kind of redirect, on every attempt.

use ssekit::Builder;
use ssekit::retry::Policy;

use super::scripted::{Answer, Part, Request, Script, ok, redirect, status, text};

/// What may go with a request: its name, its letter, and the value that it was given for the URL of the source.
///
/// The letter is a small one where the value is another.
const COLUMNS: [(&str, char, &[&str]); 12] = [
    ("authorization", 'A', &["Bearer t", "Basic dTpw"]),
    ("cookie", 'C', &["a=b", "session=s3cret"]),
    ("proxy-authorization", 'P', &["Basic p"]),
    ("x-api-key", 'K', &["k"]),
    ("x-named", 'N', &["n"]),
    ("user-agent", 'H', &["ua"]),
    ("accept", 'E', &["text/event-stream;q=1"]),
    ("cache-control", 'G', &["max-age=0"]),
    ("content-type", 'T', &["text/plain"]),
    ("last-event-id", 'I', &["1", "2"]),
    ("referer", 'R', &[]),
    ("origin", 'O', &["http://page.example"]),
];

/// What goes with each request of a source that has headers, and with those of one that has userinfo and a jar of cookies.
///
/// `A`uthorization, `C`ookie, `P`roxy-Authorization, X-Api-`K`ey, a header that was `N`amed to be kept, what is harmless
/// (User-Agent, which `H`as no secret, Acc`E`pt and Cache-Control, which says how old it may `G`row), the last event `I`D; and
/// never a `R`eferer, nor an `O`rigin where there is none.
///
/// The attempts are: the first; 2 behind a loss, from where the first one ended; 3 behind one that nobody answered there, from
/// the URL of the source again; 4 which was asked for; and 5 behind one whose status was refused.
const TABLE: &[(&str, &str, &[&str], &str)] = &[
    (
        "within an origin",
        "http://a.example/s",
        &["/t"],
        "1 http://a.example/s ACPKNHEG  AC
         1 http://a.example/t ACPKNHEG  AC
         2 http://a.example/t ACPKNHEGI ACI
         3 http://a.example/s ACPKNHEGI ACI
         3 http://a.example/t ACPKNHEGI ACI
         4 http://a.example/t ACPKNHEGI ACI
         5 http://a.example/t ACPKNHEGI ACI",
    ),
    (
        "to another host",
        "http://a.example/s",
        &["http://b.example/t"],
        "1 http://a.example/s ACPKNHEG  AC
         1 http://b.example/t NHEG      -
         2 http://b.example/t NHEGI     I
         3 http://a.example/s ACPKNHEGI ACI
         3 http://b.example/t NHEGI     I
         4 http://b.example/t NHEGI     I
         5 http://b.example/t NHEGI     I",
    ),
    (
        "to a host below it",
        "http://a.example/s",
        &["http://sub.a.example/t"],
        "1 http://a.example/s     ACPKNHEG  AC
         1 http://sub.a.example/t NHEG      -
         2 http://sub.a.example/t NHEGI     I
         3 http://a.example/s     ACPKNHEGI ACI
         3 http://sub.a.example/t NHEGI     I
         4 http://sub.a.example/t NHEGI     I
         5 http://sub.a.example/t NHEGI     I",
    ),
    (
        // Cookies are not kept apart by ports, which is how browsers have it.
        "to another port",
        "http://a.example/s",
        &["http://a.example:81/t"],
        "1 http://a.example/s    ACPKNHEG  AC
         1 http://a.example:81/t NHEG      C
         2 http://a.example:81/t NHEGI     CI
         3 http://a.example/s    ACPKNHEGI ACI
         3 http://a.example:81/t NHEGI     CI
         4 http://a.example:81/t NHEGI     CI
         5 http://a.example:81/t NHEGI     CI",
    ),
    (
        "to what anybody can read",
        "https://a.example/s",
        &["http://a.example/t"],
        "1 https://a.example/s ACPKNHEG  AC
         1 http://a.example/t  NHEG      C
         2 http://a.example/t  NHEGI     CI
         3 https://a.example/s ACPKNHEGI ACI
         3 http://a.example/t  NHEGI     CI
         4 http://a.example/t  NHEGI     CI
         5 http://a.example/t  NHEGI     CI",
    ),
    (
        "to TLS",
        "http://a.example/s",
        &["https://a.example/t"],
        "1 http://a.example/s  ACPKNHEG  AC
         1 https://a.example/t NHEG      C
         2 https://a.example/t NHEGI     CI
         3 http://a.example/s  ACPKNHEGI ACI
         3 https://a.example/t NHEGI     CI
         4 https://a.example/t NHEGI     CI
         5 https://a.example/t NHEGI     CI",
    ),
    (
        "abroad, and on there",
        "http://a.example/s",
        &["http://b.example/u", "/t"],
        "1 http://a.example/s ACPKNHEG  AC
         1 http://b.example/u NHEG      -
         1 http://b.example/t NHEG      -
         2 http://b.example/t NHEGI     I
         3 http://a.example/s ACPKNHEGI ACI
         3 http://b.example/u NHEGI     I
         3 http://b.example/t NHEGI     I
         4 http://b.example/t NHEGI     I
         5 http://b.example/t NHEGI     I",
    ),
    (
        "there and back, and on at home",
        "http://a.example/s",
        &["http://b.example/u", "http://a.example/v", "/t"],
        "1 http://a.example/s ACPKNHEG  AC
         1 http://b.example/u NHEG      -
         1 http://a.example/v NHEG      C
         1 http://a.example/t NHEG      C
         2 http://a.example/t NHEGI     CI
         3 http://a.example/s ACPKNHEGI ACI
         3 http://b.example/u NHEGI     I
         3 http://a.example/v NHEGI     CI
         3 http://a.example/t NHEGI     CI
         4 http://a.example/t NHEGI     CI
         5 http://a.example/t NHEGI     CI",
    ),
    (
        "on and on",
        "http://a.example/s",
        &["/u", "http://b.example/v", "http://c.example/t"],
        "1 http://a.example/s ACPKNHEG  AC
         1 http://a.example/u ACPKNHEG  AC
         1 http://b.example/v NHEG      -
         1 http://c.example/t NHEG      -
         2 http://c.example/t NHEGI     I
         3 http://a.example/s ACPKNHEGI ACI
         3 http://a.example/u ACPKNHEGI ACI
         3 http://b.example/v NHEGI     I
         3 http://c.example/t NHEGI     I
         4 http://c.example/t NHEGI     I
         5 http://c.example/t NHEGI     I",
    ),
    (
        "with another's userinfo, across",
        "http://a.example/s",
        &["http://v:q@b.example/t"],
        "1 http://a.example/s ACPKNHEG  AC
         1 http://b.example/t NHEG      -
         2 http://b.example/t NHEGI     I
         3 http://a.example/s ACPKNHEGI ACI
         3 http://b.example/t NHEGI     I
         4 http://b.example/t NHEGI     I
         5 http://b.example/t NHEGI     I",
    ),
    (
        // In Fetch they are the URL's then, which is that of this origin; to another one they do not go from there either.
        "with another's userinfo, within, and on",
        "http://a.example/s",
        &["http://v:q@a.example/u", "http://b.example/t"],
        "1 http://a.example/s ACPKNHEG  AC
         1 http://a.example/u ACPKNHEG  aC
         1 http://b.example/t NHEG      -
         2 http://b.example/t NHEGI     I
         3 http://a.example/s ACPKNHEGI ACI
         3 http://a.example/u ACPKNHEGI aCI
         3 http://b.example/t NHEGI     I
         4 http://b.example/t NHEGI     I
         5 http://b.example/t NHEGI     I",
    ),
];

/// The redirects of a POST that comes back, each on its own: the status, where it leads, and what goes with which method.
///
/// The columns are those above, the `T`ype of the body, and the `B`ody. Each attempt begins at the URL of the source.
const POSTS: &[(&[u16], &str, &str)] = &[
    (&[301, 302, 303], "/t", "POST http://a.example/s ATB, GET http://a.example/t A"),
    (&[307, 308], "/t", "POST http://a.example/s ATB, POST http://a.example/t ATB"),
    (&[301, 302, 303], "http://b.example/t", "POST http://a.example/s ATB, GET http://b.example/t -"),
    // As in a browser: who leads it there has read it already.
    (&[307, 308], "http://b.example/t", "POST http://a.example/s ATB, POST http://b.example/t TB"),
    (&[307, 308], "http://a.example:81/t", "POST http://a.example/s ATB, POST http://a.example:81/t TB"),
];

/// Follows the feed over its five attempts, and gives back what it was asked.
async fn requests(start: &str, hops: &[&str], status_code: u16, set: impl Fn(Builder) -> Builder) -> Vec<Request> {
    let paths: Vec<String> = hops.iter().map(|hop| format!("/{}", hop.rsplit('/').next().unwrap())).collect();
    let locations: Vec<String> = hops.iter().map(|hop| (*hop).to_owned()).collect();
    let (mut answered, mut hop) = (0, 0);
    let script = Script::answering(move |request: &Request| {
        let path = request.uri().path();
        if path == "/s" {
            hop = 0;
        }
        let answer = if path == "/s" || paths[..paths.len() - 1].iter().any(|other| other == path) {
            hop += 1;
            redirect(status_code, &locations[hop - 1])
        } else {
            answered += 1;
            match answered {
                1 => ok([text("id: 1\ndata: a\n\n")]),
                2 => Answer::refused(),
                3 => ok([text("id: 2\ndata: b\n\n"), Part::hang()]),
                4 => status(503),
                _ => status(204),
            }
        };
        // Whoever asks may have it.
        let answer = answer.with_header("access-control-allow-credentials", "true");
        answer.with_header("access-control-allow-origin", request.header("origin").unwrap_or("*"))
    });
    let builder = script.client().source(start).retry_policy(Policy::default().with_statuses([503]));
    let mut source = set(builder).build().unwrap();
    let handle = source.handle();
    while let Some(signal) = source.signal().await.unwrap() {
        if matches!(&signal, ssekit::Signal::Message(event) if event.data() == "b") {
            handle.reconnect_now();
        }
    }
    script.requests()
}

/// The letters of a request, `-` if it has none.
fn letters(request: &Request, columns: &str) -> String {
    let columns = COLUMNS.iter().filter(|(_, letter, _)| columns.contains(*letter));
    let letter = |(name, letter, values): &(&str, char, &[&str])| {
        let value = request.header(name)?;
        Some(if values.contains(&value) { *letter } else { letter.to_ascii_lowercase() })
    };
    let letters: String = columns.filter_map(letter).collect();
    if letters.is_empty() { "-".to_owned() } else { letters }
}

/// Which attempt each request was of, where it went, and its letters.
async fn lines(
    start: &str,
    hops: &[&str],
    status_code: u16,
    columns: &str,
    set: impl Fn(Builder) -> Builder,
) -> Vec<[String; 3]> {
    let (mut attempt, mut before) = (0, String::new());
    let line = |request: &Request| {
        let uri = request.uri().to_string();
        // An attempt begins at the URL of the source, or where the one before it ended.
        if uri == before || request.uri().path() == "/s" {
            attempt += 1;
        }
        before.clone_from(&uri);
        [attempt.to_string(), uri, letters(request, columns)]
    };
    requests(start, hops, status_code, set).await.iter().map(line).collect()
}

/// The lines of a row of the table, with the letters of one of its columns.
fn expected(row: &str, column: usize) -> Vec<[String; 3]> {
    let cells = row.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    cells.map(|cells| [cells[0], cells[1], cells[column]].map(str::to_owned)).collect()
}

fn with_headers(builder: Builder) -> Builder {
    let headers = COLUMNS.iter().filter(|(_, letter, _)| "ACPKNHEG".contains(*letter));
    headers.fold(builder, |builder, (name, _, values)| builder.header(*name, values[0])).keep_header("X-Named")
}

#[tokio::test(start_paused = true)]
async fn who_gets_what_on_which_attempt() {
    for (case, start, hops, row) in TABLE {
        for status in [301, 302, 303, 307, 308] {
            let lines = lines(start, hops, status, "ACPKNHEGTIRO", with_headers).await;
            assert_eq!(lines, expected(row, 2), "{case}, {status}");
        }
    }
}

/// What the source has by itself goes by origin, or by what cookies go by.
#[cfg(feature = "cookies")]
#[tokio::test(start_paused = true)]
async fn who_gets_the_userinfo_and_the_cookies() {
    for (case, start, hops, row) in TABLE {
        for status in [301, 302, 303, 307, 308] {
            let jar = ssekit::CookieJar::new();
            jar.set("session=s3cret", start).unwrap();
            let start = start.replacen("://", "://u:p@", 1);
            let lines = lines(&start, hops, status, "ACPKNTIRO", |builder| builder.cookies(&jar)).await;
            assert_eq!(lines, expected(row, 3), "{case}, {status}");
        }
    }
}

/// An origin in whose name it asks says who asks, and widens nothing.
#[tokio::test(start_paused = true)]
async fn in_the_name_of_an_origin_nobody_gets_more() {
    let set = |builder| with_headers(builder).origin("http://page.example").with_credentials(true);
    // With userinfo in its Location a redirect is not followed then.
    for (case, start, hops, row) in TABLE.iter().filter(|(_, _, hops, _)| !hops.iter().any(|hop| hop.contains('@'))) {
        for status in [301, 302, 303, 307, 308] {
            let lines = lines(start, hops, status, "ACPKNHEGTIRO", set).await;
            assert!(lines.iter().all(|[_, _, letters]| letters.to_uppercase().ends_with('O')), "{lines:?}");
            let without: Vec<_> = lines
                .into_iter()
                .map(|[attempt, uri, letters]| [attempt, uri, letters.trim_end_matches(['O', 'o']).to_owned()])
                .collect();
            assert_eq!(without, expected(row, 2), "{case}, {status}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn who_gets_a_body() {
    let post = |builder: Builder| {
        let builder = builder.method("POST").body("s3cret").header("content-type", "text/plain");
        builder.header("authorization", "Bearer t")
    };
    for (statuses, hop, row) in POSTS {
        for status in *statuses {
            let mut seen = Vec::new();
            for request in requests("http://a.example/s", &[hop], *status, post).await {
                let body = if request.body() == "s3cret" { "B" } else { "" };
                let letters = letters(&request, "ACPKNTRO") + body;
                seen.push(format!("{} {} {letters}", request.method(), request.uri()));
            }
            let attempt: Vec<_> = row.split(", ").collect();
            assert_eq!(seen, attempt.repeat(5), "{status} {hop}");
        }
    }
}
