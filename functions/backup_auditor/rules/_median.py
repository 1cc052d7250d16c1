"""The median of whole numbers, exactly."""

from __future__ import annotations

from collections.abc import Sequence


def doubled_median(numbers: Sequence[int]) -> int:
    """Return twice the median, which is a whole number."""
    ordered = sorted(numbers)
    return ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]
