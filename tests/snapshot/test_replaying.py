"""A policy gets what it asks for; what the snapshot was not collected for is a gap."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from backup_auditor import compose
from backup_auditor.errors import SourceError
from backup_auditor.model import Audit, GapReason, History, Scope
from backup_auditor.policy.model import PolicySet
from backup_auditor.recording import recording
from backup_auditor.run import Plan, audit
from backup_auditor.selection import selector_of
from backup_auditor.sources import Unplanned

from tests.builders import resource, succeeded
from tests.fakes import FakeSource, FakeWatcher, outside
from tests.report.samples import RULES
from tests.snapshot.data import replay

KIND = "ucloud.uredis"


def policies(*options: str) -> PolicySet:
    """Return a policy with an entry of ``sources`` for each of ``options``."""
    entries = "".join(f"\n  - ucloud.uredis: {each}" for each in options)
    text = f"""
version: 1
sources:{entries}
policies:
  - {{name: all, match: {{}}, rules: {{last_success_age: {{max: 26h}}}}}}
"""
    return compose.load_policies(text, outside())


def scopes(*places: str) -> FakeSource:
    """Return a source with one good resource in each place, such as ``a/hk``."""
    items: dict[Scope, Any] = {}
    for place in places:
        account, region = place.split("/")
        thing = resource(place, account=account, region=region)
        items[Scope(KIND, account, region)] = [History.of(thing, [succeeded()])]
    return FakeSource(items)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Name a snapshot."""
    return tmp_path / "x"


def saved(file: Path, *entries: tuple[str, FakeSource], **fields: Any) -> Audit:
    """Collect with a policy of these entries."""
    policy = policies(*(options for options, _ in entries))
    sources = list(zip(policy.sources, (source for _, source in entries), strict=True))
    with recording(Plan(policy, sources, RULES, **fields), str(file), outside()) as recorded:
        return audit(recorded, outside(), FakeWatcher())


def seen(found: Audit) -> list[str]:
    """Return the ids of all resources; here they are their places."""
    return [a.resource.id for a in found.assessments]


def gaps(found: Audit) -> list[tuple[str, str]]:
    """Return the places of all gaps."""
    return [(gap.account, gap.region) for gap in found.gaps]


EVERYWHERE = "{projects: all}"
FOUR = ("a/hk", "a/sg", "b/hk", "b/sg")


@pytest.mark.parametrize(
    ("collected", "asked", "found", "missing"),
    [
        (EVERYWHERE, EVERYWHERE, FOUR, []),
        (EVERYWHERE, "{}", FOUR, []),
        (EVERYWHERE, "{regions: [hk]}", ["a/hk", "b/hk"], []),
        (EVERYWHERE, "{projects: [b]}", ["b/hk", "b/sg"], []),
        (EVERYWHERE, "{projects: [b], regions: [hk]}", ["b/hk"], []),
        (EVERYWHERE, "{regions: [hk, la]}", ["a/hk", "b/hk"], [("", "la")]),
        (EVERYWHERE, "{projects: [b, c]}", ["b/hk", "b/sg"], [("c", "")]),
        (EVERYWHERE, "{projects: [c], regions: [la]}", [], [("c", "la")]),
        (EVERYWHERE, "{concurrency: 3}", FOUR, []),
        ("{}", "{}", FOUR, []),
        ("{}", EVERYWHERE, FOUR, [("", "")]),
        ("{}", "{projects: [b]}", ["b/hk", "b/sg"], []),
        ("{}", "{projects: [c]}", [], [("c", "")]),
        ("{regions: [hk, sg]}", "{}", FOUR, [("", "")]),
        ("{regions: [hk, sg]}", "{regions: [sg, hk]}", FOUR, []),
        ("{regions: [hk, sg]}", "{regions: [hk, la]}", ["a/hk", "b/hk"], [("", "la")]),
        ("{projects: [a, b]}", "{}", FOUR, [("", "")]),
        ("{projects: [a, b]}", EVERYWHERE, FOUR, [("", "")]),
        ("{projects: [a, b]}", "{projects: [c, a]}", ["a/hk", "a/sg"], [("c", "")]),
    ],
)
def test_a_policy_gets_what_it_asks_for_and_gaps_for_the_rest(
    collected: str, asked: str, found: list[str], missing: Any, file: Path
) -> None:
    assert not saved(file, (collected, scopes(*FOUR))).gaps
    again = replay(file, policies(asked))
    assert seen(again) == list(found)
    assert gaps(again) == missing
    assert {gap.reason for gap in again.gaps} <= {GapReason.INCOMPLETE}


