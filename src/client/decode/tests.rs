//! Bodies in each coding that is on, in any pieces: what comes out, when, and how much of it at once.

use alloc::boxed::Box;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;
use core::pin::Pin;
use core::task::{Context, Poll, Waker};
use std::io::Write;

use bytes::Bytes;
use flate2::{Compression, GzBuilder};
use futures_core::Stream;
use futures_util::stream;
use proptest::collection::vec as vec_of;
use proptest::prelude::*;

use super::{CHUNK, CODINGS, Decode, Decoding, Progress};
use crate::client::transport::BoxError;

/// What an encoder makes of each text, flushed, and what it ends with.
fn encoded(coding: &str, texts: &[Vec<u8>]) -> Vec<Vec<u8>> {
    fn flushed<W: Write>(mut writer: W, texts: &[Vec<u8>], take: impl Fn(&mut W) -> Vec<u8>) -> (W, Vec<Vec<u8>>) {
        let pieces = texts.iter().map(|text| {
            writer.write_all(text).unwrap();
            writer.flush().unwrap();
            take(&mut writer)
        });
        let pieces = pieces.collect();
        (writer, pieces)
    }
    let (end, mut pieces) = match coding {
        "gzip" => {
            let writer =
                GzBuilder::new().filename("f").comment("c").extra(*b"e").write(Vec::new(), Compression::fast());
            let (writer, pieces) = flushed(writer, texts, |writer| core::mem::take(writer.get_mut()));
            (writer.finish().unwrap(), pieces)
        }
        "br" => {
            let writer = ::brotli::CompressorWriter::new(Vec::new(), 4096, 1, 18);
            let (writer, pieces) = flushed(writer, texts, |writer| core::mem::take(writer.get_mut()));
            (writer.into_inner(), pieces)
        }
        _ => {
            let writer = ::zstd::Encoder::new(Vec::new(), 1).unwrap();
            let (writer, pieces) = flushed(writer, texts, |writer| core::mem::take(writer.get_mut()));
            (writer.finish().unwrap(), pieces)
        }
    };
    pieces.push(end);
    pieces
}

/// A body of these pieces, each of them there at once, and then the end, or nothing.
fn decoding(coding: &str, pieces: Vec<Bytes>, ends: bool) -> Decoding {
    let (name, decoder) = CODINGS.iter().find(|(name, _)| *name == coding).unwrap();
    let mut pieces = pieces.into_iter();
    let body = stream::poll_fn(move |_| match pieces.next() {
        Some(piece) => Poll::Ready(Some(Ok::<_, BoxError>(piece))),
        None if ends => Poll::Ready(None),
        None => Poll::Pending,
    });
    Decoding::new(Box::pin(body), name, decoder())
}

/// The next chunk, which is never too long.
fn next(decoding: &mut Decoding) -> Poll<Option<Result<Bytes, BoxError>>> {
    let next = Pin::new(decoding).poll_next(&mut Context::from_waker(Waker::noop()));
    if let Poll::Ready(Some(Ok(chunk))) = &next {
        assert!(chunk.len() <= 16 << 10, "{}", chunk.len());
    }
    next
}

/// All that comes out of it, and how it ends: with an error, as it should, or not at all.
fn decoded(mut decoding: Decoding) -> (Vec<u8>, Poll<Option<String>>) {
    let mut all = Vec::new();
    loop {
        match next(&mut decoding) {
            Poll::Ready(Some(Ok(chunk))) => all.extend_from_slice(&chunk),
            Poll::Ready(Some(Err(error))) => return (all, Poll::Ready(Some(error.to_string()))),
            Poll::Ready(None) => return (all, Poll::Ready(None)),
            Poll::Pending => return (all, Poll::Pending),
        }
    }
}

fn bytes(pieces: &[Vec<u8>]) -> Vec<Bytes> {
    pieces.iter().map(|piece| Bytes::copy_from_slice(piece)).collect()
}

