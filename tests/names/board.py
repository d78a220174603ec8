#!/usr/bin/env python3
"""Measures how ATSi divides names that nobody here wrote.

Fetches the source package of `nameparser` (LGPL, never copied into this repository) into a temporary
folder, reads the names that its own tests parse with the default settings and what they expect, and
lets the core divide them. Run: `tests/names/board.py [--show wrong|asked|no-name]`.

A name counts as right where the given and the family name agree; middle names may be on either side,
and titles, suffixes, nicknames, case and punctuation do not matter. Where the tests expect only one of
the two, or call the text ambiguous, asking is right as well.
"""

import argparse
import ast
import re
import subprocess
import sys
import tempfile
import unicodedata
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
V1_FIELDS = {"first": "given", "last": "family"}
NAME_FIELDS = ("given", "middle", "family")
BESIDE = ("title", "suffix", "nickname", "maiden")
GENERATIONS = ["jr", "sr", "ii", "iii", "iv", "v"]


@dataclass
class Case:
    text: str
    expect: dict = field(default_factory=dict)
    may_ask: bool = False


def fetch(folder):
    command = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    download = [*command, "download", "--no-deps", "--no-binary", ":all:", "--dest", str(folder), "nameparser"]
    subprocess.run(download, check=True)
    archive = next(folder.glob("nameparser-*.tar.gz"))
    subprocess.run(["tar", "-xzf", archive, "-C", folder], check=True)
    return next(path for path in folder.glob("nameparser-*") if path.is_dir())


def text_of(node):
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def of_assertions(path):
    """Reads `hn = HumanName("…")` followed by `self.m(hn.first, "…", hn)`."""
    for function in ast.walk(ast.parse(path.read_text())):
        if not isinstance(function, ast.FunctionDef):
            continue
        case = None
        for statement in function.body:
            if isinstance(statement, ast.Assign):
                # Another name, or one that the test changes by hand: what follows is about that.
                if case:
                    yield case
                call = statement.value
                is_plain = (
                    isinstance(call, ast.Call)
                    and getattr(call.func, "id", "") == "HumanName"
                    and len(call.args) == 1
                    and not call.keywords
                    and text_of(call.args[0])
                )
                case = Case(call.args[0].value) if is_plain else None
                continue
            call = getattr(statement, "value", None)
            is_assertion = isinstance(call, ast.Call) and getattr(call.func, "attr", "") == "m" and len(call.args) > 1
            if case and is_assertion:
                name, value = getattr(call.args[0], "attr", ""), text_of(call.args[1])
                if value is not None:
                    case.expect[V1_FIELDS.get(name, name)] = value
        if case:
            yield case


def of_table(path):
    """Reads `Case("id", "text", {"given": …})` where neither a policy nor a locale is set."""
    for call in ast.walk(ast.parse(path.read_text())):
        if not (isinstance(call, ast.Call) and getattr(call.func, "id", "") == "Case" and len(call.args) == 3):
            continue
        options = {option.arg: option.value for option in call.keywords}
        if {"policy", "locale", "tolerated"} & set(options):
            continue
        try:
            text, expect = ast.literal_eval(call.args[1]), ast.literal_eval(call.args[2])
        except ValueError:
            continue
        ambiguities = options.get("ambiguities")
        may_ask = bool(ambiguities is not None and getattr(ambiguities, "elts", ()))
        yield Case(text, {"given": "", "middle": "", "family": "", **expect}, may_ask)


def words(text):
    decomposed = unicodedata.normalize("NFKD", text or "").casefold()
    letters = "".join(c for c in decomposed if not unicodedata.combining(c))
    return [word for word in re.split(r"[^\w]+", letters) if word]


def is_right(case, first, last):
    """Whether the words of both parts, without what is beside the name, are given + middle + family."""
    beside = GENERATIONS + [word for name in BESIDE for word in words(case.expect.get(name, ""))]
    given, middle, family = (words(case.expect.get(name, "")) for name in NAME_FIELDS)

    def bare(text, keep):
        left = list(words(text))
        for word in beside:
            if left.count(word) > keep.count(word):
                left.remove(word)
        return left

    ours = bare(first, given + middle + family), bare(last, given + middle + family)
    if "family" not in case.expect:
        return ours[0][: len(given)] == given
    if "given" not in case.expect:
        return ours[1][-len(family) :] == family
    if "middle" not in case.expect:
        return ours[0][: len(given)] == given and ours[1][-len(family) :] == family
    return any(ours == (given + middle[:at], middle[at:] + family) for at in range(len(middle) + 1))


def divide(cases):
    program = ["cargo", "run", "--quiet", "--package", "atsi", "--example", "names"]
    # A line break would be two names to the program, and a browser shows it as a space.
    lines = "\n".join(re.sub(r"\s", " ", case.text) for case in cases)
    done = subprocess.run(program, cwd=ROOT, input=lines + "\n", text=True, capture_output=True, check=True)
    return [line.split("\t") for line in done.stdout.split("\n")[: len(cases)]]


def is_one_name(case):
    """Whether the tests expect one of the two only."""
    beside = {word for name in BESIDE for word in words(case.expect.get(name, ""))}
    shown = [word for word in words(case.text) if word not in beside]
    given, family = (words(case.expect.get(name, "")) for name in ("given", "family"))
    return shown in (given, family) or [given, family].count([]) == 1 and "middle" in case.expect


def verdict(case, answer, first, last):
    if answer == "no-name":
        return "no-name"
    if answer == "asked":
        return "right" if case.may_ask or is_one_name(case) else "asked"
    return "right" if is_right(case, first, last) else "wrong"


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--show", choices=("wrong", "asked", "no-name"), help="print the names of one verdict")
    options.add_argument("--source", type=Path, help="an unpacked source package, instead of fetching one")
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        source = chosen.source or fetch(Path(folder))
        tests = source / "tests"
        boards = {
            "tests/test_*.py": [case for path in sorted(tests.glob("test_*.py")) for case in of_assertions(path)],
            "tests/v2/cases.py": list(of_table(tests / "v2" / "cases.py")),
        }
    print(f"{source.name}\n{'names':<20}{'all':>6}{'right':>9}{'wrong':>9}{'asked':>9}{'no name':>9}")
    for title, cases in boards.items():
        # What has no letter is no name to anyone; the same text is counted once.
        cases = [case for case in cases if {"given", "family"} & set(case.expect) and re.search(r"[^\W\d_]", case.text)]
        cases = list({case.text: case for case in cases}.values())
        found = {"right": [], "wrong": [], "asked": [], "no-name": []}
        for case, answer in zip(cases, divide(cases), strict=True):
            found[verdict(case, *answer)].append((case, answer))
        shares = "".join(f"{len(of) / len(cases):>9.1%}" for of in found.values())
        print(f"{title:<20}{len(cases):>6}{shares}")
        for case, (_, first, last) in found.get(chosen.show, []):
            print(f"  {case.text!r}: {first!r} | {last!r}, expected {case.expect}")


if __name__ == "__main__":
    main()
