"""What came of cases, as lines and as JUnit XML, also with names that want to do harm."""

import re
from xml.etree import ElementTree as ET

import pytest
from backup_auditor.cases.junit import to_junit
from backup_auditor.cases.reader import read_cases
from backup_auditor.cases.results import Results, lines, summary
from backup_auditor.cases.run import run_cases
from backup_auditor.compose import kinds
from backup_auditor.policy.load import load
from backup_auditor.rules import load_rules

KINDS, RULES = kinds(), load_rules()
POLICY = load(
    "version: 1\nsources: [ucloud.uredis]\n"
    "policies: [{name: '<p> & ]]>', match: {id: 'prod-*'}, rules: {auto_backup: {}}}]",
    "p.yaml",
    KINDS,
)
FAILING = (
    "    resource: {id: prod-x, auto_backup: false}\n    expect: {rules: {auto_backup: pass}}\n"
)
TEXT = (
    "cases:\n  - name: one\n    resource: {id: prod-x}\n    expect: pass\n  - name: two\n" + FAILING
)


def results(**texts: str) -> Results:
    """Run the cases of several files: name -> text."""
    return {
        name: list(run_cases(read_cases(text, name, KINDS), POLICY, RULES))
        for name, text in texts.items()
    }


def test_a_case_that_failed_is_one_line_with_its_place() -> None:
    assert list(lines(results(a=TEXT, b=TEXT))) == [
        "a:5: FAILED: two: auto_backup: expected pass, got fail (automatic backup is off)",
        "b:5: FAILED: two: auto_backup: expected pass, got fail (automatic backup is off)",
        "4 cases of 2 files: 2 passed, 2 failed",
    ]


def test_all_cases_are_listed_when_asked_for() -> None:
    assert list(lines(results(a=TEXT), verbose=True))[:1] == ["a:2: passed: one"]
    assert summary(results(a=TEXT)) == "2 cases of 1 file: 1 passed, 1 failed"


def test_junit_has_a_suite_a_file_and_a_testcase_a_case() -> None:
    root = ET.fromstring(to_junit(results(a=TEXT, b=TEXT)))  # noqa: S314 - written just now
    assert root.tag == "testsuites"
    counts = {"tests": "4", "failures": "2", "errors": "0", "skipped": "0"}
    assert root.attrib == {"name": "backup-auditor"} | counts
    assert [suite.get("name") for suite in root] == ["a", "b"]
    assert [suite.get("failures") for suite in root] == ["1", "1"]
    passed, failed = root[0]
    assert (passed.get("classname"), passed.get("name"), len(passed)) == ("a", "one", 0)
    (failure,) = failed
    assert failure.get("message") == (
        "auto_backup: expected pass, got fail (automatic backup is off)"
    )
    assert (failure.text or "").splitlines()[0] == "a:5"


HOSTILE = [
    "\x1b[31m",
    "\x00",
    "\ufffe",
    "\udcff",
    "\x0b",
    '"/><failure/>',
    "]]>&<",
    "\u202e",
    "a\nb",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_stay_inside_their_line_and_element(name: str) -> None:
    """A file, and a resource that a message names, may be called anything."""
    text = TEXT.replace("expect: pass", "expect: {policy: none}")
    found = {f"x{name}": results(a=text)["a"]}
    root = ET.fromstring(to_junit(found))  # noqa: S314 - written just now
    assert [case.tag for suite in root for case in suite] == ["testcase", "testcase"]
    kept = re.sub("[\x00-\x08\x0b\x1b\ufffe\udcff]", "", name)
    assert root[0].get("name") == f"x{kept}"
    assert all(line.isprintable() for line in lines(found))


def test_a_message_with_a_hostile_name_is_written_cleanly() -> None:
    text = (
        'cases:\n  - name: "<a> & ]]>"\n    resource: {id: "\\e[31m\\0"}\n'
        '    expect: {policy: "<p> & ]]>"}\n'
    )
    found = results(a=text)
    (failed,) = ET.fromstring(to_junit(found))[0]  # noqa: S314 - written just now
    assert failed.get("name") == "<a> & ]]>"
    assert "expected <p> & ]]>, got none" in str(failed[0].get("message"))
    assert "\x1b" not in "".join(lines(found))
