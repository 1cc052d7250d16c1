"""Where things lie in a store, and what a set of policies is called there.

``audits/<set>/2026/11/25/<run>/record.json.xz``, in the day (UTC) that the run was due;
``evidence.jsonl.bz2``, ``receipts/<channel>.json`` and ``claims/<channel>.json`` beside it;
``latest/<set>.json``; ``chain/<set>/00000001.json``.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Container
from datetime import UTC, date, datetime

from backup_auditor.record import Occasion

RECORD = "record.json.xz"
EVIDENCE = "evidence.jsonl.bz2"
"""Names of files in the folder of a run."""
OLD_RECORD = "record.json.gz"
"""What a record was called that was written in format 1."""
INLINE = "inline"
"""The set of policies that come with a request and have no name."""

_LONGEST = 40
_PART = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,98}[A-Za-z0-9_-])?", re.ASCII)
_SET = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}", re.ASCII)
_SUFFIX = re.compile(r"\.ya?ml$")
_LINK = re.compile(r"([0-9]{8})\.json", re.ASCII)
_RECORD = re.compile(r"[0-9]{4}/[0-9]{2}/[0-9]{2}/[^/]+/record\.json\.[gx]z", re.ASCII)
_IN_DAY = re.compile(r"([0-9]{4})/([0-9]{2})/([0-9]{2})/[^/]+/", re.ASCII)


def set_name(given: str, address: str) -> str:
    """Return what the policies at ``address`` are called: ``given`` by them, else by their place.

    The name of the file or folder counts, not its path: policies that move keep their history.
    """
    if given:
        return given
    if "\n" in address:
        return INLINE
    last = address.rstrip("/\\").replace("\\", "/").rpartition("/")[2]
    return slug(_SUFFIX.sub("", last)) or INLINE


def slug(text: str) -> str:
    """Return ``text`` if it is fit for a key, else what is left of it with a short digest.

    So two texts get the same only on purpose. Empty for nothing.
    """
    if not text or _SET.fullmatch(text):
        return text
    digest = hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:8]
    left = re.sub(r"[^a-z0-9_]+", "-", text.lower()).strip("-_")[:_LONGEST]
    return f"{left}-{digest}" if left else digest


def pointer_key(name: str) -> str:
    """Return the key of the pointer of the set ``name``."""
    return f"latest/{name}.json"


def set_prefix(name: str) -> str:
    """Return what the keys of all runs of a set begin with."""
    return f"audits/{name}/"


def day_prefix(name: str, day: date) -> str:
    """Return what the keys of a day's runs begin with."""
    return f"{set_prefix(name)}{day.isoformat().replace('-', '/')}/"


def record_key(name: str, occasion: Occasion) -> str:
    """Return the key that a record is written to."""
    return run_prefix(name, occasion) + RECORD


def record_keys(name: str, occasion: Occasion) -> tuple[str, str]:
    """Return the keys that a record may have: today's, and that of an older version."""
    prefix = run_prefix(name, occasion)
    return prefix + RECORD, prefix + OLD_RECORD


def record_among(files: Container[str]) -> str | None:
    """Return which of the files of a run is its record; None where there is none."""
    return next((file for file in (RECORD, OLD_RECORD) if file in files), None)


def evidence_key(name: str, occasion: Occasion) -> str:
    """Return the key of the evidence."""
    return run_prefix(name, occasion) + EVIDENCE


def chain_prefix(name: str) -> str:
    """Return what the keys of all links of a set begin with."""
    return f"chain/{name}/"


def link_key(name: str, number: int) -> str:
    """Return the key of a link."""
    return f"{chain_prefix(name)}{number:08}.json"


def link_number(name: str, key: str) -> int | None:
    """Return the number of a link of the set by its key; None for the key of something else."""
    found = _LINK.fullmatch(key.removeprefix(chain_prefix(name)))
    return int(found[1]) if found else None


def receipts_prefix(name: str, occasion: Occasion) -> str:
    """Return what the keys of a run's receipts begin with."""
    return f"{run_prefix(name, occasion)}receipts/"


def receipt_key(name: str, occasion: Occasion, channel: str) -> str:
    """Return the key of the receipt of ``channel``."""
    return f"{receipts_prefix(name, occasion)}{slug(channel)}.json"


def claim_key(name: str, occasion: Occasion, channel: str) -> str:
    """Return the key of the claim of who is sending through ``channel``."""
    return f"{run_prefix(name, occasion)}claims/{slug(channel)}.json"


def record_day(name: str, key: str) -> date | None:
    """Return the day of a record of the set by its key; None for the key of something else."""
    is_record = _RECORD.fullmatch(key.removeprefix(set_prefix(name)))
    return day_of(name, key) if is_record else None


def day_of(name: str, key: str) -> date | None:
    """Return the day of a run of the set by the key of any of its files; None for other keys."""
    found = _IN_DAY.match(key.removeprefix(set_prefix(name)))
    if found is None:
        return None
    try:
        return date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        return None


def utc_day(instant: datetime) -> date:
    """Return the day that runs of that instant lie in."""
    return instant.astimezone(UTC).date()


def run_prefix(name: str, occasion: Occasion) -> str:
    """Return what the keys of all files of a run begin with."""
    run = occasion.run if _PART.fullmatch(occasion.run) else slug(occasion.run)
    return f"{day_prefix(name, utc_day(occasion.scheduled_at))}{run}/"
