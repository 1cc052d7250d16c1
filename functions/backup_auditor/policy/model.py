"""What a policy file says, once it is found to be sound."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Self
from zoneinfo import ZoneInfo

from pydantic import Field, model_validator

from backup_auditor.model import Fact, Place, Problem, Resource, Severity
from backup_auditor.policy.exemption import Exemption
from backup_auditor.policy.extent import Extent
from backup_auditor.policy.fields import AllowHttp, AllowPrivate, ChannelName, Globs
from backup_auditor.policy.governing import Governor
from backup_auditor.policy.heartbeat import Heartbeat
from backup_auditor.policy.match import Match
from backup_auditor.policy.page import Page
from backup_auditor.policy.selector import Selector
from backup_auditor.rules import RuleOptions
from backup_auditor.shape import Shape
from backup_auditor.values import Duration


class Expect(Shape):
    """What a source must find at least; less is a gap, not a clean sheet."""

    min_resources: int = Field(
        default=1,
        ge=0,
        strict=True,
        description="Fewest resources of this source; 0 switches the check off.",
        examples=[50],
    )


ANYTHING = "*"
"""In permissions: whatever there is."""


class SourceOptions(Shape):
    """What every source takes; a source adds its own fields."""

    expect: Expect = Field(
        default=Expect(),
        description="What must be found at least; less is a gap, not a clean sheet.",
        examples=[{"min_resources": 50}],
    )

    def extent(self) -> Extent:
        """Return the places that are asked about; a source that can be narrowed overrides it."""
        return Extent()

    def overlaps(self, other: Self) -> bool:
        """Return whether another entry of the source surely asks about some of the same places."""
        return self.extent().overlaps(other.extent())

    def grants(self, actions: Sequence[str]) -> Iterator[tuple[str, str]]:
        """Yield what must be allowed of the source's ``actions``: each with what it is done to.

        A source overrides it that can do without some of them, or is about something named.
        """
        for action in actions:
            yield action, ANYTHING

    def told(self, facts: Collection[Fact]) -> Collection[Fact]:
        """Return what the source may tell of its ``facts``; one that must be asked overrides it."""
        return facts

    def seen_from(self, file: str) -> Self:  # noqa: ARG002 - for those that override it
        """Return them as the policy ``file`` means them; what names a file overrides it."""
        return self


class SendWhen(StrEnum):
    """When a channel is used."""

    ALWAYS = "always"
    FAILING = "failing"
    CHANGED = "changed"
    FALLBACK = "fallback"


class ChannelOptions(Shape):
    """What every channel takes; a channel adds its own fields."""

    send: SendWhen = Field(
        default=SendWhen.ALWAYS,
        description=(
            "always; failing: only when the verdict is not pass and its part has something to say;"
            " changed: only when that is not what the channel was last told (without a store, as"
            " failing);"
            " fallback: only when a channel fails that names it as its fallback."
        ),
        examples=["failing"],
    )
    remind: Duration = Field(
        default=timedelta(hours=24),
        description="With changed: how soon what goes on is told again.",
        examples=["24h", "7d"],
    )
    name: ChannelName | None = Field(
        default=None,
        description="Unique name, for receipts and requests (the kind; kind-2 for a second one).",
        examples=["team-shop"],
    )
    match: Match | None = Field(
        default=None,
        description="Its part: only what concerns these resources.",
        examples=[{"name": "shop-*"}],
    )
    owner: Globs | None = Field(
        default=None,
        description="Its part: only what concerns resources of these owners.",
        examples=["shop@example.com", ["shop@*", "orders@*"]],
    )
    min_severity: Severity | None = Field(
        default=None,
        description="Its part: no failures less severe; what is unknown stays.",
        examples=["high"],
    )
    fallback: ChannelName | None = Field(
        default=None,
        description="Name of the channel that is used when this one fails.",
        examples=["oncall-mail"],
    )

    @model_validator(mode="after")
    def _has_a_part_only_of_its_own(self) -> Self:
        if self.send is SendWhen.FALLBACK and (self.match or self.owner or self.min_severity):
            raise ValueError(
                "with send: fallback it gets the part of the channel that failed;"
                " leave match, owner and min_severity out"
            )
        return self


class HttpOptions(ChannelOptions):
    """What every channel takes that sends over HTTP to an address that somebody configures."""

    allow_http: AllowHttp = False
    allow_private: AllowPrivate = False


class Ungoverned(StrEnum):
    """What a resource that no policy matches means."""

    FAIL = "fail"
    REPORT = "report"


@dataclass(frozen=True, slots=True)
class Kinds:
    """The plug-ins that a policy file may name, by id, with their options."""

    rules: Mapping[str, type[RuleOptions]]
    sources: Mapping[str, type[SourceOptions]]
    channels: Mapping[str, type[ChannelOptions]]
    unverifiable: Mapping[str, str] = field(default_factory=dict)
    """What would be a source if its backups could be seen, and why they cannot."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where the value of an option or a setting comes from."""

    place: Place
    policy: str
    """Name of the policy that says it: one that is extended, perhaps; empty for ``defaults``."""


