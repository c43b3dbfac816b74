//! The vectors of `data/vectors.json`, through every front end and every cut.

mod front_ends;
mod standard;

use front_ends::FRONT_ENDS;
use serde_json::Value;
use ssekit::Parser;
use standard::{Dispatched, Outcome};

struct Vector {
    name: String,
    input: Vec<u8>,
    seed: String,
    expected: Outcome,
    /// The standard sets no bound on `retry`, `u64` does: the value is then not compared.
    any_retry: bool,
}

#[test]
fn whole() {
    for_each(|vector| check(vector, &[&vector.input]));
}

#[test]
fn byte_by_byte() {
    for_each(|vector| check(vector, &vector.input.chunks(1).collect::<Vec<_>>()));
}

#[test]
fn cut_at_every_position() {
    for_each(|vector| {
        for cut in 0..=vector.input.len() {
            let (a, b) = vector.input.split_at(cut);
            check(vector, &[a, b]);
            check(vector, &[a, b"", b]);
        }
    });
}

#[test]
fn the_oracle_agrees() {
    for_each(|vector| {
        let outcome = standard::interpret(&vector.input, &vector.seed);
        assert_eq!(comparable(vector, outcome), vector.expected, "{}", vector.name);
    });
}

fn check(vector: &Vector, chunks: &[&[u8]]) {
    for (front_end, run) in FRONT_ENDS {
        let (outcome, exceeded) = run(chunks, Parser::new().with_last_event_id(&*vector.seed));
        assert_eq!(comparable(vector, outcome), vector.expected, "{} through {front_end}: {chunks:?}", vector.name);
        assert_eq!(exceeded, 0);
    }
}

fn comparable(vector: &Vector, mut outcome: Outcome) -> Outcome {
    if vector.any_retry {
        outcome.reconnection_time = None;
    }
    outcome
}

fn for_each(check: impl Fn(&Vector)) {
    let file: Value = serde_json::from_str(include_str!("data/vectors.json")).unwrap();
    let vectors = file["vectors"].as_array().unwrap();
    assert!(vectors.len() >= 143);
    for vector in vectors {
        check(&read(vector));
    }
}

fn read(vector: &Value) -> Vector {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let expect = &vector["expect"];
    let retry = &expect["retry"];
    Vector {
        name: text(&vector["name"]),
        input: unhex(vector["input_hex"].as_str().unwrap()),
        seed: text(&vector["seed_last_event_id"]),
        expected: Outcome {
            events: expect["events"]
                .as_array()
                .unwrap()
                .iter()
                .map(|event| Dispatched {
                    event_type: text(&event["event"]),
                    data: text(&event["data"]),
                    last_event_id: text(&event["last_event_id"]),
                })
                .collect(),
            last_event_id: text(&expect["last_event_id"]),
            reconnection_time: retry.as_u64(),
        },
        any_retry: retry == "any",
    }
}

fn unhex(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|i| u8::from_str_radix(&hex[i..i + 2], 16).unwrap()).collect()
}
