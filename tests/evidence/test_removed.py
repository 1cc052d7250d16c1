"""A store whose oldest audits were removed, as a lifecycle rule does: said once, with the cure."""

from collections.abc import Callable, Iterable
from datetime import date

import pytest
from backup_auditor.evidence import MOST_BASES
from backup_auditor.record.names import EVIDENCE, RECORD
from backup_auditor.store.removed import Left, kept_from
from backup_auditor.store.verifying import verify

from tests.evidence.past import DAY, SET, START, calendar, days, pieces
from tests.store.memory import MemoryStore

COUNT = 40
PIECES = pieces(days(COUNT))
FRESH = tuple(range(0, COUNT, MOST_BASES + 1))
"""Days whose evidence rests on none: numbers from 0."""
HINT = "where old audits are removed on purpose, say --from "


def day(number: int) -> date:
    """Return a day of the store."""
    return (START + number * DAY).date()


def store(*, files: Iterable[int] = (), links: Iterable[int] = ()) -> MemoryStore:
    """Return a store without all files, and without the links, of some days."""
    folders = [f"{day(number):/%Y/%m/%d/}" for number in files]
    lost = {f"chain/{SET}/{number + 1:08}.json" for number in links}
    kept = {
        key: data
        for key, data in PIECES.items()
        if key not in lost and not any(folder in key for folder in folders)
    }
    return MemoryStore(kept)


def problems(kept: MemoryStore, first: int | None = None, last: int | None = None) -> list[str]:
    """Return what is found wrong, from and up to some day."""
    span = [None if number is None else day(number) for number in (first, last)]
    return verify(kept, SET, calendar(COUNT - 1, *span)).problems


def test_evidence_is_as_these_tests_take_it_to_be() -> None:
    assert FRESH == (0, 14, 28)
    assert problems(store()) == []


@pytest.mark.parametrize("gone", [1, 5, 14, 20])
def test_with_their_links(gone: int) -> None:
    kept = store(files=range(gone), links=range(gone))
    fresh = next(number for number in FRESH if number >= gone)
    assert problems(kept) == [
        f"the chain begins with link {gone + 1}: those before it are gone; {HINT}{day(fresh)}"
    ]
    assert problems(kept, fresh) == []


@pytest.mark.parametrize("gone", [1, 5, 14, 20])
def test_without_their_links(gone: int) -> None:
    kept = store(files=range(gone))
    fresh = next(number for number in FRESH if number >= gone)
    span, count = f"{day(0)} to {day(gone - 1)}", f"{gone} audits"
    if gone == 1:
        span, count = str(day(0)), "1 audit"
    assert problems(kept) == [f"{span}: all files of {count} are gone; {HINT}{day(fresh)}"]
    assert problems(kept, fresh) == []


def test_some_links_go_before_files_and_some_files_before_links() -> None:
    assert problems(store(files=range(20), links=range(3))) == [
        (
            "the chain begins with link 4: those before it are gone; 2026-11-04 to 2026-11-20: all"
            f" files of 17 audits are gone; {HINT}2026-11-29"
        )
    ]
    assert problems(store(files=range(17), links=range(20))) == [
        (
            "the chain begins with link 21: those before it are gone; of 3 audits before it files"
            f" are left; {HINT}2026-11-29"
        )
    ]


def test_from_too_early_a_day() -> None:
    kept = store(files=range(20))
    assert problems(kept, 10) == [
        f"2026-11-11 to 2026-11-20: all files of 10 audits are gone; {HINT}2026-11-29"
    ]
    (problem,) = problems(kept, 25, 27)
    assert problem.startswith("2026-11-26: audits/shop/2026/11/20/")
    assert problem.endswith(f"{EVIDENCE} is gone")


def test_nothing_is_left() -> None:
    assert problems(store(files=range(COUNT))) == [
        (
            f"2026-11-01 to 2026-12-10: all files of 40 audits are gone; {HINT}the first day that"
            " is kept"
        )
    ]


def test_what_is_gone_in_the_middle_is_not_gone_on_purpose() -> None:
    kept = store(files=[*range(2), *range(15, 18), 30])
    beginning, *others = problems(kept)
    assert (
        beginning == f"2026-11-01 to 2026-11-02: all files of 2 audits are gone; {HINT}2026-11-15"
    )
    assert others == [
        "2026-11-16 to 2026-11-18: all files of 3 audits are gone",
        "2026-12-01: all files of 1 audit are gone",
    ]


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (lambda key: key.endswith(RECORD), f"{RECORD} is gone"),
        (lambda key: key.endswith(EVIDENCE), f"{EVIDENCE} is gone"),
        (lambda key: not key.endswith("claims/slack.json"), f"{RECORD} is gone"),
    ],
)
def test_what_is_gone_in_part_is_named_file_by_file(harm: Callable[[str], bool], said: str) -> None:
    kept = store()
    for key in [key for key in kept.pieces if "/2026/11/01/" in key and harm(key)]:
        del kept.pieces[key]
    assert any(problem.endswith(said) for problem in problems(kept))
    assert not any(HINT in problem for problem in problems(kept))


def test_what_was_changed_is_named_beside_what_was_removed() -> None:
    kept = store(files=range(20), links=range(20))
    (key,) = [key for key in kept.pieces if "/2026/12/05/" in key and key.endswith(RECORD)]
    kept.pieces[key] = b"forged"
    kept.pieces[f"audits/shop/2026/12/05/forged/{RECORD}"] = b"forged"
    beginning, *others = problems(kept)
    assert HINT in beginning
    assert [problem.partition(": ")[0] for problem in others] == [
        "2026-12-05",
        "audits/shop/2026/12/05/forged is in no link of the chain",
    ]


@pytest.mark.parametrize(
    ("audits", "bases", "expected"),
    [
        ("1a 2b 3c", "", 1),
        ("1a- 1b 2c", "", 2),
        ("1a- 2b 3c 4d", "ba cb", 4),
        ("1a- 2b 3c 3d 4e", "ba cb ed", 4),
        ("1a- 2b* 3c", "", 3),
        ("1a- 2b", "ba", None),
        ("", "", None),
    ],
)
def test_the_first_day_from_which_on_all_is_kept(
    audits: str, bases: str, expected: int | None
) -> None:
    """A day, the name of an audit on it; ``-`` is gone, ``*`` is of a part."""
    left = [
        Left(day(int(word[0])), word[1], is_partial="*" in word, is_gone="-" in word)
        for word in audits.split()
    ]
    found = kept_from(left, dict(bases.split()))  # type: ignore[arg-type]  # pairs of letters
    assert found == (None if expected is None else day(expected))
