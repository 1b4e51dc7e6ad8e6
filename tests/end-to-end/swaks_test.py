"""swaks against the rig."""

import unittest

from cases import ClientCases, Style, main
from clients import Swaks


class SwaksTest(ClientCases, unittest.TestCase):
    client = Swaks()
    style = Style()
    eight_bit_anomalies = ["undeclared-8bit-in-mail-data"]


if __name__ == "__main__":
    main()
