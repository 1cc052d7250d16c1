"""What an audit leaves besides its record: the evidence, and its link of the chain.

The record is written first, then the evidence, then the link over both and over the receipts. A run
that is stopped in between is repeated, and then writes what is missing and nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass

from backup_auditor.evidence import Head
from backup_auditor.outside import Outside
from backup_auditor.record import Record
from backup_auditor.store.chain import Chain
from backup_auditor.store.evidence import EvidenceStore
from backup_auditor.witnessing import Witness


@dataclass(frozen=True, slots=True)
class Sealing:
    """Keeps the evidence of the audits of one set of policies."""

    chain: Chain
    evidence: EvidenceStore
    outside: Outside
    policies: tuple[tuple[str, str], ...]
    """Name and text of each policy file."""

    def seal(self, record: Record, witness: Witness | None) -> None:
        """Keep what belongs to ``record``. Raises StoreError."""
        if witness is not None:
            self.evidence.save(self._head(record, witness), witness.listed, witness.orphans())
        self.chain.seal(record, self.outside.now())

    def _head(self, record: Record, witness: Witness) -> Head:
        run = record.document["run"]
        return Head(
            set=self.evidence.set_name,
            run=record.occasion.run,
            scheduled_at=record.scheduled_at,
            collected_at=witness.collected_at.replace(microsecond=0),
            is_partial=record.is_partial,
            version=run["version"],
            policy_digest=run["policy_digest"],
            policies=self.policies,
        )
