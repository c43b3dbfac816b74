//! Redirects as the source follows them: where it asks, with which headers, and what comes of it.

mod scripted;

use std::time::Duration;

use bytes::Bytes;
use scripted::{Answer, Part, Request, Script, everything, kinds, ok, redirect, status, text};
use ssekit::transport::{Response, ResponseFuture, Transport};
use ssekit::{Builder, Client, EventSource, ReadyState, ReconnectionUrl, Signal};
use tokio::time::Instant;
use url::Url;

const A: &str = "http://a.example/s";

/// Answers by the path of the request; what is not there is refused.
fn site(answer: impl Fn(&str, &Request) -> Option<Answer> + Send + 'static) -> Script {
    Script::answering(move |request| answer(request.uri().path(), request).unwrap_or(Answer::refused()))
}

/// `/s` leads by a redirect of this status to `location`, where an event is served; once there is an ID, it is over.
fn leading_to(status_code: u16, location: &'static str) -> Script {
    let mut served = 0;
    Script::answering(move |request| match request.uri().path() {
        "/s" => redirect(status_code, location),
        _ if served == 2 => status(204),
        _ => {
            served += 1;
            ok([text("id: 1\ndata: a\n\n")])
        }
    })
}

fn urls(script: &Script) -> Vec<String> {
    script.requests().iter().map(|request| request.uri().to_string()).collect()
}

#[tokio::test(start_paused = true)]
async fn each_kind_is_followed_to_where_the_events_are() {
    for status in [301, 302, 303, 307, 308] {
        let script = leading_to(status, "http://b.example:8080/t");
        let mut source = script.client().get("http://a.example/s#frag").unwrap();
        let opened = source.opened().await.unwrap().unwrap();
        assert_eq!(opened.url().as_str(), "http://b.example:8080/t#frag", "the fragment goes on");
        assert_eq!(source.message().await.unwrap().unwrap().origin(), "http://b.example:8080");
        assert_eq!(source.url().as_str(), "http://a.example/s#frag");
        assert_eq!(urls(&script), ["http://a.example/s", "http://b.example:8080/t"]);
        assert_eq!(script.live(), 1, "a redirect is dropped");
    }
}

#[tokio::test(start_paused = true)]
async fn what_leads_nowhere_fails_and_says_why() {
    let location = |value: &str| redirect(302, value);
    let cases: [(Answer, &str); 5] = [
        (
            location("ftp://a.example/"),
            "redirect cannot be followed: scheme \"ftp\" cannot be fetched, only http and https can",
        ),
        (location("http://[/"), "redirect cannot be followed: its location cannot be parsed"),
        (location("/t").with_header("location", "/u"), "redirect cannot be followed: it has more than one location"),
        (
            location("data:text/event-stream,data:a"),
            "redirect cannot be followed: scheme \"data\" cannot be fetched, only http and https can",
        ),
        (status(302), "response has status 302, not 200"),
    ];
    for (answer, message) in cases {
        let script = Script::new([answer]);
        let mut source = script.client().get(A).unwrap();
        let error = source.message().await.unwrap_err();
        assert_eq!(error.to_string(), message);
        assert_eq!(kinds(&error), [if message.starts_with("response") { "status" } else { "redirect" }]);
        assert_eq!((error.status().unwrap().as_u16(), error.headers().is_some()), (302, true));
        assert!(error.failure().is_some());
        assert_eq!(everything(&mut source).await, [""; 0]);
        assert_eq!((script.requests().len(), script.live()), (1, 0));
    }
}

#[tokio::test(start_paused = true)]
async fn one_redirect_too_many_is_a_loss() {
    let script = site(|_, request| {
        let number: u32 = request.uri().query().unwrap_or("0").parse().unwrap();
        Some(redirect(302, &format!("?{}", number + 1)))
    });
    let mut source = script.client().get(A).unwrap();
    for attempt in 1..=2 {
        let Ok(Some(Signal::Reconnecting { error, .. })) = source.signal().await else { panic!() };
        assert_eq!((error.to_string(), kinds(&error)), ("too many redirects".to_owned(), vec!["redirect"]));
        assert_eq!(script.requests().len(), 21 * attempt, "it begins anew");
        assert_eq!(source.ready_state(), ReadyState::Connecting);
    }
}

