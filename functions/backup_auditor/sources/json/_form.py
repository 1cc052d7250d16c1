"""The form of an inventory, version 1, for pydantic. Its JSON Schema is made from these models.

A key that is not known is an error, and so is ``null``: what is not known is left out.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from backup_auditor.policy.json_shapes import Schema, shape_of
from backup_auditor.sources.json._values import (
    Count,
    Cron,
    Flag,
    Instant,
    Kind,
    Name,
    State,
    Tags,
    Text,
    Version,
    Wrong,
    Zone,
)
from backup_auditor.speech import phrase

MOST_RESOURCES, MOST_BACKUPS, MOST_COPIES, MOST_ERRORS = 10_000, 10_000, 20, 100


class Form(BaseModel):
    """The base of every part."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @field_validator("*", mode="before")
    @classmethod
    def _is_there(cls, value: Any) -> Any:
        if value is None:
            raise Wrong(phrase("a value; leave the key out where nothing is known"))
        return value


class ScheduleForm(Form):
    """When backups are due."""

    cron: Cron = Field(description="Five cron fields.", examples=["0 3 * * *"])
    timezone: Zone = Field(description="What they are meant in.", examples=["Asia/Shanghai"])


class WindowForm(Form):
    """A stretch of time of which every moment can be restored."""

    since: Instant = Field(description="Its beginning.", examples=["2026-11-17T06:00:00Z"])
    until: Instant = Field(description="Its end.", examples=["2026-11-24T05:55:00Z"])

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Self:
        _ordered(self.since, self.until, "since", "until")
        return self


class CopyForm(Form):
    """A copy of a backup in another region or account."""

    model_config = ConfigDict(
        json_schema_extra={"anyOf": [{"required": ["region"]}, {"required": ["account"]}]}
    )

    state: State = Field(description="What became of it.", examples=["succeeded"])
    region: Name | None = Field(
        default=None, description="Where it lies; this or account.", examples=["eu-west-1"]
    )
    account: Name | None = Field(
        default=None, description="Whose it is; this or region.", examples=["vault"]
    )
    id: Name | None = Field(default=None, description="What it is called.", examples=["copy-1"])
    finished_at: Instant | None = Field(
        default=None, description="When it was there.", examples=["2026-11-24T04:10:00Z"]
    )
    size_bytes: Count | None = Field(default=None, description="Bytes.", examples=[1048576])
    encrypted: Flag | None = Field(default=None, description="Is encrypted.", examples=[True])
    locked_until: Instant | None = Field(
        default=None, description="Nobody can delete it before.", examples=["2027-01-01T00:00:00Z"]
    )

    @model_validator(mode="after")
    def _is_somewhere(self) -> Self:
        if self.region is None and self.account is None:
            raise Wrong(phrase("a copy with region, account or both"))
        return self


class BackupForm(Form):
    """One backup."""

    id: Name = Field(description="Unique in its resource.", examples=["shop-20261124.dump"])
    state: State = Field(description="What became of it.", examples=["succeeded"])
    taken_at: Instant = Field(
        description="When it was started: the moment that its data stands for.",
        examples=["2026-11-24T03:00:00+08:00"],
    )
    finished_at: Instant | None = Field(
        default=None, description="When it ended.", examples=["2026-11-24T03:20:00+08:00"]
    )
    size_bytes: Count | None = Field(default=None, description="Bytes.", examples=[1048576])
    kind: Kind | None = Field(
        default=None, description="Who started it: a schedule or a person.", examples=["automatic"]
    )
    name: Name | None = Field(default=None, description="For people.", examples=["nightly"])
    region: Name | None = Field(
        default=None, description="Where it lies, if not with its resource.", examples=["cn-bj2"]
    )
    account: Name | None = Field(
        default=None, description="Whose it is, if not of its resource.", examples=["vault"]
    )
    encrypted: Flag | None = Field(default=None, description="Is encrypted.", examples=[True])
    locked_until: Instant | None = Field(
        default=None,
        description="Nobody can delete it before; long past where anybody can.",
        examples=["2027-01-01T00:00:00Z"],
    )
    clean: Flag | None = Field(
        default=None, description="It was completed without any issue.", examples=[True]
    )
    copies: Annotated[list[CopyForm], Field(max_length=MOST_COPIES)] | None = Field(
        default=None,
        description="Its copies elsewhere; [] says that there are none.",
        examples=[[{"region": "eu-west-1", "state": "succeeded"}]],
    )

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Self:
        _ordered(self.taken_at, self.finished_at, "taken_at", "finished_at")
        return self


