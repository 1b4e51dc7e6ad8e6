"""curl against the rig."""

import unittest

from cases import ClientCases, Style, main, secret
from clients import Curl


class CurlStyle(Style):
    def mail_line(self, mail):
        return f"{super().mail_line(mail)} SIZE={len(mail.message)}"

    def auth_plain(self, auth):
        return ["AUTH PLAIN", secret(f"\0{auth.user}\0{auth.password}")]


class CurlTest(ClientCases, unittest.TestCase):
    client = Curl()
    style = CurlStyle()
    told = {
        "greylisting": (55, "RCPT failed: 450"),
        "relay-denied": (55, "RCPT failed: 554"),
        "greeting-421": (8, "unexpected smtp-server response: 421"),
        "drop-after-dot": (56, "response reading failed"),
    }
    eight_bit_anomalies = ["undeclared-8bit-in-mail-data"]
    after_wrong_password = []


if __name__ == "__main__":
    main()
