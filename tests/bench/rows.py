"""The measurements: each row runs ours and smtp-sink in turn and returns its figures."""

import contextlib
import ctypes
import dataclasses
import json
import mmap
import os
import pathlib
import shlex
import shutil
import signal
import statistics
import subprocess
import tempfile
import time

import servers
from servers import BenchError

MIB = 1024 * 1024


@dataclasses.dataclass
class Goal:
    """What a figure is held against: its ratio to the other column, or its own value."""
    of: str  # "ratio" or "value"
    bound: str  # "at most" or "at least"
    limit: float

    def met(self, figure):
        value = figure.ratio if self.of == "ratio" else figure.ours_median
        return value <= self.limit if self.bound == "at most" else value >= self.limit


@dataclasses.dataclass
class Figure:
    row: str
    work: str
    what: str
    ours: list  # one value a pair
    peer: list  # as many, or fewer where the other side is only measured for comparison
    goals: list = dataclasses.field(default_factory=list)
    note: str = ""

    @property
    def ours_median(self):
        return statistics.median(self.ours)

    @property
    def peer_median(self):
        return statistics.median(self.peer) if self.peer else None

    @property
    def ratio(self):
        """The median of the ratios pair by pair: noise that lasts longer than a pair cancels."""
        pairs = list(zip(self.ours, self.peer))
        return statistics.median(mine / other for mine, other in pairs) if pairs else None


@dataclasses.dataclass
class Settings:
    ours: str
    load: str
    tools: servers.PostfixTools
    pairs: int
    quick: bool

    def amount(self, usual, quick=100):
        return quick if self.quick else usual


def _checked(arguments, environment=None):
    done = subprocess.run(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          env=environment)
    if done.returncode != 0:
        raise BenchError(f"'{shlex.join(map(str, arguments))}' failed: "
                         f"{done.stdout.strip()} {done.stderr.strip()}")
    return done.stdout


def _load(settings, server, *options):
    """Runs the load generator, which checks that every message is accepted."""
    return json.loads(_checked([settings.load, "--port", str(server.port), *map(str, options)]))


def _touch_memory(octets):
    """Uses memory and gives it back, so that the machine has it at hand for what is measured.

    On a virtual machine the first touch of a page is paid to the host: here 4 GiB took 13 s the first
    time and 0.5 s the second. A server that keeps what it gets would be charged for that.
    """
    with mmap.mmap(-1, octets) as memory:
        view = ctypes.c_char.from_buffer(memory)
        ctypes.memset(ctypes.addressof(view), 1, octets)
        del view


def _start(settings, side):
    """`side` is "peer" or how many threads ours gets."""
    _touch_memory((64 if settings.quick else 1024) * MIB)
    return servers.sink(settings.tools) if side == "peer" else servers.ours(settings.ours, side)


