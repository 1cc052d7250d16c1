"""A finding tells how many days have no good backup, where one is due."""

from collections.abc import Callable

import pytest
from backup_auditor.model import Assessment
from backup_auditor.report.html import email_html, page_html
from backup_auditor.report.markdown import to_markdown
from backup_auditor.report.model import Report
from backup_auditor.report.text import mail_text

from tests.builders import before, expired, failed, succeeded, unclear
from tests.report import samples
from tests.report.samples import assessed, daily, in_chinese, report


def days_of(assessment: Assessment) -> int:
    """Return how many days a finding says were missed."""
    (finding,) = report(assessment).findings
    return finding.missed


@pytest.mark.parametrize(
    ("assessment", "missed"),
    [
        (assessed("never", created_at=before("40d")), 13),
        (assessed("never", created_at=before("3d")), 3),
        (assessed("stale", *daily()[4:]), 3),
        (assessed("stale", failed("1h"), *daily()[4:]), 3),
        (assessed("failed", failed("1h"), *daily()), 0),
        (assessed("stale", unclear("50h"), *daily()[4:]), 1),
        (assessed("gone", *(expired(f"{24 * day}h") for day in range(3, 14))), 2),
        (assessed("timeless", succeeded(None)), 0),
        (assessed("free-of-policy"), 0),
        (samples.incomplete().findings[1].members[0], 0),
    ],
    ids=[
        *("never", "young", "stale", "stale and failed", "failed", "in doubt", "gone"),
        *("no time", "no policy", "unread"),
    ],
)
def test_missed_days_are_counted_where_a_backup_is_due(assessment: Assessment, missed: int) -> None:
    """Today is not over, and what was not seen was not missed."""
    assert days_of(assessment) == missed


@pytest.mark.parametrize("render", [email_html, mail_text, page_html, to_markdown])
def test_missed_days_are_told(render: Callable[[Report], str]) -> None:
    told = report(assessed("stale", *daily()[4:]))
    assert "No good backup on the 3 days before today." in render(told)
    assert "今天之前已连续 3 天没有可用备份。" in render(in_chinese(told))
    assert "before today" not in render(samples.fine()).partition("<script")[0]
