"""Lists the keys of a bucket rightly where the server keeps folders, and S3 has none.

S3 orders keys by their bytes: ``a-b/x`` comes before ``a/x``. Servers that keep a bucket as a tree
of folders, as SeaweedFS does, compare folder by folder, and ``a/x`` comes first there. Some also
take the key after which a list begins for a folder that is done with: after ``a/2`` SeaweedFS 4.48
leaves out ``a/2/x``. With S3 itself, nothing of this costs a request or changes an answer, but that
a list may begin a few keys earlier than it could.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from backup_auditor.errors import StoreError

_HELD = 200
"""Keys. Far more than two runs of a day have, which is how far apart two trees can be here."""
_SAME_ORDER = re.compile(r"[A-Za-z0-9_/]*", re.ASCII)
"""What sorts behind ``/``: ``-`` and ``.`` do not, and only there the two orders differ."""


def start_after(prefix: str, after: str) -> str:
    """Return from where to list so that no server leaves out a key behind ``after``.

    It is ``after`` or a little less; empty where only the beginning of ``prefix`` is safe. What is
    not behind ``after`` is among what comes then.
    """
    folder = prefix[: prefix.rfind("/") + 1]
    if not after.startswith(folder):
        return ""
    safe = _SAME_ORDER.match(after, len(folder))
    start = after[: safe.end() if safe else 0]
    if not start.endswith("/"):
        start = start[:-1]  # now it is no folder that has something behind ``after``
    return start if len(start) > len(folder) and start.startswith(prefix) else ""


def in_order(pages: Iterable[list[str]], where: str) -> Iterator[str]:
    """Yield the keys of all pages in the order of their bytes.

    Keys that are less than ``_HELD`` places from where they belong are put there. Raises
    StoreError, with ``where``, for one that is farther away: its place has been given away.
    """
    held: list[str] = []
    last = ""
    for page in pages:
        held = sorted([*held, *page])
        given, held = held[:-_HELD], held[-_HELD:]
        if given and given[0] < last:
            raise _disorder(where, given[0], last)
        last = given[-1] if given else last
        yield from given
    if held and held[0] < last:
        raise _disorder(where, held[0], last)
    yield from held


def _disorder(where: str, key: str, last: str) -> StoreError:
    return StoreError(f"store {where}: the server does not list in order: {key} behind {last}")
