"""Sources that give what a snapshot holds, for each entry of ``sources`` in a policy.

The policy may be another one than that of the snapshot. One that asks for less gets less. What it
asks for and the snapshot was not collected for is a gap.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product

from backup_auditor.errors import SourceError
from backup_auditor.model import GapReason, History, Orphan, Scope
from backup_auditor.outside import NOT_REACHED
from backup_auditor.policy.extent import ALL, OWN, Extent
from backup_auditor.policy.model import SourceRequest
from backup_auditor.snapshot.items import item_row
from backup_auditor.snapshot.reading import Part, Recorded, Snapshot, item_of
from backup_auditor.sources import Collected, Source, Unplanned, Unread, Wanted
from backup_auditor.speech import phrase

_MOST_SAID = 10


def replayed(
    requests: Iterable[SourceRequest], snapshot: Snapshot
) -> list[tuple[SourceRequest, Source]]:
    """Return a source for each of ``requests`` that reads ``snapshot`` and nothing else."""
    before: Counter[tuple[str, Extent]] = Counter()
    found: list[tuple[SourceRequest, Source]] = []
    for request in requests:
        extent = request.options.extent()
        own = [r for r in snapshot.requests if r.asked.source == request.kind]
        same = [r for r in own if r.asked.extent == extent][before[request.kind, extent] :]
        before[request.kind, extent] += 1
        found.append((request, _Replayed(snapshot, extent, same[:1] or own, is_same=bool(same))))
    return found


@dataclass(frozen=True, slots=True)
class _Replayed:
    snapshot: Snapshot
    extent: Extent
    recorded: Sequence[Recorded]
    is_same: bool
    """The snapshot was collected with the same entry: what it lacks was not there."""

    def scopes(self) -> Iterator[Scope | Unplanned]:
        """List the scopes and faults of the snapshot, and what it was not collected for."""
        for recorded in self.recorded:
            yield from (u for u in recorded.unplanned if self._asks(u.account, u.region))
        # More than one entry may have been collected with the same scope.
        found = dict.fromkeys(scope for recorded in self.recorded for scope in recorded.parts)
        scopes = [scope for scope in found if self._asks(scope.account, scope.region)]
        yield from scopes
        if not self.is_same:
            yield from self._lacking(scopes)

    def collect(
        self, scope: Scope, wanted: Wanted, *, orphans: bool
    ) -> Generator[Collected, None, None]:
        """Yield what was collected in ``scope``."""
        parts = [r.parts[scope] for r in self.recorded if scope in r.parts]
        for found in self._items(parts):
            match found:
                case (History(resource=resource) | Unread(resource=resource)) as item:
                    if wanted(resource):
                        yield item
                case Orphan() as item:
                    if orphans:
                        yield item
                case SourceError() as item:
                    yield item
        if not all(part.ended for part in parts):
            yield SourceError(GapReason.DEADLINE, NOT_REACHED)

    def _items(self, parts: Sequence[Part]) -> Iterator[Collected]:
        """Yield all items; what two parts have in common only once."""
        seen: set[str] = set()
        for part in parts:
            for line in self.snapshot.lines(part):
                item = item_of(line)
                if len(parts) > 1:
                    text = json.dumps(item_row(item))
                    if text in seen:
                        continue
                    seen.add(text)
                yield item

    def _asks(self, account: str, region: str) -> bool:
        return _has(self.extent.accounts, account) and _has(self.extent.regions, region)

    def _lacking(self, scopes: Sequence[Scope]) -> Iterator[Unplanned]:
        if not self.recorded:
            detail = phrase("not in the snapshot, which was not collected for this source")
            yield _missing(ALL, ALL, detail)
            return
        for account, region in product(self.extent.accounts, self.extent.regions):
            if not any(_holds(r.asked.extent, account, region) for r in self.recorded):
                yield _missing(account, region, self._collected_for())
            elif not self.snapshot.header.partial and not any(
                _has((account,), s.account) and _has((region,), s.region) for s in scopes
            ):
                detail = phrase("not in the snapshot, which found no such place")
                yield _missing(account, region, detail)

    def _collected_for(self) -> str:
        extents = [recorded.asked.extent for recorded in self.recorded]
        return phrase(
            "not in the snapshot, which was collected for the accounts {accounts}"
            " and the regions {regions}",
            accounts=_say(a for extent in extents for a in extent.accounts),
            regions=_say(r for extent in extents for r in extent.regions),
        )


def _has(words: Sequence[str], name: str) -> bool:
    """Return whether a place called ``name`` is asked for; no name stands for all."""
    return name in {"", ALL} or ALL in words or OWN in words or name in words


def _holds(extent: Extent, account: str, region: str) -> bool:
    return _answers(extent.accounts, account) and _answers(extent.regions, region)


def _answers(words: Sequence[str], word: str) -> bool:
    """Return whether what was collected for ``words`` says all about ``word``.

    What the environment said then is not all that there is; but a name that was seen was seen.
    """
    return ALL in words or word in words or (OWN in words and word != ALL)


def _missing(account: str, region: str, detail: str) -> Unplanned:
    named = [name if name not in {ALL, OWN} else "" for name in (account, region)]
    return Unplanned(named[0], named[1], SourceError(GapReason.INCOMPLETE, detail))


def _say(words: Iterable[str]) -> str | list[str]:
    said = {ALL: phrase("(all)"), OWN: phrase("(of the environment)")}
    unique = [said.get(word, word) for word in dict.fromkeys(words)]
    left = len(unique) - _MOST_SAID
    if left <= 0:
        return unique
    return phrase("{names} and {number} more", names=unique[:_MOST_SAID], number=str(left))