@dataclass(frozen=True, slots=True)
class RuleUse:
    """One rule of one policy."""

    rule: str
    options: RuleOptions
    severity: Severity
    """The rule's own severity, else the policy's, else that of ``defaults``, else high."""
    controls: tuple[str, ...]
    """The rule's own labels, else the policy's, else those of ``defaults``, else none."""
    place: Place
    policy: str
    """Name of the nearest policy that names the rule; ``place`` is there."""
    origins: Mapping[str, Origin]
    """Option -> who says it; what is not in it has the value that the rule's file gives.

    ``severity`` and ``controls`` are in it also where the policy or ``defaults`` say them.
    """


@dataclass(frozen=True, slots=True)
class Policy:
    """A selector, and the rules that the selected resources must satisfy."""

    name: str
    selector: Selector
    owner: str
    runbook: str
    grace: timedelta
    """How young a resource without usable backup may be to count as new."""
    rules: tuple[RuleUse, ...]
    place: Place
    extends: tuple[str, ...]
    """The policies that it takes rules and settings from, nearest first."""
    origins: Mapping[str, Origin]
    """``owner``, ``runbook`` and the like -> who says it, through all of them."""


@dataclass(frozen=True, slots=True)
class Base:
    """A policy that is ``abstract``: it governs nothing, others extend it."""

    name: str
    place: Place
    is_used: bool


@dataclass(frozen=True, slots=True)
class SourceRequest:
    """One entry of ``sources``."""

    kind: str
    options: SourceOptions
    place: Place


@dataclass(frozen=True, slots=True)
class ChannelRequest:
    """One entry of ``channels``."""

    kind: str
    name: str
    """Unique: what is written, else the kind, or ``kind-2`` for the second entry of a kind."""
    options: ChannelOptions
    place: Place
    fallback: str = ""
    """Name of the channel that is used when this one fails; never leads back to this one."""


@dataclass(frozen=True, slots=True)
class TemplateFolder:
    """Where templates of the user lie, as a policy file says it."""

    address: str
    """A folder, seen from that of the file, or below S3."""
    place: Place


@dataclass(frozen=True, slots=True)
class PolicySet:
    """Everything that a policy file says."""

    digest: str
    """``sha256:`` and a hex digest of the text, or of the texts of all files."""
    timezone: ZoneInfo
    sources: tuple[SourceRequest, ...]
    policies: tuple[Policy, ...]
    """In the order of the file, and of the names of files: the first that matches governs."""
    channels: tuple[ChannelRequest, ...]
    ungoverned: Ungoverned
    name: str = ""
    """What the set is called in a store; empty: by its place (``record.names.set_name``)."""
    audit_every: timedelta = timedelta(days=1)
    """How often an audit is due; more time between two is told."""
    language: str = "en"
    """Of reports: one of ``speech.LANGUAGES``."""
    heartbeat: Heartbeat | None = None
    templates: TemplateFolder | None = None
    exemptions: tuple[Exemption, ...] = ()
    bases: tuple[Base, ...] = ()
    warnings: tuple[Problem, ...] = ()
    """What is allowed, and probably not meant, as far as the text alone shows it."""
    pages: Mapping[str, Page] = field(default_factory=dict, repr=False, compare=False)
    """File -> its lines, for what is said about it later."""
    texts: tuple[tuple[str, str], ...] = field(default=(), repr=False, compare=False)
    """Name, without its folder, and text of each file; ``digest`` is of these."""
    _governor: Governor = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Prepare for finding the governing policy of many resources."""
        object.__setattr__(self, "_governor", Governor(self.policies))

    def doubt(self, place: Place, message: str) -> Problem:
        """Return a warning about what stands at ``place``, with its line."""
        page = self.pages.get(place.file)
        return Problem(place, message, page.quote(place) if page else "")

    def governing(self, resource: Resource) -> Policy | None:
        """Return the first policy that matches; None for a resource that is ungoverned."""
        return self._governor.governing(resource)
