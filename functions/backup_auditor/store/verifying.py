"""Whether what a store holds of a range of days is what was written, and all of it.

The chain is checked from end to end, because all that follows a link rests on it. Of the files
those of the range are read. What can be found out has a limit: who may write to the store can write
the whole chain anew. So keep the digest of its last link elsewhere, and ask for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from backup_auditor.errors import StoreError
from backup_auditor.evidence.days import Calendar, spans
from backup_auditor.evidence.files import read_head
from backup_auditor.fields import FieldError
from backup_auditor.policy.load import digest as digest_of_policy
from backup_auditor.record import Link, Pointer
from backup_auditor.record.names import (
    EVIDENCE,
    chain_prefix,
    day_of,
    link_number,
    pointer_key,
    record_among,
    run_prefix,
    set_prefix,
    utc_day,
)
from backup_auditor.record.writing import digest, write_pointer
from backup_auditor.store import Store
from backup_auditor.store.chain import Chain
from backup_auditor.store.linking import Linked, follow
from backup_auditor.store.removed import Left, counted, kept_from, stretches
from backup_auditor.values import say_duration

_STRAY = "it was added, or left by a run that was stopped before its end or is still under way"
_FOLDERS = 6
"""Parts of a key up to the folder of its run."""


@dataclass(slots=True)
class Verified:
    """What was found."""

    problems: list[str] = field(default_factory=list)
    """One sentence each."""
    runs: int = 0
    files: int = 0
    links: int = 0
    head: str = ""
    """Digest of the last link."""


def verify(store: Store, set_name: str, range_: Calendar, head: str = "") -> Verified:
    """Verify the audits of a range; raises StoreError where the store cannot be listed.

    ``head`` is the digest of a link that the chain must hold, noted earlier; empty for none.
    Without a first day the chain must begin with its first link. What was removed as a whole is
    named as a whole.
    """
    linked = follow(Chain(store, set_name))
    problems = linked.problems
    if head and head not in linked.digests:
        problems.append(
            f"{chain_prefix(set_name)}: no link has the digest {head}: the chain was cut back or"
            " written anew"
        )
    verifier = _Verifier(store, set_name, range_, linked)
    return verifier.verify()


class _Verifier:
    def __init__(self, store: Store, set_name: str, range_: Calendar, linked: Linked) -> None:
        self._found = Verified(linked.problems, links=linked.links, head=linked.head)
        self._store = store
        self._name = set_name
        self._range = range_
        self._links = linked.last
        self._in_range = [link for link in self._links if range_.holds(self._day(link))]
        self._known = {self._prefix(link) + f: d for link in self._links for f, d in _files(link)}
        self._there = dict.fromkeys(store.keys(set_prefix(set_name)))
        self._first = linked.first if range_.first is None else 1
        """The first link that is there, where it must be that of the first audit."""
        self._bases: dict[str, str] = {}
        self._strays_before: list[str] = []

    def verify(self) -> Verified:
        left = [self._left(link) for link in self._in_range]
        for link, audit in zip(self._in_range, left, strict=True):
            self._found.runs += 1
            self._found.files += len(link.files)
            if not audit.is_gone:
                self._check_run(link)
        self._check_strays()
        self._check_removed(left)
        self._check_days()
        if self._range.last is None:
            self._check_pointer()
        return self._found

    def _say(self, problem: str) -> None:
        self._found.problems.append(problem)

    def _day(self, link: Link) -> date:
        return self._range.day(link.occasion.scheduled_at)

    def _prefix(self, link: Link) -> str:
        return run_prefix(self._name, link.occasion)

    def _left(self, link: Link) -> Left:
        prefix = self._prefix(link)
        is_gone = bool(link.files) and not any(prefix + f in self._there for f in link.files)
        return Left(self._day(link), prefix + EVIDENCE, link.is_partial, is_gone)

    def _check_run(self, link: Link) -> None:
        for file, expected in _files(link):
            data = self._same(link, self._prefix(link) + file, expected)
            if data is not None and file == EVIDENCE:
                self._check_evidence(link, data)
        if record_among(link.files) is None:
            self._say(f"{self._day(link)}: link {link.number} is of a run without a record")

    def _same(self, link: Link, key: str, expected: str) -> bytes | None:
        """Return what lies under ``key`` if it is what was written there."""
        try:
            found = self._store.read(key)
        except StoreError as error:
            self._say(f"{self._day(link)}: it cannot be read: {error}")
            return None
        if found is None:
            self._say(f"{self._day(link)}: {key} is gone")
        elif digest(found.data) != expected:
            self._say(f"{self._day(link)}: {key} is not what was written: its digest is another")
        else:
            return found.data
        return None

    def _check_evidence(self, link: Link, data: bytes) -> None:
        """Check that evidence is of the policy of its run, and that what it rests on is there."""
        try:
            head = read_head(data)
        except FieldError as error:
            self._say(f"{self._day(link)}: {self._prefix(link)}{EVIDENCE}: {error}")
            return
        if digest_of_policy(head.policies) != link.policy_digest:
            self._say(
                f"{self._day(link)}: {self._prefix(link)}{EVIDENCE} holds another policy than the"
                " one that the audit was made by"
            )
        base = head.base
        if base:
            self._bases.setdefault(self._prefix(link) + EVIDENCE, base.key)
        if base and base.key not in self._known and self._is_before_chain(base.key):
            return  # it went with its link, which is named
        if base and self._known.get(base.key) != base.digest:
            self._say(f"{self._day(link)}: {base.key}, which the evidence rests on, is in no link")
        elif base and self._is_before(base.key):
            below = self._same(link, base.key, base.digest)
            if below is not None:
                self._check_evidence(link, below)

    def _is_before(self, key: str) -> bool:
        """Return whether a file is of a day before the range, and so was not read."""
        return not any(key.startswith(self._prefix(link)) for link in self._in_range)

    def _check_strays(self) -> None:
        """Name what lies among the files of the range and belongs to no link."""
        folders = {self._prefix(link) for link in self._links}
        said: dict[str, None] = {}
        for key in self._there:
            if key not in self._known and self._is_near(key):
                folder = "/".join(key.split("/")[:_FOLDERS]) + "/"
                said[key if folder in folders else folder.removesuffix("/")] = None
        for stray in said:
            if self._is_before_chain(f"{stray}/"):
                self._strays_before.append(stray)
            else:
                self._say(f"{stray} is in no link of the chain: {_STRAY}")
        for key in self._store.keys(chain_prefix(self._name)):
            if link_number(self._name, key) is None:
                self._say(f"{key} is no link of the chain: it was added")

    def _is_near(self, key: str) -> bool:
        """Return whether a file may be of the range: the day in its key is one of UTC."""
        day = day_of(self._name, key)
        return day is None or any(
            self._range.holds(day + timedelta(days=number)) for number in (-1, 0, 1)
        )

    def _is_before_chain(self, key: str) -> bool:
        """Return whether a file is of a day before the chain begins, where that begins too late."""
        day = day_of(self._name, key) if self._first > 1 and self._links else None
        return day is not None and day < utc_day(self._links[0].occasion.scheduled_at)

    def _check_removed(self, audits: Sequence[Left]) -> None:
        """Name what is gone as a whole: at the beginning of the range it may be so on purpose."""
        beginning = []
        if self._first > 1:
            beginning.append(f"the chain begins with link {self._first}: those before it are gone")
        if self._strays_before:
            beginning.append(f"of {counted(self._strays_before)} before it files are left")
        for is_beginning, sentence in stretches(audits):
            if is_beginning:
                beginning.append(sentence)
            else:
                self._say(sentence)
        if beginning:
            day = kept_from(audits, self._bases) or "the first day that is kept"
            why = f"where old audits are removed on purpose, say --from {day}"
            self._found.problems.insert(0, "; ".join([*beginning, why]))

    def _check_days(self) -> None:
        """Name the days without a whole audit."""
        audits = sorted(link.started_at for link in self._in_range if not link.is_partial)
        if not audits:
            self._say("there is no whole audit in this range")
        for span in spans(self._range.missing(audits)):
            self._say(f"{span}: no audit was recorded")
        for before, after in self._range.waits(audits):
            self._say(
                f"{self._range.day(before)}: no audit was recorded for"
                f" {say_duration(after - before)} after {before:%Y-%m-%dT%H:%M:%SZ}"
            )

    def _check_pointer(self) -> None:
        """Check that the pointer to the latest record is what the chain makes of it."""
        whole = [link for link in self._links if not link.is_partial and record_among(link.files)]
        last = max(whole, key=lambda link: (link.started_at, link.occasion.run), default=None)
        key = pointer_key(self._name)
        found = self._store.read(key)
        if last is None:
            return
        run = last.occasion.run
        record = record_among(last.files)
        assert record is not None  # noqa: S101 - it is whole
        there = run_prefix(self._name, last.occasion) + record
        expected = write_pointer(Pointer(run, there, last.started_at, last.files[record]))
        if found is None:
            self._say(f"{key} is gone")
        elif found.data != expected:
            self._say(
                f"{key} does not point to {run}, the last audit of the chain, as it did: it was"
                " changed, or a later audit is missing from the chain"
            )


def _files(link: Link) -> list[tuple[str, str]]:
    return sorted(link.files.items())
