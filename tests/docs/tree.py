"""What the lints share: the files of the checkout, and how a lint ends."""

import pathlib
import sys

SKIPPED = 77  # ctest knows it as SKIP_RETURN_CODE

OUTSIDE = {"build", "node_modules", "__pycache__"}


def files(root, *suffixes):
    """Files below root with one of the suffixes, less build output and hidden folders.

    The folders are walked, and git is not asked, so that a source archive is checked as well."""
    found = []
    for path in sorted(pathlib.Path(root).iterdir()):
        if path.name.startswith(".") or path.name in OUTSIDE:
            continue
        if path.is_dir():
            found += files(path, *suffixes)
        elif path.name.endswith(suffixes):
            found.append(path)
    return found


def read(path):
    return path.read_text(encoding="utf-8")


def expect(what, found, wanted):
    """One line of a self-test: a lint that lost its teeth must not pass."""
    if bool(found) != wanted:
        verb = "flag" if wanted else "accept"
        sys.exit(f"self-test: the lint does not {verb} {what!r}: {found}")


def finish(problems):
    for problem in problems:
        print(problem)
    print(f"{len(problems)} problems.")
    sys.exit(1 if problems else 0)
