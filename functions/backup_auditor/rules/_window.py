"""The part of the past that a rule can judge.

Retention deletes old backups, so that their absence proves nothing: a rule that asks about the
past must not look behind the oldest backup that is still known, nor behind the creation. What
earlier audits saw is known as well, as far back as nothing can have escaped them. So is what
point-in-time recovery covers: every moment of it can be restored.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from backup_auditor.model import History, Restorable
from backup_auditor.rules import Moment
from backup_auditor.rules._times import creation
from backup_auditor.speech import Phrase, phrase, phrases


@dataclass(frozen=True, slots=True)
class Window:
    """It ends now. Its start is never after its end; with both equal it is this moment."""

    start: datetime
    end: datetime
    asked: timedelta
    """How long it would be if all of it could be judged."""
    remembered: int = 0
    """How many backups inside are remembered from earlier audits."""
    covered: Restorable | None = None
    """The part of it that point-in-time recovery covers."""

    @classmethod
    def of(
        cls, history: History, asked: timedelta, now: datetime, *, lead: timedelta = timedelta(0)
    ) -> Window:
        """Start at the latest of: ``asked`` before now, creation + ``lead``, oldest backup."""
        starts = [now - asked]
        made = creation(history.resource, now)
        if made is not None:
            starts.append(made + lead)
        oldest = _oldest(history)
        if oldest is not None:
            starts.append(min([oldest, history.known_since or oldest]))
        start = min(max(starts), now)
        remembered = sum(start <= one.taken_at for one in history.usable_before)
        return cls(start, now, asked, remembered, _covered(history, start, now))

    @property
    def length(self) -> timedelta:
        """How much of the past is judged."""
        return self.end - self.start

    def say(self, moment: Moment) -> Phrase:
        """Say which part of what was asked could be judged, and what only memory knows of it."""
        judged = self._judged()
        if self.remembered:
            judged = phrases(
                "{judged}, with {n} backup remembered from earlier audits",
                "{judged}, with {n} backups remembered from earlier audits",
                self.remembered,
                judged=judged,
            )
        if self.covered:
            until = moment.say(self.covered.until)
            judged = phrase(
                "{judged}, with point-in-time recovery until {until}", judged=judged, until=until
            )
        return judged

    def _judged(self) -> Phrase:
        if self.length == self.asked:
            return phrase("all of the last {asked} could be judged", asked=self.asked)
        if not self.length:
            return phrase("only this moment of {asked} could be judged", asked=self.asked)
        return phrase(
            "the last {judged} of {asked} could be judged", judged=self.length, asked=self.asked
        )


def _oldest(history: History) -> datetime | None:
    """Return the oldest that is known of: a backup of whatever state, or point-in-time."""
    known = [b.taken_at for b in history.backups if b.taken_at]  # newest first
    since = [history.restorable.since] if history.restorable else []
    return min([*known[-1:], *since], default=None)


def _covered(history: History, start: datetime, end: datetime) -> Restorable | None:
    """Return the part between ``start`` and ``end`` of what can be restored."""
    if history.restorable is None:
        return None
    begin, until = max(history.restorable.since, start), min(history.restorable.until, end)
    return Restorable(begin, until) if begin <= until else None
