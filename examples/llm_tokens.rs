//! Asks a language model, and shows its answer as it comes.
//!
//! The question is posted as JSON, with a token that a hook fetches before each attempt; each event holds a piece of the
//! answer as JSON, and one of `[DONE]` says that it is whole. The question is asked again if nobody answers, or a server that
//! has too much to do, but not once there is an answer, which would then be paid and shown twice. Then it asks with a token that has expired, to show what is
//! known of a refusal.
//!
//! ```text
//! cargo run --example llm_tokens
//! ```
//!
//! The model is a demo server that it starts itself on loopback.

#[path = "server/feeds.rs"]
mod feeds;

use std::error::Error;
use std::io::{self, Write};

use serde::Deserialize;
use serde_json::{Value, json};
use ssekit::retry::{Backoff, Policy};
use ssekit::{BoxError, EventSource};

/// What of an event matters here.
#[derive(Deserialize)]
struct Chunk {
    choices: Vec<Choice>,
}

#[derive(Deserialize)]
struct Choice {
    delta: Delta,
}

#[derive(Deserialize)]
struct Delta {
    content: Option<String>,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let server = feeds::Server::bind(0).await?;
    let url = server.url(feeds::CHAT);
    tokio::spawn(server.serve());

    println!("With a token that is good:");
    answer(&mut ask(&url, feeds::TOKEN)?).await?;

    println!("\nWith a token that has expired:");
    match ask(&url, "expired")?.opened().await {
        Ok(_) => println!("it was taken all the same"),
        Err(error) => refused(&error)?,
    }
    Ok(())
}

fn ask(url: &str, token: &'static str) -> Result<EventSource, ssekit::Error> {
    let request = json!({
        "stream": true,
        "messages": [{ "role": "user", "content": "How do tokens come?" }],
    });
    let policy = Policy::before_open(Backoff::new().with_max_attempts(3)).with_statuses(Policy::TRANSIENT_STATUSES);
    EventSource::builder(url)
        .method("POST")
        .header("content-type", "application/json")
        .body(request.to_string())
        // A token does not live long: each attempt asks for one anew.
        .before_attempt(move |mut attempt| async move {
            let token = fetch_token(token).await;
            attempt.headers_mut().insert("authorization", format!("Bearer {token}").try_into()?);
            Ok::<_, BoxError>(attempt)
        })
        .retry_policy(policy)
        .end_on_data("[DONE]")
        .build()
}

/// Stands for a vault, or a login, that is asked over the network.
async fn fetch_token(token: &str) -> &str {
    tokio::task::yield_now().await;
    token
}

async fn answer(source: &mut EventSource) -> Result<(), Box<dyn Error>> {
    // What goes wrong once there is an answer is an error here.
    while let Some(event) = source.message().await? {
        let chunk: Chunk = serde_json::from_str(event.data())?;
        for text in chunk.choices.iter().filter_map(|choice| choice.delta.content.as_deref()) {
            print!("{text}");
        }
        // There is no line break yet, at which it would be shown.
        io::stdout().flush()?;
    }
    println!();
    Ok(())
}

fn refused(error: &ssekit::Error) -> Result<(), Box<dyn Error>> {
    println!("{error}");
    if let (Some(status), Some(body)) = (error.status(), error.body()) {
        let body: Value = serde_json::from_slice(body)?;
        println!("{status}: {}", body["error"]["message"].as_str().unwrap_or("no reason given"));
    }
    Ok(())
}
