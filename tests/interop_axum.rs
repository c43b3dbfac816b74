//! A server that is not ours and needs no installation: axum's `Sse`, read over its keep-alives and the ends of its
//! responses. `tests/interop/run` has it beside servers in other languages.

#[path = "interop/servers/axum/feed.rs"]
mod feed;

use std::net::Ipv4Addr;
use std::time::Duration;

use ssekit::{EventSource, Signal};
use tokio::net::TcpListener;
use tokio::time::timeout;

#[tokio::test]
async fn axum_is_read_over_the_ends_of_its_responses() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let url = format!("http://{}/feed", listener.local_addr().unwrap());
    tokio::spawn(async { axum::serve(listener, feed::app()).await });

    let mut source = EventSource::builder(url).comments(true).build().unwrap();
    let (mut events, mut comments, mut responses) = (Vec::new(), Vec::new(), 0);
    let reading = async {
        while events.len() < feed::LAST as usize || comments.is_empty() {
            match source.signal().await.unwrap().unwrap() {
                Signal::Opened(_) => responses += 1,
                Signal::Message(event) => {
                    let [event_type, id] = [event.event_type(), event.last_event_id()].map(str::to_owned);
                    events.push((event_type, id, event.into_data()));
                }
                Signal::Comment(comment) => comments.push(comment),
                // What the feed says, and not the default.
                Signal::Reconnecting { delay, .. } => assert!(delay <= Duration::from_millis(400), "{delay:?}"),
                other => panic!("{other:?}"),
            }
        }
    };
    timeout(Duration::from_secs(60), reading).await.unwrap();

    let expected = (1..=feed::LAST).map(|number| {
        let event_type = if number % 3 == 0 { "third" } else { "message" };
        let second_line = if number % 2 == 0 { "\nan even one" } else { "" };
        (event_type.to_owned(), number.to_string(), format!("number {number} ✓{second_line}"))
    });
    assert_eq!(events, expected.collect::<Vec<_>>());
    assert_eq!(responses, feed::LAST.div_ceil(feed::EACH));
    assert!(comments.iter().all(|comment| comment.trim() == "still there"), "{comments:?}");
}
