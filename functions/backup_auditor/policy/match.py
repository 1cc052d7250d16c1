"""``match``: which resources something applies to, as it is written."""

from __future__ import annotations

from pydantic import Field

from backup_auditor.policy.fields import Globs, Tags
from backup_auditor.policy.selector import SELECTOR_KEYS, Selector
from backup_auditor.shape import Shape


class Match(Shape):
    """``match``: all keys must match; of a list of globs any. ``{}`` matches everything."""

    source: Globs | None = Field(
        default=None, description="What lists it: provider and service.", examples=["ucloud.*"]
    )
    provider: Globs | None = Field(
        default=None, description="Part of the source before the dot.", examples=["ucloud"]
    )
    account: Globs | None = Field(
        default=None, description="UCloud project or AWS account.", examples=["org-abc123"]
    )
    region: Globs | None = Field(
        default=None, description="Region, in the provider's own word.", examples=["cn-*"]
    )
    zone: Globs | None = Field(
        default=None, description="Zone, in the provider's own word.", examples=["hk-02"]
    )
    id: Globs | None = Field(
        default=None, description="Id of the resource.", examples=["uredis-abc"]
    )
    name: Globs | None = Field(
        default=None, description="Name of the resource.", examples=["prod-*", ["prod-*", "live-*"]]
    )
    kind: Globs | None = Field(
        default=None, description="Kind, in the provider's own word.", examples=["single"]
    )
    state: Globs | None = Field(
        default=None, description="State, in the provider's own word.", examples=["Running"]
    )
    tags: Tags = Field(
        default_factory=dict,
        description="Tag -> globs over its value; all tags must match.",
        examples=[{"Tag": "shop"}],
    )
    exclude: Match | None = Field(
        default=None,
        alias="not",
        description="What this matches is not selected.",
        examples=[{"zone": "hk-02"}],
    )

    def selector(self) -> Selector:
        """Return the selector that this describes."""
        globs = {key: getattr(self, key) for key in SELECTOR_KEYS if getattr(self, key)}
        return Selector(globs, self.tags, self.exclude.selector() if self.exclude else None)
