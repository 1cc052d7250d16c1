"""Reports to render and deliver: fine, failing, exempt, hostile, huge, incomplete, broken."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from typing import Any

from backup_auditor.judge import conclude, judge, unread
from backup_auditor.model import (
    Assessment,
    Audit,
    Backup,
    Check,
    ExemptionState,
    ExemptionUse,
    Gap,
    GapReason,
    History,
    Notice,
    Orphan,
    Outcome,
    Run,
    Scope,
    ScopeResult,
    Severity,
)
from backup_auditor.policy.load import load
from backup_auditor.policy.model import Kinds
from backup_auditor.report.build import build
from backup_auditor.report.model import Report
from backup_auditor.rules import load_rules
from backup_auditor.sources.ucloud.uredis import Options

from tests.builders import NOW, before, failed, moment, resource, succeeded

RULES = load_rules()
POLICIES = load(
    """
version: 1
timezone: Asia/Shanghai
sources: [ucloud.uredis]
defaults: {owner: ops@example.com, runbook: "https://wiki.example.com/redis"}
policies:
  - name: production
    match: {not: {name: "free-*"}}
    severity: critical
    rules: {last_success_age: {max: 26h}, error_state: {}, size_drift: {}, auto_backup: {}}
""",
    "samples",
    Kinds({n: r.options for n, r in RULES.items()}, {"ucloud.uredis": Options}, {}),
)
SCOPE = Scope("ucloud.uredis", "org-test", "cn-bj2")
HOSTILE = (
    "<script>alert(1)</script>",
    '=HYPERLINK("http://example.com")',
    "<!channel> @here *bold* `code` <@U123>",
    "\x1b[31mred\x07\r\nBcc: x@example.com",
    "left\u202eright\u200b",
    "lone \ud800 surrogate",
    "{{ 7 * 7 }} {% raw %}",
    "javascript:alert(1)",
)


_MARKED = (
    *HOSTILE,
    "@all @here @channel @everyone @room @user",
    "<!here> <!everyone> <@U024BE7LH> <#C1|x> <@&1>",
    "<at>all</at> <at id=all></at> <users/all>",
    "@13800138000 <@all>",
    "[click](https://evil.example) ![x](//evil.example/i)",
    "https://evil.example/x?a=1&b=2 www.evil.example",
    "**b** __u__ ~~s~~ ||s|| _i_ `c` ```x``` $x$",
    "# h > q | t | - l 1. n * l + l <br> \\",
    "&lt;b&gt; &amp;amp; &#60;i&#62; &#x2a;",
    "<b>b</b> <a href='https://evil.example'>a</a>",
    "<font color=red>r</font> <!-- c --> <img src=x>",
    "{{DATE(2026-11-24)}} ${x} %s {0} {% x %}",
    ":rotating_light: :smile: 🙂 e\u0301 שלום",
    "<https://evil.example|x> <mailto:a@evil.example>",
    "a\u2066b\u2069 \u061c \ufeff \U000e0041 \x85 \u2028",
)
HOSTILE_NAMES = (
    *(f"{text} seen{number:02}" for number, text in enumerate(_MARKED)),
    *(f"seen{90 + number} {text * 10_000}" for number, text in enumerate('<*@🙂&"')),
)
"""Names that want to be something else; each holds a word that a reader must still find."""
SOME_HOSTILE_NAMES = tuple(HOSTILE_NAMES[at : at + 3] for at in range(0, len(HOSTILE_NAMES), 3))


def assessed(name: str, *backups: Backup, **fields: Any) -> Assessment:
    """Judge one resource called ``name``."""
    thing = resource(fields.pop("id", f"uredis-{abs(hash(name)) % 10**6}"), name=name, **fields)
    return judge(History.of(thing, backups), POLICIES, RULES, moment())


def report(*assessments: Assessment, gaps: tuple[Gap, ...] = (), **fields: Any) -> Report:
    """Build the report of one scope."""
    own = tuple(gap for gap in gaps if gap.region)
    result = ScopeResult(SCOPE, assessments, fields.pop("orphans", ()), own)
    at = fields.pop("started_at", NOW)
    run = Run("20261124T060700Z-abc", at, at + timedelta(seconds=42), "sha256:abc", "0.1.0")
    results = (result,) if assessments or own else ()
    verdict = conclude(results, gaps)
    return build(Audit(run, verdict, "Asia/Shanghai", results=results, gaps=gaps, **fields))


def daily(size: int = 100 << 20) -> list[Backup]:
    """Return two weeks of good backups."""
    return [succeeded(f"{2 + 24 * day}h", size - day) for day in range(14)]


def apart(assessments: Iterable[Assessment]) -> Iterator[Assessment]:
    """Let each have failed since an hour of its own, so that they have no common cause."""
    for number, one in enumerate(assessments):
        since = before("90d") + timedelta(hours=2 * number)
        checks = (replace(c, since=since if c.since else None) for c in one.checks)
        yield replace(one, checks=tuple(checks))


CONTROLS = ("ISO/IEC 27001:2022 A.8.13", "SOC 2 A1.2")
JANE = "jane@example.com until 2026-12-31: dataset is being migrated, ticket OPS-1234"


def controlled(assessment: Assessment, *controls: str) -> Assessment:
    """Let every check of ``assessment`` serve ``controls`` (by default two)."""
    checks = tuple(replace(c, controls=controls or CONTROLS) for c in assessment.checks)
    return replace(assessment, checks=checks)


def exempted(assessment: Assessment, *rules: str, by: str = JANE) -> Assessment:
    """Make the findings of ``rules`` (by default of all) exempt."""
    checks = tuple(
        replace(c, exempt=True, exemption=by)
        if c.outcome is not Outcome.PASS and c.rule in (rules or {c.rule})
        else c
        for c in assessment.checks
    )
    left = replace(assessment, checks=checks)
    return left if left.findings else replace(left, outcome=Outcome.PASS)


def uses() -> tuple[ExemptionUse, ...]:
    """Return an exemption in each state, in the order of a policy file."""
    return (
        ExemptionUse(
            "jane@example.com",
            "dataset is being migrated, ticket OPS-1234",
            *(date(2026, 12, 31), ExemptionState.ACTIVE, 2, 3),
        ),
        ExemptionUse("ann", "rebuilt daily", date(2026, 12, 3), ExemptionState.EXPIRING, 1, 1),
        ExemptionUse("bob", "a test", date(2026, 11, 1), ExemptionState.EXPIRED, 1, 0),
        ExemptionUse("eve", "gone", date(2027, 1, 31), ExemptionState.UNUSED, 0, 0),
    )


def exempt() -> Report:
    """Two fine, two exempt, one exempt in part and failing; controls; exemptions in all states."""
    shrunk = [succeeded("1h", 1 << 20), *daily()]
    ann = "ann until 2026-12-03: rebuilt daily"
    return report(
        assessed("prod-a", *daily(), id="uredis-1"),
        assessed("prod-b", *daily(), id="uredis-2"),
        exempted(controlled(assessed("prod-moving", id="uredis-3"))),
        exempted(controlled(assessed("prod-daily", *shrunk, id="uredis-4")), by=ann),
        exempted(
            controlled(assessed("prod-both", failed("30m"), *shrunk, id="uredis-5")), "size_drift"
        ),
        exemptions=uses(),
    )


def hostile_exempt() -> Report:
    """Owners, reasons and controls that want to be markup, formulas, mentions, movements."""
    things = [
        exempted(controlled(assessed(text, id=f"h-{n}"), text), by=f"{text} until x: {text}")
        for n, text in enumerate(HOSTILE)
    ]
    states = list(ExemptionState)
    several = tuple(
        ExemptionUse(text, text, date(2026, 12, 1), states[n % len(states)], 1, 1)
        for n, text in enumerate(HOSTILE)
    )
    return report(*things, exemptions=several)


@cache
def many_exempt() -> Report:
    """5,000 exempt resources and 300 exemptions, all with long hostile texts."""
    text = "<script>&'\"" * 50
    one = exempted(controlled(assessed("x", id="many"), text, "a"), by=text)
    things = [
        replace(one, resource=replace(one.resource, id=f"uredis-{n}", name=f"{text}{n}"))
        for n in range(5000)
    ]
    ended = ExemptionUse(text, text, date(2026, 11, 1), ExemptionState.EXPIRED, 5000, 0)
    return report(*things, exemptions=(ended,) * 300)


def in_chinese(told: Report) -> Report:
    """Return what is told in English in Chinese; names and plain texts stay as they are."""
    return build(replace(told.audit, language="zh-CN"))


def chinese() -> Report:
    """Return what ``failing`` tells, in Chinese."""
    return in_chinese(failing())


def fine() -> Report:
    """Two resources, both good."""
    return report(assessed("prod-a", *daily()), assessed("prod-b", *daily()))


def failing() -> Report:
    """One never backed up, one failed, one shrunk, one ungoverned, one fine; an orphan."""
    shrunk = [succeeded("1h", 1 << 20), *daily()]
    orphan = Orphan("ucloud.uredis", "org-test", "cn-bj2", "uredis-gone", "old", 3, before("9d"))
    return report(
        assessed("prod-never", id="uredis-1"),
        assessed("prod-failed", failed("1h"), *daily(), id="uredis-2"),
        assessed("prod-shrunk", *shrunk, id="uredis-3"),
        assessed("free-for-all", *daily(), id="uredis-4"),
        assessed("prod-fine", *daily(), id="uredis-5"),
        orphans=(orphan, Orphan("s", "a", "r", "x", "", 1, None)),
        notices=(Notice("policy-matches-nothing", "policy 'x' governs no resource"),),
    )


def hostile() -> Report:
    """Names that want to be markup, formulas, mentions, headers, cursor movements."""
    return report(*apart(assessed(name, id=f"h-{i}") for i, name in enumerate(HOSTILE)))


def named(*names: str) -> Report:
    """Return resources of these names that were never backed up."""
    return report(*apart(assessed(name, id=f"n-{i}") for i, name in enumerate(names)))


def hostile_names() -> Report:
    """Return one of each of ``HOSTILE_NAMES``."""
    return named(*HOSTILE_NAMES)


@cache
def findings(number: int) -> Report:
    """Return ``number`` failing resources, worst first by number, or two good ones for none.

    In the message of the n-th stand ``begin0000n`` and last ``close0000n``; its advice ends with
    ``end0000n``.
    """
    if not number:
        return fine()
    one = assessed("x")
    check = Check("last_success_age", Outcome.FAIL, Severity.CRITICAL, "")
    return report(
        *(
            replace(
                one,
                resource=resource(f"uredis-{n:05}", name=f"prod-{n:05}"),
                checks=(
                    replace(
                        check,
                        message=f"a fault, begin{n:05}, that is 3 d old, close{n:05}",
                        advice=f"Look into it, and make a backup now, end{n:05}",
                    ),
                ),
            )
            for n in range(number)
        )
    )


@cache
def huge() -> Report:
    """5,000 failing resources with long hostile names, and 300 gaps."""
    one = assessed("x", id="huge")
    gaps = tuple(
        Gap("ucloud.uredis", f"org-{n}", "hk", GapReason.REFUSED, "<&>" * 80) for n in range(300)
    )
    name = "<script>&'\"" * 25
    many = tuple(
        Assessment(
            resource(f"uredis-{n}", name=f"{name}{n}"),
            *(one.policy, one.outcome, one.checks, None, None, 0, one.days, ()),
        )
        for n in range(5000)
    )
    return report(*apart(many), gaps=gaps)


@cache
def everything() -> Report:
    """Return what ``huge`` and ``many_exempt`` hold, with hostile orphans, notices and places."""
    failing, spared = huge().audit, many_exempt().audit
    text = "<&>" * 100
    orphan = Orphan("s", text, text, text, text, 3, None)
    places = tuple(
        ScopeResult(Scope("ucloud.uredis", f"{text}{n}", text), (), (orphan,)) for n in range(100)
    )
    return build(
        replace(
            failing,
            results=(*failing.results, *spared.results, *places),
            exemptions=spared.exemptions,
            notices=(Notice("test", text),) * 100,
        )
    )


@cache
def crowded() -> Report:
    """Return a part of ``everything``: still too much for a mail, and parsers read it in time."""
    audit = everything().audit
    failing, spared, *places = audit.results
    few = tuple(
        replace(part, assessments=part.assessments[:250], gaps=part.gaps[:60])
        for part in (failing, spared)
    )
    named = tuple(
        replace(part, assessments=tuple(_told_apart(a, n) for a in part.assessments))
        for n, part in enumerate(few)
    )
    return build(replace(audit, results=(*named, *places[:20]), gaps=audit.gaps[:60]))


def _told_apart(assessment: Assessment, number: int) -> Assessment:
    """Give a resource of two scopes that list the same ids an account of its own."""
    return replace(assessment, resource=replace(assessment.resource, account=f"org-{number}"))


def incomplete() -> Report:
    """Return twelve resources unread for one reason, one for another, and a gap."""
    detail = "DescribeURedisBackup: IAM permission error (RetCode 299)"
    unseen = [
        unread(resource(f"uredis-{n}", name=f"prod-{n}"), detail, POLICIES) for n in range(12)
    ]
    alone = unread(resource("uredis-x", name="prod-x"), "a time-out", POLICIES)
    gap = Gap("ucloud.uredis", "org-test", "cn-bj2", GapReason.REFUSED, detail)
    return report(*unseen, alone, assessed("prod-fine", *daily()), gaps=(gap,))


def grouped() -> Report:
    """Twelve of 13 that stopped in one hour, three ungoverned, three unread in two regions."""
    stopped = [
        assessed(f"prod-{n:02}", succeeded(f"40h{n}m"), id=f"stop-{n:02}") for n in range(12)
    ]
    free = [assessed(f"free-{n}", *daily(), id=f"free-{n}", account="org-free") for n in range(3)]
    unseen = [
        unread(
            resource(f"unread-{n}", name=f"prod-{n}", account="org-away", region=region),
            "DescribeURedisBackup: a time-out",
            POLICIES,
        )
        for n, region in enumerate(("hk", "sg", "hk"))
    ]
    good = assessed("prod-fine", *daily(), id="fine")
    return report(*stopped, good, *free, *unseen)


def empty() -> Report:
    """Nothing was found at all."""
    gap = Gap("ucloud.uredis", "", "", GapReason.EMPTY, "0 found where the policy expects 1")
    return report(gaps=(gap,))


def broken() -> Report:
    """Nothing was audited, because the policy is broken."""
    return report(gaps=(Gap("", "", "", GapReason.POLICY, "p.yaml:1:1: version"),))


ALL: dict[str, Callable[[], Report]] = {
    "fine": fine,
    "failing": failing,
    "hostile": hostile,
    "exempt": exempt,
    "hostile-exempt": hostile_exempt,
    "huge": huge,
    "many-exempt": many_exempt,
    "incomplete": incomplete,
    "grouped": grouped,
    "empty": empty,
    "broken": broken,
}
SMALL = {n: make for n, make in ALL.items() if n not in {"huge", "many-exempt"}} | {
    "crowded": crowded
}
"""For what takes long to read: ``crowded`` is a part of the two that are left out."""
