"""coroutines.py ROOT: no full expression with co_await has a shape that g++ 12 miscompiles.

g++ 12.2 destroys some temporaries of such an expression twice, or uses them after their end. The
shapes are: a lambda with captures by value, co_spawn or async_initiate with a capturing lambda,
?:, a braced list or a braced temporary, and a braced default of a coroutine's parameter. A
statement of its own for the lambda, the list or the branch is safe, and so is a lambda that
captures by reference only.

The source is read as a tree of brackets, and a statement is what stands between semicolons and
blocks. The body of a lambda is a function of its own. That is less than a C++ parser and enough
here: where it errs, it flags, and the safe form is one line away."""

import pathlib
import re
import sys

from tree import expect, files, finish, read

TOKEN = re.compile(
    r"""(?P<skip>//[^\n]*|/\*.*?\*/|^[ \t]*\#(?:[^\n\\]|\\.|\\\n)*)"""
    r"""|(?P<string>(?:u8|[uUL])?R"(?P<fence>[^(\s]*)\(.*?\)(?P=fence)"|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)+')"""
    r"""|(?P<word>[A-Za-z_]\w*|\d(?:[\w.]|'\w|[eEpP][+-])*)"""
    r"""|(?P<sign>::|->|&&|[^\s\w])""", re.DOTALL | re.MULTILINE)
CLOSING = {"(": ")", "[": "]", "{": "}"}
# After these words a bracket [ begins a lambda; after any other word it is a subscript.
BEFORE_OPERAND = {"return", "co_return", "co_await", "co_yield", "case", "else", "do", "throw"}
CONTROL = {"if", "for", "while", "switch", "catch"}
SCOPES = {"namespace", "class", "struct", "union", "enum", "extern"}


class Token:
    def __init__(self, text, line, children=None):
        self.text, self.line, self.children = text, line, children

    def is_group(self, bracket):
        return self.children is not None and self.text == bracket


def parse(source):
    """The tokens of the source, each bracket with what is in it as its children."""
    top, line, position = [], 1, 0
    stack = [(None, top)]
    for match in TOKEN.finditer(source):
        line += source.count("\n", position, match.start())
        position = match.start()
        if match.group("skip") is not None:
            continue
        text = '""' if match.group("string") is not None else match.group()
        if text in CLOSING:
            group = Token(text, line, [])
            stack[-1][1].append(group)
            stack.append((CLOSING[text], group.children))
        elif text == stack[-1][0]:
            stack.pop()
        else:
            before = stack[-1][1][-1:]
            if text == "co_await" and before and before[0].text == "operator":
                text = "operator co_await"  # a declaration, nothing is awaited
            stack[-1][1].append(Token(text, line))
    return top


def lambda_body(tokens, i):
    """Index of the body when tokens[i] is a lambda's captures, else None."""
    if not tokens[i].is_group("["):
        return None
    if i and (tokens[i - 1].is_group("(") or tokens[i - 1].is_group("[")
              or re.match(r"\w", tokens[i - 1].text)
              and tokens[i - 1].text not in BEFORE_OPERAND):
        return None
    for j in range(i + 1, len(tokens)):
        if tokens[j].is_group("{"):
            return j
        if tokens[j].text in {";", ",", "=", ":"}:
            return None
    return None


def captures(group):
    """The captures of a lambda, each as a list of its tokens' texts."""
    found = [[]]
    for token in group.children:
        if token.text == ",":
            found.append([])
        else:
            found[-1].append(token.text)
    return [capture for capture in found if capture]


class Expression:
    """What one full expression contains outside the bodies of its lambdas."""

    def __init__(self, tokens):
        self.awaits = []       # lines
        self.words = set()
        self.lambdas = []      # (line, captures)
        self.braces = []       # lines
        self.branches = []     # lines
        self.bodies = []       # lists of tokens
        self.collect(tokens)

    def collect(self, tokens):
        bodies = {lambda_body(tokens, i): i for i in range(len(tokens))}
        bodies.pop(None, None)
        for i, token in enumerate(tokens):
            if i in bodies:
                self.bodies.append(token.children)
            elif i in bodies.values():
                self.lambdas.append((token.line, captures(token)))
            elif token.children is not None:
                if token.text == "{":
                    self.braces.append(token.line)
                self.collect(token.children)
            elif token.text == "co_await":
                self.awaits.append(token.line)
            elif token.text == "?":
                self.branches.append(token.line)
            else:
                self.words.add(token.text)

    def problems(self):
        found = []
        if self.awaits:
            found += [(line, "?: beside co_await") for line in self.branches]
            found += [(line, "a braced list or braced temporary beside co_await")
                      for line in self.braces]
            for line, names in self.lambdas:
                if any(not name[0].startswith("&") for name in names):
                    found.append((line, "a lambda that captures by value beside co_await"))
                elif names and self.words & {"co_spawn", "async_initiate"}:
                    found.append((line, "co_spawn or async_initiate of a capturing lambda beside "
                                        "co_await"))
        for body in self.bodies:
            found += check_block(body)
        return found


def check_parameters(tokens):
    """A coroutine's parameter with a braced default breaks at each call that uses the default."""
    if not any(token.text == "awaitable" for token in tokens):
        return []
    return [(group.children[i + 1].line, "a coroutine's parameter with a braced default")
            for group in tokens if group.is_group("(")
            for i, token in enumerate(group.children[:-1])
            if token.text == "=" and group.children[i + 1].is_group("{")]


