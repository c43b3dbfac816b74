//! The client of one scenario, and what it observes.

use std::error::Error as _;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ssekit::{Builder, Client, CookieJar, Error, EventSource, ListenerEvent, ReadyState, Signal};
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep, sleep_until};

use super::data::{Act, Action, Scenario};
use super::server::Servers;

/// Nothing takes this long but what hangs.
const PATIENCE: Duration = Duration::from_secs(30);

/// For how long nothing is to follow once everything was observed, and the source is still there.
const ENOUGH: Duration = Duration::from_secs(2);

/// Either way of finding out what happens.
#[derive(Clone, Copy, Debug)]
pub enum Way {
    /// To ask for signals.
    Asking,
    /// To listen, as a page does.
    Listening,
}

/// An event as a page would see it.
#[derive(Clone, Debug)]
pub struct Observed {
    pub event_type: String,
    pub ready_state: u8,
    /// Data, last event ID and origin, if it is a message.
    pub message: Option<(String, String, String)>,
    pub at: Instant,
}

#[derive(Clone, Debug, Default)]
pub struct Observations {
    pub events: Vec<Observed>,
    pub ready_states: Vec<u8>,
    pub comments: Vec<String>,
    pub url: String,
    /// Where it did not end.
    pub problem: Option<&'static str>,
}

/// What listeners share with whoever runs the source.
#[derive(Clone)]
struct Log(Arc<Mutex<Observations>>);

impl Log {
    fn ready_state(&self, state: ReadyState) {
        let states = &mut self.0.lock().unwrap().ready_states;
        if states.last() != Some(&u8::from(state)) {
            states.push(state.into());
        }
    }

    fn event(&self, event_type: &str, ready_state: ReadyState, message: Option<&ssekit::Event>) {
        self.ready_state(ready_state);
        let text = |event: &ssekit::Event| {
            (event.data().to_owned(), event.last_event_id().to_owned(), event.origin().to_owned())
        };
        self.0.lock().unwrap().events.push(Observed {
            event_type: event_type.to_owned(),
            ready_state: ready_state.into(),
            message: message.map(text),
            at: Instant::now(),
        });
    }

    /// What is to be done once this event was observed: it is the last one that was.
    fn due<'a>(&self, actions: &'a [Action]) -> Vec<&'a Action> {
        let observations = self.0.lock().unwrap();
        let Some(last) = observations.events.last() else { return Vec::new() };
        let count = observations.events.iter().filter(|event| event.event_type == last.event_type).count();
        let is_due = |action: &&Action| action.on.as_ref() == Some(&(last.event_type.clone(), count));
        actions.iter().filter(is_due).collect()
    }

    fn count(&self) -> usize {
        self.0.lock().unwrap().events.len()
    }
}

/// Makes the source that a scenario asks for.
pub fn build(scenario: &Scenario, cancel: oneshot::Receiver<()>) -> Result<EventSource, Error> {
    let asked = &scenario.client;
    let time = Duration::from_millis(asked.reconnection_time_ms.unwrap_or(50));
    let mut builder: Builder = Client::new()?
        .source(&asked.url)
        .with_credentials(asked.with_credentials)
        .reconnection_time(time)
        .min_reconnection_time(Duration::ZERO)
        .idle_timeout(asked.idle_timeout_ms.map(Duration::from_millis))
        .comments(asked.expose_comments)
        .cancel_on(async move {
            if cancel.await.is_err() {
                std::future::pending::<()>().await;
            }
        });
    if let Some(url) = &asked.base_url {
        builder = builder.base_url(url);
    }
    if let Some(origin) = &asked.origin {
        builder = builder.origin(origin);
    }
    if let Some(id) = &asked.last_event_id {
        builder = builder.last_event_id(id);
    }
    if asked.cookie_store {
        builder = builder.cookies(&CookieJar::new());
    }
    for (name, value) in &asked.headers {
        builder = builder.header(name, value);
    }
    builder.build()
}

