"""Following a chain from its first link to its last, and naming where it does not hold."""

from __future__ import annotations

from dataclasses import dataclass, field

from backup_auditor.errors import StoreError
from backup_auditor.record import Damaged, Link, Occasion
from backup_auditor.record.names import EVIDENCE, OLD_RECORD, RECORD, chain_prefix, run_prefix
from backup_auditor.record.writing import digest
from backup_auditor.store.chain import Chain

_WRITTEN_ONCE = (RECORD, OLD_RECORD, EVIDENCE)


@dataclass(slots=True)
class Linked:
    """A chain."""

    problems: list[str] = field(default_factory=list)
    """One sentence each."""
    digests: set[str] = field(default_factory=set)
    """Of all links."""
    links: int = 0
    first: int = 0
    """Number of the first link that is there; 0 for none."""
    head: str = ""
    """Digest of the last link."""
    by_run: dict[Occasion, Link] = field(default_factory=dict)

    @property
    def last(self) -> list[Link]:
        """The last link of each run, in the order that the runs were due."""
        return sorted(
            self.by_run.values(), key=lambda link: (link.occasion.scheduled_at, link.number)
        )


def follow(chain: Chain) -> Linked:
    """Go through ``chain``, wherever it begins. Raises StoreError."""
    numbers = chain.numbers()
    found = Linked(links=len(numbers), first=min(numbers, default=0))
    if not numbers:
        found.problems.append(
            f"{chain_prefix(chain.set_name)}: there is no link: nothing can be verified"
        )
    last = 0
    for number in numbers:
        if last and number > last + 1:
            found.problems.append(f"the chain has a hole: {_gone(last + 1, number - 1)}")
        _take(chain, number, found, adjoins=number == last + 1)
        last = number
    return found


def _take(chain: Chain, number: int, found: Linked, *, adjoins: bool) -> None:
    """Check one link against the one before it, if that ``adjoins``."""
    link, data = _read(chain, number)
    if isinstance(link, Damaged):
        found.problems.append(str(link))
    else:
        if adjoins and link.previous != found.head:
            found.problems.append(
                f"link {number} does not follow link {number - 1} as that is now"
                if number > 1
                else "link 1 follows another link: it is not the first"
            )
        _note(chain, link, found)
    found.head = digest(data)
    found.digests.add(found.head)


def _read(chain: Chain, number: int) -> tuple[Link | Damaged, bytes]:
    try:
        return chain.link(number)
    except StoreError as error:
        return Damaged(f"link {number}", str(error)), b""


def _note(chain: Chain, link: Link, found: Linked) -> None:
    """Keep the last link of each run; what is written once must be the same in all."""
    known = found.by_run.get(link.occasion)
    for file in _WRITTEN_ONCE:
        if known and file in known.files and known.files[file] != link.files.get(file):
            found.problems.append(
                f"{run_prefix(chain.set_name, link.occasion)}{file} is another in link"
                f" {link.number} than in link {known.number}: it was changed in between"
            )
    found.by_run[link.occasion] = link


def _gone(first: int, last: int) -> str:
    return f"link {first} is gone" if first == last else f"links {first} to {last} are gone"
