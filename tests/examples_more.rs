//! The examples that need no argument and end by themselves, run as a user runs them.

mod programs;

use std::io::Read;
use std::process::Stdio;

use programs::example;

/// What an example prints that needs no argument and ends by itself: the event and the first words of each line.
fn lines(name: &str) -> Vec<String> {
    let output = example(name).stdin(Stdio::null()).output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    let output = String::from_utf8(output.stdout).unwrap();
    let shorten = |line: &str| match line.split_once("back in ").or(line.split_once("http://")) {
        Some((words, _)) => words.trim_end_matches([';', ' ']).to_owned(),
        None => line.to_owned(),
    };
    output.lines().map(shorten).filter(|line| !line.is_empty()).collect()
}

fn year(n: u32) -> String {
    format!("testEvent1 #{n}: {{\"year\":{}}}", 1969 + n)
}

#[test]
fn bring_your_own_http_comes_back_over_hyper() {
    let mut expected = Vec::new();
    for n in 1..=4 {
        expected.extend(["open".to_owned(), year(n), "lost: response ended".to_owned()]);
    }
    expected.pop();
    assert_eq!(lines("bring_your_own_http"), expected);
}

#[test]
fn blocking_comes_back_without_async_and_reads_one_response() {
    let mut expected = Vec::new();
    for n in 1..=4 {
        expected.extend([year(n), "lost: response ended".to_owned()]);
    }
    expected.pop();
    expected.push(year(5));
    assert_eq!(lines("blocking"), expected);
}

#[test]
fn llm_tokens_shows_an_answer_as_it_comes_and_a_refusal() {
    let mut command = example("llm_tokens");
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
    let (mut output, mut text, mut cuts) = (child.stdout.take().unwrap(), String::new(), 0);
    let mut buffer = [0; 1024];
    while let Ok(length @ 1..) = output.read(&mut buffer) {
        text.push_str(std::str::from_utf8(&buffer[..length]).unwrap());
        cuts += u32::from(!text.ends_with('\n'));
    }
    assert!(child.wait().unwrap().success());
    let expected = "With a token that is good:\n\
                    You asked: How do tokens come? I answer with what you said, a few letters at a time.\n\
                    \n\
                    With a token that has expired:\n\
                    response has status 401, not 200\n\
                    401 Unauthorized: the token is missing or wrong\n";
    assert_eq!(text, expected);
    // There are 28 pieces, some of which may have come together.
    assert!(cuts > 0);
}

#[test]
fn resume_goes_on_behind_the_event_in_its_file() {
    let expected = [
        "first run",
        "  request, Last-Event-ID: none",
        "  event 1: {\"year\":1970}",
        "  request, Last-Event-ID: 1",
        "  event 2: {\"year\":1971}",
        "second run, behind event 2",
        "  request, Last-Event-ID: 2",
        "  event 3: {\"year\":1972}",
        "  request, Last-Event-ID: 3",
        "  event 4: {\"year\":1973}",
    ];
    assert_eq!(lines("resume"), expected);
}

#[test]
fn custom_retry_waits_as_it_is_told_and_gives_up_when_it_is_sent_away() {
    let expected = [
        "attempt 1 lost: response has status 503, not 200; the next one in 1s",
        "attempt 2 lost: response has status 503, not 200; the next one in 1s",
        "open: 200 OK",
        "event 1: well again",
        "event 2: for a while",
        "attempt 3 lost: response ended; the next one in 200ms",
        "failed: response has status 401, not 200 (given up by the policy)",
    ];
    assert_eq!(lines("custom_retry"), expected);
}

#[test]
fn control_pauses_and_reconnects_and_misses_nothing() {
    let lines = lines("control");
    let (events, told): (Vec<_>, Vec<_>) = lines.iter().partition(|line| line.starts_with("event "));
    let numbers: Vec<usize> = events.iter().map(|line| line["event ".len()..].parse().unwrap()).collect();
    assert_eq!(numbers, (1..=numbers.len()).collect::<Vec<_>>());
    let place = |line: &str| lines.iter().position(|other| other.starts_with(line)).unwrap();
    let behind = lines[place("reconnect_now")].strip_prefix("reconnect_now, behind event ").unwrap();
    assert!(behind.parse::<usize>().unwrap() >= 7);
    let expected = [
        "open",
        "wait_for(Open): Open",
        "paused: 0 more events, readyState Open",
        &format!("reconnect_now, behind event {behind}"),
        "lost: another connection was asked for",
        "open",
        "wait_for(Closed): Closed",
        &format!("last event: {}", numbers.len()),
    ];
    assert_eq!(told, expected);
}
