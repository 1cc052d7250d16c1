"""The nouns of the simulated cloud: rows as the API shows them, and who owns them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

Row = dict[str, Any]


@dataclass(frozen=True)
class Project:
    """One project of the account."""

    id: str
    name: str
    is_default: bool = False


@dataclass
class Group:
    """One Redis instance: its inventory row, and its backups newest first."""

    project: str
    region: str
    row: Row
    """As DescribeUMem shows it."""
    backups: list[Row] = field(default_factory=list)
    """As the third generation of DescribeURedisBackup shows them, newest first."""
    trouble: str = ""
    """What is wrong with it; empty for a healthy one."""
    listed: bool = True
    """Whether the inventory shows it: orphans are groups that are gone."""

    @property
    def id(self) -> str:
        """ResourceId here, GroupId in the backup actions."""
        return str(self.row["ResourceId"])

    @property
    def slave_zone(self) -> str:
        """Zone of the slave, when it is another one; such backups are listed only by that zone."""
        return str(self.row.get("SlaveZone") or "")


@dataclass
class Instance:
    """One instance of another service: its inventory row, and its backups newest first."""

    id: str
    project: str
    region: str
    row: Row
    """As the inventory of its service shows it."""
    backups: list[Row] = field(default_factory=list)
    trouble: str = ""
    """What is wrong with it; empty for a healthy one."""
    listed: bool = True
    """Whether the inventory shows it: orphans are instances that are gone."""
    more: Row = field(default_factory=dict)
    """What other actions tell of it, such as its strategy."""


class Account:
    """Everything that one pair of keys may see."""

    def __init__(
        self, regions: dict[str, list[str]], projects: Iterable[Project], groups: Iterable[Group]
    ) -> None:
        """Index ``groups`` by project and region; ``regions`` maps each to its zones."""
        self.regions = regions
        self.projects = list(projects)
        self.groups = list(groups)
        self.estate: dict[str, list[Instance]] = {}
        """Instances of the other services, by the last part of the source's id."""
        self._by_scope: dict[tuple[str, str], list[Group]] = {}
        self._by_id: dict[tuple[str, str, str], Group] = {}
        for group in self.groups:
            self._by_scope.setdefault((group.project, group.region), []).append(group)
            self._by_id[group.project, group.region, group.id] = group

    @property
    def default_project(self) -> str:
        """The project that a request without ProjectId means."""
        return next(project.id for project in self.projects if project.is_default)

    def in_scope(self, project: str, region: str) -> list[Group]:
        """Return the groups of one project and region, orphans included."""
        return self._by_scope.get((project, region), [])

    def group(self, project: str, region: str, group_id: str) -> Group | None:
        """Return one group by id."""
        return self._by_id.get((project, region, group_id))

    def instances(self, service: str, project: str, region: str) -> list[Instance]:
        """Return what one project has of a service in one region, orphans included."""
        every = self.estate.get(service, [])
        return [one for one in every if (one.project, one.region) == (project, region)]

    def true_backups(self) -> dict[str, set[str]]:
        """Return the truth for comparisons: group id -> ids of its backups, inventory only."""
        return {
            group.id: {str(row["BackupId"]) for row in group.backups}
            for group in self.groups
            if group.listed and group.row["Protocol"] == "redis"
        }
