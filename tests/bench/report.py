"""Turns figures into the table that people read, in the terminal and in README."""

import math
import pathlib

from servers import BenchError

BEGIN, END = "<!-- bench:begin -->", "<!-- bench:end -->"


def _number(value):
    if value is None:
        return "–"
    if value >= 1000:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def _goal(goal):
    sign = "≤" if goal.bound == "at most" else "≥"
    return f"{sign} {goal.limit:,g}" + (" ×" if goal.of == "ratio" else "")


def _state(figure, judged):
    if not judged or not figure.goals:
        return "–"
    return "met" if all(goal.met(figure) for goal in figure.goals) else "MISSED"


def check(figures):
    """Every figure must have come out as a number above zero."""
    for figure in figures:
        for value in (*figure.ours, *figure.peer):
            if not math.isfinite(value) or value <= 0:
                raise BenchError(f"'{figure.what}' of '{figure.work}' came out as {value}.")


def table(figures, judged=True):
    """The lines of a Markdown table."""
    lines = ["| work | figure | ours | peer | ratio | goal | |",
             "|---|---|--:|--:|--:|---|---|"]
    for figure in figures:
        goals = " and ".join(_goal(goal) for goal in figure.goals) or "–"
        state = _state(figure, judged)
        lines.append("| " + " | ".join([
            figure.work, figure.what + (f" ({figure.note})" if figure.note else ""),
            _number(figure.ours_median), _number(figure.peer_median), _number(figure.ratio),
            goals, f"**{state}**" if state == "MISSED" else state]) + " |")
    return lines


def aligned(lines):
    """The same table with columns that line up in a terminal."""
    cells = [[cell.strip() for cell in line.strip("|").split("|")]
             for line in lines if not line.startswith("|---")]
    widths = [max(map(len, column)) for column in zip(*cells)]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip()
                     for row in cells)


def write_readme(path, figures, facts, command):
    """Replaces what stands between the two markers."""
    path = pathlib.Path(path)
    text = path.read_text() if path.exists() else ""
    if text.count(BEGIN) != 1 or text.count(END) != 1 or text.index(BEGIN) > text.index(END):
        raise BenchError(f"{path} does not contain '{BEGIN}' and then '{END}'.")
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    block = ["", "```sh", "cmake --preset release && cmake --build --preset release", command,
             "```", "", facts, "", *table(figures), ""]
    path.write_text(before + BEGIN + "\n".join(block) + END + after)
