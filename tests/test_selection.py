import pytest
from backup_auditor.errors import UsageError
from backup_auditor.model import Resource, Scope
from backup_auditor.selection import may_match, selector_of

SCOPE = Scope("ucloud.uredis", "org-a", "hk")


def resource(**changes: object) -> Resource:
    """Return a resource of SCOPE."""
    fields: dict[str, object] = {
        "id": "uredis-1",
        "name": "prod-cart",
        "source": "ucloud.uredis",
        "account": "org-a",
        "region": "hk",
        "tags": {"team": "shop"},
    }
    return Resource(**(fields | changes))  # type: ignore[arg-type]  # built from a table


@pytest.mark.parametrize(
    ("pairs", "selected"),
    [
        ({}, True),
        ({"name": "prod-*"}, True),
        ({"name": "dev-*"}, False),
        ({"name": ["dev-*", "prod-*"]}, True),
        ({"name": "prod-*", "region": "sg"}, False),
        ({"provider": "ucloud"}, True),
        ({"tags.team": "sh*"}, True),
        ({"tags.team": "ops"}, False),
        ({"tags.cost": "*"}, False),
    ],
)
def test_keys_and_globs_select_as_in_a_policy(
    pairs: dict[str, object],
    selected: bool,
) -> None:
    assert selector_of(pairs).matches(resource()) is selected


@pytest.mark.parametrize(
    ("pairs", "sentence"),
    [
        ({"nam": "x"}, "did you mean name?"),
        ({"tags.": "x"}, "is not a key"),
        ({"name": 5}, "name takes a glob"),
        ({"name": []}, "name takes a glob"),
        ({"name": ["a", 1]}, "name takes a glob"),
        ({"name": ""}, "name takes a glob"),
        ({"name": "x" * 501}, "name takes a glob"),
    ],
)
def test_a_wrong_key_or_value_is_refused_with_a_sentence(
    pairs: dict[str, object], sentence: str
) -> None:
    with pytest.raises(UsageError) as caught:
        selector_of(pairs)
    assert sentence in str(caught.value)


@pytest.mark.parametrize(
    ("pairs", "possible"),
    [
        ({}, True),
        ({"name": "nothing-like-it"}, True),
        ({"region": "hk"}, True),
        ({"region": "sg"}, False),
        ({"account": "org-*"}, True),
        ({"source": "aws.*"}, False),
        ({"provider": "aws"}, False),
    ],
)
def test_a_scope_is_skipped_only_when_nothing_in_it_can_match(
    pairs: dict[str, object], possible: bool
) -> None:
    assert may_match(selector_of(pairs), SCOPE) is possible
