"""Clusters of Neptune: the contract of clusters."""

from tests.sources.aws import cluster_contract


def populate(url: str) -> None:
    """Make good and bad clusters."""
    cluster_contract.populate(url, TestNeptune.engine)


class TestNeptune(cluster_contract.ClusterContract):
    """The source of clusters of Neptune."""

    kind = "aws.neptune"
    engine = "neptune"
    service = "neptune"
