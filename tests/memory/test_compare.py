"""What has changed since the audit before, in a table of days."""

import json
from typing import Any

import pytest
from backup_auditor.memory import Comparison, Memory, compare
from backup_auditor.memory.fields import from_fields, to_fields
from backup_auditor.model import GapReason, Severity
from hypothesis import given
from hypothesis import strategies as st

from tests.memory.days import SCOPE, at, audit, gap, print_of

FAIL, PASS = "fail", "pass"


def told(*days: Any, **options: Any) -> Comparison:
    """Compare days in a row, each with the memory of the one before."""
    memory: Memory | None = None
    comparison: Comparison | None = None
    for number, day in enumerate(days):
        resources, more = day if isinstance(day, tuple) else (day, {})
        comparison = compare(memory, audit(number, resources, **more), **options)
        memory = from_fields(json.loads(json.dumps(to_fields(comparison.memory))))
        assert memory == comparison.memory, "a memory is read as it was written"
    assert comparison
    return comparison


def names(prints: tuple[str, ...]) -> str:
    """Return the resources that fingerprints are of, as one text."""
    known = {
        print_of(name, rule): name for name in "abcd" for rule in ("last_success_age", "unread")
    }
    return "".join(sorted(known[print_] for print_ in prints))


@pytest.mark.parametrize(
    ("days", "new", "worse", "ongoing", "resolved", "lapsed"),
    [
        ([{"a": FAIL}, {"a": FAIL}], "", "", "a", "", ""),
        ([{"a": PASS}, {"a": FAIL}], "a", "", "", "", ""),
        ([{"a": FAIL}, {"a": PASS}], "", "", "", "a", ""),
        ([{"a": FAIL}, {"a": FAIL, "b": FAIL}], "b", "", "a", "", ""),
        ([{"a": "fail low"}, {"a": "fail high"}], "", "a", "", "", ""),
        ([{"a": "fail high"}, {"a": "fail low"}], "", "", "a", "", ""),
        ([{"a": "unknown critical"}, {"a": "fail low"}], "", "a", "", "", ""),
        ([{"a": FAIL}, {"a": "unknown"}], "", "", "a", "", ""),
        # Exempt, and no longer asked: somebody answers for it, nobody has mended it.
        ([{"a": FAIL}, {"a": "exempt"}], "", "", "", "", "a"),
        ([{"a": "exempt"}, {"a": FAIL}], "a", "", "", "", ""),
        ([{"a": FAIL}, {"a": "unasked"}], "", "", "", "", "a"),
        # What cannot be seen keeps what was known of it.
        ([{"a": FAIL}, {"a": "unread"}], "a", "", "", "", ""),
        ([{"a": FAIL}, {"a": "unread"}, {"a": FAIL}], "", "", "a", "a", ""),
        ([{"a": FAIL}, {"a": "unread"}, {"a": PASS}], "", "", "", "aa", ""),
        ([{"a": FAIL, "b": PASS}, ({"b": PASS}, {"gaps": [gap()]})], "", "", "", "", ""),
        ([{"a": FAIL}, ({}, {"gaps": [gap()]}), {"a": FAIL}], "", "", "a", "", ""),
        ([{"a": FAIL}, ({}, {"gaps": [gap()]}), {"a": PASS}], "", "", "", "a", ""),
        # A part of the world says nothing about the rest.
        ([{"a": FAIL, "b": FAIL}, ({"b": PASS}, {"partial": True})], "", "", "", "b", ""),
        ([{"a": FAIL, "b": FAIL}, ({"b": FAIL}, {"partial": True})], "", "", "b", "", ""),
        # Gone with its resource.
        ([{"a": FAIL, "b": PASS}, {"b": PASS}], "", "", "", "", "a"),
        # Resolved is told once, and what comes back is new.
        ([{"a": FAIL}, {"a": PASS}, {"a": PASS}], "", "", "", "", ""),
        ([{"a": FAIL}, {"a": PASS}, {"a": FAIL}], "a", "", "", "", ""),
    ],
)
def test_what_became_of_findings(
    days: list[Any], new: str, worse: str, ongoing: str, resolved: str, lapsed: str
) -> None:
    """Each finding of both audits is told once."""
    changes = told(*days).changes
    found = [changes.new, changes.worse, changes.ongoing, changes.resolved]
    assert [names(one) for one in found] == [new, worse, ongoing, resolved]
    assert names(changes.lapsed) == lapsed
    assert changes.compared_with == f"run-{len(days) - 2}"


