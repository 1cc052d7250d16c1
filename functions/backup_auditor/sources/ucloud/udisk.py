"""UCloud UDisk: every cloud disk, with its snapshots.

Lists the disks with ``DescribeUDisk``, and the snapshots of a whole region with
``DescribeUDiskSnapshot``, which shows those of deleted disks too. A disk of which it shows nothing
is asked about by its id. Whether the snapshot service of a disk is paid for is read with
``DescribeSnapshotService`` in each zone that has such disks: one that has expired makes no
snapshots any more. When snapshots are due is not told.

The size that a snapshot tells is that of its disk, whatever it holds, so no size of a backup is
told: leave ``size_drift`` and ``minimum_size`` out for disks. Nor is it told who made a snapshot.

Restore points of UDataArk, the continuous protection of before, cannot be listed at all. A disk
with UDataArk is judged by its snapshots where it has some, and cannot be audited where it has none.
Snapshots of local disks, and images, are not looked at.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace

from backup_auditor.errors import SourceError
from backup_auditor.model import Backup, BackupState, Fact, GapReason, History, Scope
from backup_auditor.outside import Outside
from backup_auditor.sources import Source
from backup_auditor.sources.ucloud._source import ACCOUNT_ACTIONS, UCloudOptions, UCloudSource
from backup_auditor.sources.ucloud.client.api import ApiError, Client
from backup_auditor.sources.ucloud.client.instances import nameless, resource
from backup_auditor.sources.ucloud.client.paging import Listing, Query, list_all
from backup_auditor.sources.ucloud.client.rows import Row, content_key
from backup_auditor.sources.ucloud.client.service import Instance, SweptScope, only_of
from backup_auditor.sources.ucloud.client.strategy import says_nothing
from backup_auditor.speech import phrase

ID = "ucloud.udisk"
_DISKS, _SNAPSHOTS = "DescribeUDisk", "DescribeUDiskSnapshot"
_SERVICES = "DescribeSnapshotService"
ACTIONS = (*ACCOUNT_ACTIONS, _DISKS, _SNAPSHOTS, _SERVICES)

TELLS = (Fact.AUTO_BACKUP,)
_STATES = {
    "creating": BackupState.RUNNING,
    "normal": BackupState.SUCCEEDED,
    "failed": BackupState.FAILED,
}
_SERVICE, _ARK = "snapshotservice", "udataark"
_YES, _NO = "yes", "no"


class Options(UCloudOptions):
    """What a policy file may say about this source."""


def build(options: Options, outside: Outside) -> Source:
    """Return the source."""
    return UCloudSource(ID, options, outside, UDiskScope)


class UDiskScope(SweptScope[Instance]):
    """Reads one scope."""

    def __init__(self, client: Client, scope: Scope, concurrency: int, *, timezone: str) -> None:
        """As for every service."""
        super().__init__(client, scope, concurrency, timezone=timezone)
        self._services: dict[str, Future[Listing[Row]]] = {}
        """By zone; complete before the first disk is judged."""

    def inventory(self, pool: ThreadPoolExecutor) -> Iterator[Listing[Instance | SourceError]]:
        """List the disks, and begin to list the snapshot services where there are some."""
        query: Query[Instance | SourceError] = Query(
            action=_DISKS,
            # IgnoreBackupMode and UDiskBasicInfo would leave out how a disk is protected.
            params={**self.where, "ProtocolVersion": 1, "IgnoreUBillInfo": "Yes"},
            key=lambda row: row.text("UDiskId") or content_key(row, "Name", "Zone", "CreateTime"),
            parse=lambda row: disk_of(row, self.scope),
        )
        listing = list_all(self.client, query)
        disks = [one for one in listing.items.values() if isinstance(one, Instance)]
        for zone in sorted({one.resource.zone for one in disks if _mode(one.row) == _SERVICE}):
            self._services[zone] = pool.submit(list_all, self.client, self._services_of(zone))
        yield listing

    def _services_of(self, zone: str) -> Query[Row]:
        return Query(
            action=_SERVICES,
            params={**self.where, "Zone": zone},
            key=lambda row: content_key(row, "ServiceId", "VDiskId", "Status", "CreateTime"),
            parse=lambda row: row,
            is_total_least=True,
        )

    def sweeps(self) -> Sequence[Query[Backup]]:
        """Return the list of all snapshots of all zones."""
        return [
            Query(
                action=_SNAPSHOTS,
                params=self.where,
                key=backup_key,
                parse=lambda row: backup_of(row, row.text("UDiskId")),
                is_total_least=True,
            )
        ]

    def own(self, item: Instance) -> Query[Backup]:
        """Return the list of the snapshots of one disk, for which its zone is needed."""
        owner = item.resource.id
        return Query(
            action=_SNAPSHOTS,
            params={**self.where, "Zone": item.resource.zone, "UDiskId": owner},
            key=backup_key,
            parse=only_of(owner, lambda row: backup_of(row, row.text("UDiskId") or owner)),
        )

    def told(self, item: Instance, backups: Sequence[Backup]) -> History:
        """Return the history of a disk, and whether it is protected."""
        if is_of_ark(item.row) and not backups:
            detail = phrase("UDataArk protects the disk, and the API does not list what it keeps")
            raise SourceError(GapReason.UNSUPPORTED, detail)
        is_auto = protection_of(item.row, self._services_in(item.resource.zone))
        return History.of(replace(item.resource, auto_backup=is_auto), backups)

    def _services_in(self, zone: str) -> list[Row]:
        """Return the services of a zone; none where not all of them could be read."""
        begun = self._services.get(zone)
        listing = begun.result() if begun else None
        return list(listing.items.values()) if listing and not listing.error else []

    def missed(self) -> Iterator[SourceError]:
        """Yield why snapshot services could not be read, zone by zone."""
        for zone, begun in self._services.items():
            error = begun.result().error
            if error is None or (isinstance(error, ApiError) and says_nothing(error)):
                continue
            detail = phrase(
                "{zone}: whether snapshot services are paid for could not be read: {why}",
                zone=zone,
                why=error.detail,
            )
            yield SourceError(error.reason, detail)


def disk_of(row: Row, scope: Scope) -> Instance | SourceError:
    """Return the disk of an inventory row; an error for one without an id."""
    id_ = row.text("UDiskId")
    if not id_:
        return nameless()
    told = resource(row, scope, id_, kind=row.text("DiskType"), state=row.text("Status"))
    return Instance(told, row)


def is_of_ark(row: Row) -> bool:
    """Return whether a disk says that it has UDataArk, in the field of today or of before."""
    return _mode(row) == _ARK or _word(row, "UDataArkMode") == _YES


def protection_of(row: Row, services: Iterable[Row]) -> bool | None:
    """Return whether the provider protects a disk by itself; None where that is not clear.

    ``services`` are the rows of DescribeSnapshotService in the zone of the disk.
    """
    mode, ark = _mode(row), _word(row, "UDataArkMode")
    if mode == _SERVICE:
        disk = row.text("UDiskId")
        return _is_on([one for one in services if one.text("VDiskId") == disk])
    if mode == _ARK:
        return True if ark in {_YES, ""} else None
    # An empty text stands for no protection; no text at all tells nothing.
    is_none = isinstance(row.get("BackupMode"), str) and not mode
    return False if is_none and ark in {_NO, ""} else None


def _is_on(services: Sequence[Row]) -> bool | None:
    """Return whether one of the services of a disk is on; False when all have expired."""
    expired = [
        _word(one, "Status") == "expired" or _word(one, "IsExpire") == _YES for one in services
    ]
    if services and all(expired):
        return False
    is_on = any(
        _word(one, "Status") == "available" and _word(one, "IsExpire") in {_NO, ""}
        for one in services
    )
    return True if is_on else None


def _mode(row: Row) -> str:
    return _word(row, "BackupMode")


def _word(row: Row, name: str) -> str:
    return row.text(name).lower()


def backup_key(row: Row) -> str:
    """Return the id of a snapshot row, else one from its content."""
    content = ("UDiskId", "Name", "CreateTime", "Status")
    return row.text("SnapshotId") or content_key(row, *content)


def backup_of(row: Row, owner: str) -> Backup:
    """Return a snapshot row as a noun; words that are not known become ``unknown``."""
    state = row.text("Status")
    return Backup(
        id=backup_key(row),
        resource_id=owner,
        state=_STATES.get(state.lower(), BackupState.UNKNOWN),
        taken_at=row.time("CreateTime"),
        state_raw=state,
        name=row.text("Name"),
        resource_name=row.text("UDiskName"),
    )
