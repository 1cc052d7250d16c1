"""Which resources are one finding, what is said of them, and that nobody is lost on the way."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import pytest
from backup_auditor.judge import unread
from backup_auditor.model import Assessment, Check, Outcome, Severity
from backup_auditor.report.causes import groups_of, within
from backup_auditor.report.model import Cause, Finding
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import before, resource
from tests.report.samples import POLICIES, report

OLD, NEVER, OFF = "last success is 3 d old", "never backed up", "automatic backup is off"


def fault(
    rule: str = "last_success_age",
    since: str | None = "10h",
    message: str = OLD,
    **fields: Any,
) -> Check:
    """Return a failing check of which the fault began ``since`` ago."""
    given: dict[str, Any] = {"outcome": Outcome.FAIL, "severity": Severity.CRITICAL}
    begun = before(since) if since else None
    return Check(rule, message=message, since=begun, advice="Mend it.", **(given | fields))


def bad(id_: str, *checks: Check, owner: str = "ops", runbook: str = "", **of: Any) -> Assessment:
    """Return a resource with ``checks``, by default one that failed ten hours ago."""
    found = checks or (fault(),)
    outcomes = {check.outcome for check in found if not check.exempt}
    return Assessment(
        resource=resource(id_, **of),
        policy="p",
        outcome=next((o for o in (Outcome.FAIL, Outcome.UNKNOWN) if o in outcomes), Outcome.PASS),
        checks=found,
        last_success_at=before("36h"),
        last_success_size_bytes=1,
        backups=1,
        days=(),
        sizes=(),
        owner=owner,
        runbook=runbook,
    )


def good(id_: str, **of: Any) -> Assessment:
    """Return a resource that passes."""
    return bad(id_, Check("last_success_age", Outcome.PASS, Severity.CRITICAL, "fine"), **of)


def free(id_: str, **of: Any) -> Assessment:
    """Return a resource that no policy governs."""
    check = fault("ungoverned", None, "no policy governs this resource")
    return replace(bad(id_, check, owner="", **of), policy=None)


def unseen(id_: str, detail: str = "a time-out", **of: Any) -> Assessment:
    """Return a resource whose backups could not be read."""
    return unread(resource(id_, **of), detail, POLICIES)


def three(*checks: Check, **of: Any) -> list[Assessment]:
    """Return three alike."""
    return [bad(f"r-{n}-{of}", *checks, **of) for n in range(3)]


def told(assessments: Iterable[Assessment]) -> list[tuple[str, list[str]]]:
    """Return the causes with their members."""
    return sorted(
        (str(group.cause), sorted(m.resource.id for m in group.members))
        for group in groups_of(assessments)
    )


HK, SG = {"region": "hk"}, {"region": "sg"}
NEW, SWITCHED_OFF = fault(since=None, message=NEVER), fault("auto_backup", None, OFF)
UNKNOWN = fault("size_drift", None, "no size", outcome=Outcome.UNKNOWN)
EXEMPT = fault(exempt=True, exemption="ann")


@pytest.mark.parametrize(
    ("resources", "causes"),
    [
        pytest.param(three(), ["together"], id="all of an account since one hour"),
        pytest.param([*three(), *map(good, "abc")], ["together"], id="half of an account"),
        pytest.param([*three(), *map(good, "abcd")], [], id="less than half of an account"),
        pytest.param(three()[:2], [], id="two only"),
        pytest.param(
            [bad("a"), bad("b", fault(since="9h30m")), bad("c", fault(since="9h"))],
            ["together"],
            id="exactly an hour apart",
        ),
        pytest.param(
            [bad("a"), bad("b", fault(since="9h30m")), bad("c", fault(since="8h59m"))],
            [],
            id="more than an hour apart",
        ),
        pytest.param(
            [*three(**HK), *(good(n, **SG) for n in "abcdef")],
            ["together"],
            id="a region of an account",
        ),
        pytest.param([*three(**HK), *three(**SG)], ["together"], id="all regions are one"),
        pytest.param(
            [*three(account="a"), *three(account="b")], ["together"] * 2, id="not across accounts"
        ),
        pytest.param(
            [*three(source="a.x"), *three(source="b.x")], ["together"] * 2, id="not across sources"
        ),
        pytest.param([bad("a"), bad("b"), bad("c", owner="shop")], [], id="not across owners"),
        pytest.param(
            [bad("a"), bad("b"), bad("c", runbook="https://x")], [], id="not across runbooks"
        ),
        pytest.param([bad("a"), bad("b"), bad("c", fault("rpo"))], [], id="not the same rules"),
        pytest.param(
            [bad("a"), bad("b"), bad("c", fault(severity=Severity.LOW))],
            [],
            id="not the same severity",
        ),
        pytest.param(
            [bad(n, SWITCHED_OFF, fault()) for n in "abc"],
            ["together"],
            id="the time of the worst check that has one",
        ),
        pytest.param(three(NEW), ["alike"], id="all never backed up"),
        pytest.param([*three(NEW), good("a")], [], id="all but one never backed up"),
        pytest.param(
            [*three(NEW, **HK), good("a", **SG)], ["alike"], id="all of a region never backed up"
        ),
        pytest.param(
            [*three(NEW)[:2], bad("c", fault(since=None, message="none left"))],
            [],
            id="not in the same words",
        ),
        pytest.param(three(UNKNOWN), ["alike"], id="all unknown"),
        pytest.param([*three(NEW)[:2], bad("c", UNKNOWN)], [], id="never fail with unknown"),
        pytest.param(three(EXEMPT), [], id="what is exempt"),
        pytest.param([free("a"), free("b"), free("c")], ["ungoverned"], id="three ungoverned"),
        pytest.param([free("a"), free("b")], [], id="two ungoverned"),
        pytest.param(
            [*three(), *(free(n) for n in "abcdefgh")],
            ["together", "ungoverned"],
            id="the ungoverned do not count among those that fail",
        ),
        pytest.param(
            [unseen("a", **HK), unseen("b", **SG)], ["unread"], id="unread in two regions"
        ),
        pytest.param([unseen("a"), unseen("b", "refused")], [], id="unread for two reasons"),
        pytest.param(
            [unseen("a", account="a"), unseen("b", account="b")], [], id="unread in two accounts"
        ),
        pytest.param([*three(), unseen("x"), unseen("y")], ["together", "unread"], id="both"),
    ],
)
def test_what_is_one_cause(resources: list[Assessment], causes: list[str]) -> None:
    assert [cause for cause, _ in told(resources)] == causes


def test_of_two_halves_with_one_fingerprint_the_earlier_one_is_the_cause() -> None:
    later = [bad(f"late-{n}", fault(since="2h")) for n in range(3)]
    assert told([*later, *three()]) == told([*three(), *later])
    (group,) = groups_of([*later, *three()])
    assert group.since == before("10h")


def test_the_hour_with_the_most_is_taken() -> None:
    things = [bad(f"r-{n}", fault(since=f"{m}m")) for n, m in enumerate((150, 95, 90, 60, 40))]
    (group,) = groups_of(things)
    assert sorted(m.resource.id for m in group.members) == ["r-1", "r-2", "r-3", "r-4"]


def said(*assessments: Assessment) -> Finding:
    """Return the only group of a report."""
    (finding,) = (f for f in report(*assessments).findings if not f.sole)
    return finding


ALL_STOPPED = (
    "All 3 audited resources of org-a in hk stopped getting backups within the same hour"
    " (overdue since Tue 2026-11-24 04:07 CST)."
)
IN_HK = {"account": "org-a", "region": "hk"}


@pytest.mark.parametrize(
    ("resources", "title", "sentences"),
    [
        (
            three(**IN_HK),
            "3 resources of org-a in hk",
            (ALL_STOPPED, f"For example prod-r-0-{IN_HK}: Last success is 3 d old."),
        ),
        (
            [bad(n, fault("rpo", message="80% covered"), account="org-a", **HK) for n in "abc"]
            + [good("d", account="org-a", **SG)],
            "3 resources of org-a in hk",
            (
                (
                    "3 of 4 audited resources of org-a began to fail in the same way within the"
                    " same hour (since Tue 2026-11-24 04:07 CST)."
                ),
                "For example prod-a: 80% covered.",
            ),
        ),
        (
            [bad(n, NEW, account="org-a", region=f"r{n}") for n in "abc"],
            "3 resources of org-a in 3 regions",
            (
                "All 3 audited resources of org-a in 3 regions fail in the same way.",
                "Never backed up.",
            ),
        ),
        (
            [bad(n, UNKNOWN, account="", region="") for n in "abc"],
            "3 resources of ucloud.uredis",
            (
                "All 3 audited resources of ucloud.uredis cannot be judged, for the same reason.",
                "No size.",
            ),
        ),
        (
            [free(n, account="org-a", **HK) for n in "abc"],
            "3 resources of org-a in hk",
            ("No policy governs any of them.",),
        ),
        (
            [unseen("a", account="org-a", **HK), unseen("b", account="org-a", **SG)],
            "2 resources of org-a in 2 regions",
            ("Their backups could not be read, all for one reason: a time-out.",),
        ),
    ],
)
def test_a_group_says_how_many_where_and_first_the_cause(
    resources: list[Assessment], title: str, sentences: tuple[str, ...]
) -> None:
    finding = said(*resources)
    assert finding.title == title
    assert finding.sentences == sentences
    assert finding.advice


def test_backups_that_did_not_stop_at_one_time_are_not_said_to_have_stopped() -> None:
    one, two, last = three()
    for when in (None, before("1h"), before("90h")):
        finding = said(one, two, replace(last, last_success_at=when))
        assert "began to fail in the same way" in finding.sentences[0]


def test_a_group_is_as_severe_as_its_worst_member_and_begins_with_it() -> None:
    mild = [
        replace(one, checks=(replace(one.checks[0], severity=Severity.LOW),))
        for one in (unseen("a"), unseen("b"))
    ]
    finding = said(*mild, unseen("c"))
    assert finding.severity is Severity.CRITICAL
    assert finding.members[0].resource.id == "c"


def test_hostile_names_in_a_group_are_made_harmless() -> None:
    finding = said(*three(account="\x1b[31m" + "a" * 500, name="b\r\nc\u202e"))
    assert all(text.isprintable() for text in (finding.title, *finding.sentences))
    assert all(len(text) < 300 for text in (finding.title, *finding.sentences))


def test_a_group_stays_the_same_finding_when_a_resource_joins_it() -> None:
    (before_,), (after,) = groups_of(three()), groups_of([*three(), bad("new")])
    assert before_.fingerprint == after.fingerprint


def test_what_is_left_of_a_group_keeps_its_cause_and_one_resource_is_no_group() -> None:
    one, two, other = three()
    (group,) = groups_of([one, two, other])
    (left,) = within([group], [one, two])
    assert (left.members, left.fingerprint) == ((one, two), group.fingerprint)
    assert within([group], [other]) == ()


CHECKS = st.sampled_from(
    [
        (fault(),),
        (fault(since="9h40m"),),
        (fault(since="5h"),),
        (fault(), SWITCHED_OFF),
        (NEW,),
        (UNKNOWN,),
        (EXEMPT,),
        (fault(), UNKNOWN),
        (Check("rpo", Outcome.PASS, Severity.LOW, "fine"),),
    ]
)
PLACES = st.fixed_dictionaries(
    {
        "source": st.sampled_from(["a.x", "b.x"]),
        "account": st.sampled_from(["", "org-a"]),
        "region": st.sampled_from(["hk", "sg"]),
    }
)


@st.composite
def audits(draw: st.DrawFn) -> list[Assessment]:
    """Return resources in few places with few faults, so that there are many groups."""
    things = []
    for number in range(draw(st.integers(0, 14))):
        of, id_ = draw(PLACES), f"r-{number}"
        kind = draw(st.integers(0, 5))
        if kind == 0:
            things.append(unseen(id_, draw(st.sampled_from(["x", "y"])), **of))
        elif kind == 1:
            things.append(free(id_, **of))
        else:
            owner = draw(st.sampled_from(["ops", "ops", "ops", "shop"]))
            things.append(bad(id_, *draw(CHECKS), owner=owner, **of))
    return things


def shape(assessments: Sequence[Assessment]) -> list[tuple[Any, ...]]:
    """Return the findings of a report, without their resources' order of arrival."""
    return [
        (f.fingerprint, f.title, f.sentences, f.since, [m.resource.id for m in f.members])
        for f in report(*assessments).findings
    ]


@given(audits(), st.randoms(use_true_random=False))
def test_the_order_of_resources_does_not_matter(things: list[Assessment], random: Any) -> None:
    shuffled = list(things)
    random.shuffle(shuffled)
    assert shape(things) == shape(shuffled)


@given(audits())
def test_findings_part_the_resources_that_do_not_pass(things: list[Assessment]) -> None:
    """Nobody is lost, nobody is told twice, and no two findings are taken for one."""
    findings = report(*things).findings
    members = [member.resource.id for finding in findings for member in finding.members]
    assert sorted(members) == sorted(a.resource.id for a in things if a.outcome is not Outcome.PASS)
    assert len({finding.fingerprint for finding in findings}) == len(findings)


@given(audits())
def test_members_have_one_source_account_owner_runbook_and_outcome(
    things: list[Assessment],
) -> None:
    for group in groups_of(things):
        common = {
            (m.resource.source, m.resource.account, m.owner, m.runbook, m.outcome)
            for m in group.members
        }
        assert len(common) == 1
        assert len(group.members) >= (2 if group.cause is Cause.UNREAD else 3)
        assert len(group.members) <= group.total
