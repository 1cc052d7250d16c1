"""What is written is all that an audit saw, and stands there as a whole or not at all."""

import gzip
from pathlib import Path
from typing import Any

import pytest
from backup_auditor.errors import UsageError
from backup_auditor.model import GapReason, History, ScopeResult
from backup_auditor.outside import Outside
from backup_auditor.recording import recording
from backup_auditor.run import audit
from backup_auditor.selection import selector_of
from backup_auditor.snapshot.limits import LONGEST_LINE

from tests.builders import backup, resource, succeeded
from tests.fakes import FakeSource, FakeWatcher, outside, stepping
from tests.snapshot.data import (
    HK,
    ORPHAN,
    REFUSED,
    SG,
    full_disk,
    lines,
    plan,
    replay,
    saved,
    source,
)


def good(id: str = "good", **fields: Any) -> History:  # noqa: A002 - as the field is called
    """Return a resource with a fresh backup."""
    return History.of(resource(id, **fields), [succeeded("2h"), succeeded("26h")])


def test_recording_changes_nothing(tmp_path: Path) -> None:
    live = source()
    found = saved(tmp_path / "x", plan(live))
    assert found == audit(plan(source()), outside(), FakeWatcher())
    assert set(live.closed) == {HK, SG}
    assert live.orphans_asked == [True, True]


def test_everything_comes_back(tmp_path: Path) -> None:
    live = saved(tmp_path / "x", plan(source()))
    assert replay(tmp_path / "x") == live
    assert live.orphans == (ORPHAN,)
    assert len(live.gaps) == 3


@pytest.mark.parametrize("raised", [REFUSED, KeyError("T0PSECRET")])
def test_a_scope_that_breaks_comes_back_broken_and_tells_no_text(
    raised: Exception, tmp_path: Path
) -> None:
    live = saved(tmp_path / "x", plan(FakeSource({HK: [good(), raised], SG: [good("b")]})))
    assert replay(tmp_path / "x") == live
    assert len(live.gaps) == 1
    assert b"T0PSECRET" not in gzip.decompress((tmp_path / "x").read_bytes())


@pytest.mark.parametrize("raised", [REFUSED, KeyError("T0PSECRET")])
def test_a_plan_that_breaks_comes_back_broken(raised: Exception, tmp_path: Path) -> None:
    live = saved(tmp_path / "x", plan(FakeSource({HK: [good()]}, [raised])))
    assert replay(tmp_path / "x") == live
    assert len(live.gaps) == 1


def test_a_fault_of_a_source_is_logged_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    saved(tmp_path / "x", plan(FakeSource({HK: [good(), KeyError("x")]})))
    assert [record.levelname for record in caplog.records] == ["ERROR"]


def test_a_scope_that_was_not_reached_is_a_gap_again(tmp_path: Path) -> None:
    late = outside(deadline=1.0, monotonic=stepping(0.0, 2.0))
    live = plan(FakeSource({HK: [good()], SG: [good("b")]}))
    with recording(live, str(tmp_path / "x"), late) as recorded:
        found = audit(recorded, late, FakeWatcher())
    assert [gap.reason for gap in found.gaps] == [GapReason.DEADLINE]
    assert len(found.assessments) == 1
    assert replay(tmp_path / "x") == found


def test_only_what_is_selected_is_kept_and_replayed_as_a_part(tmp_path: Path) -> None:
    source = FakeSource(
        {HK: [good("a", region="hk"), good("b", region="hk"), ORPHAN], SG: [good("c")]}
    )
    select = selector_of({"id": "a", "region": "hk"})
    live = saved(tmp_path / "x", plan(source, select=select))
    assert [row.get("row") for row in lines(tmp_path / "x")] == [
        *(None, "scope", "history", "orphan", "end", "trailer")
    ]
    found = replay(tmp_path / "x")
    assert (found.assessments, found.gaps, found.notices) == (live.assessments, (), ())
    assert found.orphans == ()


def test_the_rules_see_the_instant_of_the_snapshot(tmp_path: Path) -> None:
    ticking = outside(now=_clock())
    with recording(plan(source()), str(tmp_path / "x"), ticking) as recorded:
        found = audit(recorded, ticking, FakeWatcher())
    assert found.run.started_at == replay(tmp_path / "x").run.started_at


