"""UCloud master-slave Redis (URedis): every group, with its backups.

Lists the groups with ``DescribeUMem`` (Protocol=redis; ``DescribeURedisGroup`` where that is not
offered), and the backups of each group with ``DescribeURedisBackup``, which is right in all three
generations of that action. One page of a region-wide listing, and more only where it counts more
than the groups have, finds backups whose group is gone.

The hour of backups is in ``schedule_timezone``, because UCloud does not say in which zone it is
meant. Distributed Redis has other backups and is not listed here: see ``ucloud.umem``. Nor are
copies in other regions.
"""

from __future__ import annotations

from backup_auditor.model import Fact
from backup_auditor.outside import Outside
from backup_auditor.sources import Source
from backup_auditor.sources.ucloud._source import ACCOUNT_ACTIONS, UCloudOptions, UCloudSource
from backup_auditor.sources.ucloud.client.redis import RedisScope

ID = "ucloud.uredis"
ACTIONS = (*ACCOUNT_ACTIONS, "DescribeUMem", "DescribeURedisGroup", "DescribeURedisBackup")


TELLS = (Fact.SIZE, Fact.AUTO_BACKUP, Fact.SCHEDULE)


class Options(UCloudOptions):
    """What a policy file may say about this source."""


def build(options: Options, outside: Outside) -> Source:
    """Return the source."""
    return UCloudSource(ID, options, outside, RedisScope)
