"""Aurora and Multi-AZ clusters: the contract of clusters."""

from tests.sources.aws import cluster_contract


def populate(url: str) -> None:
    """Make good and bad clusters."""
    cluster_contract.populate(url, TestAurora.engine)


class TestAurora(cluster_contract.ClusterContract):
    """The source of Aurora and Multi-AZ clusters."""

    kind = "aws.aurora"
    engine = "aurora-postgresql"
    service = "rds"
