"""Following breaches from audit to audit."""

from __future__ import annotations

from dataclasses import replace

from backup_auditor.evidence import Key
from backup_auditor.model import Outcome
from backup_auditor.past.compliance import Breach, BreachEnd
from backup_auditor.past.seen import Fault, Seen, SeenResource


class Breaches:
    """All breaches of a range; audits are taken in order."""

    def __init__(self) -> None:
        """Begin with none."""
        self.over: list[Breach] = []
        self._open: dict[Key, dict[str, Breach]] = {}

    def take(self, audit: Seen) -> None:
        """Go on with open breaches, end those that are over, and begin new ones."""
        for key in [key for key in self._open if key not in audit.resources]:
            if not audit.hides(key):
                for breach in self._open.pop(key).values():
                    self._end(breach, audit, BreachEnd.GONE)
        for key, one in audit.resources.items():
            if one.faults or key in self._open:
                self._take(audit, one, self._open.setdefault(key, {}))
                if not self._open[key]:
                    del self._open[key]

    def all(self) -> list[Breach]:
        """Return every breach, by its beginning."""
        left = [breach for each in self._open.values() for breach in each.values()]
        return sorted([*self.over, *left], key=lambda b: (b.began_at, b.key, b.rule))

    def _take(self, audit: Seen, one: SeenResource, known: dict[str, Breach]) -> None:
        faults = {fault.rule: fault for fault in one.faults}
        for rule in list(known):
            fault = faults.get(rule)
            if fault is None:
                self._end(known.pop(rule), audit, BreachEnd.RESOLVED)
            elif fault.is_exempt:
                self._end(known.pop(rule), audit, BreachEnd.EXEMPT)
        for rule, fault in faults.items():
            if fault.outcome is Outcome.FAIL and not fault.is_exempt:
                breach = known.get(rule) or _begun(audit, one, fault)
                known[rule] = replace(breach, audits=breach.audits + 1)

    def _end(self, breach: Breach, audit: Seen, end: BreachEnd) -> None:
        self.over.append(replace(breach, ended_at=audit.at, end=end))


def _begun(audit: Seen, one: SeenResource, fault: Fault) -> Breach:
    return Breach(
        key=one.key,
        name=one.name,
        policy=one.policy or "",
        owner=one.owner,
        rule=fault.rule,
        severity=fault.severity,
        message=fault.message,
        began_at=min(audit.at, fault.since or audit.at),
        ended_at=None,
        end=BreachEnd.OPEN,
        audits=0,
    )
