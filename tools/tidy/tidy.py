#!/usr/bin/env python3
"""The house rules as a test: ranks, names, sizes, headers, hot modules. Prints "file:line: rule: sentence" for each breach.

Each rule is a function of one file (or of the whole tree) that yields breaches; RULES lists them. What a rule must let
pass stands in layers.toml with its reason, where its number can be watched."""

import pathlib
import re
import subprocess
import sys
import tomllib
from dataclasses import dataclass

MAX_FILE_LINES = 800
MAX_FUNCTION_LINES = 70
BANNED_NAMES = {"util", "utils", "common", "helper", "helpers", "misc", "manager"}
CARD_HEADINGS = ["Purpose", "Nouns", "Public headers", "Threads", "State", "Trust"]


@dataclass(frozen=True)
class Breach:
    path: str
    line: int
    rule: str
    text: str

    def __str__(self):
        return f"{self.path}:{self.line}: {self.rule}: {self.text}"


@dataclass
class Source:
    """One C++ file: where it is, what module it belongs to, its lines, and the lines without comments and strings."""

    path: str
    lines: list
    code: list

    @property
    def parts(self):
        return self.path.split("/")

    @property
    def module(self):
        return self.parts[1] if self.parts[0] == "src" and len(self.parts) > 2 else None

    @property
    def is_header(self):
        return self.path.endswith(".hpp")

    @property
    def is_test(self):
        return bool(re.search(r"_(test|fuzz|bench)\.cpp$", self.path))


def strip_comments(text):
    """Blanks comments and string contents, keeping the line structure."""
    pattern = r'R"\((?:.|\n)*?\)"|//[^\n]*|/\*(?:.|\n)*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\''

    def blank(match):
        found = match.group(0)
        if found.startswith('"') or found.startswith("R"):
            return '""' + "\n" * found.count("\n")
        if found.startswith("'"):
            # A digit separator is no character literal.
            return found if re.fullmatch(r"'\d{3}'?", found) else "' '"
        return "\n" * found.count("\n")

    return re.sub(pattern, blank, re.sub(r"(?<=[0-9a-fA-F])'(?=[0-9a-fA-F])", "", text))


def load(root, path):
    text = (root / path).read_text(encoding="utf-8")
    # Includes keep their quotes: the rank rule reads them.
    code = []
    for plain, stripped in zip(text.split("\n"), strip_comments(text).split("\n")):
        code.append(plain if plain.lstrip().startswith("#include") else stripped)
    return Source(path, text.split("\n"), code)


def check_ranks(source, rules):
    ranks, exceptions = rules["ranks"], rules.get("exceptions", {})
    if source.module is None:
        return
    if source.module not in ranks:
        yield Breach(source.path, 1, "rank", f"module '{source.module}' has no rank; give it one in tools/layers.toml")
        return
    for number, line in enumerate(source.code, 1):
        match = re.match(r'\s*#include "([a-z_0-9]+)/', line)
        if not match:
            continue
        target = match.group(1)
        if target == source.module or f"{source.module} -> {target}" in exceptions:
            continue
        if target in ranks and ranks[target] >= ranks[source.module]:
            yield Breach(source.path, number, "rank", f"{source.module} (rank {ranks[source.module]}) must not include "
                         f"{target} (rank {ranks[target]}); own a port and let apps/ wire it")


def check_name(source, _rules):
    stem = pathlib.PurePath(source.path).stem
    for word in [stem, *source.parts[:-1]]:
        if word in BANNED_NAMES:
            yield Breach(source.path, 1, "name", f"'{word}' says nothing; name it for its subject")


def check_size(source, _rules):
    if len(source.lines) > MAX_FILE_LINES:
        yield Breach(source.path, MAX_FILE_LINES, "file-length", f"{len(source.lines)} lines; split it by subject (at most {MAX_FILE_LINES})")


