"""What three AWS accounts have in two regions, made with boto3 on moto, and aged there.

moto runs in this process: that is how a snapshot gets to be three days old.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import requests

from tests.sources.backup_server import held
from tests.sources.cloud_aws import ACCOUNT, HOME, MEMBERS, OTHER, client, moto
from tests.sources.serverless import teach

ACCOUNTS, REGIONS = (ACCOUNT, *MEMBERS), (HOME, OTHER)
BUCKET, PREFIX = "company-backups", "dumps/"
_DAY = timedelta(days=1)
_OLD = 300 * _DAY


@dataclass(frozen=True)
class Place:
    """One region of one account, to be filled."""

    url: str
    account: str
    region: str
    now: datetime

    def client(self, service: str) -> Any:
        """Return a client of the account here."""
        return client(self.url, service, self.region, self.account)

    def kept(self, service: str) -> Any:
        """Return what moto keeps here."""
        return moto(service, self.region, self.account)

    def days(self, newest: float, number: int = 5) -> list[datetime]:
        """Return instants of daily backups, the newest so many hours ago, as moto keeps them."""
        first = (self.now - timedelta(hours=newest)).astimezone(UTC).replace(tzinfo=None)
        return [first - _DAY * day for day in range(number)]

    @property
    def long_ago(self) -> datetime:
        """When everything was made."""
        return (self.now - _OLD).astimezone(UTC).replace(tzinfo=None)

    @property
    def is_home(self) -> bool:
        """Whether it is where most of the trouble is."""
        return (self.account, self.region) == (ACCOUNT, HOME)


def populate(url: str, now: datetime) -> None:
    """Fill everything at ``url``; ``now`` is the present."""
    teach()
    # The ids that moto makes up are the same in every run: a volume must not vanish between two.
    requests.post(f"{url}/moto-api/seed?a=1", timeout=10).raise_for_status()
    for account in ACCOUNTS:
        for region in REGIONS:
            place = Place(url, account, region, now)
            for make in _SERVICES:
                make(place)
    _files(url, now)


def _rds(place: Place) -> None:
    for name, age in (("orders-db", 5.0), ("billing-db", 80.0 if place.is_home else 6.0)):
        place.client("rds").create_db_instance(
            DBInstanceIdentifier=name,
            Engine="postgres",
            DBInstanceClass="db.t3.micro",
            AllocatedStorage=20,
            BackupRetentionPeriod=7,
            StorageEncrypted=not place.is_home,
        )
        kept = place.kept("rds")
        kept.databases[name].created = kept.databases[name].instance_create_time = place.long_ago
        kept.databases[name].dbi_resource_id = f"db-{name.upper()}"
        for id_, one in list(kept.database_snapshots.items()):
            if one.db_instance_identifier == name:
                del kept.database_snapshots[id_]
        for number, taken in enumerate(place.days(age)):
            made = kept.create_db_snapshot(name, f"rds:{name}-{number}", "automated")
            made.created = made.original_snapshot_create_time = taken
            made.instance_create_time = place.long_ago


def _clusters(place: Place) -> None:
    for name, engine in (
        ("catalog", "aurora-postgresql"),
        ("profiles", "docdb"),
        ("graph", "neptune"),
    ):
        place.client("rds").create_db_cluster(
            DBClusterIdentifier=name,
            Engine="neptune" if engine == "docdb" else engine,  # moto makes none of DocumentDB
            MasterUsername="admin",
            MasterUserPassword="Passw0rd-of-tests",
            BackupRetentionPeriod=7,
        )
        kept = place.kept("rds")
        cluster = kept.clusters[name]
        cluster.engine = engine
        cluster.created = cluster.cluster_create_time = place.long_ago
        cluster.earliest_restorable_time = place.days(0)[-1]
        for id_, one in list(kept.cluster_snapshots.items()):
            if one.db_cluster_identifier == name:
                del kept.cluster_snapshots[id_]
        for number, taken in enumerate(place.days(4)):
            made = kept.create_db_cluster_snapshot(name, f"{name}-{number}", "automated")
            made.created, made.cluster_create_time = taken, place.long_ago
            made.db_cluster_resource_id = cluster.db_cluster_resource_id


def _ebs(place: Place) -> None:
    ec2, kept = place.client("ec2"), place.kept("ec2")
    kept.snapshots.clear()  # moto has hundreds, of its machine images
    for name, number in (("web-data", 5), ("scratch", 0 if place.is_home else 3)):
        volume = ec2.create_volume(AvailabilityZone=f"{place.region}a", Size=8)["VolumeId"]
        ec2.create_tags(Resources=[volume], Tags=[{"Key": "Name", "Value": name}])
        kept.volumes[volume].create_time = f"{place.long_ago:%Y-%m-%dT%H:%M:%S.000Z}"
        for taken in place.days(3, number):
            id_ = ec2.create_snapshot(VolumeId=volume)["SnapshotId"]
            kept.snapshots[id_].start_time = f"{taken:%Y-%m-%dT%H:%M:%S.000Z}"
            kept.snapshots[id_].status = "completed"


def _dynamodb(place: Place) -> None:
    dynamodb, kept = place.client("dynamodb"), place.kept("dynamodb")
    dynamodb.create_table(
        TableName="sessions",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    kept.tables["sessions"].created_at = place.long_ago
    for number, taken in enumerate(place.days(2)):
        made = dynamodb.create_backup(TableName="sessions", BackupName=f"nightly-{number}")
        kept.backups[made["BackupDetails"]["BackupArn"]].creation_date_time = taken


def _elasticache(place: Place) -> None:
    elasticache, kept = place.client("elasticache"), place.kept("elasticache")
    elasticache.create_replication_group(
        ReplicationGroupId="cart",
        ReplicationGroupDescription="cart",
        Engine="redis",
        SnapshotRetentionLimit=7,
    )
    kept.replication_groups["cart"].replication_group_create_time = place.long_ago
    for number, taken in enumerate(place.days(7)):
        name = f"cart-{number}"
        elasticache.create_snapshot(SnapshotName=name, ReplicationGroupId="cart")
        node = {"CacheSize": "120 MB", "SnapshotCreateTime": taken}
        kept.snapshots[name].node_snapshots = [node]


def _memorydb(place: Place) -> None:
    memorydb, kept = place.client("memorydb"), place.kept("memorydb")
    memorydb.create_cluster(
        ClusterName="ledger",
        NodeType="db.t4g.small",
        ACLName="open-access",
        SnapshotRetentionLimit=7,
    )
    for number, taken in enumerate(place.days(8)):
        memorydb.create_snapshot(ClusterName="ledger", SnapshotName=f"ledger-{number}")
        for shard in kept.snapshots[f"ledger-{number}"].shards:
            shard["SnapshotCreationTime"] = taken


def _redshift(place: Place) -> None:
    redshift, kept = place.client("redshift"), place.kept("redshift")
    redshift.create_cluster(
        ClusterIdentifier="warehouse",
        NodeType="ra3.xlplus",
        MasterUsername="admin",
        MasterUserPassword="Passw0rd-of-tests",
    )
    kept.snapshots.clear()
    kept.clusters["warehouse"].create_time = place.long_ago
    kept.clusters["warehouse"].cluster_create_time = place.long_ago
    for number, taken in enumerate(place.days(9)):
        id_ = f"warehouse-{number}"
        redshift.create_cluster_snapshot(ClusterIdentifier="warehouse", SnapshotIdentifier=id_)
        kept.snapshots[id_].create_time = kept.snapshots[id_].snapshot_create_time = taken
        kept.snapshots[id_].cluster_create_time = place.long_ago


def _backup(place: Place) -> None:
    here = held(place.region, place.account)
    here.vault(Locked=True, LockDate=place.now - 90 * _DAY)
    arn = f"arn:aws:elasticfilesystem:{place.region}:{place.account}:file-system/fs-shared"
    here.protect(arn, "EFS", "shared-files")
    for number, taken in enumerate(place.days(10)):
        point = f"arn:aws:backup:{place.region}:{place.account}:recovery-point:{number}"
        here.point(arn, point, taken.replace(tzinfo=UTC), ResourceType="EFS")


def _files(url: str, now: datetime) -> None:
    s3 = client(url, "s3")
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": HOME})
    for name, newest in (("wiki", 6), ("crm", 6), ("erp", 100)):
        for day in range(5):
            taken = now - timedelta(hours=newest) - _DAY * day
            key = f"{PREFIX}{name}/{name}-{taken:%Y%m%d-%H%M%S}.dump"
            s3.put_object(Bucket=BUCKET, Key=key, Body=b"dump" * 1024)


_SERVICES: tuple[Callable[[Place], None], ...] = (
    *(_rds, _clusters, _ebs, _dynamodb, _elasticache, _memorydb, _redshift, _backup),
)
