"""What is taken over from the audit before is what reading all of it anew would give."""

import copy
from typing import Any

import pytest
from backup_auditor.past.seen import Seen, seen_of
from backup_auditor.record import Damaged, Record

from tests.record.documents import record

MISSING = object()
VALUES: tuple[object, ...] = (
    MISSING,
    None,
    True,
    0,
    1.5,
    "",
    "x",
    "pass",
    "fail",
    [],
    ["x"],
    {},
    {"x": 1},
)
PLACES = (
    *((name,) for name in ("source", "account", "region", "id", "name", "policy", "owner")),
    *(("outcome",), ("checks",), ("checks", 0)),
    *(("checks", 0, name) for name in ("rule", "outcome", "severity", "message", "exempt")),
)


def passing() -> Record:
    """Return a record of one resource, of which all checks pass."""
    found = record()
    document = copy.deepcopy(dict(found.document))
    fine = next(one for one in document["resources"] if one["outcome"] == "pass")
    assert all(check["outcome"] == "pass" for check in fine["checks"])
    document["resources"] = [fine]
    return Record(document, found.scheduled_at, found.is_partial)


def changed(place: tuple[str | int, ...], value: object) -> Record:
    """Return the same, with another value at one place of the resource."""
    found = passing()
    one: Any = found.document["resources"][0]
    for step in place[:-1]:
        one = one[step]
    if value is not MISSING:
        one[place[-1]] = value
    else:
        del one[place[-1]]
    return found


def seen(found: Record) -> Seen:
    """Return what a sound record says."""
    said = seen_of(found)
    assert isinstance(said, Seen)
    return said


@pytest.mark.parametrize("number", range(len(VALUES)))
@pytest.mark.parametrize("place", PLACES, ids=lambda place: ".".join(map(str, place)))
def test_what_has_changed_is_read_and_what_is_wrong_is_found(
    place: tuple[str | int, ...], number: int
) -> None:
    now = changed(place, VALUES[number])
    assert seen_of(now, before=seen(passing()).resources) == seen_of(now)


@pytest.mark.parametrize("value", [5, "x", None, []], ids=str)
def test_what_is_no_resource_is_found(value: object) -> None:
    now = passing()
    now.document["resources"].append(value)
    assert isinstance(seen_of(now, before=seen(passing()).resources), Damaged)


def test_what_stands_as_before_is_the_same_one() -> None:
    before = seen(passing()).resources
    now = seen_of(passing(), before=before)
    assert isinstance(now, Seen)
    assert [now.resources[key] is one for key, one in before.items()] == [True]