CONTROL = re.compile(r"^\s*(if|for|while|switch|else|do|catch|try|return|case|default|namespace|struct|class|enum|union|extern)\b")


def block_end(code, first):
    """The line on which the block that opens at the end of line `first` closes."""
    depth = 0
    for number in range(first, len(code)):
        depth += code[number].count("{") - code[number].count("}")
        if depth <= 0:
            return number
    return len(code) - 1


def signature_start(code, opening):
    """The first line of the declaration whose block opens at the end of line `opening`."""
    first = opening
    while first > 0:
        above = code[first - 1].strip()
        if not above or above.endswith((";", "{", "}", ">")) or above.startswith(("#", "template")) or re.fullmatch(r"(public|private|protected):", above):
            break
        first -= 1
    return first


def functions(source):
    """(first line, last line, signature) of each function body, by the layout that clang-format gives."""
    number = 0
    while number < len(source.code):
        if source.code[number].rstrip().endswith("{"):
            first = signature_start(source.code, number)
            head = " ".join(line.strip() for line in source.code[first : number + 1])
            plain = "(" in head and not CONTROL.match(head) and not re.search(r"(=|return)\s*\{+$|\]\s*(\(.*\))?[^()]*\{$", head)
            if plain:
                last = block_end(source.code, number)
                yield first, last, head
                number = last
        number += 1


def check_functions(source, _rules):
    for first, last, _ in functions(source):
        length = last - first + 1
        if length > MAX_FUNCTION_LINES:
            yield Breach(source.path, first + 1, "function-length", f"{length} lines; a function fits a screen (at most {MAX_FUNCTION_LINES})")


def check_namespace(source, _rules):
    if source.module is None:
        return
    folders = source.parts[1:-1]
    if folders[0] == "apps" and source.parts[-1] == "main.cpp":
        return
    wanted = "sluice::" + "::".join(folders)
    text = "\n".join(source.code)
    if source.path.endswith("_fuzz.cpp") and "LLVMFuzzerTestOneInput" in text:
        return
    if not re.search(rf"^namespace {re.escape(wanted)}\b", text, re.M):
        yield Breach(source.path, 1, "namespace", f"the namespace follows the path: expected 'namespace {wanted}'")


def check_header(source, _rules):
    if source.is_header:
        if "#pragma once" not in source.lines:
            yield Breach(source.path, 1, "header", "no '#pragma once'")
        if not source.lines[0].startswith("//"):
            yield Breach(source.path, 1, "header", "the first lines say what the header gives: start with a comment")
        return
    own = re.sub(r"(_test|_bench)?\.cpp$", ".hpp", source.path)
    if source.module is None or not pathlib.Path(rules_root(), own).exists():
        return
    includes = [line for line in source.code if line.startswith("#include")]
    mine = f'#include "{own.removeprefix("src/")}"'
    if not source.is_test and includes and includes[0] != mine:
        yield Breach(source.path, 1, "own-header-first", f"{mine} comes first, so that the header proves to stand on its own")


HOT = {
    r"\bthrow\b": "throws",
    r"\bstd::function\b": "std::function allocates and hides the call",
    r"\bstd::regex\b|#include <regex>": "regular expressions",
    r"\bsystem_clock\b|[.>]wall\(\)": "reads the wall clock",
    r"\bbase::Logger\b|#include \"base/log\.hpp\"": "logs",
}


def check_hot(source, rules):
    hot = rules.get("hot", {})
    allowed = any(source.path == path or (path.endswith("/") and source.path.startswith(path)) for path in hot.get("allow", {}))
    if source.module not in hot.get("modules", []) or source.is_test or allowed:
        return
    for number, line in enumerate(source.code, 1):
        for pattern, what in HOT.items():
            if re.search(pattern, line):
                yield Breach(source.path, number, "hot", f"{what} in a hot module; move it out or list the file with its reason in tools/layers.toml")


