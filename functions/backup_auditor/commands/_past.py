"""What commands about past audits take: whose, from where, and of which days."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from backup_auditor import compose
from backup_auditor.commands._arguments import store_of
from backup_auditor.errors import UsageError
from backup_auditor.evidence.days import Calendar
from backup_auditor.outside import Outside
from backup_auditor.record.names import set_name
from backup_auditor.store import Store
from backup_auditor.store.address import open_store


@dataclass(frozen=True, slots=True)
class Past:
    """The past audits of one set of policies."""

    store: Store
    set_name: str
    zone: ZoneInfo
    audit_every: timedelta


def past_of(given: argparse.Namespace, outside: Outside) -> Past:
    """Return whose audits are asked for; raises UsageError without a store, and PolicyError."""
    store = store_of(given, outside)
    if not store:
        raise UsageError("there is no store to read past audits from; say --store")
    policies = compose.load_policies(given.policy, outside)
    name = set_name(policies.name, compose.address_of(given.policy, outside))
    return Past(open_store(store, outside), name, policies.timezone, policies.audit_every)


def add_days(parser: argparse.ArgumentParser) -> None:
    """Add ``--from`` and ``--to``."""
    for option, name in (("--from", "first"), ("--to", "last")):
        parser.add_argument(
            option,
            dest=name,
            type=_day,
            metavar="DAY",
            help=f"the {name} day, e.g. 2026-11-01, in the time zone of the policy",
        )


def calendar(given: argparse.Namespace, past: Past, outside: Outside) -> Calendar:
    """Return the days that are asked for; raises UsageError where they end before they begin."""
    if given.first and given.last and given.last < given.first:
        raise UsageError(f"--to {given.last} is before --from {given.first}")
    return Calendar(past.zone, past.audit_every, outside.now(), given.first, given.last)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a day such as 2026-11-01") from None
