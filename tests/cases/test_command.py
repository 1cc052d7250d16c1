"""`backup-auditor test` finds cases beside policies, runs them, and never passes without any."""

import io
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from backup_auditor import cli
from backup_auditor.commands import Streams

POLICY = """version: 1
sources: [ucloud.uredis]
policies: [{name: all, match: {}, rules: {last_success_age: {max: 26h}}}]
"""
PASSING = "cases: [{name: fresh, backups: [-2h], expect: {policy: all, outcome: pass}}]\n"
FAILING = "cases:\n  - {name: late, backups: [-30h], expect: pass}\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with two policies, of which one has cases."""
    write(tmp_path, "a.yaml", POLICY)
    write(tmp_path, "a.test.yaml", PASSING)
    write(tmp_path, "b.yaml", POLICY)
    return tmp_path


def write(folder: Path, name: str, text: str) -> Path:
    """Write a file."""
    file = folder / name
    file.parent.mkdir(exist_ok=True)
    file.write_text(text, "utf-8")
    return file


class Run:
    """One run of the command, with its streams."""

    def __init__(self, *arguments: object) -> None:
        """Run it."""
        out, err = io.StringIO(), io.StringIO()
        self.code = cli.command(["test", *map(str, arguments)], Streams(out, err, {}))
        self.out, self.err = out.getvalue(), err.getvalue()


def test_a_folder_is_all_cases_in_it_and_policies_without_any_are_named(folder: Path) -> None:
    run = Run(folder)
    assert (run.code, run.out) == (0, "1 case of 1 file: 1 passed, 0 failed\n")
    assert run.err == f"no cases: {folder}/b.yaml\n"


@pytest.mark.parametrize("name", ["a.yaml", "a.test.yaml"])
def test_a_policy_or_its_cases_can_be_named(name: str, folder: Path) -> None:
    run = Run(folder / name)
    assert (run.code, run.out, run.err) == (0, "1 case of 1 file: 1 passed, 0 failed\n", "")


def test_cases_run_once_however_often_they_are_named(folder: Path) -> None:
    run = Run(folder, folder / "a.yaml", folder / "a.test.yaml", folder / "." / "a.yaml")
    assert run.out == "1 case of 1 file: 1 passed, 0 failed\n"


def test_a_case_that_fails_is_told_and_is_the_exit_code(folder: Path) -> None:
    write(folder, "b.test.yaml", FAILING)
    run = Run(folder, "--verbose")
    assert run.code == 1
    assert run.out == (
        f"{folder}/a.test.yaml:1: passed: fresh\n"
        f"{folder}/b.test.yaml:2: FAILED: late: outcome: expected pass, got fail"
        " (last_success_age fail: last success is 30 h old)\n"
        "2 cases of 2 files: 1 passed, 1 failed\n"
    )


def test_cases_may_be_about_a_whole_folder(folder: Path) -> None:
    (folder / "a.test.yaml").unlink()
    write(
        folder,
        "b.yaml",
        "policies: [{name: rest, match: {}, rules: {error_state: {}}}]\nversion: 1\n",
    )
    write(folder, "all.test.yaml", f"policy: .\n{PASSING}")
    run = Run(folder)
    assert (run.code, run.err) == (0, "")


def test_cases_may_lie_apart_from_their_policy(folder: Path) -> None:
    write(folder / "cases", "x.test.yaml", f"policy: ../b.yaml\n{PASSING}")
    run = Run(folder / "cases")
    assert (run.code, run.err) == (0, "")


def test_a_policy_may_end_in_yml(folder: Path) -> None:
    (folder / "a.yaml").rename(folder / "a.yml")
    assert Run(folder / "a.yml").code == 0
    assert Run(folder / "a.test.yaml").code == 0


def test_a_policy_that_cannot_be_read_is_told_where_it_is_named(folder: Path) -> None:
    file = write(folder, "x.test.yaml", f"policy: {'x' * 300}\n{PASSING}")
    run = Run(file)
    assert (run.code, run.out) == (2, "")
    assert run.err.startswith(f"{file}:1:9: policy {folder}/{'x' * 300}: File name too long")


def test_junit_goes_to_stdout_and_the_talk_to_stderr(folder: Path) -> None:
    write(folder, "a.test.yaml", FAILING)
    run = Run(folder / "a.yaml", "--format", "junit")
    assert run.code == 1
    assert ET.fromstring(run.out).get("failures") == "1"  # noqa: S314 - written just now
    assert "a.test.yaml:2: FAILED: late" in run.err


@pytest.mark.parametrize("form", ["text", "junit"])
def test_the_result_can_be_written_to_a_file(form: str, folder: Path) -> None:
    file = folder / "result"
    run = Run(folder / "a.yaml", "--format", form, "--output", file)
    assert (run.code, run.out) == (0, "")
    assert "1 case of 1 file: 1 passed, 0 failed" in run.err
    assert file.read_text("utf-8").startswith({"text": "1 case", "junit": "<?xml"}[form])


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("empty", "it holds no *.test.yaml; no test is no success"),
        ("b.yaml", "b.test.yaml: there is none beside the policy; no test is no success"),
        ("nowhere", "nowhere: it is no folder, no policy and no NAME.test.yaml"),
        ("nowhere.yaml", "nowhere.test.yaml: No such file or directory"),
        ("nowhere.test.yaml", "nowhere.test.yaml: No such file or directory"),
        ("x" * 300, f"{'x' * 300}: File name too long"),
    ],
)
def test_no_cases_are_wrong_usage_and_no_success(path: str, sentence: str, folder: Path) -> None:
    (folder / "empty").mkdir()
    run = Run(folder / path, folder / "a.yaml")
    assert (run.code, run.out) == (2, "")
    assert sentence in run.err


def test_an_output_that_cannot_be_written_is_found_before_the_cases_run(folder: Path) -> None:
    run = Run(folder, "--output", folder / "nowhere" / "x")
    assert run.code == 2
    assert "cannot be written to" in run.err


def test_all_problems_of_all_files_are_told_and_nothing_runs(folder: Path) -> None:
    write(folder, "b.yaml", POLICY.replace("max", "maxx"))
    write(folder, "b.test.yaml", PASSING)
    write(folder, "c.test.yaml", PASSING)
    write(folder, "d.test.yaml", f"policy: nope.yaml\n{PASSING}")
    write(folder, "e.test.yaml", "cases: 5\n")
    run = Run(folder)
    assert (run.code, run.out) == (2, "")
    told = run.err.splitlines()
    assert told[0].startswith(f"{folder}/b.yaml:3:")
    assert "unknown key 'maxx'; did you mean 'max'?" in run.err
    assert f"{folder}/c.test.yaml:1:1: policy {folder}/c.yaml: No such file or directory" in run.err
    assert f"{folder}/d.test.yaml:1:9: policy {folder}/nope.yaml: No such file" in run.err
    assert f"{folder}/e.test.yaml:1:8: cases: found 5" in run.err
    assert told[-1] == "4 problems in the cases or their policies; nothing was tested"
