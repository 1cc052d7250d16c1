"""What came of cases as JUnit XML, the form that build servers read.

A file is a ``testsuite`` and a case a ``testcase`` whose ``classname`` is the file. There is no
time: cases take none that would tell anything. XML 1.0 forbids some characters in any form, see
https://www.w3.org/TR/xml/#charsets; they are left out.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from xml.etree import ElementTree as ET

from backup_auditor.cases.results import Results, said, where
from backup_auditor.cases.run import Result

_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def to_junit(results: Results) -> bytes:
    """Return the document as UTF-8."""
    ran = [result for each in results.values() for result in each]
    root = ET.Element("testsuites", {"name": "backup-auditor", **_counts(ran)})
    for name, each in results.items():
        suite = ET.SubElement(root, "testsuite", {"name": _clean(name), **_counts(each)})
        for result in each:
            _add(suite, name, result)
    ET.indent(root)
    document: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return document + b"\n"


def _counts(results: Sequence[Result]) -> dict[str, str]:
    failed = sum(not result.passed for result in results)
    return {"tests": str(len(results)), "failures": str(failed), "errors": "0"}


def _add(suite: ET.Element, file: str, result: Result) -> None:
    name = {"classname": _clean(file), "name": _clean(result.case.entry.name)}
    case = ET.SubElement(suite, "testcase", name)
    if result.passed:
        return
    message = _clean(said(result))
    failure = ET.SubElement(case, "failure", {"message": message, "type": "expectation"})
    texts = [where(file, result), *(str(one) for one in result.differences)]
    failure.text = "\n".join(_clean(text) for text in texts)


def _clean(text: str) -> str:
    return _FORBIDDEN.sub("", text)