def test_a_gap_says_what_was_collected(file: Path) -> None:
    saved(file, ("{regions: [hk]}", scopes("a/hk")))
    (gap,) = replay(file, policies("{}")).gaps
    assert gap.detail == (
        "not in the snapshot, which was collected for the accounts (of the environment)"
        " and the regions hk"
    )
    saved(file, (EVERYWHERE, scopes("a/hk")))
    (gap,) = replay(file, policies("{regions: [hk, la]}")).gaps
    assert gap.detail == "not in the snapshot, which found no such place"
    many = [f"r{number}" for number in range(12)]
    saved(file, (f"{{regions: [{', '.join(many)}]}}", scopes("a/r0")))
    (gap,) = replay(file, policies("{}")).gaps
    assert gap.detail.endswith("r8, r9 and 2 more")


def test_a_source_that_was_not_collected_is_a_gap(file: Path) -> None:
    live = saved(file, ("{}", scopes("a/hk")))
    assert not live.gaps
    other = policies("{}")
    unknown = replace(other, sources=(*other.sources, replace(other.sources[0], kind="aws.rds")))
    (gap,) = replay(file, unknown).gaps
    assert (gap.source, gap.account, gap.region) == ("aws.rds", "", "")
    assert gap.detail == "not in the snapshot, which was not collected for this source"


def test_what_could_not_be_planned_concerns_only_those_who_ask_for_it(file: Path) -> None:
    refused = SourceError(GapReason.REFUSED, "may not")
    source = scopes(*FOUR)
    source.unplanned = [Unplanned("b", "", refused), Unplanned("", "sg", refused)]
    saved(file, (EVERYWHERE, source))
    assert gaps(replay(file, policies("{projects: [a]}"))) == [("", "sg")]
    assert gaps(replay(file, policies("{projects: [a], regions: [hk]}"))) == []
    assert gaps(replay(file, policies("{}"))) == [("", "sg"), ("b", "")]


def test_a_part_says_nothing_about_what_is_missing(file: Path) -> None:
    saved(file, (EVERYWHERE, scopes(*FOUR)), select=selector_of({"region": "hk"}))
    again = replay(file, policies("{regions: [hk, la]}"))
    assert seen(again) == ["a/hk", "b/hk"]
    assert not again.gaps
    assert seen(replay(file, policies("{}"), select=selector_of({"account": "b"}))) == ["b/hk"]


def test_select_works_on_a_whole_snapshot(file: Path) -> None:
    saved(file, (EVERYWHERE, scopes(*FOUR)))
    again = replay(file, policies(EVERYWHERE), select=selector_of({"id": "b/*"}))
    assert seen(again) == ["b/hk", "b/sg"]


def test_two_entries_get_each_its_own(file: Path) -> None:
    entries = (("{}", scopes("a/hk")), ("{projects: [b]}", scopes("b/hk")))
    live = saved(file, *entries)
    assert seen(live) == ["a/hk", "b/hk"]
    again = replay(file, policies("{}", "{projects: [b]}"))
    assert again == live
    assert seen(replay(file, policies("{projects: [b]}", "{}"))) == ["a/hk", "b/hk"]


def test_equal_entries_get_each_its_own(file: Path) -> None:
    """Only their addresses differ: two clouds, in which the same places have the same names."""
    live = saved(file, ("{}", scopes("a/hk")), ("{base_url: 'http://x'}", scopes("a/hk", "b/hk")))
    assert seen(live) == ["a/hk", "a/hk", "b/hk"]
    assert seen(replay(file, policies("{}", "{base_url: 'http://x'}"))) == seen(live)


def test_another_entry_gets_what_several_have_collected_and_no_line_twice(file: Path) -> None:
    saved(
        file,
        ("{regions: [hk]}", scopes("a/hk")),
        ("{regions: [hk, sg]}", scopes("a/hk", "a/sg")),
    )
    assert seen(replay(file, policies("{regions: [sg, hk]}"))) == ["a/hk", "a/sg"]


def test_an_empty_snapshot_is_no_clean_sheet(file: Path) -> None:
    saved(file, ("{}", FakeSource({})))
    assert [gap.reason for gap in replay(file, policies("{}")).gaps] == [GapReason.EMPTY]


def test_a_replay_is_judged_as_of_the_snapshot_or_as_of_another_instant(file: Path) -> None:
    saved(file, ("{}", scopes("a/hk")))
    policy = policies("{}")
    assert [str(a.outcome) for a in replay(file, policy).assessments] == ["pass"]
    later = outside().now().replace(day=26)
    assert [str(a.outcome) for a in replay(file, policy, as_of=later).assessments] == ["fail"]
