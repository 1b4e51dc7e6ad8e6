"""dependencies.py ROOT: includes between folders and of libraries are those of allowed_edges.txt."""

import pathlib
import re
import sys

from tree import expect, files, finish, read

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.MULTILINE)
MODULE = re.compile(r"smtprig_module\(\s*(\w+)([^)]*)\)")
KEYWORDS = {"SOURCES", "HEADERS", "DEPENDS", "LINK"}
# Headers of the C standard library keep their .h; those of C++ have neither dot nor slash.
C_HEADERS = {"assert.h", "ctype.h", "errno.h", "limits.h", "math.h", "stddef.h", "stdint.h",
             "stdio.h", "stdlib.h", "string.h", "time.h"}
PUBLIC = "fixture/testing/include"


class Table:
    def __init__(self, text):
        self.groups, self.folders = {}, {}
        for line in text.splitlines():
            line = line.split("#")[0].strip()
            if not line:
                continue
            name, _, right = line.partition(":")
            if name.startswith("group "):
                self.groups[name[len("group "):].strip()] = right.split()
                continue
            folders, _, libraries = right.partition("|")
            self.folders[name.strip()] = (folders.split(), libraries.split())

    def folder_of(self, path):
        """The longest folder of the table that holds the path, or None."""
        holding = [f for f in self.folders if path.startswith(f + "/")]
        return max(holding, key=len, default=None)

    def group_of(self, header):
        for name, patterns in self.groups.items():
            for pattern in patterns:
                if header == pattern or (pattern.endswith("/") and header.startswith(pattern)):
                    return name
        return None

    def mistakes(self):
        """Folders and groups that the table uses and does not define, and a cycle."""
        found = []
        for folder, (folders, libraries) in self.folders.items():
            found += [f"allowed_edges.txt: {folder} names {f}, which has no row"
                      for f in folders if f != "*" and f not in self.folders]
            found += [f"allowed_edges.txt: {folder} names the group {g}, which is not defined"
                      for g in libraries if g != "*" and g[0] != "!" and g not in self.groups]
        state = {}

        def visit(folder, path):
            if state.get(folder) == "done" or found:
                return
            if state.get(folder) == "open":
                found.append("allowed_edges.txt: a cycle: " + " > ".join(path + [folder]))
                return
            state[folder] = "open"
            for f in self.folders[folder][0]:
                if f != "*":
                    visit(f, path + [folder])
            state[folder] = "done"

        for folder in self.folders:
            visit(folder, [])
        return found

    def allows_folder(self, folder, other):
        folders = self.folders[folder][0]
        return (other == folder or other in folders
                or ("*" in folders and other.split("/")[0] in ("fixture", "conformance")))


def check_include(table, path, quote, header, public):
    """The sentence that says what is wrong with one include, or None."""
    folder = table.folder_of(path)
    if folder is None:
        return f"{path}: its folder has no row in allowed_edges.txt"
    if quote == '"' or header.startswith("smtprig/"):
        other = PUBLIC if quote == "<" else table.folder_of(header)
        if other is None:
            return f'{path}: "{header}" does not start at the root of the repository'
        if not table.allows_folder(folder, other):
            return f"{path}: {folder} must not include {other} ({header})"
        if other not in (folder, PUBLIC) and folder != "tests" and header not in public:
            return f"{path}: {header} is not among the HEADERS of its module, so it is private"
        return None
    libraries = table.folders[folder][1]
    if "!" + header in libraries:
        return f"{path}: {folder} must not include <{header}>"
    if header in C_HEADERS or not re.search(r"[./]", header):
        return None
    group = table.group_of(header)
    if group is None:
        return f"{path}: <{header}> belongs to no group of allowed_edges.txt"
    if group not in libraries and "*" not in libraries:
        return f"{path}: {folder} must not include {group} (<{header}>)"
    return None


def check_source(table, path, text, public):
    found = (check_include(table, path, quote, header, public) for quote, header in INCLUDE.findall(text))
    return [problem for problem in found if problem]


def module_lists(text):
    """(module, keyword, word) for each word of the smtprig_module() calls of a CMakeLists.txt."""
    for name, arguments in MODULE.findall(re.sub(r"#.*", "", text)):
        keyword = None
        for word in arguments.split():
            if word in KEYWORDS:
                keyword = word
            else:
                yield name, keyword, word


def public_headers(path, text):
    folder = path.rpartition("/")[0]
    return {f"{folder}/{word}" for _, keyword, word in module_lists(text) if keyword == "HEADERS"}


