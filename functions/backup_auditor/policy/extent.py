"""Which places an entry of ``sources`` asks about."""

from __future__ import annotations

from dataclasses import dataclass

ALL = "*"
"""In an ``Extent``: every place that there is."""
OWN = ""
"""In an ``Extent``: what the environment of the audit says, which is not known here."""


@dataclass(frozen=True, slots=True)
class Extent:
    """The places that an entry of ``sources`` asks about: every account in every region."""

    accounts: tuple[str, ...] = (ALL,)
    """Names, ``ALL`` or ``OWN``."""
    regions: tuple[str, ...] = (ALL,)
    """Names, ``ALL`` or ``OWN``."""

    def overlaps(self, other: Extent) -> bool:
        """Return whether some place is surely in both; ``OWN`` may be anywhere, or not."""
        return all(
            ALL in mine or ALL in theirs or bool(set(mine) & set(theirs))
            for mine, theirs in (
                (self.accounts, other.accounts),
                (self.regions, other.regions),
            )
        )
