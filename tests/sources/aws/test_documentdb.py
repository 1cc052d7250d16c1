"""Clusters of DocumentDB: the contract of clusters."""

from tests.sources.aws import cluster_contract


def populate(url: str) -> None:
    """Make good and bad clusters."""
    cluster_contract.populate(url, TestDocumentDb.engine)


class TestDocumentDb(cluster_contract.ClusterContract):
    """The source of clusters of DocumentDB."""

    kind = "aws.documentdb"
    engine = "docdb"
    service = "docdb"
