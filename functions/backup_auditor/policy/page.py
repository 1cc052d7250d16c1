"""The lines of a policy file, and which of them may be shown: a secret never is.

What stands under ``sources`` and ``channels`` is not quoted. People mistype, though: a section may
be misspelt, quoted, or written in one line with others. So a line is quoted only when it is clear
that it belongs to another section, both by its text and by what the parser has seen; else the most
that is shown is the one word that is a key.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from functools import cached_property

from backup_auditor.model import Place

_PUBLIC = frozenset(
    {
        *(
            "version",
            "name",
            "audit_every",
            "timezone",
            "language",
            "defaults",
            "policies",
            "exemptions",
            "ungoverned",
        ),
        *("policy", "now", "cases"),  # of a file of cases
    }
)
_BREAK = re.compile("\r\n|[\r\n\x85\u2028\u2029]")
"""What ends a line in YAML."""
_TOP_KEY = re.compile(r"(\w{1,20}) *:(?=\s|$)", re.ASCII)
_GOES_ON = re.compile(r"[ \t#]|-\s|-?$")
_RUNBOOK = re.compile(r"\brunbook[\"']?\s*:\s*[\"']?https?://")
_SUSPECT = re.compile(
    r"://|(?:secret|token|passw|credential|webhook|_key|\burl)\w*[\"']?\s*:(?!\w)", re.IGNORECASE
)
_WORD = re.compile(r"[a-z][a-z_.-]{0,29}")
_MOST_INDENTED = 500


def is_harmless(text: str) -> bool:
    """Return whether ``text`` is a mere word: a key or a kind may be, a token never is."""
    return _WORD.fullmatch(text) is not None


class Page:
    """The lines of one file."""

    def __init__(self, text: str) -> None:
        """Split the lines as YAML does, so that they agree with the places in problems."""
        self.lines = _BREAK.split(text)
        self._suspect: dict[int, bool] = {}
        self._tops: list[tuple[int, int, bool]] = []
        self._unread_from = 0

    def begins(self, key: str, place: Place) -> None:
        """Note that the parser has found ``key`` at the top of the file; they come in order."""
        self._tops.append((place.line, place.column, key in _PUBLIC))

    def ends(self, line: int) -> None:
        """Note that the parser gave up on what began in ``line``: a string may be open since."""
        self._unread_from = line

    def is_public(self, line: int) -> bool:
        """Return whether it is clear that ``line`` (from 1) holds no secret."""
        if not 0 < line <= len(self.lines) or self._is_suspect(line):
            return False
        first = min(line, self._unread_from or line)
        return all(self._sections[first - 1 : line]) and self._is_parsed_as_public(line)

    def quote(self, place: Place) -> str:
        """Return the line at ``place``; of one that is not public only the key, else nothing."""
        if not 0 < place.line <= len(self.lines):
            return ""
        line = self.lines[place.line - 1]
        if self.is_public(place.line):
            return line
        start, end = place.column - 1, place.column - 1 + place.width
        is_key = re.match(r"\s*:(\s|$)", line[end : end + 100]) is not None
        is_whole = start == 0 or line[start - 1] in " ,{[?"
        if not (is_key and is_whole and place.width > 1 and start < _MOST_INDENTED):
            return ""
        word = line[start:end]
        return " " * start + word + ": …" if is_harmless(word.strip("'\"")) else ""

    @cached_property
    def _sections(self) -> list[bool]:
        """Tell of each line whether it seems to stand in a section that is public."""
        found: list[bool] = []
        public = False
        for line in self.lines:
            key = _TOP_KEY.match(line)
            if key:
                public = key[1] in _PUBLIC
            elif not _GOES_ON.match(line):
                public = False
            found.append(public)
        return found

    def _is_suspect(self, line: int) -> bool:
        """Tell whether something in the line looks like a secret, or like the key of one."""
        found = self._suspect.get(line)
        if found is None:  # asked for every problem of a line, which may be a megabyte long
            text = _RUNBOOK.sub("", self.lines[line - 1])
            found = self._suspect[line] = _SUSPECT.search(text) is not None
        return found

    def _is_parsed_as_public(self, line: int) -> bool:
        first = bisect_left(self._tops, (line, 0, False))
        after = bisect_left(self._tops, (line + 1, 0, False))
        here, before = self._tops[first:after], self._tops[:first][-1:]
        if not all(public for *_, public in here):
            return False
        begins_here = bool(here) and here[0][1] == 1
        return begins_here or all(public for *_, public in before)
