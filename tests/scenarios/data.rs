//! The scenarios as they are written; tests/data/README.md tells what their fields mean.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
pub struct File {
    /// Each by itself, since its placeholders have to be filled in before it makes sense.
    pub scenarios: Vec<Value>,
}

#[derive(Clone, Deserialize)]
pub struct Scenario {
    pub name: String,
    pub client: Client,
    pub connections: Vec<Connection>,
    pub expect: Expect,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Client {
    pub url: String,
    pub base_url: Option<String>,
    pub origin: Option<String>,
    #[serde(default)]
    pub with_credentials: bool,
    #[serde(default)]
    pub cookie_store: bool,
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    pub last_event_id: Option<String>,
    pub reconnection_time_ms: Option<u64>,
    pub idle_timeout_ms: Option<u64>,
    #[serde(default)]
    pub expose_comments: bool,
    pub listen: Option<Vec<String>>,
    #[serde(default)]
    pub actions: Vec<Action>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Action {
    pub on: Option<(String, usize)>,
    pub after_ms: Option<u64>,
    #[serde(rename = "do")]
    pub act: Act,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
pub enum Act {
    Close,
    Cancel,
    Drop,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Connection {
    pub host: String,
    pub path: String,
    pub respond: Option<Respond>,
    pub fault: Option<Fault>,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    Refuse,
    CloseBeforeResponse,
    ResetBeforeResponse,
    HoldBeforeResponse,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Respond {
    pub status: u16,
    #[serde(default)]
    pub headers: BTreeMap<String, OneOrMore>,
    #[serde(default)]
    pub body: Vec<Item>,
    #[serde(default)]
    pub end: End,
    pub framing: Option<Framing>,
    #[serde(default = "default_gap")]
    pub gap_ms: u64,
    #[serde(default)]
    pub keep_alive: bool,
    #[serde(default)]
    pub interim: Vec<u16>,
    #[serde(default)]
    pub gzip: bool,
}

fn default_gap() -> u64 {
    2
}

#[derive(Clone, Deserialize)]
#[serde(untagged)]
pub enum OneOrMore {
    One(String),
    More(Vec<String>),
}

impl OneOrMore {
    pub fn values(&self) -> &[String] {
        match self {
            Self::One(value) => std::slice::from_ref(value),
            Self::More(values) => values,
        }
    }
}

#[derive(Clone, Deserialize)]
#[serde(untagged)]
pub enum Item {
    Text {
        utf8: String,
    },
    Bytes {
        hex: String,
    },
    /// Outside the framing.
    Raw {
        raw_hex: String,
    },
    Repeat {
        repeat_utf8: String,
        times: usize,
    },
    Delay {
        delay_ms: u64,
    },
}

#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
pub enum End {
    #[default]
    Eof,
    Truncated,
    Reset,
    Hold,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
pub enum Framing {
    Chunked,
    Length,
    Close,
    Raw,
}

#[derive(Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Expect {
    pub throws: Option<String>,
    pub requests: Option<Vec<Request>>,
    pub events: Option<Vec<Event>>,
    pub ready_states: Option<Vec<u8>>,
    pub timing: Option<Vec<Timing>>,
    pub comments: Option<Vec<String>>,
    pub url_attribute: Option<String>,
    pub first_events_only: bool,
    pub client_close_after_ms: Option<u64>,
    pub no_more_requests_ms: Option<u64>,
    pub server_sees_disconnect: bool,
    pub accept: Vec<Alternative>,
}

/// What else may be expected: it takes the place of what the scenario expects first.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Alternative {
    pub label: String,
    pub requests: Option<Vec<Request>>,
    pub events: Option<Vec<Event>>,
    pub ready_states: Option<Vec<u8>>,
    pub timing: Option<Vec<Timing>>,
}

#[derive(Clone, Deserialize)]
pub struct Request {
    pub host: String,
    pub method: String,
    pub path: Path,
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    #[serde(default)]
    pub absent: Vec<String>,
}

#[derive(Clone, Deserialize)]
#[serde(untagged)]
pub enum Path {
    One(String),
    /// By which URL the next attempt goes to.
    ByPolicy(BTreeMap<String, String>),
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Event {
    #[serde(rename = "type")]
    pub event_type: String,
    /// `event` or `message`.
    pub kind: String,
    #[serde(rename = "readyState")]
    pub ready_state: u8,
    pub data: Option<String>,
    #[serde(rename = "lastEventId")]
    pub last_event_id: Option<String>,
    pub origin: Option<String>,
    /// In characters.
    pub data_len: Option<usize>,
    pub data_prefix: Option<String>,
}

#[derive(Clone, Deserialize)]
pub struct Timing {
    pub between_requests: Option<(usize, usize)>,
    pub min_ms: Option<u64>,
    pub max_ms: Option<u64>,
    pub event: Option<(String, usize)>,
    pub item: Option<(usize, Value)>,
    pub max_after_bytes_ms: Option<u64>,
}
