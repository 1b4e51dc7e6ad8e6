"""readme.py ROOT [PROGRAM]: each command in README exists.

Checked are the lines of shell blocks that start one of the two scripts or smtprig: that the script
is there and can be run, and that the subcommand and each option stand in the program's own
--help. Without a built program only the scripts are checked."""

import pathlib
import re
import shlex
import subprocess
import sys

from tree import SKIPPED, expect, finish, read

FENCE = re.compile(r"^```(?:sh|bash|shell|console)[ \t]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
SCRIPTS = ("./fixture/serve.sh", "./tests/run.sh")
OPTION = re.compile(r"(?<![\w-])(--?[A-Za-z][\w-]*)")


def commands(readme):
    """The words of each simple command in README's shell blocks that is one of ours."""
    for block in FENCE.findall(readme):
        for line in block.replace("\\\n", " ").splitlines():
            lexer = shlex.shlex(re.sub(r"^\$ ", "", line), posix=True, punctuation_chars=True)
            lexer.whitespace_split = True
            words = []
            try:
                read_words = [*lexer, ";"]
            except ValueError:  # an open quote: a line of a text that a command reads
                continue
            for word in read_words:
                if re.fullmatch(r"[|&;()]+", word):
                    if words and words[0] in SCRIPTS + ("smtprig",):
                        yield words
                    words = []
                elif words or not re.fullmatch(r"[A-Z_]+=.*", word):
                    words.append(word)


def subcommands(help_text):
    """The names under a heading "Subcommands:" or "Commands:"."""
    names, inside = set(), False
    for line in help_text.splitlines():
        if re.match(r"(sub)?commands:", line, re.IGNORECASE):
            inside = True
        elif inside and re.match(r"\S", line):
            inside = False
        elif inside and (match := re.match(r"\s+([a-z][\w-]*)", line)):
            names.add(match.group(1))
    return names


def check_options(shown, words, known):
    problems = []
    for word in words:
        if word == "--":
            break
        if re.match(r"--?[A-Za-z]", word) and word.split("=")[0] not in known:
            problems.append(f"README.md: `{shown}`: there is no option {word.split('=')[0]}")
    return problems


def check_smtprig(words, help_of):
    """help_of(path) is the help of `smtprig PATH…`."""
    shown, path, rest = " ".join(words), (), words[1:]
    known = set(OPTION.findall(help_of(())))
    while names := subcommands(help_of(path)):
        if not rest or rest[0].startswith("-"):
            break
        if rest[0] not in names:
            return [f"README.md: `{shown}`: there is no subcommand {rest[0]}"]
        path, rest = path + (rest[0],), rest[1:]
        known |= set(OPTION.findall(help_of(path)))
    return check_options(shown, rest, known)


def help_reader(command):
    texts = {}

    def help_of(path):
        if path not in texts:
            done = subprocess.run([*command, *path, "--help"], capture_output=True, text=True,
                                  timeout=60, check=False)
            if done.returncode != 0:
                sys.exit(f"`{' '.join([*command, *path])} --help` ended with {done.returncode}: "
                         f"{done.stderr}")
            texts[path] = done.stdout
        return texts[path]

    return help_of


def self_test():
    helps = {(): "Usage: smtprig\n\nOptions:\n  -h,--help  Help\n\nSubcommands:\n"
                 "  serve   Serves\n  transcript  Shows\n",
             ("serve",): "Options:\n  --port N  Port\n  -q,--quiet  Nothing\n",
             ("transcript",): "Subcommands:\n  show  Shows\n",
             ("transcript", "show"): "Options:\n  --format F\n"}
    for line, wanted in (("smtprig serve --port 0 greylisting", False),
                         ("smtprig serve --port=0 -q", False),
                         ("smtprig --help", False),
                         ("smtprig transcript show --format text f.jsonl", False),
                         ("smtprig serve -- --unheard", False),
                         ("smtprig served", True),
                         ("smtprig serve --prot 0", True),
                         ("smtprig transcript list", True),
                         ("smtprig transcript show --port 0", True)):
        expect(line, check_smtprig(line.split(), helps.__getitem__), wanted)
    found = list(commands("Text\n```sh\n$ A_B=1 smtprig serve \\\n  --port 0 & curl x | smtprig wait"
                          " # why\nit's\nls\n```\n```cpp\nsmtprig no;\n```\n"))
    if found != [["smtprig", "serve", "--port", "0"], ["smtprig", "wait"]]:
        sys.exit(f"self-test: the commands are read wrongly: {found}")


def main():
    root = pathlib.Path(sys.argv[1])
    program = sys.argv[2] if len(sys.argv) > 2 else ""
    self_test()
    if not (root / "README.md").is_file():
        print("There is no README.md to check.")
        sys.exit(SKIPPED)
    built = pathlib.Path(program).is_file()
    if not built:
        print("The program is not built, so its subcommands and options are not checked.")
    problems = []
    smtprig, run = help_reader([program]), help_reader([str(root / "tests/run.sh")])
    for words in commands(read(root / "README.md")):
        if words[0] in SCRIPTS:
            script = root / words[0]
            if not script.is_file() or not script.stat().st_mode & 0o100:
                problems.append(f"README.md: {words[0]} is not a script that can be run")
                continue
        if words[0] == "./tests/run.sh":
            problems += check_options(" ".join(words), words[1:], set(OPTION.findall(run(()))))
        elif built:
            called = ["smtprig", "serve", *words[1:]] if words[0] in SCRIPTS else words
            problems += check_smtprig(called, smtprig)
    finish(problems)


main()
