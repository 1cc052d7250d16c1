"""Bad cases are files in ``bad/``: their first lines say which problems are expected."""

import contextlib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from backup_auditor import cases as package
from backup_auditor.cases.reader import Cases, read_cases
from backup_auditor.compose import kinds
from backup_auditor.errors import CasesError, PolicyError
from hypothesis import given
from hypothesis import strategies as st

KINDS = kinds()
BAD = sorted((Path(__file__).parent / "bad").glob("*.test.yaml"))
GOOD = """policy: other.yaml
now: 2026-11-24T14:00:00+08:00
cases:
  - name: a daily backup passes
    resource: {id: i, account: 123, created: -100d, tags: {Tag: shop}}
    backups: [-2h, {taken: unknown}, {taken: -26h, every: 24h, times: 13, size: 10MiB}]
    expect: pass
  - name: 生产
    now: 2026-01-01T00:00:00Z
    expect: {policy: none, rules: {size_drift: {message: "*smaller*", exempt: false}}}
"""


def read(text: str) -> Cases:
    """Read with the real kinds."""
    return read_cases(text, "p.test.yaml", KINDS)


def problems(text: str) -> list[str]:
    """Return what is wrong, one line each."""
    with pytest.raises(CasesError) as caught:
        read(text)
    return str(caught.value).splitlines()


@pytest.mark.parametrize("path", BAD, ids=lambda p: p.stem)
def test_every_mistake_is_told_with_its_place(path: Path) -> None:
    text = path.read_text("utf-8")
    marks = [line for line in text.splitlines() if line.startswith("# expect: ")]
    expected = [f"p.test.yaml:{mark.removeprefix('# expect: ')}" for mark in marks]
    assert expected
    found = problems(text)
    assert len(found) == len(expected), found
    for one, start in zip(found, expected, strict=True):
        assert one.startswith(start)


def test_cases_say_what_they_say() -> None:
    found = read(GOOD)
    first, second = found.cases
    assert (found.name, found.policy) == ("p.test.yaml", "other.yaml")
    assert first.now == datetime(2026, 11, 24, 6, tzinfo=UTC)
    assert second.now == datetime(2026, 1, 1, tzinfo=UTC)
    assert [case.place.line for case in found.cases] == [4, 8]
    assert first.entry.resource.account == "123"
    assert first.entry.backups[0].taken == timedelta(hours=-2)
    assert first.entry.backups[1].taken is None
    assert (first.entry.backups[2].every, first.entry.backups[2].times) == (timedelta(days=1), 13)
    assert second.entry.expect.rules["size_drift"].exempt is False


def test_the_line_of_a_problem_is_quoted() -> None:
    with pytest.raises(CasesError) as caught:
        read("cases:\n  - {name: a, expect: passs}\n")
    assert caught.value.problems[0].quote == "  - {name: a, expect: passs}"


def test_a_file_has_at_most_ten_thousand_cases() -> None:
    case = "  - {name: a, expect: pass}\n"
    found = problems("cases:\n" + case * 10_001)
    assert any("cases: " in one and "10,000 entries" in one for one in found)


def test_the_example_of_the_manual_is_read() -> None:
    _, _, rest = (package.__doc__ or "").partition("::\n\n")
    example, _, _ = rest.partition("\nWhat is left out")
    assert len(read(example).cases) == 2


@given(st.integers(0, len(GOOD) - 1), st.text(max_size=4), st.integers(0, 12))
def test_any_change_of_good_cases_is_read_or_refused(at: int, new: str, cut: int) -> None:
    with contextlib.suppress(PolicyError):
        assert read(GOOD[:at] + new + GOOD[at + cut :]).cases
