"""`smtprig serve --magic`: forward-paths that say what happens, seen by smtplib of Python."""

import smtplib
import unittest

from clients import HELO, SERVER
from rig import PATIENCE, Rig

MESSAGE = "Message-ID: <1@client.example>\r\n\r\nText\r\n"


class MagicTest(unittest.TestCase):
    def send(self, rig, *forward_paths):
        with smtplib.SMTP(SERVER, rig.endpoint().port, HELO, PATIENCE) as client:
            return client.sendmail("a@client.example", forward_paths, MESSAGE)

    def test_each_forward_path_has_the_fate_that_it_names(self):
        with Rig("--magic") as rig:
            refused = self.send(rig, "450-4.2.0@example.test", "550@example.test",
                                "good@example.test", "552-5.2.2@example.test",
                                "delay-50ms@example.test")
            self.assertEqual({path: code for path, (code, text) in refused.items()},
                             {"450-4.2.0@example.test": 450, "550@example.test": 550,
                              "552-5.2.2@example.test": 552})
            self.assertTrue(refused["450-4.2.0@example.test"][1].startswith(b"4.2.0 "))

    def test_greylisting_is_over_at_the_second_attempt(self):
        with Rig("--magic") as rig:
            with self.assertRaises(smtplib.SMTPRecipientsRefused):
                self.send(rig, "greylist@example.test")
            self.assertEqual(self.send(rig, "greylist@example.test"), {})

    def test_the_end_of_mail_data_has_its_own(self):
        with Rig("--magic") as rig:
            with self.assertRaises(smtplib.SMTPDataError) as refused:
                self.send(rig, "dot-554-5.7.1@example.test")
            self.assertEqual(refused.exception.smtp_code, 554)
            for path in ("drop-after-dot", "lost-after-dot"):
                with self.assertRaises((smtplib.SMTPServerDisconnected, ConnectionError)):
                    self.send(rig, f"{path}@example.test")

    def test_a_session_can_end_at_a_recipient(self):
        with Rig("--magic") as rig:
            for path in ("rst", "close"):
                with self.assertRaises((smtplib.SMTPServerDisconnected, ConnectionError)):
                    self.send(rig, f"{path}@example.test")
            with self.assertRaises(smtplib.SMTPRecipientsRefused) as refused:
                self.send(rig, "421@example.test")
            self.assertEqual(refused.exception.recipients["421@example.test"][0], 421)

    def test_rules_of_a_scenario_come_first(self):
        with Rig("--magic", "rcpt/relay-denied") as rig:
            refused = self.send(rig, "450@example.test", "450@other.example", "good@example.test")
            self.assertEqual({path: code for path, (code, text) in refused.items()},
                             {"450@example.test": 450, "450@other.example": 554})

    def test_without_the_option_nothing_is_magic(self):
        with Rig() as rig:
            self.assertEqual(self.send(rig, "550@example.test"), {})


if __name__ == "__main__":
    unittest.main()
