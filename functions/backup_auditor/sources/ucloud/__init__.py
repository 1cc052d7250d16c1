"""UCloud: one module a service; ``client`` speaks the API for all of them.

Of some services the API lists no backups, so that nothing can be said of them: ``UNVERIFIABLE``. A
policy that names one is refused, because a source that finds nothing would look like one that is
content. What protects them must be proved by other means.
"""

_NOTHING = "it lists no backups of this service"

UNVERIFIABLE = {
    "uclickhouse": "it says whether this service makes backups, and lists none",
    "uddb": _NOTHING,
    "udts": _NOTHING,
    "ues": "it lists no snapshots of this service",
    "ufs": _NOTHING,
    "uhadoop": _NOTHING,
    "uk8s": _NOTHING,
    "ukafka": _NOTHING,
    "upfs": _NOTHING,
    "utsdb": _NOTHING,
}
"""Services that cannot be verified through the API, and why (UCloud API documentation)."""
