"""The shape of a policy file, for pydantic; options of plug-ins have models of their own.

The JSON Schema that editors use is made from these models too, so every key has a description and
an example.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, ConfigDict, Field, PlainSerializer, WithJsonSchema

from backup_auditor.model import Severity
from backup_auditor.policy.fields import Day, Name, SetName, Text, Url, zone
from backup_auditor.policy.match import Match
from backup_auditor.policy.model import Ungoverned
from backup_auditor.rules import Controls
from backup_auditor.shape import Shape
from backup_auditor.values import Duration

DEFAULT_GRACE = timedelta(hours=24)
_MOST_ENTRIES = 20_000


def _no_bool(value: object) -> object:
    return str(value).lower() if isinstance(value, bool) else value  # in Python True is 1


class _Model(Shape):
    model_config = ConfigDict(arbitrary_types_allowed=True)


class Settings(_Model):
    """What ``defaults`` says for all policies, and each policy for itself."""

    severity: Severity | None = Field(
        default=None,
        description="How much its findings matter, unless a rule says otherwise (high).",
        examples=["critical"],
    )
    owner: Name | None = Field(
        default=None, description="Who mends it; shown with findings.", examples=["ops@example.com"]
    )
    runbook: Url | None = Field(
        default=None,
        description="Where it is written what to do; shown with findings.",
        examples=["https://wiki.example.com/redis-backup"],
    )
    grace: Duration | None = Field(
        default=None,
        description=(
            "How young a resource without usable backup may be to count as new"
            " (the max of last_success_age, else 24h)."
        ),
        examples=["3d"],
    )
    controls: Controls | None = Field(
        default=None,
        description="Controls that the rules serve, unless a rule says otherwise.",
        examples=[["ISO/IEC 27001:2022 A.8.13"]],
    )


class PolicyEntry(Settings):
    """One entry of ``policies``: a selector, and the rules for what it selects."""

    name: Name = Field(description="Unique name; reports show it.", examples=["production-redis"])
    match: Match | None = Field(
        default=None,
        description="Which resources it governs; the first policy that matches one governs it.",
        examples=[{"name": "prod-*"}],
    )
    extends: Name | None = Field(
        default=None,
        description="Policy whose rules and settings it takes; its own are merged key by key.",
        examples=["production-redis"],
    )
    abstract: bool = Field(
        default=False,
        strict=True,
        description="true: it governs nothing and only serves as a base for extends.",
        examples=[True],
    )
    rules: dict[str, Any] = Field(
        default_factory=dict,
        description="Rule -> options; off removes a rule that extends brings.",
        examples=[{"last_success_age": {"max": "26h"}}],
    )


class ExemptionEntry(_Model):
    """One entry of ``exemptions``: findings that somebody answers for."""

    match: Match = Field(description="Which resources.", examples=[{"id": "uredis-abc"}])
    rules: list[Any] | None = Field(
        default=None,
        min_length=1,
        description="Whose findings are exempt; left out: those of all rules.",
        examples=[["size_drift"]],
    )
    owner: Name = Field(description="Who answers for it.", examples=["jane@example.com"])
    reason: Text = Field(
        description="Why, for the auditor who reads it.",
        examples=["dataset is being migrated, ticket OPS-1234"],
    )
    until: Day = Field(
        description="Last day on which it counts, in timezone.", examples=["2026-12-31"]
    )
    began_before: Day | None = Field(
        default=None,
        description="Only faults that began before this day are exempt, no newer ones.",
        examples=["2026-11-24"],
    )


class PolicyFile(_Model):
    """A policy file."""

    version: Annotated[Literal[1], BeforeValidator(_no_bool)] = Field(
        description="Version of this language.", examples=[1]
    )
    name: SetName | None = Field(
        default=None,
        description=(
            "What these policies are called in the store; their history goes by it"
            " (the name of the file or folder)."
        ),
        examples=["production"],
    )
    timezone: Annotated[
        ZoneInfo,
        BeforeValidator(zone),
        PlainSerializer(str),
        WithJsonSchema({"type": "string"}),
    ] = Field(
        default=ZoneInfo("UTC"),
        description="For schedules, day strips, and dates in reports and exemptions (UTC).",
        examples=["Asia/Shanghai"],
    )
    language: Literal["en", "zh-CN"] = Field(
        default="en",
        description="Language of reports and messages: English or Simplified Chinese (en).",
        examples=["zh-CN"],
    )
    audit_every: Duration = Field(
        default=timedelta(days=1),
        description="How often an audit is due; missing ones are told (24h).",
        examples=["24h", "7d"],
    )
    sources: list[Any] = Field(
        default_factory=list,
        max_length=_MOST_ENTRIES,
        description="What is listed: source -> options.",
        examples=[[{"ucloud.uredis": {"regions": "all"}}]],
    )
    defaults: Settings = Field(
        default=Settings(),
        description="What policies take when they say nothing.",
        examples=[{"severity": "high", "owner": "ops@example.com"}],
    )
    policies: list[Any] = Field(
        default_factory=list,
        max_length=_MOST_ENTRIES,
        description="A resource is governed by the first policy that matches it.",
        examples=[[{"name": "all", "match": {}, "rules": {"last_success_age": {"max": "26h"}}}]],
    )
    exemptions: list[Any] = Field(
        default_factory=list,
        max_length=_MOST_ENTRIES,
        description="Findings that somebody answers for, with a reason, until a day.",
        examples=[
            [{"match": {"id": "x"}, "owner": "jane", "reason": "moved", "until": "2026-12-31"}]
        ],
    )
    channels: list[Any] = Field(
        default_factory=list,
        max_length=_MOST_ENTRIES,
        description="Who is told: channel -> options.",
        examples=[[{"slack": {"url": "env:SLACK_URL"}}]],
    )
    heartbeat: Any = Field(
        default_factory=dict,
        description="Whom to call when a run ends, so that somebody notices when none does.",
        examples=[{"url": "env:HEARTBEAT_URL"}],
    )
    templates: Text | None = Field(
        default=None,
        description="Folder of templates of your own for mail, text, Markdown and page.",
        examples=["templates"],
    )
    ungoverned: Ungoverned = Field(
        default=Ungoverned.FAIL,
        description="What a resource that no policy matches means: fail, or only report.",
        examples=["report"],
    )
