//! A week on the paused clock, with a loss a minute: waits do not drift, streaks are counted right, and nothing grows.

mod server_in_memory;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use server_in_memory::{Answer, InMemory};
use ssekit::retry::{Backoff, Policy};
use ssekit::{Client, Signal};
use ssekit_test_allocator as allocator;
use tokio::time::{Instant, advance};

const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// How many attempts in a row are in vain after each loss: none, mostly.
fn in_vain(loss: usize) -> u32 {
    [0, 0, 0, 0, 0, 1, 0, 3, 0, 0][loss % 10]
}

#[tokio::test(start_paused = true)]
async fn a_loss_a_minute_for_a_week() {
    // So that a timer is never rounded by the begin of its clock.
    advance(Duration::from_millis(1)).await;
    let begun = Instant::now();
    let mut failures_left = 0;
    let mut connections = 0;
    let transport = InMemory::new(move |_| {
        if failures_left > 0 {
            failures_left -= 1;
            return Answer::Refused;
        }
        failures_left = in_vain(connections);
        connections += 1;
        Answer::Stream { text: format!("id: {connections}\ndata: {connections}\n\n"), lasts: MINUTE }
    });
    let streak = Arc::new(Mutex::new(None));
    let seen = streak.clone();
    let policy = Policy::custom(move |loss| {
        *seen.lock().unwrap() = Some((loss.in_a_row(), loss.elapsed()));
        loss.back_off(&Backoff::new())
    });
    let client = Client::with_transport(transport.clone());
    let mut source = client.source("http://example.com/feed").retry_policy(policy).build().unwrap();

    let (mut losses, mut events, mut expected_streak, mut lost_at) = (0, 0, 0, begun);
    let mut expected = begun;
    let mut heap = Vec::new();
    let mut days = 0;
    while begun.elapsed() < 7 * DAY {
        match source.signal().await.unwrap().unwrap() {
            Signal::Opened(_) => {
                assert!(expected == Instant::now(), "late by {:?}", expected.elapsed());
                expected_streak = 0;
                lost_at = Instant::now();
            }
            Signal::Message(event) => {
                events += 1;
                assert_eq!((event.data(), event.last_event_id()), (&*events.to_string(), &*events.to_string()));
            }
            Signal::Reconnecting { error, delay, .. } => {
                let (in_a_row, elapsed) = streak.lock().unwrap().take().expect("each loss is asked about");
                assert_eq!(in_a_row, expected_streak, "loss {losses}");
                if in_a_row == 0 {
                    assert!(error.is_transport() && lost_at.elapsed() == MINUTE, "{error:#}");
                    assert_eq!(elapsed, Duration::ZERO);
                    lost_at = Instant::now();
                } else {
                    assert!(error.is_connect(), "{error:#}");
                    assert_eq!(elapsed, lost_at.elapsed());
                }
                let least = Duration::from_secs([3, 3, 6, 12][in_a_row as usize]);
                assert!(delay >= least && delay <= least * 3 / 2, "{in_a_row} in a row: {delay:?}");
                // To the millisecond in which a timer fires.
                expected = begun + ceil(begun.elapsed() + delay);
                expected_streak += 1;
                losses += 1;
                if expected_streak > 1 || in_vain(events - 1) > 0 {
                    continue;
                }
                if begun.elapsed() >= DAY * (days + 1) {
                    days += 1;
                    heap.push(allocator::live());
                }
            }
            other => panic!("{other:?}"),
        }
    }
    println!("{losses} losses, {events} events; heap after each day: {heap:?}; {} live", transport.live());
    assert!(losses >= 10_000 && heap.len() >= 6);
    assert!(heap[1..].iter().all(|held| held.abs_diff(heap[1]) * 100 <= heap[1]), "{heap:?}");
    assert!(transport.live() <= 1);
    drop(source);
    assert_eq!(transport.live(), 0);
}

fn ceil(time: Duration) -> Duration {
    Duration::from_millis(u64::try_from(time.as_nanos().div_ceil(1_000_000)).unwrap())
}
