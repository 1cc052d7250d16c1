import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from backup_auditor import cli
from backup_auditor.commands import Streams
from backup_auditor.commands._arguments import emit

from tests.builders import NOW
from tests.channels.target import target
from tests.cloud import POLICY, keys
from tests.contract import assert_valid
from tests.simulator.account import make_account
from tests.simulator.faults import Faults
from tests.simulator.server import Simulator

ACCOUNT = make_account(NOW)
AT = ["--now", "2026-11-24T06:07:00Z"]


class Run:
    """One run of the command line, with its streams."""

    def __init__(self, arguments: list[str], environ: dict[str, str]) -> None:
        """Run it."""
        out, err = io.StringIO(), io.StringIO()
        self.code = cli.command(arguments, Streams(out, err, environ))
        self.out, self.err = out.getvalue(), err.getvalue()


@pytest.fixture(scope="module")
def cloud() -> Iterator[Simulator]:
    """Serve the account."""
    with Simulator(ACCOUNT) as simulator:
        yield simulator


@pytest.fixture
def policy(tmp_path: Path) -> str:
    """Write the policy of the tests, with a folder as its channel."""
    file = tmp_path / "policy.yaml"
    file.write_text(POLICY + f"channels:\n  - file: {{folder: {tmp_path / 'out'}}}\n")
    return str(file)


def test_an_audit_prints_the_report_and_exits_with_the_verdict(
    cloud: Simulator, policy: str
) -> None:
    run = Run(["audit", "--policy", policy, *AT], keys(cloud))
    assert run.code == 1
    assert run.out.startswith("FAIL: 14 of 60 resources have no reliable backup, 4 cannot")
    assert "auditing 6 scopes" in run.err
    assert "Nothing was sent; --deliver uses the policy's channels." in run.err


def test_delivery_is_told_and_happens(cloud: Simulator, policy: str, tmp_path: Path) -> None:
    run = Run(["audit", "--policy", policy, "--deliver", *AT], keys(cloud))
    assert "file: sent" in run.err
    assert (tmp_path / "out" / "report.html").is_file()
    document = json.loads((tmp_path / "out" / "audit.json").read_text("utf-8"))
    assert_valid(document)


def test_json_is_the_contract_and_goes_to_stdout_alone(cloud: Simulator, policy: str) -> None:
    run = Run(["audit", "--policy", policy, "--format", "json", *AT], keys(cloud))
    document = json.loads(run.out)
    assert_valid(document)
    assert document["run"]["started_at"] == "2026-11-24T06:07:00Z"


@pytest.mark.parametrize(
    ("form", "start"),
    [
        ("html", "<!doctype html>"),
        ("csv", "\ufeff"),
        ("md", "# Backup audit: FAIL\n"),
        ("junit", "<?xml version='1.0' encoding='utf-8'?>\n<testsuites name="),
        ("openmetrics", "# TYPE backup_auditor_info gauge\n"),
    ],
)
def test_other_formats_can_be_written_to_a_file(
    form: str, start: str, cloud: Simulator, policy: str, tmp_path: Path
) -> None:
    file = tmp_path / "report"
    run = Run(
        ["audit", "--policy", policy, "--format", form, "--output", str(file), *AT], keys(cloud)
    )
    assert run.code == 1
    assert run.out == ""
    assert f"Written to {file}." in run.err
    assert file.read_text("utf-8").startswith(start)


def test_a_name_that_is_no_unicode_does_not_stop_the_output() -> None:
    out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    emit(None, "lone \ud800 surrogate", Streams(out, out, {}))
    out.seek(0)
    assert out.read() == "lone ? surrogate"


@pytest.mark.parametrize(("severity", "code"), [("low", 1), ("critical", 1)])
def test_fail_on_chooses_what_fails(
    severity: str, code: int, cloud: Simulator, policy: str
) -> None:
    assert Run(["audit", "--policy", policy, "--fail-on", severity, *AT], keys(cloud)).code == code


def test_forgiven_findings_do_not_hide_what_cannot_be_judged(cloud: Simulator, policy: str) -> None:
    select = ["--select", "name=prod-vouchers", "--fail-on", "critical"]
    assert Run(["audit", "--policy", policy, *select, *AT], keys(cloud)).code == 0
    select = ["--select", "name=staging-auth", "--fail-on", "critical"]
    assert Run(["audit", "--policy", policy, *select, *AT], keys(cloud)).code == 3