def test_without_a_memory_nothing_is_new() -> None:
    """The first audit, and one whose memory is lost, have nothing to compare with."""
    changes = told({"a": FAIL}).changes
    assert changes.compared_with is None
    assert (changes.new, changes.ongoing, changes.resolved) == ((), (), ())
    assert changes.known[print_of("a")].since == at(0)


@pytest.mark.parametrize(
    ("days", "since", "audits"),
    [
        ([{"a": FAIL}, {"a": FAIL}, {"a": FAIL}], 0, 3),
        ([{"a": PASS}, {"a": FAIL}, {"a": FAIL}], 1, 2),
        ([{"a": FAIL}, {"a": PASS}, {"a": FAIL}], 2, 1),
        ([{"a": FAIL}, ({}, {"gaps": [gap()]}), {"a": FAIL}], 0, 2),
        ([{"a": FAIL}, {"a": "exempt"}, {"a": FAIL}], 2, 1),
    ],
)
def test_since_when_and_in_how_many_audits(days: list[Any], since: int, audits: int) -> None:
    """An audit that could not look breaks no run, and is not counted."""
    known = told(*days).changes.known[print_of("a")]
    assert (known.since, known.audits) == (at(since), audits)


@pytest.mark.parametrize(
    ("days", "vanished", "shrunk", "appeared"),
    [
        ([{"a": PASS, "b": PASS}, {"a": PASS, "b": PASS}], "", 0, 0),
        ([{"a": PASS, "b": PASS}, {"a": PASS}], "b", 0, 0),
        ([{"a": PASS, "b": PASS, "c": PASS}, {"a": PASS}], "", 1, 0),
        ([{"a": PASS}, {}], "", 1, 0),
        ([{"a": PASS, "b": PASS}, {"a": PASS, "c": PASS}], "b", 0, 1),
        ([{"a": PASS, "b": PASS}, ({"a": PASS}, {"gaps": [gap()]})], "", 0, 0),
        ([{"a": PASS, "b": PASS}, ({"a": PASS}, {"gaps": [gap(region="")]})], "", 0, 0),
        ([{"a": PASS, "b": PASS}, ({"a": PASS}, {"gaps": [gap(region="hk")]})], "b", 0, 0),
        ([{"a": PASS, "b": PASS}, ({"a": PASS}, {"gaps": [gap(GapReason.EMPTY, "")]})], "b", 0, 0),
        ([{"a": PASS, "b": PASS}, ({"a": PASS}, {"partial": True})], "", 0, 0),
        # Told once; behind a gap and after a shrink it is remembered until it is seen to be gone.
        ([{"a": PASS, "b": PASS}, {"a": PASS}, {"a": PASS}], "", 0, 0),
        ([{"a": PASS, "b": PASS}, ({"a": PASS}, {"gaps": [gap()]}), {"a": PASS}], "b", 0, 0),
        ([{"a": PASS, "b": PASS, "c": PASS}, {"a": PASS}, {"a": PASS}], "", 1, 0),
        ([{"a": PASS, "b": PASS, "c": PASS}, {"a": PASS}, {"a": PASS, "b": PASS}], "c", 0, 0),
    ],
)
def test_what_became_of_the_inventory(
    days: list[Any], vanished: str, shrunk: int, appeared: int
) -> None:
    """A resource vanishes only where the whole inventory was seen, and is believed."""
    comparison = told(*days)
    assert "".join(one.id for one in comparison.changes.vanished) == vanished
    assert [one.reason for one in comparison.shrunk] == [GapReason.SHRUNK] * shrunk
    assert comparison.changes.appeared == appeared


