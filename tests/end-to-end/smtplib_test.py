"""smtplib of Python's standard library against the rig."""

import unittest

from cases import ClientCases, Style, main, secret
from clients import Smtplib


class SmtplibStyle(Style):
    """Its commands are in lower case (RFC 5321 section 2.4: case does not matter)."""
    ehlo, mail, rcpt, data, quit = "ehlo", "mail FROM:", "rcpt TO:", "data", "QUIT"

    def mail_line(self, mail):
        body = " BODY=8BITMIME" if mail.eight_bit else ""
        return f"{super().mail_line(mail)} size={len(mail.message)}{body}"


    def auth_login(self, auth):
        return [f"AUTH LOGIN {secret(auth.user)}", secret(auth.password)]


class SmtplibTest(ClientCases, unittest.TestCase):
    client = Smtplib()
    style = SmtplibStyle()
    told = {
        "greylisting": ("SMTPRecipientsRefused", "450"),
        "relay-denied": ("SMTPRecipientsRefused", "554"),
        "greeting-421": ("SMTPConnectError", "421"),
        "drop-after-dot": ("SMTPServerDisconnected", "Connection unexpectedly closed"),
    }
    after_deferred_path = after_refused_path = ["rset", "QUIT"]


if __name__ == "__main__":
    main()
