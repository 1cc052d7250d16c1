import pytest
from backup_auditor.model import Backup, Outcome
from backup_auditor.rules.copy_elsewhere import Options, Where, check

from tests.builders import before, expired, failed, history, moment, running, succeeded
from tests.rules.refusal import refusal

PASS, FAIL, UNKNOWN = Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN
NEWEST = "the newest copy in another region or account is"
NO_COPY = "there is no usable copy in another region or account"
NOBODY = "the source does not tell which copies there are"
DOUBT = "but a copy without a time may be newer"
UNTIMED = "no usable copy has a time, so no age can be told"
FUTURE = "the newest copy lies 5 min in the future: clocks disagree"
HERE = {"region": "cn-bj2", "account": "org-test"}


def copy(age: str | None, region: str = "hk", account: str = "") -> Backup:
    """Return a usable copy that lies somewhere."""
    return succeeded(age, id=f"{age}-{region}-{account}", region=region, account=account)


@pytest.mark.parametrize(
    ("copies", "outcome", "message", "observed"),
    [
        # exactly at the limit passes, one microsecond beyond fails
        ([copy("26h")], PASS, f"{NEWEST} 26 h old", "26 h"),
        ([copy("26h0.000001s")], FAIL, f"{NEWEST} 26 h old", "26 h"),
        ([copy("50h"), copy("1h")], PASS, f"{NEWEST} 1 h old", "1 h"),
        ([copy("50h"), copy("60h")], FAIL, f"{NEWEST} 2 d 2 h old", "2 d 2 h"),
        ([], FAIL, NO_COPY, "none"),
        # what lies beside the resource is no copy elsewhere
        ([copy("1h", "", ""), copy("2h", **HERE), copy("50h")], FAIL, f"{NEWEST} 2 d 2 h old", ""),
        ([copy("1h", "", "")], FAIL, NO_COPY, "none"),
        ([copy("1h", "cn-bj2", "vault")], PASS, f"{NEWEST} 1 h old", "1 h"),
        # only what is usable counts
        (
            [running("1h", region="hk"), expired("2h", region="hk"), failed("3h", region="hk")],
            FAIL,
            NO_COPY,
            "none",
        ),
        # nobody tells, no time, a time to come
        (None, UNKNOWN, NOBODY, "not told"),
        ([copy(None)], UNKNOWN, UNTIMED, "no time"),
        ([copy(None, "")], FAIL, NO_COPY, "none"),
        ([copy(None), copy("50h")], UNKNOWN, f"{NEWEST} 2 d 2 h old, {DOUBT}", "2 d 2 h"),
        ([copy(None), copy("1h")], PASS, f"{NEWEST} 1 h old", "1 h"),
        ([copy("-5m")], PASS, f"{NEWEST} 0 s old", "0 s"),
        ([copy("-5m0.000001s"), copy("1h")], UNKNOWN, FUTURE, "in 5 min"),
    ],
)
def test_the_age_of_the_newest_usable_copy_elsewhere_decides(
    copies: list[Backup] | None, outcome: Outcome, message: str, observed: str
) -> None:
    options = Options.model_validate({"max_age": "26h"})
    verdict = check(history(succeeded("1h"), copies=copies), options, moment())
    assert (verdict.outcome, verdict.message) == (outcome, message)
    assert verdict.observed == (observed or "2 d 2 h")
    assert verdict.expected == "a copy elsewhere of at most 26 h"


REGION, ACCOUNT, BOTH = copy("1h"), copy("1h", "", "vault"), copy("1h", "hk", "vault")


@pytest.mark.parametrize(
    ("where", "copies", "outcome", "message"),
    [
        ("region", [REGION], PASS, "the newest copy in another region is 1 h old"),
        ("region", [ACCOUNT], FAIL, "there is no usable copy in another region"),
        ("region", [BOTH], PASS, "the newest copy in another region is 1 h old"),
        ("account", [REGION], FAIL, "there is no usable copy in another account"),
        ("account", [ACCOUNT], PASS, "the newest copy in another account is 1 h old"),
        ("account", [BOTH], PASS, "the newest copy in another account is 1 h old"),
        ("any", [REGION], PASS, f"{NEWEST} 1 h old"),
        ("any", [ACCOUNT], PASS, f"{NEWEST} 1 h old"),
    ],
)
def test_what_must_be_another_one_is_an_option(
    where: str, copies: list[Backup], outcome: Outcome, message: str
) -> None:
    options = Options.model_validate({"max_age": "26h", "where": where})
    verdict = check(history(copies=copies), options, moment())
    assert (verdict.outcome, verdict.message) == (outcome, message)


def test_by_default_any_other_place_is_one() -> None:
    assert Options.model_validate({"max_age": "1h"}).where is Where.ANY


def test_the_fault_began_when_the_newest_copy_became_too_old() -> None:
    options = Options.model_validate({"max_age": "26h"})
    assert check(history(copies=[copy("50h")]), options, moment()).since == before("24h")
    for copies in ([], [copy("1h")], [copy(None), copy("50h")]):
        assert check(history(copies=copies), options, moment()).since is None


def test_backups_of_the_resource_itself_are_no_copies() -> None:
    options = Options.model_validate({"max_age": "26h"})
    found = history(copy("1h"), copies=[])
    assert check(found, options, moment()).outcome is FAIL


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({}, "Field required"),
        ({"max_age": "0d"}, "max_age must be longer than 0; write a span such as 26h"),
        (
            {"max_age": "1d", "where": "moon"},
            "Input should be 'region', 'account' or 'any'",
        ),
    ],
)
def test_wrong_options_are_refused(given: dict[str, object], sentence: str) -> None:
    assert refusal(Options, given) == sentence
