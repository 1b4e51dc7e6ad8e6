"""CLIENTS.md says what the clients can do, as the tests know it.

  python3 -B tests/end-to-end/table_test.py --write    makes the document anew"""

import sys
import unittest

from clients import ABILITIES, CANNOT, CLIENTS
from rig import HERE

DOCUMENT = HERE / "CLIENTS.md"


def document():
    lines = ["# Real clients of the end-to-end tests", "",
             "Made from the tables in `clients.py` by `table_test.py --write`; a test compares them.",
             "Whatever is ticked is tested against the conforming server. Each client also meets",
             "greylisting, a relay that is denied, a greeting of 421, and a connection that drops",
             "behind the end of mail data.", "",
             "| what | " + " | ".join(CLIENTS) + " |", "|---" * (len(CLIENTS) + 1) + "|"]
    for ability, meaning in ABILITIES.items():
        marks = ["–" if (name, ability) in CANNOT else "✓" for name in CLIENTS]
        lines.append(f"| {meaning} | " + " | ".join(marks) + " |")
    lines += ["", "What is not ticked, and why:", ""]
    lines += [f"- {name}, {ABILITIES[ability]}: {reason}"
              for (name, ability), reason in CANNOT.items()]
    lines += ["", "How they are fed: curl, smtplib and nodemailer (`raw`) get the octets of the message.",
              "swaks (`--no-data-fixup`) gets them with the transparency of RFC 5321 section 4.5.2 done,",
              "which it leaves to its caller then. msmtp and Postfix's sendmail get lines that end with",
              "LF, as a mail program on Unix writes them. All store the same message."]
    return "\n".join(lines) + "\n"


class TableTest(unittest.TestCase):
    def test_reasons_belong_to_clients_and_abilities(self):
        for name, ability in CANNOT:
            self.assertIn(name, CLIENTS)
            self.assertIn(ability, ABILITIES)

    def test_document_is_up_to_date(self):
        self.assertEqual(DOCUMENT.read_text("utf-8"), document(),
                         f"run {sys.argv[0]} --write and commit the document")


if __name__ == "__main__":
    if sys.argv[1:] == ["--write"]:
        DOCUMENT.write_text(document(), "utf-8")
    else:
        unittest.main()
