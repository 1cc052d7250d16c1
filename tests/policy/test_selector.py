"""What a selector takes, and what it says of what it does not take."""

from fnmatch import fnmatchcase

import pytest
from backup_auditor.model import Resource
from backup_auditor.policy.selector import SELECTOR_KEYS, Selector, matcher
from hypothesis import given
from hypothesis import strategies as st

SHOP = Resource(
    id="uredis-1",
    name="prod-shop",
    source="ucloud.uredis",
    account="org-a",
    region="hk",
    zone="hk-02",
    kind="single",
    state="Running",
    tags={"Team": "shop", "Env": "prod"},
)


def name(*globs: str) -> Selector:
    """Return a selector by name."""
    return Selector({"name": globs})


@pytest.mark.parametrize(
    ("selector", "refusal"),
    [
        (Selector(), None),
        (name("prod-*"), None),
        (name("prod-shop"), None),
        (name("prod-????"), None),
        (name("prod-[a-s]*"), None),
        (name("x", "prod-*"), None),
        (name("prod"), "name is 'prod-shop', not 'prod'"),
        (name("shop"), "name is 'prod-shop', not 'shop'"),
        (name("PROD-*"), "name is 'prod-shop', not 'PROD-*'"),
        (name("prod-[!a-s]*"), "name is 'prod-shop', not 'prod-[!a-s]*'"),
        (name("x*", "y*"), "name is 'prod-shop', not 'x*' or 'y*'"),
        (Selector({"source": ("ucloud.*",)}), None),
        (Selector({"provider": ("ucloud",)}), None),
        (Selector({"provider": ("aws",)}), "provider is 'ucloud', not 'aws'"),
        (Selector({"account": ("org-b",)}), "account is 'org-a', not 'org-b'"),
        (Selector({"region": ("sg",)}), "region is 'hk', not 'sg'"),
        (Selector({"zone": ("hk-01",)}), "zone is 'hk-02', not 'hk-01'"),
        (Selector({"id": ("uredis-2",)}), "id is 'uredis-1', not 'uredis-2'"),
        (Selector({"kind": ("cluster",)}), "kind is 'single', not 'cluster'"),
        (Selector({"state": ("Stopped",)}), "state is 'Running', not 'Stopped'"),
        (Selector({"region": ("hk",), "name": ("x",)}), "name is 'prod-shop', not 'x'"),
        (Selector(tags={"Team": ("sh*",)}), None),
        (Selector(tags={"Team": ("x", "shop"), "Env": ("*",)}), None),
        (Selector(tags={"Team": ("x", "y")}), "tag Team is 'shop', not 'x' or 'y'"),
        (Selector(tags={"Team": ("shop",), "Env": ("test",)}), "tag Env is 'prod', not 'test'"),
        (Selector(tags={"Owner": ("*",)}), "it has no tag 'Owner'"),
        (Selector(tags={"team": ("*",)}), "it has no tag 'team'"),
        (Selector(exclude=name("staging-*")), None),
        (Selector(exclude=name("prod-*")), "it is excluded by not"),
        (Selector({"name": ("prod-*",)}, exclude=Selector({"zone": ("hk-02",)})), "it is excluded"),
        (Selector(exclude=Selector()), "it is excluded by not"),
        (Selector(exclude=Selector(exclude=name("prod-*"))), None),
    ],
)
def test_a_selector_matches_what_it_says(selector: Selector, refusal: str | None) -> None:
    """Globs; a list means any of; all keys must match; `not` excludes."""
    assert selector.matches(SHOP) is (refusal is None)
    said = selector.refusal(SHOP)
    assert said == refusal or str(said).startswith(str(refusal))


def test_the_keys_of_a_selector_are_fields_of_a_resource() -> None:
    """Selector keys: source, provider, account, region, zone, id, name, kind, state."""
    assert (
        *("source", "provider", "account", "region", "zone", "id", "name", "kind", "state"),
    ) == SELECTOR_KEYS
    assert all(isinstance(getattr(SHOP, key), str) for key in SELECTOR_KEYS)


GLOBS = st.text("ab*?[]!-\n", max_size=6)


@given(st.lists(GLOBS, min_size=1, max_size=3).map(tuple), st.text("ab[]!-\n", max_size=6))
def test_globs_mean_what_they_mean_in_a_shell(globs: tuple[str, ...], value: str) -> None:
    assert bool(matcher(globs)(value)) is any(fnmatchcase(value, glob) for glob in globs)
