"""Whose a resource, a gap or an orphan is."""

from dataclasses import replace

import pytest
from backup_auditor.compose import kinds
from backup_auditor.judge import unread
from backup_auditor.model import Assessment, Check, Gap, GapReason, Orphan, Outcome, Severity
from backup_auditor.policy.load import load
from backup_auditor.policy.selector import Selector
from backup_auditor.report.parts import Claim, Part, parts_of

from tests.builders import resource
from tests.report.samples import POLICIES, assessed, daily, exempted

SHOP = Claim(owners=("shop@*",))
PROD = Claim(Selector({"name": ("prod-*",)}))


def owned(owner: str, assessment: Assessment) -> Assessment:
    """Return a resource of somebody."""
    return replace(assessment, owner=owner)


BAD, GOOD = assessed("prod-a"), assessed("prod-a", *daily())


@pytest.mark.parametrize(
    ("claim", "assessment", "is_taken"),
    [
        (Claim(), BAD, True),
        (SHOP, owned("shop@example.com", BAD), True),
        (SHOP, owned("Shop@example.com", BAD), False),
        (SHOP, owned("orders@example.com", BAD), False),
        (SHOP, owned("", BAD), False),
        (Claim(owners=("*",)), owned("", BAD), True),
        (Claim(owners=("a", "b")), owned("b", BAD), True),
        (PROD, BAD, True),
        (PROD, assessed("dev-a"), False),
        (Claim(PROD.selector, ("shop",)), owned("shop", BAD), True),
        (Claim(PROD.selector, ("shop",)), owned("orders", BAD), False),
        (Claim(PROD.selector, ("shop",)), owned("shop", assessed("dev-a")), False),
        (Claim(Selector(exclude=Selector({"name": ("prod-a",)}))), BAD, False),
    ],
)
def test_a_resource_is_taken_when_match_and_owner_fit(
    claim: Claim, assessment: Assessment, *, is_taken: bool
) -> None:
    assert claim.takes(assessment) is is_taken


@pytest.mark.parametrize(
    ("globs", "place", "is_possible"),
    [
        ({"region": ("hk",)}, ("ucloud.uredis", "org-a", "hk"), True),
        ({"region": ("hk",)}, ("ucloud.uredis", "org-a", "sg"), False),
        ({"region": ("hk",)}, ("ucloud.uredis", "org-a", ""), True),
        ({"region": ("hk",)}, ("ucloud.uredis", "org-a", "*"), True),
        ({"region": ("hk",)}, ("", "", ""), True),
        ({"account": ("org-b",)}, ("ucloud.uredis", "org-a", ""), False),
        ({"account": ("org-b",)}, ("ucloud.uredis", "", "hk"), True),
        ({"source": ("aws.*",)}, ("ucloud.uredis", "org-a", "hk"), False),
        ({"provider": ("aws",)}, ("ucloud.uredis", "", ""), False),
        ({"provider": ("aws",)}, ("", "", ""), True),
        ({"name": ("prod-*",)}, ("ucloud.uredis", "org-a", "hk"), True),
        ({"name": ("prod-*",), "region": ("hk",)}, ("ucloud.uredis", "org-a", "sg"), False),
    ],
)
def test_a_gap_is_left_out_only_where_its_place_proves_it(
    globs: dict[str, tuple[str, ...]], place: tuple[str, str, str], *, is_possible: bool
) -> None:
    gap = Gap(*place, GapReason.REFUSED, "may not")
    assert Claim(Selector(globs)).may_take(gap) is is_possible
    assert Claim(Selector(globs), ("shop",)).may_take(gap) is is_possible, "a gap has no owner"
    tagged = Selector(globs, {"team": ("shop",)}, Selector({"region": ("*",)}))
    assert Claim(tagged).may_take(gap) is is_possible, "tags and not prove nothing"


@pytest.mark.parametrize(
    ("claim", "is_taken"),
    [
        (Claim(), True),
        (PROD, True),
        (Claim(Selector({"id": ("uredis-*",), "region": ("hk",)})), True),
        (Claim(Selector({"name": ("dev-*",)})), False),
        (Claim(Selector({"region": ("sg",)})), False),
        (Claim(Selector(tags={"team": ("shop",)})), True),
        (SHOP, False),
    ],
)
def test_an_orphan_has_no_owner_and_no_tags(claim: Claim, *, is_taken: bool) -> None:
    orphan = Orphan("ucloud.uredis", "org-a", "hk", "uredis-gone", "prod-old", 1, None)
    assert claim.takes_orphan(orphan) is is_taken


