"""Report on a month, a quarter or any range of days: compliance, breaches, exemptions, days missed.

The audits are read, not verified: ``evidence verify`` does that.
"""

from __future__ import annotations

import argparse
import gc
import re
from calendar import monthrange
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import date

from backup_auditor import compose
from backup_auditor.commands import Streams
from backup_auditor.commands._arguments import (
    add_output,
    add_policy,
    add_store,
    check_output,
    emit,
)
from backup_auditor.commands._past import Past, add_days, calendar, past_of
from backup_auditor.errors import UsageError
from backup_auditor.evidence import Key
from backup_auditor.evidence.days import DAY, Calendar, Span
from backup_auditor.outcome import ExitCode
from backup_auditor.past.compliance import Compliance
from backup_auditor.past.renderings import TABLES, to_csv, to_html, to_json
from backup_auditor.past.seen import Seen, SeenResource, seen_of
from backup_auditor.past.tally import Tally
from backup_auditor.record import Damaged, Record
from backup_auditor.store.records import Records

_MONTH = re.compile(r"(\d{4})-(\d{2})", re.ASCII)
_QUARTER = re.compile(r"(\d{4})-Q([1-4])", re.ASCII)


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    add_policy(parser)
    add_store(parser)
    parser.add_argument("--month", type=_month, metavar="MONTH", help="such as 2026-11")
    parser.add_argument("--quarter", type=_quarter, metavar="QUARTER", help="such as 2026-Q4")
    add_days(parser)
    add_output(parser, ("html", "csv", "json"))
    parser.add_argument(
        "--table", choices=TABLES, default="resources", help="of the CSV; default: resources"
    )


def run(given: argparse.Namespace, streams: Streams) -> ExitCode:
    """Write the report; a record that cannot be read makes it incomplete."""
    check_output(given.output)
    outside = compose.world(streams.environ)
    past = past_of(given, outside)
    asked = _range(given)
    days = replace(calendar(given, past, outside), first=asked.first, last=asked.last)
    with _uncollected():
        found = _counted(past, days, asked)
    if not (found.audits or found.unreadable):
        raise UsageError(
            f"the store {past.store.address} holds no audit of the policies {past.set_name!r}"
            f" from {found.span.first} to {found.span.last}"
        )
    renderings: Mapping[str, Callable[[Compliance], str]] = {
        "html": to_html,
        "json": to_json,
        "csv": lambda each: to_csv(each, given.table),
    }
    emit(given.output, renderings[given.format](found), streams)
    for one in found.unreadable:
        print(f"not read: {one}", file=streams.err)
    return ExitCode.INCOMPLETE if found.unreadable else ExitCode.PASS


def _range(given: argparse.Namespace) -> Span:
    """Return the days that are asked for; raises UsageError."""
    named: list[Span] = [span for span in (given.month, given.quarter) if span]
    if len(named) + bool(given.first or given.last) != 1:
        raise UsageError("say one of --month, --quarter, or --from and --to")
    if named:
        return named[0]
    if not (given.first and given.last):
        raise UsageError("--from and --to go together")
    return Span(given.first, given.last)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Let Python look for no cycles: records have none, and looking takes half of the time."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _counted(past: Past, days: Calendar, asked: Span) -> Compliance:
    """Read the audits of the range, one at a time."""
    if asked.first > days.day(days.now):
        raise UsageError(f"{asked.first} has not come yet")
    tally = Tally(past.set_name, days, asked)
    for audit in _audits(past, days, asked):
        tally.take(audit)
    return tally.done()


def _audits(past: Past, days: Calendar, asked: Span) -> Iterator[Seen | Damaged]:
    """Yield the audits of the range in order; records lie in days of UTC."""
    before: Mapping[Key, SeenResource] = {}
    for found in Records(past.store, past.set_name).between(asked.first - DAY, asked.last + DAY):
        if not isinstance(found, Record):
            yield found
        elif days.holds(days.day(found.started_at)):
            seen = seen_of(found, before=before)
            if isinstance(seen, Seen) and not seen.is_partial:
                before = seen.resources
            yield seen


def _month(text: str) -> Span:
    match = _MONTH.fullmatch(text)
    return _months(text, match[1], int(match[2]), 1) if match else _refuse(text, "2026-11")


def _quarter(text: str) -> Span:
    match = _QUARTER.fullmatch(text)
    return _months(text, match[1], int(match[2]) * 3 - 2, 3) if match else _refuse(text, "2026-Q4")


def _months(text: str, year: str, first: int, count: int) -> Span:
    try:
        begin = date(int(year), first, 1)
        last = begin.replace(month=first + count - 1)
    except ValueError:
        raise argparse.ArgumentTypeError(f"there is no {text}") from None
    return Span(begin, last.replace(day=monthrange(last.year, last.month)[1]))


def _refuse(text: str, example: str) -> Span:
    raise argparse.ArgumentTypeError(f"{text!r} is not of the form {example}")
