"""The real clients behind one interface: `send` one Mail to an Endpoint, and how that ended.

Each class starts the client as its users do. What a client cannot do stands in CANNOT, with the
reason; tests/end-to-end/CLIENTS.md is made from that table."""

import json
import os
import re
import smtplib
import ssl
import subprocess
from typing import NamedTuple, Optional, Sequence

from rig import DEPS, HERE, PATIENCE, environment, scratch_folder

# What the clients call themselves and where they connect to: the name in the certificate.
HELO = "client.example"
SERVER = "localhost"

DELIVERED = "delivered"
DEFERRED = "deferred"      # the client says or knows that it may try again
REFUSED = "refused"        # the client says or knows that trying again is useless
LOST = "lost"              # the session broke, and the client leaves it at that

PLAIN, STARTTLS, TLS = "plain", "starttls", "tls"
MECHANISMS = ("PLAIN", "LOGIN", "CRAM-MD5")


class Auth(NamedTuple):
    mechanism: str
    user: str
    password: str


class Mail(NamedTuple):
    sender: str
    recipients: Sequence[str]
    message: bytes
    mode: str = PLAIN
    auth: Optional[Auth] = None
    # Asks for BODY=8BITMIME (RFC 6152) where the client leaves that to its user.
    eight_bit: bool = False
    # A file of certificates to trust in place of the one that vouches for the server.
    trusts: Optional[str] = None


class Result(NamedTuple):
    outcome: str
    status: object  # exit code, or class of the exception
    output: str


# What the table CLIENTS.md has as columns.
ABILITIES = {
    "plain": "sends without TLS",
    "starttls": "STARTTLS (RFC 3207)",
    "tls": "TLS from the first octet (RFC 8314)",
    "verify": "refuses a server whose certificate no trusted CA vouches for",
    "auth-plain": "AUTH PLAIN (RFC 4616)",
    "auth-login": "AUTH LOGIN",
    "auth-cram-md5": "AUTH CRAM-MD5 (RFC 2195)",
    "8-bit": "mail data with octets above 127",
    "8bitmime": "declares them: BODY=8BITMIME (RFC 6152)",
    "10-mb": "a message of 10 MB",
    "100-paths": "100 forward-paths in one mail transaction",
    "exact": "sends the octets that it was given and no others",
    "retry": "keeps the message and tries again by itself",
}

NO_QUEUE = "It sends once and tells its caller how that ended; trying again is the caller's part."

# client, ability: why not.
CANNOT = {
    ("curl", "8bitmime"): "It sends the octets and has no option for parameters of MAIL but SIZE "
                          "and AUTH.",
    ("curl", "retry"): NO_QUEUE,
    ("swaks", "8bitmime"): "It sends the octets; parameters of MAIL can only be written by hand "
                           "into the reverse-path.",
    ("swaks", "retry"): NO_QUEUE,
    ("smtplib", "retry"): NO_QUEUE,
    ("nodemailer", "retry"): NO_QUEUE,
    ("msmtp", "8bitmime"): "It sends the octets and never writes BODY=8BITMIME.",
    ("msmtp", "retry"): NO_QUEUE,
    ("postfix", "exact"): "As a relay it has to prepend a Received header (RFC 5321 section 4.4). "
                          "The rest comes as it was.",
}


class Client:
    name = ""

    def can(self, ability):
        return (self.name, ability) not in CANNOT

    def send(self, mail, endpoint):
        raise NotImplementedError


class Command(Client):
    """A client that is started for each message and tells by its exit code."""

    def run(self, arguments, standard_input, state, **more):
        done = subprocess.run(arguments, input=standard_input, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=PATIENCE, check=False,
                              env=environment(state, **more))
        return done.returncode, done.stdout.decode("utf-8", "replace")


def by_code(code):
    """What a reply code lets a client conclude (RFC 5321 section 4.2.1)."""
    return DEFERRED if 400 <= code < 500 else REFUSED


class Curl(Command):
    name = "curl"
    LOGIN_DENIED = 67

    def send(self, mail, endpoint):
        with scratch_folder() as folder:
            message = folder / "message.eml"
            message.write_bytes(mail.message)
            scheme = "smtps" if mail.mode == TLS else "smtp"
            arguments = ["curl", "--disable", "--silent", "--show-error", "--noproxy", "*",
                         "--url", f"{scheme}://{SERVER}:{endpoint.port}/{HELO}", "--ipv4",
                         "--cacert", mail.trusts or endpoint.ca,
                         "--mail-from", mail.sender, "--upload-file", str(message)]
            for recipient in mail.recipients:
                arguments += ["--mail-rcpt", recipient]
            if mail.mode == STARTTLS:
                arguments.append("--ssl-reqd")
            if mail.auth:
                arguments += ["--user", f"{mail.auth.user}:{mail.auth.password}",
                              "--login-options", f"AUTH={mail.auth.mechanism}"]
            status, output = self.run(arguments, b"", folder)
        # It writes the code of the reply, or that there was none: "RCPT failed: 550".
        reply = re.search(r"\b([245]\d\d)$", output.strip())
        if status == 0:
            return Result(DELIVERED, status, output)
        if status == self.LOGIN_DENIED:
            return Result(REFUSED, status, output)
        return Result(by_code(int(reply[1])) if reply else LOST, status, output)


