"""nodemailer against the rig."""

import unittest

from cases import ClientCases, Style, main
from clients import Nodemailer


class NodemailerStyle(Style):
    quit = None  # it closes the connection once it has the reply to the mail data

    def mail_line(self, mail):
        return super().mail_line(mail) + (" BODY=8BITMIME" if mail.eight_bit else "")


class NodemailerTest(ClientCases, unittest.TestCase):
    client = Nodemailer()
    style = NodemailerStyle()
    told = {
        "greylisting": ("EENVELOPE", "all recipients were rejected: 450"),
        "relay-denied": ("EENVELOPE", "all recipients were rejected: 554"),
        "greeting-421": ("EPROTOCOL", "421 4.3.2"),
        "drop-after-dot": ("ECONNECTION", "Connection closed unexpectedly"),
    }
    anomalies = ["closed-without-quit"]
    eight_bit_anomalies = anomalies
    ending = ("client", "fin")
    after_wrong_password = []
    after_deferred_path = after_refused_path = ["DATA"]

    def assert_distrust_was_seen(self, session):
        """Node reads the server's part of the handshake to its end, and closes without an alert."""
        self.assertNotIn("alert", session.one("tls_failed"))


if __name__ == "__main__":
    main()
