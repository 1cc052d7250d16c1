"""The report on a range of days, asserted from a table of what happened on each."""

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from backup_auditor.errors import SourceError
from backup_auditor.model import GapReason
from backup_auditor.past.compliance import Share, share_of
from backup_auditor.sources import Collected
from backup_auditor.store import ANY
from backup_auditor.store.folder import Folder

from tests.evidence.past import POLICY, Past, history
from tests.fakes import outside
from tests.past.contract import deviations
from tests.test_cli import Run

EXEMPT = POLICY + (
    "exemptions:\n  - {match: {id: e}, owner: jane, reason: is moved, until: 2026-11-09}\n"
)
GOLD = EXEMPT.replace(
    "policies:\n",
    "policies:\n  - {name: gold, match: {id: a}, rules: {last_success_age: {max: 26h}}}\n",
)
# a day -> what is listed: a letter a resource, large with a fresh backup, small without; ! is a gap
DAYS = {
    1: "A B E",
    2: "A b e",
    3: "A b e",
    # the fourth has no audit
    5: "A !",
    6: "a b e",
    7: "A B e",
    8: "A e",
    9: "A C e",
    10: "A C e",
}
LETTERS = {
    "a": "ppp-pfpppp",
    "b": "pff-ufp",
    "c": "        pp",
    "e": "pxx-uxxxxf",
}


