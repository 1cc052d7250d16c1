"""A snapshot may come from anybody: it is taken as a whole or refused with one sentence."""

import gzip
import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from backup_auditor.errors import UsageError
from backup_auditor.fields import Fields
from backup_auditor.model import Audit, Backup, History, Orphan, Resource, Restorable, Schedule
from backup_auditor.snapshot.items import ITEMS, item_row
from backup_auditor.snapshot.limits import LONGEST_LINE
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import NOW, resource, succeeded
from tests.snapshot.data import (
    BACKUPS,
    HISTORIES,
    ORPHAN,
    RESOURCES,
    changed,
    forge,
    lines,
    plan,
    replay,
    saved,
    source,
)

Rows = list[dict[str, Any]]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Write a snapshot with one of everything."""
    saved(tmp_path / "x.snapshot", plan(source()))
    return tmp_path / "x.snapshot"


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, bytes, Audit]:
    """Return a file to change, the bytes of a sound snapshot, and its audit."""
    path = tmp_path_factory.mktemp("snapshot") / "x"
    saved(path, plan(source()))
    return path, path.read_bytes(), replay(path)


@given(HISTORIES)
def test_a_history_comes_back_as_it_was(history: History) -> None:
    row = json.loads(json.dumps(item_row(history)))
    assert ITEMS[row.pop("row")](Fields(row)) == history


@given(BACKUPS, RESOURCES)
def test_every_field_of_a_noun_goes_in(backup: Backup, resource: Resource) -> None:
    told = replace(backup, encrypted=False, locked_until=NOW, is_clean=False)
    told = replace(told, account="a", region="r")
    due = replace(resource, schedule=Schedule("0 3 * * *", "UTC"))
    row = item_row(History.of(due, [told], copies=[told], restorable=Restorable(NOW, NOW)))
    assert list(row) == ["row", "resource", "backups", "copies", "restorable"]
    assert list(row["backups"][0]) == list(row["copies"][0]) == unordered(Backup)
    assert list(row["resource"]) == unordered(Resource)
    assert list(item_row(ORPHAN)) == unordered(Orphan, "row")


def test_what_is_not_told_is_not_written_so_that_older_files_stay_as_they_are() -> None:
    row = item_row(History.of(resource(), [succeeded()]))
    assert list(row) == ["row", "resource", "backups"]
    newer = ("account", "region", "encrypted", "locked_until", "is_clean")
    assert list(row["backups"][0]) == unordered(Backup, without=newer)
    assert list(row["resource"]) == unordered(Resource, without=("schedule",))


def test_a_lock_for_ever_can_be_read_again() -> None:
    for_ever = succeeded(locked_until=datetime(9999, 12, 31, tzinfo=UTC))
    row = item_row(History.of(resource(), [for_ever]))
    (again,) = ITEMS[row.pop("row")](Fields(row)).backups  # type: ignore[union-attr,misc]
    assert again.locked_until == datetime(2200, 12, 31, tzinfo=UTC)


def test_that_there_are_no_copies_is_not_that_nobody_tells() -> None:
    row = item_row(History.of(resource(), [], copies=[]))
    assert row["copies"] == []
    assert ITEMS[row.pop("row")](Fields(row)).copies == ()  # type: ignore[union-attr]


class unordered(list[str]):  # noqa: N801 - reads as a word
    """The names of the fields of a noun; equal to any list of the same names."""

    def __init__(self, noun: Any, *more: str, without: Sequence[str] = ()) -> None:
        """Take the fields, but not those ``without``, and ``more`` names."""
        names = [field.name for field in fields(noun) if field.name not in without]
        super().__init__([*names, *more])

    def __eq__(self, other: object) -> bool:
        """Compare without order."""
        return isinstance(other, list) and sorted(other) == sorted(self)

    __hash__ = None


@given(data=st.data())
def test_a_changed_byte_is_refused_or_changes_nothing(
    data: st.DataObject, sound: tuple[Path, bytes, Audit]
) -> None:
    path, raw, truth = sound
    place = data.draw(st.integers(0, len(raw) - 1))
    byte = data.draw(st.integers(0, 255))
    path.write_bytes(raw[:place] + bytes([byte]) + raw[place + 1 :])
    found = None
    with suppress(UsageError):
        found = replay(path)
    assert found is None or found == truth


@given(data=st.data())
def test_a_cut_or_longer_file_is_refused(
    data: st.DataObject, sound: tuple[Path, bytes, Audit]
) -> None:
    path, raw, _ = sound
    if data.draw(st.booleans()):
        path.write_bytes(raw[: data.draw(st.integers(0, len(raw) - 1))])
    else:
        path.write_bytes(raw + data.draw(st.sampled_from([b"x", raw, gzip.compress(b"{}\n")])))
    with pytest.raises(UsageError, match="nothing of it is used"):
        replay(path)


@given(data=st.data())
def test_a_line_that_is_taken_away_repeated_or_moved_is_refused(
    data: st.DataObject, sound: tuple[Path, bytes, Audit]
) -> None:
    path, raw, _ = sound
    rows = gzip.decompress(raw).splitlines(keepends=True)
    one, other = (data.draw(st.integers(0, len(rows) - 1)) for _ in range(2))
    change = data.draw(st.sampled_from(["away", "twice", "swap"]))
    before = list(rows)
    if change == "away":
        del rows[one]
    elif change == "twice":
        rows.insert(other, rows[one])
    else:
        rows[one], rows[other] = rows[other], rows[one]
    path.write_bytes(gzip.compress(b"".join(rows)))
    if rows == before:
        replay(path)
    else:
        with pytest.raises(UsageError, match="nothing of it is used"):
            replay(path)


def first(kind: str, change: Callable[[dict[str, Any]], object]) -> Callable[[Rows], None]:
    """Change the first row of a kind; the header has none."""

    def apply(rows: Rows) -> None:
        change(next(row for row in rows if row.get("row", "header") == kind))

    return apply


def put(**values: Any) -> Callable[[dict[str, Any]], object]:
    """Set fields of a row."""
    return lambda row: row.update(values)


def take(name: str) -> Callable[[dict[str, Any]], object]:
    """Remove a field."""
    return lambda row: row.pop(name)


def backup(**values: Any) -> Callable[[Rows], None]:
    """Set fields of the first backup that there is."""

    def apply(rows: Rows) -> None:
        next(row["backups"][0] for row in rows if row.get("backups") and "resource" in row).update(
            values
        )

    return apply


def doubled(rows: Rows) -> None:
    """Repeat the first history."""
    at = next(n for n, row in enumerate(rows) if row.get("row") == "history")
    rows.insert(at, rows[at])


def late(rows: Rows) -> None:
    """Collect something in a scope that has ended."""
    at = next(n for n, row in enumerate(rows) if row.get("row") == "error")
    rows.insert(-1, rows[at])


LATE, LATER = ((NOW + timedelta(hours=hours)).isoformat() for hours in (1, 2))
CHANGES: list[tuple[Callable[[Rows], None], str]] = [
    (first("header", put(format="zip")), ":1: the format is not 'backup-auditor snapshot'"),
    (first("header", put(version=2)), ":1: version 2 is not known; known is 1"),
    (first("header", put(version=True)), ":1: the field 'version' is True; allowed: a whole"),
    (first("header", take("partial")), ":1: the field 'partial' is missing"),
    (first("header", put(partial=None)), "the field 'partial' is None; allowed: true or false"),
    (first("header", put(more=1)), ":1: the field 'more' is not known"),
    (first("header", put(collected_at="today")), "'collected_at' is 'today'; allowed: an instant"),
    (first("header", put(collected_at="2026-11-24T06:00:00")), "allowed: an instant in UTC"),
    (first("header", put(collected_at="9999-11-24T06:00:00Z")), "of the years 1900 to 2200"),
    (first("header", put(collected_at="2026-11-24T06:00:00+08:00")), "an instant in UTC"),
    (first("header", put(collected_at=1)), "'collected_at' is 1; allowed: an instant"),
    (first("header", put(requests=[1])), ":1: an object is expected, found 1"),
    (first("header", put(requests={})), "'requests' is dict; allowed: a list"),
    (
        first("header", put(requests=[{"source": "a", "accounts": [1], "regions": []}])),
        "'accounts' is list; allowed: a list of texts",
    ),
    (first("scope", put(request=7)), ":2: the first line names no request 7"),
    (first("scope", put(scope=7)), ":2: the next scope is 0"),
    (lambda rows: rows[2].update(rows[1] | {"scope": 1}), ":3: the scope stands there already"),
    (first("unplanned", put(request=1)), "names no request 1"),
    (first("unplanned", put(reason="bored")), "'reason' is 'bored'; allowed: one of credentials, "),
    (first("history", put(row="story")), "the row 'story' is not known"),
    (first("history", put(row=["history"])), "the field 'row' is list; allowed: a text"),
    (first("history", put(scope=9)), "scope 9 is not open here"),
    (first("history", put(scope=-1)), "the field 'scope' is -1; allowed: a whole number from 0"),
    (first("history", put(resource=[])), "an object is expected, found list"),
    (first("history", put(backups="none")), "'backups' is 'none'; allowed: a list"),
    (first("history", put(password="x")), "the field 'password' is not known"),
    (first("history", lambda row: row["resource"].update(tags=[])), "allowed: an object of texts"),
    (first("history", lambda row: row["resource"].update(tags={"a": 1})), "an object of texts"),
    (first("history", lambda row: row["resource"].update(auto_backup=1)), "true or false"),
    (first("history", lambda row: row["resource"].update(id=7)), "'id' is 7; allowed: a text"),
    (first("history", lambda row: row["resource"].pop("zone")), "the field 'zone' is missing"),
    (first("history", lambda row: row["resource"].update(name="\ud800")), "is not UTF-8"),
    (backup(state="done"), "'state' is 'done'; allowed: one of succeeded, running, failed"),
    (backup(state=["failed"]), "'state' is list; allowed: one of succeeded"),
    (backup(kind="x" * 99), "'kind' is '" + "x" * 59 + "...; allowed: one of automatic"),
    (backup(size_bytes=-1), "'size_bytes' is -1; allowed: a whole number from 0"),
    (backup(size_bytes=1.5), "'size_bytes' is 1.5; allowed: a whole number from 0"),
    (backup(size_bytes=10**400), "allowed: a whole number from 0"),
    (backup(size_bytes=float("nan")), "the line is not JSON"),
    (backup(name=None), "'name' is None; allowed: a text"),
    (backup(name_of_dog="x"), "the field 'name_of_dog' is not known"),
    (backup(**{"\x1b[31m\u202e": 1}), r"the field '\\x1b\[31m\\u202e' is not known"),
    (backup(encrypted="yes"), "'encrypted' is 'yes'; allowed: true or false"),
    (backup(locked_until="never"), "'locked_until' is 'never'; allowed: an instant"),
    (backup(is_clean=0), "'is_clean' is 0; allowed: true or false"),
    (backup(region=7), "'region' is 7; allowed: a text"),
    (first("history", put(copies=7)), "'copies' is 7; allowed: a list"),
    (first("history", put(copies=[{}])), "the field 'id' is missing"),
    (first("history", put(restorable=[])), "an object is expected, found list"),
    (
        first("history", put(restorable={"since": LATER, "until": LATE})),
        "the field 'until' is before 'since'",
    ),
    (
        first("history", lambda row: row["resource"].update(schedule={"cron": "x"})),
        "the field 'timezone' is missing",
    ),
    (first("orphan", put(backups="1")), "'backups' is '1'; allowed: a whole number from 0"),
    (first("end", put(more=1)), "the field 'more' is not known"),
    (doubled, "the resource '.*' stands there already"),
    (late, "scope 1 is not open here"),
    (first("trailer", put(more=1)), "the field 'more' is not known"),
    (first("trailer", take("sha256")), "the field 'sha256' is missing"),
]


@pytest.mark.parametrize(
    ("change", "sentence"),
    CHANGES,
    ids=lambda value: value[:50] if isinstance(value, str) else None,
)
def test_a_line_that_is_wrong_is_named(
    change: Callable[[Rows], None], sentence: str, file: Path
) -> None:
    changed(file, change)
    with pytest.raises(UsageError, match=sentence) as caught:
        replay(file)
    assert str(caught.value).startswith(f"snapshot {file}:")
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        (b"{\n", ":1: the line is not JSON"),
        (b"[]\n", ":1: an object is expected, found list"),
        (b"\xff\n", ":1: the line is not UTF-8"),
        (b"\n", ":1: the line is not JSON"),
        (b"[" * 100_000 + b"\n", ":1: the line is not JSON"),
        (b"9" * 5000 + b"\n", ":1: the line is not JSON"),
        (b"{}\n", ":1: the field 'format' is missing"),
    ],
    ids=lambda value: value[:20] if isinstance(value, str) else None,
)
def test_a_line_that_is_broken_is_named(row: bytes, sentence: str, tmp_path: Path) -> None:
    forge(tmp_path / "x", [row, {"row": "trailer"}])
    with pytest.raises(UsageError, match=sentence):
        replay(tmp_path / "x")


@pytest.mark.parametrize(
    ("name", "told", "sentence"),
    [
        ("rows", 5, "11 rows were read, the last line counts 5"),
        ("resources", 2, "3 resources were read, the last line counts 2"),
        ("sha256", "0", "the lines are not those that were written"),
    ],
)
def test_the_last_line_must_fit(name: str, told: Any, sentence: str, file: Path) -> None:
    rows = lines(file)
    rows[-1][name] = told
    file.write_bytes(gzip.compress("".join(json.dumps(r) + "\n" for r in rows).encode()))
    with pytest.raises(UsageError, match=sentence):
        replay(file)


def test_without_a_last_line_it_is_cut_off(file: Path) -> None:
    raw = gzip.decompress(file.read_bytes()).splitlines(keepends=True)
    file.write_bytes(gzip.compress(b"".join(raw[:-1])))
    with pytest.raises(UsageError, match=f":{len(raw)}: the snapshot is cut off"):
        replay(file)


def test_a_line_that_never_ends_is_not_read_to_its_end(tmp_path: Path) -> None:
    bomb = tmp_path / "bomb"
    with gzip.open(bomb, "wb") as out:
        for _ in range(LONGEST_LINE // (1 << 20) + 2):
            out.write(b" " * (1 << 20))
    assert bomb.stat().st_size < 100_000
    with pytest.raises(UsageError, match=":1: the snapshot is too large"):
        replay(bomb)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "x:1: the snapshot is cut off"),
        (b"plain text", "x: not gzip, or cut off"),
        (gzip.compress(b"", mtime=0), "x:1: the snapshot is cut off"),
        (None, "snapshot .*x: No such file or directory"),
    ],
)
def test_what_is_no_snapshot_is_said_to_be_none(
    content: bytes | None, sentence: str, tmp_path: Path
) -> None:
    if content is not None:
        (tmp_path / "x").write_bytes(content)
    with pytest.raises(UsageError, match=sentence):
        replay(tmp_path / "x")


def test_a_folder_is_no_snapshot(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="Is a directory"):
        replay(tmp_path)
