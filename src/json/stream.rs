//! A stream of events, with the JSON of each.

use core::fmt;
use core::marker::PhantomData;
use core::pin::Pin;
use core::task::{Context, Poll, ready};

use futures_core::stream::{FusedStream, Stream, TryStream};
use pin_project_lite::pin_project;
use serde::de::DeserializeOwned;

use super::JsonError;
use crate::event::Event;

/// How many items without an event one poll may pass over: a source that is always ready would otherwise keep the task from
/// everything else it waits for.
const PASSED_OVER_PER_POLL: usize = 64;

pin_project! {
    /// A stream of events with their data read as JSON, over a stream of events.
    ///
    /// It takes an `EventStream`, an `EventSource`, and any other stream of `Result<Event, E>`, `Result<Signal, E>` or what
    /// else turns into an `Option<Event>`. What an `EventSource` tells beside its events is passed over.
    ///
    /// Each event comes as a [`JsonEvent`], which has the event itself and a `T`, or why there is none: data that is not
    /// the JSON of a `T` does not end the stream. An `Err` is always one of the source, as it came from there, and ends
    /// what it ends there. So `while let Some(event) = events.try_next().await?` is right over an `EventSource`.
    ///
    /// It needs the feature `json`, and `stream` or `client`. It is `Unpin` if its source is. An `EventReader` is an iterator,
    /// of which `map` makes the same: `reader.map(|event| event.map(JsonEvent::<T>::new))`.
    ///
    /// # Examples
    ///
    /// The tokens of a chat, out of a body that some HTTP client got, up to the data that says that there are no more, and
    /// is no JSON:
    ///
    /// ```
    /// # #[cfg(feature = "stream")] {
    /// use futures_util::{StreamExt, stream};
    /// use serde::Deserialize;
    /// use ssekit::{EventStream, JsonEvents};
    ///
    /// #[derive(Deserialize)]
    /// struct Token {
    ///     text: String,
    /// }
    ///
    /// # futures_util::FutureExt::now_or_never(async {
    /// let body = stream::iter([
    ///     Ok::<_, std::io::Error>("data: {\"text\":\"Hel\"}\n\ndata: {\"te"),
    ///     Ok("xt\":\"lo\"}\n\ndata: [DONE]\n\n"),
    /// ]);
    /// let mut tokens = JsonEvents::<_, Token>::new(EventStream::new(body));
    /// let mut answer = String::new();
    /// while let Some(item) = tokens.next().await {
    ///     let event = item?; // the body broke
    ///     match event.value() {
    ///         Ok(token) => answer += &token.text,
    ///         Err(_) if event.data() == "[DONE]" => break,
    ///         Err(error) => eprintln!("{error:#}"), // and on with the next event
    ///     }
    /// }
    /// assert_eq!(answer, "Hello");
    /// # Ok::<(), ssekit::ReadError<std::io::Error>>(()) }).unwrap().unwrap();
    /// # }
    /// ```
    ///
    /// The same from an `EventSource`, which can look for the end itself:
    ///
    /// ```no_run
    /// # #[cfg(feature = "reqwest")]
    /// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
    /// use futures_util::TryStreamExt;
    /// use http::Method;
    /// use ssekit::{EventSource, JsonEvents};
    /// # #[derive(serde::Deserialize)]
    /// # struct Token { text: String }
    ///
    /// let source = EventSource::builder("https://example.com/chat")
    ///     .method(Method::POST)
    ///     .header("content-type", "application/json")
    ///     .body(r#"{"prompt":"Hello","stream":true}"#)
    ///     .end_on_data("[DONE]")
    ///     .build()?;
    /// let mut tokens = JsonEvents::<_, Token>::new(source);
    /// while let Some(event) = tokens.try_next().await? {
    ///     print!("{}", event.into_value()?.text); // or, without the `?`, on with the next event
    /// }
    /// # Ok(()) }
    /// ```
    pub struct JsonEvents<S, T> {
        #[pin]
        stream: S,
        value: PhantomData<fn() -> T>,
    }
}

