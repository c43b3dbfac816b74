"""The servers of `run`, a row each: it yields the version, and then what was checked; what is wrong it raises."""

import contextlib
import json
import os
import re
import shutil
import threading
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from harness import (
    HERE, MODULES, PYTHON, ROOT, SERVERS, WORK, Skipped, browse, check, command, cutting, debian,
    free_port, node_packages, python_packages, read, serving,
)

# What `run` has built, by name.
built = {}

LAST, EACH = 12, 5
EXPECTED = [
    ["message" if n % 3 else "third", f"number {n} ✓" + ("" if n % 2 else "\nan even one"), str(n)]
    for n in range(1, LAST + 1)
]
TYPES = ("message", "third")


def feed(url, *options, decoded=lambda data: data, browser=True):
    """Checks that both clients read the feed as it must be, and returns what was seen."""
    reading = read(built["interop_reader"], url, *options, messages=LAST, comments=1)
    events = [[event_type, decoded(data), number] for event_type, data, number in reading.events]
    check(events == EXPECTED, f"events are {events}")
    check(reading.complete, "no keep-alive within 30 s")
    check(len(reading.opened) == 3, f"{len(reading.opened)} responses instead of 3")
    waits = [lost["delay"] for lost in reading.lost]
    check(all(0.1 <= wait <= 0.4 for wait in waits), f"waits of {waits} s for a retry of 200 ms")
    says = [f"{LAST} events in 3 responses, none lost or doubled", f"keep-alive `:{reading.comments[-1]}`"]
    if browser:
        says.append(in_chromium(url, reading.events))
    return reading, says


def in_chromium(url, events, opened=3):
    try:
        check_same(browse(url, TYPES, messages=len(events)), events, opened)
    except Skipped as why:
        return f"Chromium skipped ({why})"
    return "Chromium saw the same"


def check_same(seen, events, opened):
    check(seen["events"] == events, f"Chromium saw {seen['events']}, and we {events}")
    check(seen["opened"] == opened, f"Chromium needed {seen['opened']} responses instead of {opened}")


def held_back(url, *options):
    """What does not come of the feed as long as a response is open."""
    reading = read(built["interop_reader"], url, *options, messages=LAST, within=8)
    check(reading.events == EXPECTED[: len(reading.events)] and len(reading.events) >= 10, f"{reading.events}")
    return LAST - len(reading.events)


def post(url, body, headers):
    urllib.request.urlopen(urllib.request.Request(url, body, headers)).read()


def version_of(package):
    """The version of a package from PyPI, as it is pinned."""
    return re.search(rf"(?mi)^{package}==(.*)$", (HERE / "requirements.txt").read_text())[1]


def axum():
    """axum's Sse"""
    lock = (ROOT / "Cargo.lock").read_text()
    yield "axum " + re.search(r'name = "axum"\nversion = "(.*)"', lock)[1]
    port = free_port()
    with serving(built["interop_axum"], port, port=port, log="axum"):
        yield feed(f"http://127.0.0.1:{port}/feed")[1]


@contextlib.contextmanager
def node_feed():
    debian("node", "nodejs")
    port = free_port()
    with serving("node", SERVERS / "node.js", port, port=port, log="node"):
        yield f"http://127.0.0.1:{port}/feed"


def node():
    """Node's http, blocks written by hand"""
    debian("node", "nodejs")
    yield "Node " + command("node", "--version").lstrip("v")
    with node_feed() as url:
        yield feed(url)[1]


def better_sse():
    """better-sse on Express"""
    node_packages()
    packages = json.loads((HERE / "package.json").read_text())["dependencies"]
    yield f"better-sse {packages['better-sse']}, Express {packages['express']}"
    port, script = free_port(), SERVERS / "better_sse.mjs"
    environment = os.environ | {"MODULES": str(MODULES)}
    with serving("node", script, port, port=port, env=environment, log="better-sse"):
        yield feed(f"http://127.0.0.1:{port}/feed", decoded=json.loads)[1]


def php():
    """PHP's built-in server"""
    debian("php", "php-cli")
    yield "PHP " + command("php", "-r", "echo PHP_VERSION;")
    port = free_port()
    # It has one request at a time, unless it is told otherwise.
    environment = os.environ | {"PHP_CLI_SERVER_WORKERS": "4"}
    address = f"127.0.0.1:{port}"
    with serving("php", "-S", address, SERVERS / "feed.php", port=port, env=environment, log="php"):
        yield feed(f"http://{address}/feed")[1]


def uvicorn(app, port, log):
    options = ["--host", "127.0.0.1", "--port", port, "--timeout-graceful-shutdown", 1, "--app-dir", SERVERS]
    return serving(PYTHON, "-B", "-m", "uvicorn", app, *options, port=port, log=log)


def starlette():
    """sse-starlette on uvicorn"""
    python_packages()
    yield f"sse-starlette {version_of('sse-starlette')}, uvicorn {version_of('uvicorn')}"
    port = free_port()
    with uvicorn("starlette_feed:app", port, "starlette"):
        yield feed(f"http://127.0.0.1:{port}/feed")[1]


