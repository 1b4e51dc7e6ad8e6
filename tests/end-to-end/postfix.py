"""Postfix as an outbound relay, from a folder of unpacked packages: nothing is installed.

It runs as a process of the test with folders of its own, without a port: messages enter through its
sendmail command. Where a message goes and with which credentials, Postfix asks the test for each
delivery through its socketmap protocol, so servers can come and go while it runs.

It needs root, since its master gives up privileges for each service. Two accounts that every
Debian has stand in for the accounts that its package would add; so /etc stays as it is."""

import os
import pathlib
import re
import shutil
import signal
import socketserver
import subprocess
import tempfile
import threading

from clients import (DEFERRED, DELIVERED, HELO, MECHANISMS, PLAIN, REFUSED, SERVER, STARTTLS, TLS,
                     Client, Result)
from rig import DEPS, HOST, PATIENCE, ROOT, environment, eventually

FOLDER = DEPS / "postfix"
OWNER, GROUP = "mail", "news"
NO_AUTH = "none"
TRUSTED, DISTRUSTED = "trusted", "distrusted"
VERDICT = {"sent": DELIVERED, "deferred": DEFERRED, "bounced": REFUSED}

MAIN = """\
compatibility_level = 3.6
myhostname = {helo}
myorigin = $myhostname
mydestination =
local_recipient_maps =
alias_maps =
mail_owner = {owner}
setgid_group = {group}
queue_directory = {work}/queue
data_directory = {work}/data
command_directory = {folder}/usr/sbin
daemon_directory = {folder}/usr/lib/postfix/sbin
meta_directory = {folder}/usr/share/postfix
shlib_directory = {folder}/usr/lib/postfix
sendmail_path = {folder}/usr/sbin/sendmail
maillog_file = {work}/mail.log
maillog_file_prefixes = {work}
import_environment = MAIL_CONFIG, LD_LIBRARY_PATH, LC_ALL=C
export_environment = MAIL_CONFIG, LD_LIBRARY_PATH
inet_interfaces = loopback-only
inet_protocols = ipv4
smtp_dns_support_level = disabled
smtp_host_lookup = native
message_size_limit = 0
default_database_type = texthash
default_transport = error:the test told no server for this recipient
transport_maps = socketmap:inet:{host}:{port}:transport
default_destination_recipient_limit = 100
default_destination_concurrency_limit = 20
queue_run_delay = 1s
minimal_backoff_time = 1s
maximal_backoff_time = 2s
smtp_sasl_password_maps = socketmap:inet:{host}:{port}:password
smtp_sender_dependent_authentication = yes
smtp_sasl_security_options = noanonymous
smtp_sasl_tls_security_options = noanonymous
smtp_connection_cache_on_demand = no
"""
SERVICES = """\
pickup    unix n - n 1 1 pickup
cleanup   unix n - n - 0 cleanup
qmgr      unix n - n 1 1 qmgr
tlsmgr    unix - - n 1000? 1 tlsmgr
rewrite   unix - - n - - trivial-rewrite
bounce    unix - - n - 0 bounce
defer     unix - - n - 0 bounce
trace     unix - - n - 0 bounce
verify    unix - - n - 1 verify
flush     unix n - n 1000? 0 flush
proxymap  unix - - n - - proxymap
showq     unix n - n - - showq
error     unix - - n - - error
retry     unix - - n - - error
anvil     unix - - n - 1 anvil
scache    unix - - n - 1 scache
postlog   unix-dgram n - n - 1 postlogd
smtp      unix - - n - - smtp
"""
# As its package makes them: name, mode, whose. "owner" and "group" are those above.
QUEUE = [("pid", 0o755, "root", "root")] + [
    (name, 0o700, "owner", "root") for name in
    ("active", "bounce", "corrupt", "defer", "deferred", "flush", "hold", "incoming", "private",
     "saved", "trace")] + [("maildrop", 0o730, "owner", "group"), ("public", 0o710, "owner", "group")]


def why_not():
    """Why Postfix cannot run here, or None."""
    if os.geteuid() != 0:
        return "Postfix gives up the privileges of root for each of its services, and this is not root."
    if not (FOLDER / "usr" / "sbin" / "sendmail").exists():
        return f"Postfix is not unpacked under {FOLDER.relative_to(ROOT)}; tests/run.sh does that."
    return None


def transport_name(mode, mechanism, trust):
    return f"{mode}-{mechanism.lower()}-{trust}"


class Answers(socketserver.StreamRequestHandler):
    """The socketmap protocol: netstrings "name key", answered "OK value" or "NOTFOUND "."""

    def handle(self):
        while True:
            length = b""
            while (octet := self.rfile.read(1)) != b":":
                if not octet:
                    return
                length += octet
            name, _, key = self.rfile.read(int(length)).decode().partition(" ")
            self.rfile.read(1)
            value = self.server.tables[name].get(key)
            reply = b"NOTFOUND " if value is None else b"OK " + value.encode()
            self.wfile.write(b"%d:%s," % (len(reply), reply))


