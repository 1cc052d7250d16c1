"""What all AWS sources share: their options, and accounts x regions as scopes."""

from __future__ import annotations

import re
import threading
from collections.abc import Generator, Iterator, Sequence
from functools import partial
from typing import Annotated, Literal, Protocol

from pydantic import AfterValidator, Field, WithJsonSchema

from backup_auditor.aws import Keys, clients_of
from backup_auditor.errors import SourceError
from backup_auditor.model import Scope
from backup_auditor.outside import Outside
from backup_auditor.policy.extent import ALL, OWN, Extent
from backup_auditor.policy.model import ANYTHING, SourceOptions
from backup_auditor.sources import Collected, Unplanned, Wanted
from backup_auditor.sources.aws.client.accounts import (
    accounts_of,
    assume,
    own_account,
    regions_of,
)
from backup_auditor.sources.aws.client.failures import NotOfferedError
from backup_auditor.sources.aws.client.place import Place, partition_of

ASSUME = "sts:AssumeRole"
PLACE_ACTIONS = (
    *("sts:GetCallerIdentity", "ec2:DescribeRegions"),
    *(ASSUME, "organizations:ListAccounts"),
)
"""Actions that find out where to look; the last two only where other accounts are asked for."""
_HOME = "us-east-1"
_ACCOUNT = re.compile(r"[0-9]{12}", re.ASCII)


def _account(text: str) -> str:
    if not _ACCOUNT.fullmatch(text):
        raise ValueError(f"{text[:60]!r} is not the id of an account: 12 digits, in quotes")
    return text


Account = Annotated[
    str, AfterValidator(_account), WithJsonSchema({"type": "string", "pattern": "^[0-9]{12}$"})
]


class AwsOptions(SourceOptions):
    """What a policy file may say about an AWS source."""

    regions: Literal["all"] | Annotated[list[str], Field(min_length=1)] = Field(
        default="all",
        description="all that the account may use, or a list such as [eu-central-1].",
        examples=[["eu-central-1", "us-east-1"], "all"],
    )
    accounts: list[Account] | None = Field(
        default=None,
        description="Ids of accounts, each asked through role; default: that of the credentials.",
        examples=[["111122223333"]],
    )
    organizations: bool = Field(
        default=False,
        strict=True,
        description="Ask all active accounts of the organization, each through role.",
        examples=[True],
    )
    role: str = Field(
        default="BackupAuditor",
        pattern=r"^[\w+=,.@/-]{1,128}$",
        description="Name of the role, with its path, in each account that is not our own.",
        examples=["BackupAuditor"],
    )
    external_id: str = Field(
        default="",
        description="The external id that the role asks for.",
        examples=["backup-auditor-7f3a"],
    )
    concurrency: int = Field(
        default=10,
        ge=1,
        le=50,
        strict=True,
        description="Most requests in flight in one region of an account.",
        examples=[20],
    )

    def extent(self) -> Extent:
        """Return accounts and regions as the policy names them."""
        regions = self.regions
        if self.organizations:
            accounts: tuple[str, ...] = (ALL,)
        else:
            accounts = tuple(self.accounts or (OWN,))
        return Extent(accounts=accounts, regions=(ALL,) if regions == "all" else tuple(regions))

    def grants(self, actions: Sequence[str]) -> Iterator[tuple[str, str]]:
        """Leave out what finds other accounts and regions where they are named or not asked for."""
        left_out = set()
        if self.regions != "all":
            left_out.add("ec2:DescribeRegions")
        if not self.organizations:
            left_out.add("organizations:ListAccounts")
        partition = partition_of(self.regions[0] if isinstance(self.regions, list) else "")
        accounts = [ANYTHING] if self.organizations else self.accounts or []
        for action in actions:
            if action == ASSUME:
                for account in accounts:
                    yield action, f"arn:{partition}:iam::{account}:role/{self.role}"
            elif action not in left_out:
                yield action, ANYTHING


class Read(Protocol):
    """Reads one region of one account: what is wanted, and orphans where they are asked for."""

    def __call__(
        self, place: Place, wanted: Wanted, *, orphans: bool
    ) -> Generator[Collected, None, None]:
        """Yield everything; raises SourceError."""


class AwsSource:
    """One service; credentials are looked at when scopes are listed."""

    def __init__(self, id_: str, options: AwsOptions, outside: Outside, read: Read) -> None:
        """``id_`` is the id of the source."""
        self._id = id_
        self._options = options
        self._outside = outside
        self._read = read
        self._keys: dict[str, Keys | None] = {}
        self._places: dict[tuple[str, str], Place] = {}
        self._lock = threading.Lock()

    def scopes(self) -> Iterator[Scope | Unplanned]:
        """List account x region; raises SourceError when nothing can be asked."""
        home = self._place("", self._home())
        own = own_account(home)
        for account in self._accounts(home, own):
            try:
                keys = None
                if account != own:
                    keys = assume(home, account, self._options.role, self._options.external_id)
                self._keys[account] = keys
                regions = self._regions(account)
            except SourceError as error:
                yield Unplanned(account, "", error)
                continue
            for region in regions:
                yield Scope(self._id, account, region)

    def collect(
        self, scope: Scope, wanted: Wanted, *, orphans: bool
    ) -> Generator[Collected, None, None]:
        """Yield every resource of ``scope`` with its backups.

        A region in which the service does not exist is empty; one that the policy names is a gap.
        """
        try:
            yield from self._read(self.place(scope), wanted, orphans=orphans)
        except NotOfferedError:
            if self._options.regions != "all":
                raise

    def place(self, scope: Scope) -> Place:
        """Return the clients of ``scope``."""
        return self._place(scope.account, scope.region)

    def _accounts(self, home: Place, own: str) -> list[str]:
        if self._options.organizations:
            return accounts_of(home)
        return self._options.accounts or [own]

    def _regions(self, account: str) -> list[str]:
        if self._options.regions != "all":
            return self._options.regions
        return regions_of(self._place(account, self._home()))

    def _home(self) -> str:
        environ, regions = self._outside.environ, self._options.regions
        named = environ.get("AWS_REGION") or environ.get("AWS_DEFAULT_REGION")
        return named or (_HOME if regions == "all" or not regions else regions[0])

    def _place(self, account: str, region: str) -> Place:
        with self._lock:
            if (account, region) not in self._places:
                keys = self._keys.get(account)
                made = clients_of(self._outside.environ, region, keys, self._options.concurrency)
                scope = Scope(self._id, account, region)
                self._places[account, region] = Place(
                    scope,
                    self._outside,
                    made,
                    partial(self._place, account),
                    concurrency=self._options.concurrency,
                )
            return self._places[account, region]
