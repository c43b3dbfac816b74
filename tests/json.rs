//! Events read as JSON: what borrows, and what the error says, and what it keeps to itself.

use std::borrow::Cow;
use std::error::Error;

use proptest::collection::vec;
use proptest::prelude::{Strategy, prop_assert, proptest};
use proptest::sample::select;
use serde::Deserialize;
use serde::de::{DeserializeOwned, Deserializer, Error as _, Unexpected};
use ssekit::{Event, JsonError, Parser};

/// What is in the data, and must be seen nowhere else.
const SECRET: &str = "hunter2";

#[derive(Debug, PartialEq, Deserialize)]
struct Token {
    text: String,
}

#[derive(Deserialize)]
struct Borrowed<'a> {
    text: &'a str,
}

#[derive(Deserialize)]
struct Either<'a> {
    #[serde(borrow)]
    text: Cow<'a, str>,
}

#[test]
fn what_is_read_borrows_from_the_chunk() {
    let chunk = b"data: {\"text\":\"a\"}\n\n";
    let mut parser = Parser::new();
    let mut input = &chunk[..];
    let value: Borrowed<'_> = {
        let event = parser.parse(&mut input).unwrap().unwrap();
        event.json().unwrap()
    };
    assert_eq!(value.text, "a");
    assert!(chunk.as_ptr_range().contains(&value.text.as_ptr()), "nothing was copied");
}

