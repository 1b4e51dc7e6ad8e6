"""Validates what the program of the first argument prints against the schema of the second.

Also breaks valid lines in ways that the schema must notice, so that it cannot rot into one that
accepts everything.
"""

import copy
import json
import subprocess
import sys

from jsonschema import Draft202012Validator


def broken(line):
    """Yields what is wrong and the line with it."""
    for field in ("v", "session", "n", "us", "time", "event"):
        without = copy.deepcopy(line)
        del without[field]
        yield f"no {field}", without
    yield "version 2", {**line, "v": 2}
    yield "an unknown kind", {**line, "event": "disconnected"}
    yield "an unknown field", {**line, "colour": "red"}
    yield "a time without microseconds", {**line, "time": "2026-11-24T23:00:00Z"}
    if "text" in line:
        yield "text and b64", {**line, "b64": "AA=="}
        yield "an unknown ending", {**line, "ending": "cr"}
    if line["event"] == "connected":
        yield "a wrong type", {**line, "lane": 1}
    if "removed_periods" in line:
        yield "a negative offset", {**line, "removed_periods": [-1]}


def main():
    dumper, schema_file = sys.argv[1:]
    with open(schema_file, encoding="utf-8") as file:
        schema = json.load(file)
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)

    output = subprocess.run([dumper], check=True, capture_output=True, timeout=60).stdout
    lines = [json.loads(line) for line in output.decode("utf-8").splitlines()]
    failures = 0

    for line in lines:
        for error in validator.iter_errors(line):
            failures += 1
            print(f"{json.dumps(line)}\n    {error.json_path}: {error.message}")
    for line in lines:
        for what, wrong in broken(line):
            if validator.is_valid(wrong):
                failures += 1
                print(f"accepted with {what}: {json.dumps(wrong)}")

    kinds = set(schema["properties"]["event"]["enum"])
    for kind in kinds - {line["event"] for line in lines}:
        failures += 1
        print(f"no line with event {kind}")
    for kind in kinds:
        known = set().union(*(line for line in lines if line["event"] == kind))
        for field in schema["$defs"][kind].get("properties", {}):
            if field not in known:
                failures += 1
                print(f"no line with field {field} of event {kind}")

    print(f"{len(lines)} lines, {failures} failures")
    return 1 if failures or not lines else 0


sys.exit(main())