#[tokio::test(start_paused = true)]
async fn the_head_has_its_time_over_all_hops() {
    struct Slow(Script);
    impl Transport for Slow {
        fn send(&self, request: http::Request<Bytes>) -> ResponseFuture {
            let response = self.0.send(request);
            Box::pin(async move {
                tokio::time::sleep(Duration::from_secs(4)).await;
                response.await
            })
        }
    }
    let script = site(|_, _| Some(redirect(302, "/t")));
    let client = Client::with_transport(Slow(script.clone()));
    let mut source = client.source(A).head_timeout(Duration::from_secs(10)).build().unwrap();
    let begun = Instant::now();
    let Ok(Some(Signal::Reconnecting { error, .. })) = source.signal().await else { panic!() };
    assert!(error.is_timeout(), "{error}");
    assert_eq!((begun.elapsed().as_secs(), script.requests().len(), script.live()), (10, 3, 0));
}

/// What each request had of the user's headers and of the credentials, `-` where it was not there.
async fn sent(build: impl Fn(Builder) -> Builder, script: &Script, url: &str) -> Vec<String> {
    let builder = script.client().source(url).header("accept", "text/event-stream;q=1");
    let builder = builder.header("user-agent", "ua").header("x-key", "k").header("authorization", "Bearer t");
    let mut source = build(builder).build().unwrap();
    everything(&mut source).await;
    let names = ["accept", "user-agent", "x-key", "authorization", "last-event-id"];
    let line = |request: &Request| {
        let values: Vec<&str> = names.iter().map(|name| request.header(name).unwrap_or("-")).collect();
        format!("{}: {}", request.uri().host().unwrap(), values.join(" "))
    };
    script.requests().iter().map(line).collect()
}

#[tokio::test(start_paused = true)]
async fn what_another_origin_gets_on_this_attempt_and_the_next() {
    const ALL: &str = "text/event-stream;q=1 ua k Bearer t";
    const HARMLESS: &str = "text/event-stream;q=1 ua - -";
    let line = |host: &str, headers: &str, id: &str| format!("{host}.example: {headers} {id}");
    for status in [301, 302, 303, 307, 308] {
        let script = leading_to(status, "http://b.example/t");
        let expected =
            [line("a", ALL, "-"), line("b", HARMLESS, "-"), line("b", HARMLESS, "1"), line("b", HARMLESS, "1")];
        assert_eq!(sent(|builder| builder, &script, A).await, expected, "{status}");

        let script = leading_to(status, "/t");
        let expected = [line("a", ALL, "-"), line("a", ALL, "-"), line("a", ALL, "1"), line("a", ALL, "1")];
        assert_eq!(sent(|builder| builder, &script, A).await, expected, "{status}");
    }

    let original = |builder: Builder| builder.reconnection_url(ReconnectionUrl::Original);
    let script = leading_to(301, "http://b.example/t");
    let twice = [line("a", ALL, "1"), line("b", HARMLESS, "1")];
    let expected = [&[line("a", ALL, "-"), line("b", HARMLESS, "-")][..], &twice, &twice].concat();
    assert_eq!(sent(original, &script, A).await, expected, "the URL of the source gets all of them, each time");

    let script = leading_to(302, "http://b.example/t");
    let lines = sent(|builder| builder.keep_header("X-Key"), &script, A).await;
    assert_eq!(lines[1], "b.example: text/event-stream;q=1 ua k - -", "what was named goes on, and nothing else");
    assert!(script.client().source(A).keep_header("a b").build().is_err());
}

#[tokio::test(start_paused = true)]
async fn headers_stay_dropped_on_the_way_back_home() {
    let script = Script::new([
        redirect(302, "http://b.example/t"),
        redirect(302, "http://a.example/u"),
        ok([text("data: a\n\n")]),
        status(204),
    ]);
    let lines = sent(|builder| builder, &script, A).await;
    let harmless: Vec<_> = lines.iter().map(|line| line.contains(" - - ")).collect();
    assert_eq!(harmless, [false, true, true, true], "{lines:?}");
}

