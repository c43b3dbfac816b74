//! The cookie jar: what goes into it, and which requests get what is in it.

mod scripted;

use std::sync::Mutex;

use scripted::{Answer, Part, Request, Script, everything, ok, redirect, status, text};
use ssekit::{Builder, CookieJar, Signal};

const PAGE: &str = "http://page.example";
const FEED: &str = "http://feed.example/feed";

/// Where each request went, and its cookies in alphabetical order.
fn sent(script: &Script) -> Vec<String> {
    let line = |request: &Request| {
        let mut cookies: Vec<_> = request.header("cookie").into_iter().flat_map(|field| field.split("; ")).collect();
        cookies.sort_unstable();
        format!("{} {}", request.uri(), cookies.join(" ")).trim_end().to_owned()
    };
    script.requests().iter().map(line).collect()
}

fn sets(answer: Answer, cookie: &str) -> Answer {
    answer.with_header("set-cookie", cookie)
}

/// With what lets this origin have it, credentials and all.
fn allows(answer: Answer, origin: &str) -> Answer {
    answer.with_header("access-control-allow-origin", origin).with_header("access-control-allow-credentials", "true")
}

/// Follows it to its end.
async fn follow(builder: Builder) -> Vec<String> {
    everything(&mut builder.build().unwrap()).await
}

fn jar(cookies: &[(&str, &str)]) -> CookieJar {
    let jar = CookieJar::new();
    for (cookie, url) in cookies {
        jar.set(cookie, url).unwrap();
    }
    jar
}

fn get(jar: &CookieJar, url: &str) -> String {
    jar.get(url).unwrap().unwrap_or_default()
}

#[test]
fn which_urls_a_cookie_is_for() {
    let set_by = "http://a.example/dir/page";
    for (cookie, to, not_to) in [
        (
            "n=v",
            &["http://a.example/dir/", "http://a.example:81/dir/x?y", "https://a.example/dir"][..],
            &["http://a.example/", "http://a.example/directory", "http://b.a.example/dir/", "http://example/dir/"][..],
        ),
        ("n=v; Path=/", &["http://a.example/", "http://a.example/x"], &["http://b.a.example/"]),
        ("n=v; Path=/x", &["http://a.example/x", "http://a.example/x/y"], &["http://a.example/xy", set_by]),
        ("n=v; Domain=a.example", &[set_by, "http://b.a.example/dir/"], &["http://ba.example/dir/"]),
        ("n=v; Domain=.A.example; Path=/", &["http://a.example/", "http://b.a.example/"], &["http://example/"]),
        ("n=v; HttpOnly; SameSite=Strict", &[set_by, "https://a.example/dir/"], &[]),
        ("n=v; Max-Age=1000; Expires=Thu, 01 Jan 1970 00:00:00 GMT", &[set_by], &[]),
        ("n=v; Expires=Fri, 01 Jan 2100 00:00:00 GMT", &[set_by], &[]),
        (" n = v ;", &[set_by], &[]),
    ] {
        let jar = jar(&[(cookie, set_by)]);
        for url in to {
            assert_eq!(jar.get(url).unwrap().as_deref(), Some("n=v"), "{cookie}: {url}");
        }
        for url in not_to {
            assert_eq!(jar.get(url).unwrap(), None, "{cookie}: {url}");
        }
    }
}

#[test]
fn a_cookie_is_replaced_and_removed() {
    let jar = jar(&[("n=1", FEED), ("n=2", FEED), ("other=3; Path=/other", FEED)]);
    assert_eq!(get(&jar, FEED), "n=2");
    for removing in ["n=; Max-Age=0", "n=; Expires=Thu, 01 Jan 1970 00:00:00 GMT"] {
        jar.set(removing, FEED).unwrap();
        assert_eq!(jar.get(FEED).unwrap(), None, "{removing}");
        jar.set("n=4", FEED).unwrap();
        assert_eq!(get(&jar.clone(), FEED), "n=4", "a clone is the same jar");
    }
    assert!(get(&jar, "http://feed.example/other").contains("other=3"));
    assert_eq!(CookieJar::default().get(FEED).unwrap(), None);
}

#[test]
fn what_cannot_be_set_is_told_without_the_cookie() {
    let jar = CookieJar::new();
    for (cookie, url, why) in [
        ("n=s3cret", "/feed", "URL cannot be parsed: relative URL without a base"),
        ("s3cret", FEED, "cookie cannot be set"),
        ("=s3cret", FEED, "cookie cannot be set"),
        ("n=s3cret; Domain=page.example", FEED, "cookie cannot be set"),
        ("n=s3cret; Domain=sub.feed.example", FEED, "cookie cannot be set"),
        ("n=s3cret", "mailto:s3cret@example.com", "cookie cannot be set"),
    ] {
        let error = jar.set(cookie, url).unwrap_err();
        let shown = format!("{error:#} {error:?}");
        assert!(error.is_builder() && shown.starts_with(why) && !shown.contains("s3cret"), "{shown}");
    }
    for url in [FEED, PAGE] {
        assert_eq!(jar.get(url).unwrap(), None);
    }
    assert!(jar.get("/feed").unwrap_err().is_builder());
}

