"""msmtp against the rig."""

import unittest

from cases import ClientCases, Style, main
from clients import Msmtp


class MsmtpTest(ClientCases, unittest.TestCase):
    client = Msmtp()
    style = Style()
    told = {
        "greylisting": (69, "server message: 450 4.2.0"),
        "relay-denied": (65, "server message: 554 5.7.1"),
        "greeting-421": (76, "421 4.3.2"),
        "drop-after-dot": (76, "the server sent an empty reply"),
    }
    eight_bit_anomalies = ["undeclared-8bit-in-mail-data"]
    after_wrong_password = []
    # It pipelines DATA behind RCPT, and leaves without QUIT when RCPT was refused.
    after_deferred_path = after_refused_path = ["DATA"]

    def assert_distrust_was_seen(self, session):
        """GnuTLS ends the handshake first; msmtp looks at the certificate then, and closes."""
        self.assertIn("tls_started", [event["event"] for event in session.events])
        self.assertEqual(session.one("closed")["by"], "client")


if __name__ == "__main__":
    main()
