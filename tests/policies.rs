//! Whether and when the source comes back, policy by policy, on the paused clock.

mod scripted;

use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use scripted::{Answer, Part, Script, everything, kinds, ok, status, text};
use ssekit::retry::{Backoff, Policy};
use ssekit::{Attempt, Builder, EventSource, Signal};
use tokio::time::Instant;

const MS: fn(u64) -> Duration = Duration::from_millis;
const SECS: fn(u64) -> Duration = Duration::from_secs;

fn source(script: &Script, policy: impl Into<Policy>) -> EventSource {
    builder(script).retry_policy(policy).build().unwrap()
}

fn builder(script: &Script) -> Builder {
    script.client().source("http://example.com/").reconnection_time(SECS(1))
}

/// The waits that are told, in milliseconds, up to the end; the last one is what it ends with.
async fn waits(mut source: EventSource) -> (Vec<u128>, Option<ssekit::Error>) {
    let mut waits = Vec::new();
    loop {
        match source.signal().await {
            Ok(Some(Signal::Reconnecting { delay, error, .. })) => {
                assert_eq!((error.delay(), error.will_retry()), (Some(delay), true));
                waits.push(delay.as_millis());
            }
            Ok(Some(_)) => {}
            Ok(None) => return (waits, None),
            Err(error) => {
                assert_eq!((error.delay(), error.will_retry()), (None, false));
                return (waits, Some(error));
            }
        }
    }
}

fn refused(times: usize) -> Vec<Answer> {
    (0..times).map(|_| Answer::refused()).chain([status(204)]).collect()
}

#[tokio::test(start_paused = true)]
async fn standard_waits_the_same_each_time() {
    let script = Script::new(refused(5));
    assert_eq!(waits(source(&script, Policy::standard())).await.0, [1000; 5]);
}