/// Some text, short or long, that repeats itself or does not.
fn text() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        8 => vec_of(any::<u8>(), 0..40),
        2 => (any::<u8>(), 0..200_000_usize).prop_map(|(byte, length)| vec![byte; length]),
        1 => vec_of(any::<u8>(), CHUNK - 3..3 * CHUNK),
        1 => (1..4_usize, vec_of(any::<u8>(), 1..300)).prop_map(|(times, bytes)| bytes.repeat(times * 200)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_was_flushed_is_there_at_once(
        texts in vec_of(text(), 0..6),
        cuts in vec_of(any::<prop::sample::Index>(), 0..12),
    ) {
        for (coding, _) in CODINGS {
            let pieces = encoded(coding, &texts);
            for flushed in 0..=texts.len() {
                let (all, end) = decoded(decoding(coding, bytes(&pieces[..flushed]), false));
                prop_assert!(all == texts[..flushed].concat(), "{} {}", coding, flushed);
                prop_assert_eq!(end, Poll::Pending);
            }
            let whole = pieces.concat();
            let mut at: Vec<_> = cuts.iter().map(|cut| cut.index(whole.len() + 1)).collect();
            at.extend([0, whole.len()]);
            at.sort_unstable();
            let cut = at.windows(2).map(|pair| Bytes::copy_from_slice(&whole[pair[0]..pair[1]]));
            let singly = whole.iter().take(5000).map(|&byte| Bytes::copy_from_slice(&[byte]));
            let rest = Bytes::copy_from_slice(&whole[whole.len().min(5000)..]);
            for pieces in [cut.collect(), singly.chain([rest]).collect()] {
                let (all, end) = decoded(decoding(coding, pieces, true));
                prop_assert!(all == texts.concat(), "{}", coding);
                prop_assert_eq!(end, Poll::Ready(None), "{}", coding);
            }
        }
    }

    #[test]
    fn nothing_makes_it_panic_or_go_on_for_ever(
        text in text(),
        noise in vec_of(any::<u8>(), 0..100),
        at in any::<prop::sample::Index>(),
    ) {
        for (coding, _) in CODINGS {
            let mut body = encoded(coding, core::slice::from_ref(&text)).concat();
            let at = at.index(body.len());
            body.truncate(at);
            body.extend_from_slice(&noise);
            let whole = decoded(decoding(coding, vec![Bytes::copy_from_slice(&body)], true));
            let singly = body.iter().map(|&byte| Bytes::copy_from_slice(&[byte])).collect();
            let singly = decoded(decoding(coding, singly, true));
            prop_assert!(whole.1.is_ready());
            prop_assert_eq!(&whole.1, &singly.1, "{}", coding);
            // What a library has decoded when it finds damage may be more than there is room for.
            let fits = singly.0.len() < CHUNK / 2;
            prop_assert!(if fits { singly.0 == whole.0 } else { singly.0.starts_with(&whole.0) }, "{}", coding);
        }
    }
}

#[test]
fn a_few_bytes_that_stand_for_many_do_so_a_chunk_at_a_time() {
    const LENGTH: usize = 64 << 20;
    for (coding, _) in CODINGS {
        let body = encoded(coding, &[vec![b'a'; LENGTH]]).concat();
        assert!(body.len() < LENGTH / 200, "{coding}: {}", body.len());
        let mut decoding = decoding(coding, vec![Bytes::from(body)], true);
        let mut length = 0;
        while let Poll::Ready(Some(chunk)) = next(&mut decoding) {
            length += chunk.unwrap().len();
        }
        assert_eq!(length, LENGTH, "{coding}");
    }
}

#[test]
fn empty_chunks_do_no_harm() {
    for (coding, _) in CODINGS {
        let texts = [b"a".to_vec(), b"b".to_vec()];
        let pieces = bytes(&encoded(coding, &texts));
        let pieces = pieces.into_iter().flat_map(|piece| [vec![piece], vec![Bytes::new(); 40]].concat());
        let (all, end) = decoded(decoding(coding, pieces.collect(), true));
        assert_eq!((all, end), (b"ab".to_vec(), Poll::Ready(None)), "{coding}");
    }
}

#[test]
fn what_decodes_to_nothing_is_bounded_too() {
    // A name that does not end, a member after the other, and a frame that is to be skipped.
    let name = [&b"\x1f\x8b\x08\x08\0\0\0\0\0\xff"[..], &vec![b'n'; 10 * CHUNK]].concat();
    let members = encoded("gzip", &[]).concat().repeat(CHUNK);
    let skipped = [&b"\x50\x2a\x4d\x18\0\0\x10\0"[..], &vec![0; 10 * CHUNK]].concat();
    for (coding, body, least) in [("gzip", name, 10), ("gzip", members, CHUNK), ("zstd", skipped, 10)] {
        if !CODINGS.iter().any(|(name, _)| *name == coding) {
            continue;
        }
        let mut decoding = decoding(coding, vec![Bytes::from(body)], false);
        let mut chunks = 0;
        while let Poll::Ready(chunk) = next(&mut decoding) {
            assert_eq!(chunk.unwrap().unwrap(), "");
            chunks += 1;
        }
        assert!((least..2 * least + 2).contains(&chunks), "{coding}: {chunks}");
    }
}

