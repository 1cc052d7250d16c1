"""What a channel with a part tells: its findings, the gaps it may have, and what is left out."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from backup_auditor.model import (
    Assessment,
    AuditVerdict,
    ExemptionState,
    ExemptionUse,
    Gap,
    GapReason,
    Notice,
    Severity,
)
from backup_auditor.policy.selector import Selector
from backup_auditor.report.contract import to_document
from backup_auditor.report.model import Report
from backup_auditor.report.narrow import Remark, edition, has_something_to_say, narrow, remarked
from backup_auditor.report.parts import Claim, Part
from backup_auditor.report.text import mail_text
from hypothesis import given
from hypothesis import strategies as st

from tests.contract import assert_valid
from tests.report.samples import ALL, assessed, broken, daily, fine, incomplete, report

ELSEWHERE = Gap("ucloud.uredis", "org-test", "sg", GapReason.REFUSED, "may not")
ANYWHERE = Gap("ucloud.uredis", "", "", GapReason.CREDENTIALS, "no key")


def of(owner: str, name: str, *, good: bool = False, severity: str = "critical") -> Assessment:
    """Return a resource of ``owner``, good or never backed up."""
    found = assessed(name, *(daily() if good else ()), id=f"id-{name}")
    checks = tuple(replace(check, severity=Severity(severity)) for check in found.checks)
    return replace(found, owner=owner, checks=checks)


def whole(*more: Assessment, gaps: tuple[Gap, ...] = ()) -> Report:
    """Return two owners with two resources each: one of the shop's and both of orders' are bad."""
    return report(
        of("shop", "shop-a", good=True),
        of("shop", "shop-b"),
        of("orders", "orders-a"),
        of("orders", "orders-b", severity="low"),
        *more,
        gaps=gaps,
    )


def owner(*globs: str) -> Part:
    """Return the part of owners."""
    return Part(Claim(owners=globs))


def match(**globs: str) -> Part:
    """Return the part of resources."""
    return Part(Claim(Selector({key: (glob,) for key, glob in globs.items()})))


HEADLINE = "3 of 4 resources have no reliable backup"


@pytest.mark.parametrize(
    ("part", "said"),
    [
        (
            owner("shop"),
            (
                "This part: 1 of 2 resources has no reliable backup."
                " Left out: 2 of 3 findings about other owners."
            ),
        ),
        (
            match(name="shop-*"),
            (
                "This part: 1 of 2 resources has no reliable backup."
                " Left out: 2 of 3 findings about other resources."
            ),
        ),
        (
            Part(Claim(owners=("orders",)), Severity.HIGH),
            (
                "This part: 2 of 2 resources have no reliable backup."
                " Left out: 1 of 3 findings about other owners, 1 finding less severe than high."
            ),
        ),
        (
            Part(least=Severity.HIGH),
            "Left out: 1 finding less severe than high.",
        ),
        (
            match(name="shop-a"),
            (
                "This part: the only resource has a reliable backup."
                " Left out: 3 of 3 findings about other resources."
            ),
        ),
        (
            owner("nobody"),
            "This part: no resource is in it. Left out: 3 of 3 findings about other owners.",
        ),
    ],
)
def test_a_part_says_how_it_stands_and_what_is_left_out(part: Part, said: str) -> None:
    found = narrow(whole(), part)
    assert found.headline == f"{HEADLINE}. {said}"
    assert found.audit.notices[-1] == Notice("part", said)


def test_the_verdict_and_the_numbers_stay_those_of_the_whole() -> None:
    before, found = whole(), narrow(whole(), match(name="shop-a"))
    assert found.audit.verdict is AuditVerdict.FAIL
    assert (found.counts, found.subject) == (before.counts, before.subject)
    assert (found.coverage, found.policies) == (before.coverage, before.policies)
    assert not found.findings
    assert not has_something_to_say(found)


def test_a_part_holds_its_findings_and_resources_and_no_others() -> None:
    found = narrow(whole(), owner("shop"))
    assert [finding.title for finding in found.findings] == ["shop-b"]
    assert [a.resource.name for a in found.healthy] == ["shop-a"]
    assert [r["name"] for r in to_document(found)["resources"]] == ["shop-b", "shop-a"]


@pytest.mark.parametrize("part", [Part(), owner("*"), match(name="*"), Part(least=Severity.LOW)])
def test_a_part_that_leaves_nothing_out_is_the_report_itself(part: Part) -> None:
    assert narrow(whole(), part) == whole()


@pytest.mark.parametrize("part", [owner("nobody"), match(region="sg"), Part(least=Severity.HIGH)])
def test_a_broken_policy_is_told_to_everybody(part: Part) -> None:
    assert narrow(broken(), part) == broken()


@pytest.mark.parametrize(
    ("part", "kept", "said"),
    [
        (match(region="cn-*"), [ANYWHERE], " Left out: 1 gap elsewhere."),
        (match(region="sg"), [ANYWHERE, ELSEWHERE], "This part: no resource was audited; 2 parts"),
        (owner("shop"), [ANYWHERE, ELSEWHERE], "; 2 parts could not be audited."),
        (Part(least=Severity.CRITICAL), [ANYWHERE, ELSEWHERE], "; 2 parts could not be audited."),
    ],
)
def test_gaps_stay_unless_their_place_proves_that_they_are_not_in_the_part(
    part: Part, kept: list[Gap], said: str
) -> None:
    found = narrow(whole(gaps=(ANYWHERE, ELSEWHERE)), part)
    assert list(found.gaps) == kept
    assert said in found.headline
    assert has_something_to_say(found)


def test_what_is_unknown_stays_whatever_the_severity() -> None:
    found = narrow(incomplete(), Part(least=Severity.CRITICAL))
    assert found == incomplete()


def test_a_group_of_resources_keeps_those_that_are_in_the_part() -> None:
    found = narrow(incomplete(), match(id="uredis-1*"))
    assert [finding.title for finding in found.findings] == ["3 resources of org-test in cn-bj2"]


def test_a_group_that_others_share_is_said_to_be_left_out_in_part() -> None:
    found = narrow(incomplete(), match(id="uredis-1*"))
    assert "Left out: 2 of 2 findings about other resources." in found.headline


def test_a_part_of_an_account_shows_no_cause_that_the_whole_has_not() -> None:
    shop = [of("shop", f"shop-{n}") for n in "abc"]
    before = report(*shop, *(of("x", f"x-{n}", good=True) for n in "abcd"))
    titles = ["shop-a", "shop-b", "shop-c"]
    assert [finding.title for finding in before.findings] == titles
    found = narrow(before, owner("shop"))
    assert [finding.title for finding in found.findings] == titles
    assert "Left out" not in found.headline


def test_what_is_in_no_part_is_said_to_be_so() -> None:
    shop = Claim(owners=("shop",))
    found = narrow(whole(), Part(shop, others=(shop, Claim(owners=("orders",)))))
    assert "In no channel's part" not in found.headline
    found = narrow(whole(), Part(shop, others=(shop,)))
    assert "In no channel's part, and so in all: 2 resources." in found.headline
    assert len(found.findings) == 3


def test_exemptions_follow_the_resources_that_they_match() -> None:
    day = date(2026, 12, 31)
    uses = tuple(
        ExemptionUse(name, "why", day, ExemptionState.ACTIVE, number, number)
        for name, number in (("shop's", 1), ("orders'", 1), ("nobody's", 0))
    )
    before = report(
        replace(of("shop", "shop-a"), exemptions=(0,)),
        replace(of("orders", "orders-a"), exemptions=(1,)),
        exemptions=uses,
    )
    found = narrow(before, owner("shop"))
    assert {line.owner for line in found.exemptions} == {"shop's", "nobody's"}


SAMPLES: Any = ALL


@pytest.mark.parametrize("name", SAMPLES)
def test_a_part_of_any_report_can_be_told(name: str) -> None:
    found = narrow(SAMPLES[name](), match(name="prod-*", region="cn-*"))
    document = to_document(found)
    assert_valid(document)
    assert document["verdict"] == to_document(SAMPLES[name]())["verdict"]
    assert found.headline in mail_text(found)


GLOBS = st.sampled_from(["*", "shop", "orders", "s*", "nobody"])
NAMES = st.sampled_from(["*", "shop-*", "*-a", "nothing"])
LEAST = st.sampled_from([None, *Severity])


@given(st.lists(st.tuples(GLOBS, NAMES), min_size=1, max_size=4))
def test_every_finding_is_in_some_part_whatever_the_parts_are(
    claims: list[tuple[str, str]],
) -> None:
    others = tuple(Claim(Selector({"name": (name,)}), (glob,)) for glob, name in claims)
    before = whole(of("", "free-a"))
    told = {
        finding.title
        for claim in others
        for finding in narrow(before, Part(claim, others=others)).findings
    }
    assert told == {finding.title for finding in before.findings}


@given(GLOBS, NAMES, LEAST)
def test_no_part_says_that_all_is_well_while_the_whole_is_not(
    glob: str, name: str, least: Severity | None
) -> None:
    found = narrow(whole(), Part(Claim(Selector({"name": (name,)}), (glob,)), least))
    assert found.headline.startswith(HEADLINE)
    assert found.audit.verdict is AuditVerdict.FAIL
    left = len(whole().findings) - len(found.findings)
    assert (left > 0) == ("Left out: " in found.headline)


def test_a_remark_reaches_people_once_and_machines_too() -> None:
    found = remarked(fine(), Remark.FALLBACK, "Sent here.")
    assert mail_text(found).count("Sent here.") == 1
    assert to_document(found)["notices"] == [{"kind": "fallback", "detail": "Sent here."}]


def test_every_message_of_a_run_has_an_id_and_a_repeat_has_the_same() -> None:
    before = whole()
    shop, orders = (narrow(before, owner(name)) for name in ("shop", "orders"))
    instead = remarked(shop, Remark.FALLBACK, "Sent here.")
    assert edition(before) == before.audit.run.id
    assert edition(narrow(before, owner("shop"))) == edition(shop)
    assert len({edition(one) for one in (before, shop, orders, instead)}) == 4
    first, repeat = (replace(one, message="mail for shop") for one in (instead, orders))
    assert edition(first) == edition(repeat), "it is one message, whatever it says by then"
    assert all(edition(one).startswith(f"{before.audit.run.id}-") for one in (shop, instead))