#[tokio::test(start_paused = true)]
async fn backoff_grows_and_is_what_comes_by_default() {
    let quiet = Backoff::new().with_jitter(0.0);
    let script = Script::new(refused(7));
    assert_eq!(waits(source(&script, quiet)).await.0, [1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
    let odd = quiet.with_factor(3.0).with_cap(SECS(5));
    assert_eq!(waits(source(&Script::new(refused(4)), odd)).await.0, [1000, 3000, 5000, 5000]);

    let grown = waits(builder(&Script::new(refused(3))).build().unwrap()).await.0;
    assert!((1000..=1500).contains(&grown[0]) && (2000..=3000).contains(&grown[1]), "{grown:?}");
}

#[tokio::test(start_paused = true)]
async fn it_is_given_up_after_so_many_attempts_or_so_long() {
    let script = Script::new(refused(100));
    let (told, error) = waits(source(&script, Backoff::new().with_max_attempts(3))).await;
    let error = error.unwrap();
    assert_eq!((told.len(), script.requests().len(), error.attempt()), (2, 3, 3));
    assert_eq!(kinds(&error), ["transport"], "the last one says why");

    // 1, 2 and 4 seconds, and 8 more would be too long.
    let script = Script::new(refused(100));
    let begun = Instant::now();
    let (told, _) = waits(source(&script, Backoff::new().with_jitter(0.0).with_max_elapsed(SECS(10)))).await;
    assert_eq!((told.len(), begun.elapsed().as_secs()), (3, 7));

    // What a connection took that was healthy does not count, nor do the losses before it.
    let feed = || ok([Part::pause(SECS(60)), text(":\n")]);
    let attempts = (0..5).flat_map(|_| [Answer::refused(), feed()]);
    let script = Script::new(attempts.chain([status(204)]));
    let policy = Backoff::new().with_max_attempts(2).with_max_elapsed(SECS(10));
    let (told, error) = waits(source(&script, policy)).await;
    assert_eq!((told.len(), error.is_none()), (10, true));
}

#[tokio::test(start_paused = true)]
async fn an_error_says_whether_it_was_the_policy_that_gave_up() {
    let script = Script::new(refused(100));
    let mut twice = source(&script, Backoff::new().with_max_attempts(2));
    let Some(Signal::Reconnecting { error, .. }) = twice.signal().await.unwrap() else { panic!() };
    assert_eq!((error.is_given_up(), format!("{error:#}").as_str()), (false, "cannot connect: connection refused"));
    let error = twice.signal().await.unwrap_err();
    assert!(error.is_given_up());
    assert_eq!(format!("{error:#}"), "cannot connect (given up after 2 attempts in vain): connection refused");
    let script = Script::new([status(503).with_header("retry-after", "600")]);
    let policy = Policy::from(Backoff::new().with_jitter(0.0).with_max_elapsed(SECS(60))).with_statuses([503]);
    let error = waits(source(&script, policy)).await.1.unwrap();
    assert!(error.to_string().ends_with("(given up, since another attempt would come after 600s in vain)"), "{error}");

    for (answer, policy, is_given_up) in [
        (status(503), Policy::never().with_statuses([503]), true),
        (
            status(503),
            Policy::custom(|loss| if loss.was_open() { loss.after(MS(1)) } else { loss.give_up() })
                .with_statuses([503]),
            true,
        ),
        (ok([text("data: cut o")]), Policy::never(), true),
        (ok([text("data: a\n\n"), Part::broken()]), Policy::before_open(Backoff::new()), true),
        // About these none is asked.
        (status(503), Policy::never(), false),
        (Answer::status(200), Policy::never(), false),
    ] {
        let error = waits(source(&Script::new([answer]), policy)).await.1.unwrap();
        assert_eq!(
            (error.is_given_up(), error.to_string().ends_with(" (given up by the policy)")),
            (is_given_up, is_given_up)
        );
    }
}

#[tokio::test(start_paused = true)]
async fn never_makes_each_loss_a_failure_but_an_end_an_end() {
    let broken = [ok([text("data: a\n\n"), Part::broken()]), Answer::refused(), ok([text("data: cut o")])];
    for (attempt, kind) in broken.into_iter().zip(["transport", "transport", "end of stream"]) {
        let script = Script::new([attempt]);
        let (told, error) = waits(source(&script, Policy::never())).await;
        assert_eq!((told.len(), kinds(&error.unwrap()), script.requests().len()), (0, vec![kind], 1));
    }
    let script = Script::new([ok([text("data: a\n\n")])]);
    let all = everything(&mut source(&script, Policy::never())).await;
    assert_eq!(all, ["open 200 OK", "message \"a\" #", "ended"]);
    assert_eq!(script.live(), 0);
}

#[tokio::test(start_paused = true)]
async fn before_open_asks_nobody_again_who_has_answered() {
    // Its tokens would come again and again: each of them makes the connection healthy.
    let cut = || ok([text("data: token\n\n"), Part::broken()]);
    let backoff = || Backoff::new().with_max_attempts(2);
    let script = Script::answering(move |_| cut());
    let post = |policy: Policy| builder(&script).method("POST").end_on_data("[DONE]").retry_policy(policy).build();
    assert!(tokio::time::timeout(SECS(60), waits(post(backoff().into()).unwrap())).await.is_err());
    let asked = script.requests().len();
    assert!(asked > 50, "{asked}");
    let (told, error) = waits(post(Policy::before_open(backoff())).unwrap()).await;
    assert_eq!((told.len(), kinds(&error.unwrap()), script.requests().len()), (0, vec!["transport"], asked + 1));

    // What is lost before that is the other policy's, its statuses included.
    let policy = || Policy::before_open(backoff().with_max_attempts(4)).with_statuses([503]);
    let script = Script::new([Answer::refused(), status(503), Answer::silent(), cut(), status(204)]);
    let (told, error) = waits(source(&script, policy())).await;
    assert_eq!((told.len(), error.unwrap().attempt(), script.requests().len()), (3, 4, 4));
    let script = Script::answering(|_| status(503));
    let (told, error) = waits(source(&script, policy())).await;
    assert_eq!((told.len(), kinds(&error.unwrap())), (3, vec!["status"]));

    // An answer that is whole is the end.
    let script = Script::new([Answer::refused(), ok([text("data: a\n\n")])]);
    let all = everything(&mut source(&script, policy())).await;
    assert_eq!(all, ["lost: cannot connect: connection refused", "open 200 OK", "message \"a\" #", "ended"]);
}

#[tokio::test(start_paused = true)]
async fn custom_decides_on_each_loss() {
    let statuses = [503, 503, 401].map(status);
    let script = Script::new([Answer::refused()].into_iter().chain(statuses).chain([status(204)]));
    let policy = Policy::custom(|loss| match loss.status() {
        None => loss.after(loss.reconnection_time() / 2),
        Some(503) => loss.after(SECS(loss.in_a_row().into()) + loss.elapsed()),
        Some(_) => loss.give_up(),
    });
    let (told, error) = waits(source(&script, policy.with_statuses(400..600))).await;
    // Half a second; 2 s and the half one that has passed by then; 3 s and the 3 that have.
    assert_eq!(told, [500, 2500, 6000]);
    assert_eq!(error.unwrap().status().unwrap(), 401);
    assert_eq!(script.requests().len(), 4);
}

#[tokio::test(start_paused = true)]
async fn which_statuses_come_back() {
    for code in [408, 425, 429, 500, 502, 503, 504] {
        let script = Script::new([status(code)]);
        assert!(waits(source(&script, Policy::default())).await.1.unwrap().is_status(), "by default none does");
        let script = Script::new([status(code), ok([text("data: a\n\n")]), status(204)]);
        let mut source = source(&script, Policy::default().with_statuses(Policy::TRANSIENT_STATUSES));
        let Ok(Some(Signal::Reconnecting { error, .. })) = source.signal().await else { panic!() };
        assert_eq!((error.status().unwrap().as_u16(), error.is_status()), (code, true));
        assert_eq!(source.message().await.unwrap().unwrap().data(), "a");
    }
    let transient = Policy::default().with_statuses(Policy::TRANSIENT_STATUSES);
    let error = source(&Script::new([status(503), ok([])]), transient).opened().await.unwrap_err();
    assert_eq!((error.status().unwrap().as_u16(), error.will_retry()), (503, false), "the first attempt counts there");
    let script = Script::new([status(404)]);
    let policy = Policy::default().with_statuses(Policy::TRANSIENT_STATUSES);
    assert!(waits(source(&script, policy)).await.1.is_some());
    let script = Script::new([status(204)]);
    assert!(waits(source(&script, Policy::default().with_statuses(0..1000))).await.1.is_none(), "204 ends it");
}

#[tokio::test(start_paused = true)]
async fn the_server_may_ask_for_a_longer_wait() {
    let date = httpdate::fmt_http_date(SystemTime::now() + SECS(120));
    for (field, min, max) in [("7", 7001, 10_500), ("0", 1001, 1500), (&date, 115_000, 136_000), ("soon", 1001, 1500)] {
        let script = Script::new([status(503).with_header("retry-after", field), status(204)]);
        let policy = Policy::default().with_statuses([503]);
        let told = waits(source(&script, policy)).await.0;
        assert!((min..=max).contains(&told[0]), "{field}: {told:?}");
    }
    for (max, expected) in [(SECS(5), 5000), (Duration::ZERO, 1000)] {
        let script = Script::new([status(503).with_header("retry-after", "86400"), status(204)]);
        let policy = Policy::standard().with_statuses([503]);
        assert_eq!(
            waits(builder(&script).retry_policy(policy).max_retry_after(max).build().unwrap()).await.0,
            [expected]
        );
    }
    let script = Script::new([status(503).with_header("retry-after", "99999999999999999999"), status(204)]);
    assert_eq!(waits(source(&script, Policy::standard().with_statuses([503]))).await.0, [3_600_000]);
}

#[tokio::test(start_paused = true)]
async fn what_is_healthy_can_be_a_time() {
    // Each sends something, and ends after half a second; and then one lasts.
    let short = || ok([text(":\n"), Part::pause(MS(500))]);
    let attempts = || [short(), short(), short(), ok([Part::pause(SECS(60))]), short(), status(204)];
    let quiet = Backoff::new().with_jitter(0.0);
    let by_byte = waits(builder(&Script::new(attempts())).retry_policy(quiet).build().unwrap()).await.0;
    assert_eq!(by_byte, [1000, 1000, 1000, 1000, 1000]);
    let by_time = builder(&Script::new(attempts())).retry_policy(quiet).healthy_after(SECS(60)).build().unwrap();
    assert_eq!(waits(by_time).await.0, [1000, 2000, 4000, 1000, 1000]);
}

#[tokio::test(start_paused = true)]
async fn content_types_can_be_let_in() {
    let typed = |value: Option<&str>| {
        let answer = Answer::response(200, [text("data: a\n\n")]);
        Script::new([match value {
            Some(value) => answer.with_header("content-type", value),
            None => answer,
        }])
    };
    let ndjson = "application/x-ndjson";
    for (value, is_taken) in [(Some(ndjson), true), (None, true), (Some("text/html"), false)] {
        let script = typed(value);
        let builder = builder(&script).content_type(format!("{ndjson} ; charset=utf-8")).missing_content_type(true);
        assert_eq!(builder.build().unwrap().message().await.is_ok(), is_taken, "{value:?}");
        let strict = self::builder(&typed(value)).build().unwrap().message().await;
        assert!(strict.unwrap_err().is_content_type());
    }
}

#[tokio::test(start_paused = true)]
async fn a_healthy_connection_counts_when_it_is_given_up_too() {
    let feed = || ok([text("data: a\n\n"), Part::hang()]);
    let script = Script::new([Answer::refused(), feed(), Answer::refused(), feed(), Answer::refused(), status(204)]);
    let mut source = source(&script, Backoff::new().with_max_attempts(2).with_max_elapsed(SECS(60)));
    for _ in 0..2 {
        assert_eq!(source.message().await.unwrap().unwrap().data(), "a");
        tokio::time::advance(SECS(3600)).await;
        source.handle().reconnect_now();
    }
    assert!(source.message().await.unwrap().is_none(), "neither the losses nor the time before count");
    assert_eq!(script.requests().len(), 6);
}

#[tokio::test(start_paused = true)]
async fn what_the_server_asks_for_counts_as_time_and_is_known_to_policies() {
    let overloaded = |seconds| status(503).with_header("retry-after", seconds);
    let backoff = Backoff::new().with_jitter(0.0).with_max_elapsed(SECS(60));
    let script = Script::new([overloaded("50"), overloaded("50"), status(204)]);
    let begun = Instant::now();
    let (told, error) = waits(source(&script, Policy::backoff(backoff).with_statuses([503]))).await;
    assert_eq!((told, error.unwrap().status().unwrap().as_u16()), (vec![50_000], 503));
    assert_eq!(begun.elapsed().as_secs(), 50, "the next attempt would begin too late");

    let policy = Policy::custom(|loss| match loss.retry_after() {
        Some(time) if time > SECS(100) => loss.give_up(),
        _ => loss.after(SECS(5)),
    });
    let script = Script::new([overloaded("7"), Answer::refused(), overloaded("3"), overloaded("101"), status(204)]);
    let (told, error) = waits(source(&script, policy.with_statuses([503]))).await;
    assert_eq!((told, error.is_some()), (vec![7000, 5000, 5000], true));
}

#[tokio::test(start_paused = true)]
async fn custom_knows_why() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&seen);
    let policy = Policy::custom(move |loss| {
        let error = loss.error().unwrap();
        assert!(!error.will_retry(), "that is being decided");
        let was = if loss.was_open() { "open" } else { "not open" };
        noted.lock().unwrap().push(format!("{} {:?} {} {was}", error.attempt(), error.kind(), loss.in_a_row()));
        let is_quota = error.body().is_some_and(|body| body == b"quota");
        if is_quota { loss.give_up() } else { loss.after(SECS(1)) }
    });
    let script = Script::new([
        ok([text(":\n"), Part::broken()]),
        ok([]),
        Answer::silent(),
        Answer::response(429, [text("busy")]),
        Answer::response(429, [text("quota")]),
    ]);
    let hook = |attempt: Attempt| async move { if attempt.number() == 1 { Err("no token") } else { Ok(attempt) } };
    let source = builder(&script).before_attempt(hook).retry_policy(policy.with_statuses([429])).build().unwrap();
    let (told, error) = waits(source).await;
    assert_eq!((told.len(), error.unwrap().body()), (5, Some(&b"quota"[..])));
    let expected = [
        "1 Hook 1 not open",
        "2 Transport 0 open",
        "3 EndOfStream 1 open",
        "4 Timeout 2 not open",
        "5 Status 3 not open",
        "6 Status 4 not open",
    ];
    assert_eq!(*seen.lock().unwrap(), expected);
}
