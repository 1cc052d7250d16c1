"""One audit and the store: what was before it, whose turn it is to send, and what it leaves.

A store that fails is told, never hidden: without the last audit there is no comparison, and the
report says so; a record or a receipt that cannot be kept is a failed delivery, to ``store``.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from backup_auditor.delivery import LONGEST_TURN, Target
from backup_auditor.errors import StoreError
from backup_auditor.judge import conclude
from backup_auditor.memory import Memory, compare
from backup_auditor.memory.fields import from_fields, to_fields
from backup_auditor.memory.skipped import skipped
from backup_auditor.memory.told import Told, is_news, told_of
from backup_auditor.model import Audit, Delivery, DeliveryOutcome, Notice, Past, Scope
from backup_auditor.outside import Outside
from backup_auditor.policy.model import SendWhen
from backup_auditor.record import Damaged, Occasion, Receipt, Record
from backup_auditor.report.contract import to_document
from backup_auditor.report.model import Report
from backup_auditor.sealing import Sealing
from backup_auditor.speech import phrase
from backup_auditor.store import Tag
from backup_auditor.store.records import Records
from backup_auditor.witnessing import Witness

STORE = "store"
"""Name of the store among receipts."""
_POLL_SECONDS = 5.0
_CLAIM = timedelta(seconds=LONGEST_TURN + 60.0)
"""A turn, and what was begun at its very end: nobody waits longer for another's answer."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Keeping:
    """Where audits of one set of policies are kept, and how they are compared."""

    records: Records
    outside: Outside
    audit_every: timedelta
    accept_shrink: bool = False
    sealing: Sealing | None = None
    """Keeps the evidence; None: only records are kept."""

    def compared(self, audit: Audit, due: datetime, witness: Witness | None = None) -> Kept:
        """Hold ``audit`` against the one before; ``due`` is when it was.

        ``witness`` has what its sources listed.
        """
        return self.recalled(due).compared(audit, witness)

    def recalled(self, due: datetime) -> Recalled:
        """Read what is remembered for an audit that is due; it is to be judged with that."""
        due = due.replace(microsecond=0)
        before, notices = _recalled(self.records.before(due))
        return Recalled(self, due, before, notices)


@dataclass(frozen=True, slots=True)
class Recalled:
    """What is remembered before an audit. It is read once."""

    keeping: Keeping
    due: datetime
    before: Memory | None
    notices: Sequence[Notice]

    @property
    def past(self) -> Mapping[tuple[Scope, str], Past]:
        """What earlier audits saw of each resource."""
        return self.before.past if self.before else {}

    def compared(self, audit: Audit, witness: Witness | None = None) -> Kept:
        """See ``Keeping.compared``."""
        before, keeping, notices = self.before, self.keeping, [*self.notices]
        comparison = compare(before, audit, accept_shrink=keeping.accept_shrink)
        if before and not audit.is_partial:
            zone, now = ZoneInfo(audit.timezone), audit.run.started_at
            missing = skipped(before.at, now, every=keeping.audit_every, zone=zone)
            notices += [Notice("audits-missing", missing)] if missing else []
        gaps = (*audit.gaps, *comparison.shrunk)
        after = replace(
            audit,
            verdict=conclude(audit.results, gaps),
            gaps=gaps,
            notices=(*audit.notices, *notices),
            changes=comparison.changes,
        )
        return Kept(after, comparison.memory, Occasion(audit.run.id, self.due), keeping, witness)


def _recalled(record: Record | Damaged | None) -> tuple[Memory | None, list[Notice]]:
    """Return what is remembered, and a notice where it cannot be read."""
    if record is None:
        return None, []
    if isinstance(record, Record):
        try:
            return from_fields(record.memory), []
        except (ValueError, TypeError) as error:
            record = Damaged(record.occasion.run, f"its memory cannot be used: {error}")
    _log.error("no comparison: %s", record)
    detail = phrase(
        "the last audit cannot be read, so nothing is compared with it: {what}", what=str(record)
    )
    return None, [Notice("no-comparison", detail)]


