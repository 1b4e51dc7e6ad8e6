#!/usr/bin/python3
"""The benchmark's arithmetic and its table."""

import pathlib
import tempfile
import unittest

import report
from rows import Figure, Goal
from servers import BenchError


class Ratios(unittest.TestCase):
    def test_the_ratio_is_the_median_of_the_ratios_pair_by_pair(self):
        figure = Figure("new", "work", "what", [10, 90, 30], [10, 100, 10])
        self.assertEqual(figure.ratio, 1.0)
        self.assertEqual(figure.ours_median, 30)

    def test_a_side_that_ran_once_is_compared_with_the_first_run(self):
        self.assertEqual(Figure("idle", "work", "what", [4, 8], [2]).ratio, 2.0)

    def test_without_another_side_there_is_no_ratio(self):
        self.assertIsNone(Figure("idle", "work", "what", [4], []).ratio)


class Goals(unittest.TestCase):
    def states(self, ours, peer, goals):
        line = report.table([Figure("row", "work", "what", [ours], [peer], goals)])[-1]
        return line.split("|")[-2].strip()

    def test_a_goal_holds_at_its_limit(self):
        self.assertEqual(self.states(75, 100, [Goal("ratio", "at most", 0.75)]), "met")
        self.assertEqual(self.states(400, 100, [Goal("ratio", "at least", 4)]), "met")

    def test_a_goal_is_missed_beyond_its_limit(self):
        self.assertEqual(self.states(76, 100, [Goal("ratio", "at most", 0.75)]), "**MISSED**")
        self.assertEqual(self.states(399, 100, [Goal("ratio", "at least", 4)]), "**MISSED**")

    def test_every_goal_of_a_figure_counts(self):
        both = [Goal("value", "at most", 10), Goal("ratio", "at most", 1.5)]
        self.assertEqual(self.states(9, 8, both), "met")
        self.assertEqual(self.states(11, 8, both), "**MISSED**")
        self.assertEqual(self.states(9, 5, both), "**MISSED**")

    def test_a_figure_that_is_no_number_above_zero_is_refused(self):
        for value in (0, -1, float("nan"), float("inf")):
            with self.assertRaises(BenchError):
                report.check([Figure("row", "work", "what", [value], [1])])


class Readme(unittest.TestCase):
    def write(self, text):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "README.md"
            path.write_text(text)
            figure = Figure("row", "work", "what", [1], [2], [Goal("ratio", "at most", 1)])
            report.write_readme(path, [figure], "The facts.", "bench.py --pairs 5")
            return path.read_text()

    def test_only_what_is_between_the_markers_is_replaced(self):
        text = self.write(f"above\n{report.BEGIN}\nold\n{report.END}\nbelow\n")
        self.assertTrue(text.startswith(f"above\n{report.BEGIN}\n"))
        self.assertTrue(text.endswith(f"\n{report.END}\nbelow\n"))
        self.assertNotIn("old", text)
        self.assertIn("bench.py --pairs 5", text)
        self.assertIn("| work | what | 1.00 | 2.00 | 0.50 | ≤ 1 × | met |", text)

    def test_writing_twice_changes_nothing_more(self):
        once = self.write(f"a\n{report.BEGIN}\n{report.END}\nb\n")
        self.assertEqual(self.write(once), once)

    def test_a_file_without_the_markers_is_refused(self):
        for text in ("", report.BEGIN, f"{report.END}{report.BEGIN}"):
            with self.assertRaises(BenchError):
                self.write(text)


if __name__ == "__main__":
    unittest.main()
