"""Durations as options of rules: a limit of no length would fail, or excuse, everything."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator, ValidationInfo

from backup_auditor.values import Duration


def _above_zero(span: timedelta, info: ValidationInfo) -> timedelta:
    if span <= timedelta(0):
        raise ValueError(f"{info.field_name} must be longer than 0; write a span such as 26h")
    return span


Span = Annotated[Duration, AfterValidator(_above_zero)]
"""A duration above 0."""
