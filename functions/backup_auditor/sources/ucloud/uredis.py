"""UCloud master-slave Redis (URedis): every group, with its backups.

Lists the groups with ``DescribeUMem`` (Protocol=redis; ``DescribeURedisGroup`` where that is not
offered), and the backups of each group with ``DescribeURedisBackup``, which is right in all three
generations of that action. One page of a region-wide listing, and more only where it counts more
than the groups have, finds backups whose group is gone.

Distributed Redis has other backups and is not listed here. Nor are copies in other regions.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import Literal

from pydantic import Field

from backup_auditor.model import GapReason, Scope
from backup_auditor.outside import Outside
from backup_auditor.policy.model import ALL, OWN, Extent, SourceOptions
from backup_auditor.sources import Collected, Source, Unplanned, Wanted
from backup_auditor.sources.ucloud.client.api import DEFAULT_URL, ApiError, Client
from backup_auditor.sources.ucloud.client.credentials import load_credentials
from backup_auditor.sources.ucloud.client.places import projects_of, regions_of
from backup_auditor.sources.ucloud.client.redis import RedisScope

ID = "ucloud.uredis"


class Options(SourceOptions):
    """What a policy file may say about this source."""

    regions: Literal["all"] | list[str] = Field(
        default="all",
        description="all that GetRegion names, or a list such as [cn-bj2, hk].",
        examples=[["cn-bj2", "hk"], "all"],
    )
    projects: Literal["all"] | list[str] | None = Field(
        default=None,
        description="all, or a list of project ids; default: UCLOUD_PROJECT_ID, else all.",
        examples=[["org-abc123"], "all"],
    )
    concurrency: int = Field(
        default=10, ge=1, le=50, strict=True, description="Most requests in flight.", examples=[20]
    )
    base_url: str | None = Field(
        default=None,
        description="API address; default: UCLOUD_API_BASE_URL, else UCloud's own.",
        examples=["https://api.ucloud.cn"],
    )

    def extent(self) -> Extent:
        """Return projects and regions as the policy names them."""
        projects, regions = self.projects or [OWN], self.regions
        return Extent(
            accounts=(ALL,) if projects == "all" else tuple(projects),
            regions=(ALL,) if regions == "all" else tuple(regions),
        )


def build(options: Options, outside: Outside) -> Source:
    """Return the source; keys and addresses are looked at when scopes are listed."""
    return _URedis(options, outside)


class _URedis:
    def __init__(self, options: Options, outside: Outside) -> None:
        self._options = options
        self._outside = outside
        self._client: Client | None = None

    def scopes(self) -> Iterator[Scope | Unplanned]:
        """List project x region; raises SourceError when nothing can be asked."""
        client = self._connected()
        own = self._outside.environ.get("UCLOUD_PROJECT_ID", "")
        projects = self._options.projects or ([own] if own else "all")
        if projects == "all":
            try:
                projects = projects_of(client)
            except ApiError as error:
                if not own or error.reason is GapReason.CREDENTIALS:
                    raise
                yield Unplanned("", "", error)  # the own project can be audited all the same
                projects = [own]
        regions = self._options.regions
        if regions == "all":
            regions = regions_of(client)
        for project in projects:
            for region in regions:
                yield Scope(ID, project, region)

    def collect(
        self, scope: Scope, wanted: Wanted, *, orphans: bool
    ) -> Generator[Collected, None, None]:
        """Yield every group of ``scope`` with its backups, as they arrive."""
        reader = RedisScope(self._connected(), scope, self._options.concurrency)
        return reader.collect(wanted, orphans=orphans)

    def _connected(self) -> Client:
        if self._client is None:
            url = self._options.base_url or self._outside.environ.get("UCLOUD_API_BASE_URL")
            self._client = Client(
                load_credentials(self._outside),
                self._outside,
                base_url=url or DEFAULT_URL,
                concurrency=self._options.concurrency,
            )
        return self._client
