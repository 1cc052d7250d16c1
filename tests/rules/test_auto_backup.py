import pytest
from backup_auditor.model import Backup, History, Outcome, Verdict
from backup_auditor.rules.auto_backup import Options, check

from tests.builders import before, failed, moment, resource, succeeded

EXPECTED = "must be on"


@pytest.mark.parametrize(
    ("setting", "verdict"),
    [
        (True, Verdict(Outcome.PASS, "automatic backup is on", "on", EXPECTED)),
        (False, Verdict(Outcome.FAIL, "automatic backup is off", "off", EXPECTED)),
        (
            None,
            Verdict(
                Outcome.UNKNOWN,
                "the source does not say whether automatic backup is on",
                "not told",
                EXPECTED,
            ),
        ),
    ],
)
@pytest.mark.parametrize("backups", [[], [succeeded("1h")], [failed("1h")]])
def test_what_the_source_says_decides(
    setting: bool | None, verdict: Verdict, backups: list[Backup]
) -> None:
    """`auto_backup` fails when.

    the source says that automatic backup is off. Unknown when the source does not say.
    """
    found = History.of(resource(auto_backup=setting), backups)
    assert check(found, Options(), moment()) == verdict


def test_it_still_asks_when_the_resource_is_new() -> None:
    """`auto_backup` still asks."""
    found = History.of(resource(auto_backup=False, created_at=before("1h")), [])
    assert check(found, Options(), moment(due=before("-23h"))).outcome is Outcome.FAIL
