//! A server that is not ours and needs no installation: axum's `Sse`, read over its keep-alives and the ends of its
//! responses. `tests/interop/run` has it beside servers in other languages.

#[path = "interop/servers/axum/feed.rs"]
mod feed;

use std::net::Ipv4Addr;
use std::time::Duration;

use ssekit::{Event, EventSource, Signal};
use tokio::net::TcpListener;
use tokio::time::timeout;

#[tokio::test]
async fn axum_is_read_over_the_ends_of_its_responses() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async { axum::serve(listener, feed::app()).await });

    let mut expected = (1..=feed::LAST).map(|number| {
        let event_type = if number % 3 == 0 { "third" } else { "message" };
        let second_line = if number % 2 == 0 { "\nan even one" } else { "" };
        let data = format!("number {number} ✓{second_line}");
        Event::new(data).with_event_type(event_type).with_last_event_id(&number.to_string()).with_origin(&origin)
    });
    let mut source = EventSource::builder(format!("{origin}/feed")).comments(true).build().unwrap();
    let (mut events, mut comments, mut responses) = (0, 0, 0);
    let reading = async {
        while events < feed::LAST || comments == 0 {
            match source.signal().await.unwrap().unwrap() {
                Signal::Opened(_) => responses += 1,
                Signal::Message(event) => {
                    assert_eq!(Some(event), expected.next());
                    events += 1;
                }
                Signal::Comment(comment) => {
                    assert_eq!(comment.trim(), "still there");
                    comments += 1;
                }
                // What the feed says, and not the default.
                Signal::Reconnecting { delay, .. } => assert!(delay <= Duration::from_millis(400), "{delay:?}"),
                other => panic!("{other:?}"),
            }
        }
    };
    timeout(Duration::from_secs(60), reading).await.unwrap();
    assert_eq!(responses, feed::LAST.div_ceil(feed::EACH));
}
