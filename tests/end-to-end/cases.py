"""What is asked of every client, against the conforming server and against four scenarios.

A client's test file derives from ClientCases. It says in what its client differs from the plainest
dialogue, and what the client does when the server refuses. Nothing is normalised: each client is
told what to call itself, and each message has its own date and Message-ID."""

import base64
import hashlib
import hmac
import pathlib
import sys
import unittest

from clients import (ABILITIES, CANNOT, DEFERRED, DELIVERED, HELO, LOST, PLAIN,
                     REFUSED, STARTTLS, TLS, Auth, Mail)
from rig import PASSWORD, USER, MailData, Rig, eventually, scratch_folder
from tap import Tap

ENDPOINTS = {PLAIN: "smtp", STARTTLS: "submission", TLS: "smtps"}
MAIL_DATA = object()  # in an expected dialogue
# What `serve` is started with.
SERVERS = {
    "conforming": (),
    "strict": ("--strict",),
    "greylisting": ("greylisting", "--set", "wait=1s"),
    "relay-denied": ("relay-denied",),
    "greeting-421": ("greeting-421",),
    "drop-after-dot": ("drop-after-dot",),
}
# Every kind of line that transparency concerns (RFC 5321 section 4.5.2).
PERIODS = b".\r\n..\r\n.begins with a period\r\n. \r\nends with one.\r\n"


def message(sender, body=b"", eight_bit=False):
    fields = [f"From: <{sender}>", "To: undisclosed-recipients:;", "Subject: a test of the rig",
              "Date: Tue, 24 Nov 2026 23:00:00 +0000",
              f"Message-ID: <{sender.partition('@')[0]}.1@client.example>", "MIME-Version: 1.0",
              "Content-Type: text/plain; charset=utf-8",
              f"Content-Transfer-Encoding: {'8bit' if eight_bit else '7bit'}"]
    return "\r\n".join(fields).encode() + b"\r\n\r\n" + body + PERIODS


def secret(text):
    return base64.b64encode(text.encode()).decode()


def challenge_of(session):
    """What the server asked in AUTH CRAM-MD5."""
    line = next(item for item in session.server()
                if not isinstance(item, MailData) and item.startswith(b"334 "))
    return base64.b64decode(line[4:])


def names(session, sender):
    """Whether the client named this sender in the session."""
    path = f"<{sender}>".encode()
    return any(path in item for item in session.client() if isinstance(item, bytes))


class Style:
    """The dialogue of a client, as the lines it says."""

    ehlo, starttls, mail, rcpt, data, quit = ("EHLO", "STARTTLS", "MAIL FROM:", "RCPT TO:", "DATA",
                                              "QUIT")

    def mail_line(self, mail):
        return f"{self.mail}<{mail.sender}>"

    def rcpt_lines(self, mail):
        return [f"{self.rcpt}<{recipient}>" for recipient in mail.recipients]

    def begin(self, mail):
        hello = f"{self.ehlo} {HELO}"
        return [hello, self.starttls, hello] if mail.mode == STARTTLS else [hello]

    def auth_plain(self, auth):
        return ["AUTH PLAIN " + secret(f"\0{auth.user}\0{auth.password}")]

    def auth_login(self, auth):
        return ["AUTH LOGIN", secret(auth.user), secret(auth.password)]

    def auth_cram_md5(self, auth, session):
        digest = hmac.new(auth.password.encode(), challenge_of(session), hashlib.md5).hexdigest()
        return ["AUTH CRAM-MD5", secret(f"{auth.user} {digest}")]

    def auth(self, auth, session):
        if auth.mechanism == "CRAM-MD5":
            return self.auth_cram_md5(auth, session)
        return {"PLAIN": self.auth_plain, "LOGIN": self.auth_login}[auth.mechanism](auth)

    def envelope(self, mail):
        return [self.mail_line(mail), *self.rcpt_lines(mail)]

    def whole(self, mail, session):
        auth = self.auth(mail.auth, session) if mail.auth else []
        end = [self.quit] if self.quit else []
        return [*self.begin(mail), *auth, *self.envelope(mail), self.data, MAIL_DATA, ".", *end]


