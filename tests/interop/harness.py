"""What `run` stands on: servers that are started and stopped, readers of theirs, and what has to be installed."""

import contextlib
import http.server
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
SERVERS = HERE / "servers"
# All that is installed or made goes here, beside what Cargo builds.
WORK = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")).resolve() / "interop"
PYTHON = WORK / "venv/bin/python"
MODULES = WORK / "node"


class Failed(Exception):
    """Something was not as it must be."""


class Skipped(Exception):
    """Something could not be had."""


def check(holds, says):
    if not holds:
        raise Failed(says)


def command(*words, **options):
    """Runs a command to its end, and returns what it printed."""
    words = [str(word) for word in words]
    result = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options)
    if result.returncode:
        lines = result.stdout.strip().splitlines() or ["without a word"]
        why = next((line for line in lines if "error" in line.lower()), lines[-1])
        raise Skipped(f"`{' '.join(words)[:60]}` failed: {why}")
    return result.stdout.strip()


# Installing


def debian(program, *packages):
    """Makes sure that there is this program, by Debian's packages if need be, and returns where."""
    path = os.environ["PATH"] + ":/usr/sbin"
    if there := shutil.which(program, path=path):
        return there
    if not shutil.which("apt-get"):
        raise Skipped(f"there is no {program}, and no apt-get to install it")
    root = [] if os.geteuid() == 0 else ["sudo", "-n"]
    options = ["-y", "-qq", "--no-install-recommends"]
    command(*root, "apt-get", "update", "-qq")
    # In this runlevel no service is started by its package.
    command(*root, "env", "RUNLEVEL=1", "DEBIAN_FRONTEND=noninteractive", "apt-get", "install", *options, *packages)
    if there := shutil.which(program, path=path):
        return there
    raise Skipped(f"{' '.join(packages)} brought no {program}")


def installed(directory, *sources):
    """Whether this was installed from these files as they are now; what is there of others goes."""
    stamp = directory / "stamp"
    wanted = "".join((HERE / source).read_text() for source in sources)
    if stamp.exists() and stamp.read_text() == wanted:
        return True, stamp, wanted
    shutil.rmtree(directory, ignore_errors=True)
    return False, stamp, wanted


def python_packages():
    there, stamp, wanted = installed(WORK / "venv", "requirements.txt")
    if not there:
        command(sys.executable, "-m", "venv", WORK / "venv")
        command(PYTHON, "-m", "pip", "install", "--quiet", "--no-deps", "-r", HERE / "requirements.txt")
        stamp.write_text(wanted)


def node_packages():
    debian("npm", "nodejs", "npm")
    there, stamp, wanted = installed(MODULES, "package.json", "package-lock.json")
    if not there:
        MODULES.mkdir(parents=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(HERE / name, MODULES)
        command("npm", "ci", "--no-audit", "--no-fund", "--loglevel=error", cwd=MODULES)
        stamp.write_text(wanted)


def build():
    """Builds the reader and the servers that are ours to build, and returns where they are."""
    examples = ["interop_reader", "interop_axum", "server"]
    words = ["cargo", "build", "--locked", "--features", "gzip", "--message-format", "json-render-diagnostics"]
    words += [word for example in examples for word in ("--example", example)]
    lines = subprocess.run(words, cwd=ROOT, stdout=subprocess.PIPE, check=True, text=True).stdout.splitlines()
    built = [message for message in map(json.loads, lines) if message.get("executable")]
    return {message["target"]["name"]: message["executable"] for message in built}


# Serving


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@contextlib.contextmanager
def serving(*words, port=None, log, **options):
    """Starts a server, waits until something listens on its port, and stops it with all that it started."""
    path = WORK / "logs" / f"{log}.log"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as output:
        words = [str(word) for word in words]
        process = subprocess.Popen(words, stdout=output, stderr=output, start_new_session=True, **options)
    try:
        deadline = time.monotonic() + 30
        while port is not None:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            if process.poll() is not None or time.monotonic() > deadline:
                raise Failed(f"does not start: {path} says why")
            time.sleep(0.05)
        yield
    finally:
        for number in (signal.SIGTERM, signal.SIGKILL):
            # Its group has its process ID.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(3)


@contextlib.contextmanager
def cutting(port, each):
    """A relay before this port that breaks each connection off after so many bytes of the answer."""
    listener = socket.create_server(("127.0.0.1", 0))

    def relay(client):
        # A reader that has enough is gone.
        with contextlib.suppress(OSError), client, socket.create_connection(("127.0.0.1", port)) as server:
            server.sendall(client.recv(65536))
            left = each
            while left and (data := server.recv(left)):
                client.sendall(data)
                left -= len(data)

    def accept():
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=relay, args=listener.accept()[:1], daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    with listener:
        yield listener.getsockname()[1]


# Reading


class Reading:
    """What our reader said."""

    def __init__(self, output, complete):
        self.lines = [json.loads(line) for line in output.splitlines() if line.endswith("}")]
        self.complete = complete
        self.events = [line["event"] for line in self.of("message")]
        self.comments = [line["comment"].strip() for line in self.of("comment")]
        self.opened = self.of("open")
        self.lost = self.of("lost")

    def of(self, kind):
        return [line for line in self.lines if line["type"] == kind]

    def header(self, name):
        """The one value that this header had in all responses."""
        values = {response["headers"].get(name) for response in self.opened}
        return values.pop() if len(values) == 1 else values


def read(reader, url, *options, messages=0, comments=0, within=30):
    """Reads with our client until it has seen enough, it fails, or it takes longer than it may."""
    words = [reader, url, "--messages", messages, "--comments", comments, *options]
    process = subprocess.Popen([str(word) for word in words], stdout=subprocess.PIPE, text=True)
    try:
        output, complete = process.communicate(timeout=within)[0], True
    except subprocess.TimeoutExpired:
        process.kill()
        output, complete = process.communicate()[0], False
    reading = Reading(output, complete)
    failures = reading.of("failed")
    check(not failures, f"our client fails: {failures and failures[0]['error']}")
    return reading


def browse(url, types=("message",), messages=0, within=40):
    """Reads with the EventSource of Chromium until it has seen enough or takes longer than it may."""
    debian("chromium", "chromium")
    posted, done = [{"events": [], "opened": 0}], threading.Event()

    class Page(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

        def do_POST(self):
            posted.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()
            if len(posted[-1]["events"]) == messages:
                done.set()

    page = http.server.ThreadingHTTPServer(("127.0.0.1", 0), lambda *a: Page(*a, directory=HERE))
    threading.Thread(target=page.serve_forever, daemon=True).start()
    query = urllib.parse.urlencode({"url": url, "messages": messages, "type": types}, doseq=True)
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
    options += ["--disable-background-networking", "--disable-component-update", "--disable-sync"]
    # The authority of the proxy is nobody's but this run's.
    options += ["--ignore-certificate-errors"]
    with contextlib.ExitStack() as stack:
        stack.callback(page.server_close)
        stack.callback(page.shutdown)
        profile = stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True))
        address = f"http://127.0.0.1:{page.server_port}/page.html?{query}"
        stack.enter_context(serving("chromium", *options, f"--user-data-dir={profile}", address, log="chromium"))
        done.wait(within)
    # They may overtake one another.
    return max(posted, key=lambda seen: (len(seen["events"]), seen["opened"]))
