"""Amazon DocumentDB: every cluster, with its snapshots and its restore window.

Lists the clusters with ``DescribeDBClusters`` of the API of RDS, which serves DocumentDB too; it
also tells what point-in-time recovery covers.

Snapshots - automated, manual, and those that AWS Backup makes - come from
``DescribeDBClusterSnapshots``. Snapshots whose cluster is gone are orphans, also where another
cluster has its name now. The size of a snapshot is not told. A copy of a snapshot is as old as the
snapshot that it was made of; where that is not listed any more, its time is not known.

Copies in other regions and accounts are not seen, and a snapshot here that was copied from there is
not shown: it belongs to the cluster there. Nor are snapshots that others share, and elastic
clusters, which have an API and permissions of their own.

API: https://docs.aws.amazon.com/documentdb/latest/developerguide/API_DescribeDBClusterSnapshots.html
"""

from __future__ import annotations

from backup_auditor.outside import Outside
from backup_auditor.sources import Source
from backup_auditor.sources.aws._source import AwsOptions, AwsSource
from backup_auditor.sources.aws.client import clusters

ID = "aws.documentdb"
ACTIONS = clusters.ACTIONS
TELLS = clusters.TELLS


class Options(AwsOptions):
    """What a policy file may say about this source."""


def build(options: Options, outside: Outside) -> Source:
    """Return the source."""
    return AwsSource(ID, options, outside, clusters.clusters("docdb"))
