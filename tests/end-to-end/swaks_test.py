"""swaks against the rig."""

import unittest

from cases import ClientCases, Style, main
from clients import Swaks


class SwaksTest(ClientCases, unittest.TestCase):
    client = Swaks()
    style = Style()
    told = {
        "greylisting": (24, "<** 450 4.2.0"),
        "relay-denied": (24, "<** 554 5.7.1"),
        "greeting-421": (21, "<** 421 4.3.2"),
        "drop-after-dot": (6, "Remote host closed connection"),
    }
    eight_bit_anomalies = ["undeclared-8bit-in-mail-data"]


if __name__ == "__main__":
    main()
