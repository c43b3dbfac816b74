//! The corpora: what feeds send, made from a seed, the same on every machine.

use std::fmt::Write as _;
use std::iter;

use bytes::Bytes;

use crate::random::Random;
use crate::standard::{self, Dispatched};

/// How much there is of each corpus, in bytes: more than the caches hold, little enough for many rounds.
pub const SIZE: usize = 8 * 1024 * 1024;

/// One body and what it says.
pub struct Corpus {
    pub name: &'static str,
    pub bytes: Bytes,
    /// The events, by the transcription of the standard that the crate's own tests are held against.
    pub events: Vec<Dispatched>,
}

/// The names, in the order of all tables.
pub const NAMES: [&str; 9] =
    ["openai", "anthropic", "wikimedia", "ticks", "multiline", "large", "crlf", "comments", "intl"];

/// What [`checksum`] says of each of them at its full size: what was measured once is what is measured today.
pub const CHECKSUMS: [u64; 9] = [
    0xe583_ae3b_3285_8361,
    0x9676_49fd_5c50_933f,
    0x352a_f378_93c2_b867,
    0x323e_541b_c7db_be2f,
    0xd8bf_bb27_7950_487c,
    0xc4dd_5107_3993_236c,
    0x5dc5_baeb_3a39_59ca,
    0xd7db_5979_7458_b45f,
    0x7a37_e00d_7f94_74d4,
];

impl Corpus {
    /// Makes the corpus of this name.
    pub fn new(name: &'static str, size: usize) -> Self {
        let bytes = bytes(name, size);
        let events = standard::interpret(&bytes, "").events;
        Self { name, bytes, events }
    }
}

pub fn by_name(name: &str) -> Option<&'static str> {
    NAMES.into_iter().find(|corpus| *corpus == name)
}

/// The bytes of this corpus, whole events up to this size.
pub fn bytes(name: &str, size: usize) -> Bytes {
    let mut random = Random::new(name);
    let mut text = String::with_capacity(size + 4096);
    let mut number = 0;
    while text.len() < size {
        let left = size - text.len();
        match name {
            "openai" => openai(&mut text, &mut random),
            "anthropic" => anthropic(&mut text, &mut random, "\n"),
            "wikimedia" => wikimedia(&mut text, &mut random, number),
            "ticks" => ticks(&mut text, &mut random, number),
            "multiline" => multiline(&mut text, &mut random),
            "large" => large(&mut text, &mut random, left),
            "crlf" => anthropic(&mut text, &mut random, "\r\n"),
            "comments" => comments(&mut text, &mut random, number),
            "intl" => intl(&mut text, &mut random),
            _ => unreachable!("the names of corpora are constants"),
        }
        number += 1;
    }
    text.into()
}