def django():
    """Django under ASGI, GZipMiddleware"""
    python_packages()
    yield f"Django {version_of('django')}, uvicorn {version_of('uvicorn')}"
    port = free_port()
    with uvicorn("django_feed:asgi", port, "django"):
        url = f"http://127.0.0.1:{port}/feed"
        reading, says = feed(url, "--compression", browser=False)
        check(reading.header("content-encoding") == "gzip", "it does not compress")
        yield [*says, "gzip", chromium_misses(url)]


def chromium_misses(url):
    """Each chunk is a gzip member of its own, of which Chromium decodes the first one alone."""
    try:
        seen = browse(url, TYPES, messages=LAST, within=8)
    except Skipped as why:
        return f"Chromium skipped ({why})"
    return f"Chromium saw {len(seen['events'])} of {LAST} events in {seen['opened']} responses"


def django_wsgi():
    """Django under WSGI, GZipMiddleware"""
    python_packages()
    yield f"Django {version_of('django')}"
    port, url = free_port(), None
    with serving(PYTHON, "-B", SERVERS / "django_wsgi.py", port, port=port, log="django-wsgi"):
        url = f"http://127.0.0.1:{port}/feed"
        reading, says = feed(url, browser=False)
        check(reading.header("content-encoding") is None, "it compresses what it may not")
        yield [*says, f"with gzip, {held_back(url, '--compression')} of them held back while a response is open"]


def nginx(configuration, directory, port, **values):
    """nginx with a configuration of ours, in a directory of its own."""
    values |= {"PORT": port}
    text = (SERVERS / configuration).read_text()
    for name, value in values.items():
        text = text.replace(name, str(value))
    (directory / "nginx.conf").write_text(text)
    return serving(debian("nginx", "nginx"), "-p", f"{directory}/", "-c", "nginx.conf", "-e", "stderr", port=port, log=directory.name)


def nginx_version():
    return "nginx " + command(debian("nginx", "nginx"), "-v").split("/")[-1]


def fresh(name):
    directory = WORK / name
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    return directory


def nchan():
    """nchan, a module of nginx"""
    debian("nginx", "nginx", "libnginx-mod-nchan")
    modules = Path("/usr/lib/nginx/modules")
    if not (modules / "ngx_nchan_module.so").exists():
        raise Skipped("there is an nginx without libnginx-mod-nchan")
    package = command("dpkg-query", "-W", "-f", "${Version}", "libnginx-mod-nchan")
    yield f"nchan {re.sub('^[0-9]+:|[+-].*$', '', package)}, {nginx_version()}"
    port = free_port()
    with nginx("nchan.conf", fresh("nchan"), port, MODULES=modules):
        url = f"http://127.0.0.1:{port}"
        for event_type, data, _ in EXPECTED:
            headers = {"X-EventSource-Event": event_type, "Content-Type": "text/plain"}
            post(f"{url}/publish", data.encode(), headers)
        yield channel(f"{url}/feed")


def channel(url):
    """What was published, as it is read over connections that the client gives up."""
    plain = lambda events: [event[:2] for event in events]
    reading = read(built["interop_reader"], url, "--reconnect-after", EACH, messages=LAST, comments=4)
    check(plain(reading.events) == plain(EXPECTED), f"events are {reading.events}")
    check(len(reading.opened) == 3 and reading.complete, f"{len(reading.opened)} responses instead of 3")
    ids = [event[2] for event in reading.events]
    check(len(set(ids)) == LAST and all(ids), f"IDs are {ids}")
    rest = read(built["interop_reader"], url, "--last-event-id", ids[6], messages=LAST - 7)
    check(rest.events == reading.events[7:], f"behind {ids[6]} there are {rest.events}")
    return [
        f"{LAST} events in 3 responses, none lost or doubled",
        f"IDs such as `{ids[-1]}`, which another program goes on behind",
        f"keep-alive `:{reading.comments[-1]}`",
        in_chromium(url, reading.events, opened=1),
    ]


