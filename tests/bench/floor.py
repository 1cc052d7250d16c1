"""The floor: the requests that an audit cannot do without, posted by a thread pool, answers unread.

Needed: the project list, the region list, the inventory page by page (it names the groups), and one
page of backups for each group. Signing is included, judging is not.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlencode

import requests

from tests.bench.figures import report

_PAGE = 100


class Floor:
    """A bare client: one pooled session, no retry, no parsing of backups."""

    def __init__(self, concurrency: int) -> None:
        """Open a session with as many connections as requests in flight."""
        self.session = requests.Session()
        adapter = requests.adapters.HTTPAdapter(pool_maxsize=concurrency)
        self.session.mount("http://", adapter)
        self.session.trust_env = False
        self.concurrency = concurrency
        self.sent = 0

    def post(self, **fields: object) -> bytes:
        """Sign and post one request; return the raw answer."""
        flat = {key: str(value) for key, value in fields.items()}
        flat["PublicKey"] = os.environ["UCLOUD_PUBLIC_KEY"]
        text = "".join(key + flat[key] for key in sorted(flat)) + os.environ["UCLOUD_PRIVATE_KEY"]
        flat["Signature"] = hashlib.sha1(text.encode()).hexdigest()  # noqa: S324 - the API's own
        answer = self.session.post(
            os.environ["UCLOUD_API_BASE_URL"],
            data=urlencode(flat),
            headers={"Content-Type": "application/x-www-form-urlencoded"},
            timeout=65,
        )
        self.sent += 1
        return answer.content

    def run(self) -> int:
        """Fetch everything; return how many requests that took."""
        project = json.loads(self.post(Action="GetProjectList"))["ProjectSet"][0]["ProjectId"]
        region = json.loads(self.post(Action="GetRegion"))["Regions"][0]["Region"]
        scope: dict[str, Any] = {"ProjectId": project, "Region": region, "Limit": _PAGE}
        with ThreadPoolExecutor(self.concurrency) as pool:

            def inventory(offset: int) -> dict[str, Any]:
                answer = self.post(Action="DescribeUMem", Protocol="redis", Offset=offset, **scope)
                page: dict[str, Any] = json.loads(answer)
                return page

            first = inventory(0)
            pages = [first, *pool.map(inventory, range(_PAGE, first["TotalCount"], _PAGE))]
            groups = [row["ResourceId"] for page in pages for row in page["DataSet"]]
            list(
                pool.map(
                    lambda group: self.post(
                        Action="DescribeURedisBackup", GroupId=group, Offset=0, **scope
                    ),
                    groups,
                )
            )
        return self.sent


if __name__ == "__main__":
    report(Floor(int(sys.argv[1])).run)
