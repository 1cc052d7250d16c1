from pathlib import Path

import pytest
from backup_auditor.errors import SourceError
from backup_auditor.gather import Gathered, called, gather
from backup_auditor.model import GapReason, History
from backup_auditor.recording import recording, replaying
from backup_auditor.run import Plan, audit
from backup_auditor.snapshot.reading import opened
from backup_auditor.sources import Unplanned, Unread

from tests.builders import resource, succeeded
from tests.fakes import FakeSource, FakeWatcher, outside, stepping
from tests.snapshot.data import HK, ORPHAN, REFUSED, SG, plan


def source() -> FakeSource:
    """Return a source with two resources of one name, one of another, and faults."""
    return FakeSource(
        {
            HK: [History.of(resource("one", name="twin"), [succeeded()]), ORPHAN],
            SG: [
                Unread(resource("two", name="twin"), REFUSED),
                History.of(resource("twin", name="other"), []),
                History.of(resource("three", name="single"), []),
                KeyError("T0PSECRET"),
            ],
        },
        [Unplanned("b", "", REFUSED)],
    )


def from_snapshot(word: str, folder: Path) -> Gathered:
    """Gather from a snapshot."""
    with recording(plan(source()), str(folder / "x"), outside()) as recorded:
        audit(recorded, outside(), FakeWatcher())
    with opened(str(folder / "x")) as snapshot:
        return gather(replaying(plan(), snapshot), outside(), called(word))


@pytest.mark.parametrize("is_live", [True, False])
def test_an_id_or_a_name_finds_all_that_are_called_so(is_live: bool, tmp_path: Path) -> None:
    live = plan(source())
    found = gather(live, outside(), called("twin")) if is_live else from_snapshot("twin", tmp_path)
    assert [history.resource.id for history in found.histories] == ["one", "twin"]
    assert [len(history.backups) for history in found.histories] == [1, 0]
    assert [(item.resource.id, item.error.detail) for item in found.unread] == [("two", "may not")]
    assert [(gap.account, gap.region, gap.reason) for gap in found.gaps] == [
        ("b", "", GapReason.REFUSED),
        ("org-a", "sg", GapReason.INTERNAL),
    ]
    assert "T0PSECRET" not in str(found.gaps)


def test_live_only_what_is_wanted_is_asked_for() -> None:
    live = source()
    found = gather(plan(live), outside(), called("nobody"))
    assert (found.histories, found.unread) == ([], [])
    assert live.orphans_asked == [False, False]
    assert set(live.closed) == {HK, SG}


def test_what_is_not_reached_in_time_is_a_gap() -> None:
    live: Plan = plan(FakeSource({HK: [SourceError(GapReason.REFUSED, "may not")]}))
    late = outside(deadline=1.0, monotonic=stepping(2.0))
    found = gather(live, late, called("x"))
    assert [gap.reason for gap in found.gaps] == [GapReason.DEADLINE]
    found = gather(live, outside(), called("x"))
    assert [gap.reason for gap in found.gaps] == [GapReason.REFUSED]
