"""generate.py --check|--write ROOT PROGRAM: the documents of generated.txt are what the program
prints. --check says where they differ, --write brings them up to date."""

import difflib
import pathlib
import re
import subprocess
import sys

from tree import SKIPPED, expect, finish, read


def rows(text):
    """(file, block or None, arguments) for each row of the table."""
    for line in text.splitlines():
        line = re.sub(r"(^|\s)#.*", "", line).strip()
        if line:
            target, _, arguments = line.partition(":")
            file, _, block = target.strip().partition("#")
            yield file, block or None, arguments.split()


def replaced(text, block, made):
    """The text with the block's lines exchanged; None when its markers are not there."""
    if block is None:
        return made
    begin, end = f"<!-- {block}:begin -->\n", f"<!-- {block}:end -->"
    if begin not in text or end not in text:
        return None
    head, _, rest = text.partition(begin)
    _, _, tail = rest.partition(end)
    return head + begin + made.rstrip("\n") + "\n" + end + tail


def printed_by(program, arguments):
    done = subprocess.run([program, *arguments], capture_output=True, text=True, timeout=60,
                          check=False)
    if done.returncode != 0:
        sys.exit(f"`smtprig {' '.join(arguments)}` ended with {done.returncode}: {done.stderr}")
    return done.stdout


def difference(name, old, new):
    lines = difflib.unified_diff(old.splitlines(), new.splitlines(), f"{name} as it is",
                                 f"{name} as the program prints it", lineterm="")
    return "\n".join(lines)


def self_test():
    text = "a\n<!-- x:begin -->\nold\n<!-- x:end -->\nb\n"
    made = replaced(text, "x", "new\n")
    expect("a block that changed", difference("f", text, made), True)
    expect("a block that did not", difference("f", made, replaced(made, "x", "new")), False)
    expect("a file without markers", replaced("a\n", "x", "new"), False)
    if list(rows("# c\nREADME.md#x: a b  # c\nf.xsd: s\n")) != [
            ("README.md", "x", ["a", "b"]), ("f.xsd", None, ["s"])]:
        sys.exit("self-test: the rows are read wrongly")


def main():
    mode, root, program = sys.argv[1], pathlib.Path(sys.argv[2]), sys.argv[3]
    self_test()
    if not pathlib.Path(program).is_file():
        print("The program is not built, so what it prints cannot be compared.")
        sys.exit(SKIPPED)
    problems = []
    for file, block, arguments in rows(read(pathlib.Path(__file__).with_name("generated.txt"))):
        path = root / file
        name = file if block is None else f"{file}#{block}"
        old = read(path) if path.is_file() else None
        if old is None or (block and replaced(old, block, "") is None):
            print(f"{name} is not there yet.")
            continue
        new = replaced(old, block, printed_by(program, arguments))
        if new == old:
            print(f"{name} is what `smtprig {' '.join(arguments)}` prints.")
        elif mode == "--write":
            path.write_text(new, encoding="utf-8")
            print(f"{name} is made anew.")
        else:
            problems.append(f"{difference(name, old, new)}\n{name} differs; "
                            "tests/run.sh --phase generated makes it anew.")
    finish(problems)


main()
