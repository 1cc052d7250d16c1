"""A fingerprint is the same for the same fault, and differs for everything else."""

from backup_auditor.fingerprint import of_cause, of_check
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import resource

PLACE = ("ucloud.uredis", "org-test", "hk")


def test_a_fingerprint_never_changes_from_one_release_to_the_next() -> None:
    """A memory of audits holds them: another value would be a new finding."""
    assert of_check(resource("uredis-1"), "last_success_age") == "09c89e167e65aff9"
    assert of_cause("together", PLACE, ["rpo", "backup_gap"], "ops") == "9848464295267198"


def test_name_state_and_tags_of_a_resource_are_no_part_of_it() -> None:
    before = of_check(resource("uredis-1"), "rpo")
    assert of_check(resource("uredis-1", name="x", state="y", tags={"a": "b"}), "rpo") == before


def test_the_order_of_rules_is_no_part_of_it() -> None:
    assert of_cause("alike", PLACE, ["a", "b"]) == of_cause("alike", PLACE, ["b", "a"])


PARTS = st.tuples(*[st.text('a"\\,[]\0\ud800', max_size=2)] * 5)


@given(PARTS, PARTS)
def test_two_checks_have_one_fingerprint_only_where_they_are_the_same(
    one: tuple[str, ...], other: tuple[str, ...]
) -> None:
    prints = [
        of_check(resource(id_, source=source, account=account, region=region), rule)
        for source, account, region, id_, rule in (one, other)
    ]
    assert (prints[0] == prints[1]) == (one == other)
    assert all(len(each) == 16 for each in prints)