class Kept:
    """One audit beside the one before it: the ledger of its messages, and its record."""

    def __init__(
        self,
        audit: Audit,
        memory: Memory,
        occasion: Occasion,
        keeping: Keeping,
        witness: Witness | None = None,
    ) -> None:
        """Begin; nothing is written yet."""
        self.audit = audit
        self._memory = memory
        self._occasion = occasion
        self._records = keeping.records
        self._outside = keeping.outside
        self._sealing = keeping.sealing
        self._witness = witness
        self._lock = threading.Lock()
        self._told: dict[str, Told] = {}
        self._claims: dict[str, Tag] = {}
        self._failures: dict[str, None] = {}

    @property
    def failures(self) -> tuple[Delivery, ...]:
        """What could not be kept, as the receipt of a delivery to the store."""
        reasons = "; ".join(self._failures)
        failed = Delivery(STORE, DeliveryOutcome.FAILED, 1, reasons)
        return (failed,) if reasons else ()

    def turn(self, message: str, until: float) -> Delivery | None:
        """See ``Ledger``. Where the store fails, sending twice is better than not at all."""
        while True:
            sent = self._sent_before(message)
            if sent:
                return sent
            if self._takes(message):
                return self._sent_before(message)  # or it was, just before the turn was free
            if self._outside.monotonic() + _POLL_SECONDS >= until:
                reason = "another invocation of this run is sending it, and has not finished"
                return Delivery(message, DeliveryOutcome.FAILED, 0, reason)
            self._outside.sleep(_POLL_SECONDS)

    def _sent_before(self, message: str) -> Delivery | None:
        found = self._records.receipt(self._occasion, message)
        if isinstance(found, Damaged):
            self._fail(str(found))
        elif found and found.delivery.outcome is DeliveryOutcome.SENT:
            sent = f"sent by an earlier invocation of this run, {found.at:%Y-%m-%dT%H:%M:%SZ}"
            return replace(found.delivery, reason=sent)
        return None

    def _takes(self, message: str) -> bool:
        """Return whether the turn is ours; so it is where nobody can be asked for it."""
        now = self._outside.now()
        try:
            claim = self._records.claim(self._occasion, message, now=now, until=now + _CLAIM)
        except StoreError as error:
            self._fail(str(error))
            return True
        if claim:
            with self._lock:
                self._claims[message] = claim
        return claim is not None

    def keep(self, message: str, receipt: Delivery) -> None:
        """See ``Ledger``. After a failure the turn is free: a repeated run need not wait."""
        now = self._outside.now()
        kept = Receipt(replace(receipt, channel=message), now)
        self._tried(lambda: self._records.save_receipt(self._occasion, kept))
        claim = self._claims.get(message)
        if claim and receipt.outcome is DeliveryOutcome.FAILED:
            self._tried(lambda: self._records.give_up(self._occasion, message, claim, now=now))

    def has_news(self, target: Target, part: Report) -> bool | None:
        """See ``Ledger``. What goes on is news again after the time to remind."""
        last = self._memory.told.get(target.name)
        if last is None:
            return None
        now = _told_now(part)
        is_due = now.at - last.at >= target.remind and bool(now.findings or now.gaps)
        return is_due or is_news(last, now, self._memory.present)

    def tells(self, target: Target, part: Report) -> None:
        """See ``Ledger``."""
        if target.when is SendWhen.CHANGED:
            with self._lock:
                self._told[target.name] = _told_now(part)

    def save(self, report: Report) -> None:
        """Keep the record of the audit as ``report`` tells it; ``failures`` says if that failed."""
        memory = None
        if not self.audit.is_partial:
            after = replace(self._memory, told={**self._memory.told, **self._told})
            memory = to_fields(after)
        record = Record(
            to_document(report), self._occasion.scheduled_at, self.audit.is_partial, memory
        )
        self._tried(lambda: self._saved(record))

    def _saved(self, record: Record) -> None:
        kept = self._records.save(record)
        if isinstance(kept, Damaged):
            raise StoreError(str(kept))
        if self._sealing:
            self._sealing.seal(kept, self._witness)

    def _tried(self, action: Callable[[], object]) -> None:
        try:
            action()
        except StoreError as error:
            self._fail(str(error))

    def _fail(self, reason: str) -> None:
        with self._lock:
            self._failures.setdefault(reason)


class ToldOnce(Kept):
    """The ledger of an audit that could not begin: no record of it, to compare others with."""

    def __init__(self, audit: Audit, due: datetime, keeping: Keeping) -> None:
        """Begin; ``due`` is when the audit was."""
        run = audit.run
        nothing = Memory(run.id, run.started_at, run.policy_digest, {}, {}, {})
        super().__init__(audit, nothing, Occasion(run.id, due.replace(microsecond=0)), keeping)

    def save(self, report: Report) -> None:
        """Leave what is remembered as it is."""


def _told_now(part: Report) -> Told:
    audit = part.audit
    return told_of(audit.assessments, audit.gaps, audit.run.started_at)