#[test]
fn what_is_read_borrows_from_an_owned_event() {
    let event = Event::new(r#"{"text":"a"}"#);
    let value: Borrowed<'_> = event.json().unwrap();
    assert!(event.data().as_bytes().as_ptr_range().contains(&value.text.as_ptr()));
    let escaped = Event::new(r#"{"text":"\n"}"#);
    assert!(escaped.json::<Borrowed<'_>>().is_err());
    assert!(matches!(escaped.json::<Either<'_>>().unwrap().text, Cow::Owned(text) if text == "\n"));
    assert!(matches!(event.json::<Either<'_>>().unwrap().text, Cow::Borrowed("a")));
}

#[test]
fn what_is_read_stays_without_the_event() {
    fn read<T: DeserializeOwned>(event: &Event) -> Result<T, JsonError> {
        event.json()
    }
    let token: Token = read(&Event::new(r#" {"text":"a"} "#)).unwrap();
    assert_eq!(token, Token { text: "a".to_owned() });
    let mut parser = Parser::new();
    let token: Token = parser.parse(&mut &b"data: {\"text\":\ndata: \"b\"}\n\n"[..]).unwrap().unwrap().json().unwrap();
    assert_eq!(token.text, "b");
}

/// The first event of this stream as tokens.
fn tokens(wire: &str) -> JsonError {
    Parser::new().parse(&mut wire.as_bytes()).unwrap().unwrap().json::<Vec<Token>>().unwrap_err()
}

#[test]
fn the_error_says_which_event_where_and_why() {
    for (wire, said) in [
        ("data\n\n", r#""message" ends before its JSON does at line 1 column 0: EOF while parsing a value"#),
        (
            "id: 7\ndata: [DONE]\n\n",
            r#""message" with last event ID "7" is not JSON at line 1 column 2: expected value"#,
        ),
        ("event: a\ndata: [\ndata: {}]\n\n", r#""a" does not fit its type at line 2 column 2: missing field `text`"#),
        ("data: [\r\ndata:  {\rdata\ndata: x\n\n", r#""message" is not JSON at line 4 column 1: key must be a string"#),
        (
            "event: \u{1b}[2J\"\ndata: [7]\n\n",
            r#""\u{1b}[2J\"" does not fit its type at line 1 column 2: invalid type: integer, expected struct Token"#,
        ),
    ] {
        let error = tokens(wire);
        let said = format!("data of event {said}");
        assert_eq!(format!("{error:#}"), said);
        let source = error.source().unwrap().to_string();
        assert_eq!(format!("{error}: {source}"), said, "the source is not repeated");
    }
    let error = tokens("event: a\nid: 7\ndata: [\ndata: {}]\n\n");
    assert_eq!((error.event_type(), error.last_event_id()), ("a", "7"));
    assert_eq!((error.line(), error.column()), (2, 2));
    assert!(error.serde_error().is_data());
}

/// Refuses what it reads, and says so in all the ways there are.
struct Talkative;

impl<'de> Deserialize<'de> for Talkative {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Err(match text.split_once(' ') {
            Some(("other", rest)) => D::Error::invalid_value(Unexpected::Other(rest), &"another"),
            Some(("char", _)) => D::Error::invalid_value(Unexpected::Char('`'), &"a letter"),
            Some(("variant", rest)) => D::Error::unknown_variant(rest, &[]),
            Some(("field", rest)) => D::Error::unknown_field(rest, &[]),
            _ => D::Error::custom(text),
        })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "lowercase")]
#[allow(dead_code, reason = "these are read and never looked at")]
enum Kind {
    Small { size: u8 },
    Large,
}

#[derive(Deserialize)]
#[serde(untagged)]
#[allow(dead_code, reason = "these are read and never looked at")]
enum Untagged {
    Number(u8),
    Kind(Kind),
}

fn refused<T: DeserializeOwned>(event: &Event) -> JsonError {
    event.json::<T>().err().unwrap()
}

#[test]
fn the_error_shows_nothing_of_the_data() {
    const LEFT_OUT: &str = "refused by the type, in words that may quote the data";
    let cases: [(&str, fn(&Event) -> JsonError, &str); 22] = [
        (r#""hunter2""#, refused::<u64>, "invalid type: string, expected u64"),
        (r#""a\", expected hunter2""#, refused::<u64>, "invalid type: string, expected u64"),
        (r#""a at line 1 column 1 hunter2""#, refused::<u64>, "invalid type: string, expected u64"),
        ("777", refused::<u8>, "invalid value: integer, expected u8"),
        ("-777", refused::<u64>, "invalid value: integer, expected u64"),
        ("777.5", refused::<u64>, "invalid type: floating point, expected u64"),
        ("true", refused::<u64>, "invalid type: boolean, expected u64"),
        ("null", refused::<u64>, "invalid type: null, expected u64"),
        (r#"["hunter2"]"#, refused::<[String; 2]>, "invalid length, expected an array of length 2"),
        (r#""hunter2""#, refused::<char>, "invalid value: string, expected a character"),
        (r#""hunter2""#, refused::<Kind>, "unknown variant, expected `small` or `large`"),
        (r#""`, expected hunter2""#, refused::<Kind>, "unknown variant, expected `small` or `large`"),
        (r#"{"small":{"hunter2":1}}"#, refused::<Kind>, "unknown field, expected `size`"),
        (r#""hunter2""#, refused::<Untagged>, "data did not match any variant of untagged enum Untagged"),
        (r#""other string hunter2""#, refused::<Talkative>, "invalid value: string, expected another"),
        (r#""other hunter2""#, refused::<Talkative>, "invalid value, expected another"),
        (r#""char hunter2""#, refused::<Talkative>, "invalid value: character, expected a letter"),
        (r#""variant a`, expected hunter2""#, refused::<Talkative>, "unknown variant"),
        (r#""field a`, expected hunter2""#, refused::<Talkative>, "unknown field"),
        (r#""no hunter2 at line 3 column 4""#, refused::<Talkative>, LEFT_OUT),
        (r#""missing field `a` of `hunter2`""#, refused::<Talkative>, LEFT_OUT),
        (r#""data did not match any variant of untagged enum of hunter2""#, refused::<Talkative>, LEFT_OUT),
    ];
    for (data, refused, reason) in cases {
        let error = refused(&Event::new(data));
        let source = error.source().unwrap();
        assert_eq!(source.to_string(), reason, "{data}");
        assert!(source.source().is_none());
        let shown =
            [&error as &dyn Error, source].map(|error| format!("{error} {error:#} {error:?} {error:#?}")).concat();
        assert!(!shown.contains(SECRET) && !shown.contains("777"), "{shown}");
    }
    let event = Event::new("\"hunter2\"");
    assert!(event.json::<u64>().unwrap_err().serde_error().to_string().contains(SECRET), "who asks for it gets it");
}

/// Strings that look as much like what serde says as like data.
fn lookalikes() -> impl Strategy<Value = String> {
    const FRAGMENTS: &[&str] = &[
        SECRET,
        "\"",
        "\\",
        "`",
        " ",
        "\n",
        "…",
        ", expected ",
        "invalid type: string ",
        " at line 1 column 2",
        "`, there are no variants",
    ];
    vec(select(FRAGMENTS), 0..8).prop_map(|fragments| fragments.concat())
}

proptest! {
    #[test]
    fn the_error_shows_nothing_of_data_that_looks_like_an_error(text in lookalikes()) {
        let string = Event::new(serde_json::to_string(&text).unwrap());
        let key = Event::new(format!("{{\"small\":{{{}:1}}}}", string.data()));
        let errors = [
            refused::<u64>(&string),
            refused::<Vec<u8>>(&string),
            refused::<Kind>(&string),
            refused::<Kind>(&key),
            refused::<Untagged>(&string),
            refused::<Untagged>(&key),
        ];
        for error in errors {
            prop_assert!(!format!("{error:#}{error:?}").contains(SECRET), "{:#}", error);
        }
    }
}

#[test]
fn a_name_of_the_type_is_shown_whatever_the_data_has() {
    let error = refused::<Token>(&Event::new(r#"{"text":"hunter2","text":"hunter2"}"#));
    assert_eq!(error.source().unwrap().to_string(), "duplicate field `text`");
}

#[test]
fn a_place_that_serde_does_not_know_is_not_made_up() {
    #[derive(Debug, Deserialize)]
    #[serde(try_from = "u8")]
    struct Even;

    impl TryFrom<u8> for Even {
        type Error = String;

        fn try_from(number: u8) -> Result<Self, String> {
            if number % 2 == 0 { Ok(Self) } else { Err(format!("{number} is odd")) }
        }
    }

    let error = Event::new("7").json::<Even>().unwrap_err();
    assert_eq!((error.line(), error.column()), (0, 0));
    assert_eq!(error.to_string(), "data of event \"message\" does not fit its type");
}
