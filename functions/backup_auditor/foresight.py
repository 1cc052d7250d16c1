"""When a resource breaches its policy next, if no backup comes and nothing else changes.

Rules are pure functions of a history, options and a moment, so each can be asked again at later
moments; how it works need not be known. Answers change when a time in the history comes to lie one
of the spans in the options in the past: those moments are asked about, and a grid for what they do
not show, such as a tick of a schedule. Between the last pass and the first other answer the change
is found by halving. A fault that comes and goes between two moments of the grid is not seen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import combinations_with_replacement, count, takewhile

from backup_auditor.judge import checks_of
from backup_auditor.model import Check, History, Outcome
from backup_auditor.policy.model import Policy
from backup_auditor.rules import FUTURE_TOLERANCE, Moment, Rule
from backup_auditor.speech import Phrase, phrase

HORIZON = timedelta(days=400)
"""How far to look ahead."""
NO_BREACH = phrase("no breach within {span}", span=HORIZON)

_INSTANT = timedelta(microseconds=1)
_HOUR, _HOURS, _GROWTH = timedelta(hours=1), 72, 1.2
# Of a long history not every time is asked about: the newest and the oldest, on which answers
# depend most, and some in between.
_ENDS, _BETWEEN = 40, 40


@dataclass(frozen=True, slots=True)
class Breach:
    """A rule that passes now, and when it will not."""

    at: datetime
    """The first instant at which it does not pass, to the microsecond."""
    check: Check
    """What the rule answers then, a fail or an unknown, before any exemption."""

    def say(self, moment: Moment) -> Phrase:
        """Say when, as seen now: ``breaches in 3 h 20 min, at 2026-11-24 17:27 CST``."""
        span, instant = self.at - moment.now, moment.say(self.at)
        if self.check.outcome is Outcome.FAIL:
            return phrase("breaches in {span}, at {instant}", span=span, instant=instant)
        return phrase("becomes unknown in {span}, at {instant}", span=span, instant=instant)


def next_breach(
    history: History, policy: Policy, rules: Mapping[str, Rule], moment: Moment
) -> Breach | None:
    """Return the earliest of ``breaches``; None where nothing breaches before the horizon."""
    return next(iter(breaches(history, policy, rules, moment)), None)


def breaches(
    history: History, policy: Policy, rules: Mapping[str, Rule], moment: Moment
) -> tuple[Breach, ...]:
    """Return the next breach of each rule that passes now, earliest first."""
    each = (_Asked(history, replace(policy, rules=(use,)), rules, moment) for use in policy.rules)
    found = (_breach(asked, moment.now) for asked in each)
    return tuple(sorted((b for b in found if b), key=lambda breach: breach.at))


@dataclass(frozen=True, slots=True)
class _Asked:
    """One rule, to be asked at any moment."""

    history: History
    policy: Policy
    """With this rule alone."""
    rules: Mapping[str, Rule]
    moment: Moment

    def __call__(self, instant: datetime) -> Check:
        moment = replace(self.moment, now=instant)
        (check,) = checks_of(self.history, self.policy, self.rules, moment)
        return check

    def passes(self, instant: datetime) -> bool:
        return self(instant).outcome is Outcome.PASS

    def probes(self) -> list[datetime]:
        """Return when to ask, in order."""
        now, spans = self.moment.now, _spans(self.policy)
        ahead = {taken - now + span for taken in _times(self.history) for span in spans}
        created = self.history.resource.created_at
        if created is not None:
            ahead.add(created - now + self.policy.grace)
        # An answer holds up to its limit and changes right after it.
        ahead = {limit + _INSTANT for limit in ahead} | set(_grid())
        return [now + limit for limit in sorted(ahead) if timedelta(0) < limit <= HORIZON]


def _breach(asked: _Asked, now: datetime) -> Breach | None:
    if not asked.passes(now):
        return None
    passing = now
    for probe in asked.probes():
        if not asked.passes(probe):
            at = _change(asked.passes, passing, probe)
            return Breach(at, asked(at))
        passing = probe
    return None


def _change(passes: Callable[[datetime], bool], good: datetime, bad: datetime) -> datetime:
    """Return the first instant of ``bad``, which begins somewhere after ``good``."""
    while bad - good > _INSTANT:
        middle = good + (bad - good) // 2
        if passes(middle):
            good = middle
        else:
            bad = middle
    return bad


def _grid() -> Iterator[timedelta]:
    """Yield how far ahead to ask in any case: every hour for three days, then ever more rarely."""
    yield from (hour * _HOUR for hour in range(1, _HOURS + 1))
    wider = (_HOURS * _HOUR * _GROWTH**step for step in count(1))
    yield from takewhile(lambda ahead: ahead < HORIZON, wider)
    yield HORIZON


def _spans(policy: Policy) -> set[timedelta]:
    """Return the spans after which answers may change, and the sums of any two of them."""
    spans = [timedelta(0)]
    for use in policy.rules:
        spans += [value for _, value in use.options if isinstance(value, timedelta)]
    sums = {one + other for one, other in combinations_with_replacement(spans, 2)}
    return sums | {-FUTURE_TOLERANCE}  # from then on a time is not in the future any more


def _times(history: History) -> Sequence[datetime]:
    """Return the times in ``history`` that are asked about."""
    backups = history.backups
    if len(backups) > 2 * _ENDS + _BETWEEN:
        between = backups[_ENDS:-_ENDS]
        thinned = between[:: len(between) // _BETWEEN]
        backups = (*backups[:_ENDS], *thinned, *backups[-_ENDS:])
    times = [history.resource.created_at, *(b.taken_at for b in backups)]
    times += [b.finished_at for b in backups]
    times += [b.locked_until for b in history.usable[:1]]
    times += [b.taken_at for b in (history.copies or ())[:_ENDS]]
    if history.restorable:
        times += [history.restorable.since, history.restorable.until]
    return [t for t in times if t is not None]
