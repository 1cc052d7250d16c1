"""Show past audits, one resource or one finding over time."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterable
from typing import Any

from backup_auditor import compose
from backup_auditor.commands import Streams
from backup_auditor.commands._arguments import add_output, add_policy, add_store, emit
from backup_auditor.commands._past import Past, past_of
from backup_auditor.errors import UsageError
from backup_auditor.evidence import Key
from backup_auditor.evidence.days import Calendar
from backup_auditor.outcome import ExitCode
from backup_auditor.outside import Outside
from backup_auditor.past.history import (
    Days,
    Moment,
    audits_fields,
    audits_lines,
    finding_fields,
    finding_lines,
    finding_of,
    resource_fields,
    resource_lines,
)
from backup_auditor.past.seen import Seen, SeenResource, seen_of
from backup_auditor.record import Record
from backup_auditor.report.words import printable
from backup_auditor.store.records import Records

_LAST = 14
_MOST = 1000


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("resource", nargs="?", metavar="RESOURCE", help="id or name of a resource")
    parser.add_argument("--finding", metavar="FINGERPRINT", help="a finding, as the JSON names it")
    add_policy(parser)
    add_store(parser)
    add_output(parser, ("text", "json"))
    parser.add_argument(
        "--last", type=_count, default=_LAST, metavar="N", help=f"so many audits; default {_LAST}"
    )


def run(given: argparse.Namespace, streams: Streams) -> ExitCode:
    """Show what was asked for; what cannot be read is told, and makes the answer incomplete."""
    if given.resource and given.finding:
        raise UsageError("--finding does not go with RESOURCE: a finding is of one resource")
    outside = compose.world(streams.environ)
    past = past_of(given, outside)
    lines, fields, damaged = _asked(given, past, outside)
    if given.format == "json":
        text = json.dumps({**fields, "unreadable": damaged}, ensure_ascii=False, indent=1) + "\n"
    else:
        text = "".join(f"{line}\n" for line in lines)
    emit(given.output, text, streams)
    for one in damaged:
        print(f"not read: {printable(one, _MOST)}", file=streams.err)
    return ExitCode.INCOMPLETE if damaged else ExitCode.PASS


def _asked(
    given: argparse.Namespace, past: Past, outside: Outside
) -> tuple[Iterable[str], dict[str, Any], list[str]]:
    """Return the answer as lines and as JSON values, and what could not be read for it."""
    if given.finding:
        key = _key_of(given.finding, past, given.last)
        days, damaged = _days(past, outside, given.last, lambda one: one.key == key)
        moments = _moments(key, days.audits)
        found = finding_of(given.finding, moments)
        lines = finding_lines(found, moments, past.zone)
        return lines, finding_fields(given.finding, found, moments), damaged
    word = given.resource
    days, damaged = _days(past, outside, given.last, lambda one: word in {one.key[3], one.name})
    if not word:
        return audits_lines(days), audits_fields(days), damaged
    each = [_moments(key, days.audits) for key in _keys(word, days.audits)]
    lines = (line for moments in each for line in resource_lines(moments, days))
    return lines, {"resources": [resource_fields(moments) for moments in each]}, damaged


def _days(
    past: Past, outside: Outside, count: int, keep: Callable[[SeenResource], bool]
) -> tuple[Days, list[str]]:
    """Return the last audits, oldest first, and what could not be read of them."""
    audits: list[Seen] = []
    damaged: list[str] = []
    for found in Records(past.store, past.set_name).last(count):
        seen = seen_of(found, keep, backups=True) if isinstance(found, Record) else found
        if isinstance(seen, Seen):
            audits.append(seen)
        else:
            damaged.append(str(seen))
    audits.sort(key=lambda audit: audit.at)
    if not audits and not damaged:
        raise UsageError(
            f"the store {past.store.address} holds no audit of the policies {past.set_name!r}"
        )
    return Days(audits, Calendar(past.zone, past.audit_every, outside.now())), damaged


def _key_of(fingerprint: str, past: Past, count: int) -> Key:
    """Return the resource that a finding is about; raises UsageError where none has it."""

    def has(one: SeenResource) -> bool:
        return any(fault.fingerprint == fingerprint for fault in one.faults)

    for found in Records(past.store, past.set_name).last(count):
        seen = seen_of(found, has) if isinstance(found, Record) else found
        for key in seen.resources if isinstance(seen, Seen) else ():
            return key
    raise UsageError(f"none of the last {count} audits has the finding {fingerprint[:80]!r}")


def _keys(word: str, audits: Iterable[Seen]) -> list[Key]:
    """Return the resources that audits know by ``word``; raises UsageError for none."""
    keys = {key for audit in audits for key in audit.resources}
    if not keys:
        raise UsageError(f"none of the last audits knows a resource {word[:80]!r}")
    return sorted(keys)


def _moments(key: Key, audits: Iterable[Seen]) -> list[Moment]:
    """Return the moments of a resource; a part that did not ask for it is none."""
    found = ((audit, audit.resources.get(key)) for audit in audits)
    return [Moment(audit, key, one) for audit, one in found if one or not audit.is_partial]


def _count(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= _MOST:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 to {_MOST}")
    return int(text)
