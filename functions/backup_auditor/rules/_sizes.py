"""What the rules that go by the size of the newest usable backup say where there is none."""

from __future__ import annotations

from backup_auditor.speech import phrase

NOTHING = phrase("there is no usable backup to measure")
UNMEASURED = phrase("the newest backup has no size")
NO_SIZE = phrase("no size")