#[tokio::test(start_paused = true)]
async fn without_a_jar_there_are_no_cookies() {
    let script = Script::new([sets(ok([]), "n=1; Path=/"), sets(redirect(302, "/there"), "n=2; Path=/"), status(204)]);
    follow(script.client().source(FEED)).await;
    assert_eq!(sent(&script), [FEED, FEED, "http://feed.example/there"]);
}

#[tokio::test(start_paused = true)]
async fn what_a_response_sets_is_sent_back() {
    let jar = jar(&[("own=0", FEED)]);
    let script = Script::new([
        sets(sets(ok([text("data: a\n\n")]), "one=1"), "two=2; Path=/; HttpOnly"),
        Answer::refused(),
        sets(sets(ok([]), "one=; Max-Age=0"), "no cookie"),
        sets(sets(redirect(307, "/login"), "hop=3; Path=/"), "login=4; Path=/login"),
        sets(redirect(307, "/feed"), "login=; Path=/login; Max-Age=0"),
        sets(status(401), "refused=5; Path=/"),
    ]);
    follow(script.client().source(FEED).cookies(&jar)).await;
    assert_eq!(
        sent(&script),
        [
            "http://feed.example/feed own=0",
            "http://feed.example/feed one=1 own=0 two=2",
            "http://feed.example/feed one=1 own=0 two=2",
            "http://feed.example/feed own=0 two=2",
            "http://feed.example/login hop=3 login=4 own=0 two=2",
            "http://feed.example/feed hop=3 own=0 two=2",
        ]
    );
    assert!(get(&jar, FEED).contains("refused=5"));
    assert_eq!(jar.get("http://feed.example/login").unwrap().unwrap().matches("login").count(), 0);
    let fields =
        script.requests().iter().filter(|request| request.headers().get_all("cookie").iter().count() > 1).count();
    assert_eq!(fields, 0, "all of them go in one field");
    assert!(script.requests().iter().all(|request| request.headers()["cookie"].is_sensitive()));
}

#[tokio::test(start_paused = true)]
async fn without_an_origin_each_host_gets_its_own() {
    let jar = jar(&[("a=1", "http://a.example/"), ("b=1", "http://b.example/"), ("c=1", "http://c.example/")]);
    let hop = |to, cookie| sets(redirect(302, to), cookie);
    let script = Script::new([
        hop("https://b.example/", "a=2"),
        hop("http://b.example:81/", "b=2; Secure"),
        hop("https://b.example/", "port=1"),
        hop("http://a.example/", "stolen=1; Domain=a.example"),
        sets(ok([]), "back=1"),
        status(204),
    ]);
    follow(script.client().source("http://a.example/").cookies(&jar)).await;
    assert_eq!(
        sent(&script),
        [
            "http://a.example/ a=1",
            "https://b.example/ b=1",
            "http://b.example:81/",
            "https://b.example/ b=2 port=1",
            "http://a.example/ a=2",
            "http://a.example/ a=2 back=1",
        ]
    );
    assert_eq!(get(&jar, "http://c.example/"), "c=1");
    assert_eq!(get(&jar, "http://b.example:82/"), "port=1");
}

