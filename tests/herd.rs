//! A thousand sources on a server that dies for five seconds: how they come back, and what is left of it.

mod server_in_memory;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use server_in_memory::{Answer, InMemory};
use ssekit::{Client, Signal};
use tokio::task::JoinSet;
use tokio::time::{Instant, advance, sleep};

const SOURCES: usize = 1000;
const OUTAGE: Duration = Duration::from_secs(5);
const CAP: Duration = Duration::from_secs(30);

/// When an attempt was made, and the how many-th one since the server died it was.
type Attempts = Arc<Mutex<Vec<(u32, Instant)>>>;

/// Follows one feed over its loss until it is back, and says when that was.
async fn follow(client: Client, attempts: Attempts) -> Instant {
    let (mut number, mut asked_for) = (0, None);
    let seen = Arc::new(Mutex::new(None));
    let made = seen.clone();
    let builder = client.source("http://example.com/feed").before_attempt(move |attempt| {
        *made.lock().unwrap() = Some(Instant::now());
        async move { Ok::<_, std::io::Error>(attempt) }
    });
    let mut source = builder.build().unwrap();
    loop {
        let signal = source.signal().await.unwrap().unwrap();
        let made = seen.lock().unwrap().take();
        if let (Some(made), Some(asked_for)) = (made, asked_for) {
            assert!(made >= asked_for, "early by {:?}", asked_for - made);
            number += 1;
            attempts.lock().unwrap().push((number, made));
        }
        match signal {
            Signal::Opened(_) if number > 0 => return Instant::now(),
            Signal::Reconnecting { delay, .. } => {
                assert!(delay >= source.reconnection_time());
                asked_for = Some(Instant::now() + delay);
            }
            _ => {}
        }
    }
}

/// The largest part of the sources that made one of these attempts within 100 ms.
fn densest(attempts: &[(u32, Instant)], number: impl Fn(u32) -> bool) -> usize {
    let mut times: Vec<_> = attempts.iter().filter(|attempt| number(attempt.0)).map(|attempt| attempt.1).collect();
    times.sort();
    let within = |(index, from): (usize, &Instant)| {
        times[index..].iter().take_while(|at| **at - *from < Duration::from_millis(100)).count()
    };
    times.iter().enumerate().map(within).max().unwrap_or(0)
}

#[tokio::test(start_paused = true)]
async fn a_thousand_sources_come_back_one_by_one() {
    // What the server sends by `retry`, if it does.
    for retry in [None, Some(2000), Some(10_000)] {
        advance(Duration::from_millis(1)).await;
        let dies = Instant::now() + Duration::from_secs(60);
        let text = retry.map_or(": \n".to_owned(), |retry| format!("retry: {retry}\n\n"));
        let transport = InMemory::new(move |_| match Instant::now() {
            now if now < dies => Answer::Stream { text: text.clone(), lasts: dies - now },
            now if now < dies + OUTAGE => Answer::Refused,
            _ => Answer::Endless { text: String::new() },
        });
        let attempts = Attempts::default();
        let mut sources = JoinSet::new();
        for _ in 0..SOURCES {
            sources.spawn(follow(Client::with_transport(transport.clone()), attempts.clone()));
        }
        let back = sources.join_all().await;
        let last = back.into_iter().max().unwrap() - dies;
        let attempts = std::mem::take(&mut *attempts.lock().unwrap());
        let (first, later) = (densest(&attempts, |n| n == 1), densest(&attempts, |n| n > 1));
        println!("retry {retry:?}: all back after {last:?}; within 100 ms: {first} at first, {later} later");
        assert!(last <= OUTAGE + 2 * CAP, "the last one is back after {last:?}");
        assert!(later <= SOURCES / 4, "{later} of {SOURCES} come within 100 ms");
        // Those that are gone by now have left nothing.
        sleep(Duration::from_millis(1)).await;
        assert_eq!(transport.live(), 0);
    }
}