impl<S, T> JsonEvents<S, T>
where
    S: TryStream,
    S::Ok: Into<Option<Event>>,
    T: DeserializeOwned,
{
    /// Makes a stream of these events with their JSON.
    #[must_use]
    pub fn new(stream: S) -> Self {
        Self { stream, value: PhantomData }
    }

    /// Gives the source back.
    #[must_use]
    pub fn into_inner(self) -> S {
        self.stream
    }

    /// The source, to be changed: to be closed, for example.
    pub fn get_mut(&mut self) -> &mut S {
        &mut self.stream
    }

    /// The source.
    #[must_use]
    pub fn get_ref(&self) -> &S {
        &self.stream
    }
}

impl<S, T> Stream for JsonEvents<S, T>
where
    S: TryStream,
    S::Ok: Into<Option<Event>>,
    T: DeserializeOwned,
{
    type Item = Result<JsonEvent<T>, S::Error>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let mut stream = self.project().stream;
        for _ in 0..PASSED_OVER_PER_POLL {
            let Some(item) = ready!(stream.as_mut().try_poll_next(cx)?) else { return Poll::Ready(None) };
            if let Some(event) = item.into() {
                return Poll::Ready(Some(Ok(JsonEvent::new(event))));
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

impl<S, T> FusedStream for JsonEvents<S, T>
where
    S: TryStream + FusedStream,
    S::Ok: Into<Option<Event>>,
    T: DeserializeOwned,
{
    fn is_terminated(&self) -> bool {
        self.stream.is_terminated()
    }
}

impl<S: fmt::Debug, T> fmt::Debug for JsonEvents<S, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JsonEvents").field("stream", &self.stream).finish_non_exhaustive()
    }
}

/// An event, and what its data says as JSON.
///
/// It needs the feature `json`, and `stream` or `client`.
///
/// # Examples
///
/// ```
/// use ssekit::{Event, JsonEvent};
///
/// let event = JsonEvent::<f64>::new(Event::new("21.5").with_event_type("celsius"));
/// assert_eq!(event.event_type(), "celsius");
/// assert_eq!(event.into_value()?, 21.5);
/// # Ok::<(), ssekit::JsonError>(())
/// ```
///
/// Over a blocking response, where events come by an iterator:
///
/// ```
/// # fn main() -> Result<(), ssekit::ReadError<std::io::Error>> {
/// use ssekit::{EventReader, JsonEvent};
///
/// let response = &b"data: 21.5\n\ndata: cold\n\ndata: 20\n\n"[..];
/// let mut warm = Vec::new();
/// for event in EventReader::new(response).map(|event| event.map(JsonEvent::<f64>::new)) {
///     match event?.into_value() {
///         Ok(celsius) => warm.push(celsius),
///         Err(error) => eprintln!("{error:#}"), // and on with the next event
///     }
/// }
/// assert_eq!(warm, [21.5, 20.0]);
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct JsonEvent<T> {
    event: Event,
    value: Result<T, JsonError>,
}

impl<T> JsonEvent<T> {
    /// Reads the data of an event.
    #[must_use]
    pub fn new(event: Event) -> Self
    where
        T: DeserializeOwned,
    {
        Self { value: event.json(), event }
    }

    /// Gives the value away.
    ///
    /// # Errors
    ///
    /// [`JsonError`] if the data is not the JSON of one.
    pub fn into_value(self) -> Result<T, JsonError> {
        self.value
    }

    /// Gives both away, the event and the value or why there is none.
    pub fn into_parts(self) -> (Event, Result<T, JsonError>) {
        (self.event, self.value)
    }

    /// The value.
    ///
    /// # Errors
    ///
    /// [`JsonError`] if the data is not the JSON of one.
    pub fn value(&self) -> Result<&T, &JsonError> {
        self.value.as_ref()
    }

    /// The event.
    #[must_use]
    pub fn event(&self) -> &Event {
        &self.event
    }

    /// The [type](Event::event_type) of the event.
    #[must_use]
    pub fn event_type(&self) -> &str {
        self.event.event_type()
    }

    /// The [data](Event::data) of the event, as it came.
    #[must_use]
    pub fn data(&self) -> &str {
        self.event.data()
    }

    /// The [last event ID](Event::last_event_id) of the event.
    #[must_use]
    pub fn last_event_id(&self) -> &str {
        self.event.last_event_id()
    }
}
