"""The official SDK and our client list the same backups, in every generation of the API."""

import logging
from typing import Any

import pytest
from backup_auditor.model import History
from backup_auditor.sources.ucloud.uredis import Options, build
from ucloud.client import Client as OfficialClient

from tests.builders import NOW
from tests.cloud import keys
from tests.fakes import outside
from tests.simulator.account import make_account
from tests.simulator.server import Simulator

ACCOUNT = make_account(NOW)
logging.getLogger("ucloud").setLevel(logging.ERROR)


def by_official_sdk(cloud: Simulator) -> dict[str, set[str]]:
    """List everything with the official SDK, page by page."""
    found: dict[str, set[str]] = {}
    for project in ACCOUNT.projects:
        for region in ACCOUNT.regions:
            client = OfficialClient(
                {
                    "region": region,
                    "project_id": project.id,
                    "public_key": cloud.public_key,
                    "private_key": cloud.private_key,
                    "base_url": cloud.url,
                }
            )
            groups = client.umem().describe_umem({"Protocol": "redis", "Limit": 100})["DataSet"]
            for group in groups:
                if group["ResourceType"] not in {"distributed", "performance", "cluster"}:
                    found[group["ResourceId"]] = set(_backups(client.umem(), group))
    return found


def _backups(umem: Any, group: dict[str, Any]) -> list[str]:
    ids: list[str] = []
    while True:
        query = {"GroupId": group["ResourceId"], "Limit": 50, "Offset": len(ids)}
        if group.get("SlaveZone"):
            query["SlaveZone"] = group["SlaveZone"]
        page = umem.describe_uredis_backup(query)["DataSet"]
        ids += [row["BackupId"] for row in page]
        if not page:
            return ids


def by_our_client(cloud: Simulator) -> dict[str, set[str]]:
    """List everything with our source."""
    source = build(Options(), outside(keys(cloud)))
    return {
        item.resource.id: {backup.id for backup in item.backups}
        for scope in source.scopes()
        for item in source.collect(scope, lambda _: True, orphans=True)  # type: ignore[arg-type]
        if isinstance(item, History)
    }


@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.parametrize("generation", [1, 2, 3])
def test_both_list_what_the_account_holds(generation: int) -> None:
    with Simulator(ACCOUNT, generation=generation) as cloud:
        official = by_official_sdk(cloud)
        assert by_our_client(cloud) == official == ACCOUNT.true_backups()
    assert len(official) == 60
    assert sum(map(len, official.values())) > 900