#[tokio::test(start_paused = true)]
async fn in_the_name_of_an_origin_they_go_abroad_with_credentials_alone() {
    for (url, with_credentials, cookies) in [
        (FEED, false, false),
        (FEED, true, true),
        ("http://page.example/feed", false, true),
        ("http://page.example/feed", true, true),
    ] {
        let jar = jar(&[("own=1", url)]);
        let script = Script::new([allows(sets(ok([]), "set=2"), PAGE), allows(status(204), PAGE)]);
        let source = script.client().source(url).cookies(&jar).origin(PAGE).with_credentials(with_credentials);
        assert_eq!(follow(source).await.last().unwrap(), "ended");
        let expected = if cookies { [" own=1", " own=1 set=2"] } else { [""; 2] };
        assert_eq!(sent(&script), expected.map(|cookies| [url, cookies].concat()), "{with_credentials}");
        assert_eq!(get(&jar, url).contains("set=2"), cookies, "{with_credentials}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_does_not_allow_credentials_may_have_set_cookies_all_the_same() {
    // They are taken as they come, and it is the response that nobody gets to see.
    let jar = CookieJar::new();
    let script = Script::new([sets(ok([Part::hang()]), "n=1").with_header("access-control-allow-origin", PAGE)]);
    let source = script.client().source(FEED).cookies(&jar).origin(PAGE).with_credentials(true);
    assert!(source.build().unwrap().message().await.unwrap_err().is_cors());
    assert_eq!(get(&jar, FEED), "n=1");
}

#[tokio::test(start_paused = true)]
async fn redirects_home_through_foreign_hands_stay_without() {
    let home = "http://page.example/home";
    for with_credentials in [false, true] {
        let jar = jar(&[("home=1; Path=/home", home), ("feed=1", FEED)]);
        let script = Script::new([
            sets(redirect(302, FEED), "first=1"),
            allows(sets(redirect(302, home), "abroad=1"), PAGE),
            allows(sets(status(204), "tainted=1"), "null"),
        ]);
        let source = script.client().source("http://page.example/").cookies(&jar).origin(PAGE);
        follow(source.with_credentials(with_credentials)).await;
        let [feed, back] = if with_credentials { [" feed=1", " first=1 home=1"] } else { [""; 2] };
        assert_eq!(sent(&script), ["http://page.example/".to_owned(), [FEED, feed].concat(), [home, back].concat()]);
        assert_eq!(get(&jar, FEED).contains("abroad=1"), with_credentials);
        assert_eq!(get(&jar, home).contains("tainted=1"), with_credentials);
        assert!(get(&jar, home).contains("first=1"), "on the way out it was still at home");
    }
}

#[tokio::test(start_paused = true)]
async fn a_header_of_the_users_own_goes_before_the_jar() {
    for (kept, there) in [(false, "jar=b"), (true, "own=1")] {
        let jar = jar(&[("jar=a", "http://a.example/"), ("jar=b", "http://b.example/")]);
        let script = Script::new([
            sets(redirect(302, "http://b.example/"), "set=1"),
            redirect(302, "http://a.example/"),
            ok([Part::hang()]),
        ]);
        let mut source = script.client().source("http://a.example/").cookies(&jar).header("cookie", "own=1");
        if kept {
            source = source.keep_header("cookie");
        }
        source.build().unwrap().opened().await.unwrap();
        let back = if kept { "own=1" } else { "jar=a set=1" };
        assert_eq!(
            sent(&script),
            [
                "http://a.example/ own=1".to_owned(),
                format!("http://b.example/ {there}"),
                format!("http://a.example/ {back}")
            ]
        );
    }
}

#[test]
fn secure_is_secure() {
    let jar = jar(&[
        ("n=v; Secure; Domain=a.example", "https://a.example/"),
        ("__Host-n=v; Secure; Path=/", "https://a.example/dir/"),
    ]);
    assert_eq!(get(&jar, "https://a.example/"), "__Host-n=v; n=v");
    assert_eq!(get(&jar, "http://a.example/"), "");
    for (cookie, url) in [
        ("n=v; Secure", "http://a.example/"),
        ("__Secure-n=v", "https://a.example/"),
        ("__Secure-n=v; Secure", "http://a.example/"),
        ("__Host-n=v; Path=/", "https://a.example/"),
        ("__Host-n=v; Secure", "https://a.example/"),
        ("__Host-n=v; Secure; Path=/; Domain=a.example", "https://a.example/"),
        ("__HOST-n=v", "https://a.example/"),
        ("n=w", "http://a.example/"),
        ("n=w; Domain=a.example", "http://b.a.example/"),
    ] {
        assert!(jar.set(cookie, url).is_err(), "{cookie}");
    }
    jar.set("n=v; Secure", "http://localhost/").unwrap();
    assert_eq!(get(&jar, "http://localhost/"), "n=v", "what does not leave the machine is as good");
}

#[test]
fn a_jar_has_its_limits() {
    let url = |host: &str| format!("http://{host}.example/");
    let jar = CookieJar::new().with_max(3).with_max_per_host(2);
    for cookie in ["a=1", "none=; Max-Age=0", "b=1", "a=2", "c=1"] {
        jar.set(cookie, &url("a")).unwrap();
    }
    assert_eq!(get(&jar, &url("a")), "b=1; c=1", "the oldest goes, though it had a new value");
    jar.set("a=1", &url("b")).unwrap();
    jar.set("a=1", &url("c")).unwrap();
    assert_eq!(["a", "b", "c"].map(|host| get(&jar, &url(host))), ["c=1", "a=1", "a=1"], "of whoever has most");
    jar.set("a=; Max-Age=0", &url("b")).unwrap();
    jar.set("d=1", &url("a")).unwrap();
    assert_eq!(["a", "b", "c"].map(|host| get(&jar, &url(host))), ["c=1; d=1", "", "a=1"]);

    let jar = CookieJar::new();
    assert!(jar.set(&format!("n={}", "v".repeat(4095)), &url("a")).is_ok());
    assert!(jar.set(&format!("n={}", "v".repeat(4096)), &url("a")).is_err());
    assert!(jar.set(&format!("n=v; x={}", "v".repeat(9000)), &url("a")).is_err());
    for number in 0..60 {
        jar.set(&format!("{number}=v"), &url("b")).unwrap();
    }
    assert_eq!(get(&jar, &url("b")).split("; ").count(), 50);
}

#[tokio::test(start_paused = true)]
async fn two_sources_share_a_jar() {
    let jar = CookieJar::new();
    let script = Script::new([sets(ok([Part::hang()]), "n=1; Path=/"), ok([Part::hang()])]);
    let client = script.client();
    let build = |url: &str| client.source(url).cookies(&jar).build().unwrap();
    let (mut first, mut second) = (build(FEED), build("http://feed.example/other"));
    first.opened().await.unwrap();
    second.opened().await.unwrap();
    assert_eq!(sent(&script), [FEED, "http://feed.example/other n=1"]);
    drop((first, second));
    assert_eq!(get(&jar, FEED), "n=1", "it outlives them");
}

#[tokio::test(start_paused = true)]
async fn no_cookie_is_shown() {
    let jar = jar(&[("n=s3cret", FEED)]);
    let script = Script::new([sets(ok([text("data: a\n\n")]), "m=s3cret"), sets(status(401), "o=s3cret")]);
    let client = script.client();
    let builder = client.source(FEED).cookies(&jar);
    let mut shown = vec![format!("{jar:?} {client:?} {builder:?}")];
    let mut source = builder.build().unwrap();
    shown.push(format!("{source:?} {:?}", source.handle()));
    loop {
        match source.signal().await {
            Ok(Some(Signal::Reconnecting { error, .. })) | Err(error) => shown.push(format!("{error:?} {error:#}")),
            Ok(Some(signal)) => shown.push(format!("{signal:?}")),
            Ok(None) => break,
        }
    }
    assert!(get(&jar, FEED).matches("s3cret").count() == 3 && shown.len() == 6, "{shown:?}");
    shown.push(format!("{:?}", script.requests()[1]));
    assert!(!shown.concat().contains("s3cret"), "{shown:#?}");
}

#[tokio::test(start_paused = true)]
async fn no_cookie_is_logged() {
    /// Everything that anybody here logs, in this process.
    struct Lines(Mutex<Vec<String>>);
    impl log::Log for Lines {
        fn enabled(&self, _: &log::Metadata<'_>) -> bool {
            true
        }
        fn log(&self, record: &log::Record<'_>) {
            self.0.lock().unwrap().push(record.args().to_string());
        }
        fn flush(&self) {}
    }
    static LINES: Lines = Lines(Mutex::new(Vec::new()));
    log::set_logger(&LINES).unwrap();
    log::set_max_level(log::LevelFilter::Trace);
    log::debug!("there is a logger");
    let script = Script::new([sets(status(204), "session=l0gged")]);
    let jar = CookieJar::new();
    follow(script.client().source(FEED).cookies(&jar)).await;
    assert_eq!(get(&jar, FEED), "session=l0gged");
    let lines = LINES.0.lock().unwrap().join("\n");
    assert!(lines.contains("there is a logger") && !lines.contains("l0gged"), "{lines}");
}

#[test]
fn the_longest_path_goes_first() {
    // Servers take the first of two with one name: the one that was set for them more closely.
    let paths = ["/", "/a", "/a/b", "/a/b/c", "/a/b/c/d", "/a/b/c/d/e"];
    let jar = CookieJar::new();
    for path in paths {
        jar.set(&format!("n={path}; Path={path}"), "http://a.example/").unwrap();
    }
    let longest_first: Vec<_> = paths.iter().rev().map(|path| format!("n={path}")).collect();
    assert_eq!(get(&jar, "http://a.example/a/b/c/d/e/f"), longest_first.join("; "));
}

#[tokio::test(start_paused = true)]
async fn one_that_no_header_carries_keeps_no_other_back() {
    let jar = jar(&[("good=1", FEED)]);
    let _ = jar.set("bad=\u{1}", FEED);
    let script = Script::new([status(204)]);
    follow(script.client().source(FEED).cookies(&jar)).await;
    assert_eq!(sent(&script), ["http://feed.example/feed good=1"]);
}