def _under_load(settings, side, messages, *options):
    """Rate, MB/s and CPU a message under our load generator."""
    with _start(settings, side) as server:
        _load(settings, server, "--messages", max(2, messages // 50), *options)
        before = server.settled_cpu_seconds()
        result = _load(settings, server, "--messages", messages, *options)
        cpu = server.settled_cpu_seconds() - before
    return {"rate": result["rate"], "mb": result["mb_per_s"], "cpu": cpu / messages * 1e6,
            "load_limits": result["own_cpu_seconds"] / result["seconds"] > 0.9}


def _under_source(settings, side, messages, *options):
    """The same under smtp-source, which ends with an error when a reply is not as expected."""
    tools = settings.tools
    with _start(settings, side) as server:
        def send(count):
            # -f and -t only name the mailboxes; without them smtp-source asks for the host's name.
            _checked([tools.source, "-s", "20", "-m", str(count), "-l", "1024", *options,
                      "-f", "sender@client.example", "-t", "recipient@server.example",
                      f"127.0.0.1:{server.port}"], tools.environment)
        send(max(2, messages // 50))
        before = server.settled_cpu_seconds()
        started = time.monotonic()
        send(messages)
        seconds = time.monotonic() - started
        cpu = server.settled_cpu_seconds() - before
    return {"rate": messages / seconds, "cpu": cpu / messages * 1e6, "load_limits": False}


@contextlib.contextmanager
def one_core():
    """Keeps the client and the server that are started within on one core.

    With one session only one of the two ever runs. On different cores each step then waits until
    an idle core wakes up, which on a virtual machine takes several times what the server does, and
    the scheduler's choice between the two placements changes from run to run.
    """
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(cores)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, cores)


def _pairs(settings, measure, mine=1, other="peer"):
    results = [(measure(mine), measure(other)) for _ in range(settings.pairs)]
    return [pair[0] for pair in results], [pair[1] for pair in results]


def _figure(row, work, what, key, mine, other, goals=()):
    note = ""
    if key in ("rate", "mb") and any(result["load_limits"] for result in mine):
        note = "the load generator is the limit"
    return Figure(row, work, what, [result[key] for result in mine],
                  [result[key] for result in other], list(goals), note)


def new(settings):
    messages = settings.amount(10_000)
    mine, other = _pairs(settings, lambda side: _under_load(settings, side, messages))
    work = "a new connection for each message"
    figures = [
        _figure("new", work, "CPU a message, µs", "cpu", mine, other,
                [Goal("ratio", "at most", 0.75)]),
        _figure("new", work, "messages a second", "rate", mine, other,
                [Goal("ratio", "at least", 1.0)])]
    mine, other = _pairs(settings, lambda side: _under_source(settings, side, messages))
    work += ", smtp-source"
    return figures + [
        _figure("new", work, "CPU a message, µs", "cpu", mine, other,
                [Goal("ratio", "at most", 0.75)]),
        _figure("new", work, "messages a second", "rate", mine, other)]


def reuse(settings):
    messages = settings.amount(30_000)
    mine, other = _pairs(
        settings, lambda side: _under_load(settings, side, messages, "--reuse", "yes"))
    work = "session reuse"
    figures = [
        _figure("reuse", work, "CPU a message, µs", "cpu", mine, other,
                [Goal("ratio", "at most", 1.0)]),
        _figure("reuse", work, "messages a second", "rate", mine, other)]
    mine, other = _pairs(settings, lambda side: _under_source(settings, side, messages, "-d"))
    work += ", smtp-source"
    return figures + [
        _figure("reuse", work, "CPU a message, µs", "cpu", mine, other,
                [Goal("ratio", "at most", 1.0)]),
        _figure("reuse", work, "messages a second", "rate", mine, other)]


def big(settings):
    messages = settings.amount(40, 4)
    figures = []
    for clients, word in ((1, "one"), (4, "four")):
        mine, other = _pairs(settings, lambda side: _under_load(
            settings, side, messages, "--size", 10 * MIB, "--clients", clients, "--reuse", "yes"))
        figures.append(_figure("big", f"10 MiB messages, {word} at once", "MB a second", "mb",
                               mine, other, [Goal("ratio", "at least", 4.0)]))
    return figures


def threads(settings):
    """Ours with two threads and with one, 20 clients a thread.

    Where the load generator and two threads share few cores, the threads have less to do at a time
    and sleep and wake more often; that is most of the difference even for a server whose threads
    share nothing. The figure on one core is without it, but also without what the threads cost
    each other by running at once.
    """
    def measure_on(options, messages):
        return lambda side: _under_load(settings, side, messages, "--clients", 20 * side, *options)

    figures = []
    for work, usual, options in (("new connection", 10_000, ()),
                                 ("session reuse", 30_000, ("--reuse", "yes"))):
        measure = measure_on(options, settings.amount(usual))
        mine, other = _pairs(settings, measure, 2, 1)
        figures.append(_figure("threads", f"two threads against one, {work}", "CPU a message, µs",
                               "cpu", mine, other, [Goal("ratio", "at most", 1.1)]))
        with one_core():
            mine, other = _pairs(settings, measure, 2, 1)
        figures.append(_figure("threads", f"two threads against one, {work}, all on one core",
                               "CPU a message, µs", "cpu", mine, other))
    return figures


def latency(settings):
    messages = settings.amount(2000)

    def measure(side):
        with _start(settings, side) as server:
            _load(settings, server, "--messages", max(2, messages // 50), "--clients", 1)
            result = _load(settings, server, "--latency", "--messages", messages)
        return {"new": result["new_us"]["p50"], "reuse": result["reuse_us"]["p50"]}

    with one_core():
        mine, other = _pairs(settings, measure)
    return [_figure("latency", f"one session at low load, {name}", "p50 of a message, µs", key,
                    mine, other, [Goal("ratio", "at most", 1.2)])
            for key, name in (("new", "new connection"), ("reuse", "session reuse"))]


def cold(settings):
    runs = str(settings.amount(40, 3))

    def measure(side):
        if side == "peer":
            command, environment = settings.tools.sink_command("{port}"), settings.tools.environment
        else:
            command = [*shlex.split(settings.ours), "--port", "0", "--ready-file", "{ready}",
                       "--threads", "1"]
            environment = None
        result = json.loads(
            _checked([settings.load, "--runs", runs, "--cold-start", *command], environment))
        return {"ms": result["start_us"]["p50"] / 1000}

    mine, other = _pairs(settings, measure)
    return [_figure("cold", "cold start, exec to greeting", "p50, ms", "ms", mine, other,
                    [Goal("value", "at most", 10), Goal("ratio", "at most", 1.5)])]


def idle(settings):
    sessions = settings.amount(10_000)

    def measure(side):
        with _start(settings, side) as server:
            _load(settings, server, "--messages", 100)
            result = _load(settings, server, "--idle", sessions, "--server-pid", server.pid)
        unloaded, loaded = result["unloaded_us"]["p50"], result["loaded_us"]["p50"]
        return {"held": result["held"], "slower": loaded / unloaded,
                # 100 sessions may fit into what the allocator already holds.
                "kib": max(result["resident_per_session"] / 1024, 0.001)}

    with one_core():
        mine = [measure(1) for _ in range(settings.pairs)]
        # Once is enough: no goal is a ratio here, and smtp-sink takes a quarter of a minute.
        other = [measure("peer")]
    work = f"{sessions:,} idle sessions"
    return [
        _figure("idle", work, "sessions held", "held", mine, other,
                [Goal("value", "at least", sessions)]),
        _figure("idle", work, "resident KiB a session", "kib", mine, other,
                [Goal("value", "at most", 8)]),
        _figure("idle", work, "p50 of a new client, times the unloaded one", "slower", mine, other,
                [Goal("value", "at most", 2)])]


def syscalls(settings):
    strace = shutil.which("strace")
    if not strace:
        raise BenchError("The row 'syscalls' needs strace.")
    messages = settings.amount(1000)

    def measure(side, *options):
        with tempfile.TemporaryDirectory(prefix="smtprig-bench-") as folder, \
                _start(settings, side) as server:
            _load(settings, server, "--messages", 20, *options)
            summary = pathlib.Path(folder) / "summary"
            tracer = subprocess.Popen(
                [strace, "-f", "-c", "-U", "calls", "-o", summary, "-p", str(server.pid)],
                stderr=subprocess.PIPE, text=True)
            attached = tracer.stderr.readline()
            if "attached" not in attached:
                tracer.wait()
                raise BenchError(f"strace could not watch {server.name}: {attached.strip()}")
            _load(settings, server, "--messages", messages, *options)
            tracer.send_signal(signal.SIGINT)
            tracer.communicate()
            total = summary.read_text().strip().splitlines()[-1].split()[0]
        return {"calls": int(total) / messages}

    figures = []
    for work, options in (("a new connection for each message", ()),
                          ("session reuse", ("--reuse", "yes"))):
        figures.append(_figure("syscalls", work, "system calls a message", "calls",
                               [measure(1, *options)], [measure("peer", *options)]))
    return figures


ROWS = {row.__name__: row for row in (new, reuse, big, threads, latency, cold, idle)}
OPTIONAL_ROWS = {"syscalls": syscalls}


def machine():
    """The facts without which the figures mean nothing."""
    model = "unknown processor"
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.split(":", 1)[1].strip()
            break
    return f"{os.cpu_count()} cores of {model}, Linux {os.uname().release}"
