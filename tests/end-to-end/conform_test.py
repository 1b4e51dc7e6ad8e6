"""smtprig conform: the real program against the real server, over sockets, in the clear and under
TLS, and every form of its report."""

import json
import pathlib
import re
import socketserver
import subprocess
import threading
import unittest
import xml.etree.ElementTree as xml

from rig import PROGRAM, ROOT, Rig, environment, scratch_folder

RECIPIENTS = ("--rcpt", "recipient@server.example", "--rcpt2", "second@server.example")


def smtprig(*arguments, folder):
    return subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True,
                          timeout=240, check=False, stdin=subprocess.DEVNULL,
                          env=environment(folder))


def complaints(value, schema, root, where="report"):
    """What of a JSON value is not as the schema says; the words of it that ours uses."""
    if "$ref" in schema:
        schema = root["$defs"][schema["$ref"].rpartition("/")[2]]
    if "const" in schema and value != schema["const"]:
        return [f"{where} is not {schema['const']}"]
    if "enum" in schema and value not in schema["enum"]:
        return [f"{where}: {value} is none of {schema['enum']}"]
    types = {"object": dict, "array": list, "string": str, "integer": int, "boolean": bool}
    if "type" in schema and not isinstance(value, types[schema["type"]]):
        return [f"{where} is no {schema['type']}"]
    found = []
    if isinstance(value, dict):
        found += [f"{where} has no {name}" for name in schema.get("required", ()) if name not in value]
        for name, inner in value.items():
            if name in schema.get("properties", {}):
                found += complaints(inner, schema["properties"][name], root, f"{where}.{name}")
            elif schema.get("additionalProperties") is False:
                found.append(f"{where}.{name} is not in the schema")
    if isinstance(value, list) and "items" in schema:
        for number, inner in enumerate(value):
            found += complaints(inner, schema["items"], root, f"{where}[{number}]")
    return found