def ends_statement(statement, token):
    """Whether the block `token` ends the statement before it, as the body of a function does."""
    if not statement:
        return True
    if any(t.text in {"=", "return", "co_return", "co_await", "co_yield"} for t in statement):
        return False
    words = [t for t in statement if t.text in SCOPES]
    if words or statement[-1].text in {"else", "do", "try", ":"}:
        return True
    i = len(statement)
    if lambda_body(statement + [token], 0) == i:
        return False
    return any(t.is_group("(") for t in statement)


def check_block(tokens):
    """The statements of a block, a namespace, a class or a file."""
    found, statement = [], []

    def end():
        nonlocal statement
        if statement:
            found.extend(check_parameters(statement))
            found.extend(Expression(statement).problems())
        statement = []

    i = 0
    while i < len(tokens):
        token = tokens[i]
        if token.text in CONTROL and token.children is None:
            # The condition is a full expression of its own, or several of them.
            end()
            while i + 1 < len(tokens) and not tokens[i].is_group("("):
                i += 1
            if tokens[i].children is not None:
                found.extend(check_block(tokens[i].children))
        elif token.text == ";":
            end()
        elif token.is_group("{") and ends_statement(statement, token):
            end()
            found.extend(check_block(token.children))
        else:
            statement.append(token)
        i += 1
    end()
    return found


def check(source):
    return sorted(set(check_block(parse(source))))


BROKEN = (
    "co_await f([p, s] { use(p, s); });",
    "co_await f([=] { use(p); });",
    "auto x = co_await f([p = std::move(p)]() mutable -> int { return *p; });",
    "if (co_await f([p] { return p; })) g();",
    "while (!done) { co_await f([this] { g(); }); }",
    "co_await asio::co_spawn(ex, [v = std::move(v)]() -> awaitable<void> { co_return; }, use);",
    "co_await co_spawn(ex, [&v]() -> awaitable<void> { co_return; }, use);",
    "auto x = c ? co_await a() : co_await b();",
    "co_return c ? co_await a() : 0;",
    "co_await f({1, 2, 3});",
    "co_await f(std::vector<int>{1, 2, 3});",
    "co_await g(Options{.a = 1});",
    "for (auto& x : co_await g(Options{.a = 1})) use(x);",
    "co_await asio::async_initiate<T, void()>([&x](auto handler) { x(handler); }, token);",
    "run([] { return 1; }, [&]() -> awaitable<void> { co_await g(Options{.a = 1}); });",
    "} awaitable<void> h(std::vector<int> v = {1, 2, 3}); void k() {",
    "} namespace n { class C { awaitable<void> m() const { co_await f({1}); } }; } void k() {",
)
SAFE = (
    "auto pending = f([p, s] { use(p, s); }); co_await std::move(pending);",
    "auto use_both = [p, s] { use(p, s); }; co_await f(use_both);",
    "co_await asio::co_spawn(ex, named(std::move(state)), asio::use_awaitable);",
    "if (c) { co_await a(); } else { co_await b(); }",
    "auto pending = c ? a() : b(); co_await std::move(pending);",
    "std::vector<int> numbers{1, 2, 3}; co_await f(std::move(numbers));",
    "Options options{.a = 1}; co_await g(std::move(options));",
    "co_await initiated(token);",
    "co_await f([&] { use(p); });",
    "co_await f([&p, &q = r] { use(p, q); });",
    "co_await f([] { return 1; });",
    "co_await f(std::string(\"x\"), std::make_shared<int>(1));",
    "auto [error, count] = co_await read(buffer, as_tuple);",
    "auto& [error, count] = co_await read(buffer[1], as_tuple);",
    "while (auto line = co_await next()) { Options options{.a = 1}; use(options); }",
    "if (a && co_await b()) c();",
    "try { co_await a(); } catch (const Error& error) { use(Options{.a = 1}); }",
    "asio::co_spawn(ex, [v = std::move(v)]() -> awaitable<void> { co_await f(v); }, detached);",
    "// co_await f({1});\n/* co_await f({1}); */ auto s = \"co_await f({1});\";",
    "char c = '{'; auto n = 1'000; co_await f(c, n); auto r = R\"x({\"?)x\";",
    "switch (x) { case 1: co_await a(); break; default: use({1}); }",
    "} awaitable<void> h(std::vector<int> numbers); void k() {",
    "switch (x) { case 1: { co_await a(); break; } default: { b(); } }",
    "auto inner = [&](int n) -> awaitable<void> { co_await a(n); }; co_await inner(1);",
    "} struct A { auto operator co_await() const { return Options{1}; } }; void k() {",
    "[[maybe_unused]] auto x = co_await a();",
)


def self_test():
    for cases, wanted in ((BROKEN, True), (SAFE, False)):
        for case in cases:
            expect(case, check(f"awaitable<void> coroutine() {{ {case} }}\n"), wanted)
    found = check("void f() {\n#define X {\\\n}\n}\nawaitable<int> g() {\n  co_await h({1});\n}\n")
    if [line for line, _ in found] != [6]:
        sys.exit(f"self-test: the line is wrong: {found}")


def main():
    root = pathlib.Path(sys.argv[1])
    self_test()
    finish([f"{path.relative_to(root).as_posix()}:{line}: {what} is miscompiled by g++ 12"
            for path in files(root, ".cpp", ".hpp") for line, what in check(read(path))])


main()
