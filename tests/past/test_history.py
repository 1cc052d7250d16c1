"""``history``: past audits, one resource and one finding, as people and machines see them."""

import json
from datetime import datetime
from pathlib import Path

import pytest
from backup_auditor import fingerprint
from backup_auditor.errors import SourceError
from backup_auditor.model import GapReason
from backup_auditor.sources import Collected
from backup_auditor.store import ANY
from backup_auditor.store.folder import Folder

from tests.builders import resource
from tests.evidence.past import POLICY, Past, fine, history
from tests.fakes import outside
from tests.test_cli import Run

PRINT = fingerprint.of_check(resource("b"), "last_success_age")


def stale(now: datetime) -> list[Collected]:
    """Return two resources of which b has no fresh backup."""
    return [*fine(now, "a"), history("b", now, 2, 3, 4)]


def gone(now: datetime) -> list[Collected]:
    """Return one resource only."""
    return fine(now, "a")


def hidden(now: datetime) -> list[Collected]:
    """Return one resource, and that others may be there."""
    return [*fine(now, "a"), SourceError(GapReason.THROTTLED, "busy")]


@pytest.fixture(scope="module")
def options(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Return a policy and a store with six audits of seven days."""
    folder: Path = tmp_path_factory.mktemp("history")
    (folder / "shop.yaml").write_text(POLICY)
    past = Past(Folder(folder / "store", outside()))
    past.audit(0, lambda now: fine(now, "a", "b"))
    past.audit(1, stale)
    past.audit(2, stale)
    past.audit(2.2, gone, partial=True)
    past.audit(4, hidden)
    past.audit(5, gone)
    past.audit(6, lambda now: fine(now, "a", "b"))
    return ["--policy", str(folder / "shop.yaml"), "--store", str(folder / "store")]


def said(arguments: list[str], code: int = 0) -> list[str]:
    """Return what ``history`` prints."""
    run = Run(["history", *arguments], {})
    assert run.code == code, run.err
    return run.out.splitlines()


def test_the_last_audits_are_listed_with_the_days_that_lack_one(options: list[str]) -> None:
    lines = said(options)
    assert lines[:7] == [
        "2026-11-01 06:00  PASS        2/2 pass",
        "2026-11-02 06:00  FAIL        1/2 pass; 1 fail, 1 new",
        "2026-11-03 06:00  FAIL        1/2 pass; 1 fail, 1 ongoing",
        "2026-11-03 10:48  PASS        1/1 pass; a part only",
        "2026-11-05 06:00  INCOMPLETE  1/1 pass; 1 not audited",
        "2026-11-06 06:00  PASS        1/1 pass",
        "2026-11-07 06:00  PASS        2/2 pass",
    ]
    assert lines[7].startswith("2026-11-04: no audit was recorded")


def test_only_so_many_as_asked_for(options: list[str]) -> None:
    assert [line[:10] for line in said([*options, "--last", "2"])[:2]] == [
        "2026-11-06",
        "2026-11-07",
    ]


def test_a_resource_over_time(options: list[str]) -> None:
    assert said(["b", *options]) == [
        "prod-b (ucloud.uredis, org-test, cn-bj2, b)",
        "  outcomes  ✓✕✕  ✓  (6 audits, the newest last)",
        "  backups   ○○○○○○○○○●●●●●○●●●●●  (2026-10-19 to 2026-11-07)",
        "  sizes     ███  (10 MiB → 10 MiB)",
        "  2026-11-01 06:00 to 2026-11-01 06:00  pass: all is well",
        "  2026-11-02 06:00 to 2026-11-03 06:00  fail: last success is 2 d 2 h old",
        "  2026-11-05 06:00 to 2026-11-05 06:00  not seen: a gap lies over it",
        "  2026-11-06 06:00 to 2026-11-06 06:00  not there: not in the inventory",
        "  2026-11-07 06:00 to 2026-11-07 06:00  pass: all is well",
    ]
    assert said(["prod-b", *options]) == said(["b", *options])


def test_a_finding_over_time(options: list[str]) -> None:
    assert said(["--finding", PRINT, *options]) == [
        "last_success_age of prod-b (ucloud.uredis, org-test, cn-bj2, b)",
        "  2026-11-01 06:00 to 2026-11-01 06:00  not found",
        "  2026-11-02 06:00 to 2026-11-03 06:00  fail (high): last success is 2 d 2 h old",
        "  2026-11-05 06:00 to 2026-11-05 06:00  not seen",
        "  2026-11-06 06:00 to 2026-11-06 06:00  not there",
        "  2026-11-07 06:00 to 2026-11-07 06:00  not found",
    ]


def test_the_same_as_json(options: list[str]) -> None:
    form = [*options, "--format", "json"]
    audits = json.loads("\n".join(said(form)))
    assert [one["verdict"] for one in audits["audits"]].count("fail") == 2
    assert audits["days_not_audited"][0] == "2026-11-04"
    assert audits["unreadable"] == []
    (one,) = json.loads("\n".join(said(["b", *form])))["resources"]
    assert [m["outcome"] for m in one["outcomes"]] == [
        *("pass", "fail", "fail", "not seen", "not there", "pass"),
    ]
    assert one["outcomes"][1]["findings"] == [PRINT]
    assert one["days"]["2026-11-01"] == "succeeded"
    assert len(one["backups"]) == 3
    found = json.loads("\n".join(said(["--finding", PRINT, *form])))
    assert found["rule"] == "last_success_age"
    assert [s["standing"] for s in found["stretches"]] == [
        *("not found", "found", "not seen", "not there", "not found"),
    ]


def test_what_cannot_be_read_is_told_and_the_answer_is_incomplete(
    options: list[str], tmp_path: Path
) -> None:
    past = Past(Folder(tmp_path, outside()))
    past.audit(0)
    past.audit(1)
    (key,) = [key for key in past.store.keys("audits/") if "/02/" in key and "record" in key]
    past.store.write(key, b"spoilt", replaces=ANY)
    run = Run(["history", *options[:2], "--store", str(tmp_path)], {})
    assert run.code == 3
    assert "2026-11-01 06:00  PASS        3/3 pass" in run.out
    assert run.err.startswith(f"not read: {key}: it is neither xz nor gzip")


@pytest.mark.parametrize(
    ("arguments", "wrong"),
    [
        (["nobody"], "none of the last audits knows a resource 'nobody'"),
        (["--finding", "abc"], "none of the last 14 audits has the finding 'abc'"),
        (["b", "--finding", "abc"], "--finding does not go with RESOURCE"),
        (["--store", "/nowhere/at/all"], "/nowhere/at/all holds no audit of the policies 'shop'"),
        (["--store", "none"], "there is no store to read past audits from"),
    ],
)
def test_wrong_usage_is_a_sentence(arguments: list[str], wrong: str, options: list[str]) -> None:
    run = Run(["history", *options, *arguments], {})
    assert run.code == 2
    assert wrong in run.err


def test_the_number_of_audits_is_a_number(
    options: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        Run(["history", *options, "--last", "0"], {})
    assert "'0' is not a number from 1 to 1000" in capsys.readouterr().err