#[test]
fn a_server_may_not_ask_for_any_memory() {
    // Windows of 8 and 16 MiB are in what HTTP knows of these codings, 16 MiB and 1 GiB are not.
    for (coding, begin, allowed) in [
        ("zstd", &b"\x28\xb5\x2f\xfd\0\x68\0\0\0"[..], true),
        ("zstd", b"\x28\xb5\x2f\xfd\0\x70\0\0\0", false),
        ("br", b"\x0f", true),
        ("br", b"\x11\x1e", false),
    ] {
        if CODINGS.iter().any(|(name, _)| *name == coding) {
            let (_, end) = decoded(decoding(coding, vec![Bytes::from_static(begin)], false));
            assert_eq!(end.is_pending(), allowed, "{coding} {begin:?}: {end:?}");
        }
    }
}

#[cfg(feature = "brotli")]
#[test]
fn nothing_follows_the_end_of_brotli() {
    let body = [encoded("br", &[b"data".to_vec()]).concat(), b"more".to_vec()].concat();
    let (all, end) = decoded(decoding("br", vec![Bytes::from(body)], true));
    let what = "body is no valid br: something follows its end".to_string();
    assert_eq!((all, end), (b"data".to_vec(), Poll::Ready(Some(what))));
}

#[test]
fn a_decoder_that_is_stuck_is_damage() {
    struct Stuck;
    impl Decode for Stuck {
        fn decode(&mut self, _: &[u8], _: &mut [u8]) -> Result<Progress, String> {
            Ok(Progress { read: 0, written: 0 })
        }
        fn is_complete(&self) -> bool {
            true
        }
    }
    let body = stream::iter([Ok::<_, BoxError>(Bytes::from_static(b"a"))]);
    let (all, end) = decoded(Decoding::new(Box::pin(body), "x", Box::new(Stuck)));
    assert_eq!((all, end), (vec![], Poll::Ready(Some("body is no valid x: it leads nowhere".to_string()))));
}

#[cfg(feature = "gzip")]
#[test]
fn the_parts_of_a_gzip_header() {
    // With every part, and its own checksum; then with one thing wrong.
    let header = b"\x1f\x8b\x08\x1f\0\0\0\0\0\xff\x03\0abcname\0comment\0";
    let mut checksum = flate2::Crc::new();
    checksum.update(header);
    let [low, high, ..] = checksum.sum().to_le_bytes();
    let plain = encoded("gzip", &[b"data".to_vec()]).concat();
    let deflated = {
        let mut writer = flate2::write::DeflateEncoder::new(Vec::new(), Compression::fast());
        writer.write_all(b"data").unwrap();
        writer.finish().unwrap()
    };
    let tail = &plain[plain.len() - 8..];
    let member = |checksum: [u8; 2]| [&header[..], &checksum, &deflated, tail].concat();
    let run = |body: Vec<u8>| decoded(decoding("gzip", vec![Bytes::from(body)], true));
    assert_eq!(run(member([low, high])), (b"data".to_vec(), Poll::Ready(None)));
    let no_extra = [&b"\x1f\x8b\x08\x04\0\0\0\0\0\xff\0\0"[..], &deflated, tail].concat();
    assert_eq!(run(no_extra), (b"data".to_vec(), Poll::Ready(None)));

    let wrong = |text: &str, what: &str| {
        (text.as_bytes().to_vec(), Poll::Ready(Some(alloc::format!("body is no valid gzip: {what}"))))
    };
    assert_eq!(run(member([low, !high])), wrong("", "the checksum of the header is wrong"));
    for (at, byte) in [(0, b'd'), (1, 0), (2, 7), (3, 0x20), (3, 0x40), (3, 0x80)] {
        let mut body = member([low, high]);
        body[at] = byte;
        assert_eq!(run(body), wrong("", "there is no header"), "{at}");
    }
    for at in 1..=8 {
        let mut body = plain.clone();
        let at = body.len() - at;
        body[at] ^= 1;
        assert_eq!(run(body), wrong("data", "the checksum is wrong"), "{at}");
    }
}
