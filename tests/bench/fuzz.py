"""Broken policies by the hundred thousand: ``python -m tests.bench.fuzz --minutes 10``.

Good, bad and shipped policies are changed at random: bytes, lines, words of the language, pieces of
other files. Each must be loaded, or refused with problems whose places lie inside the file, within
a second; nothing but a PolicyError may escape. The seed makes a run repeatable; what fails is
written to a file.
"""

from __future__ import annotations

import argparse
import random
import re
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from backup_auditor.compose import kinds
from backup_auditor.errors import PolicyError
from backup_auditor.model import Problem
from backup_auditor.policy.doubts import doubts
from backup_auditor.policy.load import load
from backup_auditor.policy.page import Page
from backup_auditor.policy.quoting import told
from backup_auditor.rules import load_rules
from backup_auditor.sources import load_sources

from tests.builders import NOW

_ROOT = Path(__file__).parents[2]
_LONGEST = 200_000
_LIMIT_SECONDS = 1.0
_TOKENS = (
    *("{", "}", "[", "]", ": ", ", ", "- ", "? ", "&a ", "*a", "!", "!!str ", "|\n", ">\n", "\t"),
    *('"', "'", "#", "---\n", "...\n", "%YAML 1.1\n", "<<: ", "~", "null", "true", "off", "0x1"),
    *("0", "-1", "1e999", "99999999999999999999", "26h", "50%", "10KiB", "env:A", "\u2028", "\x85"),
    *("\ufeff", "生产", "\u202e", "\U0001f4be", "e\u0301", "${A}", "\r", "\0", "  ", "\n"),
)
_WORD = re.compile(rb"[\w.*-]+")
_RAW = tuple(token.encode() for token in _TOKENS)


@dataclass
class Fuzzer:
    """Makes and tries changed policies."""

    rng: random.Random
    good: list[bytes]
    bad: list[bytes]
    kinds: object = field(default_factory=kinds)
    rules: object = field(default_factory=load_rules)
    tells: object = field(default_factory=lambda: {n: k.tells for n, k in load_sources().items()})
    count: int = 0
    sound: int = 0
    slowest: float = 0.0

    def __post_init__(self) -> None:
        """Collect the words of all files."""
        self.corpus = [*self.good, *self.bad]
        self._words: list[bytes] = sorted(
            {word for data in self.corpus for word in _WORD.findall(data)}
        )
        self._changes: tuple[Callable[[bytes], bytes], ...] = (
            self._flip,
            self._token,
            self._word,
            self._splice,
            self._lines,
            self._indent,
            self._cut,
            self._unicode,
        )

    def made(self) -> bytes:
        """Return a policy that was changed one to six times."""
        data = self.rng.choice(self.rng.choice((self.good, self.corpus)))
        for _ in range(self.rng.randint(1, 6)):
            data = self.rng.choice(self._changes)(data)[:_LONGEST]
        return data

    def tried(self, data: bytes) -> str:
        """Load it; return what is wrong with that, else nothing."""
        started = time.process_time()
        try:
            found = load(data, "p.yaml", self.kinds)  # type: ignore[arg-type]
            problems = doubts(found, self.rules, NOW, self.tells)  # type: ignore[arg-type]
            self.sound += 1
        except PolicyError as error:
            problems = error.problems
        except Exception as error:  # noqa: BLE001 - what escapes is what is looked for
            return f"{type(error).__name__} escapes"
        spent = time.process_time() - started
        self.count, self.slowest = self.count + 1, max(self.slowest, spent)
        if spent > _LIMIT_SECONDS:
            return f"took {spent:.2f} s"
        wrong = (_misplaced(problem, data) for problem in problems)
        return next(filter(None, wrong), "")

    def _at(self, data: bytes) -> int:
        return self.rng.randint(0, len(data))

    def _flip(self, data: bytes) -> bytes:
        at = self._at(data)
        return data[:at] + bytes([self.rng.randrange(256)]) + data[at + self.rng.randint(0, 1) :]

    def _token(self, data: bytes) -> bytes:
        at = self._at(data)
        return data[:at] + self.rng.choice(_RAW) + data[at + self.rng.randint(0, 3) :]

    def _word(self, data: bytes) -> bytes:
        places = list(_WORD.finditer(data))
        if not places:
            return data
        word = self.rng.choice(places)
        return data[: word.start()] + self.rng.choice(self._words) + data[word.end() :]

    def _splice(self, data: bytes) -> bytes:
        other = self.rng.choice(self.corpus)
        start, at = self._at(other), self._at(data)
        return data[:at] + other[start : start + self.rng.randint(0, 400)] + data[at:]

    def _lines(self, data: bytes) -> bytes:
        lines = data.splitlines(keepends=True) or [b""]
        at, to = self.rng.randrange(len(lines)), self.rng.randrange(len(lines))
        what = self.rng.randrange(3)
        if what == 0:
            del lines[at]
        elif what == 1:
            lines[to:to] = lines[at : at + self.rng.randint(1, 8)] * self.rng.choice((1, 1, 50))
        else:
            lines[at], lines[to] = lines[to], lines[at]
        return b"".join(lines)

    def _indent(self, data: bytes) -> bytes:
        lines = data.splitlines(keepends=True) or [b""]
        at = self.rng.randrange(len(lines))
        lines[at] = self.rng.choice((b" ", b"  ", b"    ", b"- ")) + lines[at].lstrip(b" ")
        return b"".join(lines)

    def _cut(self, data: bytes) -> bytes:
        start = self._at(data)
        return data[:start] + data[start + self.rng.randint(1, 60) :]

    def _unicode(self, data: bytes) -> bytes:
        at = self._at(data)
        chars = (chr(self.rng.randrange(0x110000)) for _ in range(self.rng.randint(1, 5)))
        return data[:at] + "".join(chars).encode(errors="replace") + data[at:]


