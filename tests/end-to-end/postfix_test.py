"""Postfix as an outbound relay against the rig: what it does at once, and what its queue does."""

import re
import unittest

import postfix
from cases import ClientCases, Style, main, names
from clients import DEFERRED, REFUSED
from rig import eventually


class PostfixStyle(Style):
    """The size in MAIL is that of its queue file, which nobody else can know: taken as it came."""

    def whole(self, mail, session):
        said = b"".join(item for item in session.client() if isinstance(item, bytes))
        self.size = re.search(rb"MAIL FROM:<[^>]*> SIZE=([0-9]+)", said)[1].decode()
        return super().whole(mail, session)

    def mail_line(self, mail):
        body = " BODY=8BITMIME" if mail.eight_bit else ""
        return f"{super().mail_line(mail)} SIZE={self.size}{body}"


class PostfixTest(ClientCases, unittest.TestCase):
    style = PostfixStyle()
    told = {
        "greeting-421": ("deferred", "refused to talk to me: 421 4.3.2"),
    }
    server_name = None  # it sends no SNI unless told to, and verifies the name all the same
    TRACE = rb"\AReceived: by client\.example \(Postfix, from userid 0\)\r\n\tid \w+; [^\r\n]+\r\n"

    @classmethod
    def setUpClass(cls):
        reason = postfix.why_not()
        if reason:
            raise unittest.SkipTest(reason)
        super().setUpClass()
        cls.client = postfix.Postfix(cls.fleet["conforming"].ca, cls.fleet.foreign_ca())

    @classmethod
    def tearDownClass(cls):
        cls.client.stop()
        super().tearDownClass()

    def without_trace(self, content):
        self.assertRegex(content, self.TRACE)
        return content[content.index(b"\r\n", content.index(b"\r\n") + 2) + 2:]

    def assert_distrust_was_seen(self, session):
        """It ends the handshake before it judges, and takes its leave under TLS. The QUIT is lost
        where the greeting meets the closed connection and brings a RST."""
        self.assertIn("tls_started", [event["event"] for event in session.events])
        self.assertIn(session.client(), ([], [b"QUIT\r\n"]))

    def assert_wrong_password(self, result):
        """Credentials may be put right before the message is too old: it keeps the message."""
        self.assertEqual(result.outcome, DEFERRED, result.output)
        self.assertIn("535 5.7.8", result.output)

    def attempts_at(self, server, mail, count):
        """The sessions in which it tried to deliver this mail, once there are so many."""
        rig = self.fleet[server]

        def found():
            sessions = [session for session in rig.sessions() if names(session, mail.sender)]
            return sessions if len(sessions) >= count else None
        return eventually(found, f"{count} attempts for {mail.sender}")

    def test_greylisting(self):
        """It keeps the message, comes back by itself, and delivers it once."""
        mail = self.mail()
        result = self.send(mail, "greylisting")
        self.assertEqual(result.outcome, DEFERRED, result.output)
        self.assertIn("450 4.2.0", result.output)
        eventually(lambda: self.client.is_done(mail.sender), "the delivery")
        sessions = self.attempts_at("greylisting", mail, 2)
        for session in sessions[:-1]:
            self.assert_said(session, [*self.style.whole(mail, session)[:3], *self.after_deferred_path])
            self.assertEqual(session.one("forward_path_refused")["code"], 450)
            self.assertEqual(session.one("rule_fired")["rule"], "greylisted")
            self.assertEqual(session.messages(), [])
        self.assert_said(sessions[-1], self.style.whole(mail, sessions[-1]))
        self.assert_stored(sessions[-1], mail)

    # It pipelines DATA behind RCPT, and QUIT behind the end of mail data.
    pipelined_behind_mail_data = ["QUIT"]
    after_deferred_path = after_refused_path = ["DATA", "RSET", "QUIT"]

    def test_relay_denied(self):
        """It gives up at once and tells the sender, from the null reverse-path."""
        mail = self.mail(domain="elsewhere.example")
        self.client.route(mail.sender, self.fleet["conforming"].endpoint())
        result = self.send(mail, "relay-denied")
        self.assertEqual(result.outcome, REFUSED, result.output)
        self.assertIn("554 5.7.1", result.output)
        session, = self.attempts_at("relay-denied", mail, 1)
        self.assert_said(session, [*self.style.whole(mail, session)[:3], *self.after_refused_path])
        self.assertEqual(session.one("forward_path_refused")["code"], 554)
        bounce, = self.fleet["conforming"].sessions_where(lambda s: s.of("opened") and s.one(
            "opened")["reverse_path"] == "")
        self.assertEqual(bounce.one("forward_path_accepted")["forward_path"], mail.sender)
        content, = bounce.messages()
        self.assertIn(b"554 5.7.1", content)
        self.assertIn(mail.recipients[0].encode(), content)
        eventually(lambda: self.client.is_done(mail.sender), "the end of the message")

    def assert_greeting_421(self, session, result):
        super().assert_greeting_421(session, result)
        self.assertTrue(self.client.is_deferred(self.sender()))

    def test_drop_after_dot(self):
        """Silence is no success: it sends the message again, and it is the same message."""
        mail = self.mail()
        result = self.send(mail, "drop-after-dot")
        self.assertEqual(result.outcome, DEFERRED, result.output)
        self.assertIn("lost connection", result.output)
        eventually(lambda: self.client.is_done(mail.sender), "the delivery")
        first, second = self.attempts_at("drop-after-dot", mail, 2)
        self.assert_dropped(first, mail)
        self.assert_said(second, self.style.whole(mail, second))
        self.assert_stored(second, mail)


if __name__ == "__main__":
    main()
