//! A server behind TLS, with certificates of an authority of its own, over HTTP/1.1 and HTTP/2.
//!
//! What it does with a request is a list of steps, which the test gives for each.

#![allow(dead_code, reason = "each test uses what it needs of it")]

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream;
use h2::Reason;
use http::header::{CONTENT_TYPE, HeaderValue};
use http::{HeaderMap, Response, Version};
use http_body_util::StreamBody;
use hyper::body::Frame;
use hyper_util::rt::TokioIo;
use rcgen::{CertificateParams, DnType, IsCa, Issuer, KeyPair};
use ssekit::{Builder, Client};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{broadcast, mpsc, oneshot};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use tokio_rustls::server::TlsStream;

/// The host that certificates are for, unless the test has others.
pub const HOST: &str = "feed.example";

/// Nothing here takes long; this is for a machine that is busy with something else.
const PATIENCE: Duration = Duration::from_secs(60);

/// What hangs fails.
pub async fn within(test: impl Future<Output = ()>) {
    tokio::time::timeout(PATIENCE, test).await.expect("it hangs");
}

/// Who vouches for certificates.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate: CertificateDer<'static>,
}

impl Authority {
    /// Makes one that nobody knows, by a name of its own.
    pub fn new(name: &str) -> Self {
        let mut params = CertificateParams::new([]).unwrap();
        params.is_ca = IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, name);
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap().der().clone();
        Self { issuer: Issuer::new(params, key), certificate }
    }

    /// What a server needs to be who it says it is: for a host, up to the end of a year.
    pub fn identity(&self, host: &str, year: i32, protocols: &[&str]) -> Arc<ServerConfig> {
        let mut params = CertificateParams::new([host.to_owned()]).unwrap();
        params.not_after = rcgen::date_time_ymd(year, 12, 31);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap().der().clone();
        let key = PrivatePkcs8KeyDer::from(key.serialize_der()).into();
        let mut config =
            ServerConfig::builder().with_no_client_auth().with_single_cert(vec![certificate], key).unwrap();
        config.alpn_protocols = protocols.iter().map(|protocol| protocol.as_bytes().to_vec()).collect();
        Arc::new(config)
    }

    /// A client that trusts this authority and no other, and finds every host at the server.
    pub fn client(&self, server: &Server) -> Client {
        self.client_with(server, |builder| builder.retry(reqwest::retry::never()))
    }

    /// Such a client, with what else there is to be set.
    pub fn client_with(
        &self,
        server: &Server,
        set: impl FnOnce(reqwest::ClientBuilder) -> reqwest::ClientBuilder,
    ) -> Client {
        let certificate = reqwest::Certificate::from_der(&self.certificate).unwrap();
        let builder = reqwest::Client::builder().tls_backend_rustls().tls_certs_only([certificate]).no_proxy();
        Client::from(set(builder.resolve(HOST, server.address)).build().unwrap())
    }
}

/// A request, as the server saw it.
#[derive(Clone, Debug)]
pub struct Seen {
    /// Which connection it came over, from 0 on.
    pub connection: usize,
    pub version: Version,
    pub headers: HeaderMap,
}

impl Seen {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }
}

#[derive(Clone, Debug)]
pub enum Step {
    Send(String),
    /// Ends the stream of this response alone; as the first step, without a response.
    Reset(Reason),
    /// Says that the connection takes no more requests.
    GoAway,
    /// Ends the connection with all its streams.
    Abort(Reason),
    /// Keeps the response open.
    Stay,
}

pub fn send(text: &str) -> Step {
    Step::Send(text.to_owned())
}

type Script = Arc<dyn Fn(usize, &Seen) -> Vec<Step> + Send + Sync>;

pub struct Server {
    address: SocketAddr,
    shared: Arc<Shared>,
}

struct Shared {
    identity: Mutex<Arc<ServerConfig>>,
    connections: AtomicUsize,
    live: AtomicUsize,
    seen: Mutex<Vec<Seen>>,
    cut: broadcast::Sender<()>,
    streams: u32,
    script: Script,
}

impl Server {
    /// Starts one whose `script` says what it does with which request.
    pub async fn start(
        identity: Arc<ServerConfig>,
        script: impl Fn(usize, &Seen) -> Vec<Step> + Send + Sync + 'static,
    ) -> Self {
        Self::start_with(identity, 1000, script).await
    }

    /// Starts one that takes so many streams at a time on one connection.
    pub async fn start_with(
        identity: Arc<ServerConfig>,
        streams: u32,
        script: impl Fn(usize, &Seen) -> Vec<Step> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            identity: Mutex::new(identity),
            connections: AtomicUsize::new(0),
            live: AtomicUsize::new(0),
            seen: Mutex::new(Vec::new()),
            cut: broadcast::channel(1).0,
            streams,
            script: Arc::new(script),
        });
        tokio::spawn(accept(listener, Arc::clone(&shared)));
        Self { address, shared }
    }

    /// A source of this server that comes back at once.
    pub fn eager(&self, client: &Client) -> Builder {
        self.eager_at("", "/", client)
    }

    /// Such a source, with this before and behind the host.
    pub fn eager_at(&self, userinfo: &str, target: &str, client: &Client) -> Builder {
        let builder = client.source(format!("https://{userinfo}{HOST}:{}{target}", self.address.port()));
        builder.reconnection_time(Duration::from_millis(1)).min_reconnection_time(Duration::from_millis(1))
    }

    pub fn url_by_address(&self) -> String {
        format!("https://{}/", self.address)
    }

    pub fn become_another(&self, identity: Arc<ServerConfig>) {
        *self.shared.identity.lock().unwrap() = identity;
    }

    /// Breaks off all connections.
    pub fn cut(&self) {
        let _ = self.shared.cut.send(());
    }

    /// How many connections there have been on which TLS was agreed upon.
    pub fn connections(&self) -> usize {
        self.shared.connections.load(SeqCst)
    }

    /// How many of them there still are.
    pub fn live(&self) -> usize {
        self.shared.live.load(SeqCst)
    }

    pub fn seen(&self) -> Vec<Seen> {
        self.shared.seen.lock().unwrap().clone()
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    while let Ok((socket, _)) = listener.accept().await {
        let shared = Arc::clone(&shared);
        let mut cut = shared.cut.subscribe();
        tokio::spawn(async move {
            tokio::select! {
                () = serve(socket, shared) => {}
                _ = cut.recv() => {}
            }
        });
    }
}