class Postfix(Client):
    """A forward-path has one route, so mail for different servers must have different ones.
    Deliveries are told apart by the sender, one for each mail."""

    name = "postfix"

    def __init__(self, ca, distrusted_ca):
        # What its services read after they gave up root must be readable for them.
        self.work = pathlib.Path(tempfile.mkdtemp(prefix="smtprig-postfix-"))
        self.work.chmod(0o755)
        self.log = self.work / "mail.log"
        self.map = socketserver.ThreadingTCPServer((HOST, 0), Answers)
        self.map.daemon_threads = True
        self.map.tables = {"transport": {}, "password": {}}
        threading.Thread(target=self.map.serve_forever, args=(0.05,), daemon=True).start()
        architecture = next((FOLDER / "usr" / "lib").glob("*-linux-gnu*"), pathlib.Path("none"))
        self.environment = environment(
            self.work, MAIL_CONFIG=str(self.work / "etc"), LC_ALL="C",
            LD_LIBRARY_PATH=f"{FOLDER}/usr/lib/postfix:{architecture}")
        self.configure(ca, distrusted_ca)
        self.process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", f"{FOLDER}/usr/lib/postfix/sbin/master", "-s"],
            stdin=subprocess.DEVNULL, stdout=open(self.work / "master.out", "wb"),
            stderr=subprocess.STDOUT, env=self.environment, start_new_session=True)
        try:
            eventually(self.is_up, "the start of Postfix")
        except BaseException:
            self.stop()
            raise

    def is_up(self):
        if self.process.poll() is not None:
            raise AssertionError((self.work / "master.out").read_text() + self.log_text())
        return (self.work / "queue" / "public" / "pickup").exists()

    def configure(self, ca, distrusted_ca):
        etc = self.work / "etc"
        etc.mkdir()
        (etc / "main.cf").write_text(MAIN.format(
            helo=HELO, owner=OWNER, group=GROUP, work=self.work, folder=FOLDER, host=HOST,
            port=self.map.server_address[1]))
        services = [SERVICES]
        for mode in (PLAIN, STARTTLS, TLS):
            for mechanism in (NO_AUTH, *MECHANISMS):
                for trust, file in ((TRUSTED, ca), (DISTRUSTED, distrusted_ca)):
                    services.append(self.transport(mode, mechanism, trust, file))
        (etc / "master.cf").write_text("".join(services))
        for name, mode, owner, group in QUEUE:
            folder = self.work / "queue" / name
            folder.mkdir(parents=True)
            shutil.chown(folder, OWNER if owner == "owner" else owner,
                         GROUP if group == "group" else group)
            folder.chmod(mode)
        data = self.work / "data"
        data.mkdir(mode=0o700)
        shutil.chown(data, OWNER, "root")

    @staticmethod
    def transport(mode, mechanism, trust, ca):
        level = "none" if mode == PLAIN else "secure"
        options = [f"smtp_tls_security_level={level}", f"smtp_tls_CAfile={ca}",
                   f"smtp_tls_wrappermode={'yes' if mode == TLS else 'no'}",
                   "smtp_tls_secure_cert_match=hostname"]
        if mechanism != NO_AUTH:
            options += ["smtp_sasl_auth_enable=yes",
                        f"smtp_sasl_mechanism_filter={mechanism.lower()}"]
        name = transport_name(mode, mechanism, trust)
        return f"{name} unix - - n - - smtp\n" + "".join(f"  -o {option}\n" for option in options)

    def send(self, mail, endpoint):
        """Gives the message to Postfix and waits until it tried every forward-path once."""
        trust = DISTRUSTED if mail.trusts else TRUSTED
        transport = transport_name(mail.mode, mail.auth.mechanism if mail.auth else NO_AUTH, trust)
        for recipient in mail.recipients:
            self.route(recipient, endpoint, transport)
        if mail.auth:
            self.map.tables["password"][mail.sender] = f"{mail.auth.user}:{mail.auth.password}"
        # Its sendmail reads lines as a mail program on Unix writes them.
        done = subprocess.run([f"{FOLDER}/usr/sbin/sendmail", "-i", "-f", mail.sender, "--",
                               *mail.recipients], input=mail.message.replace(b"\r\n", b"\n"),
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=PATIENCE,
                              env=self.environment, check=False)
        if done.returncode != 0:
            raise AssertionError(f"sendmail ended with {done.returncode}: {done.stdout}")
        attempts = eventually(lambda: self.tried(mail), f"a first attempt for {mail.sender}")
        statuses = {VERDICT[status] for status, _ in attempts}
        outcome = next(verdict for verdict in (DEFERRED, REFUSED, DELIVERED) if verdict in statuses)
        return Result(outcome, attempts[0][0], "\n".join(text for _, text in attempts))

    def route(self, recipient, endpoint, transport=transport_name(PLAIN, NO_AUTH, TRUSTED)):
        self.map.tables["transport"][recipient] = f"{transport}:[{SERVER}]:{endpoint.port}"

    def tried(self, mail):
        attempts = self.attempts(mail.sender)
        return attempts if len(attempts) >= len(mail.recipients) else None

    def log_text(self):
        return self.log.read_text("utf-8", "replace") if self.log.exists() else ""

    def queue_id(self, sender):
        found = re.search(rf": ([0-9A-Za-z]+): from=<{re.escape(sender)}>, size=", self.log_text())
        return found[1] if found else None

    def attempts(self, sender):
        """(status, what Postfix logged) for each forward-path and attempt so far."""
        queue_id = self.queue_id(sender)
        if not queue_id:
            return []
        return [(line[1], line[0]) for line in re.finditer(
            rf": {queue_id}: to=<.*?status=(\w+) \(.*", self.log_text())]

    def is_done(self, sender):
        """Whether it took the message off its queue."""
        return f": {self.queue_id(sender)}: removed" in self.log_text()

    def is_deferred(self, sender):
        queue_id = self.queue_id(sender)
        return any((self.work / "queue" / "deferred").glob(f"*/{queue_id}"))

    def stop(self):
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGTERM)
            try:
                self.process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()
        self.map.shutdown()
        self.map.server_close()
        shutil.rmtree(self.work, ignore_errors=True)