def test_an_inventory_that_has_shrunk_is_believed_when_somebody_vouches_for_it() -> None:
    """Then what is not there has vanished."""
    comparison = told({"a": PASS, "b": FAIL, "c": PASS}, {"a": PASS}, accept_shrink=True)
    assert [one.id for one in comparison.changes.vanished] == ["b", "c"]
    assert comparison.shrunk == ()
    assert list(comparison.memory.inventory[SCOPE]) == ["a"]


def test_the_gap_of_a_shrunk_inventory_says_from_how_many_to_how_many() -> None:
    """And what to do if that is right."""
    (shrunk,) = told({"a": PASS, "b": PASS, "c": PASS}, {"a": PASS}).shrunk
    assert "from 3 resources to 1" in shrunk.detail
    assert "accept_shrink" in shrunk.detail


@pytest.mark.parametrize(
    ("outcomes", "flaps"),
    [("fpfpf", True), ("fpfp", False), ("ffffffff", False), ("fpfpfppppp", False), ("pfpfp", True)],
)
def test_what_comes_and_goes_more_than_three_times_in_seven_audits_is_flapping(
    outcomes: str, flaps: bool
) -> None:
    """It is said of a finding that is there or has just been resolved."""
    days = [{"a": FAIL if one == "f" else PASS} for one in outcomes]
    assert bool(told(*days).changes.flapping) is flaps


@pytest.mark.parametrize(
    ("days", "new"),
    [
        ([{}, ({}, {"gaps": [gap()]})], 1),
        ([({}, {"gaps": [gap()]}), ({}, {"gaps": [gap()]})], 0),
        ([({}, {"gaps": [gap()]}), ({}, {"gaps": [gap(GapReason.THROTTLED)]})], 1),
        ([({}, {"gaps": [gap()]}), {}], 0),
    ],
)
def test_a_gap_is_new_once(days: list[Any], new: int) -> None:
    """It is the same gap as long as its place and reason are the same."""
    assert len(told(*days).changes.new_gaps) == new


@pytest.mark.parametrize(
    ("before", "after", "is_any"),
    [(FAIL, FAIL, False), (PASS, FAIL, True), (FAIL, PASS, True), ("fail low", "fail high", True)],
)
def test_new_worse_and_resolved_are_changes(before: str, after: str, is_any: bool) -> None:
    """What goes on is none."""
    assert told({"a": before}, {"a": after}).changes.is_any is is_any


DAY = st.tuples(
    st.dictionaries(
        st.sampled_from("abcd"),
        st.sampled_from(
            ["pass", "fail", "fail critical", "unknown", "unread", "exempt", "unasked"]
        ),
    ),
    st.fixed_dictionaries(
        {"gaps": st.sampled_from([[], [gap()]]), "partial": st.booleans()},
    ),
)


@given(st.lists(DAY, min_size=2, max_size=8))
def test_no_finding_is_lost_and_none_is_resolved_unseen(days: list[Any]) -> None:
    """Of all findings known yesterday, each is told today or still remembered."""
    before = told(*days[:-1]).memory
    resources, more = days[-1]
    comparison = compare(before, audit(len(days) - 1, resources, **more))
    changes, memory = comparison.changes, comparison.memory
    present = {print_ for print_, known in before.findings.items() if known.is_present}
    kinds = [changes.new, changes.worse, changes.ongoing, changes.resolved, changes.lapsed]
    told_now = [print_ for kind in kinds for print_ in kind]
    assert len(told_now) == len(set(told_now))
    remembered = {print_ for print_, known in memory.findings.items() if known.is_present}
    assert present <= remembered | set(changes.resolved) | set(changes.lapsed)
    for print_ in changes.resolved:
        known = before.findings[print_]
        how = resources[known.resource_id]
        assert how != "unread" if known.rule == "unread" else how == "pass"
    if more["gaps"] or more["partial"]:
        assert changes.vanished == ()


def test_a_finding_that_gets_worse_keeps_its_beginning() -> None:
    """It is the same fault."""
    changes = told({"a": "fail low"}, {"a": "fail critical"}).changes
    known = changes.known[print_of("a")]
    assert (known.since, known.severity) == (at(0), Severity.CRITICAL)
