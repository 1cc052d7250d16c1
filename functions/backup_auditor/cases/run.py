"""Cases judged by the real policies and rules, and what did not come out as expected."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from backup_auditor.cases.reader import Case, Cases
from backup_auditor.cases.shape import (
    UNGOVERNED,
    BackupEntry,
    CaseEntry,
    CopyEntry,
    Expected,
    ExpectedRule,
)
from backup_auditor.judge import judge
from backup_auditor.model import (
    Assessment,
    Backup,
    Check,
    History,
    Resource,
    Restorable,
    Schedule,
)
from backup_auditor.policy.model import PolicySet
from backup_auditor.policy.selector import matcher
from backup_auditor.policy.sentences import unknown
from backup_auditor.rules import Moment, Rule


@dataclass(frozen=True, slots=True)
class Difference:
    """One expectation that was not met."""

    what: str
    """``policy``, ``outcome``, or the rule."""
    expected: str
    got: str

    def __str__(self) -> str:
        """Say both."""
        return f"{self.what}: expected {self.expected}, got {self.got}"


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one case."""

    case: Case
    assessment: Assessment
    differences: tuple[Difference, ...]

    @property
    def passed(self) -> bool:
        """Everything that was expected came true."""
        return not self.differences


def run_cases(cases: Cases, policies: PolicySet, rules: Mapping[str, Rule]) -> Iterator[Result]:
    """Judge each case, in the order of the file."""
    for case in cases.cases:
        history = history_of(case, policies)
        assessment = judge(history, policies, rules, Moment(case.now, policies.timezone))
        expected = case.entry.expect
        differences = tuple(_differences(expected, assessment, policies))
        yield Result(case, assessment, differences)


def history_of(case: Case, policies: PolicySet) -> History:
    """Return what the provider would list."""
    entry = case.entry.resource
    due = entry.schedule
    resource = Resource(
        id=entry.id,
        name=entry.id if entry.name is None else entry.name,
        source=policies.sources[0].kind if entry.source is None else entry.source,
        account=entry.account,
        region=entry.region,
        zone=entry.zone,
        kind=entry.kind,
        state=entry.state,
        created_at=_instant(entry.created, case.now),
        auto_backup=entry.auto_backup,
        tags=entry.tags,
        schedule=Schedule(due.cron, due.timezone) if due else None,
    )
    copies = case.entry.copies
    return History.of(
        resource,
        _all(case.entry.backups, "backup", resource, case.now),
        copies=None if copies is None else _all(copies, "copy", resource, case.now),
        restorable=_restorable(case.entry, case.now),
    )


def _restorable(entry: CaseEntry, now: datetime) -> Restorable | None:
    if entry.restorable is None:
        return None
    since, until = _instant(entry.restorable.since, now), _instant(entry.restorable.until, now)
    return Restorable(min(since, until), until) if since and until else None


def _all(
    entries: Sequence[BackupEntry], what: str, resource: Resource, now: datetime
) -> Iterator[Backup]:
    for number, entry in enumerate(entries):
        yield from _backups(entry, f"{what}-{number}", resource, now)


def _backups(entry: BackupEntry, id_: str, resource: Resource, now: datetime) -> Iterator[Backup]:
    newest = _instant(entry.taken, now)
    for back in range(entry.times or 1):
        taken = newest - back * entry.every if newest and entry.every else newest
        yield Backup(
            id=f"{id_}-{back}",
            resource_id=resource.id,
            state=entry.state,
            taken_at=taken,
            finished_at=taken + entry.took if taken and entry.took is not None else None,
            state_raw=str(entry.state),
            kind=entry.kind,
            kind_raw=str(entry.kind),
            size_bytes=entry.size_bytes,
            resource_name=resource.name,
            account=entry.account if isinstance(entry, CopyEntry) else "",
            region=entry.region if isinstance(entry, CopyEntry) else "",
            encrypted=entry.encrypted,
            locked_until=_instant(entry.locked_until, now),
            is_clean=entry.clean,
        )


def _instant(when: timedelta | datetime | None, now: datetime) -> datetime | None:
    return now + when if isinstance(when, timedelta) else when


def _differences(expected: Expected, got: Assessment, policies: PolicySet) -> Iterator[Difference]:
    if expected.policy is not None and expected.policy != (got.policy or UNGOVERNED):
        reason = _not_governing(expected.policy, got, policies)
        yield Difference("policy", expected.policy, f"{got.policy or UNGOVERNED}{reason}")
    if expected.outcome is not None and expected.outcome is not got.outcome:
        found = "; ".join(f"{c.rule} {c.outcome}: {c.message}" for c in got.findings)
        reason = f" ({found})" if found else ""
        yield Difference("outcome", str(expected.outcome), f"{got.outcome}{reason}")
    checks = {check.rule: check for check in got.checks}
    for rule, wanted in expected.rules.items():
        check = checks.get(rule)
        if check is None:
            owner = (
                f"policy {got.policy} has no such rule" if got.policy else "no policy governs it"
            )
            yield Difference(rule, _wanted(wanted), f"no answer ({owner})")
        elif not _is_met(wanted, check):
            yield Difference(rule, _wanted(wanted), _got(wanted, check))


def _not_governing(name: str, got: Assessment, policies: PolicySet) -> str:
    """Say why the policy that was expected does not govern the resource."""
    if name == UNGOVERNED:
        return ""
    names = [policy.name for policy in policies.policies]
    if name not in names:
        return f" ({unknown('policy', name, names)})"
    refusal = policies.policies[names.index(name)].selector.refusal(got.resource)
    return f" ({name}: {refusal})" if refusal else f" (it stands before {name}, which matches too)"


def _is_met(wanted: ExpectedRule, check: Check) -> bool:
    pairs = (
        (wanted.outcome, check.outcome),
        (wanted.severity, check.severity),
        (wanted.exempt, check.exempt),
    )
    if any(one is not None and one != other for one, other in pairs):
        return False
    return wanted.message is None or bool(matcher((wanted.message,))(check.message))


def _wanted(wanted: ExpectedRule) -> str:
    message = f"the message {wanted.message!r}" if wanted.message is not None else ""
    parts = (str(wanted.outcome or ""), str(wanted.severity or ""), _exempt(wanted.exempt), message)
    return ", ".join(part for part in parts if part)


def _got(wanted: ExpectedRule, check: Check) -> str:
    """Say what was asked for, and always the outcome and the message."""
    severity = str(check.severity) if wanted.severity else ""
    exempt = _exempt(check.exempt) if wanted.exempt is not None else ""
    said = ", ".join(part for part in (str(check.outcome), severity, exempt) if part)
    return f"{said} ({check.message})"


def _exempt(given: bool | None) -> str:  # noqa: FBT001 - what is said depends on it
    return {True: "exempt", False: "not exempt", None: ""}[given]