def _clock() -> Any:
    instants = [outside().now().replace(second=second) for second in range(10)]
    return lambda: instants.pop(0)


def test_two_entries_with_one_scope_are_kept_apart(tmp_path: Path) -> None:
    live = saved(
        tmp_path / "x", plan(FakeSource({HK: [good("a")]}), FakeSource({HK: [good("b"), REFUSED]}))
    )
    assert len(lines(tmp_path / "x")) == 9
    assert [a.resource.id for a in live.assessments] == ["a", "b"]
    merged = replay(tmp_path / "x", select=selector_of({"name": "*"}))
    assert [a.resource.id for a in merged.assessments] == ["a"]


@pytest.mark.parametrize("failure", [KeyboardInterrupt, UsageError, OSError])
def test_nothing_remains_of_an_interrupted_audit(
    failure: type[BaseException], tmp_path: Path
) -> None:
    class Interrupted(FakeWatcher):
        def finished(self, result: ScopeResult) -> None:
            raise failure

    (tmp_path / "x").write_bytes(b"of yesterday")
    with pytest.raises(failure):
        _recorded(source(), tmp_path, outside(), Interrupted())
    assert [(p.name, p.read_bytes()) for p in tmp_path.iterdir()] == [("x", b"of yesterday")]


@pytest.mark.parametrize("size", [0, 300])
def test_a_full_disk_ends_no_audit_and_leaves_no_snapshot(size: int, tmp_path: Path) -> None:
    many = [good(f"r{n}", name=f"{n * 7919}" * 30) for n in range(2000)]
    with full_disk(size), pytest.raises(UsageError, match="File too large; nothing was saved"):
        _recorded(FakeSource({HK: many}), tmp_path, outside())
    assert list(tmp_path.iterdir()) == []


def _recorded(
    source: FakeSource, folder: Path, world: Outside, watcher: FakeWatcher | None = None
) -> None:
    with recording(plan(source), str(folder / "x"), world) as recorded:
        found = audit(recorded, world, watcher or FakeWatcher())
    assert not found.gaps


def test_what_is_too_large_to_be_read_is_not_written(tmp_path: Path) -> None:
    huge = History.of(resource(), [backup(name="x" * LONGEST_LINE)])
    with pytest.raises(UsageError, match="too much for a snapshot; use --select"):
        _recorded(FakeSource({HK: [huge]}), tmp_path, outside())
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_gone_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="No such file or directory; nothing was saved"):
        _recorded(source(), tmp_path / "gone", outside())


def test_threads_of_an_interrupted_audit_may_come_to_their_end(tmp_path: Path) -> None:
    with (
        pytest.raises(KeyboardInterrupt),
        recording(plan(source()), str(tmp_path / "x"), outside()) as recorded,
    ):
        raise KeyboardInterrupt
    ((_, left),) = recorded.sources
    assert [item for item in left.scopes() if item in (HK, SG)] == [HK, SG]
    assert len(list(left.collect(HK, lambda _: True, orphans=True))) == 3
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_is_taken_meanwhile_is_a_sentence(tmp_path: Path) -> None:
    class Taking(FakeWatcher):
        def finished(self, result: ScopeResult) -> None:
            (tmp_path / "x").mkdir(exist_ok=True)

    with pytest.raises(UsageError, match="Is a directory; nothing was saved"):
        _recorded(FakeSource({HK: [good()]}), tmp_path, outside(), Taking())
    assert [path.name for path in tmp_path.iterdir()] == ["x"]


def test_a_scope_that_is_listed_twice_is_kept_once(tmp_path: Path) -> None:
    source = FakeSource({HK: [good()]})
    source.unplanned = [HK]  # type: ignore[list-item]  # yielded as it is
    live = saved(tmp_path / "x", plan(source))
    assert replay(tmp_path / "x") == live
    assert len(live.assessments) == 1


def test_a_lone_surrogate_is_replaced(tmp_path: Path) -> None:
    saved(tmp_path / "x", plan(FakeSource({HK: [good(name="lone \ud800")]})))
    assert [a.resource.name for a in replay(tmp_path / "x").assessments] == ["lone ?"]