def certificate(directory):
    """An authority, and what it vouches for."""
    key = ["-newkey", "rsa:2048", "-nodes"]
    ca = ["-CA", "ca.pem", "-CAkey", "ca.key", "-days", "2", "-extfile", "names"]
    (directory / "names").write_text("subjectAltName=IP:127.0.0.1\n")
    for words in (
        ["req", "-x509", *key, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=interop", "-days", "2"],
        ["req", *key, "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=127.0.0.1"],
        ["x509", "-req", "-in", "server.csr", *ca, "-out", "server.pem"],
    ):
        command("openssl", *words, cwd=directory)
    return directory / "ca.pem"


def proxy():
    """nginx before Node: TLS, HTTP/2, gzip"""
    debian("openssl", "openssl")
    yield f"{nginx_version()}, Node {command('node', '--version').lstrip('v')}"
    port, directory = free_port(), fresh("proxy")
    options = ["--authority", certificate(directory), "--compression"]
    with node_feed() as upstream, nginx("proxy.conf", directory, port, UPSTREAM=upstream):
        reading, says = feed(f"https://127.0.0.1:{port}/feed", *options)
        check(reading.header("content-encoding") == "gzip", "it does not compress")
        check(reading.header("x-protocol") == "HTTP/2.0", f"it is {reading.header('x-protocol')}")
        held = held_back(f"https://127.0.0.1:{port}/held", *options)
    yield [*says, "gzip, HTTP/2", f"with proxy_buffering on, {held} of them held back while a response is open"]


def mcp():
    """MCP over streamable HTTP"""
    python_packages()
    yield f"mcp {version_of('mcp')}"
    port = free_port()
    with serving(PYTHON, "-B", SERVERS / "mcp_server.py", port, port=port, log="mcp"):
        yield session(f"http://127.0.0.1:{port}/mcp")


def session(url):
    """A session: an answer to a POST that breaks off and goes on by GET, and what the server says unasked."""
    headers = {"MCP-Protocol-Version": "2025-11-25"}
    accept = {"Accept": "application/json, text/event-stream"}

    def request(headers, *options, messages):
        headers = [word for header in headers.items() for word in ("--header", ": ".join(header))]
        return read(built["interop_reader"], url, *headers, *options, messages=messages)

    # A POST does not come back by itself: its reader ends with the response.
    def call(number, method, **parameters):
        message = json.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": parameters})
        reading = request(headers | accept, "--post", message, messages=99)
        # The first event has an ID to go on behind, and no data.
        check(reading.events[0][1] == "", f"the first event is {reading.events[0]}")
        return reading, told(reading)

    told = lambda reading: [json.loads(data) for _, data, _ in reading.events if data]
    client = {"clientInfo": {"name": "ssekit", "version": "0"}, "capabilities": {}}
    hello, answers = call(1, "initialize", protocolVersion="2025-11-25", **client)
    check([answer["result"]["serverInfo"]["name"] for answer in answers] == ["counter"], f"it says {answers}")
    headers["Mcp-Session-Id"] = hello.header("mcp-session-id")
    message = json.dumps({"jsonrpc": "2.0", "method": "notifications/initialized"}).encode()
    post(url, message, headers | accept | {"Content-Type": "application/json"})

    broken, messages = call(2, "tools/call", name="count", arguments={}, _meta={"progressToken": "p"})
    count, last = len(messages), broken.events[-1][2]
    check(count < 7, "the answer did not break off")
    # What is missing, and again an event without data.
    messages += told(request(headers, "--last-event-id", last, messages=7 - count + 1))
    progress = [message["params"]["progress"] for message in messages[:-1]]
    check(progress == [1, 2, 3, 4, 5, 6] and messages[-1].get("id") == 2, f"it told {messages}")

    unasked = []
    listener = threading.Thread(target=lambda: unasked.extend(told(request(headers, messages=1))))
    listener.start()
    # There is nobody to be told before the request is there.
    while listener.is_alive():
        call(3, "tools/call", name="announce", arguments={})
        listener.join(0.5)
    check([message["method"] for message in unasked] == ["notifications/tools/list_changed"], f"it told {unasked}")
    return [
        "POST initialize answered by a stream",
        f"the answer of 7 messages to another, broken off and gone on with by GET behind `{last}`, none lost or doubled",
        "GET brings what is said unasked",
    ]


def browser():
    """Chromium beside our client"""
    debian("chromium", "chromium")
    yield "Chromium " + re.search(r"Chromium ([0-9.]+)", command("chromium", "--version"))[1]
    # Its numbers go up with each request: each reader has a server of its own.
    with example_server() as ours, example_server() as theirs:
        year = beside(f"http://127.0.0.1:{ours}/year", f"http://127.0.0.1:{theirs}/year", "testEvent1", 3)
        check([event[2] for event in year.events] == ["1", "2", "3"], f"events are {year.events}")
        with cutting(ours, 500) as port:
            url = f"http://127.0.0.1:{port}/count"
            count = beside(url, url, "message", 30)
        check(count.events == [["message", str(n), str(n)] for n in range(1, 31)], f"events are {count.events}")
        check(len(count.opened) > 2, "the connection was not cut")
    yield [
        f"`/year`: 3 events with types and IDs, {len(year.lost)} reconnections, the same in both",
        f"`/count`, cut in mid-event: 30 events with IDs, {len(count.lost)} reconnections, the same in both",
    ]


def beside(ours, theirs, event_type, messages):
    """Reads with both at the same time."""
    with ThreadPoolExecutor() as pool:
        seen = pool.submit(browse, theirs, (event_type,), messages)
        reading = read(built["interop_reader"], ours, messages=messages)
        check_same(seen.result(), reading.events, len(reading.opened))
    return reading


@contextlib.contextmanager
def example_server():
    port = free_port()
    with serving(built["server"], "--port", port, port=port, log="server"):
        yield port


ROWS = [axum, node, better_sse, php, starlette, django, django_wsgi, nchan, proxy, mcp, browser]
