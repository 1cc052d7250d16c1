"""What a RetCode means to a client that only reads (UCloud API documentation, public error codes).

The official SDKs retry nearly the reverse of what is useful; see the reasons beside each set.
"""

from __future__ import annotations

from backup_auditor.model import GapReason

OK = 0
THROTTLED = 153
UNKNOWN_ACTION = 161
MISSING_PARAMETER, BAD_PARAMETER = 220, 230
NOT_OFFERED_HERE = 7203  # UDB is not sold in this region

# Nothing can be asked any more: wrong signature or key, expired token, address or lock refused.
FATAL = frozenset({171, 172, 174, 294, 295})

# The gateway says that it, or what is behind it, has no time now.
_GATEWAY = {110, 130, 150, THROTTLED}
# "Read failure, try again later" of Redis, UDB and UDisk. All our actions are reads.
_TRY_LATER = {
    *(20003, 20016, 20102, 20202, 20206),
    *(7009, 7011, 7014, 7017, 7025, 7026, 7029, 7033, 7034, 7037, 7039, 7041, 7042, 7043, 7047),
    *(7055, 7060, 7065, 7069, 7070, 7072, 7081, 7084, 7089, 7091, 7110, 7111),
    *(17040, 17045),
}
RETRYABLE = frozenset(_GATEWAY | _TRY_LATER)

_REASONS = {
    **dict.fromkeys(FATAL, GapReason.CREDENTIALS),
    THROTTLED: GapReason.THROTTLED,
    UNKNOWN_ACTION: GapReason.UNSUPPORTED,
    NOT_OFFERED_HERE: GapReason.UNSUPPORTED,
    292: GapReason.NOT_FOUND,
    **dict.fromkeys((293, 299, 20004, 7048), GapReason.REFUSED),
}


def reason_of(code: int, message: str) -> GapReason:
    """Return why an answer with ``code`` leaves a gap."""
    if code == BAD_PARAMETER and "region" in message.lower():
        return GapReason.NOT_FOUND
    return _REASONS.get(code, GapReason.PROVIDER_ERROR)
