"""AWS accounts: our own, those of the organization, or a list, each through a role in it."""

from __future__ import annotations

from collections.abc import Iterator

from backup_auditor.aws import Keys
from backup_auditor.errors import SourceError
from backup_auditor.model import GapReason
from backup_auditor.secret import Secret
from backup_auditor.sources.aws.client.place import NEXT_TOKEN, Place
from backup_auditor.speech import phrase

_SESSION = "backup-auditor"


def own_account(place: Place) -> str:
    """Return the id of the account that the credentials belong to (STS); raises SourceError."""
    account = place.ask("sts", "GetCallerIdentity").get("Account")
    if not isinstance(account, str) or not account:
        detail = phrase(
            "{action}: the answer has no {field}", action="sts:GetCallerIdentity", field="Account"
        )
        raise SourceError(GapReason.MALFORMED, detail)
    return account


def accounts_of(place: Place) -> list[str]:
    """Return all active accounts of the organization; raises SourceError, also for none.

    https://docs.aws.amazon.com/organizations/latest/APIReference/API_ListAccounts.html
    """
    found = list(_active(place))
    if not found:
        detail = phrase("the organization has no active account")
        raise SourceError(GapReason.EMPTY, detail)
    return found


def _active(place: Place) -> Iterator[str]:
    for row in place.rows("organizations", "ListAccounts", "Accounts", NEXT_TOKEN):
        if row.get("Status", row.get("State")) not in {"SUSPENDED", "PENDING_CLOSURE", "CLOSED"}:
            yield str(row.get("Id", ""))


def assume(place: Place, account: str, role: str, external_id: str) -> Keys:
    """Return keys of ``role`` in ``account``; raises SourceError where it cannot be had.

    https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
    """
    params = {"RoleArn": f"arn:{place.partition}:iam::{account}:role/{role}"}
    if external_id:
        params["ExternalId"] = external_id
    answer = place.ask("sts", "AssumeRole", RoleSessionName=_SESSION, **params)
    keys = answer.get("Credentials") or {}
    try:
        return Keys(
            keys["AccessKeyId"], Secret(keys["SecretAccessKey"]), Secret(keys["SessionToken"])
        )
    except (KeyError, TypeError):
        detail = phrase(
            "{action}: the answer has no {field}", action="sts:AssumeRole", field="Credentials"
        )
        raise SourceError(GapReason.MALFORMED, detail) from None


def regions_of(place: Place) -> list[str]:
    """Return the regions that the account may use (EC2); raises SourceError, also for none."""
    rows = place.ask("ec2", "DescribeRegions").get("Regions")
    found = [str(row.get("RegionName", "")) for row in rows or [] if isinstance(row, dict)]
    if not all(found) or not found:
        detail = phrase(
            "{action}: the answer has no {field}", action="ec2:DescribeRegions", field="RegionName"
        )
        raise SourceError(GapReason.MALFORMED, detail)
    return found
