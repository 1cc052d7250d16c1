"""Exemptions and controls in the contract and the table, and controls beside findings."""

import csv
import io
import json
from collections.abc import Callable

import pytest
from backup_auditor.channels.slack import message
from backup_auditor.report.contract import to_document
from backup_auditor.report.html import email_html, page_html
from backup_auditor.report.model import Report
from backup_auditor.report.table import to_csv
from backup_auditor.report.text import mail_text
from backup_auditor.report.words import listed
from backup_auditor.speech import ENGLISH

from tests.contract import VALIDATOR, assert_valid
from tests.report import samples
from tests.report.samples import assessed


def test_the_contract_holds_every_exemption_and_every_control() -> None:
    document = to_document(samples.exempt())
    assert_valid(document)
    assert document["exemptions"][0] == {
        "owner": "jane@example.com",
        "reason": "dataset is being migrated, ticket OPS-1234",
        "until": "2026-12-31",
        "state": "active",
        "resources": 2,
        "findings": 3,
    }
    states = [row["state"] for row in document["exemptions"]]
    assert states == ["active", "expiring", "expired", "matches-nothing"]
    assert (document["counts"]["pass"], document["counts"]["exempt"]) == (4, 3)
    checks = {r["id"]: r["checks"] for r in document["resources"]}
    assert all(check["controls"] == [] for check in checks["uredis-1"])
    assert all(check["controls"] == list(samples.CONTROLS) for check in checks["uredis-3"])
    both = {check["rule"]: check["exempt"] for check in checks["uredis-5"]}
    assert both["size_drift"]
    assert not both["error_state"]


def test_a_cut_document_keeps_what_is_exempt_before_what_is_fine() -> None:
    ids = [resource["id"] for resource in to_document(samples.exempt())["resources"]]
    assert ids == ["uredis-5", "uredis-3", "uredis-4", "uredis-1", "uredis-2"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"exemptions": [{"owner": "", "reason": "", "until": "", "state": "over", "resources": 0}]},
        {"resources": [{"checks": [{"rule": "x"}]}]},
    ],
)
def test_the_schema_refuses_unknown_states_and_missing_controls(
    wrong: dict[str, list[dict[str, object]]],
) -> None:
    errors = [error.message for error in VALIDATOR.iter_errors(to_document(samples.fine()) | wrong)]
    assert any("'over' is not one of" in e or "'controls' is a required" in e for e in errors)


def rows(report: Report) -> dict[str, dict[str, str]]:
    """Return the table by resource id."""
    text = to_csv(report).decode("utf-8-sig")
    return {row["id"]: row for row in csv.DictReader(io.StringIO(text, newline=""))}


def test_the_table_has_what_is_exempt_at_its_right_end() -> None:
    found = rows(samples.exempt())
    row = found["uredis-3"]
    assert list(row)[-6:-2] == ["owner", "what is exempt", "exemption", "controls"]
    assert (row["outcome"], row["what is wrong"]) == ("pass", "")
    assert row["what is exempt"].startswith("Never backed up")
    assert row["exemption"] == samples.JANE
    assert row["controls"] == "ISO/IEC 27001:2022 A.8.13; SOC 2 A1.2"
    assert found["uredis-1"]["exemption"] == found["uredis-1"]["controls"] == ""
    assert found["uredis-5"]["what is wrong"]
    assert found["uredis-5"]["what is exempt"]


def test_hostile_exemptions_are_no_formulas() -> None:
    for row in rows(samples.hostile_exempt()).values():
        assert not any(cell.lstrip()[:1] in {"=", "+", "-", "@"} for cell in row.values())


@pytest.mark.parametrize("render", [mail_text, email_html, page_html])
def test_findings_show_their_controls(render: Callable[[Report], str]) -> None:
    finding = samples.report(samples.controlled(assessed("prod-x")))
    assert finding.findings[0].controls == samples.CONTROLS
    text = render(finding).replace('</dt><dd class="quiet">', ": ")
    assert "Controls: ISO/IEC 27001:2022 A.8.13; SOC 2 A1.2" in text
    assert "Controls" not in render(samples.failing()).partition("<script")[0]


def test_a_chat_message_leaves_controls_out() -> None:
    assert "ISO/IEC" not in json.dumps(message(samples.exempt()))


def test_many_controls_are_said_on_one_line() -> None:
    assert listed([], ENGLISH) == ""
    assert (
        listed([str(n) for n in range(12)], ENGLISH) == "0; 1; 2; 3; 4; 5; 6; 7; 8; 9; and 2 more"
    )
