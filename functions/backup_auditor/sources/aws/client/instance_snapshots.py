"""Snapshots of RDS instances: the automated ones are asked for by many instances at once.

A list comes a hundred rows at a time, each page after the one before. There may be 35 automated
snapshots of every instance, and only these are many: their list is asked for in groups of
instances, several at the same time. Snapshots that people make are few, and may be of anything:
their list is read whole.
https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Limits.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Any

from backup_auditor.errors import SourceError
from backup_auditor.model import Backup
from backup_auditor.sources.aws.client.failures import QueryError
from backup_auditor.sources.aws.client.owners import Identity
from backup_auditor.sources.aws.client.place import MARKER, Place

_OPERATION, _KEY = "DescribeDBSnapshots", "DBSnapshots"
_GROUP = 20
_AUTOMATED = {"SnapshotType": "automated"}
_WHOLE = ({"SnapshotType": "manual"}, {"SnapshotType": "awsbackup"})

Read = Callable[[dict[str, Any]], Backup | None]
"""Return the backup in a row; None where it is none of this place. Called on several threads."""
_Query = Mapping[str, Any]


def instance_snapshots(place: Place, instances: Iterable[Identity], read: Read) -> list[Backup]:
    """Return the automated snapshots of ``instances``, and all others of the place.

    Raises SourceError unless all have come. How many instances one question may name is not
    documented: where AWS does not take the question, or no answer has anything, the automated ones
    are read as one list. A filter that nothing passes must not be what says that there is nothing.
    """
    groups = list(_groups(instances))
    others: list[Backup] = []
    automated: list[Backup] = []
    for query, got in place.each(partial(_listed, place, read), [*_WHOLE, *groups]):
        if isinstance(got, QueryError) and "Filters" in query:
            automated = []
            break
        if isinstance(got, SourceError):
            raise got
        (automated if "Filters" in query else others).extend(got)
    automated = automated or _listed(place, read, _AUTOMATED)
    return list(dict.fromkeys([*others, *automated]))  # one may be listed by id and by name


def _groups(instances: Iterable[Identity]) -> Iterator[_Query]:
    """Yield what to ask; by name only where AWS tells no id, because names are given anew."""
    every = list(instances)
    ids = list(dict.fromkeys(one.unique for one in every if one.unique))
    names = list(dict.fromkeys(one.name for one in every if one.name and not one.unique))
    for name, values in (("dbi-resource-id", ids), ("db-instance-id", names)):
        for start in range(0, len(values), _GROUP):
            only = {"Name": name, "Values": values[start : start + _GROUP]}
            yield {**_AUTOMATED, "Filters": [only]}


def _listed(place: Place, read: Read, query: _Query) -> list[Backup]:
    rows = place.rows("rds", _OPERATION, _KEY, MARKER, **query)
    return [backup for row in rows if (backup := read(row))]