class Fleet:
    """The servers of a test file, each started when it is first asked for. They share one CA."""

    def __init__(self):
        self.state = scratch_folder()
        self.folder = self.state.__enter__()
        self.rigs = {}

    def __getitem__(self, name):
        if name not in self.rigs:
            arguments = SERVERS[name]
            self.rigs[name] = Rig(*arguments, "--auth", f"{USER}:{PASSWORD}", "--show-secrets",
                                  state=self.folder).start()
        return self.rigs[name]

    def foreign_ca(self):
        """A CA that has nothing to do with the servers."""
        if "foreign" not in self.rigs:
            self.rigs["foreign"] = Rig().start()
        return str(self.rigs["foreign"].ca)

    def stop(self):
        problems = []
        for name, rig in self.rigs.items():
            try:
                rig.stop()
            except AssertionError as problem:
                problems.append(f"{name}: {problem}")
        self.state.__exit__(None, None, None)
        assert not problems, "\n".join(problems)


class ClientCases:
    """Mixed into a TestCase; `client`, `style` and the hooks below are the client's own."""

    client = None
    style = Style()
    maxDiff = 4000
    # What the tolerant server notes of an ordinary session; of one with undeclared 8-bit mail data.
    anomalies = []
    eight_bit_anomalies = []
    ending = ("client", "quit")
    server_name = "localhost"  # what the client tells in SNI

    @classmethod
    def setUpClass(cls):
        cls.fleet = Fleet()

    @classmethod
    def tearDownClass(cls):
        cls.fleet.stop()

    # ---- steps ---------------------------------------------------------------------------------

    def sender(self):
        """A mailbox for each test, by which its sessions are found."""
        return f"{self.id().rpartition('.')[2].removeprefix('test_').replace('_', '-')}@{HELO}"

    def mail(self, mode=PLAIN, body=b"", recipients=1, domain="server.example", **more):
        sender = self.sender()
        paths = [f"{sender.partition('@')[0]}-{number:03}@{domain}"
                 for number in range(1, recipients + 1)]
        return Mail(sender, paths, message(sender, body, more.get("eight_bit", False)), mode,
                    **more)

    def send(self, mail, server="conforming"):
        return self.client.send(mail, self.fleet[server].endpoint(ENDPOINTS[mail.mode]))

    def session_of(self, mail, server="conforming", count=1):
        """The sessions in which the client named the sender of this mail."""
        found = self.fleet[server].sessions_where(lambda s: names(s, mail.sender), count)
        return found[0] if count == 1 else found

    def assert_said(self, session, lines):
        """The client said these lines, octet for octet, and nothing else."""
        said = [MAIL_DATA if isinstance(item, MailData) else item for item in session.client()]
        expected = [line if line is MAIL_DATA else line.encode() + b"\r\n" for line in lines]
        self.assertEqual(said, expected)

    def assert_stored(self, session, mail):
        """One message, with exactly the octets that the client was given."""
        messages = session.messages()
        self.assertEqual(len(messages), 1)
        self.assert_octets(self.without_trace(messages[0]), mail.message)
        self.assert_octets(session.mail_data()[0].content, messages[0])
        paths = [event["forward_path"] for event in session.of("forward_path_accepted")]
        self.assertEqual(paths, list(mail.recipients))
        self.assertEqual(session.one("opened")["reverse_path"], mail.sender)

    def without_trace(self, content):
        """The message without what the client had to add to it."""
        return content

    def assert_octets(self, found, given):
        if found != given:  # assertEqual would print ten million octets
            at = next((i for i, (a, b) in enumerate(zip(found, given)) if a != b),
                      min(len(found), len(given)))
            self.fail(f"{len(found)} octets instead of {len(given)}; they differ at {at}: "
                      f"{found[at:at + 60]!r} instead of {given[at:at + 60]!r}")

    def assert_delivered(self, mail, anomalies=None, server="conforming"):
        result = self.send(mail, server)
        self.assertEqual(result.outcome, DELIVERED, result.output)
        session = self.session_of(mail, server)
        self.assert_said(session, self.style.whole(mail, session))
        self.assert_stored(session, mail)
        self.assertEqual(session.anomalies(), self.anomalies if anomalies is None else anomalies)
        closed = session.one("closed")
        self.assertEqual((closed["by"], closed["how"]), self.ending)
        return session

    def codes(self, session):
        """The reply codes of the session, one for each reply."""
        lines = [item.decode() for item in session.server()]
        return [int(line[:3]) for line in lines if line[3] != "-"]

    # ---- the conforming server -----------------------------------------------------------------

    def test_plain(self):
        session = self.assert_delivered(self.mail())
        self.assertEqual(self.codes(session),
                         [220, 250, 250, 250, 354, 250] + ([221] if self.style.quit else []))
        self.assertEqual(session.of("tls_started"), [])

    def test_plain_octets_on_the_wire(self):
        """An onlooker and the transcript agree on every octet of both sides."""
        mail = self.mail()
        tap = Tap(self.fleet["conforming"].endpoint("smtp"))
        self.assertEqual(self.client.send(mail, tap).outcome, DELIVERED)
        session = self.session_of(mail)
        for side in ("client", "server"):
            self.assertEqual(session.wire(side), tap.said(side))

    def test_starttls(self):
        session = self.assert_delivered(self.mail(STARTTLS))
        self.assertEqual(session.one("tls_started").get("server_name"), self.server_name)
        in_clear = [item for event, item in zip(session.said_by("client"), session.client())
                    if not event["tls"]]
        self.assertEqual([item.decode() for item in in_clear],
                         [f"{line}\r\n" for line in self.style.begin(self.mail(STARTTLS))[:2]])

    def test_implicit_tls(self):
        session = self.assert_delivered(self.mail(TLS))
        self.assertEqual(session.one("tls_started").get("server_name"), self.server_name)
        self.assertTrue(all(event["tls"] for event in session.of("client_line", "server_line")))

    def test_certificate_of_a_foreign_ca(self):
        """The client gives up in the handshake, or right behind it; no mail goes through."""
        mail = self.mail(TLS, trusts=self.fleet.foreign_ca())
        rig = self.fleet["conforming"]
        before = {session.id for session in rig.sessions()}
        result = self.send(mail)
        self.assert_distrusted(result)
        session = eventually(lambda: [s for s in rig.sessions()
                                      if s.id not in before and not s.of("identified")],
                             "the session of the failed handshake")[0]
        self.assertEqual(session.of("opened", "identified"), [])
        self.assert_distrust_was_seen(session)

    def assert_distrust_was_seen(self, session):
        failed = session.one("tls_failed")
        self.assertEqual((failed["alert"], failed["alert_by"]), ("unknown_ca", "client"))

    def assert_distrusted(self, result):
        self.assertNotEqual(result.outcome, DELIVERED)
        self.assertRegex(result.output.lower(), "certificate|verif")

    def check_auth(self, mechanism, mode):
        mail = self.mail(mode, auth=Auth(mechanism, USER, PASSWORD))
        session = self.assert_delivered(mail)
        authenticated = session.one("authenticated")
        self.assertEqual((authenticated["mechanism"], authenticated["user"]), (mechanism, USER))

    def test_auth_plain(self):
        self.check_auth("PLAIN", STARTTLS)

    def test_auth_login(self):
        self.check_auth("LOGIN", STARTTLS)

    def test_auth_cram_md5(self):
        self.check_auth("CRAM-MD5", STARTTLS)

    def test_auth_under_implicit_tls(self):
        self.check_auth("PLAIN", TLS)

    def test_auth_in_the_clear(self):
        self.check_auth("CRAM-MD5", PLAIN)

    def test_wrong_password(self):
        mail = self.mail(STARTTLS, auth=Auth("PLAIN", USER, "a wrong one"))
        rig = self.fleet["conforming"]
        before = {session.id for session in rig.sessions()}
        result = self.send(mail)
        session = eventually(lambda: [s for s in rig.sessions()
                                      if s.id not in before and 535 in self.codes(s)],
                             "the session with the wrong password")[0]
        self.assertEqual(session.of("authenticated", "completed"), [])
        self.assert_said(session, [*self.style.begin(mail), *self.style.auth(mail.auth, session),
                                   *self.after_wrong_password])
        self.assert_wrong_password(result)

    after_wrong_password = ["QUIT"]

    def assert_wrong_password(self, result):
        self.assertEqual(result.outcome, REFUSED, result.output)

    def test_eight_bit(self):
        """UTF-8 in the body comes through untouched."""
        mail = self.mail(body="Größe: 10 µm — 日本語\r\n".encode(),
                         eight_bit=self.client.can("8bitmime"))
        self.assert_delivered(mail, self.eight_bit_anomalies)

    def test_ten_megabytes(self):
        line = b".%074d\r\n" % 7
        mail = self.mail(body=line * (10_000_000 // len(line) + 1))
        self.assertGreater(len(mail.message), 10_000_000)
        self.assert_delivered(mail)

    def test_hundred_forward_paths(self):
        self.assert_delivered(self.mail(recipients=100))

    def test_strict_server(self):
        """What the tolerant server takes without a note, the strict one takes as well."""
        self.assert_delivered(self.mail(STARTTLS, recipients=3, auth=Auth("PLAIN", USER, PASSWORD)),
                              server="strict")

    # ---- scenarios -----------------------------------------------------------------------------

    def test_greylisting(self):
        """The client says that it may be tried again; a second, later attempt succeeds."""
        mail = self.mail()
        result = self.send(mail, "greylisting")
        self.assertEqual(result.outcome, DEFERRED, result.output)
        session = self.session_of(mail, "greylisting")
        self.assert_said(session, [*self.style.begin(mail), *self.style.envelope(mail),
                                   *self.after_deferred_path])
        refused = session.one("forward_path_refused")
        self.assertEqual((refused["forward_path"], refused["code"]), (mail.recipients[0], 450))
        self.assertEqual(session.one("rule_fired")["rule"], "greylisted")
        self.assert_told(result, "greylisting")

        eventually(lambda: self.send(mail, "greylisting").outcome == DELIVERED, "the delivery")
        delivered = eventually(lambda: [s for s in self.fleet["greylisting"].sessions()
                                        if s.of("completed")], "the stored session")
        self.assertEqual(len(delivered), 1)
        self.assert_stored(delivered[0], mail)
        self.assert_said(delivered[0], self.style.whole(mail, delivered[0]))

    after_deferred_path = ["QUIT"]

    def test_relay_denied(self):
        mail = self.mail(domain="elsewhere.example")
        result = self.send(mail, "relay-denied")
        self.assertEqual(result.outcome, REFUSED, result.output)
        session = self.session_of(mail, "relay-denied")
        self.assert_said(session, [*self.style.begin(mail), *self.style.envelope(mail),
                                   *self.after_refused_path])
        refused = session.one("forward_path_refused")
        self.assertEqual((refused["forward_path"], refused["code"]), (mail.recipients[0], 554))
        self.assertEqual(session.one("rule_fired")["rule"], "relay-denied")
        self.assertEqual(session.of("completed"), [])
        self.assert_told(result, "relay-denied")

    after_refused_path = ["QUIT"]

    # By scenario: exit code, class of the exception or code of the error, and words of the output.
    told = {}

    def assert_told(self, result, scenario):
        """How the client tells its caller."""
        status, words = self.told[scenario]
        self.assertEqual(result.status, status, result.output)
        self.assertIn(words, result.output)

    def test_greeting_421(self):
        result = self.send(self.mail(), "greeting-421")
        session = self.fleet["greeting-421"].sessions_where(lambda s: True)[0]
        self.assert_greeting_421(session, result)

    def assert_greeting_421(self, session, result):
        self.assertEqual(result.outcome, self.greeting_421_outcome, result.output)
        self.assert_told(result, "greeting-421")
        self.assert_said(session, self.after_greeting_421)
        self.assertEqual(session.server(),
                         [b"421 4.3.2 smtprig.test Service not available, closing transmission "
                          b"channel\r\n"])

    greeting_421_outcome = DEFERRED
    after_greeting_421 = []

    def test_drop_after_dot(self):
        """The whole message came, no reply went, nothing is stored."""
        mail = self.mail()
        result = self.send(mail, "drop-after-dot")
        self.assertEqual(result.outcome, LOST, result.output)
        session = self.session_of(mail, "drop-after-dot")
        self.assert_dropped(session, mail)
        self.assert_told(result, "drop-after-dot")

    def assert_dropped(self, session, mail):
        lines = self.style.whole(mail, session)
        self.assert_said(session, lines[:lines.index(".") + 1] + self.pipelined_behind_mail_data)
        self.assertTrue(session.mail_data()[0].complete)
        self.assertEqual(session.of("completed"), [])
        self.assertEqual(session.one("closed")["how"], "fin")
        self.assertEqual(self.codes(session)[-1], 354)

    pipelined_behind_mail_data = []


def main():
    """Runs a client's file. What its client cannot do is said before."""
    name = pathlib.Path(sys.argv[0]).name.removesuffix("_test.py")
    for (client, ability), reason in CANNOT.items():
        if client == name:
            print(f"{name} cannot: {ABILITIES[ability]}. {reason}", flush=True)
    unittest.main()
