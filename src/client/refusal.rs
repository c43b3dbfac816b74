//! What there is to know of a response that is refused: the begin of its body, and when to ask again.

use core::future::poll_fn;
use core::time::Duration;
use std::time::SystemTime;

use bytes::{Bytes, BytesMut};
use http::header::{HeaderMap, RETRY_AFTER};
use http::response::Parts;
use tokio::task::yield_now;
use tokio::time::timeout;

use super::transport::{Body, Response};

/// Reads so many bytes of the body of a response, or what comes of them in that time.
pub(super) async fn read(response: Response, limit: usize, time: Duration) -> (Parts, Bytes) {
    let Response { head, body, .. } = response;
    let mut begin = BytesMut::new();
    // What has come by then counts.
    let _ = timeout(time, read_to(body, &mut begin, limit)).await;
    (head, begin.freeze())
}

async fn read_to(mut body: Body, begin: &mut BytesMut, limit: usize) {
    while begin.len() < limit {
        let Some(Ok(chunk)) = poll_fn(|cx| body.as_mut().poll_next(cx)).await else { return };
        begin.extend_from_slice(&chunk[..chunk.len().min(limit - begin.len())]);
        // There may be any number of them, all there at once, and only here is it seen that the time is over.
        yield_now().await;
    }
}

/// Gets what a [`Retry-After`] says, in seconds or as a date.
///
/// [`Retry-After`]: https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
pub(super) fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        // What is too much for a number is as long as there is.
        return Some(Duration::from_secs(value.parse().unwrap_or(u64::MAX)));
    }
    let date = httpdate::parse_http_date(value).ok()?;
    Some(date.duration_since(now).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    #[test]
    fn seconds_and_dates() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777);
        for (value, expected) in [
            ("120", Some(120)),
            (" 0 ", Some(0)),
            ("99999999999999999999999", Some(u64::MAX)),
            ("Sun, 06 Nov 1994 08:49:38 GMT", Some(1)),
            ("Sunday, 06-Nov-94 08:50:37 GMT", Some(60)),
            ("Sun, 06 Nov 1994 08:49:36 GMT", Some(0)),
            ("", None),
            ("-1", None),
            ("1.5", None),
            ("soon", None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(RETRY_AFTER, HeaderValue::from_static(value));
            assert_eq!(retry_after(&headers, now), expected.map(Duration::from_secs), "{value}");
        }
        assert_eq!(retry_after(&HeaderMap::new(), now), None);
    }
}
