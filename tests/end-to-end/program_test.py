"""`smtprig serve` as a program: what it tells, when it ends, and what it says of mistakes."""

import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import unittest

from raw import Raw, delivers, greeted, in_mail_data
from rig import (HOST, PASSWORD, PATIENCE, PROGRAM, SANITIZED, USER, Endpoint, Rig, environment,
                 eventually, scratch_folder)


def run(*arguments, state, pass_fds=(), **more):
    """The program, run to its end: exit code, standard output, standard error."""
    done = subprocess.run([PROGRAM, *map(str, arguments)], stdin=subprocess.DEVNULL,
                          capture_output=True, timeout=PATIENCE, check=False, pass_fds=pass_fds,
                          env=environment(state, **more))
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def accepts(endpoint):
    try:
        with Raw(endpoint):
            return True
    except OSError:
        return False


class ProgramCase(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.folder = self.enterContext(scratch_folder())

    def assert_one_sentence(self, text):
        self.assertRegex(text, r"\A[^\n]+[.:?]?[^\n]*\n\Z")


class ReadyTest(ProgramCase):
    def assert_ready(self, told, process):
        self.assertEqual((told["event"], told["version"], told["pid"]), ("ready", 1, process.pid))
        self.assertEqual(sorted(told), ["event", "http", "lanes", "pid", "version"])
        self.assertEqual(told["http"]["host"], HOST)
        self.assertEqual(told["http"]["url"], f"http://{HOST}:{told['http']['port']}")
        lane, = told["lanes"]
        self.assertLessEqual({"ca", "name", "scenario", "smtp", "smtps", "submission"}, set(lane))
        self.assertEqual((lane["name"], lane["scenario"]), ("default", None))
        for kind in ("smtp", "submission", "smtps"):
            self.assertEqual(lane[kind]["host"], HOST)
            self.assertTrue(accepts(Endpoint(lane[kind], None)), kind)

    def test_file_tells_listeners_that_accept(self):
        with Rig() as rig:
            self.assert_ready(rig.ready, rig.process)
            self.assertEqual(rig.lane()["ca"], str(rig.ca))
            self.assertIn("BEGIN CERTIFICATE", rig.ca.read_text())
        self.assertEqual(rig.standard_error, b"")

    def test_file_is_written_beside_and_renamed(self):
        """A reader of the old file keeps reading the old file."""
        rig = Rig()
        rig.ready_file.write_text("old")
        os.link(rig.ready_file, rig.folder / "reader")
        before = rig.ready_file.stat().st_ino
        rig.process = subprocess.Popen(rig.command, env=rig.environment,
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            eventually(lambda: rig.ready_file.stat().st_ino != before, "the new ready file")
            self.assertEqual((rig.folder / "reader").read_text(), "old")
            self.assertEqual(rig.ready_file.read_text().count("\n"), 1)
            self.assert_ready(json.loads(rig.ready_file.read_text()), rig.process)
            self.assertEqual([path.name for path in rig.folder.glob("*ready*")], ["ready.json"])
        finally:
            rig.abandon()

    def start(self, *arguments, **more):
        process = subprocess.Popen([PROGRAM, "serve", "--port", "0", *arguments],
                                   env=environment(self.folder), **more)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def test_standard_output_carries_one_line_and_nothing_else(self):
        process = self.start(stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.addCleanup(process.stdout.close)
        told = json.loads(process.stdout.readline())
        self.assert_ready(told, process)
        self.assertTrue(delivers(Endpoint(told["lanes"][0]["smtp"], None)))
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.stdout.read(), b"")
        self.assertEqual(process.wait(PATIENCE), 0)

    def test_file_descriptor_gets_the_line(self):
        reader, writer = os.pipe()
        process = self.start("--quiet", f"--ready-fd={writer}", pass_fds=(writer,),
                             stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.addCleanup(process.stdout.close)
        os.close(writer)
        with os.fdopen(reader, "rb") as pipe:
            self.assert_ready(json.loads(pipe.readline()), process)
            self.assertEqual(pipe.read(), b"")  # and closes it
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.stdout.read(), b"")

    def test_unix_socket(self):
        path = self.folder / "smtp.socket"
        with Rig("--listen", f"unix:{path}", ports=False) as rig:
            told, = [value for value in rig.lane().values()
                     if isinstance(value, dict) and "path" in value]
            self.assertEqual(told, {"path": str(path)})
            self.assertTrue(delivers(Endpoint(told, None)))
            session, = rig.sessions_where(lambda s: s.of("completed"))
            self.assertEqual(session.one("connected")["client"], "unix")
        self.assertFalse(path.exists())

    def test_lanes_have_ports_of_their_own(self):
        with Rig("greeting-421", "relay-denied") as rig:
            self.assertEqual([lane["scenario"] for lane in rig.ready["lanes"]],
                             ["greeting-421", "relay-denied"])
            names = [lane["name"] for lane in rig.ready["lanes"]]
            with Raw(rig.endpoint("smtp", names[0])) as first, \
                    Raw(rig.endpoint("smtp", names[1])) as second:
                self.assertEqual((first.code(), second.code()), (421, 220))
            rig.sessions_where(lambda s: s.lane == names[0])
            rig.sessions_where(lambda s: s.lane == names[1])


class EndTest(ProgramCase):
    def assert_ends_within_a_second(self, number, prepare):
        """The best of three, since another process may have the cores for that second."""
        taken = []
        for _ in range(3):
            with Rig() as rig:
                clients = [prepare(rig.endpoint()) for _ in range(20)]
                code, seconds = rig.signal(number)
                self.assertEqual(code, 0)
                taken.append(seconds)
                ended = [client.rest() for client in clients]
                for client in clients:
                    client.socket.close()
                self.assertEqual(len(rig.sessions()), len(clients))
                for session in rig.sessions():
                    closed = session.one("closed")
                    self.assertEqual((closed["by"], closed["how"]), ("rig", "shutdown"))
            if seconds < 1 or SANITIZED:
                return ended
        self.fail(f"it took {taken} seconds")

    def test_sigterm_with_idle_sessions(self):
        self.assert_ends_within_a_second(signal.SIGTERM, greeted)

    def test_sigint_with_idle_sessions(self):
        self.assert_ends_within_a_second(signal.SIGINT, greeted)

    def test_sigterm_in_mail_data(self):
        self.assert_ends_within_a_second(
            signal.SIGTERM, lambda endpoint: in_mail_data(endpoint).send(b"Subject: x\r\n\r\nhalf"))

    def test_sigterm_with_silent_tls_clients(self):
        with Rig() as rig:
            with Raw(rig.endpoint("smtps")):
                self.assertEqual(rig.signal(signal.SIGTERM)[0], 0)

    def test_next_reply_after_the_signal_is_421(self):
        with Rig("--grace", "30s") as rig:
            with greeted(rig.endpoint()) as client:
                rig.process.send_signal(signal.SIGTERM)
                eventually(lambda: not accepts(rig.endpoint()), "the end of listening")
                self.assertEqual(client.asks("NOOP"), [421])
                self.assertEqual(client.rest(), b"")
            self.assertEqual(rig.process.wait(PATIENCE), 0)

    def test_max_runtime(self):
        code, _, _ = run("serve", "--quiet", "--port", "0", "--max-runtime", "200ms",
                         state=self.folder)
        self.assertEqual(code, 0)

    def test_exit_with_parent(self):
        """A parent in between is killed; the program that it started ends by itself."""
        ready = self.folder / "ready.json"
        command = [PROGRAM, "serve", "--quiet", "--port", "0", "--exit-with-parent",
                   "--ready-file", str(ready)]
        parent = subprocess.Popen([sys.executable, "-c",
                                   "import subprocess, sys; subprocess.run(sys.argv[1:])", *command],
                                  env=environment(self.folder), stdout=subprocess.DEVNULL)
        self.addCleanup(parent.wait)
        self.addCleanup(parent.kill)
        eventually(ready.exists, "the ready file")
        endpoint = Endpoint(json.loads(ready.read_text())["lanes"][0]["smtp"], None)
        self.assertTrue(delivers(endpoint))
        parent.kill()
        eventually(lambda: not accepts(endpoint), "the end of the program")


class MistakeTest(ProgramCase):
    def refuse(self, code, *arguments, **more):
        """Ends with this code before it listens; returns what it said on standard error."""
        found, out, error = run(*arguments, state=self.folder, **more)
        self.assertEqual((found, out), (code, ""), error)
        return error

    def test_port_in_use(self):
        with socket.create_server((HOST, 0)) as other:
            port = other.getsockname()[1]
            error = self.refuse(4, "serve", "--port", "0", "--smtps-port", port)
        self.assert_one_sentence(error)
        self.assertIn(f"{HOST}:{port}", error)

    def test_second_program_on_the_same_port(self):
        with Rig("--threads", "2") as rig:
            error = self.refuse(4, "serve", "--port", rig.endpoint().port, "--threads", "2")
        self.assert_one_sentence(error)

    def test_options(self):
        for arguments, named in ((("--prot", "0"), "--prot"), (("--port", "many"), "--port"),
                                 (("--port", "65536"), "--port"), (("--threads", "0"), "--threads"),
                                 (("--size", "12 parsecs"), "--size"),
                                 (("--timeout-command", "5"), "--timeout-command"),
                                 (("--listen", "nonsense"), "--listen"), (("--port",), "--port")):
            with self.subTest(arguments=arguments):
                error = self.refuse(2, "serve", *arguments)
                self.assert_one_sentence(error)
                self.assertIn(named, error)

    def test_ready_descriptor_is_checked_before_listening(self):
        self.assert_one_sentence(self.refuse(2, "serve", "--port", "0", "--ready-fd", "x"))

    def test_operand_may_stand_behind_an_option(self):
        """An option takes one value; what follows is an operand."""
        code, out, error = run("serve", "--max-runtime", "1ms", "--port", "0", "greylisting",
                               state=self.folder)
        self.assertEqual(code, 0, error)
        self.assertIn('"scenario":"greylisting"', out)

    def test_subcommand(self):
        self.assertIn("sevre", self.refuse(2, "sevre"))

    def test_scenario_with_mistakes(self):
        file = self.folder / "bad.xml"
        file.write_text('<scenario name="bad" xmlns="urn:smtp-scenario:1">\n'
                        '  <on event="rctp">\n    <reply>450 4.2.0 later</reply>\n  </on>\n'
                        '  <on event="mail">\n    <dealy for="5s"/>\n  </on>\n</scenario>\n')
        error = self.refuse(3, "serve", file, "--port", "0")
        self.assertIn(f"{file}:2:13: error: ", error)
        self.assertIn("rcpt", error)
        self.assertIn(f"{file}:6:", error)
        self.assertIn("delay", error)

    def test_scenario_that_is_not_there(self):
        missing = self.folder / "none.xml"
        self.assertIn(f"{missing}: error: ", self.refuse(3, "serve", missing, "--port", "0"))
        self.assertIn("greylisting", self.refuse(3, "serve", "greylistign", "--port", "0"))

    def test_store_that_cannot_be_written(self):
        (self.folder / "file").write_text("")
        error = self.refuse(4, "serve", "--port", "0", "--store", f"{self.folder}/file/store/")
        self.assert_one_sentence(error)


class OutputTest(ProgramCase):
    def test_quiet(self):
        with Rig() as rig:
            self.assertTrue(delivers(rig.endpoint()))
        self.assertEqual((rig.standard_output, rig.standard_error), (b"", b""))

    def test_live_transcript_is_text(self):
        with Rig(quiet=False) as rig:
            self.assertTrue(delivers(rig.endpoint()))
            rig.sessions_where(lambda s: s.closed)
        self.assertRegex(rig.standard_error.decode(),
                         r"(?m)\d\d\.\d{6}  C: MAIL FROM:<bystander@client\.example>$")
        self.assertNotIn(b"\x1b", rig.standard_error)

    def test_colours(self):
        for arguments, more, coloured in ((("--color", "always"), {}, True),
                                          ((), {"NO_COLOR": "1"}, False)):
            with self.subTest(arguments=arguments), Rig(*arguments, quiet=False, **more) as rig:
                self.assertTrue(delivers(rig.endpoint()))
            self.assertEqual(b"\x1b[" in rig.standard_error, coloured)

    def test_live_transcript_is_json_lines(self):
        with Rig("--log", "jsonl", quiet=False) as rig:
            self.assertTrue(delivers(rig.endpoint()))
            session, = rig.sessions_where(lambda s: s.closed)
        told = [json.loads(line) for line in rig.standard_error.decode().splitlines()]
        told = [event for event in told if "session" in event]
        self.assertEqual([(e["n"], e["event"]) for e in told],
                         [(e["n"], e["event"]) for e in session.events])

    def test_secrets_are_redacted(self):
        secret = "AGFsaWNlAHMzY3IzdA=="  # alice, s3cr3t
        for arguments, seen in (((), False), (("--show-secrets",), True)):
            with self.subTest(arguments=arguments), Rig(*arguments, quiet=False) as rig:
                with greeted(rig.endpoint()) as client:
                    self.assertEqual(client.asks(f"AUTH PLAIN {secret}", "QUIT"), [235, 221])
                session, = rig.sessions_where(lambda s: s.closed)
                self.assertEqual(secret in session.path.read_text(), seen)
                self.assertEqual(session.one("authenticated")["user"], "alice")
            self.assertEqual(secret.encode() in rig.standard_error, seen)

    def test_stored_transcripts_are_shown_and_exported(self):
        with Rig() as rig:
            self.assertTrue(delivers(rig.endpoint()))
            session, = rig.sessions_where(lambda s: s.closed)
            code, shown, error = run("transcript", "show", session.path, state=self.folder)
            self.assertEqual((code, error), (0, ""))
            for line in ("C: EHLO client.example", "C: DATA", "S: 221 "):
                self.assertIn(line, shown)
            self.assertNotIn("Subject: x", shown)
            _, shown, _ = run("transcript", "show", session.path, "--unfold", state=self.folder)
            self.assertIn("Subject: x", shown)

            code, text, _ = run("transcript", "export", session.path, "--format", "text",
                                state=self.folder)
            self.assertEqual(code, 0)
            self.assertIn("C: EHLO client.example", text)
            code, exported, _ = run("transcript", "export", session.path, state=self.folder)
            self.assertEqual(code, 0)
            events = [json.loads(line) for line in exported.splitlines()]
            self.assertEqual([e["event"] for e in events], [e["event"] for e in session.events])

    def test_export_of_what_is_no_transcript(self):
        file = self.folder / "no.jsonl"
        for content in ("{}\n", "hello\n"):
            with self.subTest(content=content):
                file.write_text(content)
                code, out, error = run("transcript", "export", file, state=self.folder)
                self.assertEqual((code, out), (3, ""))
                self.assertIn(str(file), error)


class TranscriptTest(ProgramCase):
    def test_parameters_of_mail_are_told(self):
        with Rig() as rig, greeted(rig.endpoint()) as client:
            client.asks("MAIL FROM:<a@client.example> SIZE=1000 BODY=8BITMIME", "QUIT")
            opened = rig.sessions_where(lambda s: s.of("opened"))[0].one("opened")
        self.assertEqual((opened.get("size"), opened.get("body")), (1000, "8BITMIME"))

    def test_mail_data_that_was_not_accepted_is_kept(self):
        with Rig("drop-after-dot") as rig:
            with in_mail_data(rig.endpoint()) as client:
                client.send(b"Subject: x\r\n\r\nx\r\n.\r\n").rest()
            session, = rig.sessions_where(lambda s: s.mail_data())
            self.assertEqual(session.mail_data()[0].content, b"Subject: x\r\n\r\nx\r\n")

    def test_mail_data_that_was_not_finished_is_kept(self):
        with Rig() as rig:
            with in_mail_data(rig.endpoint()) as client:
                client.send(b"Subject: x\r\n\r\nhalf")
            session, = rig.sessions_where(lambda s: s.mail_data())
            self.assertEqual(session.mail_data()[0].content, b"Subject: x\r\n\r\nhalf")

    def test_transaction_that_a_scenario_cut_is_aborted(self):
        with Rig("drop-after-dot") as rig:
            with in_mail_data(rig.endpoint()) as client:
                client.send(b"Subject: x\r\n\r\nx\r\n.\r\n").rest()
            session, = rig.sessions_where(lambda s: s.mail_data())
            closed = session.one("closed")
            self.assertEqual((closed["by"], closed["how"]), ("scenario", "fin"))
            self.assertEqual(len(session.of("aborted")), 1)


class AuthorityTest(ProgramCase):
    def test_programs_that_start_together_share_one_ca(self):
        state = self.folder / "state"
        rigs = [Rig(state=state) for _ in range(4)]
        for rig in rigs:
            rig.process = subprocess.Popen(rig.command, env=rig.environment)
        try:
            for rig in rigs:
                eventually(rig.ready_file.exists, "the ready file")
            self.assertEqual(len({rig.ca.read_text() for rig in rigs}), 1)
            self.assertEqual(len({rig.process.pid for rig in rigs}), 4)
        finally:
            for rig in rigs:
                rig.abandon()

    def test_ca_is_kept_from_run_to_run(self):
        kept = []
        for _ in range(2):
            with Rig(state=self.folder / "state") as rig:
                kept.append(rig.ca.read_text())
        self.assertEqual(kept[0], kept[1])

    def test_private_key_is_private(self):
        with Rig() as rig:
            keys = [path for path in pathlib.Path(rig.state).rglob("*key*")]
            self.assertEqual([oct(path.stat().st_mode & 0o777) for path in keys], ["0o600"])


class SettingsTest(ProgramCase):
    def greeting(self, *arguments, **more):
        with Rig(*arguments, **more) as rig, Raw(rig.endpoint()) as client:
            return client.reply().decode()

    def test_command_line_beats_environment_beats_file(self):
        config = self.folder / "settings"
        config.write_text("hostname = file.example\n")
        self.assertIn("file.example", self.greeting("--config", config))
        self.assertIn("environment.example", self.greeting(
            "--config", config, SMTPRIG_HOSTNAME="environment.example"))
        self.assertIn("line.example", self.greeting(
            "--config", config, "--hostname", "line.example",
            SMTPRIG_HOSTNAME="environment.example"))

    def test_credentials(self):
        right, wrong = "AHVzZXIAcGFzc3dvcmQ=", "AHVzZXIAd3Jvbmc="
        self.assertEqual((USER, PASSWORD), ("user", "password"))
        with Rig() as rig, greeted(rig.endpoint()) as client:
            self.assertEqual(client.asks(f"AUTH PLAIN {wrong}"), [235])
        with Rig("--auth", f"{USER}:{PASSWORD}") as rig, greeted(rig.endpoint()) as client:
            self.assertEqual(client.asks(f"AUTH PLAIN {wrong}", f"AUTH PLAIN {right}"), [535, 235])


if __name__ == "__main__":
    unittest.main()