def test_healthy_resources_alone_exit_with_zero(cloud: Simulator, policy: str) -> None:
    run = Run(["audit", "--policy", policy, "--select", "name=prod-stream", *AT], keys(cloud))
    assert run.code == 0
    assert run.out.startswith("PASS: The only resource has a reliable backup.")


def test_selecting_nothing_is_incomplete(cloud: Simulator, policy: str) -> None:
    run = Run(["audit", "--policy", policy, "--select", "name=nothing", *AT], keys(cloud))
    assert run.code == 3
    assert "select matches no resource" in run.out


def test_a_gap_is_incomplete(policy: str) -> None:
    with Simulator(ACCOUNT, faults=Faults(refused_regions=frozenset({"hk", "sg"}))) as cloud:
        run = Run(["audit", "--policy", policy, "--select", "name=prod-stream", *AT], keys(cloud))
    assert run.code == 3
    assert "COULD NOT BE AUDITED" in run.out


def test_a_failed_delivery_is_worse_than_a_failing_audit(cloud: Simulator, tmp_path: Path) -> None:
    blocked = tmp_path / "blocked"
    blocked.write_text("a file, not a folder")
    file = tmp_path / "policy.yaml"
    channels = f"channels:\n  - file: {{folder: {blocked}}}\n  - file: {{folder: {tmp_path}/ok}}\n"
    file.write_text(POLICY + channels)
    run = Run(["audit", "--policy", str(file), "--deliver", *AT], keys(cloud))
    assert run.code == 4
    assert "file: failed" in run.err
    assert "file-2: sent" in run.err


def test_validate_says_what_it_found(policy: str) -> None:
    run = Run(["validate", "--policy", policy], {})
    assert run.code == 0
    assert run.out == f"{policy}: sound; 1 policy, 1 source, 1 channel\n"


def test_validate_tells_every_problem_with_its_place(tmp_path: Path) -> None:
    file = tmp_path / "broken.yaml"
    file.write_text("version: 1\nsources: [ucloud.uredi]\npolicies: []\n")
    run = Run(["validate", "--policy", str(file)], {})
    assert run.code == 2
    assert run.out == ""
    assert f"{file}:2:11: unknown source 'ucloud.uredi'; did you mean 'ucloud.uredis'?" in run.err
    assert "\n    2 | sources: [ucloud.uredi]\n" not in run.err, "what stands in sources is hidden"
    assert f"\n{file}: 2 problems in the policy\n" in run.err
    run = Run(["audit", "--policy", str(file)], {})
    assert run.code == 2
    assert "2 problems in the policy; nothing was audited, nothing was sent" in run.err


MISSPELT = """version: 1
sources: [ucloud.uredis]
policies:
  - name: a
    match: {}
    rules:
      size_drft: {shrink: 50%}
"""
DOUBTFUL = """version: 1
sources: [ucloud.uredis]
policies:
  - {name: a, match: {}, rules: {auto_backup: {}}}
"""


@pytest.mark.parametrize("command", [["validate"], ["audit"], ["send-test"]])
def test_every_command_shows_the_line_of_a_problem_with_a_caret(
    command: list[str], tmp_path: Path
) -> None:
    file = tmp_path / "policy.yaml"
    file.write_text(MISSPELT)
    run = Run([*command, "--policy", str(file)], {})
    assert run.code == 2
    assert f"{file}:7:7: unknown rule 'size_drft'; did you mean 'size_drift'? allowed: " in run.err
    assert "\n    7 |       size_drft: {shrink: 50%}\n      |       ^^^^^^^^^\n" in run.err


def test_several_policies_are_checked_one_by_one_and_all_problems_told(
    policy: str, tmp_path: Path
) -> None:
    file = tmp_path / "broken.yaml"
    file.write_text(MISSPELT)
    run = Run(["validate", str(file), "none.yaml", policy, "--policy", str(file)], {})
    assert run.code == 2
    assert run.err.count("unknown rule 'size_drft'") == 2
    assert "policy none.yaml: No such file or directory" in run.err
    assert run.out == f"{policy}: sound; 1 policy, 1 source, 1 channel\n"
    assert Run(["validate", policy, policy], {}).code == 0