/// Runs the source to its end, or to where the scenario has seen enough.
pub async fn run(
    scenario: &Scenario,
    way: Way,
    mut source: EventSource,
    servers: &Servers,
    cancel: oneshot::Sender<()>,
) -> Observations {
    let log = Log(Arc::default());
    log.ready_state(source.ready_state());
    log.0.lock().unwrap().url = source.url().to_string();
    if matches!(way, Way::Listening) {
        listen(scenario, &source, &log);
    }
    let listened = |event_type: &str| {
        let types = scenario.client.listen.as_ref();
        ["open", "error", "message"].contains(&event_type)
            || types.is_none_or(|types| types.iter().any(|listened| listened == event_type))
    };

    let began = Instant::now();
    let at = |ms: Option<u64>| Instant::now() + Duration::from_millis(ms.unwrap_or(0));
    let unasked = scenario.client.actions.iter().filter(|action| action.on.is_none());
    let mut pending: Vec<(Instant, Act)> = unasked.map(|action| (at(action.after_ms), action.act)).collect();
    let close_after = scenario.expect.client_close_after_ms.map(|ms| began + Duration::from_millis(ms));
    let expected = scenario.expect.events.as_ref().map_or(0, Vec::len);
    let mut cancel = Some(cancel);
    loop {
        pending.sort_by_key(|(at, _)| *at);
        let next = pending.first().copied();
        let seen_enough = scenario.expect.first_events_only && log.count() >= expected;
        if seen_enough || close_after.is_some_and(|at| at <= Instant::now()) {
            break;
        }
        let before = log.count();
        let told = tokio::select! {
            biased;
            () = until(next.map(|(at, _)| at)) => {
                pending.remove(0);
                match next.unwrap().1 {
                    Act::Close => {
                        source.close();
                        log.ready_state(source.ready_state());
                    }
                    Act::Cancel => drop(cancel.take().map(|cancel| cancel.send(()))),
                    Act::Drop => break,
                }
                continue;
            }
            told = source.signal() => told,
            () = until(close_after) => break,
            () = sleep(ENOUGH), if pending.is_empty() && log.count() >= expected => break,
            () = sleep(PATIENCE) => {
                log.0.lock().unwrap().problem = Some("it hangs");
                break;
            }
        };
        let ready_state = source.ready_state();
        match &told {
            Ok(Some(Signal::Comment(comment))) => log.0.lock().unwrap().comments.push(comment.clone()),
            Ok(Some(Signal::Reconnecting { error, .. })) if is_refused(error) => servers.handle_refused(),
            _ => {}
        }
        if matches!(way, Way::Asking) {
            match &told {
                Ok(Some(Signal::Opened(_))) => log.event("open", ready_state, None),
                Ok(Some(Signal::Message(event))) if listened(event.event_type()) => {
                    log.event(event.event_type(), ready_state, Some(event));
                }
                Ok(Some(Signal::Reconnecting { .. } | Signal::Ended)) | Err(_) => {
                    log.event("error", ready_state, None);
                }
                _ => {}
            }
        }
        let mut is_dropped = false;
        for action in log.due(&scenario.client.actions).into_iter().filter(|_| log.count() > before) {
            match (action.after_ms, action.act) {
                (Some(_), act) => pending.push((at(action.after_ms), act)),
                // A listener has done so.
                (None, Act::Close) if matches!(way, Way::Listening) => {}
                (None, Act::Close) => source.close(),
                (None, Act::Cancel) => drop(cancel.take().map(|cancel| cancel.send(()))),
                (None, Act::Drop) => is_dropped = true,
            }
        }
        if is_dropped {
            break;
        }
        log.ready_state(source.ready_state());
        if matches!(told, Ok(None) | Err(_)) {
            break;
        }
    }
    drop(source);
    sleep(Duration::from_millis(scenario.expect.no_more_requests_ms.unwrap_or(0))).await;
    log.0.lock().unwrap().clone()
}

/// Registers listeners for every type that there may be to see.
fn listen(scenario: &Scenario, source: &EventSource, log: &Log) {
    let mut types = vec!["open", "error", "message"];
    let events = scenario.expect.events.iter().flatten().map(|event| &*event.event_type);
    let extra: Vec<&str> = match &scenario.client.listen {
        Some(types) => types.iter().map(String::as_str).collect(),
        None => events.collect(),
    };
    types.extend(extra);
    types.sort_unstable();
    types.dedup();
    for event_type in types {
        let (log, actions) = (log.clone(), scenario.client.actions.clone());
        source.add_event_listener(event_type, move |event: &ListenerEvent<'_>| {
            log.event(event.event_type(), event.ready_state(), event.message());
            for action in log.due(&actions) {
                if action.act == Act::Close && action.after_ms.is_none() {
                    event.source().close();
                    log.ready_state(event.ready_state());
                }
            }
        });
    }
}

async fn until(at: Option<Instant>) {
    match at {
        Some(at) => sleep_until(at).await,
        None => std::future::pending().await,
    }
}

fn is_refused(error: &Error) -> bool {
    let mut causes = std::iter::successors(error.source(), |&error| error.source());
    causes.any(|error| {
        error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::ConnectionRefused)
    })
}
