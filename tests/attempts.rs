//! What is asked, attempt by attempt: methods, bodies, and what a hook makes of them.

mod scripted;

use std::io;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use futures_util::FutureExt;
use http::{HeaderValue, Method};
use scripted::{Answer, Script, everything, kinds, ok, redirect, status, text};
use ssekit::retry::{Backoff, Policy};
use ssekit::{Attempt, BoxError, Builder, ErrorKind, Signal};

const URL: &str = "http://a.example/chat";

fn post(script: &Script) -> Builder {
    let builder = script.client().source(URL).method(Method::POST).header("content-type", "application/json");
    builder.header("authorization", "Bearer t").body(r#"{"stream":true}"#)
}

/// Method, host, whether there are its body, its type and the token.
fn sent(script: &Script) -> Vec<String> {
    let line = |request: &scripted::Request| {
        let has = |is: bool, what: &str| if is { format!(" {what}") } else { String::new() };
        let headers = &request.headers();
        [
            format!("{} {}", request.method(), request.uri().host().unwrap()),
            has(request.body() == r#"{"stream":true}"#, "body"),
            has(headers.contains_key("content-type"), "type"),
            has(headers.contains_key("authorization"), "token"),
        ]
        .concat()
    };
    script.requests().iter().map(line).collect()
}

#[tokio::test(start_paused = true)]
async fn a_post_is_made_once_unless_it_is_told_to_come_back() {
    let script = Script::new([ok([text("data: a\n\n")])]);
    let all = everything(&mut post(&script).build().unwrap()).await;
    assert_eq!(all, ["open 200 OK", "message \"a\" #", "ended"]);
    assert_eq!(sent(&script), ["POST a.example body type token"]);

    let script = Script::new([Answer::refused()]);
    assert_eq!(kinds(&post(&script).build().unwrap().message().await.unwrap_err()), ["transport"]);
    assert_eq!(script.requests().len(), 1);

    let script = Script::new([Answer::refused(), ok([text("id: 7\ndata: a\n\n")]), status(204)]);
    everything(&mut post(&script).retry_policy(Backoff::new()).build().unwrap()).await;
    assert_eq!(sent(&script), ["POST a.example body type token"; 3], "the body is sent again");
    assert_eq!(script.requests()[2].last_event_id(), Some("7"));
}

#[tokio::test(start_paused = true)]
async fn a_hook_is_asked_before_each_attempt() {
    static TOKENS: AtomicU32 = AtomicU32::new(0);
    let script = Script::new([Answer::refused(), ok([text("id: 7\ndata: a\n\n")]), status(204)]);
    let builder = script.client().source("http://u:p@a.example/chat").header("x-app", "app");
    let mut source = builder
        .before_attempt(|mut attempt| async move {
            tokio::time::sleep(Duration::from_secs(1)).await;
            let last = attempt.last_error().map(|error| (error.kind(), error.attempt()));
            let seen = format!("{} {:?} {last:?} {}", attempt.number(), attempt.last_event_id(), attempt.url());
            let token = format!("Bearer {}", TOKENS.fetch_add(1, Ordering::Relaxed));
            assert_eq!(attempt.headers()["x-app"], "app");
            let headers = attempt.headers_mut();
            headers.insert("authorization", HeaderValue::try_from(token)?);
            headers.insert("x-seen", HeaderValue::try_from(seen)?);
            headers.insert("last-event-id", HeaderValue::from_static("forged"));
            Ok::<_, BoxError>(attempt)
        })
        .build()
        .unwrap();
    everything(&mut source).await;
    let requests = script.requests();
    let seen: Vec<_> = requests.iter().map(|request| request.header("x-seen").unwrap()).collect();
    let refused = format!("{:?}", Some((ErrorKind::Transport, 1)));
    let ended = format!("{:?}", Some((ErrorKind::EndOfStream, 2)));
    assert_eq!(
        seen,
        [
            "1 None None http://a.example/chat".to_owned(),
            format!("2 None {refused} http://a.example/chat"),
            format!("3 Some(\"7\") {ended} http://a.example/chat"),
        ]
    );
    let tokens: Vec<_> = requests.iter().map(|request| request.header("authorization").unwrap()).collect();
    assert_eq!(tokens, ["Bearer 0", "Bearer 1", "Bearer 2"]);
    assert!(requests.iter().all(|request| request.headers()["authorization"].is_sensitive()));
    assert_eq!([requests[0].last_event_id(), requests[2].last_event_id()], [None, Some("7")]);
}

#[tokio::test(start_paused = true)]
async fn what_a_hook_adds_does_not_cross_either() {
    let with_token = |script: &Script, moves: bool| {
        let builder = script.client().source(URL).before_attempt(move |mut attempt| async move {
            attempt.headers_mut().insert("authorization", HeaderValue::from_static("Bearer t"));
            if moves && attempt.number() > 1 {
                attempt.set_url("http://c.example/chat".parse()?);
                attempt.set_body("new");
            }
            Ok::<_, BoxError>(attempt)
        });
        builder.build().unwrap()
    };
    let attempts = || [redirect(302, "http://b.example/"), ok([text("data: a\n\n")]), status(204)];
    let script = Script::new(attempts());
    everything(&mut with_token(&script, false)).await;
    assert_eq!(sent(&script), ["GET a.example token", "GET b.example", "GET b.example"]);

    let script = Script::new(attempts());
    everything(&mut with_token(&script, true)).await;
    assert_eq!(sent(&script), ["GET a.example token", "GET b.example", "GET c.example token"]);
    assert_eq!(script.requests()[2].body(), "new");
}

#[tokio::test(start_paused = true)]
async fn a_hook_asks_in_no_other_name() {
    let forging = |script: &Script| {
        script.client().source(URL).before_attempt(|mut attempt| async move {
            attempt.headers_mut().insert("origin", HeaderValue::from_static("http://forged.example"));
            Ok::<_, BoxError>(attempt)
        })
    };
    for (origin, expected) in [("http://a.example", None), ("http://page.example", Some("http://page.example"))] {
        let script = Script::new([status(204)]);
        everything(&mut forging(&script).origin(origin).build().unwrap()).await;
        assert_eq!(script.requests()[0].header("origin"), expected);
    }
    let script = Script::new([status(204)]);
    everything(&mut forging(&script).build().unwrap()).await;
    assert_eq!(
        script.requests()[0].header("origin"),
        Some("http://forged.example"),
        "a trusted program may say anything"
    );
}

#[tokio::test(start_paused = true)]
async fn a_hook_that_fails_is_a_loss() {
    let failing = |script: &Script| {
        script
            .client()
            .source(URL)
            .before_attempt(|attempt| async move { if attempt.number() == 1 { Err("no token") } else { Ok(attempt) } })
    };
    let script = Script::new([status(204)]);
    let mut source = failing(&script).build().unwrap();
    let Ok(Some(Signal::Reconnecting { error, .. })) = source.signal().await else { panic!() };
    assert_eq!(
        (kinds(&error), format!("{error:#}")),
        (vec!["hook"], "hook before the attempt failed: no token".to_owned())
    );
    assert_eq!(script.requests().len(), 0);
    assert!(source.message().await.unwrap().is_none());

    let mut source = failing(&script).retry_policy(Policy::never()).build().unwrap();
    assert_eq!(source.message().await.unwrap_err().kind(), ErrorKind::Hook);

    // As any loss before a response, it leads back to where the source began.
    let script = Script::new([redirect(302, "http://b.example/"), ok([]), ok([]), status(204)]);
    let hook = |attempt: Attempt| async move { if attempt.number() == 3 { Err("no token") } else { Ok(attempt) } };
    everything(&mut script.client().source(URL).before_attempt(hook).build().unwrap()).await;
    assert_eq!(sent(&script), ["GET a.example", "GET b.example", "GET b.example", "GET a.example"]);

    // What ran out there is its own.
    let late = script.client().source(URL).before_attempt(|_| async { Err(io::Error::from(io::ErrorKind::TimedOut)) });
    let error = late.retry_policy(Policy::never()).build().unwrap().message().await.unwrap_err();
    assert_eq!((error.kind(), kinds(&error)), (ErrorKind::Hook, vec!["hook"]));

    // One that takes for ever takes as long as a head may, and nothing was sent.
    let script = Script::new([]);
    let stuck = script.client().source(URL).before_attempt(|_| std::future::pending::<Result<_, BoxError>>());
    let policy = Policy::custom(|loss| {
        let is_in_hook = loss.error().is_some_and(ssekit::Error::is_hook);
        if is_in_hook && loss.in_a_row() < 2 { loss.after(Duration::from_secs(1)) } else { loss.give_up() }
    });
    let mut source = stuck.retry_policy(policy).build().unwrap();
    let error = source.message().await.unwrap_err();
    assert_eq!((error.kind(), error.is_hook(), error.attempt()), (ErrorKind::Timeout, true, 2));
    assert_eq!(error.to_string(), "hook before the attempt took longer than 300s (given up by the policy)");

    // Once it is done, what does not come is the head.
    let script = Script::new([Answer::silent()]);
    let asked = script.client().source(URL).before_attempt(|attempt| async { Ok::<_, BoxError>(attempt) });
    let error = asked.retry_policy(Policy::never()).build().unwrap().message().await.unwrap_err();
    assert_eq!((error.kind(), error.is_hook()), (ErrorKind::Timeout, false));
}

#[tokio::test(start_paused = true)]
async fn a_hook_may_share_what_it_captures() {
    let script = Script::new([Answer::refused(), status(204)]);
    let tokens = Arc::new(AtomicU32::new(0));
    let asked = Arc::clone(&tokens);
    let builder = script.client().source(URL).before_attempt(move |mut attempt| {
        let tokens = Arc::clone(&asked);
        async move {
            tokio::task::yield_now().await;
            let token = format!("Bearer {}", tokens.fetch_add(1, Ordering::Relaxed));
            attempt.headers_mut().insert("authorization", token.try_into()?);
            Ok::<_, BoxError>(attempt)
        }
    });
    everything(&mut builder.build().unwrap()).await;
    let requests = script.requests();
    assert_eq!(
        requests.iter().map(|request| request.header("authorization").unwrap()).collect::<Vec<_>>(),
        ["Bearer 0", "Bearer 1"]
    );
    assert_eq!(tokens.load(Ordering::Relaxed), 2);
}

#[tokio::test(start_paused = true)]
async fn a_panic_of_a_hook_or_a_policy_reaches_whoever_polls() {
    async fn broken(_: Attempt) -> Result<Attempt, BoxError> {
        panic!("no vault")
    }
    let script = Script::new([Answer::refused()]);
    let builder = || script.client().source(URL);
    let policy = Policy::custom(|_| panic!("no rule"));
    for (builder, expected) in
        [(builder().before_attempt(broken), "no vault"), (builder().retry_policy(policy), "no rule")]
    {
        let mut source = builder.build().unwrap();
        let panicked = AssertUnwindSafe(source.signal()).catch_unwind().await;
        assert_eq!(panicked.unwrap_err().downcast_ref(), Some(&expected));
    }
}
