"""AWS Backup's lists, which moto has not got, in front of moto: vaults, recovery points, resources.

Speaks REST with JSON as the service does; boto3 itself checks it in ``aws/test_backup.py``.
https://docs.aws.amazon.com/aws-backup/latest/devguide/api-reference.html
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, unquote

from moto.iam.models import get_account_id_from

_SCOPE = re.compile(r"Credential=([^/]+)/\d+/([^/]+)/backup/aws4_request")
_POINTS = re.compile(r"/backup-vaults/([^/]+)/recovery-points/?")
_PAGE = 50

Rows = list[dict[str, Any]]


@dataclass
class Held:
    """What AWS Backup holds in one region of one account; rows as the API shows them."""

    vaults: Rows = field(default_factory=list)
    points: dict[str, Rows] = field(default_factory=lambda: defaultdict(list))
    """Vault -> recovery points."""
    protected: Rows = field(default_factory=list)

    def vault(self, name: str = "Default", **fields: Any) -> None:
        """Add a vault that is not locked, or change one."""
        self.vaults = [one for one in self.vaults if one["BackupVaultName"] != name]
        self.vaults.append({"BackupVaultName": name, "Locked": False, **fields})

    def point(self, resource: str, arn: str, taken: datetime, **fields: Any) -> None:
        """Add a recovery point of a backup plan that was completed, to the vault ``Default``."""
        vault = fields.pop("vault", "Default")
        row = {
            "RecoveryPointArn": arn,
            "ResourceArn": resource,
            "Status": "COMPLETED",
            "CreationDate": taken,
            "CompletionDate": taken,
            "BackupSizeInBytes": 1 << 30,
            "IsEncrypted": True,
            "CreatedBy": {"BackupPlanId": "plan-1"},
        }
        self.points[vault].append({k: v for k, v in {**row, **fields}.items() if v is not None})

    def protect(self, resource: str, kind: str, name: str = "") -> None:
        """Add a protected resource."""
        row = {"ResourceArn": resource, "ResourceType": kind}
        self.protected.append(row | ({"ResourceName": name} if name else {}))


_held: dict[tuple[str, str], Held] = defaultdict(Held)


def held(region: str, account: str = "123456789012") -> Held:
    """Return what is held there, to be filled; the server runs in this process."""
    return _held[account, region]


def forget() -> None:
    """Hold nothing any more."""
    _held.clear()


class BackupFirst:
    """Answers what AWS Backup is asked; all else goes to ``app``."""

    def __init__(self, app: Any) -> None:
        """``app`` is moto."""
        self._app = app

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        """Serve one request (PEP 3333)."""
        scope = _SCOPE.search(environ.get("HTTP_AUTHORIZATION", ""))
        if scope is None or environ["REQUEST_METHOD"] != "GET":
            return self._app(environ, start_response)
        here = held(scope[2], get_account_id_from(scope[1]))
        query = {k: v[0] for k, v in parse_qs(environ.get("QUERY_STRING", "")).items()}
        answer = _answer(here, unquote(environ["PATH_INFO"]), query)
        if answer is None:
            return self._app(environ, start_response)
        start_response("200 OK", [("Content-Type", "application/json")])
        return [json.dumps(answer, default=datetime.timestamp).encode()]


def _answer(here: Held, path: str, query: dict[str, str]) -> dict[str, Any] | None:
    found = _POINTS.fullmatch(path)
    if found:
        kind = query.get("resourceType")
        rows = [r for r in here.points[found[1]] if not kind or r.get("ResourceType") == kind]
        return _page("RecoveryPoints", rows, query)
    if path.rstrip("/") == "/backup-vaults":
        return _page("BackupVaultList", here.vaults, query)
    if path.rstrip("/") == "/resources":
        return _page("Results", here.protected, query)
    return None


def _page(name: str, rows: Rows, query: dict[str, str]) -> dict[str, Any]:
    start, most = int(query.get("nextToken", 0)), int(query.get("maxResults", _PAGE))
    answer: dict[str, Any] = {name: rows[start : start + most]}
    if start + most < len(rows):
        answer["NextToken"] = str(start + most)
    return answer
