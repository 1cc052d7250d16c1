"""An inventory as a source: fresh or an error, each resource by itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from pydantic import Field, TypeAdapter, ValidationError

from backup_auditor.errors import SourceError
from backup_auditor.model import (
    Backup,
    BackupKind,
    GapReason,
    History,
    Resource,
    Restorable,
    Schedule,
    Scope,
)
from backup_auditor.outside import Outside
from backup_auditor.policy.fields import Name
from backup_auditor.policy.model import SourceOptions
from backup_auditor.rules import FUTURE_TOLERANCE
from backup_auditor.sources import Collected, Unplanned, Unread, Wanted
from backup_auditor.sources.json import _values
from backup_auditor.sources.json._form import BackupForm, CopyForm, InventoryForm, ResourceForm
from backup_auditor.sources.json._reader import parsed, resource_of
from backup_auditor.speech import phrase, phrases
from backup_auditor.values import Duration, write_instant

_NAME: TypeAdapter[str] = TypeAdapter(_values.Name)
_DAY_AND_SOME = timedelta(hours=26)


class JsonOptions(SourceOptions):
    """What a policy file may say about an inventory, wherever it comes from."""

    max_age: Duration = Field(
        default=_DAY_AND_SOME,
        description="How old it may be by its generated_at (26h): an old one always looks fine.",
        examples=["26h"],
    )
    account: Name | None = Field(
        default=None,
        description="What reports and match call the place; default: where it comes from.",
        examples=["dumps"],
    )
    region: str = Field(
        default="",
        max_length=100,
        description="What reports and match call the region of its resources.",
        examples=["cn-bj2"],
    )


@dataclass(frozen=True, slots=True)
class JsonSource:
    """One inventory is one scope."""

    scope: Scope
    max_age: timedelta
    outside: Outside
    fetch: Callable[[], bytes]
    """Return the document, at most a byte longer than is allowed; raises SourceError."""

    def scopes(self) -> Iterator[Scope | Unplanned]:
        """List the one scope."""
        yield self.scope

    def collect(
        self,
        scope: Scope,
        wanted: Wanted,
        *,
        orphans: bool,  # noqa: ARG002 - it knows of none
    ) -> Generator[Collected, None, None]:
        """Yield every resource, and what the inventory says it could not look at."""
        self.outside.check_deadline()
        inventory = parsed(self.fetch())
        self._check_age(inventory)
        ids = Counter(_salvaged(value, "id") for value in inventory.resources)
        told: set[str] = set()
        for number, value in enumerate(inventory.resources):
            self.outside.check_deadline()  # a hostile one may take long
            id_ = _salvaged(value, "id")
            if ids[id_] > 1 and id_:
                if id_ not in told:
                    told.add(id_)
                    error = _twice(id_, ids[id_])
                    yield _broken(_known(scope, id_, value), error, wanted)
                continue
            yield from _item(scope, value, number, wanted)
        for text in inventory.errors:
            yield _said(text)

    def _check_age(self, inventory: InventoryForm) -> None:
        age = self.outside.now() - inventory.generated_at
        instant = write_instant(inventory.generated_at) or ""
        if age < -FUTURE_TOLERANCE:
            detail = phrase(
                "the inventory is of {instant}, which is still to come", instant=instant
            )
            raise SourceError(GapReason.MALFORMED, detail)
        if age > self.max_age:
            detail = phrase(
                "the inventory is of {instant}, {age} ago; at most {limit} are allowed",
                instant=instant,
                age=age,
                limit=self.max_age,
            )
            raise SourceError(GapReason.INCOMPLETE, detail)


def _item(scope: Scope, value: object, number: int, wanted: Wanted) -> Iterator[Collected]:
    try:
        form = resource_of(value, number)
    except SourceError as error:
        id_ = _salvaged(value, "id")
        yield _broken(_known(scope, id_, value), error, wanted) if id_ else error
        return
    resource = _resource(form, scope)
    if not wanted(resource):
        return
    if form.error is not None:
        yield Unread(resource, _said(form.error))
        return
    backups = form.backups or []
    has_copies = any(one.copies is not None for one in backups)
    copies = [_copy(copy, one, resource) for one in backups for copy in one.copies or ()]
    window = form.restorable
    yield History.of(
        resource,
        [_backup(one, resource) for one in backups],
        copies=copies if has_copies else None,
        restorable=Restorable(window.since, window.until) if window else None,
    )


def _broken(resource: Resource, error: SourceError, wanted: Wanted) -> Collected:
    """Return what is to be told; of what cannot be read nobody knows whether it is wanted."""
    return Unread(resource, error) if wanted(resource) else error


def _salvaged(value: object, key: str) -> str:
    """Return a name out of what may be wrong elsewhere; empty where there is none."""
    try:
        return _NAME.validate_python(value[key] if isinstance(value, dict) else None)
    except (KeyError, ValidationError):
        return ""


def _known(scope: Scope, id_: str, value: object) -> Resource:
    name = _salvaged(value, "name") or id_
    return Resource(id_, name, scope.source, scope.account, scope.region)


def _twice(id_: str, number: int) -> SourceError:
    detail = phrases(
        "the inventory is wrong: {n} resource has the id {id}",
        "the inventory is wrong: {n} resources have the id {id}",
        number,
        id=repr(id_),
    )
    return SourceError(GapReason.MALFORMED, detail)


def _said(text: str) -> SourceError:
    detail = phrase("the inventory says: {text}", text=text)
    return SourceError(GapReason.PROVIDER_ERROR, detail)


def _resource(form: ResourceForm, scope: Scope) -> Resource:
    schedule = form.schedule
    return Resource(
        id=form.id,
        name=form.name,
        source=scope.source,
        account=scope.account,
        region=scope.region,
        zone=form.zone or "",
        kind=form.kind or "",
        state=form.state or "",
        created_at=form.created_at,
        auto_backup=form.auto_backup,
        tags=form.tags,
        schedule=Schedule(schedule.cron, schedule.timezone.key) if schedule else None,
    )


def _common(form: BackupForm | CopyForm, resource: Resource) -> Mapping[str, Any]:
    return {
        "resource_id": resource.id,
        "resource_name": resource.name,
        "state": form.state,
        "state_raw": form.state,
        "finished_at": form.finished_at,
        "size_bytes": form.size_bytes,
        "account": form.account or "",
        "region": form.region or "",
        "encrypted": form.encrypted,
        "locked_until": form.locked_until,
    }


def _backup(form: BackupForm, resource: Resource) -> Backup:
    return Backup(
        id=form.id,
        taken_at=form.taken_at,
        kind=form.kind or BackupKind.UNKNOWN,
        kind_raw=form.kind or "",
        name=form.name or "",
        is_clean=form.clean,
        **_common(form, resource),
    )


def _copy(form: CopyForm, original: BackupForm, resource: Resource) -> Backup:
    """Return a copy: its data is that of the moment at which the original was taken."""
    return Backup(
        id=form.id or f"{original.id} {form.account or ''}/{form.region or ''}",
        taken_at=original.taken_at,
        kind=original.kind or BackupKind.UNKNOWN,
        kind_raw=original.kind or "",
        name=original.name or "",
        is_clean=original.clean,
        **_common(form, resource),
    )
