"""sources.py ROOT: what every source file keeps to, whatever it does."""

import pathlib
import re
import sys

from tree import expect, files, finish, read

LONGEST = 500
CODE = (".cpp", ".hpp", ".py", ".sh", ".ts", ".tsx", ".js", ".mjs", ".css", ".cmake")
TEXT = CODE + (".txt", ".md", ".json", ".xml", ".xsd", ".yml")
# Written so that the file does not find itself.
MACHINE_PATH = re.compile(r"(?<![\w.])/(?:home/(?!somebody\b)|work/|farm/)")
SLEEP = re.compile(r"\b(?:u|nano)?sle[e]p(?:_for|_until)?\s*\(")


def lines_that_match(path, text, pattern, sentence):
    return [f"{path}:{number}: {sentence}" for number, line in enumerate(text.splitlines(), 1)
            if pattern.search(line)]


def check_text(path, text):
    problems = lines_that_match(path, text, MACHINE_PATH, "a path of one machine")
    if path.endswith(CODE):
        count = text.count("\n")
        if count > LONGEST:
            problems.append(f"{path}: {count} lines; a file has one responsibility, and at most "
                            f"{LONGEST} lines")
        # A benchmark looks at counters of another process, which announce nothing.
        if path.startswith("tests/") and not path.startswith("tests/bench/"):
            problems += lines_that_match(
                path, text, SLEEP, "a test waits for an event with a deadline, it never sleeps")
    return problems


def check_header(path, text):
    problems = []
    if not text.startswith(("//", "/*")):
        problems.append(f"{path}: a header starts with a comment that says what it is for")
    code = re.sub(r"/\*.*?\*/|//[^\n]*", "", text, flags=re.DOTALL).lstrip()
    if not code.startswith("#pragma once\n"):
        problems.append(f"{path}: the first line of code in a header is #pragma once")
    return problems


def is_named(path, root, list_files):
    """Whether a CMakeLists.txt names the source, relative to its own folder or to the root. One
    that no list names is never compiled."""
    from_root = "${CMAKE_SOURCE_DIR}/" + path.relative_to(root).as_posix()
    for folder, text in list_files.items():
        if from_root in text:
            return True
        if folder in path.parents:
            name = re.escape(path.relative_to(folder).as_posix())
            if re.search(rf"(?<![\w./-]){name}(?![\w./-])", text):
                return True
    return False


def self_test():
    good = "// What it is for.\n#pragma once\n\nint f();\n"
    for text, wanted in ((good, False), ("/* What. */\n\n#pragma once\n", False),
                         ("#pragma once\n", True), ("// What.\n#include <a>\n#pragma once\n", True)):
        expect(text, check_header("fixture/a.hpp", text), wanted)
    nap = "sle" + "ep"
    for path, text, wanted in (
            ("tests/a.cpp", good, False),
            ("tests/a.cpp", f"std::this_thread::{nap}_for(1s);\n", True),
            ("tests/a.py", f"time.{nap}(1)\n", True),
            ("tests/a.cpp", f"counts_{nap}ers(1);\n", False),
            ("fixture/a.cpp", f"std::this_thread::{nap}_for(1s);\n", False),
            ("README.md", "see https://example.org/" + "home/x\n", False),
            ("README.md", "cd /" + "home/me\n", True),
            ("tests/a.cpp", "/" + "home/somebody/x\n", False),
            ("tests/bench/a.py", f"time.{nap}(1)\n", False),
            ("tests/a.cpp", "int i;\n" * LONGEST, False),
            ("tests/a.cpp", "int i;\n" * (LONGEST + 1), True)):
        expect(f"{path}: {text[:60]}", check_text(path, text), wanted)
    root = pathlib.PurePosixPath("r")
    lists = {root: "add(top.cpp ${CMAKE_SOURCE_DIR}/c/z.cpp)", root / "a": "add(x.cpp b/y.cpp)\n# not-this.cpp"}
    for name, wanted in (("top.cpp", True), ("a/x.cpp", True), ("a/b/y.cpp", True), ("c/z.cpp", True),
                         ("a/y.cpp", False), ("b/x.cpp", False), ("a/this.cpp", False)):
        expect(name, is_named(root / name, root, lists), wanted)


def main():
    root = pathlib.Path(sys.argv[1])
    self_test()
    problems = []
    list_files = {path.parent: re.sub(r"#.*", "", read(path))
                  for path in files(root, "CMakeLists.txt")}
    for path in files(root, *TEXT):
        name = path.relative_to(root).as_posix()
        if name.startswith("web-ui/dist/"):
            continue
        text = read(path)
        problems += check_text(name, text)
        ours = name.startswith(("fixture/", "conformance/"))
        if ours and name.endswith(".hpp"):
            problems += check_header(name, text)
        if (name.endswith(".cpp") and (ours or name.startswith("tests/"))
                and not is_named(path, root, list_files)):
            problems.append(f"{name}: no CMakeLists.txt names it")
    finish(problems)


main()
