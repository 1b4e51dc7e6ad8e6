#!/usr/bin/python3
"""Compares smtprig with Postfix smtp-sink and prints ratios.

Both servers run one thread and do the same work in turn (ours, smtp-sink, ours, …), under the load
generator smtprig-load and under Postfix smtp-source. Ours keeps the full transcript in memory,
smtp-sink keeps nothing. What counts is the median of the ratios pair by pair; the goals stand with
the rows. Exit code 0: all was measured, met or missed; 1: something could not be measured, or a
message was not accepted; 2: usage.
"""

import argparse
import contextlib
import dataclasses
import json
import pathlib
import shlex
import sys

import report
import rows
import servers


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    build = servers.ROOT / "build/release"
    parser.add_argument("--ours", default=f"{build}/fixture/program/smtprig serve --quiet",
                        help="the server under test; --port 0, --ready-file and --threads are "
                             "added (%(default)s)")
    parser.add_argument("--load", default=f"{build}/tests/bench/smtprig-load",
                        help="the load generator (%(default)s)")
    parser.add_argument("--rows", default=",".join(rows.ROWS),
                        help="which rows, separated by commas (%(default)s)")
    parser.add_argument("--pairs", type=int, default=5, help="how often each is run (%(default)s)")
    parser.add_argument("--strace", action="store_true",
                        help="also count system calls a message, if strace is there")
    parser.add_argument("--one-core", action="store_true",
                        help="keep both sides on one core: rates mean little then, but CPU a "
                             "message is steady even on a busy machine")
    parser.add_argument("--quick", action="store_true",
                        help="one pair, 100 messages a row, no goal judged: shows that all works")
    parser.add_argument("--write-readme", action="store_true",
                        help="write the table into README.md")
    parser.add_argument("--json", metavar="FILE", help="write every value into this file")
    options = parser.parse_args()
    known = {**rows.ROWS, **rows.OPTIONAL_ROWS}
    options.rows = [row for row in options.rows.split(",") if row]
    if options.strace and "syscalls" not in options.rows:
        options.rows.append("syscalls")
    for row in options.rows:
        if row not in known:
            parser.error(f"there is no row '{row}'; the rows are {', '.join(known)}")
    if options.pairs < 1:
        parser.error("--pairs takes a number above 0")
    partial = options.quick or options.one_core or not set(rows.ROWS) <= set(options.rows)
    if options.write_readme and partial:
        parser.error("--write-readme needs all rows, and neither --quick nor --one-core")
    return options, known


def facts(settings):
    pairs = "1 pair" if settings.pairs == 1 else f"{settings.pairs} pairs"
    return (f"Medians of {pairs} on {rows.machine()}; smtp-sink of Postfix "
            f"{settings.tools.version}. Messages of 1 KiB and 20 clients where nothing else is "
            "said, one server thread; ours keeps the full transcript in memory, smtp-sink keeps "
            "nothing. The peer is smtp-sink; where two threads are compared with one, it is ours "
            "with one. A goal with × is for the ratio.")


def run(options, known):
    settings = rows.Settings(ours=options.ours, load=options.load, tools=servers.PostfixTools(),
                             pairs=1 if options.quick else options.pairs, quick=options.quick)
    figures = []
    for name in options.rows:
        print(f"measuring {name} …", file=sys.stderr, flush=True)
        with rows.one_core() if options.one_core else contextlib.nullcontext():
            measured = known[name](settings)
        report.check(measured)
        figures += measured
    print(report.aligned(report.table(figures, judged=not options.quick)))
    print(facts(settings))
    if options.json:
        values = [dataclasses.asdict(figure) for figure in figures]
        pathlib.Path(options.json).write_text(json.dumps(values, indent=1) + "\n")
    if options.write_readme:
        command = shlex.join(["tests/bench/bench.py", *sys.argv[1:]])
        report.write_readme(servers.ROOT / "README.md", figures, facts(settings), command)


def main():
    options, known = arguments()
    try:
        run(options, known)
    except servers.BenchError as error:
        sys.exit(f"bench.py: {error}")


if __name__ == "__main__":
    main()
