"""`smtprig scenario list`: the library in one line each, filtered by phase, code and theme."""

import pathlib
import subprocess
import unittest

from rig import PATIENCE, PROGRAM, ROOT, environment, scratch_folder


class ListTest(unittest.TestCase):
    def setUp(self):
        self.state = self.enterContext(scratch_folder())

    def run_list(self, *arguments):
        return subprocess.run([PROGRAM, "scenario", "list", *arguments], capture_output=True,
                              text=True, timeout=PATIENCE, check=False,
                              env=environment(self.state))

    def names(self, *arguments):
        done = self.run_list(*arguments)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return [line.split()[0] for line in done.stdout.splitlines()]

    def files(self, theme="*"):
        folder = ROOT / "scenarios"
        paths = [path for path in pathlib.Path(folder).glob(f"{theme}/*.xml")
                 if "<scenario " in path.read_text("utf-8")]
        return sorted(path.stem for path in paths)

    def test_every_scenario_has_one_line_with_a_sentence(self):
        lines = self.run_list().stdout.splitlines()
        self.assertEqual(sorted(line.split()[0] for line in lines), self.files())
        for line in lines:
            self.assertRegex(line, r"\A[a-z0-9-]+ +[A-Z0-9].*[.]\Z")

    def test_a_theme_is_a_folder(self):
        self.assertEqual(sorted(self.names("--theme", "rcpt")), self.files("rcpt"))
        self.assertEqual(self.names("--theme", "nothing"), [])

    def test_phases_and_codes_come_from_the_rules(self):
        self.assertEqual(self.names("--phase", "quit"), ["drops"])
        self.assertIn("greylisting", self.names("--code", "450"))
        self.assertNotIn("greylisting", self.names("--code", "5"))
        self.assertIn("relay-denied", self.names("--phase", "rcpt", "--code", "5"))
        both = set(self.names("--phase", "rcpt")) & set(self.names("--code", "45"))
        self.assertEqual(set(self.names("--phase", "rcpt", "--code", "45")), both)
        self.assertNotIn("mail-deferred", both)

    def test_a_filter_that_means_nothing_is_a_mistake(self):
        for arguments in (("--phase", "rctp"), ("--code", "4yz"), ("--code", "4500")):
            done = self.run_list(*arguments)
            self.assertEqual((done.returncode, done.stdout), (2, ""), arguments)
            self.assertIn(arguments[1], done.stderr)


if __name__ == "__main__":
    unittest.main()