class Swaks(Command):
    name = "swaks"

    def send(self, mail, endpoint):
        # Without its fix-ups it sends what it is given, so transparency and the end of mail data
        # are the caller's part.
        data = re.sub(rb"^\.", b"..", mail.message, flags=re.MULTILINE) + b"."
        with scratch_folder() as folder:
            message = folder / "message.eml"
            message.write_bytes(data)
            arguments = ["swaks", "--server", SERVER, "--port", str(endpoint.port), "--helo", HELO,
                         "--from", mail.sender, "--to", ",".join(mail.recipients),
                         "--no-data-fixup", "--data", f"@{message}", "--suppress-data",
                         "--timeout", f"{PATIENCE:g}s", "-4"]
            if mail.mode != PLAIN:
                arguments += ["--tls" if mail.mode == STARTTLS else "--tls-on-connect",
                              "--tls-verify", "--tls-ca-path", str(mail.trusts or endpoint.ca),
                              "--tls-sni", SERVER]
            if mail.auth:
                arguments += ["--auth", mail.auth.mechanism, "--auth-user", mail.auth.user,
                              "--auth-password", mail.auth.password]
            status, output = self.run(arguments, b"", folder)
        replies = re.findall(r"^<(?:\*\*|~\*) +(\d\d\d)", output, re.MULTILINE)
        if status == 0:
            return Result(DELIVERED, status, output)
        return Result(by_code(int(replies[-1])) if replies else LOST, status, output)


class Smtplib(Client):
    name = "smtplib"

    def send(self, mail, endpoint):
        context = ssl.create_default_context(cafile=mail.trusts or endpoint.ca)
        try:
            if mail.mode == TLS:
                connection = smtplib.SMTP_SSL(SERVER, endpoint.port, HELO,
                                              timeout=PATIENCE, context=context)
            else:
                connection = smtplib.SMTP(SERVER, endpoint.port, HELO, PATIENCE)
            with connection:
                return self.dialogue(mail, connection, context)
        except (smtplib.SMTPException, OSError) as error:
            return Result(self.outcome(error), type(error).__name__, str(error))

    @staticmethod
    def dialogue(mail, connection, context):
        if mail.mode == STARTTLS:
            connection.starttls(context=context)
        if mail.auth:
            connection.ehlo_or_helo_if_needed()
            connection.user, connection.password = mail.auth.user, mail.auth.password
            method = "auth_" + mail.auth.mechanism.lower().replace("-", "_")
            connection.auth(mail.auth.mechanism, getattr(connection, method))
        parameters = ["BODY=8BITMIME"] if mail.eight_bit else []
        refused = connection.sendmail(mail.sender, mail.recipients, mail.message, parameters)
        if refused:
            return Result(by_code(min(code for code, _ in refused.values())), 0, str(refused))
        return Result(DELIVERED, 0, "")

    @staticmethod
    def outcome(error):
        if isinstance(error, smtplib.SMTPResponseException) and error.smtp_code > 0:
            return by_code(error.smtp_code)
        if isinstance(error, smtplib.SMTPRecipientsRefused):
            return by_code(min(code for code, _ in error.recipients.values()))
        return LOST


class Nodemailer(Command):
    name = "nodemailer"

    def send(self, mail, endpoint):
        order = {"host": SERVER, "port": endpoint.port, "helo": HELO, "mode": mail.mode,
                 "ca": open(mail.trusts or endpoint.ca, encoding="utf-8").read(),
                 "sender": mail.sender, "recipients": list(mail.recipients),
                 "eightBit": mail.eight_bit, "patience": int(PATIENCE * 1000)}
        if mail.auth:
            order["auth"] = mail.auth._asdict()
        with scratch_folder() as folder:
            status, output = self.run(["node", str(HERE / "nodemailer_send.js")],
                                      json.dumps(order).encode() + b"\n" + mail.message, folder,
                                      NODE_PATH=str(DEPS / "npm" / "node_modules"),
                                      PATH=f"{DEPS / 'node/node_modules/.bin'}:{os.environ['PATH']}")
        if status != 0:
            raise AssertionError(f"node ended with {status}: {output}")
        told = json.loads(output)
        if "error" not in told:
            return Result(DELIVERED, 0, output)
        reply = told.get("responseCode")
        return Result(by_code(reply) if reply else LOST, told.get("code"), output)


class Msmtp(Command):
    name = "msmtp"

    def send(self, mail, endpoint):
        with scratch_folder() as folder:
            settings = folder / "msmtprc"
            lines = ["defaults", f"host {SERVER}", f"port {endpoint.port}", f"domain {HELO}",
                     f"timeout {PATIENCE:g}", "set_from_header off", "set_date_header off",
                     "set_msgid_header off", "undisclosed_recipients off",
                     f"tls {'off' if mail.mode == PLAIN else 'on'}",
                     f"tls_starttls {'on' if mail.mode == STARTTLS else 'off'}",
                     f"tls_trust_file {mail.trusts or endpoint.ca}",
                     f"auth {mail.auth.mechanism.lower() if mail.auth else 'off'}",
                     "account default"]
            if mail.auth:
                lines[-1:-1] = [f"user {mail.auth.user}", f"password {mail.auth.password}"]
            settings.write_text("\n".join(lines) + "\n", "utf-8")
            settings.chmod(0o600)
            arguments = ["msmtp", f"--file={settings}", f"--from={mail.sender}", "--",
                         *mail.recipients]
            # It reads lines that end with LF, as a mail program on Unix writes them.
            status, output = self.run(arguments, mail.message.replace(b"\r\n", b"\n"), folder,
                                      LC_ALL="C")
        if status == 0:
            return Result(DELIVERED, status, output)
        reply = re.search(r"server message: ([245]\d\d)", output)
        return Result(by_code(int(reply[1])) if reply else LOST, status, output)


# In the order of the table; Postfix has a file of its own.
CLIENTS = ("curl", "swaks", "smtplib", "nodemailer", "msmtp", "postfix")