#[tokio::test(start_paused = true)]
async fn userinfo_is_for_its_origin_alone() {
    const OURS: &str = "Basic dTpw";
    let basic = |location: &'static str| async move {
        let script = leading_to(302, location);
        everything(&mut script.client().get("http://u:p@a.example/s").unwrap()).await;
        let requests = script.requests();
        requests.iter().map(|request| request.header("authorization").unwrap_or("-").to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(basic("/t").await, [OURS; 4]);
    assert_eq!(basic("http://a.example/t").await, [OURS; 4]);
    assert_eq!(basic("http://v:q@a.example/t").await, [OURS, "Basic djpx", "Basic djpx", "Basic djpx"]);
    assert_eq!(basic("http://b.example/t").await, [OURS, "-", "-", "-"]);
    assert_eq!(basic("http://v:q@b.example/t").await, [OURS, "-", "-", "-"], "nobody vouches for it");
}

#[tokio::test(start_paused = true)]
async fn which_url_is_next() {
    async fn next(policy: ReconnectionUrl, hops: &[(u16, &'static str)]) -> String {
        let redirects: Vec<_> = hops.iter().map(|(status, to)| redirect(*status, to)).collect();
        let script = Script::new(redirects.into_iter().chain([ok([text("data: a\n\n")]), status(204)]));
        let mut source = script.client().source(A).reconnection_url(policy).build().unwrap();
        everything(&mut source).await;
        urls(&script).pop().unwrap()
    }
    use ReconnectionUrl::{Final, Original, Permanent};
    for (policy, hops, expected) in [
        (Final, &[(302, "/t")][..], "http://a.example/t"),
        (Final, &[(301, "/t"), (307, "/u")], "http://a.example/u"),
        (Permanent, &[(302, "/t")], "http://a.example/s"),
        (Permanent, &[(308, "/t"), (302, "/u")], "http://a.example/t"),
        (Original, &[(301, "/t")], "http://a.example/s"),
    ] {
        assert_eq!(next(policy, hops).await, expected, "{policy:?} {hops:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn after_a_loss_at_the_final_url_the_source_goes_back_to_its_own() {
    let script = Script::new([
        redirect(302, "http://b.example/t"),
        ok([text("data: a\n\n"), Part::broken()]),
        Answer::refused(),
        redirect(302, "http://c.example/t"),
        ok([]),
        status(204),
    ]);
    everything(&mut script.client().get(A).unwrap()).await;
    let expected = [A, "http://b.example/t", "http://b.example/t", A, "http://c.example/t", "http://c.example/t"];
    assert_eq!(urls(&script), expected);
}

/// A transport that follows redirects by itself, and says where it ended.
struct Following(Script, &'static str);

impl Transport for Following {
    fn send(&self, request: http::Request<Bytes>) -> ResponseFuture {
        let (response, url) = (self.0.send(request), Url::parse(self.1).unwrap());
        Box::pin(async move { Ok::<Response, _>(response.await?.with_url(url)) })
    }
}

fn following(script: &Script, to: &'static str) -> Client {
    Client::with_transport(Following(script.clone(), to))
}

#[tokio::test(start_paused = true)]
async fn a_transport_may_follow_redirects_by_itself() {
    let served = || Script::new([ok([text("data: a\n\n")]), status(204)]);
    let script = served();
    let mut source =
        following(&script, "http://b.example/t").source(A).header("authorization", "Bearer t").build().unwrap();
    assert_eq!(source.opened().await.unwrap().unwrap().url().as_str(), "http://b.example/t");
    assert_eq!(source.message().await.unwrap().unwrap().origin(), "http://b.example");
    everything(&mut source).await;
    assert_eq!(urls(&script), [A, "http://b.example/t"]);
    assert!(!script.requests()[1].headers().contains_key("authorization"), "it is not that server's");

    // In the name of an origin, the one response that there is to see is checked.
    let refused = |to| {
        let client = following(&served(), to);
        async move { client.source(A).origin("http://a.example").build().unwrap().message().await }
    };
    assert!(refused("http://b.example/t").await.unwrap_err().is_cors());
    assert_eq!(refused("http://a.example/t").await.unwrap().unwrap().data(), "a");
}

#[tokio::test(start_paused = true)]
async fn a_cors_failure_names_the_rule() {
    let source = |allow: &'static str| {
        let script = Script::new([ok([text("data: a\n\n")]).with_header("access-control-allow-origin", allow)]);
        let builder = script.client().source("http://b.example/").origin("http://a.example").with_credentials(true);
        builder.build().unwrap()
    };
    for (allow, message) in [
        ("*", "CORS check failed: access-control-allow-origin is \"*\", and the request has credentials"),
        (
            "http://c.example",
            "CORS check failed: access-control-allow-origin is \"http://c.example\", not \"http://a.example\"",
        ),
        (
            "http://a.example",
            "CORS check failed: access-control-allow-credentials is not \"true\", and the request has credentials",
        ),
    ] {
        let mut source: EventSource = source(allow);
        let error = source.message().await.unwrap_err();
        assert_eq!((error.to_string(), kinds(&error)), (message.to_owned(), vec!["CORS"]));
        assert_eq!(source.ready_state(), ReadyState::Closed);
    }
}

#[tokio::test(start_paused = true)]
async fn in_the_name_of_an_origin_userinfo_is_a_credential() {
    for (with_credentials, authorization) in [(false, None), (true, Some("Basic dTpw"))] {
        let script = Script::new([status(204)]);
        let builder = script.client().source("http://u:p@b.example/").origin("http://a.example");
        everything(&mut builder.with_credentials(with_credentials).build().unwrap()).await;
        let request = &script.requests()[0];
        assert_eq!(
            (request.header("authorization"), request.header("origin")),
            (authorization, Some("http://a.example"))
        );
    }
}