class Hostile(socketserver.ThreadingTCPServer):
    """A server that greets and then floods, or never says anything more, or closes."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, behaviour):
        self.behaviour = behaviour
        super().__init__(("127.0.0.1", 0), HostileSession)

    def __enter__(self):
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()


class HostileSession(socketserver.StreamRequestHandler):
    def handle(self):
        try:
            self.wfile.write(b"220 mx.server.example ready\r\n")
            if self.server.behaviour == "close":
                return
            self.rfile.readline()
            if self.server.behaviour == "flood":
                while True:
                    self.wfile.write(b"250-" + b"x" * 60000)
            self.rfile.readline()
        except OSError:
            pass


class AgainstTheStrictServer(unittest.TestCase):
    def judged(self, rig, kind, folder, *more):
        port = rig.endpoint(kind).port
        report = folder / "report.json"
        scheme = "smtps" if kind == "smtps" else "smtp"
        run = smtprig("conform", "run", f"{scheme}://127.0.0.1:{port}", *RECIPIENTS, *more,
                      "--json", report, folder=folder)
        self.assertEqual(run.returncode, 0, run.stdout[-4000:] + run.stderr)
        return json.loads(report.read_text("utf-8")), run

    def test_every_check_passes_in_the_clear_and_under_tls(self):
        with scratch_folder() as folder, Rig("--strict", "--trace", store=False) as rig:
            for kind, more in (("smtp", ()), ("submission", ()), ("submission", ("--tls", "starttls")),
                               ("smtps", ()), ("submission", ("--tls", "starttls", "--profile", "msa")),
                               ("smtps", ("--profile", "msa", "--auth", "user:password"))):
                with self.subTest(kind=kind, more=more):
                    report, _ = self.judged(rig, kind, folder, *more)
                    wrong = [result for result in report["results"]
                             if result["verdict"] not in ("pass", "info", "skip")]
                    self.assertEqual([(result["id"], result["verdict"], result["actual"],
                                       result["reason"]) for result in wrong], [])

    def test_forms_of_the_report(self):
        with scratch_folder() as folder, Rig("--strict", "--trace", store=False) as rig:
            report, _ = self.judged(rig, "smtps", folder, "--junit", folder / "r.xml", "--jsonl",
                                    folder / "r.jsonl", "--markdown", folder / "r.md",
                                    "--auth", "user:secret-word", "rfc5321")
            schema = json.loads((ROOT / "conformance/reports/report.schema.json").read_text("utf-8"))
            self.assertEqual(complaints(report, schema, schema), [])
            self.assertNotIn("secret-word", json.dumps(report))
            suites = xml.parse(folder / "r.xml").getroot()
            self.assertEqual(int(suites.get("tests")), len(report["results"]))
            self.assertEqual(len(suites.findall("testsuite/testcase")), len(report["results"]))
            lines = [json.loads(line) for line in (folder / "r.jsonl").read_text().splitlines()]
            self.assertEqual([line["id"] for line in lines[1:]],
                             [result["id"] for result in report["results"]])
            self.assertTrue((folder / "r.md").read_text("utf-8").startswith("## "))

            again = smtprig("conform", "rejudge", folder / "report.json", "--quiet", folder=folder)
            self.assertEqual(again.returncode, 0, again.stdout[-3000:] + again.stderr)
            same = smtprig("conform", "diff", folder / "report.json", folder / "report.json",
                           folder=folder)
            self.assertEqual((same.returncode, same.stdout), (0, ""))
            matrix = smtprig("conform", "matrix", "--all", folder / "report.json", folder=folder)
            self.assertIn("| rfc5321/4.1.4/new-ehlo-resets | MUST | pass |", matrix.stdout)

            # A recording that was changed is judged otherwise.
            text = (folder / "report.json").read_text("utf-8")
            (folder / "forged.json").write_text(text.replace("250 2.0.0 Buffers cleared",
                                                             "299 2.0.0 Buffers cleared"))
            forged = smtprig("conform", "rejudge", folder / "forged.json", "--quiet", folder=folder)
            self.assertEqual(forged.returncode, 1)
            self.assertIn("rset-gets-250: fail now, pass in the report", forged.stdout)

    def test_a_tolerant_server_differs_only_in_its_tolerances(self):
        with scratch_folder() as folder, Rig("--trace", store=False) as rig:
            report = folder / "report.json"
            run = smtprig("conform", "run", f"127.0.0.1:{rig.endpoint().port}", *RECIPIENTS, "--json",
                          report, folder=folder)
            self.assertEqual(run.returncode, 1, run.stderr)
            found = {result["id"].rpartition("/")[2] for result
                     in json.loads(report.read_text("utf-8"))["results"]
                     if result["verdict"] in ("fail", "non-strict")}
            self.assertLessEqual({"bare-lf-ends-no-command", "mail-before-ehlo-gets-503"}, found)
            self.assertLessEqual(found, {
                "bare-lf-ends-no-command", "space-after-colon-is-refused",
                "space-after-colon-of-rcpt-is-refused", "path-without-brackets-is-refused",
                "unbalanced-brackets-are-refused", "mail-before-ehlo-gets-503",
                "8bit-in-commands-is-refused", "over-long-line-of-600", "over-long-line-of-2048",
                "over-long-line-of-8192", "names-and-comments-are-refused"})

            # What is known fails no more; a baseline without reasons is none.
            baseline = folder / "known.txt"
            known = ("rfc5321/2.3.8", "rfc5321/4.1.4")
            target = f"127.0.0.1:{rig.endpoint().port}"
            run = smtprig("conform", "run", target, *RECIPIENTS, *known, "--write-baseline", baseline,
                          folder=folder)
            self.assertEqual(run.returncode, 1)
            self.assertIn("# unreviewed", baseline.read_text("utf-8"))
            run = smtprig("conform", "run", target, *RECIPIENTS, *known, "--check-baseline", baseline,
                          folder=folder)
            self.assertEqual(run.returncode, 0, run.stdout)
            baseline.write_text(re.sub("#.*", "", baseline.read_text("utf-8")))
            run = smtprig("conform", "run", target, "--check-baseline", baseline, folder=folder)
            self.assertEqual(run.returncode, 3)
            self.assertIn("There is no reason", run.stderr)


class Usage(unittest.TestCase):
    def test_exit_codes(self):
        with scratch_folder() as folder:
            for arguments, code, sentence in (
                    (("run",), 2, "needs a target"),
                    (("run", "nonsense"), 2, "is no target"),
                    (("run", "127.0.0.1:1"), 4, "cannot be reached"),
                    (("run", "127.0.0.1:1", "rfc5321/4.1.4/new-ehlo-reset"), 2,
                     "Did you mean rfc5321/4.1.4/new-ehlo-resets?"),
                    (("run", "127.0.0.1:1", "--level", "nearly"), 2, "is no level"),
                    (("run", "192.0.2.1:25", "--safety", "2"), 2, "--i-operate-this-server"),
                    (("explain", "rfc5321/4.1.4/new-ehlo-rests"), 2, "Did you mean"),
                    (("rejudge", "/nowhere.json"), 3, "Cannot read"),
                    (("diff", "a"), 2, "needs two reports")):
                with self.subTest(arguments=arguments):
                    run = smtprig("conform", *arguments, folder=folder)
                    self.assertEqual(run.returncode, code, run.stderr)
                    self.assertIn(sentence, run.stderr)

    def test_list_and_explain(self):
        with scratch_folder() as folder:
            listed = smtprig("conform", "list", "--level", "must", folder=folder).stdout
            self.assertIn("rfc5321/4.1.4/new-ehlo-resets", listed)
            self.assertNotIn("MUST NOT", listed)
            text = smtprig("conform", "explain", "5321/4.1.4-2", folder=folder).stdout
            self.assertIn("RFC 5321 section 4.1.4", text)


class AgainstHostileServers(unittest.TestCase):
    def test_the_run_ends(self):
        for behaviour in ("flood", "close", "silence"):
            with self.subTest(behaviour=behaviour), scratch_folder() as folder, \
                    Hostile(behaviour) as server:
                run = smtprig("conform", "run", f"127.0.0.1:{server.server_address[1]}", "--timeout",
                              "200ms", folder=folder)
                self.assertEqual(run.returncode, 4, run.stdout + run.stderr)


if __name__ == "__main__":
    pathlib.Path(PROGRAM).stat()
    unittest.main()