def check_module(table, path, text):
    """DEPENDS of a module's CMakeLists.txt keeps to the same table."""
    problems, folder, top = [], table.folder_of(path), path.split("/")[0]
    for name, keyword, word in module_lists(text):
        if folder is None:
            return [f"{path}: its folder has no row in allowed_edges.txt"]
        if keyword == "DEPENDS" and not any(
                table.allows_folder(folder, f"{place}/{word}") for place in ("fixture", top)):
            problems.append(f"{path}: the module {name} must not depend on {word}")
    return problems


def self_test(table):
    public = {"fixture/smtp/line.hpp", "fixture/tls/context.hpp", "fixture/store/store.hpp",
              "fixture/server/lane.hpp", "conformance/check/runner.hpp",
              "conformance/probe/probe.hpp"}

    def flagged(path, line):
        return check_source(table, path, line + "\n", public)

    smtp, server = "fixture/smtp/a.cpp", "fixture/server/a.cpp"
    for path, line, wanted in (
            (smtp, '#include "fixture/smtp/line.hpp"', False),
            (smtp, "#include <string_view>", False),
            (smtp, "#include <string.h>", False),
            (smtp, '#include "line.hpp"', True),
            (smtp, "#include <chrono>", True),
            (smtp, "  #  include <openssl/evp.h>", True),
            (smtp, '#include "fixture/tls/context.hpp"', True),
            (smtp, "#include <unheard/of.hpp>", True),
            (server, "#include <asio/ip/tcp.hpp>", False),
            (server, '#include "fixture/tls/context.hpp"', False),
            (server, '#include "fixture/tls/inner.hpp"', True),
            ("fixture/tls/a.cpp", '#include "fixture/tls/inner.hpp"', False),
            ("tests/tls/a.cpp", '#include "fixture/tls/inner.hpp"', False),
            (server, '#include "fixture/store/store.hpp"', True),
            (server, "#include <boost/json.hpp>", True),
            (server, '#include "tests/server/client.hpp"', True),
            ("fixture/program/main.cpp", '#include "conformance/check/runner.hpp"', False),
            ("fixture/program/main.cpp", '#include "tests/server/client.hpp"', True),
            ("fixture/testing/include/smtprig/a.hpp", "#include <smtprig/b.hpp>", False),
            ("fixture/testing/include/smtprig/a.hpp", "#include <asio.hpp>", True),
            ("fixture/testing/include/smtprig/a.hpp", '#include "fixture/smtp/line.hpp"', True),
            ("conformance/rfc5321/a.cpp", '#include "conformance/probe/probe.hpp"', False),
            ("conformance/rfc5321/a.cpp", '#include "fixture/server/lane.hpp"', True),
            ("tests/smtp/a.cpp", "#include <gmock/gmock.h>", False),
            ("elsewhere/a.cpp", "#include <string>", True)):
        expect(f"{path}: {line}", flagged(path, line), wanted)
    for text, wanted in (("smtprig_module(tls SOURCES a.cpp DEPENDS smtp LINK x)", False),
                         ("smtprig_module(tls SOURCES a.cpp\n DEPENDS smtp server)", True)):
        expect(text, check_module(table, "fixture/tls/CMakeLists.txt", text), wanted)
    made = public_headers("fixture/tls/CMakeLists.txt",
                          "smtprig_module(tls HEADERS b.hpp # c\n c/d.hpp LINK x)")
    if made != {"fixture/tls/b.hpp", "fixture/tls/c/d.hpp"}:
        sys.exit(f"self-test: the public headers are read wrongly: {made}")
    expect("a cycle", Table("a: b |\nb: a |").mistakes(), True)
    expect("a name without a row", Table("a: b |").mistakes(), True)


def main():
    root = pathlib.Path(sys.argv[1])
    table = Table(read(pathlib.Path(__file__).with_name("allowed_edges.txt")))
    problems = table.mistakes()
    if not problems:
        self_test(table)
        lists = {path.relative_to(root).as_posix(): read(path)
                 for path in files(root, "CMakeLists.txt") if path.parent != root}
        public = set().union(*(public_headers(*entry) for entry in lists.items()))
        for name, text in lists.items():
            problems += check_module(table, name, text)
        for path in files(root, ".cpp", ".hpp"):
            problems += check_source(table, path.relative_to(root).as_posix(), read(path), public)
    finish(problems)


main()
