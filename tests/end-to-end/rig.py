"""The program under test as a child of the test: start, what it stored, stop.

A `Rig` is one `smtprig serve` on free ports of the loopback, with a store folder of its own. What it
stored is read as `Session`: events as the schema of the transcript describes them, and the octets
of both sides put together again."""

import base64
import contextlib
import functools
import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
DEPS = ROOT / "build" / "deps"
PROGRAM = os.environ.get("SMTPRIG", "")
SANITIZED = bool(os.environ.get("SMTPRIG_SANITIZE"))  # its memory and its time are no measure then
# Under a sanitizer and with another test beside this one a step may take long; only a step that
# never ends is wrong.
PATIENCE = 60.0
STEP = 0.01
HOST = "127.0.0.1"
USER, PASSWORD = "user", "password"


def eventually(probe, what, patience=PATIENCE):
    """The first true value of probe(), which is asked again and again until the deadline."""
    pause = threading.Event()
    deadline = time.monotonic() + patience
    while True:
        value = probe()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not happen within {patience:g} s")
        pause.wait(STEP)


@contextlib.contextmanager
def scratch_folder():
    with tempfile.TemporaryDirectory(prefix="smtprig-") as name:
        yield pathlib.Path(name)


def environment(state, **more):
    """What the program and the clients are started with: nothing of the user's own settings."""
    kept = {name: os.environ[name] for name in os.environ
            if name in ("PATH", "LANG", "LC_ALL", "TMPDIR") or name.endswith("SAN_OPTIONS")}
    return {**kept, "HOME": str(state), "XDG_STATE_HOME": str(state), **more}


@functools.lru_cache(maxsize=None)
def known_keys(kind):
    """What the schema lets an event of this kind have."""
    schema = json.loads((ROOT / "fixture" / "transcript" / "schema.json").read_text("utf-8"))

    def keys(node):
        found = set(node.get("properties", ()))
        parts = [*node.get("allOf", ()), *node.get("oneOf", ())]
        for part in parts + [node[word] for word in ("then", "else") if word in node]:
            found |= keys(part)
        if "$ref" in node:
            found |= keys(schema["$defs"][node["$ref"].rpartition("/")[2]])
        return found
    return set(schema["properties"]) | keys(schema["$defs"][kind])


class MailData:
    """Mail data of a session: as stored, and as it was on the wire."""

    def __init__(self, event, folder):
        self.event = event
        self.complete = event["complete"]
        # What was not accepted lies apart from the messages.
        places = [folder, folder / "refused"] if "file" in event else []
        files = [place / event["file"] for place in places if (place / event["file"]).exists()]
        self.content = files[0].read_bytes() if files else None

    def wire(self):
        """With transparency (RFC 5321 section 4.5.2), without the line that ends it. Nothing where
        the store has no file of it."""
        if self.content is None:
            return None
        pieces, begin, on_wire = [], 0, 0
        for period in self.event.get("removed_periods", ()):
            end = begin + period - on_wire
            pieces += [self.content[begin:end], b"."]
            begin, on_wire = end, period + 1
        pieces.append(self.content[begin:])
        return b"".join(pieces)


class Session:
    """One session of a store folder. What each side said is a list of octets, one item a line;
    mail data is an item as well, a MailData."""

    ENDINGS = {"crlf": b"\r\n", "lf": b"\n", "none": b""}

    def __init__(self, path):
        self.path = path
        self.id = path.name.removesuffix(".jsonl")
        self.events = [json.loads(line) for line in path.read_text("utf-8").splitlines()]

    def of(self, *kinds):
        return [event for event in self.events if event["event"] in kinds]

    def one(self, kind):
        found = self.of(kind)
        if len(found) != 1:
            raise AssertionError(f"{len(found)} events {kind} instead of one in\n{self.text()}")
        return found[0]

    @property
    def closed(self):
        return bool(self.events) and self.events[-1]["event"] == "closed"

    @property
    def lane(self):
        return self.one("connected")["lane"]

    def item(self, event):
        if "mail_data" in event:
            return MailData(event, self.path.parent)
        if "b64" in event:
            return base64.b64decode(event["b64"])
        return event["text"].encode("utf-8") + self.ENDINGS[event["ending"]]

    def said_by(self, side):
        return [event for event in self.events
                if event["event"] == f"{side}_line"
                or event["event"] == "octets" and event["side"] == side]

    def client(self):
        return [self.item(event) for event in self.said_by("client")]

    def server(self):
        return [self.item(event) for event in self.said_by("server")]

    def wire(self, side):
        """Every octet of that side, in order."""
        return b"".join(item.wire() if isinstance(item, MailData) else item
                        for item in map(self.item, self.said_by(side)))

    def anomalies(self):
        return [event["anomaly"] for event in self.of("anomaly")]

    def mail_data(self):
        return [item for item in self.client() if isinstance(item, MailData)]

    def messages(self):
        """The content of the messages that were accepted, as the store has them."""
        return [(self.path.parent / f"{event['message']}.eml").read_bytes()
                for event in self.of("completed")]

    def check(self):
        """What holds for every session: numbers without a gap, nothing that the schema does not
        know, and no octet missing between two events of one side."""
        for event in self.events:
            unknown = {key.removesuffix("_b64") for key in event} - known_keys(event["event"])
            assert not unknown, f"not in the schema: {unknown} of {event}"
        numbers = [event["n"] for event in self.events]
        assert numbers == list(range(len(numbers))), f"numbers of events: {numbers}"
        assert not self.of("internal_error"), self.of("internal_error")
        for side in ("client", "server"):
            offset = 0
            for event in self.said_by(side):
                assert event["offset"] == offset, f"octets missing before {event}"
                offset += event["length"]
                item = self.item(event)
                octets = item.wire() if isinstance(item, MailData) else item
                if not event.get("secret") and octets is not None:
                    assert len(octets) == event["length"], f"octets missing in {event}"
        return self

    def text(self):
        return "\n".join(json.dumps(event) for event in self.events)


