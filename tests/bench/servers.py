"""Starts the servers that are compared and reads what they use."""

import ctypes
import gzip
import json
import os
import pathlib
import shlex
import signal
import socket
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
START_SECONDS = 20
PR_SET_PDEATHSIG = 1


class BenchError(Exception):
    """A measurement that could not be made; the text is one sentence for the user."""


class PostfixTools:
    """smtp-sink and smtp-source, unpacked under the build folder and never installed."""

    def __init__(self):
        script = ROOT / "tests/bench/fetch_postfix_tools.sh"
        fetched = subprocess.run([script], stdout=subprocess.PIPE, text=True)
        if fetched.returncode != 0:
            raise BenchError("smtp-sink could not be fetched.")
        folder = ROOT / "build/deps/postfix"
        self.sink = str(folder / "usr/sbin/smtp-sink")
        self.source = str(folder / "usr/sbin/smtp-source")
        self.environment = dict(os.environ, LD_LIBRARY_PATH=fetched.stdout.strip())
        with gzip.open(folder / "usr/share/doc/postfix/changelog.Debian.gz", "rt") as changelog:
            self.version = changelog.readline().split("(")[1].split(")")[0]

    def sink_command(self, port):
        # Without -m smtp-sink stops at 256 sessions; as root it refuses to start without -u.
        as_root = ["-u", "root"] if os.geteuid() == 0 else []
        return [self.sink, *as_root, "-m", "20000", f"127.0.0.1:{port}", "1024"]


def _die_with_parent():
    # A test runner that is killed must not leave servers behind.
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Server:
    """A running server; a context manager that stops it."""

    def __init__(self, name, command, environment=None):
        self.name = name
        self.port = None
        self._process = subprocess.Popen(
            command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            preexec_fn=_die_with_parent)
        self.pid = self._process.pid

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.terminate()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _await(self, condition):
        deadline = time.monotonic() + START_SECONDS
        while not condition():
            if self._process.poll() is not None:
                raise BenchError(f"{self.name} ended with code {self._process.returncode} "
                                 "before it listened.")
            if time.monotonic() > deadline:
                self.__exit__()
                raise BenchError(f"{self.name} did not listen within {START_SECONDS} seconds.")
            time.sleep(0.002)

    def cpu_seconds(self):
        """User and system time of all threads.

        /proc/PID/task/*/schedstat counts nanoseconds, /proc/PID/stat ticks of 10 ms, which is too
        coarse for a short run; a thread that has ended is missing in the former, but no server
        here ends threads under load.
        """
        try:
            tasks = pathlib.Path(f"/proc/{self.pid}/task").iterdir()
            return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9
        except FileNotFoundError:
            fields = pathlib.Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
            return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def settled_cpu_seconds(self):
        """As cpu_seconds, once the server has finished what the last client left to do."""
        deadline = time.monotonic() + 2
        before = self.cpu_seconds()
        while time.monotonic() < deadline:
            time.sleep(0.02)
            now = self.cpu_seconds()
            if now == before:
                break
            before = now
        return before


def ours(command, threads=1):
    """Starts the server under test by its contract: --port 0, --ready-file, --threads."""
    with tempfile.TemporaryDirectory(prefix="smtprig-bench-") as folder:
        ready = pathlib.Path(folder) / "ready"
        arguments = [*shlex.split(command), "--port", "0", "--ready-file", str(ready),
                     "--threads", str(threads)]
        try:
            server = Server("ours", arguments)
        except OSError as error:
            raise BenchError(f"{arguments[0]} cannot be started: {error.strerror}.") from error
        server._await(ready.exists)
        line = json.loads(ready.read_text())
        server.port = line["lanes"][0]["smtp"]["port"]
        server.pid = line["pid"]
        return server


def sink(tools):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = Server("smtp-sink", tools.sink_command(port), tools.environment)
    server.port = port

    def accepts():
        with socket.socket() as client:
            return client.connect_ex(("127.0.0.1", port)) == 0

    server._await(accepts)
    return server