@pytest.mark.parametrize(("strict", "code", "lines"), [([], 0, 1), (["--strict"], 2, 0)])
def test_warnings_are_always_told_and_fail_only_with_strict(
    strict: list[str], code: int, lines: int, tmp_path: Path
) -> None:
    file = tmp_path / "policy.yaml"
    file.write_text(DOUBTFUL)
    run = Run(["validate", str(file), *strict], {})
    assert (run.code, len(run.out.splitlines())) == (code, lines)
    message = "no rule of policy 'a' fails when there is no backup at all"
    assert f"{file}:4:5: warning: {message}" in run.err
    assert ("--strict asks for none" in run.err) == bool(strict)


def test_a_file_of_cases_is_no_broken_policy(policy: str, tmp_path: Path) -> None:
    """As a shell names it: ``validate policies/*.yaml``."""
    cases = tmp_path / "policy.test.yaml"
    cases.write_text("cases: [{name: a, expect: fail}]")
    run = Run(["validate", policy, str(cases)], {})
    assert (run.code, run.err) == (0, "")
    assert run.out.endswith(f"{cases}: no policy; `backup-auditor test` runs its cases\n")
    assert Run(["validate", str(tmp_path / "none.test.yaml")], {}).code == 2


def test_a_policy_given_as_text_is_not_repeated_when_it_is_sound() -> None:
    run = Run(["validate", DOUBTFUL], {})
    assert run.out == "inline policy: sound; 1 policy, 1 source, 0 channels\n"


def test_send_test_uses_the_channels(policy: str, tmp_path: Path) -> None:
    run = Run(["send-test", "--policy", policy], {})
    assert run.code == 0
    assert "file: sent" in run.err
    page = (tmp_path / "out" / "report.html").read_text("utf-8")
    assert "This is a test of the channel: nothing was audited." in page


def test_send_test_fails_when_a_channel_fails(tmp_path: Path) -> None:
    file = tmp_path / "policy.yaml"
    file.write_text(POLICY + "channels:\n  - slack: {url: 'env:NOT_SET'}\n")
    run = Run(["send-test", "--policy", str(file), "--channel", "slack"], {})
    assert run.code == 4
    assert "slack: failed: env:NOT_SET is not set or empty" in run.err


PARTS = """channels:
  - file: {folder: FOLDER/a, name: team-a, owner: nobody, send: failing, fallback: spare}
  - file: {folder: FOLDER/b, name: team-b}
  - file: {folder: FOLDER/c, name: spare, send: fallback}
"""


@pytest.mark.parametrize(
    ("arguments", "folders"),
    [
        ([], ["a", "b", "c"]),
        (["team-b"], ["b"]),
        (["spare", "team-a"], ["a", "c"]),
        (["team-b", "--channel", "spare"], ["b", "c"]),
    ],
)
def test_send_test_tries_each_channel_by_itself_whatever_its_part(
    arguments: list[str], folders: list[str], tmp_path: Path
) -> None:
    file = tmp_path / "policy.yaml"
    file.write_text(POLICY + PARTS.replace("FOLDER", str(tmp_path)))
    run = Run(["send-test", "--policy", str(file), *arguments], {})
    assert run.code == 0
    assert run.err.count(": sent\n") == len(folders)
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_dir()) == folders


def test_send_test_uses_no_fallback(tmp_path: Path) -> None:
    file = tmp_path / "policy.yaml"
    (tmp_path / "a").write_text("a file")
    file.write_text(POLICY + PARTS.replace("FOLDER", str(tmp_path)))
    run = Run(["send-test", "--policy", str(file), "team-a"], {})
    assert run.code == 4
    assert not (tmp_path / "c").exists()


def test_a_report_that_reached_its_fallback_is_a_failed_delivery(
    cloud: Simulator, tmp_path: Path
) -> None:
    file = tmp_path / "policy.yaml"
    (tmp_path / "b").write_text("a file")
    channels = PARTS.replace("name: team-b}", "name: team-b, fallback: spare}")
    file.write_text(POLICY + channels.replace("FOLDER", str(tmp_path)))
    run = Run(["audit", "--policy", str(file), "--deliver", *AT], keys(cloud))
    assert run.code == 4
    receipts = [line for line in run.err.splitlines() if line.startswith(("team", "spare"))]
    assert receipts == [
        "team-a: skipped: nothing in its part",
        f"team-b: failed: folder {tmp_path}/b: File exists",
        "spare: sent: in place of team-b",
    ]


