"""What came of cases as JUnit XML, the form that build servers read.

A file is a ``testsuite`` and a case a ``testcase`` whose ``classname`` is the file. There is no
time: cases take none that would tell anything.
"""

from __future__ import annotations

from backup_auditor.cases.results import Results, said, where
from backup_auditor.cases.run import Result
from backup_auditor.report.xunit import Answer, Case, Kind, Suite, to_xml


def to_junit(results: Results) -> bytes:
    """Return the document as UTF-8."""
    return to_xml([Suite(name, [_case(name, one) for one in ran]) for name, ran in results.items()])


def _case(file: str, result: Result) -> Case:
    name = result.case.entry.name
    if result.passed:
        return Case(file, name)
    details = "\n".join([where(file, result), *(str(one) for one in result.differences)])
    return Case(file, name, Answer(Kind.FAILURE, said(result), "expectation", details))
