//! The layers of the crate: each knows those below it and nothing above.
//!
//! Read off the source, since the compiler does not mind a module that reaches up.

use std::fs;
use std::path::{Path, PathBuf};

/// The modules of the crate with what each may use, of the crate and of others; from the bottom up.
const LAYERS: [(&str, &[&str], &[&str]); 9] = [
    ("event", &[], &["core", "alloc"]),
    ("parser", &["event"], &["core", "alloc", "memchr"]),
    ("encode", &["event"], &["core", "alloc"]),
    ("read_error", &["parser"], &["core", "alloc"]),
    ("reader", &["event", "parser", "read_error"], &["core", "alloc", "std"]),
    ("stream", &["event", "parser", "read_error"], &["core", "alloc", "futures_core", "pin_project_lite"]),
    ("json", &["event"], &["core", "alloc", "futures_core", "pin_project_lite", "serde", "serde_json"]),
    // And what is said of the Fetch standard's rules, which only a client needs: see FILES.
    ("connection", &["event", "parser"], &["core", "alloc"]),
    (
        "client",
        &["event", "parser", "connection"],
        &[
            "core",
            "alloc",
            "std",
            "base64",
            "bytes",
            "futures_core",
            "http",
            "httpdate",
            "percent_encoding",
            "pin_project_lite",
            "tokio",
            "url",
        ],
    ),
];

/// The files that may name what the rest of their layer may not.
const FILES: [(&str, &[&str]); 11] = [
    ("parser/line_ends/blocks.rs", &["safe_arch"]),
    ("parser/text.rs", &["simdutf8"]),
    ("client/reqwest.rs", &["reqwest", "http_body"]),
    ("client/cookies.rs", &["cookie_store"]),
    ("client/decode/brotli.rs", &["brotli_decompressor"]),
    ("client/decode/gzip.rs", &["flate2"]),
    ("client/decode/zstd.rs", &["zstd"]),
    ("client/trace.rs", &["tracing"]),
    ("connection/cors.rs", &["url"]),
    ("connection/redirect.rs", &["percent_encoding", "url"]),
    ("connection/route.rs", &["http", "url"]),
];

/// Every crate that the source could name, but for those that are only there for tests and examples.
const CRATES: [&str; 24] = [
    "core",
    "alloc",
    "std",
    "memchr",
    "base64",
    "brotli_decompressor",
    "bytes",
    "cookie_store",
    "flate2",
    "futures_core",
    "http",
    "http_body",
    "httpdate",
    "percent_encoding",
    "pin_project_lite",
    "reqwest",
    "safe_arch",
    "serde",
    "serde_json",
    "simdutf8",
    "tokio",
    "tracing",
    "url",
    "zstd",
];

#[test]
fn arrows_point_down_only() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut seen = Vec::new();
    for file in files(&source) {
        let path = file.strip_prefix(&source).unwrap().to_str().unwrap().replace('\\', "/");
        let module = path.split(['/', '.']).next().unwrap();
        if module == "lib" {
            continue;
        }
        let (_, modules, crates) =
            LAYERS.iter().find(|layer| layer.0 == module).unwrap_or_else(|| panic!("no layer: {path}"));
        seen.push(module.to_owned());
        let code = code(&file);
        for used in paths(&code, "crate::") {
            let in_reach = used == module || modules.contains(&used);
            assert!(in_reach, "{path} uses crate::{used}, which is not below it");
        }
        // As many as it takes from there to the crate.
        let above = "super::".repeat(path.trim_end_matches("/mod.rs").split('/').count());
        assert!(!code.contains(&above), "{path} reaches for the crate by {above}");
        for name in CRATES {
            let alone = FILES.iter().any(|(file, crates)| path == *file && crates.contains(&name));
            let used = names(&code, name);
            assert!(
                !used || alone || crates.contains(&name),
                "{path} uses the crate {name}, which is not for its layer"
            );
        }
    }
    for (layer, ..) in LAYERS {
        assert!(seen.iter().any(|module| module == layer), "{layer} is not there");
    }
}

#[test]
fn the_table_points_down_only() {
    for (index, (layer, modules, crates)) in LAYERS.iter().enumerate() {
        for module in *modules {
            assert!(LAYERS[..index].iter().any(|below| below.0 == *module), "{layer} is not above {module}");
        }
        assert!(crates.iter().all(|name| CRATES.contains(name)));
    }
}

fn files(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

/// The source without comments, and without the tests at its end.
fn code(file: &Path) -> String {
    let text = fs::read_to_string(file).unwrap();
    if file.to_str().unwrap().ends_with("tests.rs") {
        return String::new();
    }
    let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
    let lines = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    lines.map(|line| line.split(" // ").next().unwrap()).collect::<Vec<_>>().join("\n")
}

/// What follows each `prefix`: one name, or the names in braces.
fn paths<'a>(code: &'a str, prefix: &str) -> Vec<&'a str> {
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    let starts = code.match_indices(prefix).filter(|(at, _)| !code[..*at].ends_with(|c| is_name(c) || c == ':'));
    let mut found = Vec::new();
    for (at, _) in starts {
        let rest = &code[at + prefix.len()..];
        if let Some(list) = rest.strip_prefix('{') {
            let list = list.split('}').next().unwrap();
            found.extend(list.split(',').map(|item| item.trim().split("::").next().unwrap()));
        } else {
            found.push(rest.split(|c| !is_name(c)).next().unwrap());
        }
    }
    found
}

/// Whether the code has a path that begins with this crate.
fn names(code: &str, name: &str) -> bool {
    let prefix = format!("{name}::");
    code.match_indices(&prefix)
        .any(|(at, _)| !code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':'))
        || code.contains(&format!("use {name};"))
}

#[test]
fn what_is_found_in_code() {
    let code =
        "use crate::event::Event;\nuse crate::{parser, connection::Step};\nlet x = ::bytes::Bytes::new(); my_crate::y";
    assert_eq!(paths(code, "crate::"), ["event", "parser", "connection"]);
    assert!(names("x: http::Uri", "http") && !names("x: self::http::Uri", "http") && names("use http;", "http"));
}
