"""Targets that answer 200 and say with a number in the body whether they took the message."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

from backup_auditor.posting import Reply, failure

_LARGEST = 10**9


@dataclass(frozen=True, slots=True)
class Codes:
    """What the numbers of one target mean, in our own words; 0 is success, and nothing else is."""

    field: str
    """Where in the body the number stands."""
    passing: Mapping[int, str]
    """Trying again may help."""
    permanent: Mapping[int, str]
    """Trying again cannot help, or makes it worse. So is any number that is not known."""

    def check(self, reply: Reply) -> None:
        """Raise DeliveryError unless ``reply`` says that the message was taken."""
        found = reply.document().get(self.field)
        code = found if type(found) is int else None  # false and 0.0 equal 0, and are no success
        if reply.status == HTTPStatus.OK and code == 0:
            return
        permanent = None
        if code in self.passing or code in self.permanent:
            permanent = code in self.permanent
        raise failure(reply, self._said(reply, code), permanent=permanent)

    def _said(self, reply: Reply, code: int | None) -> str:
        """Return what is told of the body: a number, never its words, which are not trusted."""
        if code is None or abs(code) > _LARGEST:
            is_ok = reply.status == HTTPStatus.OK
            return f"the body holds no {self.field} that is known" if is_ok else ""
        word = self.passing.get(code) or self.permanent.get(code)
        return f"{self.field} {code}: {word}" if word else f"{self.field} {code}"