def at_severity(severity: Severity, assessment: Assessment) -> Assessment:
    """Return a resource all of whose checks have this severity."""
    checks = tuple(replace(check, severity=severity) for check in assessment.checks)
    return replace(assessment, checks=checks)


def beside_an_unknown(severity: Severity, assessment: Assessment) -> Assessment:
    """Return a resource of which something else cannot be judged."""
    check = Check("minimum_size", Outcome.UNKNOWN, severity, "its size is not known")
    return replace(assessment, checks=(*assessment.checks, check))


@pytest.mark.parametrize(
    ("assessment", "is_hidden"),
    [
        (GOOD, False),
        (at_severity(Severity.LOW, BAD), True),
        (at_severity(Severity.MEDIUM, BAD), True),
        (at_severity(Severity.HIGH, BAD), False),
        (at_severity(Severity.CRITICAL, BAD), False),
        (at_severity(Severity.LOW, unread(resource(), "a time-out", POLICIES)), False),
        (beside_an_unknown(Severity.LOW, at_severity(Severity.LOW, BAD)), True),
        (beside_an_unknown(Severity.HIGH, at_severity(Severity.LOW, BAD)), False),
        (exempted(at_severity(Severity.LOW, unread(resource(), "x", POLICIES))), False),
        (at_severity(Severity.LOW, exempted(BAD)), True),
        (at_severity(Severity.HIGH, exempted(BAD)), False),
        (assessed("free-a", *daily()), False),  # ungoverned is high
    ],
)
def test_min_severity_hides_failures_and_never_what_cannot_be_judged(
    assessment: Assessment, *, is_hidden: bool
) -> None:
    assert Part(least=Severity.HIGH).hides(assessment) is is_hidden
    assert not Part().hides(assessment)


def test_what_is_wrong_and_in_no_part_is_in_all_parts() -> None:
    part = Part(SHOP, others=(SHOP, PROD))
    nobodys = owned("", assessed("dev-a"))
    assert part.holds(nobodys)
    assert part.is_stray(nobodys)
    assert not part.holds(owned("", assessed("prod-b"))), "another channel tells it"
    assert not part.holds(owned("", assessed("dev-a", *daily()))), "nothing is wrong with it"
    assert not part.is_stray(owned("shop@x", assessed("dev-a")))
    assert not Part(SHOP).holds(nobodys), "a channel tells everything"


def test_a_gap_or_an_orphan_in_no_part_is_in_all_parts() -> None:
    hk, sg = (Claim(Selector({"region": (region,)})) for region in ("hk", "sg"))
    part = Part(hk, others=(hk, sg))
    assert part.may_hold(Gap("s", "a", "tw", GapReason.REFUSED, ""))
    assert not part.may_hold(Gap("s", "a", "sg", GapReason.REFUSED, ""))
    assert part.holds_orphan(Orphan("s", "a", "tw", "x", "", 1, None))
    assert not part.holds_orphan(Orphan("s", "a", "sg", "x", "", 1, None))


HEAD = (
    "version: 1\nsources: [ucloud.uredis]\n"
    "policies: [{name: a, match: {}, rules: {auto_backup: {}}}]\nchannels:\n"
)
NARROW = "  - file: {folder: a, name: shop, owner: shop, min_severity: high}\n"
OTHER = "  - file: {folder: b, name: hk, match: {region: hk}}\n"
SHOP_CLAIM, HK_CLAIM = Claim(owners=("shop",)), Claim(Selector({"region": ("hk",)}))


@pytest.mark.parametrize(
    ("channels", "others"),
    [
        (NARROW, (SHOP_CLAIM,)),
        (NARROW + OTHER, (SHOP_CLAIM, HK_CLAIM)),
        (NARROW + "  - file: {folder: c, send: failing}\n", None),
        (NARROW + "  - file: {folder: c, min_severity: critical}\n", None),
        (
            NARROW.replace("}", ", fallback: c}")
            + "  - file: {folder: c, name: c, send: fallback}\n",
            (SHOP_CLAIM,),
        ),
    ],
)
def test_parts_know_of_each_other_where_no_channel_tells_everything(
    channels: str, others: tuple[Claim, ...] | None
) -> None:
    found = parts_of(load(HEAD + channels, "p.yaml", kinds()).channels)
    assert found["shop"] == Part(SHOP_CLAIM, Severity.HIGH, others)
