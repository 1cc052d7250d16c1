"""A backup in several rows is as good as the worst of them, and tells what all of them tell."""

from datetime import timedelta

import pytest
from backup_auditor.model import BackupState
from backup_auditor.sources.ucloud.client.parts import all_told, words, worst
from backup_auditor.sources.ucloud.client.rows import Row

from tests.builders import NOW


@pytest.mark.parametrize(
    ("states", "state"),
    [
        ("succeeded succeeded", "succeeded"),
        ("succeeded expired", "expired"),
        ("expired running succeeded", "running"),
        ("running unknown", "unknown"),
        ("unknown failed running", "failed"),
        ("", "unknown"),
    ],
)
def test_the_worst_part_decides(states: str, state: str) -> None:
    assert worst(BackupState(one) for one in states.split()) == state


def test_a_time_is_told_when_all_are() -> None:
    later = NOW + timedelta(hours=1)
    assert all_told([NOW, later], min) == NOW
    assert all_told([NOW, later], max) == later
    assert all_told([NOW, None], max) is None


def test_a_few_different_words_are_quoted() -> None:
    rows = [Row({"State": word}) for word in ("a", "b", "a", "", None, "c", "d")]
    assert words(rows, "State") == "a, b, c"