class Endpoint:
    """Where a client is to send: an address of a lane, and the CA that vouches for it."""

    def __init__(self, told, ca):
        self.port = told.get("port")
        self.host = told.get("host")
        self.path = told.get("path")
        self.ca = ca


class Rig:
    """One running `smtprig serve`."""

    def __init__(self, *arguments, state=None, store=True, ports=True, quiet=True, **environment_more):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="smtprig-"))
        self.state = pathlib.Path(state) if state else self.folder / "state"
        self.state.mkdir(parents=True, exist_ok=True)
        self.store = self.folder / "store"
        self.ready_file = self.folder / "ready.json"
        self.ca = self.folder / "ca.pem"
        self.command = [PROGRAM, "serve", *map(str, arguments), "--ready-file", str(self.ready_file)]
        if quiet:
            self.command += ["--quiet"]
        if ports:
            self.command += ["--port", "0", "--ca-out", str(self.ca)]
        if store:
            self.command += ["--store", f"{self.store}/"]
        self.environment = environment(self.state, **environment_more)
        self.process = self.ready = None
        self.standard_output = self.standard_error = b""
        self._seen = {}

    def __enter__(self):
        return self.start()

    def __exit__(self, kind, value, trace):
        if kind is None:
            self.stop()
        else:
            self.abandon()

    def start(self):
        if not PROGRAM:
            raise AssertionError("SMTPRIG names no program")
        with open(self.folder / "stdout", "wb") as out, open(self.folder / "stderr", "wb") as error:
            self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=out,
                                            stderr=error, env=self.environment)
        try:
            eventually(lambda: self.ready_file.exists() or self.process.poll() is not None,
                       "the ready file")
            if not self.ready_file.exists():
                raise AssertionError(f"{' '.join(self.command)} ended with "
                                     f"{self.process.returncode}: {self.said()}")
            self.ready = json.loads(self.ready_file.read_text("utf-8"))
        except BaseException:
            self.abandon()
            raise
        return self

    def said(self):
        return (self.folder / "stdout").read_bytes() + (self.folder / "stderr").read_bytes()

    def lane(self, name=None):
        lanes = self.ready["lanes"]
        if name is None:
            return lanes[0]
        return next(lane for lane in lanes if lane["name"] == name)

    def endpoint(self, kind="smtp", lane=None):
        """kind: smtp, submission (STARTTLS) or smtps (implicit TLS)."""
        told = self.lane(lane)
        return Endpoint(told[kind], told["ca"])

    def sessions(self):
        """All sessions stored so far that are over, in the order of their begin."""
        for path in self.store.glob("*.jsonl"):
            if path.name not in self._seen:
                session = Session(path)
                if session.closed:
                    self._seen[path.name] = session.check()
        return sorted(self._seen.values(), key=lambda session: session.events[0]["time"])

    def sessions_where(self, wanted, count=1, patience=PATIENCE):
        """The sessions for which wanted(session) holds, once `count` of them are over."""
        def found():
            matching = [session for session in self.sessions() if wanted(session)]
            return matching if len(matching) >= count else None
        matching = eventually(found, f"{count} sessions of this kind", patience)
        assert len(matching) == count, f"{len(matching)} sessions instead of {count}"
        return matching

    def signal(self, number=signal.SIGTERM):
        """Asks the program to end. Returns its exit code and the seconds that it took."""
        begin = time.monotonic()
        self.process.send_signal(number)
        code = self.process.wait(PATIENCE)
        return code, time.monotonic() - begin

    def collect(self):
        out, error = self.folder / "stdout", self.folder / "stderr"
        self.standard_output = out.read_bytes() if out.exists() else b""
        self.standard_error = error.read_bytes() if error.exists() else b""
        shutil.rmtree(self.folder, ignore_errors=True)

    def stop(self):
        """Ends it with SIGTERM. Every use of a rig checks that this is a clean end."""
        code, _ = self.signal() if self.process.poll() is None else (self.process.returncode, 0)
        self.collect()
        assert code == 0, f"exit code {code}: {self.standard_error.decode(errors='replace')}"

    def abandon(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        if self.folder.exists():
            self.collect()