def listed(what: str) -> Callable[[datetime], list[Collected]]:
    """Return what a source lists on a day."""

    def collect(now: datetime) -> list[Collected]:
        found: list[Collected] = [
            history(word.lower(), now, *(range(5) if word.isupper() else (2, 3)))
            for word in what.split()
            if word != "!"
        ]
        gap = SourceError(GapReason.THROTTLED, "busy")
        return [*found, gap] if "!" in what else found

    return collect


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Return a policy, and a store with the days of the table."""
    folder: Path = tmp_path_factory.mktemp("compliance")
    past = Past(Folder(folder / "store", outside()), EXEMPT)
    for day, what in DAYS.items():
        past.policy = GOLD if day >= 9 else EXEMPT
        past.audit(day - 1, listed(what))
    past.audit(2.3, listed("a"), partial=True)
    (folder / "shop.yaml").write_text(GOLD)
    return ["--policy", str(folder / "shop.yaml"), "--store", str(folder / "store")]


RANGE = ["--from", "2026-11-01", "--to", "2026-11-10"]


def report(store: list[str], *arguments: str) -> str:
    """Return what the report says."""
    run = Run(["evidence", "report", *store, *(arguments or RANGE)], {})
    assert run.code == 0, run.err
    return run.out


@pytest.fixture(scope="module")
def found(store: list[str]) -> dict[str, object]:
    """Return the report as JSON."""
    return dict(json.loads(report(store, *RANGE, "--format", "json")))


def rows(found: dict[str, object], name: str) -> list[dict[str, object]]:
    """Return one list of the report."""
    value = found[name]
    assert isinstance(value, list)
    return value


def test_each_resource_stands_on_each_day_as_the_table_says(found: dict[str, object]) -> None:
    standing = {str(one["id"]): str(one["standing"]).rstrip() for one in rows(found, "resources")}
    assert standing == LETTERS


def test_it_keeps_the_schema(found: dict[str, object]) -> None:
    assert deviations(found) == []


def test_the_share_counts_days_without_an_audit_and_unknown_ones_against(
    found: dict[str, object],
) -> None:
    shares = {
        one["id"]: (one["compliant_days"], one["days"], one["share"])
        for one in rows(found, "resources")
    }
    assert shares == {
        "a": (8, 10, 0.8),
        "b": (2, 7, 0.285714),
        "c": (2, 2, 1.0),
        "e": (7, 10, 0.7),
    }
    assert found["share"] == {
        "share": 0.655172,
        "days": 29,
        "compliant_days": 19,
        "failed_days": 5,
        "unknown_days": 2,
        "not_audited_days": 3,
    }
    assert [one["id"] for one in rows(found, "resources")] == ["b", "e", "a", "c"]


def test_a_policy_answers_for_the_days_on_which_it_governed(found: dict[str, object]) -> None:
    policies = {
        one["policy"]: (one["compliant_days"], one["days"]) for one in rows(found, "policies")
    }
    assert policies == {"gold": (2, 2), "daily": (17, 27)}


def test_every_breach_has_a_beginning_and_an_end(found: dict[str, object]) -> None:
    breaches = [
        (one["id"], one["began_at"], one["ended_at"], one["end"], one["audits"])
        for one in rows(found, "breaches")
    ]
    assert breaches == [
        ("b", "2026-11-01T06:00:00Z", "2026-11-07T06:00:00Z", "resolved", 3),
        ("a", "2026-11-05T06:00:00Z", "2026-11-07T06:00:00Z", "resolved", 1),
        ("e", "2026-11-09T06:00:00Z", None, "open", 1),
    ]


def test_exemptions_missing_days_and_changes_are_told(found: dict[str, object]) -> None:
    assert rows(found, "exemptions") == [
        {
            "owner": "jane",
            "reason": "is moved",
            "until": "2026-11-09",
            "first": "2026-11-02",
            "last": "2026-11-09",
            "days": 6,
            "resources": 1,
            "findings": 1,
        }
    ]
    assert found["days_not_audited"] == ["2026-11-04"]
    (change,) = rows(found, "policy_changes")
    assert change["at"] == "2026-11-09T06:00:00Z"
    assert change["before"] != change["after"]
    assert (found["audits"], found["partial_audits"]) == (9, 1)


def test_a_breach_ends_when_it_is_exempt_or_its_resource_is_gone(tmp_path: Path) -> None:
    past = Past(Folder(tmp_path / "store", outside()), POLICY)
    past.audit(0, listed("b e"))
    past.policy = EXEMPT
    past.audit(1, listed("e"))
    (tmp_path / "shop.yaml").write_text(POLICY)
    store = ["--policy", str(tmp_path / "shop.yaml"), "--store", str(tmp_path / "store")]
    found = json.loads(report(store, *RANGE, "--format", "json"))
    assert {one["id"]: one["end"] for one in found["breaches"]} == {"b": "gone", "e": "exempt"}


def test_csv_has_a_table_of_each_kind(store: list[str]) -> None:
    for table, lines in {
        "resources": 5,
        "policies": 3,
        "breaches": 4,
        "exemptions": 2,
        "days-not-audited": 2,
        "policy-changes": 2,
    }.items():
        text = report(store, *RANGE, "--format", "csv", "--table", table)
        assert text.startswith('\ufeff"')
        assert len(text.splitlines()) == lines


def test_the_page_says_it_all(store: list[str]) -> None:
    page = report(store)
    assert page.startswith('<!doctype html>\n<html lang="en">')
    assert "default-src 'none'" in page
    for said in (
        "Backup compliance from 2026-11-01 to 2026-11-10",
        "65.5 % of the days of all resources are shown to be in compliance.",
        "<li>2026-11-04</li>",
        "last success is 2 d 2 h old",
        "still open",
        "is moved",
        "2026-11-02 to 2026-11-09",
    ):
        assert said in page


def test_the_page_is_in_the_language_of_the_newest_record_and_escapes(tmp_path: Path) -> None:
    policy = EXEMPT.replace("name: shop\n", "name: shop\nlanguage: zh-CN\n")
    policy = policy.replace("is moved", '"<b>moved"')
    past = Past(Folder(tmp_path / "store", outside()), policy)
    past.audit(0, listed("A e"))
    (tmp_path / "shop.yaml").write_text(policy)
    store = ["--policy", str(tmp_path / "shop.yaml"), "--store", str(tmp_path / "store")]
    page = report(store)
    assert '<html lang="zh-CN">' in page
    assert "<b>moved" not in page
    assert "&lt;b&gt;moved" in page
    for english in ("Breaches", "In compliance", "None.", "still open", "Backup compliance"):
        assert english not in page


def test_a_record_that_cannot_be_read_makes_the_report_incomplete(tmp_path: Path) -> None:
    past = Past(Folder(tmp_path / "store", outside()), POLICY)
    for day in range(3):
        past.audit(day)
    (key,) = [k for k in past.store.keys("audits/") if "/02/" in k and "record" in k]
    past.store.write(key, b"spoilt", replaces=ANY)
    (tmp_path / "shop.yaml").write_text(POLICY)
    store = ["--policy", str(tmp_path / "shop.yaml"), "--store", str(tmp_path / "store")]
    run = Run(["evidence", "report", *store, *RANGE[:3], "2026-11-03", "--format", "json"], {})
    assert run.code == 3
    found = json.loads(run.out)
    assert found["days_not_audited"] == ["2026-11-02"]
    assert found["unreadable"][0].startswith(key)
    assert {one["standing"] for one in found["resources"]} == {"p-p"}


@pytest.mark.parametrize(
    ("arguments", "first", "last"),
    [
        (["--month", "2026-11"], "2026-11-01", "2026-11-30"),
        (["--quarter", "2026-Q4"], "2026-10-01", "2026-12-31"),
    ],
)
def test_a_month_and_a_quarter_have_all_their_days(
    arguments: list[str], first: str, last: str, store: list[str]
) -> None:
    found = json.loads(report(store, *arguments, "--format", "json"))
    assert (found["first"], found["last"]) == (first, last)
    assert found["audits"] == 9


def test_records_that_another_clock_dates_after_today_are_counted(tmp_path: Path) -> None:
    past = Past(Folder(tmp_path / "store", outside()), POLICY)
    past.audit(50_000)
    (tmp_path / "shop.yaml").write_text(POLICY)
    store = ["--policy", str(tmp_path / "shop.yaml"), "--store", str(tmp_path / "store")]
    found = json.loads(
        report(store, "--from", "2026-11-01", "--to", "2170-01-01", "--format", "json")
    )
    assert {one["compliant_days"] for one in found["resources"]} == {1}


@pytest.mark.parametrize(
    ("arguments", "wrong"),
    [
        ([], "say one of --month, --quarter, or --from and --to"),
        (["--month", "2026-11", "--quarter", "2026-Q4"], "say one of"),
        (["--from", "2026-11-01"], "--from and --to go together"),
        (["--month", "2020-01"], "holds no audit of the policies 'shop' from 2020-01-01 to"),
        (["--month", "2190-02"], "2190-02-01 has not come yet"),
    ],
)
def test_wrong_usage_is_a_sentence(arguments: list[str], wrong: str, store: list[str]) -> None:
    run = Run(["evidence", "report", *store, *arguments], {})
    assert run.code == 2
    assert wrong in run.err


@pytest.mark.parametrize("arguments", [["--month", "2026-13"], ["--quarter", "2026-Q5"]])
def test_months_and_quarters_are_written_as_such(
    arguments: list[str], store: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        Run(["evidence", "report", *store, *arguments], {})
    assert arguments[1] in capsys.readouterr().err


def test_no_days_have_no_share() -> None:
    assert share_of(" nn ") == Share(0, 0, 0, 0, 0)
    assert share_of(" nn ").fraction is None
