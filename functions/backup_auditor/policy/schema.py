"""The shape of a policy file, for pydantic; options of plug-ins have models of their own."""

from __future__ import annotations

from datetime import timedelta
from difflib import get_close_matches
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from backup_auditor.model import Severity
from backup_auditor.policy.model import Ungoverned
from backup_auditor.policy.selector import SELECTOR_KEYS, Selector
from backup_auditor.values import Duration

_LONGEST_NAME = 100
_LONGEST_GLOB = 500


def _zone(value: object) -> ZoneInfo:
    names = available_timezones()
    if isinstance(value, str) and value in names:
        return ZoneInfo(value)
    near = get_close_matches(str(value), names, n=1)
    hint = f"; did you mean {near[0]}?" if near else "; write a name such as Asia/Shanghai or UTC"
    raise ValueError(f"{str(value)[:60]!r} is not a time zone{hint}")


def _url(value: object) -> str:
    if not isinstance(value, str) or urlsplit(value).scheme not in {"http", "https"}:
        raise ValueError(f"{str(value)[:60]!r} is not a web address; it must begin with https://")
    return value


def _name(value: object) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= _LONGEST_NAME or not value.isprintable():
        raise ValueError(f"{str(value)[:60]!r} is not a name of 1 to {_LONGEST_NAME} characters")
    return value


def _globs(value: object) -> tuple[str, ...]:
    items = value if isinstance(value, list) else [value]
    texts = tuple(
        str(item) for item in items if isinstance(item, str | int) and not isinstance(item, bool)
    )
    if not texts or len(texts) != len(items) or any(len(t) > _LONGEST_GLOB for t in texts):
        raise ValueError("write a glob such as prod-*, or a list of globs")
    return texts


Globs = Annotated[tuple[str, ...], BeforeValidator(_globs)]
Name = Annotated[str, BeforeValidator(_name)]
Url = Annotated[str, BeforeValidator(_url)]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)


class Match(_Model):
    """``match``: which resources a policy governs."""

    source: Globs | None = None
    provider: Globs | None = None
    account: Globs | None = None
    region: Globs | None = None
    zone: Globs | None = None
    id: Globs | None = None
    name: Globs | None = None
    kind: Globs | None = None
    state: Globs | None = None
    tags: dict[str, Globs] = Field(default_factory=dict)
    exclude: Match | None = Field(default=None, alias="not")

    def selector(self) -> Selector:
        """Return the selector that this describes."""
        globs = {key: getattr(self, key) for key in SELECTOR_KEYS if getattr(self, key)}
        return Selector(globs, self.tags, self.exclude.selector() if self.exclude else None)


class Defaults(_Model):
    """``defaults``: what policies take when they say nothing."""

    severity: Severity = Severity.HIGH
    owner: Name = ""
    runbook: Url = ""
    grace: Duration | None = None


class PolicyEntry(_Model):
    """One entry of ``policies``."""

    name: Name
    match: Match
    severity: Severity | None = None
    owner: Name | None = None
    runbook: Url | None = None
    grace: Duration | None = None
    rules: dict[str, Any] = Field(min_length=1)


class PolicyFile(_Model):
    """The top of a policy file."""

    version: Literal[1]
    timezone: Annotated[ZoneInfo, BeforeValidator(_zone)] = ZoneInfo("UTC")
    sources: list[Any] = Field(min_length=1)
    defaults: Defaults = Defaults()
    policies: list[Any] = Field(min_length=1)
    channels: list[Any] = Field(default_factory=list)
    ungoverned: Ungoverned = Ungoverned.FAIL


DEFAULT_GRACE = timedelta(hours=24)
