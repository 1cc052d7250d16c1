"""RDS with many snapshots, by moto: ``python -m tests.bench.many_snapshots MILLISECONDS``.

Apart from what asks it, so that moto takes none of the memory that is measured.
"""

from __future__ import annotations

import copy
import gc
import json
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import boto3
from moto.core.responses import PaginatedResult
from moto.core.utils import get_pagination_model
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from moto.rds.responses import RDSResponse
from werkzeug.serving import make_server

from tests.bench.snapshots import DAYS, INSTANCES, REGION
from tests.sources.cloud_aws import moto
from tests.store.bucket import Quiet, moto_server
from tests.store.keys import KEYS


def serve(round_trip: int) -> None:
    """Serve the snapshots until the process is stopped; say where as one line.

    With a ``round_trip``, in milliseconds, lists come in pages. Every connection has a process of
    its own: nothing is written once it is served.
    """
    os.environ.update(KEYS)
    with moto_server() as url:
        _populate(boto3.client("rds", region_name=REGION, endpoint_url=url))
    if round_trip:
        _page_snapshots()
    app = _Distant(round_trip / 1_000, DomainDispatcherApplication(create_backend_app))
    gc.freeze()  # else every process copies what it only looks at
    server = make_server("127.0.0.1", 0, app, processes=40, request_handler=Quiet)
    print(json.dumps({"url": f"http://127.0.0.1:{server.server_port}"}), flush=True)
    server.serve_forever()


def _populate(rds: Any) -> None:
    kept = moto("rds", REGION)
    for number in range(INSTANCES):
        name = f"db-{number:04}"
        rds.create_db_instance(
            DBInstanceIdentifier=name,
            DBInstanceClass="db.t3.micro",
            Engine="postgres",
            AllocatedStorage=20,
            BackupRetentionPeriod=DAYS,
        )
        kept.databases[name].dbi_resource_id = f"db-{number:026}"  # moto has one for all
    kept.database_snapshots = {one.db_snapshot_identifier: one for one in _daily(kept)}


def _daily(kept: Any) -> Iterator[Any]:
    """Yield a snapshot for each instance and day; of moto's own, which made one of each."""
    for first in kept.database_snapshots.values():
        owner = kept.databases[first.db_instance_identifier]
        for day in range(DAYS):
            other = copy.copy(first)
            other.db_snapshot_identifier = f"{first.db_snapshot_identifier}-{day:02}"
            other.created = other.original_snapshot_create_time = first.created - timedelta(day)
            other.database, other.dbi_resource_id = owner, owner.dbi_resource_id
            yield other


def _page_snapshots() -> None:
    """Let moto page the list of snapshots, as it pages that of instances."""
    response: Any = RDSResponse
    whole = response.describe_db_snapshots
    response.describe_db_snapshots = lambda self: PaginatedResult(whole(self)._result)
    key = {"unique_attribute": "db_snapshot_identifier"}
    get_pagination_model("rds")["DescribeDBSnapshots"].update(key)


@dataclass(frozen=True, slots=True)
class _Distant:
    """Answers after a while; many at once."""

    seconds: float
    app: Any

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        time.sleep(self.seconds)
        return self.app(environ, start_response)


if __name__ == "__main__":
    serve(int(sys.argv[1]))