async fn serve(socket: TcpStream, shared: Arc<Shared>) {
    let identity = Arc::clone(&shared.identity.lock().unwrap());
    let Ok(socket) = TlsAcceptor::from(identity).accept(socket).await else { return };
    let connection = shared.connections.fetch_add(1, SeqCst);
    let _live = Live::new(&shared);
    if socket.get_ref().1.alpn_protocol() == Some(b"h2") {
        let _ = serve_http2(socket, connection, &shared).await;
    } else {
        serve_http1(socket, connection, shared).await;
    }
}

/// A connection that counts for as long as it is there, however it ends.
struct Live(Arc<Shared>);

impl Live {
    fn new(shared: &Arc<Shared>) -> Self {
        shared.live.fetch_add(1, SeqCst);
        Self(Arc::clone(shared))
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        self.0.live.fetch_sub(1, SeqCst);
    }
}

impl Shared {
    fn see<B>(&self, connection: usize, request: &http::Request<B>) -> Vec<Step> {
        let seen = Seen { connection, version: request.version(), headers: request.headers().clone() };
        let mut all = self.seen.lock().unwrap();
        let steps = (self.script)(all.len(), &seen);
        all.push(seen);
        steps
    }
}

fn head<B>(body: B) -> Response<B> {
    let mut response = Response::new(body);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    response
}

async fn serve_http1(socket: TlsStream<TcpStream>, connection: usize, shared: Arc<Shared>) {
    let service = hyper::service::service_fn(|request| {
        let steps = shared.see(connection, &request);
        let parts = stream::unfold(steps.into_iter(), async |mut steps| match steps.next()? {
            Step::Send(text) => Some((Ok::<_, Infallible>(Frame::data(Bytes::from(text))), steps)),
            Step::Stay => std::future::pending().await,
            step => panic!("HTTP/1.1 has no {step:?}"),
        });
        let response = head(StreamBody::new(Box::pin(parts)));
        async { Ok::<_, Infallible>(response) }
    });
    let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(socket), service).await;
}

async fn serve_http2(socket: TlsStream<TcpStream>, connection: usize, shared: &Shared) -> Result<(), h2::Error> {
    let mut http2 = h2::server::Builder::new().max_concurrent_streams(shared.streams).handshake(socket).await?;
    let (tell, mut told) = mpsc::unbounded_channel();
    loop {
        tokio::select! {
            request = http2.accept() => {
                let Some(request) = request else { return Ok(()) };
                let (request, mut respond) = request?;
                let steps = shared.see(connection, &request);
                if let Some(Step::Reset(reason)) = steps.first() {
                    respond.send_reset(*reason);
                    continue;
                }
                let body = respond.send_response(head(()), false)?;
                tokio::spawn(answer(body, steps, tell.clone()));
            }
            Some((step, done)) = told.recv() => {
                match step {
                    Step::Abort(reason) => http2.abrupt_shutdown(reason),
                    _ => http2.graceful_shutdown(),
                }
                let _ = done.send(());
            }
        }
    }
}

/// What a response wants of its connection, and who waits for it to be done.
type Tell = mpsc::UnboundedSender<(Step, oneshot::Sender<()>)>;

async fn answer(mut body: h2::SendStream<Bytes>, steps: Vec<Step>, connection: Tell) {
    for step in steps {
        match step {
            Step::Send(text) => {
                if body.send_data(text.into(), false).is_err() {
                    return;
                }
            }
            Step::Reset(reason) => {
                // What was sent is to go first.
                tokio::time::sleep(Duration::from_millis(20)).await;
                return body.send_reset(reason);
            }
            Step::Stay => return stay(body).await,
            step @ (Step::GoAway | Step::Abort(_)) => {
                tokio::time::sleep(Duration::from_millis(20)).await;
                let is_end = matches!(step, Step::Abort(_));
                let (done, is_done) = oneshot::channel();
                let _ = connection.send((step, done));
                // What comes after it goes out behind it.
                let _ = is_done.await;
                if is_end {
                    // It is the connection that ends, and not this stream by itself.
                    return stay(body).await;
                }
            }
        }
    }
    let _ = body.send_data(Bytes::new(), true);
}

/// Holds a stream open until the client or the connection is gone.
async fn stay(mut body: h2::SendStream<Bytes>) {
    let _ = std::future::poll_fn(|cx| body.poll_reset(cx)).await;
}
