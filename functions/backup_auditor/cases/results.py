"""What came of cases, for people: a line a case, and the count."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from backup_auditor.cases.run import Result
from backup_auditor.report.words import counted, printable

Results = Mapping[str, Sequence[Result]]
"""File of cases -> what came of each, in the order of the file."""

_LONGEST = 2000


def lines(results: Results, *, verbose: bool = False) -> Iterator[str]:
    """Yield a line for each case that failed (``verbose``: for each case), then the count."""
    for name, ran in results.items():
        for result in ran:
            if verbose or not result.passed:
                yield f"{where(name, result)}: {_line(result)}"
    yield summary(results)


def summary(results: Results) -> str:
    """Say ``12 cases of 3 files: 11 passed, 1 failed``."""
    ran = [result for each in results.values() for result in each]
    failed = sum(not result.passed for result in ran)
    total = f"{counted(len(ran), 'case')} of {counted(len(results), 'file')}"
    return f"{total}: {len(ran) - failed:,} passed, {failed:,} failed"


def where(name: str, result: Result) -> str:
    """Return ``file:line`` of a case."""
    return f"{printable(name, _LONGEST)}:{result.case.place.line}"


def said(result: Result) -> str:
    """Say everything that was not as expected, in one line."""
    return printable("; ".join(str(one) for one in result.differences), _LONGEST)


def _line(result: Result) -> str:
    name = printable(result.case.entry.name, _LONGEST)
    return f"passed: {name}" if result.passed else f"FAILED: {name}: {said(result)}"
