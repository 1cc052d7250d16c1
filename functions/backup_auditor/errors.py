"""The exception tree: every failure that the program expects, and what it means.

AuditorError
 +- UsageError         a door was called wrongly (exit code 2)
 +- PolicyError        the policy file is broken; carries every problem found (exit code 2)
 |   +- CasesError       so are cases of a policy, or the policy that they are about
 +- SecretError        a reference such as ``env:NAME`` cannot be resolved
 +- AwsError          a call to AWS failed; ``code`` is the error's code
 +- StoreError         the memory of audits cannot be read or written
 |   +- ConflictError    somebody else has written there first
 |   +- TooLargeError    what lies there, or is to be written, is larger than is allowed
 +- SourceError        a part of the world could not be collected; becomes a gap
 +- DeliveryError      a channel could not deliver; says whether trying again may help

No message ever contains a key, a signature, a token or a URL with credentials.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from backup_auditor.model import GapReason, Problem


class AuditorError(Exception):
    """Base of all expected failures; ``str()`` of it is a sentence for people."""


class UsageError(AuditorError):
    """A door was called with arguments or an event that it does not take."""


class PolicyError(AuditorError):
    """The policy cannot be used; ``problems`` holds everything that is wrong with it."""

    def __init__(
        self,
        problems: Sequence[Problem],
        channels: Sequence[object] = (),
        heartbeat: object = None,
        *,
        language: str = "en",
    ) -> None:
        """Keep all problems, and what is sound: channel requests, heartbeat, and language."""
        self.problems = tuple(problems)
        self.channels = tuple(channels)
        self.heartbeat = heartbeat
        self.language = language
        super().__init__("\n".join(str(problem) for problem in self.problems))


class CasesError(PolicyError):
    """Cases cannot be run; ``problems`` holds everything wrong with them and their policies."""


class SecretError(AuditorError):
    """A secret reference cannot be resolved; names the reference, never the value."""

    def __init__(self, detail: str) -> None:
        """Say what is wrong; a ``Phrase`` is kept, so that a report can say it again."""
        self.detail = detail
        super().__init__(detail)


class AwsError(AuditorError):
    """A call to AWS failed; ``code`` is AWS's code, or the name of the exception's type."""

    def __init__(self, code: str) -> None:
        """Keep the code; the text of the error is left behind on purpose."""
        self.code = code
        super().__init__(code)


class StoreError(AuditorError):
    """The memory of audits cannot be read or written; says where and why."""


class ConflictError(StoreError):
    """What was to be created is there already, or what was to be replaced has changed."""


class TooLargeError(StoreError):
    """More bytes than a store takes or gives; nothing of them was used."""


class SourceError(AuditorError):
    """Something could not be collected; ``reason`` is one of the closed set of gap reasons."""

    def __init__(self, reason: GapReason, detail: str) -> None:
        """Say why (``reason``, for machines) and what happened (``detail``, for people).

        A ``Phrase`` is kept as ``detail``, so that a report can say it in its language.
        """
        self.reason = reason
        self.detail = detail
        super().__init__(detail)


class DeliveryError(AuditorError):
    """A channel did not deliver; ``permanent`` says that trying again cannot help."""

    def __init__(self, reason: str, *, permanent: bool, retry_after: float | None = None) -> None:
        """Give a reason without any secret; ``retry_after`` is the target's wish, in seconds."""
        self.reason = reason
        self.permanent = permanent
        self.retry_after = retry_after
        super().__init__(reason)
