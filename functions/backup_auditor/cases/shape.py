"""The shape of a file of cases, for pydantic. What is left out is in good order."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from backup_auditor.cases.fields import Instant, MaybeSize, Switch, When, Word, Words
from backup_auditor.model import BackupKind, BackupState, Outcome, Severity
from backup_auditor.policy.fields import Name, Text
from backup_auditor.values import Duration

DEFAULT_NOW = datetime(2026, 11, 24, 6, tzinfo=UTC)
UNGOVERNED = "none"
_MOST_CASES, _MOST_TIMES, _MOST_BACKUPS = 10_000, 1000, 10_000
_LONGEST_SERIES = timedelta(days=36_500)
_USUAL_SIZE = 10 * 1024 * 1024
_SIZED = {BackupState.SUCCEEDED, BackupState.EXPIRED}


def _as_outcome(value: Any) -> Any:
    """Take what is no mapping as the outcome."""
    return value if isinstance(value, dict) else {"outcome": value}


def _as_time(value: Any) -> Any:
    """Take what is no mapping as the time."""
    return value if isinstance(value, dict) else {"taken": value}


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ResourceEntry(_Model):
    """``resource``: the keys of ``match``, with values instead of globs."""

    id: Word = "example"
    name: Word | None = None
    """The id when it is left out."""
    source: Word | None = None
    """The first source of the policy when it is left out."""
    account: Word = "example"
    region: Word = "example"
    zone: Word = ""
    kind: Word = ""
    state: Word = ""
    tags: Words = Field(default_factory=dict)
    created: When = timedelta(days=-365)
    auto_backup: Switch = True
    schedule: ScheduleEntry | None = None
    """Not told when it is left out."""


class ScheduleEntry(_Model):
    """``schedule`` of a resource: as a provider may tell it, so it need not be sound."""

    cron: Word
    timezone: Word = "UTC"


class RestorableEntry(_Model):
    """``restorable``: what point-in-time recovery covers."""

    since: When
    until: When

    @model_validator(mode="after")
    def _is_told(self) -> Self:
        if self.since is None or self.until is None:
            raise ValueError("since and until must be known; leave restorable out where it is not")
        if type(self.since) is type(self.until) and self.since > self.until:  # type: ignore[operator]
            raise ValueError("since must not be after until")
        return self


class BackupEntry(_Model):
    """One entry of ``backups``: one backup, or a series that goes back from ``taken``."""

    taken: When
    every: Duration | None = None
    times: int | None = Field(default=None, strict=True, ge=1, le=_MOST_TIMES)
    state: BackupState = BackupState.SUCCEEDED
    kind: BackupKind = BackupKind.AUTOMATIC
    size: MaybeSize = _USUAL_SIZE
    took: Duration | None = None
    """How long it took; when it was finished is not told when this is left out."""
    encrypted: Switch = True
    clean: Switch = True
    locked_until: When = None

    _short = model_validator(mode="before")(_as_time)

    @model_validator(mode="after")
    def _is_one_or_a_series(self) -> Self:
        if (self.every is None) != (self.times is None):
            raise ValueError("a series needs both every and times")
        if self.every is None or self.times is None:
            return self
        if self.taken is None:
            raise ValueError("a series needs a time that is known")
        if not self.every:
            raise ValueError("every must be longer than 0")
        if self.every * self.times > _LONGEST_SERIES:
            raise ValueError("the series goes back more than 100 years")
        return self

    @property
    def size_bytes(self) -> int | None:
        """What was written; else 10 MiB for one that holds data, and none for another."""
        if "size" in self.model_fields_set or self.state in _SIZED:
            return self.size
        return None


class CopyEntry(BackupEntry):
    """One entry of ``copies``: a backup that lies elsewhere."""

    account: Word = ""
    """The account of the resource when it is left out."""
    region: Word = ""
    """The region of the resource when it is left out."""


class ExpectedRule(_Model):
    """What one rule is expected to answer; what is left out is not checked."""

    outcome: Outcome | None = None
    message: Text | None = None
    """A glob over the whole message, which is English whatever the policy's ``language``."""
    severity: Severity | None = None
    exempt: bool | None = Field(default=None, strict=True)

    _short = model_validator(mode="before")(_as_outcome)

    @model_validator(mode="after")
    def _asks_something(self) -> Self:
        if all(value is None for _, value in self):
            raise ValueError("expect something: outcome, message, severity or exempt")
        return self


class Expected(_Model):
    """``expect``: what is left out is not checked."""

    policy: Name | None = None
    """Name of the governing policy, or ``none``."""
    outcome: Outcome | None = None
    rules: dict[str, ExpectedRule] = Field(default_factory=dict)

    _short = model_validator(mode="before")(_as_outcome)

    @model_validator(mode="after")
    def _asks_something(self) -> Self:
        if self.policy is None and self.outcome is None and not self.rules:
            raise ValueError("expect something: policy, outcome or rules")
        return self


class CaseEntry(_Model):
    """One entry of ``cases``."""

    name: Text
    now: Instant | None = None
    resource: ResourceEntry = ResourceEntry()
    backups: list[BackupEntry] = Field(default_factory=list)
    copies: list[CopyEntry] | None = None
    """Not told when they are left out; [] tells that there is none."""
    restorable: RestorableEntry | None = None
    expect: Expected

    @model_validator(mode="after")
    def _is_bounded(self) -> Self:
        if sum(one.times or 1 for one in (*self.backups, *(self.copies or ()))) > _MOST_BACKUPS:
            raise ValueError(f"a case may have at most {_MOST_BACKUPS:,} backups")
        return self


class CasesFile(_Model):
    """A file of cases."""

    policy: Text | None = None
    now: Instant = DEFAULT_NOW
    cases: list[CaseEntry] = Field(min_length=1, max_length=_MOST_CASES)
