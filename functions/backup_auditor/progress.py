"""What a command line says while an audit runs: one moving line on a terminal, else plain lines."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TextIO

from backup_auditor.model import Scope, ScopeResult

_CLEAR = "\r\x1b[K"
_SECONDS_BETWEEN = 0.1


class Progress:
    """Writes to ``stream`` (stderr); data on stdout is never touched."""

    def __init__(self, stream: TextIO, monotonic: Callable[[], float]) -> None:
        """Choose the moving line when ``stream`` is a terminal."""
        self._stream = stream
        self._moving = stream.isatty()
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._scopes = self._done = self._resources = 0
        self._said_at = float("-inf")

    def planned(self, scopes: int) -> None:
        """Say how many scopes there are."""
        self._scopes = scopes
        if not self._moving:
            self._write(f"auditing {scopes} {'scope' if scopes == 1 else 'scopes'}\n")

    def judged(self, scope: Scope) -> None:
        """Count one resource, and move the line a few times a second."""
        with self._lock:
            self._resources += 1
            if self._moving and self._monotonic() - self._said_at >= _SECONDS_BETWEEN:
                self._said_at = self._monotonic()
                self._write(
                    f"{_CLEAR}{self._done}/{self._scopes} scopes, {self._resources} resources"
                    f" ({scope.account} {scope.region})"
                )

    def finished(self, result: ScopeResult) -> None:
        """Say that one scope is done, and what it could not see."""
        with self._lock:
            self._done += 1
            if not self._moving:
                scope = result.scope
                gaps = f", {len(result.gaps)} not audited" if result.gaps else ""
                self._write(
                    f"{self._done}/{self._scopes} {scope.source} {scope.account} {scope.region}:"
                    f" {len(result.assessments)} resources{gaps}\n"
                )

    def close(self) -> None:
        """Take the moving line away."""
        if self._moving:
            self._write(_CLEAR)

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()
