"""The nouns of the program: what is collected, judged, remembered and reported.

All instants are timezone-aware datetimes in UTC. All sizes are bytes. Provider words are kept
beside ours (``state_raw``, ``kind_raw``), so that evidence shows what the provider said.
"""

from backup_auditor.model.audits import (
    Audit,
    AuditVerdict,
    Delivery,
    DeliveryOutcome,
    ExemptionState,
    ExemptionUse,
    Gap,
    GapReason,
    Notice,
    Run,
    ScopeResult,
)
from backup_auditor.model.backups import (
    Backup,
    BackupKind,
    BackupState,
    History,
    Orphan,
    Resource,
    Restorable,
    Schedule,
    Scope,
)
from backup_auditor.model.changes import TRAIL, Changes, GapKey, Known, Vanished
from backup_auditor.model.facts import Fact
from backup_auditor.model.past import Past, Reach, Remembered
from backup_auditor.model.places import (
    Place,
    Problem,
)
from backup_auditor.model.points import Point, Points
from backup_auditor.model.verdicts import (
    Assessment,
    Check,
    Day,
    DayState,
    Limit,
    Outcome,
    Severity,
    Verdict,
)

__all__ = [
    "TRAIL",
    "Assessment",
    "Audit",
    "AuditVerdict",
    "Backup",
    "BackupKind",
    "BackupState",
    "Changes",
    "Check",
    "Day",
    "DayState",
    "Delivery",
    "DeliveryOutcome",
    "ExemptionState",
    "ExemptionUse",
    "Fact",
    "Gap",
    "GapKey",
    "GapReason",
    "History",
    "Known",
    "Limit",
    "Notice",
    "Orphan",
    "Outcome",
    "Past",
    "Place",
    "Point",
    "Points",
    "Problem",
    "Reach",
    "Remembered",
    "Resource",
    "Restorable",
    "Run",
    "Schedule",
    "Scope",
    "ScopeResult",
    "Severity",
    "Vanished",
    "Verdict",
]
