"""``audit`` with ``--save-snapshot``, ``--replay`` and ``--compare``."""

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from backup_auditor import cli
from backup_auditor.commands import Streams

from tests.builders import NOW
from tests.cloud import POLICY, keys
from tests.contract import assert_valid
from tests.simulator.account import make_account
from tests.simulator.faults import Faults
from tests.simulator.server import Simulator
from tests.snapshot.data import full_disk
from tests.test_cli import AT, Run, started

ACCOUNT = make_account(NOW)
LATER = ["--now", "2026-11-26T06:07:00Z"]


@pytest.fixture(scope="module")
def cloud() -> Iterator[Simulator]:
    """Serve the account."""
    with Simulator(ACCOUNT) as simulator:
        yield simulator


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the policies that are tried."""
    folder = tmp_path_factory.mktemp("policies")
    (folder / "a.yaml").write_text(POLICY + f"channels:\n  - file: {{folder: {folder}/out}}\n")
    (folder / "strict.yaml").write_text(POLICY.replace("26h", "12h"))
    (folder / "mild.yaml").write_text(POLICY.replace("26h", "9d"))
    (folder / "hk.yaml").write_text(POLICY.replace("concurrency: 4", "regions: [hk, la]"))
    return folder


@pytest.fixture(scope="module")
def snapshot(cloud: Simulator, folder: Path) -> Path:
    """Keep a snapshot of the account."""
    file = folder / "of-today"
    run = Run([*audit(folder), "--save-snapshot", str(file), *AT], keys(cloud))
    assert run.code == 1
    assert f"Snapshot written to {file}." in run.err
    return file


def audit(folder: Path, policy: str = "a.yaml") -> list[str]:
    """Return the beginning of a command line."""
    return ["audit", "--policy", str(folder / policy)]


def test_a_replay_needs_no_key_and_says_the_same(
    cloud: Simulator, folder: Path, snapshot: Path
) -> None:
    live = Run([*audit(folder), "--format", "json", *AT], keys(cloud))
    again = Run([*audit(folder), "--format", "json", "--replay", str(snapshot), *AT], {})
    assert again.out == live.out
    assert again.code == live.code == 1
    assert_valid(json.loads(again.out))
    assert f"Replaying {snapshot}: collected 20" in again.err
    assert "--deliver" not in again.err


def test_a_replay_is_judged_as_of_its_time(folder: Path, snapshot: Path) -> None:
    run = Run([*audit(folder), "--format", "json", "--replay", str(snapshot)], {})
    document = json.loads(run.out)
    assert f"collected {document['run']['started_at'][:10]}" in run.err
    assert document["run"]["finished_at"] == document["run"]["started_at"]


def test_two_days_later_a_pass_is_a_fail(folder: Path, snapshot: Path) -> None:
    select = ["--select", "name=prod-stream", "--replay", str(snapshot)]
    assert Run([*audit(folder), *select, *AT], {}).code == 0
    later = Run([*audit(folder), *select, *LATER], {})
    assert later.code == 1
    assert "prod-stream" in later.out


def test_a_part_is_replayed_as_a_part(cloud: Simulator, folder: Path, tmp_path: Path) -> None:
    file = str(tmp_path / "part")
    select = ["--select", "name=prod-stream", "--save-snapshot", file]
    assert Run([*audit(folder), *select, *AT], keys(cloud)).code == 0
    run = Run([*audit(folder), "--replay", file, *AT], {})
    assert run.code == 0
    assert "UTC, a part only, by backup-auditor" in run.err


def test_a_report_can_be_delivered_while_a_snapshot_is_kept(
    cloud: Simulator, folder: Path, tmp_path: Path
) -> None:
    save = ["--deliver", "--save-snapshot", str(tmp_path / "x"), *AT]
    run = Run([*audit(folder), *save], keys(cloud))
    assert "file: sent" in run.err
    assert (tmp_path / "x").is_file()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--replay", "x", "--deliver"], "--replay does not go with --deliver"),
        (["--replay", "x", "--save-snapshot", "y"], "--replay does not go with --save-snapshot"),
        (["--save-snapshot", "/nowhere/x"], "--save-snapshot /nowhere/x: the folder /nowhere"),
        (["--save-snapshot", "/"], "--save-snapshot /: is a folder"),
        (["--replay", "/nowhere/x"], "snapshot /nowhere/x: No such file or directory"),
        (["--replay", "pyproject.toml"], "snapshot pyproject.toml: not gzip, or cut off"),
        (["--compare", "x", "--deliver"], "--compare does not go with --deliver"),
        (["--compare", "x", "--format", "html"], "takes --format text or json, not html"),
        (["--compare", "x", "--format", "csv"], "takes --format text or json, not csv"),
        (["--compare", "nowhere.yaml"], "policy nowhere.yaml: No such file or directory"),
        (["--compare", "x", "--output", "/nowhere/x"], "--output /nowhere/x: the folder /nowhere"),
    ],
    ids=" ".join,
)
def test_wrong_usage_is_one_sentence(arguments: list[str], sentence: str, folder: Path) -> None:
    run = Run([*audit(folder), *arguments], {})
    assert run.code == 2
    assert run.out == ""
    assert sentence in run.err
    assert run.err.count("\n") == 1


def test_a_snapshot_that_cannot_be_saved_hides_no_report(
    cloud: Simulator, folder: Path, tmp_path: Path
) -> None:
    with full_disk(0):
        run = Run([*audit(folder), "--save-snapshot", str(tmp_path / "x"), *AT], keys(cloud))
    assert run.code == 2
    assert run.out.startswith("FAIL: 14 of 60 resources")
    assert "x: File too large; nothing was saved" in run.err
    assert list(tmp_path.iterdir()) == []


class GoneReader(io.StringIO):
    """A reader of stdout that went away."""

    def write(self, text: str) -> int:
        """Fail as a closed pipe does."""
        raise BrokenPipeError


def test_a_reader_that_goes_away_costs_no_snapshot(
    cloud: Simulator, folder: Path, tmp_path: Path
) -> None:
    streams = Streams(GoneReader(), io.StringIO(), keys(cloud))
    with pytest.raises(BrokenPipeError):
        cli.command([*audit(folder), "--save-snapshot", str(tmp_path / "x"), *AT], streams)
    assert (tmp_path / "x").is_file()


def compared(folder: Path, other: str, *more: Any) -> list[str]:
    """Return a command line that compares with another policy."""
    return [*audit(folder), "--compare", str(folder / other), *map(str, more), *AT]


def test_a_stricter_policy_is_tried_on_a_snapshot(folder: Path, snapshot: Path) -> None:
    run = Run(compared(folder, "strict.yaml", "--replay", snapshot), {})
    assert run.code == 1
    lines = run.out.splitlines()
    assert len(lines) == 18
    assert all(": pass -> fail, policy everything: Last success is" in line for line in lines[:-1])
    assert lines[-1] == "FAIL -> FAIL: 17 of 60 resources would change: 17 worse, 0 better."


def test_the_exit_code_is_that_of_the_policy_that_runs(folder: Path, snapshot: Path) -> None:
    select = ["--select", "name=prod-cross-zone", "--replay", snapshot, *LATER]
    good, bad = str(folder / "mild.yaml"), str(folder / "a.yaml")
    for policy, other, code in ((good, bad, 0), (bad, good, 1)):
        run = Run(["audit", "--policy", policy, "--compare", other, *map(str, select)], {})
        assert run.code == code
        assert "1 of 1 resource would change" in run.out


def test_a_live_audit_collects_once_and_keeps_nothing(cloud: Simulator, folder: Path) -> None:
    Run([*audit(folder), *AT], keys(cloud))
    before = cloud.requests
    single = Run([*audit(folder), *AT], keys(cloud))
    once = cloud.requests - before
    run = Run(compared(folder, "strict.yaml"), keys(cloud))
    assert cloud.requests == before + 2 * once
    assert run.code == single.code
    assert run.out.endswith("17 of 60 resources would change: 17 worse, 0 better.\n")
    assert "a gap there" not in run.err


def test_what_only_the_other_policy_asks_for_is_a_gap(cloud: Simulator, folder: Path) -> None:
    run = Run(compared(folder, "hk.yaml"), keys(cloud))
    assert "what only --compare asks for is a gap there" in run.err
    other = folder / "hk.yaml"
    assert f"only with {other} not audited: ucloud.uredis, la: not in the snapshot" in run.out
    assert "40 resources only audited with" in run.out


def test_a_comparison_can_be_written_as_json_and_its_data_be_kept(
    cloud: Simulator, folder: Path, tmp_path: Path
) -> None:
    out, kept = tmp_path / "out.json", tmp_path / "kept"
    more = ("--format", "json", "--output", out, "--save-snapshot", kept)
    run = Run(compared(folder, "mild.yaml", *more), keys(cloud))
    assert run.out == ""
    assert f"Written to {out}." in run.err
    live = out.read_text("utf-8")
    document = json.loads(live)
    assert document["unchanged"] + len(document["changes"]) == 60
    assert {change["to"] for change in document["changes"]} == {"pass", "unknown"}
    again = Run(compared(folder, "mild.yaml", "--format", "json", "--replay", kept), {})
    assert again.out == live


def test_gaps_of_the_cloud_are_in_both(folder: Path) -> None:
    with Simulator(ACCOUNT, faults=Faults(refused_regions=frozenset({"hk"}))) as cloud:
        run = Run(compared(folder, "strict.yaml"), keys(cloud))
    assert "not audited" not in run.out
    assert " of 40 resources would change" in run.out


def test_an_interrupted_audit_leaves_no_file(folder: Path, tmp_path: Path) -> None:
    with Simulator(ACCOUNT, faults=Faults(latency=0.2)) as cloud:
        save = ["--save-snapshot", str(tmp_path / "x")]
        with started([*audit(folder), *save], **keys(cloud)) as process:
            assert process.stderr is not None
            process.stderr.readline()
            process.send_signal(2)
            assert process.wait() == 130
    assert list(tmp_path.iterdir()) == []
