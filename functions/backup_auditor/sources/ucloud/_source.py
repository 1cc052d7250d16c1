"""What all UCloud sources share: their options, and projects x regions as scopes."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from typing import Any, Literal, Protocol, Self

from pydantic import Field, field_validator

from backup_auditor.model import GapReason, Scope
from backup_auditor.outside import Outside
from backup_auditor.policy.extent import ALL, OWN, Extent
from backup_auditor.policy.fields import zone
from backup_auditor.policy.model import ANYTHING, SourceOptions
from backup_auditor.sources import Collected, Unplanned, Wanted
from backup_auditor.sources.ucloud.client.api import DEFAULT_URL, ApiError, Client
from backup_auditor.sources.ucloud.client.credentials import load_credentials
from backup_auditor.sources.ucloud.client.places import projects_of, regions_of
from backup_auditor.sources.ucloud.client.service import ServiceScope

ACCOUNT_ACTIONS = ("GetProjectList", "GetRegion")
"""Actions that every source needs to find out where to look."""


class UCloudOptions(SourceOptions):
    """What a policy file may say about a UCloud source."""

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
    schedule_timezone: str = Field(
        default="Asia/Shanghai",
        description=(
            "Time zone of the hours at which UCloud says that it makes backups; undocumented."
        ),
        examples=["Asia/Shanghai"],
    )

    @field_validator("schedule_timezone")
    @classmethod
    def _is_a_zone(cls, value: str) -> str:
        return zone(value).key

    def extent(self) -> Extent:
        """Return projects and regions as the policy names them."""
        projects, regions = self.projects or [OWN], self.regions
        return Extent(
            accounts=(ALL,) if projects == "all" else tuple(projects),
            regions=(ALL,) if regions == "all" else tuple(regions),
        )

    def overlaps(self, other: Self) -> bool:
        """Tell two clouds apart, in which the same places may have the same names."""
        return self.base_url == other.base_url and super().overlaps(other)

    def grants(self, actions: Sequence[str]) -> Iterator[tuple[str, str]]:
        """Leave out what finds projects and regions where they are named."""
        left_out = set()
        if self.regions != "all":
            left_out.add("GetRegion")
        if isinstance(self.projects, list):
            left_out.add("GetProjectList")
        yield from ((action, ANYTHING) for action in actions if action not in left_out)


class Open(Protocol):
    """Makes the reader of a scope: a class of ``ServiceScope``."""

    def __call__(
        self, client: Client, scope: Scope, concurrency: int, *, timezone: str
    ) -> ServiceScope[Any]:
        """Return the reader."""


class UCloudSource:
    """One service; keys and addresses are looked at when scopes are listed."""

    def __init__(self, id_: str, options: UCloudOptions, outside: Outside, open_: Open) -> None:
        """``id_`` is the id of the source."""
        self._id = id_
        self._options = options
        self._outside = outside
        self._open = open_
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
                yield Scope(self._id, project, region)

    def collect(
        self, scope: Scope, wanted: Wanted, *, orphans: bool
    ) -> Generator[Collected, None, None]:
        """Yield every instance of ``scope`` with its backups, as they arrive."""
        options = self._options
        reader = self._open(
            self._connected(), scope, options.concurrency, timezone=options.schedule_timezone
        )
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
