//! Whether what was observed is what a scenario expects.

use serde_json::Value;

use super::client::{Observations, Observed};
use super::data::{Event, Expect, Path, Request, Timing};
use super::server::Seen;

/// Of the URLs that the next attempt may go to, ours is the final one.
const POLICY: &str = "final_url_policy";

/// What is wrong, in the order in which it is checked.
pub fn check(name: &str, expect: &Expect, observed: &Observations, seen: &[Seen]) -> Vec<String> {
    let mut wrong: Vec<String> = observed.problem.iter().map(|problem| (*problem).to_owned()).collect();
    let ready_states = expect.ready_states.clone().unwrap_or_default();
    if expect.first_events_only {
        if !observed.ready_states.starts_with(&ready_states) {
            wrong.push(format!("ready states {:?}, not {ready_states:?}", observed.ready_states));
        }
    } else if observed.ready_states != ready_states {
        wrong.push(format!("ready states {:?}, not {ready_states:?}", observed.ready_states));
    }
    wrong.extend(events(expect.events.as_deref().unwrap_or_default(), &observed.events, expect.first_events_only));
    if let Some(requests) = &expect.requests {
        if requests.len() != seen.len() {
            let lines: Vec<_> = seen.iter().map(|seen| format!("{} {}", seen.host, seen.path)).collect();
            wrong.push(format!("{} requests, not {}: {lines:?}", seen.len(), requests.len()));
        }
        for (number, (expected, seen)) in requests.iter().zip(seen).enumerate() {
            wrong.extend(request(expected, seen).into_iter().map(|what| format!("request {number}: {what}")));
        }
    }
    for timing in expect.timing.iter().flatten() {
        wrong.extend(time(timing, observed, seen));
    }
    if let Some(comments) = expect.comments.as_ref().filter(|comments| **comments != observed.comments) {
        wrong.push(format!("comments {:?}, not {comments:?}", observed.comments));
    }
    if let Some(url) = expect.url_attribute.as_ref().filter(|url| **url != observed.url) {
        wrong.push(format!("url {:?}, not {url:?}", observed.url));
    }
    if expect.server_sees_disconnect && !seen.last().is_some_and(|seen| seen.was_left) {
        wrong.push("the server did not see the client leave".to_owned());
    }
    if name.starts_with("id_header_") {
        wrong.extend(id_header(observed, seen));
    }
    wrong
}

fn events(expected: &[Event], observed: &[Observed], only_first: bool) -> Vec<String> {
    let observed = if only_first { &observed[..observed.len().min(expected.len())] } else { observed };
    let is_as_expected = |(expected, observed): (&Event, &Observed)| {
        let message = observed.message.as_ref();
        let is = |expected: &Option<String>, part: fn(&(String, String, String)) -> &String| {
            expected.as_ref().is_none_or(|expected| message.is_some_and(|message| part(message) == expected))
        };
        let data = message.map(|message| &*message.0);
        expected.event_type == observed.event_type
            && expected.ready_state == observed.ready_state
            && (expected.kind == "message") == message.is_some()
            && is(&expected.data, |message| &message.0)
            && is(&expected.last_event_id, |message| &message.1)
            && is(&expected.origin, |message| &message.2)
            && expected.data_len.is_none_or(|length| data.is_some_and(|data| data.chars().count() == length))
            && expected.data_prefix.as_ref().is_none_or(|prefix| data.is_some_and(|data| data.starts_with(prefix)))
    };
    let mut pairs = expected.iter().zip(observed);
    if expected.len() == observed.len() && pairs.all(is_as_expected) {
        return Vec::new();
    }
    let short = |event: &Observed| {
        let message =
            event.message.as_ref().map(|(data, id, origin)| (data.chars().take(40).collect::<String>(), id, origin));
        format!("{} {} {message:?}", event.event_type, event.ready_state)
    };
    let observed: Vec<_> = observed.iter().map(short).collect();
    vec![format!("events {observed:#?}, not {expected:#?}")]
}

fn request(expected: &Request, seen: &Seen) -> Vec<String> {
    let mut wrong = Vec::new();
    let path = match &expected.path {
        Path::One(path) => path,
        Path::ByPolicy(paths) => &paths[POLICY],
    };
    if (&*expected.host, &*expected.method) != (seen.host, &*seen.method) || !(path == "*" || *path == seen.path) {
        wrong.push(format!(
            "{} {} {}, not {} {} {path}",
            seen.host, seen.method, seen.path, expected.host, expected.method
        ));
    }
    for (name, value) in &expected.headers {
        let values: Vec<_> =
            seen.headers.iter().filter(|(header, _)| header == name).map(|(_, value)| &**value).collect();
        if values != [value.as_bytes()] {
            let values: Vec<_> = values.into_iter().map(String::from_utf8_lossy).collect();
            wrong.push(format!("{name} is {values:?}, not {value:?}"));
        }
    }
    for name in &expected.absent {
        if let Some(value) = seen.header(name) {
            wrong.push(format!("{name} is there: {:?}", String::from_utf8_lossy(value)));
        }
    }
    wrong
}

fn time(timing: &Timing, observed: &Observations, seen: &[Seen]) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut bound = |what: &str, took: Option<std::time::Duration>, min: Option<u64>, max: Option<u64>| {
        let took = took.map(|took| u64::try_from(took.as_millis()).unwrap());
        let is_within = took.is_some_and(|took| min.is_none_or(|min| took >= min) && max.is_none_or(|max| took <= max));
        if !is_within {
            wrong.push(format!("{what} took {took:?} ms, and should take {min:?} to {max:?}"));
        }
    };
    if let Some((from, to)) = timing.between_requests {
        let at = |number: usize| seen.get(number - 1);
        let took = at(from).and_then(|from| Some(at(to)?.at.saturating_duration_since(from.ended?)));
        bound(&format!("from the end of {from} to request {to}"), took, timing.min_ms, timing.max_ms);
    }
    if let (Some((event_type, number)), Some((connection, item))) = (&timing.event, &timing.item) {
        let event = observed.events.iter().filter(|event| event.event_type == *event_type).nth(number - 1);
        let written = seen.get(connection - 1).and_then(|seen| match item {
            Value::Number(item) => seen.items.get(usize::try_from(item.as_u64()?).ok()?).copied(),
            _ => seen.head,
        });
        let took = event.and_then(|event| Some(event.at.saturating_duration_since(written?)));
        bound(&format!("{event_type} {number}"), took, None, timing.max_after_bytes_ms);
    }
    wrong
}

/// The bytes of `Last-Event-ID`, of a feed that sets one ID: as it is, but for white space around it, or not at all if
/// HTTP cannot carry it.
fn id_header(observed: &Observations, seen: &[Seen]) -> Vec<String> {
    let ids = observed.events.iter().filter_map(|event| event.message.as_ref());
    let Some((_, id, _)) = ids.into_iter().next() else { return vec!["there is no ID".to_owned()] };
    let value = id.trim_matches([' ', '\t']);
    let is_sent = !value.is_empty() && !value.chars().any(|c| c.is_ascii_control() && c != '\t');
    let expected = is_sent.then_some(value.as_bytes());
    let wrong = |(number, seen): (usize, &Seen)| {
        let expected = expected.filter(|_| number > 0);
        let sent = seen.header("last-event-id");
        (sent != expected).then(|| format!("request {number}: last-event-id is {sent:?}, not {expected:?}"))
    };
    seen.iter().enumerate().filter_map(wrong).collect()
}
