"""Serverless caches of ElastiCache, which moto does not know: it is taught to list them."""

from typing import Any

from moto.core.responses import ActionResult
from moto.elasticache.responses import ElastiCacheResponse


def listing(key: str, kept: str) -> Any:
    """Return an answer of moto to what it does not know: the list ``kept`` of its backend."""

    def answer(self: Any) -> ActionResult:
        return ActionResult({key: getattr(self.elasticache_backend, kept, [])})

    return answer


def teach() -> None:
    """Give moto the two operations that it lacks."""
    known: Any = ElastiCacheResponse
    known.describe_serverless_caches = listing("ServerlessCaches", "serverless")
    known.describe_serverless_cache_snapshots = listing("ServerlessCacheSnapshots", "frozen")
