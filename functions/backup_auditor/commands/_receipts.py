"""What became of each channel, for people."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TextIO

from backup_auditor.model import Delivery


def print_receipts(receipts: Iterable[Delivery], to: TextIO) -> None:
    """Print one line a channel."""
    for receipt in receipts:
        reason = f": {receipt.reason}" if receipt.reason else ""
        print(f"{receipt.channel}: {receipt.outcome}{reason}", file=to)


def print_broken(sentences: Iterable[object], to: TextIO) -> None:
    """Print one line a template of the user that is broken."""
    for sentence in sentences:
        print(sentence, file=to)