def check_tests_assert(source, _rules):
    if not source.path.endswith("_test.cpp"):
        return
    proves = re.compile(r"\b(EXPECT_|ASSERT_|FAIL\(|ADD_FAILURE|static_assert)|\b(check|expect|verify)\w*(<[^>()]*>)?\(", re.I)
    for first, last, head in functions(source):
        if re.match(r"\s*TEST(_F|_P)?\(", source.code[first]) and not proves.search("\n".join(source.code[first : last + 1])):
            yield Breach(source.path, first + 1, "assertion", "this test asserts nothing")


def check_cards(root, rules):
    for module in sorted(rules["ranks"]):
        folder = root / "src" / module
        if module == "apps" or not folder.is_dir() or not list(folder.rglob("*.hpp")):
            continue
        card = folder / "README.md"
        if not card.exists():
            yield Breach(f"src/{module}", 1, "card", "no README.md: purpose, nouns, public headers, threads, state, trust")
            continue
        text = card.read_text(encoding="utf-8").lower()
        for heading in CARD_HEADINGS:
            if heading.lower() not in text:
                yield Breach(f"src/{module}/README.md", 1, "card", f"says nothing under '{heading}'")


def check_exceptions(root, rules):
    """An exception that nothing needs any more must go: their number may only fall."""
    text = {}
    for pair in rules.get("exceptions", {}):
        module, target = (word.strip() for word in pair.split("->"))
        if module not in text:
            text[module] = "\n".join(p.read_text(encoding="utf-8") for p in (root / "src" / module).rglob("*.?pp"))
        if f'#include "{target}/' not in text[module]:
            yield Breach("tools/layers.toml", 1, "exception", f"'{pair}' is not needed any more; remove it")
    for path in rules.get("hot", {}).get("allow", {}):
        if not (root / path).exists():
            yield Breach("tools/layers.toml", 1, "exception", f"'{path}' does not exist any more; remove it")


def check_scripts(root, _rules):
    """Shell is read by bash line by line as it runs: what bash can not parse is found today, not at the end of a long run."""
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=root, capture_output=True, text=True, check=True)
    for path in listed.stdout.splitlines():
        file = root / path
        if "." in file.name and file.suffix != ".sh" or not file.is_file() or not file.open("rb").readline().rstrip().endswith(b"bash"):
            continue
        done = subprocess.run(["bash", "-n", str(file)], capture_output=True, text=True)
        for line, text in re.findall(r"line (\d+): (.*)", done.stderr)[:1]:
            yield Breach(path, int(line), "script", text)


RULES = [check_ranks, check_name, check_size, check_functions, check_namespace, check_header, check_hot, check_tests_assert]
TREE_RULES = [check_cards, check_exceptions, check_scripts]
ROOT = pathlib.Path(__file__).resolve().parents[2]


def rules_root():
    return ROOT


def tracked(root):
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "*.cpp", "*.hpp"], cwd=root, capture_output=True,
                            text=True, check=True).stdout.split()
    return [path for path in listed if (root / path).exists()]


def breaches(root):
    rules = tomllib.loads((root / "tools/layers.toml").read_text(encoding="utf-8"))
    for path in tracked(root):
        source = load(root, path)
        for rule in RULES:
            yield from rule(source, rules)
    for rule in TREE_RULES:
        yield from rule(root, rules)


def unformatted(root):
    files = tracked(root)
    done = subprocess.run(["clang-format-14", "--dry-run", "-Werror", *files], cwd=root, capture_output=True, text=True)
    return sorted({line.split(":")[0] for line in done.stderr.splitlines() if "clang-format-violations" in line})


def main():
    found = list(breaches(ROOT))
    for breach in found:
        print(breach)
    for path in unformatted(ROOT):
        found.append(path)
        print(f"{path}:1: format: run './dev fmt'")
    print(f"tidy: {len(tracked(ROOT))} files, {len(found)} breaches")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
