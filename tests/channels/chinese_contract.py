"""The contract of a channel that tells a report in its own words: it does so in Chinese, too.

Mails and files carry renderings of the report, which are held to the same in ``tests/report``.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from backup_auditor.report.model import Report

from tests.channels.contract import ACCEPTS, ChannelContract, in_chinese
from tests.chinese import english_words
from tests.report import days, samples

SAYING: dict[str, Callable[[], Report]] = {
    name: samples.ALL[name] for name in ("fine", "failing", "exempt", "incomplete", "broken")
} | {"changed": days.changed}
DATA = (
    *(f"prod-{name}" for name in ("a", "b", "moving", "daily", "both", "never", "failed", "x")),
    *("prod-shrunk", "prod-fine", "free-for-all", "uredis-gone", "production"),
    *(f"{kind}-{number}" for kind in ("prod", "uredis") for number in range(12)),
    *("ucloud.uredis", "org-test", "cn-bj2", "uredis-x", "CST", "20261124T060700Z-abc"),
    # What others have written: in exemptions, in errors of the provider, in the policy.
    *(
        "jane@example.com",
        "jane\uff20example.com",
        "dataset is being migrated, ticket OPS-1234",
        "ops@example.com",
    ),
    *("ann", "rebuilt daily", "bob", "a test", "eve", "gone", "a time-out"),
    *("DescribeURedisBackup", "IAM permission error", "version"),
    *("policy 'x' governs no resource", "until", "ungoverned: report"),
    *("last_success_age", "error_state", "size_drift", "may not", "sg", "id"),
    *(f"prod-{name}" for name in ("old", "back", "seen", "worse", "new", "gone", "added", "flap")),
    *("MiB", "backup-auditor", "sha256:abc", "backup-audit", "ISO/IEC", "SOC", "https"),
)
"""What is in nobody's language in these reports, or in English because it is quoted."""


class ChineseContract(ChannelContract):
    """Tests of such a channel."""

    machine_words: tuple[str, ...] = ()
    """What a message says to machines, in English in every language."""

    def shown(self) -> str:
        """Return all texts of the last message that people see."""
        return self.read()

    @pytest.mark.parametrize("make", SAYING.values(), ids=SAYING)
    def test_a_message_in_chinese_has_no_english_words(self, make: Callable[[], Report]) -> None:
        """Only names, and the words of others."""
        with self.channel(ACCEPTS) as channel:
            channel.send(in_chinese(make))
            left = english_words(self.shown(), (*DATA, *self.machine_words))
            assert not left, left
