"""Which backups an answer depends on: those without which it would be another.

Each is left out of the history in turn, and the rules are asked again. So it is true of any rule,
and no rule has to say what it looks at. Two backups that stand in for each other are not found.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from backup_auditor.judge import checks_of
from backup_auditor.model import Backup, Check, History
from backup_auditor.policy.model import Policy
from backup_auditor.rules import Moment, Rule

_NEWEST, _OLDEST = 50, 10


def tried(history: History) -> Sequence[Backup]:
    """Return the backups that are left out: of a long history the newest and the oldest."""
    return _ends(history.backups)


def _ends(backups: Sequence[Backup]) -> Sequence[Backup]:
    if len(backups) <= _NEWEST + _OLDEST:
        return backups
    return (*backups[:_NEWEST], *backups[-_OLDEST:])


def depends_on(
    history: History, policy: Policy, rules: Mapping[str, Rule], moment: Moment
) -> list[tuple[Backup, ...]]:
    """Return the backups that each rule of ``policy`` depends on, newest first, then copies."""
    answers = [_answer(check) for check in checks_of(history, policy, rules, moment)]
    found: list[list[Backup]] = [[] for _ in answers]
    for backup, rest in _without_one(history):
        checks = checks_of(rest, policy, rules, moment)
        for own, answer, check in zip(found, answers, checks, strict=True):
            if _answer(check) != answer:
                own.append(backup)
    return [tuple(own) for own in found]


def _without_one(history: History) -> Iterator[tuple[Backup, History]]:
    """Yield each backup and each copy that is left out, and what is left then."""
    of, backups, copies = history.resource, history.backups, history.copies
    window = history.restorable
    for one in tried(history):
        yield one, History.of(of, _but(one, backups), copies=copies, restorable=window)
    for one in _ends(copies or ()):
        yield one, History.of(of, backups, copies=_but(one, copies or ()), restorable=window)


def _but(one: Backup, backups: Sequence[Backup]) -> list[Backup]:
    return [backup for backup in backups if backup is not one]


def _answer(check: Check) -> tuple[str, str, str]:
    return (check.outcome, check.message, check.observed)
