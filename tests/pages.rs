//! What the pages say is where, is there.

use std::fs;
use std::path::Path;

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path))
        .unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// What stands between backquotes.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

fn rows(page: &str) -> impl Iterator<Item = &str> {
    page.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| ---"))
}

fn last_column(row: &str) -> &str {
    row.trim_end_matches(" |").rsplit(" | ").next().unwrap()
}

/// Each promise names tests, and behind them the file that they are in.
#[test]
fn each_promise_has_its_tests() {
    let page = read("SECURITY.md");
    let mut promises = 0;
    for row in rows(&page).filter(|row| !row.ends_with("| test |")) {
        for group in last_column(row).split("; ") {
            let Some((tests, file)) = group.split_once(" in ") else {
                assert!(group.contains("`fuzz/`"), "{group} says no file");
                continue;
            };
            let file = read(file.trim_matches('`'));
            for test in quoted(tests) {
                assert!(file.contains(&format!("fn {test}(")), "there is no {test}: {row}");
                promises += 1;
            }
        }
    }
    assert!(promises > 20, "{promises}");
}

/// Each step names functions, and the files that they are in.
#[test]
fn each_step_of_the_standard_is_done_somewhere() {
    let page = read("docs/the-standard-step-by-step.md");
    let (mut files, mut functions) = (String::new(), 0);
    for path in quoted(&page).filter(|name| Path::new(name).extension().is_some_and(|is| is == "rs")) {
        files += &read(&format!("src/{path}"));
    }
    for row in rows(&page).filter(|row| !row.ends_with("| where |")) {
        for name in quoted(last_column(row)).filter(|name| name.contains("::")) {
            let (of, function) = name.rsplit_once("::").unwrap();
            let is_there = |what: &str| files.contains(&format!("{what} {of}"));
            assert!(["struct", "enum", "impl", "mod"].into_iter().any(is_there), "there is no {of}: {row}");
            let is_there = |what: &str| files.contains(&format!("{what}{function}"));
            assert!(["fn ", "struct ", "    "].into_iter().any(is_there), "there is no {name}: {row}");
            functions += 1;
        }
    }
    assert!(functions > 40, "{functions}");
}
