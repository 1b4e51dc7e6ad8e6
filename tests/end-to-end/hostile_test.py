"""Clients that are slow, silent, flooding, resetting or half-closing: the program bounds what they
cost, and another session does not notice them."""

import concurrent.futures
import os
import re
import socket
import threading
import unittest

from raw import Raw, delivers, greeted, in_mail_data
from rig import PATIENCE, SANITIZED, Rig, eventually

MEGABYTE = 1 << 20


def resident(rig):
    """Octets of memory that the program holds."""
    with open(f"/proc/{rig.process.pid}/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def pour(raw, piece, bound, stall=PATIENCE):
    """Sends the piece again and again until `bound` octets are out, the server closes, or it takes
    nothing for `stall` seconds."""
    raw.socket.settimeout(stall)
    sent = 0
    try:
        while sent < bound:
            sent += raw.socket.send(piece)
    except OSError:
        pass  # a full window, or the server closed: both bound what the client costs
    raw.socket.settimeout(PATIENCE)
    return sent


class HostileTest(unittest.TestCase):
    def undisturbed(self, rig):
        self.assertTrue(delivers(rig.endpoint()))

    def assert_growth(self, rig, before, bound):
        """In megabytes. A sanitizer keeps memory that the program gave back."""
        if not SANITIZED:
            self.assertLess((resident(rig) - before) / MEGABYTE, bound)

    def test_silent_before_and_behind_the_greeting(self):
        """They get 421 and are closed; others are served meanwhile."""
        with Rig("--timeout-command", "1s") as rig:
            with Raw(rig.endpoint()) as silent, greeted(rig.endpoint()) as idle, \
                    in_mail_data(rig.endpoint()) as halfway:
                self.undisturbed(rig)
                self.assertEqual(silent.code(), 220)
                self.assertEqual([silent.code(), idle.code()], [421, 421])
                self.assertEqual([silent.rest(), idle.rest()], [b"", b""])
                halfway.send(b"x\r\n.\r\n")
                self.assertEqual(halfway.code(), 250)
            sessions = rig.sessions_where(lambda s: s.one("closed")["how"] == "timeout", 2)
            for session in sessions:
                self.assertEqual(session.one("closed")["by"], "rig")

    def test_silent_in_mail_data(self):
        with Rig("--timeout-data", "1s") as rig:
            with in_mail_data(rig.endpoint()) as client:
                client.send(b"Subject: x\r\n")
                self.undisturbed(rig)
                self.assertEqual(client.code(), 421)
            session, = rig.sessions_where(lambda s: s.one("closed")["how"] == "timeout")
            self.assertEqual(session.of("completed"), [])

    def test_silent_before_the_tls_handshake(self):
        with Rig("--timeout-tls", "1s") as rig:
            with Raw(rig.endpoint("smtps")) as client:
                self.undisturbed(rig)
                self.assertEqual(client.rest(), b"")
            rig.sessions_where(lambda s: s.of("tls_failed"))

    def test_slow(self):
        """A mail that comes octet by octet, each in a segment of its own, is as good as any."""
        dialogue = (b"EHLO client.example\r\nMAIL FROM:<slow@client.example>\r\n"
                    b"RCPT TO:<b@server.example>\r\nDATA\r\nSubject: x\r\n\r\n..\r\n.\r\nQUIT\r\n")
        with Rig() as rig, Raw(rig.endpoint()) as client:
            client.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for position in range(len(dialogue)):
                client.send(dialogue[position:position + 1])
                if position == len(dialogue) // 2:
                    self.undisturbed(rig)
            codes = [client.code() for _ in range(7)]
            self.assertEqual(codes, [220, 250, 250, 250, 354, 250, 221])
            session, = rig.sessions_where(lambda s: b"slow@" in s.wire("client"))
            self.assertEqual(session.messages(), [b"Subject: x\r\n\r\n.\r\n"])
            self.assertEqual(session.wire("client"), dialogue)

    @unittest.skipIf(SANITIZED, "a flood takes a minute then")
    def test_line_without_an_end(self):
        """The transcript keeps what the client says, up to a bound; then the session is over."""
        with Rig() as rig, greeted(rig.endpoint()) as client:
            before = resident(rig)
            pour(client, b"x" * 65536, 96 * MEGABYTE)
            self.assert_growth(rig, before, 84)
            rig.sessions_where(lambda s: s.one("closed")["how"] == "limit")

    @unittest.skipIf(SANITIZED, "memory is no measure then")
    def test_bound_of_memory_holds_for_what_one_client_says(self):
        with Rig("--max-memory", "8M") as rig, greeted(rig.endpoint()) as client:
            before = resident(rig)
            pour(client, b"x" * 65536, 32 * MEGABYTE)
            self.assert_growth(rig, before, 24)

    def test_mail_data_without_an_end(self):
        """Past the limit of SIZE nothing more is kept."""
        with Rig("--size", "1M") as rig, in_mail_data(rig.endpoint()) as client:
            before = resident(rig)
            pour(client, b"x" * 998 + b"\r\n", 64 * MEGABYTE)
            self.undisturbed(rig)
            self.assert_growth(rig, before, 32)
            client.send(b"\r\n.\r\n")
            self.assertEqual(client.code(), 552)

    def test_commands_without_reading_replies(self):
        """The server stops reading when it cannot write."""
        with Rig() as rig, greeted(rig.endpoint(), receive_buffer=4096) as client:
            before = resident(rig)
            sent = pour(client, b"NOOP\r\n" * 10000, 64 * MEGABYTE, stall=0.5)
            self.undisturbed(rig)
            self.assertLess(sent, 64 * MEGABYTE)
            self.assert_growth(rig, before, 64)

    @unittest.skipIf(SANITIZED, "a flood takes a minute then")
    def test_commands_take_turns_with_other_sessions(self):
        """While a bystander sends a mail, which is seven turns, the flooding client gets as many
        replies as fit into some turns, and not to all that it has sent."""
        with Rig("--max-commands", "1000000") as rig, greeted(rig.endpoint()) as client:
            answered = [0]

            def read():
                while piece := client.socket.recv(65536):
                    answered[0] += piece.count(b"\n")
            reader = threading.Thread(target=read, daemon=True)
            writer = threading.Thread(target=client.send, args=(b"NOOP\r\n" * 120_000,), daemon=True)
            reader.start()
            writer.start()
            eventually(lambda: answered[0] > 100, "the begin of the flood")
            before = answered[0]
            self.undisturbed(rig)
            between = answered[0] - before
            writer.join(PATIENCE)
            client.half_close()
            reader.join(PATIENCE)
            self.assertLess(between, 90_000)

    def test_commands_without_end(self):
        with Rig("--max-commands", "1000") as rig, greeted(rig.endpoint()) as client:
            client.send(b"NOOP\r\n" * 5000)
            self.undisturbed(rig)
            replies = client.rest().splitlines()
            self.assertEqual(replies[-1][:3], b"421")
            self.assertLess(len(replies), 1002)
            session, = rig.sessions_where(lambda s: s.one("closed")["how"] == "limit")
            self.assertEqual(session.one("closed")["by"], "rig")

    def test_reset(self):
        """A RST at any point ends that session, and the transcript says how."""
        with Rig() as rig:
            for begin in (Raw, greeted, in_mail_data):
                client = begin(rig.endpoint())
                client.send(b"Subject: half")
                client.reset()
                self.undisturbed(rig)
            sessions = rig.sessions_where(lambda s: s.one("closed")["how"] == "rst", 3)
            for session in sessions:
                self.assertEqual(session.one("closed")["by"], "client")
                self.assertEqual(session.of("completed"), [])

    def test_half_close(self):
        """Replies to what came before the FIN still arrive; what is unfinished is dropped."""
        with Rig() as rig:
            with greeted(rig.endpoint()) as client:
                client.send(b"NOOP\r\nRSET\r\nNOO").half_close()
                self.assertEqual(re.findall(rb"(?m)^\d\d\d", client.rest()), [b"250", b"250"])
            with in_mail_data(rig.endpoint()) as client:
                client.send(b"Subject: x\r\n\r\nhalf").half_close()
                self.assertEqual(client.rest(), b"")
            with in_mail_data(rig.endpoint(), "whole@client.example") as client:
                client.send(b"Subject: x\r\n\r\n\r\n.\r\n").half_close()
                self.assertRegex(client.rest(), rb"\A250 [^\n]+\n\Z")
            self.undisturbed(rig)
            taken = [s.one("opened")["reverse_path"]
                     for s in rig.sessions_where(lambda s: s.of("completed"), 2)]
            self.assertEqual(sorted(taken), ["bystander@client.example", "whole@client.example"])

    def test_more_sessions_than_allowed(self):
        with Rig("--max-sessions", "3") as rig:
            held = [greeted(rig.endpoint()) for _ in range(3)]
            with Raw(rig.endpoint()) as client:
                self.assertEqual(client.code(), 421)
                self.assertEqual(client.rest(), b"")
            for client in held:
                self.assertEqual(client.asks("QUIT"), [221])
                client.socket.close()
            eventually(lambda: self.is_greeted(rig), "a free session")
            self.undisturbed(rig)

    @staticmethod
    def is_greeted(rig):
        with Raw(rig.endpoint()) as client:
            return client.code() == 220

    def test_all_at_once(self):
        """Fifty of each kind beside fifty that behave; with two threads."""
        with Rig("--threads", "2") as rig:
            with concurrent.futures.ThreadPoolExecutor(16) as pool:
                hostile = [pool.submit(kind, rig) for kind in
                           (self.resets, self.leaves, self.says_nonsense) for _ in range(50)]
                mails = [pool.submit(delivers, rig.endpoint()) for _ in range(50)]
                self.assertTrue(all(mail.result() for mail in mails))
                for done in hostile:
                    done.result()
            rig.sessions_where(lambda s: s.of("completed"), 50)
            rig.sessions_where(lambda s: not s.of("completed"), 150)

    @staticmethod
    def resets(rig):
        in_mail_data(rig.endpoint()).send(b"x" * 100000).reset()

    @staticmethod
    def leaves(rig):
        Raw(rig.endpoint()).socket.close()

    @staticmethod
    def says_nonsense(rig):
        with Raw(rig.endpoint()) as client:
            client.send(bytes(range(256)) * 20 + b"\r\n")
            client.half_close().rest()


if __name__ == "__main__":
    unittest.main()