def _misplaced(problem: Problem, data: bytes) -> str:
    """Return what is wrong with the place of a problem, else nothing."""
    lines = Page(data.decode("utf-8-sig", errors="replace")).lines
    place = problem.place
    if not 1 <= place.line <= len(lines):
        return f"line {place.line} is not in the file: {problem}"
    if not 1 <= place.column <= len(lines[place.line - 1]) + 1:
        return f"column {place.column} is not in its line: {problem}"
    if problem.quote.strip() and "^" not in told(problem, 80).splitlines()[-1]:
        return f"no caret: {problem}"
    return ""


def files_in(*folders: str) -> list[bytes]:
    """Return all policies in some folders of the repository."""
    files = (file for folder in folders for file in sorted((_ROOT / folder).rglob("*.yaml")))
    return [file.read_bytes() for file in files]


def main() -> None:
    """Try for so many minutes; exit with 1 when something was found."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    options.add_argument("--minutes", type=float, default=1.0)
    options.add_argument("--seed", type=int, default=0)
    given = options.parse_args()
    fuzzer = Fuzzer(
        random.Random(given.seed),  # noqa: S311 - it makes no secrets
        good=files_in("policies", "tests/policy/good"),
        bad=files_in("tests/policy/bad"),
    )
    end, found = time.monotonic() + 60 * given.minutes, 0
    while time.monotonic() < end:
        data = fuzzer.made()
        wrong = fuzzer.tried(data)
        if wrong:
            found += 1
            with tempfile.NamedTemporaryFile(prefix="fuzz-", suffix=".yaml", delete=False) as file:
                file.write(data)
            print(f"{file.name}: {wrong[:300]}", flush=True)
    print(
        f"{fuzzer.count} policies with seed {given.seed}, {fuzzer.sound} of them sound;"
        f" slowest {fuzzer.slowest:.3f} s of CPU; {found} findings"
    )
    raise SystemExit(found > 0)


if __name__ == "__main__":
    main()
