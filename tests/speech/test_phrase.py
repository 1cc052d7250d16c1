"""A phrase is its English text, and can be said again."""

import gettext
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from backup_auditor.model import Check, Outcome, Severity
from backup_auditor.report.spoken import said
from backup_auditor.speech import ENGLISH, LANGUAGES, Language, language, phrase, phrases
from hypothesis import given
from hypothesis import strategies as st

DAY = timedelta(days=1)


class Upside(gettext.NullTranslations):
    """A language that puts every message in brackets and values where they were."""

    def gettext(self, message: str) -> str:
        """Say one message."""
        return f"⟦{message}⟧"

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        """Say how many."""
        return f"⟦{msgid1 if n == 1 else msgid2}⟧"


TONGUE = Language("xx", Upside())


@pytest.mark.parametrize(
    ("made", "english", "other"),
    [
        (phrase("plain"), "plain", "⟦plain⟧"),
        (phrase("{a} of {b}", a="x", b="y"), "x of y", "⟦x of y⟧"),
        (phrase("{age} old", age=3 * DAY), "3 d old", "⟦⟦3 d⟧ old⟧"),
        (phrase("{number} left", number=1234), "1,234 left", "⟦1,234 left⟧"),
        (phrases("{n} backup", "{n} backups", 1), "1 backup", "⟦1 backup⟧"),
        (phrases("{n} backup", "{n} backups", 2000), "2,000 backups", "⟦2,000 backups⟧"),
        (phrase("but {why}", why=phrase("late")), "but late", "⟦but ⟦late⟧⟧"),
        (phrase("{all}", all=[phrase("a"), "b"]), "a, b", "⟦⟦⟦a⟧, b⟧⟧"),
        (phrase("{name} here", name="{b} {}"), "{b} {} here", "⟦{b} {} here⟧"),
    ],
)
def test_a_phrase_is_english_until_it_is_said_again(made: str, english: str, other: str) -> None:
    """Values keep their kinds, phrases in phrases too, and what a value holds is only text."""
    assert made == english
    assert ENGLISH.of(made) == english
    assert type(ENGLISH.of(made)) is str
    assert TONGUE.of(made) == other


def test_what_is_no_phrase_is_said_as_it_is() -> None:
    """Names, and whatever was put together by hand."""
    assert TONGUE.of("prod-1") == "prod-1"
    assert TONGUE.of(phrase("late") + "!") == "late!"


def test_a_value_that_is_missing_is_a_mistake_of_the_code() -> None:
    """It is found by the first test that says the phrase."""
    with pytest.raises(KeyError):
        phrase("{a}")


@given(st.text(), st.integers(-(10**9), 10**9))
def test_hostile_values_are_never_looked_at_again(name: str, number: int) -> None:
    """Braces, percent signs and backslashes are letters like others."""
    assert phrase("<{name}> {number}", name=name, number=number) == f"<{name}> {number:,}"


@pytest.mark.parametrize(
    ("code", "when", "lasting"),
    [
        ("en", "Fri 2026-11-20 11:12 CST", "3 d 4 h"),
        ("zh-CN", "2026-11-20 周五 11:12 CST", "3 天 4 小时"),
    ],
)
def test_instants_and_durations_are_said_in_the_language(
    code: str, when: str, lasting: str
) -> None:
    """The zone is always named."""
    tongue = language(code)
    instant = datetime(2026, 11, 20, 3, 12, tzinfo=UTC)
    assert tongue.instant(instant, ZoneInfo("Asia/Shanghai")) == when
    assert tongue.duration(timedelta(days=3, hours=4)) == lasting


def test_every_language_has_its_catalogue_and_another_one_is_english() -> None:
    """A record of a later version may name a language that is not known here."""
    assert [language(code).code for code in LANGUAGES] == list(LANGUAGES)
    assert language("tlh").code == "en"


def test_a_check_is_said_as_a_whole() -> None:
    """Message, observed, expected and advice."""
    check = Check(
        "rule",
        Outcome.FAIL,
        Severity.LOW,
        phrase("late"),
        observed=phrase("{age}", age=DAY),
        expected=phrase("soon"),
        advice=phrase("Look."),
        exemption=phrase("somebody"),
    )
    spoken = said(check, TONGUE.of)
    parts = (spoken.message, spoken.observed, spoken.expected, spoken.advice, spoken.exemption)
    assert parts == ("⟦late⟧", "⟦⟦24 h⟧⟧", "⟦soon⟧", "⟦Look.⟧", "⟦somebody⟧")
