"""The actions of the simulated API: parameters in, one JSON document out.

Three generations of DescribeURedisBackup are known: 1 takes GroupId as an option; 2 demands it;
3 demands it unless RegionType is given. The rows of 1 have a numeric type and no zone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from tests.simulator.faults import Faults
from tests.simulator.services import services
from tests.simulator.world import Account, Group, Instance, Row

Params = dict[str, str]
Answer = dict[str, Any]
Handler = Callable[["Api", Params], Answer]
_TYPES = {"Manual": 1, "Auto": 0}
_UNSCOPED = ("GetRegion", "GetProjectList")


class ApiError(Exception):
    """An answer with a RetCode that is not 0."""

    def __init__(self, code: int, message: str) -> None:
        """Keep code and message."""
        self.code = code
        self.message = message
        super().__init__(message)


@dataclass
class Api:
    """Answers actions about one account."""

    account: Account
    generation: int
    faults: Faults
    shifts: dict[str, int] = field(default_factory=dict)
    """How often each list was paged, for the rows that appear in between."""

    def answer(self, params: Params) -> Answer:
        """Return the document for ``params``; raises ApiError."""
        action = params.get("Action")
        if not action:
            raise ApiError(160, "Missing Action")
        handler = _handlers().get(action)
        if handler is None or action in self.faults.unsupported_actions:
            raise ApiError(161, f"Action [{action}] not found")
        if action in self.faults.refused_actions:
            raise ApiError(299, "IAM permission error")
        if action not in _UNSCOPED:
            self._check_scope(params)
        return {"RetCode": 0, "Action": f"{action}Response", **handler(self, params)}

    def _check_scope(self, params: Params) -> None:
        region, project = params.get("Region"), params.get("ProjectId")
        if not region:
            raise ApiError(220, "Missing params [Region]")
        if project and project not in {p.id for p in self.account.projects}:
            raise ApiError(292, "Project not exist")
        if region in self.faults.refused_regions:
            raise ApiError(293, "No permission for this region")
        if region not in self.account.regions:
            raise ApiError(230, "Params [Region] not available")
        if project in self.faults.refused_projects:
            raise ApiError(299, "IAM permission error")

    def _groups(self, params: Params) -> list[Group]:
        project = params.get("ProjectId") or self.account.default_project
        return self.account.in_scope(project, params["Region"])

    def regions(self, _: Params) -> Answer:
        """GetRegion: one row for each zone."""
        rows = [
            {"RegionId": number, "RegionName": region, "Region": region, "Zone": zone}
            for number, (region, zones) in enumerate(self.account.regions.items())
            for zone in zones
        ]
        return {"Regions": rows}

    def projects(self, _: Params) -> Answer:
        """GetProjectList: not paged."""
        rows = [
            {"ProjectId": p.id, "ProjectName": p.name, "IsDefault": p.is_default}
            for p in self.account.projects
        ]
        return {"ProjectSet": rows, "ProjectCount": len(rows)}

    def inventory(self, params: Params) -> Answer:
        """DescribeUMem: all instances of one protocol."""
        protocol = params.get("Protocol")
        if not protocol:
            raise ApiError(220, "Missing params [Protocol]")
        every: list[Group | Instance] = [*self._groups(params), *self.instances("umem", params)]
        rows = [one.row for one in every if one.listed and one.row["Protocol"] == protocol]
        return self._page(rows, params, default=20, total=len(rows))

    def old_inventory(self, params: Params) -> Answer:
        """DescribeURedisGroup: master-slave groups only; TotalCount counts nodes."""
        rows = [
            _old_row(group.row)
            for group in self._groups(params)
            if group.listed and group.row["ResourceId"].startswith("uredis-")
        ]
        return self._page(rows, params, default=20, total=2 * len(rows))

    def backups(self, params: Params) -> Answer:
        """DescribeURedisBackup of the chosen generation."""
        group_id = params.get("GroupId", "")
        if not group_id and self.generation > 1 and not self._by_region_type(params):
            raise ApiError(220, "Missing params [GroupId]")
        groups = self._groups(params)
        everything = sum(len(group.backups) for group in groups)
        if group_id:
            project = params.get("ProjectId") or self.account.default_project
            group = self.account.group(project, params["Region"], group_id)
            rows = self._visible(group, params) if group else []
        else:
            rows = [row for group in groups for row in group.backups]
        if params.get("RegionType", "normal") != "normal":
            rows = []
        total = everything if self._lies("DescribeURedisBackup") else len(rows)
        answer = self._page(rows, params, default=10, total=total)
        if self.generation == 1:
            answer["DataSet"] = [_first_generation(row) for row in answer["DataSet"]]
        return answer

    def _by_region_type(self, params: Params) -> bool:
        return self.generation >= 3 and "RegionType" in params

    def _visible(self, group: Group, params: Params) -> list[Row]:
        """Return the rows of ``group``; those of a slave in another zone only by that zone."""
        if group.slave_zone and self.generation > 1 and params.get("SlaveZone") != group.slave_zone:
            return []
        return group.backups

    def _lies(self, action: str) -> bool:
        """Return whether the counts of an action are to be wrong."""
        return self.faults.lying_total and self.faults.concerns(action)

    def instances(self, service: str, params: Params) -> list[Instance]:
        """Return what the project and region of ``params`` have, in its Zone where there is one."""
        project = params.get("ProjectId") or self.account.default_project
        found = self.account.instances(service, project, params["Region"])
        zone = params.get("Zone")
        return [one for one in found if not zone or one.row.get("Zone", zone) == zone]

    def page(
        self,
        rows: list[Row],
        params: Params,
        *,
        default: int,
        total: int | None = None,
        most: int = 1000,
        key: str = "DataSet",
    ) -> Answer:
        """Return one page of ``rows``, of at most ``most``, under ``key``; without total: all."""
        asked = {**params, "Limit": str(min(int(params.get("Limit", default)), most))}
        count = len(rows) if total is None else total
        answer = self._page(rows, asked, default=default, total=count)
        return {key: answer.pop("DataSet"), **answer}

    def _page(self, rows: list[Row], params: Params, *, default: int, total: int) -> Answer:
        action = params["Action"]
        offset, limit = int(params.get("Offset", 0)), int(params.get("Limit", default))
        if self.faults.concerns(action):
            if self.faults.silent_cap:
                limit = min(limit, self.faults.silent_cap)
            if self.faults.shifting_pages and offset:
                offset = max(0, offset - 1)  # one row has appeared at the top meanwhile
                total += 1
        answer: Answer = {"DataSet": rows[offset : offset + limit], "TotalCount": total}
        if self._lies(action) and action == "DescribeURedisBackup":
            _misreport(answer, offset)
        return answer


def lied(api: Api, params: Params, answer: Answer, about: str) -> Answer:
    """Return ``answer`` with a count that lies, where counts do; ``about`` chooses the lie."""
    if "TotalCount" in answer and api._lies(params["Action"]):
        count = answer["TotalCount"]
        lies = (0, 10 * count, str(count), None)
        answer["TotalCount"] = lies[sum(about.encode()) % len(lies)]
    return answer


def _misreport(answer: Answer, offset: int) -> None:
    if offset % 3 == 1:
        del answer["TotalCount"]
    elif offset % 3 == 2:
        answer["TotalCount"] = str(answer["TotalCount"])


def _first_generation(row: Row) -> Row:
    hidden = ("Zone", "SrcRegionName", "DstRegionName", "MemorySize", "RedisVersion")
    kept = {key: value for key, value in row.items() if key not in hidden}
    return kept | {"BackupType": _TYPES.get(row["BackupType"], row["BackupType"])}


def _old_row(row: Row) -> Row:
    kept = {key: value for key, value in row.items() if key not in {"ResourceId", "Protocol"}}
    return kept | {"GroupId": row["ResourceId"], "GroupName": row["Name"], "Type": "double"}


def needed(params: Params, *names: str) -> None:
    """Raise ApiError for a parameter that is missing."""
    for name in names:
        if not params.get(name):
            raise ApiError(220, f"Missing params [{name}]")


@cache
def _handlers() -> dict[str, Handler]:
    """Return all actions, those of the services too."""
    found = dict(_ACTIONS)
    for module in services():
        found.update(module.ACTIONS)
    return found


_ACTIONS: dict[str, Handler] = {
    "GetRegion": Api.regions,
    "GetProjectList": Api.projects,
    "DescribeUMem": Api.inventory,
    "DescribeURedisGroup": Api.old_inventory,
    "DescribeURedisBackup": Api.backups,
}