/// FNV-1a, 64 bits.
pub fn checksum(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

/// Tokens of a chat completion: one line of 180 to 300 bytes for each event.
fn openai(text: &mut String, random: &mut Random) {
    let head = r#"data: {"id":"chatcmpl-9zKq2VbXw7TfLr3mJd","object":"chat.completion.chunk","created":1763800000,"model":"o-mini-2026-07-18","choices":[{"index":0,"delta":{"content":""#;
    let tail = r#""},"finish_reason":null}]}"#;
    let line = random.between(196, 300);
    text.push_str(head);
    words(text, random, line - head.len() - tail.len());
    text.push_str(tail);
    text.push_str("\n\n");
}

/// Tokens with a type, and a ping now and then.
fn anthropic(text: &mut String, random: &mut Random, end: &str) {
    if random.below(25) == 0 {
        write!(text, "event: ping{end}data: {{\"type\": \"ping\"}}{end}{end}").expect("a string takes all");
        return;
    }
    write!(text, "event: content_block_delta{end}data: ").expect("a string takes all");
    text.push_str(r#"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":""#);
    let length = random.between(2, 24);
    words(text, random, length);
    write!(text, "\"}}}}{end}{end}").expect("a string takes all");
}

/// Changes of a wiki: a type, an ID of some 150 bytes, data of some 1.2 KB with a few letters that are not ASCII.
fn wikimedia(text: &mut String, random: &mut Random, number: u64) {
    let time = 1_763_800_000_000 + number * 37;
    write!(
        text,
        "event: message\nid: [{{\"topic\":\"eqiad.mediawiki.recentchange\",\"partition\":0,\"timestamp\":{time}}},\
         {{\"topic\":\"codfw.mediawiki.recentchange\",\"partition\":0,\"offset\":-1}}]\ndata: "
    )
    .expect("a string takes all");
    let start = text.len();
    let title = ["Zürich", "Łódź", "São Paulo", "Paris", "Leeds", "東京"][random.below(6)];
    write!(
        text,
        r#"{{"$schema":"/mediawiki/recentchange/1.0.0","meta":{{"uri":"https://xx.wikipedia.org/wiki/{title}","request_id":"{:016x}","id":"{:016x}","domain":"xx.wikipedia.org","stream":"mediawiki.recentchange","topic":"eqiad.mediawiki.recentchange","partition":0,"offset":{number}}},"id":{number},"type":"edit","namespace":0,"title":"{title}","comment":""#,
        random.next(),
        random.next(),
    )
    .expect("a string takes all");
    let length = random.between(950, 1450);
    while text.len() - start < length {
        let length = random.between(60, 200);
        words(text, random, length);
        text.push_str(["é", "ü", "–", "ñ"][random.below(4)]);
    }
    text.push_str(r#"","bot":false,"minor":true}"#);
    text.push_str("\n\n");
}

/// Numbers that tick: hardly anything but fields.
fn ticks(text: &mut String, random: &mut Random, number: u64) {
    write!(text, "id: {number}\ndata: {}.{:03}\n\n", random.between(1, 9), random.below(1000))
        .expect("a string takes all");
}

/// Documents of 20 to 60 lines of 40 to 80 bytes.
fn multiline(text: &mut String, random: &mut Random) {
    for _ in 0..random.between(20, 60) {
        text.push_str("data: ");
        let length = random.between(34, 74);
        words(text, random, length);
        text.push('\n');
    }
    text.push('\n');
}

/// One line of 64 KB to 1 MB.
fn large(text: &mut String, random: &mut Random, left: usize) {
    let length = random.between(64 * 1024, 1024 * 1024).min(left.max(64));
    text.push_str("data: ");
    words(text, random, length);
    text.push_str("\n\n");
}

/// Keep-alives, and an event for every forty of them.
fn comments(text: &mut String, random: &mut Random, number: u64) {
    if number % 40 == 39 {
        text.push_str("data: ");
        words(text, random, 40);
        text.push_str("\n\n");
    } else {
        text.push_str(match random.below(10) {
            0 => ":\n\n",
            1 => ": ping\n\n",
            _ => ": keep-alive\n\n",
        });
    }
}

/// Tokens in other scripts: CJK mostly, and emoji.
fn intl(text: &mut String, random: &mut Random) {
    text.push_str(r#"data: {"choices":[{"delta":{"content":""#);
    for _ in 0..random.between(40, 120) {
        match random.below(20) {
            0 => text.push(['😀', '🚀', '🌏', '🍣'][random.below(4)]),
            1 => text.push('，'),
            _ => text.extend(char::from_u32(0x4e00 + random.below(0x5000) as u32)),
        }
    }
    text.push_str("\"}}]}\n\n");
}

/// Lower-case words of this many bytes together, spaces included.
fn words(text: &mut String, random: &mut Random, length: usize) {
    let mut word = random.between(2, 9);
    text.extend(
        iter::repeat_with(|| {
            if word == 0 {
                word = random.between(2, 9);
                ' '
            } else {
                word -= 1;
                char::from(b'a' + random.below(26) as u8)
            }
        })
        .take(length),
    );
}