@pytest.mark.parametrize(
    ("arguments", "change", "called"),
    [
        (["--deliver"], ("", ""), ["/hb"]),
        ([], ("", ""), []),
        (["--no-deliver"], ("", ""), []),
        (["--deliver", "--select", "name=*"], ("", ""), []),
        (["--deliver", *AT], ("", ""), []),
        (["--deliver"], ("max: 26h", "max: 26"), ["/hb/fail"]),
        ([], ("max: 26h", "max: 26"), []),
        (["--deliver"], ("folder: ", "folder: /dev/null/"), ["/hb/fail"]),
    ],
)
def test_the_watcher_is_called_by_runs_about_everything_that_deliver(
    arguments: list[str], change: tuple[str, str], called: list[str], cloud: Simulator, policy: str
) -> None:
    with target() as watcher:
        file = Path(policy)
        file.write_text(
            file.read_text().replace(*change)
            + "heartbeat: {url: env:HB, allow_http: true, allow_private: true}\n"
        )
        environ = {**keys(cloud), "HB": f"{watcher.url}/hb"}
        run = Run(["audit", "--policy", policy, *arguments], environ)
        assert [path for path, _, _ in watcher.got] == called
    assert ("heartbeat: sent\n" in run.err) == bool(called)


def test_a_watcher_that_cannot_be_called_breaks_no_run(cloud: Simulator, policy: str) -> None:
    file = Path(policy)
    file.write_text(file.read_text() + "heartbeat: {url: env:NOT_SET}\n")
    run = Run(["audit", "--policy", policy, "--deliver", "--format", "json"], keys(cloud))
    assert run.code == 1
    assert "heartbeat: failed: env:NOT_SET is not set or empty" in run.err
    document = json.loads(run.out)
    assert_valid(document)
    assert [row["channel"] for row in document["deliveries"]] == ["file", "heartbeat"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["audit", "--policy", "none.yaml"], "policy none.yaml: No such file or directory"),
        (["audit", "--select", "name"], "write KEY=GLOB"),
        (["audit", "--select", "nam=x"], "did you mean name?"),
        (["validate", "--policy", "none.yaml"], "No such file or directory"),
    ],
)
def test_wrong_usage_is_one_sentence(arguments: list[str], sentence: str) -> None:
    run = Run(arguments, {})
    assert run.code == 2
    assert sentence in run.err
    assert "Traceback" not in run.err


def test_an_output_that_cannot_be_written_is_found_before_the_audit(policy: str) -> None:
    run = Run(["audit", "--policy", policy, "--output", "/nowhere/x.html"], {})
    assert run.code == 2
    assert "the folder /nowhere cannot be written to" in run.err


def test_an_output_that_turns_out_to_be_a_folder_is_a_sentence(
    policy: str, cloud: Simulator, tmp_path: Path
) -> None:
    run = Run(["audit", "--policy", policy, "--output", str(tmp_path), *AT], keys(cloud))
    assert run.code == 2
    assert f"--output {tmp_path}: " in run.err


def test_a_channel_that_is_not_there_is_named(policy: str) -> None:
    run = Run(["send-test", "--policy", policy, "--channel", "slak"], {})
    assert run.code == 2
    assert "the policy has no channel 'slak'; it has: file" in run.err


def test_a_policy_without_channels_has_nothing_to_test(tmp_path: Path) -> None:
    file = tmp_path / "policy.yaml"
    file.write_text(POLICY)
    run = Run(["send-test", "--policy", str(file)], {})
    assert run.code == 2
    assert "the policy has no channel to test" in run.err


@pytest.mark.parametrize("instant", ["tomorrow", "2026-11-24T06:07:00"])
def test_an_instant_needs_a_form_and_a_zone(
    instant: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        Run(["audit", "--now", instant], {})
    assert caught.value.code == 2
    assert repr(instant) in capsys.readouterr().err


def started(arguments: list[str], **environ: str) -> subprocess.Popen[bytes]:
    """Start the command line as a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "backup_auditor.cli", *arguments],
        env={**os.environ, "PYTHONPATH": "functions", **environ},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def test_the_program_runs_as_a_process() -> None:
    with started(["validate", "--policy", "policies/default.yaml"]) as process:
        out, err = process.communicate()
    assert (process.returncode, err) == (0, b"")
    assert b"sound; 1 policy, 1 source, 1 channel" in out


def test_a_reader_that_goes_away_is_no_error() -> None:
    with started(["validate", "--policy", "policies/default.yaml"]) as process:
        assert process.stdout is not None
        process.stdout.close()
        process.wait()
        assert process.stderr is not None
        assert process.stderr.read() == b""
