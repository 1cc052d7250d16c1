"""A phrase goes into a snapshot and comes back whole, or the snapshot is refused."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from backup_auditor.errors import SourceError, UsageError
from backup_auditor.fields import Fields
from backup_auditor.model import GapReason, Scope
from backup_auditor.report.build import build
from backup_auditor.snapshot.said import said_of, said_row
from backup_auditor.speech import Phrase, language, phrase, phrases
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes import FakeSource
from tests.snapshot.data import changed, plan, replay, saved

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
SPANS = st.integers(0, 10**9).map(lambda seconds: timedelta(seconds=seconds))
PLAIN = TEXTS | st.integers(-(10**11), 10**11) | SPANS | st.lists(TEXTS, max_size=3)
PHRASES = st.recursive(
    st.builds(lambda a, b: phrase("{a} of {b}!", a=a, b=b), PLAIN, PLAIN),
    lambda inner: (
        st.builds(lambda why: phrase("but {why}", why=why), inner | st.lists(inner, max_size=2))
        | st.builds(
            lambda n, why: phrases("{n} one {why}", "{n} many {why}", n, why=why),
            st.integers(0, 3),
            inner,
        )
    ),
    max_leaves=3,
)


def again(text: str, said: Any) -> str:
    """Read ``said`` as a snapshot holds it."""
    return said_of(Fields(json.loads(json.dumps(said))), text)


def parts(text: object) -> object:
    """Return what a phrase is made of; equal phrases of other parts are not the same."""
    if isinstance(text, Phrase):
        return text.message, text.many, {name: parts(v) for name, v in text.values.items()}
    return [parts(one) for one in text] if isinstance(text, list | tuple) else text


@given(PHRASES)
def test_a_phrase_comes_back_with_its_parts(text: Phrase) -> None:
    """Texts, numbers, spans, lists, and phrases in phrases."""
    said = said_row(text)
    if said:  # one that is nested very deeply is only its English text
        assert parts(again(text, said)) == parts(text)
        assert type(again(text, said)) is Phrase


@pytest.mark.parametrize(
    "text",
    [
        "plain",
        phrase("{a} and {a}", a="x"),
        phrase("{n}", n=10**12),
        phrase(""),
        phrase("{a}", a=phrase("{a}", a=phrase("{a}", a=phrase("{a}", a=phrase("{a}", a="1"))))),
    ],
    ids=repr,
)
def test_what_could_not_be_read_again_is_only_its_english_text(text: str) -> None:
    """It is better than a snapshot that nobody can read."""
    assert again(text, said_row(text)) == text


def test_five_phrases_in_each_other_come_back() -> None:
    """The deepest one of the sources has three."""
    text = phrase("end")
    for _ in range(4):
        text = phrase("({why})", why=text)
    assert parts(again(text, said_row(text))) == parts(text)


HK = Scope("ucloud.uredis", "org-a", "hk")
DETAIL = phrase("{action}: HTTP {status}", action="GetRegion", status="500")


def row(**fields: Any) -> dict[str, Any]:
    """Return ``said`` of DETAIL with other fields."""
    return {
        "message": DETAIL.message,
        "many": "",
        "values": {"action": "GetRegion", "status": "500"},
        **fields,
    }


def values(**fields: Any) -> dict[str, Any]:
    """Return ``said`` of DETAIL with other values."""
    return row(values={**row()["values"], **fields})


def nested(depth: int) -> Any:
    """Return a text in so many phrases."""
    text: Any = "500"
    for _ in range(depth):
        text = {"message": "{a}", "many": "", "values": {"a": text}}
    return text


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Write a snapshot with DETAIL as its only gap."""
    saved(tmp_path / "x", plan(FakeSource({HK: [SourceError(GapReason.PROVIDER_ERROR, DETAIL)]})))
    return tmp_path / "x"


def forged(file: Path, said: Any) -> None:
    """Put ``said`` beside the text, or nothing."""

    def change(rows: list[dict[str, Any]]) -> None:
        (error,) = (one for one in rows if one.get("row") == "error")
        error.pop("said")
        error.update({} if said is None else {"said": said})

    changed(file, change)


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ([], "an object is expected, found list"),
        ({}, "the field 'message' is missing"),
        (row(message=1), "the field 'message' is 1; allowed: a text"),
        (row(many=None), "the field 'many' is None; allowed: a text"),
        (row(values=[]), "an object is expected, found list"),
        (row(more=1), "the field 'more' is not known"),
        (row(values={"action": "GetRegion"}), "the field 'status' is missing"),
        (values(more="x"), "the field 'more' is not known"),
        (values(status="404"), "says something else than the text beside it"),
        (values(status=True), "neither a text nor a whole number"),
        (values(status=None), "neither a text nor a whole number"),
        (values(status=5e2), "neither a text nor a whole number"),
        (values(status=10**12), "neither a text nor a whole number"),
        (values(status={"seconds": "1"}), "neither a text nor a whole number"),
        (values(status={"seconds": 10**400}), "neither a text nor a whole number"),
        (values(status={"seconds": 1, "more": 1}), "the field 'more' is not known"),
        (values(status=[1]), "an object is expected, found 1"),
        (values(status=[[]]), "an object is expected, found list"),
        (values(status=nested(5)), "is nested too deeply"),
        (values(status=nested(100)), "is nested too deeply"),
        (row(message=""), "the field 'message' is empty"),
        (row(message="x" * 1_001), "is longer than 1000 characters"),
        (row(many="x" * 1_001), "is longer than 1000 characters"),
        (row(message="{action}{action}"), "has a value in two places"),
        (row(many="{status}{status}"), "the field 'said' has a value in two places"),
        (row(many="{action}"), "the field 'n' is missing"),
        (row(many="{n}", values={**row()["values"], "n": "1"}), "the field 'n' is no number"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_is_said_is_taken_as_it_was_written_or_refused(
    said: Any, sentence: str, file: Path
) -> None:
    """With file and line, as all that is wrong with a snapshot."""
    forged(file, said)
    with pytest.raises(UsageError, match=sentence) as caught:
        replay(file)
    assert str(caught.value).startswith(f"snapshot {file}:3: ")


@pytest.mark.parametrize(
    ("said", "chinese"),
    [
        (row(), "GetRegion：HTTP 500"),
        (None, "GetRegion: HTTP 500"),
        (values(status=500), "GetRegion：HTTP 500"),
        (values(status=[nested(3)]), "GetRegion：HTTP 500"),
        (row(message="GetRegion: HTTP 500", values={}), "GetRegion: HTTP 500"),
        (row(message="GetRegion: {status} 500", values={"status": "HTTP"}), "GetRegion: HTTP 500"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_message_that_no_catalogue_knows_and_none_at_all_stay_english(
    said: Any, chinese: str, file: Path
) -> None:
    """So does a snapshot of an earlier version."""
    forged(file, said)
    found = replay(file)
    (gap,) = found.gaps
    assert gap.detail == "GetRegion: HTTP 500"
    assert language("zh-CN").of(gap.detail) == chinese
    assert build(found).gaps


def test_a_forged_phrase_without_a_value_of_its_translation_stays_english(file: Path) -> None:
    """The catalogue counts what this phrase does not: nothing may break a report."""
    text = "the backups of 1 resource could not be read: {why}"
    said = {"message": text, "many": "", "values": {"why": "x"}}
    detail = text.replace("{why}", "x")
    changed(file, lambda rows: rows[2].update(detail=detail, said=said))
    (gap,) = replay(file).gaps
    assert isinstance(gap.detail, Phrase)
    assert language("zh-CN").of(gap.detail) == detail
