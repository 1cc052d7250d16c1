"""A service that tells of each instance when it makes backups, in an action of its own.

A strategy that cannot be read does not hide the instance: its backups are judged, and schedule and
automatic backup are "not told". Why it could not be read is told once for the scope, because a
permission that is missing would else look like a provider that does not say. Only where the
provider itself says that it has nothing to tell (the action is not offered here, or is refused for
a reason of the service) nobody needs to be told.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, replace

from backup_auditor.errors import SourceError
from backup_auditor.model import Backup, GapReason, History, Schedule, Scope
from backup_auditor.sources.ucloud.client.api import ApiError, Client
from backup_auditor.sources.ucloud.client.service import Instance, ServiceScope
from backup_auditor.speech import phrases


@dataclass(frozen=True, slots=True)
class Strategy:
    """How a service makes backups by itself; None where it does not say."""

    schedule: Schedule | None = None
    auto_backup: bool | None = None


class StrategyScope(ServiceScope[Instance]):
    """Reads the backups of each instance, and then its strategy."""

    def __init__(self, client: Client, scope: Scope, concurrency: int, *, timezone: str) -> None:
        """As for every service."""
        super().__init__(client, scope, concurrency, timezone=timezone)
        self._unread: dict[str, SourceError] = {}  # filled on several threads, each its own key

    @abstractmethod
    def backups(self, item: Instance) -> list[Backup]:
        """Fetch all backups of one instance; raises SourceError. Called on several threads."""

    @abstractmethod
    def strategy(self, item: Instance) -> Strategy:
        """Ask for the strategy of one instance; raises SourceError. Called on several threads."""

    def history(self, item: Instance) -> History:
        """Fetch the backups, and tell with them what the strategy says."""
        backups = self.backups(item)
        told = self._told(item)
        resource = replace(item.resource, schedule=told.schedule, auto_backup=told.auto_backup)
        return History.of(resource, backups)

    def missed(self) -> Iterator[SourceError]:
        """Yield why strategies could not be read: that of the first instance by id, for all."""
        if self._unread:
            first = self._unread[min(self._unread)]
            detail = phrases(
                "the backup strategy of {n} instance could not be read: {why}",
                "the backup strategies of {n} instances could not be read, such as: {why}",
                len(self._unread),
                why=first.detail,
            )
            yield SourceError(first.reason, detail)

    def _told(self, item: Instance) -> Strategy:
        try:
            return self.strategy(item)
        except ApiError as error:
            if error.reason is GapReason.CREDENTIALS:
                raise  # nothing can be asked any more
            if not says_nothing(error):
                self._unread[item.resource.id] = error
        return Strategy()


def says_nothing(error: ApiError) -> bool:
    """Return whether this is the provider's answer, and not a failure to get one."""
    is_final = error.ret_code is not None and not error.retry
    return error.reason is GapReason.UNSUPPORTED or (
        is_final and error.reason is GapReason.PROVIDER_ERROR
    )