class ResourceForm(Form):
    """One thing that must be backed up, with all its backups."""

    model_config = ConfigDict(
        json_schema_extra={"oneOf": [{"required": ["backups"]}, {"required": ["error"]}]}
    )

    id: Name = Field(description="Unique in the inventory; never changes.", examples=["shop"])
    name: Name = Field(description="For people.", examples=["shop database"])
    kind: Name | None = Field(default=None, description="Such as mysql.", examples=["mysql"])
    state: Name | None = Field(default=None, description="Of its own.", examples=["running"])
    zone: Name | None = Field(default=None, description="Its zone.", examples=["cn-bj2-04"])
    created_at: Instant | None = Field(
        default=None,
        description="When it was made; without it, it is never new.",
        examples=["2025-01-31T08:00:00Z"],
    )
    auto_backup: Flag | None = Field(
        default=None, description="Backups are made by themselves.", examples=[True]
    )
    schedule: ScheduleForm | None = Field(
        default=None,
        description="When backups are due.",
        examples=[{"cron": "0 3 * * *", "timezone": "Asia/Shanghai"}],
    )
    restorable: WindowForm | None = Field(
        default=None,
        description="What point-in-time recovery covers.",
        examples=[{"since": "2026-11-17T06:00:00Z", "until": "2026-11-24T05:55:00Z"}],
    )
    tags: Tags = Field(default={}, description="Labels.", examples=[{"team": "shop"}])
    backups: Annotated[list[BackupForm], Field(max_length=MOST_BACKUPS)] | None = Field(
        default=None,
        description="All of them, in any order; [] says that there never was one.",
        examples=[
            [{"id": "b-1", "state": "succeeded", "taken_at": "2026-11-24T03:00:00+08:00"}],
        ],
    )
    error: Text | None = Field(
        default=None,
        description="Instead of backups: why they could not be listed.",
        examples=["mysql did not answer"],
    )

    @model_validator(mode="after")
    def _has_backups_or_says_why_not(self) -> Self:
        if (self.backups is None) == (self.error is None):
            raise Wrong(phrase("either backups or error"))
        return self


def _resources(value: object) -> list[Any]:
    if isinstance(value, list) and len(value) <= MOST_RESOURCES:
        return value
    raise Wrong(phrase("a list of at most {n} entries", n=MOST_RESOURCES))


class InventoryForm(Form):
    """The whole document; each resource is read by itself, so that it hides no other."""

    schema_version: Version = Field(description="Of this form.", examples=[1])
    generated_at: Instant = Field(
        description="When all of this was so.", examples=["2026-11-24T06:00:00Z"]
    )
    resources: Annotated[list[Any], BeforeValidator(_resources)] = Field(
        description="Everything that must be backed up.",
        examples=[[{"id": "shop", "name": "shop database", "backups": []}]],
    )
    errors: Annotated[list[Text], Field(max_length=MOST_ERRORS)] = Field(
        default=[],
        description="What could not be looked at, so that resources may be missing.",
        examples=[["host db-7 did not answer"]],
    )


def _ordered(begins: datetime, ends: datetime | None, first: str, last: str) -> None:
    if ends is not None and ends < begins:
        raise Wrong(phrase("{last} no earlier than {first}", first=first, last=last))


def inventory_schema() -> Schema:
    """Return the JSON Schema (draft-07) of the form, for those who write an inventory."""
    top = shape_of(InventoryForm, {})
    top["properties"]["resources"] |= {
        "type": "array",
        "maxItems": MOST_RESOURCES,
        "items": shape_of(ResourceForm, {}),
    }
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "description": "Resources and their backups, for the sources json.file and json.http.",
        **top,
    }
