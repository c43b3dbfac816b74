//! Over TLS: who is trusted, and what comes of a certificate that is not.

mod secure_server;

use http::Version;
use secure_server::{Authority, HOST, Server, Step, send, within};
use ssekit::{ErrorKind, Signal};

/// Long enough ago, and long enough from now.
const PAST: i32 = 2020;
const FUTURE: i32 = 2090;

#[tokio::test]
async fn a_feed_over_either_version_of_http_resumes() {
    let versions = [("http/1.1", Version::HTTP_11), ("h2", Version::HTTP_2)];
    for (protocol, version) in versions.into_iter().filter(|(name, _)| cfg!(feature = "http2") || *name != "h2") {
        within(async {
            let authority = Authority::new("one");
            let server = Server::start(authority.identity(HOST, FUTURE, &[protocol]), |number, _| {
                let event = format!("id: {number}\ndata: {number}\n\n");
                if number < 2 { vec![Step::Send(event)] } else { vec![Step::Send(event), Step::Stay] }
            })
            .await;
            let mut source = server.eager(&authority.client(&server)).build().unwrap();
            for number in ["0", "1", "2"] {
                let event = source.message().await.unwrap().unwrap();
                assert_eq!((event.data(), event.last_event_id()), (number, number));
            }
            let seen = server.seen();
            assert!(seen.iter().all(|seen| seen.version == version), "{seen:?}");
            assert_eq!(
                seen.iter().map(|seen| seen.header("last-event-id")).collect::<Vec<_>>(),
                [None, Some("0"), Some("1")]
            );
        })
        .await;
    }
}

/// A certificate that is not to be trusted is a connection that cannot be made: a loss, since the next one may be right,
/// and nothing of the request goes to whoever shows it.
#[tokio::test]
async fn a_certificate_that_is_not_trusted_is_a_loss_that_says_so() {
    let [authority, stranger] = ["one", "another"].map(Authority::new);
    for (wrong, says) in [
        (authority.identity(HOST, PAST, &[]), "expired"),
        (stranger.identity(HOST, FUTURE, &[]), "UnknownIssuer"),
        (authority.identity("other.example", FUTURE, &[]), "not valid for name \"feed.example\""),
    ] {
        within(async {
            let server = Server::start(wrong, |_, _| vec![send("id: 1\ndata: a\n\n"), Step::Stay]).await;
            let builder =
                server.eager_at("user:s3cret@", "/", &authority.client(&server)).header("cookie", "session=s3cret");
            let mut source = builder.header("x-api-key", "s3cret").last_event_id("0").build().unwrap();
            let Some(Signal::Reconnecting { error, .. }) = source.signal().await.unwrap() else { panic!("not a loss") };
            assert_eq!((error.kind(), error.is_connect(), error.status()), (ErrorKind::Transport, true, None));
            assert!(error.will_retry() && !error.is_timeout());
            assert!(format!("{error:#}").contains(says), "{error:#}");
            assert_eq!((server.connections(), server.seen().len()), (0, 0), "it was talked to");

            // Whoever runs it has looked after it.
            server.become_another(authority.identity(HOST, FUTURE, &[]));
            assert_eq!(source.message().await.unwrap().unwrap().data(), "a");
            let [seen] = &server.seen()[..] else { panic!() };
            let names = ["authorization", "cookie", "x-api-key", "last-event-id"];
            assert_eq!(
                names.map(|name| seen.header(name).unwrap()),
                ["Basic dXNlcjpzM2NyZXQ=", "session=s3cret", "s3cret", "0"]
            );
        })
        .await;
    }
}

/// That it was trusted once is nothing to go by: whoever is there now may be another.
#[tokio::test]
async fn each_connection_is_checked() {
    within(async {
        let [authority, stranger] = ["one", "another"].map(Authority::new);
        let right = authority.identity(HOST, FUTURE, &[]);
        let server = Server::start(right.clone(), |number, _| {
            vec![Step::Send(format!("id: {number}\ndata: {number}\n\n")), Step::Stay]
        })
        .await;
        let builder = server.eager(&authority.client(&server)).header("authorization", "Bearer s3cret");
        let mut source = builder.build().unwrap();
        assert_eq!(source.message().await.unwrap().unwrap().data(), "0");

        server.become_another(stranger.identity(HOST, FUTURE, &[]));
        server.cut();
        let mut strangers = 0;
        while strangers < 2 {
            let Some(Signal::Reconnecting { error, .. }) = source.signal().await.unwrap() else { panic!("not a loss") };
            strangers += u32::from(error.is_connect());
        }
        assert_eq!((server.connections(), server.seen().len()), (1, 1), "a stranger was talked to");

        server.become_another(right);
        assert_eq!(source.message().await.unwrap().unwrap().data(), "1");
        assert_eq!(server.seen()[1].header("last-event-id"), Some("0"));
    })
    .await;
}

/// Whether an event is whole is said by its blank line, so that a connection that is cut without a word of TLS, be it by
/// somebody in between, makes none.
#[tokio::test]
async fn an_event_that_is_cut_off_without_a_goodbye_is_not_told() {
    for protocol in ["http/1.1", "h2"].into_iter().filter(|name| cfg!(feature = "http2") || *name != "h2") {
        within(async {
            let authority = Authority::new("one");
            let server = Server::start(authority.identity(HOST, FUTURE, &[protocol]), |number, _| match number {
                0 => vec![send("id: 1\ndata: a\n\nid: 2\ndata: tru"), Step::Stay],
                _ => vec![send("id: 2\ndata: true\n\n"), Step::Stay],
            })
            .await;
            let mut source = server.eager(&authority.client(&server)).build().unwrap();
            assert_eq!(source.message().await.unwrap().unwrap().data(), "a");
            server.cut();
            let Some(Signal::Reconnecting { error, .. }) = source.signal().await.unwrap() else { panic!("not a loss") };
            assert_eq!((error.kind(), error.is_connect()), (ErrorKind::Transport, false), "{error:#}");
            assert_eq!(source.message().await.unwrap().unwrap().data(), "true");
            assert_eq!(server.seen()[1].header("last-event-id"), Some("1"));
        })
        .await;
    }
}

#[tokio::test]
async fn who_waits_for_the_first_answer_is_told_of_a_certificate() {
    within(async {
        let [authority, stranger] = ["one", "another"].map(Authority::new);
        let server = Server::start(stranger.identity(HOST, FUTURE, &[]), |_, _| Vec::new()).await;
        let error = server.eager(&authority.client(&server)).build().unwrap().opened().await.unwrap_err();
        assert!(error.is_connect() && format!("{error:#}").contains("UnknownIssuer"), "{error:#}");
    })
    .await;
}

/// The client that there is by default trusts whom the system trusts, which is not the authority of a test.
#[tokio::test]
async fn the_default_client_checks_certificates() {
    within(async {
        let server = Server::start(Authority::new("one").identity("127.0.0.1", FUTURE, &[]), |_, _| Vec::new()).await;
        let url = server.url_by_address();
        let error = ssekit::Client::new().unwrap().get(url).unwrap().opened().await.unwrap_err();
        assert!(error.is_connect(), "{error:#}");
        assert_eq!(server.connections(), 0);
    })
    .await;
}
